"""Payments."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from adapters.http.money import MoneyBody
from core.payments.payment import Payment
from core.shared.callers import Caller
from core.shared.ids import PaymentId
from core.shared.money import Money
from usecases.payments.read_payment import ReadPayment


class PaymentBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A payment. FAILED means declined, and may be tried again; MISMATCHED that another amount came than was owed.

    `received` is what Stripe says was taken, null while nothing was, and `refunded` what of it went back or is on its
    way; REFUNDED means that all of it has gone back. `attempt` counts the payment's PaymentIntents. `needsAction` says
    that the buyer's bank waits for the buyer (strong customer authentication): Stripe's library goes on with the client
    secret.
    """

    id: UUID
    order_id: UUID
    method: Literal["CARD", "APPLE_PAY", "GOOGLE_PAY"]
    status: Literal["PENDING", "SUCCEEDED", "FAILED", "CANCELLED", "REFUNDED", "MISMATCHED"]
    amount: MoneyBody
    received: MoneyBody | None
    refunded: MoneyBody | None
    stripe_payment_intent_id: str | None
    attempt: int
    needs_action: bool
    refund_reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, payment: Payment) -> "PaymentBody":
        """Return the payment as the API shows it."""
        received = payment.received
        return cls(
            id=payment.id,
            order_id=payment.order_id,
            method=payment.method.value,
            status=payment.status.value,
            amount=MoneyBody.of(payment.amount),
            received=MoneyBody.of(received) if received else None,
            refunded=MoneyBody.of(Money(payment.refunded_minor, received.currency)) if received else None,
            stripe_payment_intent_id=payment.intent_id,
            attempt=payment.attempt,
            needs_action=payment.needs_action,
            refund_reason=payment.refund_reason,
            created_at=payment.created_at,
            updated_at=payment.updated_at,
        )


class PaymentController(Controller):
    """Payments are started through their orders, and settled by Stripe's webhooks."""

    path = "/payments"
    tags = ("Payments",)

    @get("/{payment_id:uuid}", summary="Read a payment")
    @inject
    async def read(
        self, payment_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadPayment]
    ) -> PaymentBody:
        """The buyer, box office and managers."""
        return PaymentBody.of(await usecase(caller, PaymentId(payment_id)))
