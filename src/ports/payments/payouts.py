"""What payouts need: their rows, and which of them have to be looked at."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.payments.accounts import AccountOwner
from core.payments.payout import Payout, PayoutStatus
from core.shared.ids import AccountId, PaymentId, PayoutId, TenantId
from ports.paging import Page, PageRequest


class PayoutStore(Protocol):
    """The payouts of one tenant, in one open transaction. Whoever adds or changes one holds its payment's lock.

    The payouts of a payment in escrow never take more than it received, whoever writes: the store itself refuses that,
    and keeps the sum as the payment's `paid_out_minor`. What went back to the buyer is no part of it: who sold a pass
    is paid all the same, and the platform bears that.
    """

    @abstractmethod
    async def add(self, payout: Payout) -> bool:
        """Store a new payout; False, and nothing stored, when the tenant has one of this id.

        Raises PayoutTooLargeError.
        """

    @abstractmethod
    async def find(self, payout_id: PayoutId) -> Payout | None:
        """Return the payout without a lock; None when there is none."""

    @abstractmethod
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Payout]:
        """Return all payouts of a payment, oldest first."""

    @abstractmethod
    async def save(self, payout: Payout) -> None:
        """Store the payout as it is now; its payment, seller and shares never change. Raises PayoutTooLargeError."""

    @abstractmethod
    async def page(
        self, page: PageRequest, *, status: PayoutStatus | None, seller: AccountId | None = None
    ) -> Page[Payout]:
        """Return a page of the tenant's payouts in the order of their ids: of one status and one seller, or of any."""

    @abstractmethod
    async def wake_owed(self, owner: AccountOwner, *, at: datetime) -> None:
        """Have the sweep look, at this moment, at whatever is owed to a seller, or to the organisation of a venue."""

    @abstractmethod
    async def wake(self, payment_id: PaymentId, *, at: datetime) -> None:
        """Have the sweep look at the payouts of a payment, but for those that were reversed."""


@dataclass(frozen=True, slots=True)
class PayoutBacklog:
    """How many payouts are under way, owed, and failed."""

    pending: int
    owed: int
    failed: int


class UnsettledPayouts(Protocol):
    """The sweep's view, across tenants: which payouts have to be looked at."""

    @abstractmethod
    async def payouts_due(self, *, now: datetime, payouts_max: int) -> Sequence[tuple[TenantId, PayoutId]]:
        """Return payouts whose `check_at` has come, the longest due first; nothing is locked or changed."""

    @abstractmethod
    async def payout_backlog(self) -> PayoutBacklog:
        """Count the payouts that are not settled."""
