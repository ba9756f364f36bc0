"""The provider's side of a payment, as it says so itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.shared.ids import PaymentId, TenantId
from core.shared.money import Money


class IntentStatus(StrEnum):
    """Where the provider's intent stands. NEEDS_ACTION: the buyer's bank wants to know that it is the buyer (SCA)."""

    AWAITING_BUYER = "awaiting_buyer"
    NEEDS_ACTION = "needs_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Decline:
    """One refused try: `id` tells it from the tries before and after, `code` is the provider's reason."""

    id: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Charge:
    """The money that came for an intent: the provider's name for it, when that was, and the provider's fee.

    `fee` is None while the provider has not said; it may be in another currency than the intent.
    """

    id: str
    at: datetime
    fee: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An intent as read from the provider, never from a browser or from the text of a webhook.

    `received_minor` and `refunded_minor` count in the currency of `amount`; `charge` is None while no money came.
    `disputed` says that the buyer's bank asked for the money back, however that ended.
    `payment_id`, `tenant_id` and `attempt` are what was written on the intent when it was made; None on an intent that
    is not ours.
    """

    id: str
    client_secret: str
    status: IntentStatus
    amount: Money
    received_minor: int
    refunded_minor: int
    decline: Decline | None
    payment_id: PaymentId | None
    tenant_id: TenantId | None
    attempt: int | None
    charge: Charge | None = None
    disputed: bool = False
