"""A refund: money of a payment that goes back, over all the tries that the provider needs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.shared.ids import PaymentId, RefundId, TenantId
from core.shared.money import Money


class RefundStatus(StrEnum):
    """Where a refund stands.

    PENDING → SUCCEEDED | FAILED. A bank may send money back days after it was given, so SUCCEEDED → FAILED happens
    too; FAILED → PENDING when it is tried again.
    """

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """One refund of a payment.

    `attempt` counts the tries, from 1; `provider_id` is the provider's name of the present one, None until the provider
    has it. `booked` says that the ledger has the present try as money that left; `failure` is why the last one failed.
    `check_at` is when the provider has to be asked again, or a failed refund is tried again by itself; None when that
    is over. `all_left` says that it is of whatever the payment has left, however much that is when it is tried.
    """

    id: RefundId
    tenant_id: TenantId
    payment_id: PaymentId
    amount: Money
    reason: str
    status: RefundStatus
    provider_id: str | None
    failure: str | None
    attempt: int
    booked: bool
    check_at: datetime | None
    created_at: datetime
    updated_at: datetime
    all_left: bool = False

    @property
    def weighs(self) -> bool:
        """Whether its amount counts against what was received; a failed one gives that up."""
        return self.status is not RefundStatus.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRefund:
    """A refund as read from the provider, made by us or in the provider's own pages.

    `refund_id` and `attempt` are what we wrote on it, None on one that we did not make. `moved` says that it left the
    provider's balance, be it that it came back since; `at` is when it was made.
    """

    id: str
    amount: Money
    status: RefundStatus
    failure: str | None
    refund_id: RefundId | None
    attempt: int | None
    moved: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundsSeen:
    """All that the provider knows of the refunds of one payment.

    `fee_returned_minor` is how much of the application fee went back so far, in the payment's currency.
    """

    refunds: tuple[ProviderRefund, ...]
    fee_returned_minor: int = 0
