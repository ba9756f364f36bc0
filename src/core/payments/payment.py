"""A payment: the one of an order, over all the tries that the buyer needs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.payments.destination import Destination
from core.shared.ids import AccountId, OrderId, PaymentId, TenantId
from core.shared.money import Money


class PaymentMethod(StrEnum):
    """How the buyer means to pay."""

    CARD = "CARD"
    APPLE_PAY = "APPLE_PAY"
    GOOGLE_PAY = "GOOGLE_PAY"


class PaymentStatus(StrEnum):
    """Where a payment stands.

    PENDING → SUCCEEDED | FAILED | CANCELLED | MISMATCHED; FAILED (a decline) and CANCELLED may be tried again;
    SUCCEEDED and MISMATCHED → REFUNDED once all that came went back; back again when a refund failed after all.
    MISMATCHED: money came, but not what the order asked for, and confirms nothing.
    """

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"
    MISMATCHED = "MISMATCHED"


OPEN = frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED})
"""No money came so far, and some still may."""

CAPTURED = frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.MISMATCHED})
"""Money is here, and may be given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What an order owes and what became of it.

    `method` is how the buyer means to pay in the present attempt. `attempt` counts the provider's intents, from 1, of
    which all but the last are cancelled; `intent_id` is the present one's, None until the provider has
    named it. `closing` says that the order wants no money any more; `received` is what the provider took.
    `refunded_minor` is how much of that went back or is on its way, in the currency of `received`: the sum of the
    refunds that have not failed, kept by the store. `refund_reason` is the newest refund's; `refunded_at` when all had
    gone back for the first time. `decline_id` is the last decline that was recorded. `check_at` is when the provider
    has to be asked again if nothing was heard until then, None when nothing more can come of it. `destination` is the
    present attempt's; without one all the money stays on the platform's own account. `needs_action` says that the
    buyer's bank waits for the buyer (strong customer authentication). `escrow` says that the money waits on the
    platform's balance until it is paid out; such a payment has no destination. `paid_out_minor` is what its payouts
    take, kept by the store.
    """

    id: PaymentId
    tenant_id: TenantId
    order_id: OrderId
    account_id: AccountId
    method: PaymentMethod
    amount: Money
    description: str
    status: PaymentStatus
    attempt: int
    intent_id: str | None
    received: Money | None
    closing: bool
    refund_reason: str | None
    decline_id: str | None
    check_at: datetime | None
    created_at: datetime
    updated_at: datetime
    refunded_minor: int = 0
    refunded_at: datetime | None = None
    destination: Destination | None = None
    needs_action: bool = False
    escrow: bool = False
    paid_out_minor: int = 0

    @property
    def is_unsettled(self) -> bool:
        """Whether the provider still has something to do or to say about it."""
        return self.status in OPEN

    @property
    def refundable_minor(self) -> int:
        """How much of what was received can still be given back, in minor units of its currency."""
        return (self.received.amount_minor if self.received else 0) - self.refunded_minor

    @property
    def payable_minor(self) -> int:
        """How much of what was received can still be paid out, be it that it went back: that the platform bears."""
        return (self.received.amount_minor if self.received else 0) - self.paid_out_minor
