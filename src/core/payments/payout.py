"""A payout: money that leaves escrow for who resold a pass, with the organisation's and the platform's shares."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.shared.ids import AccountId, OrderId, PaymentId, PayoutId, TenantId, VenueId
from core.shared.money import Money


class PayoutStatus(StrEnum):
    """Where a payout stands.

    | from | to | when |
    |---|---|---|
    | PENDING | PAID | all of it is on its owners' accounts, or was given by hand |
    | PENDING | OWED | an owner has no account that money can be sent to: it is a credit meanwhile |
    | PENDING | FAILED | the provider refuses |
    | OWED | PENDING, PAID | there is an account now; staff gave it by hand |
    | FAILED | PENDING | it is tried again |
    | PAID | REVERSED | its transfers were taken back in the provider's own pages |

    What goes back to the buyer changes none of it: who sold a pass has neither pass nor any part in that.
    """

    PENDING = "pending"
    PAID = "paid"
    OWED = "owed"
    FAILED = "failed"
    REVERSED = "reversed"


class Leg(StrEnum):
    """The parts of a payout that are sent to somebody's own account; the platform's fee stays where it is."""

    SELLER = "seller"
    ROYALTY = "royalty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How the money of a payout is shared, in minor units of one currency."""

    seller_minor: int
    royalty_minor: int
    fee_minor: int
    currency: str

    @property
    def total_minor(self) -> int:
        """How much is paid out."""
        return self.seller_minor + self.royalty_minor + self.fee_minor

    def of(self, leg: Leg) -> Money:
        """Return what is sent by a leg."""
        return Money(self.seller_minor if leg is Leg.SELLER else self.royalty_minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """One payout of an order in escrow.

    `released` says that the ledger has it as its owners' money, and `reversed_minor` how much of that came back.
    `seller_transfer` and `royalty_transfer` are the provider's names, None while nothing was sent. `attempt` counts the
    tries; `failure` is why the last one failed. `settled_by` gave the seller the money by hand, and says so in `note`.
    `check_at` is when it has to be looked at again, None when that is over.
    """

    id: PayoutId
    tenant_id: TenantId
    payment_id: PaymentId
    order_id: OrderId
    seller_account_id: AccountId
    shares: Shares
    venue_ids: tuple[VenueId, ...]
    reason: str
    status: PayoutStatus
    attempt: int
    check_at: datetime | None
    created_at: datetime
    updated_at: datetime
    released: bool = False
    reversed_minor: int = 0
    seller_transfer: str | None = None
    royalty_transfer: str | None = None
    failure: str | None = None
    settled_by: AccountId | None = None
    note: str | None = None

    @property
    def weight_minor(self) -> int:
        """How much of what was received it takes; one that failed before its money was released takes nothing."""
        if self.status is PayoutStatus.FAILED and not self.released:
            return 0
        return self.shares.total_minor - self.reversed_minor

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The legs that have something to send."""
        return tuple(leg for leg in Leg if self.shares.of(leg).amount_minor)

    def transfer_of(self, leg: Leg) -> str | None:
        """Return the provider's name of what was sent by a leg."""
        return self.seller_transfer if leg is Leg.SELLER else self.royalty_transfer


@dataclass(frozen=True, slots=True)
class ProviderReversal:
    """A transfer, or a part of it, that came back."""

    id: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTransfer:
    """A transfer as read from the provider; ids and `leg` are what we wrote on it, None on another's."""

    id: str
    amount: Money
    payout_id: PayoutId | None
    leg: Leg | None
    at: datetime
    reversals: tuple[ProviderReversal, ...] = ()
    tenant_id: TenantId | None = None
    payment_id: PaymentId | None = None
