"""What payments offers to orders, and the news of money."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Literal, Protocol
from uuid import UUID, uuid5

import msgspec

from ports.events import Event

type PaymentMethod = Literal["CARD", "APPLE_PAY", "GOOGLE_PAY"]


class PaymentStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that the buyer can now confirm with Stripe's client library."""

    payment_id: UUID
    client_secret: str
    stripe_payment_intent_id: str
    amount_minor: int
    currency: str


class CancelOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the payment of an order that is to end.

    `cancelled`: no money will come; `none`: there never was a payment; `succeeded`: the money was taken already, so
    the order has to be confirmed, or the money refunded; `processing`: Stripe has not decided, ask again later.
    """

    outcome: Literal["cancelled", "none", "succeeded", "processing"]


class RefundAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a refund stands; a pending or failed one is seen to by payments, and its end is told as RefundSettled."""

    refund_id: UUID
    amount_minor: int
    currency: str
    status: Literal["pending", "succeeded", "failed"]


def whole_refund_id(order_id: UUID) -> UUID:
    """Return the id of the refund that gives an order's money back by itself: always the same, so it is made once."""
    return uuid5(order_id, "refund of the whole order")


class PaymentsApi(Protocol):
    """Commands on the payment of an order; each may be repeated. No call is made inside a transaction."""

    @abstractmethod
    async def start(
        self,
        *,
        tenant_id: UUID,
        order_id: UUID,
        account_id: UUID,
        amount_minor: int,
        currency: str,
        method: PaymentMethod,
        description: str,
    ) -> PaymentStarted:
        """Create the PaymentIntent of the order, or return the one it has.

        Raises RefusedError `payments.declined`, `payments.already_paid`, `payments.closed` (after `cancel`),
        `payments.conflict` (another amount or account), and LinkUnavailableError while Stripe cannot be asked.
        """

    @abstractmethod
    async def cancel(self, *, tenant_id: UUID, order_id: UUID) -> CancelOutcome:
        """Cancel the order's PaymentIntent at Stripe first, and say what became of it.

        From then on `start` is refused. Raises LinkUnavailableError while Stripe cannot be asked.
        """

    @abstractmethod
    async def refund(
        self, *, tenant_id: UUID, order_id: UUID, refund_id: UUID, amount_minor: int | None, reason: str
    ) -> RefundAnswer:
        """Give money of the order back: so much, or with None all that is left.

        The caller makes `refund_id`; the same id answers the same refund, as it stands by then. While Stripe cannot
        be asked the answer is `pending`: that the money must go back is noted, and is seen to. Raises RefusedError
        `payments.not_found`, `payments.not_refundable` (nothing came, or nothing is left), `payments.refund_too_large`,
        and `payments.refund_conflict` (the id is that of another order's refund, or of one over another amount).
        """


class PaymentSucceeded(Event, frozen=True, kw_only=True):
    """Money was taken, as Stripe itself says."""

    event_type: ClassVar[str] = "payments.payment.succeeded"

    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    succeeded_at: datetime


class PaymentFailed(Event, frozen=True, kw_only=True):
    """A try to pay was declined; the buyer may try again while the order lives."""

    event_type: ClassVar[str] = "payments.payment.failed"

    payment_id: UUID
    order_id: UUID
    decline_code: str | None


class PaymentRefunded(Event, frozen=True, kw_only=True):
    """All the money of a payment went back. Told once."""

    event_type: ClassVar[str] = "payments.payment.refunded"

    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    reason: str


class RefundSettled(Event, frozen=True, kw_only=True):
    """A refund arrived, or failed; a failed one may succeed yet, and one that succeeded may come back as failed.

    `all_refunded` says whether all that was received has gone back by now; `failure` is why it failed.
    """

    event_type: ClassVar[str] = "payments.refund.settled"

    refund_id: UUID
    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    status: Literal["succeeded", "failed"]
    reason: str
    failure: str | None
    all_refunded: bool
