"""Refunds, as work for staff."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from adapters.http.money import MoneyBody
from adapters.http.paging import PageBody, page_body
from core.payments.refund import Refund, RefundStatus
from core.shared.callers import Caller
from core.shared.ids import RefundId
from ports.paging import PageRequest
from usecases.payments.list_refunds import ListRefunds
from usecases.payments.retry_refund import RetryRefund


class PaymentRefundBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A refund. `failure` is why the last try failed; `attempt` counts the tries.

    A failed one is tried again by itself at `checkAt`; where that is null it waits for staff.
    """

    id: UUID
    payment_id: UUID
    amount: MoneyBody
    reason: str
    status: Literal["pending", "succeeded", "failed"]
    failure: str | None
    attempt: int
    stripe_refund_id: str | None
    check_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, refund: Refund) -> "PaymentRefundBody":
        """Return the refund as the API shows it."""
        return cls(
            id=refund.id,
            payment_id=refund.payment_id,
            amount=MoneyBody.of(refund.amount),
            reason=refund.reason,
            status=refund.status.value,
            failure=refund.failure,
            attempt=refund.attempt,
            stripe_refund_id=refund.provider_id,
            check_at=refund.check_at,
            created_at=refund.created_at,
            updated_at=refund.updated_at,
        )


class PaymentRefundController(Controller):
    """Refunds are asked for through their orders; those that failed are seen to here."""

    path = "/payments/refunds"
    tags = ("Payments",)

    @get(summary="List refunds")
    @inject
    async def list_refunds(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListRefunds],
        status: Annotated[
            Literal["pending", "succeeded", "failed"] | None, QueryParameter(description="Only those of this status.")
        ] = None,
    ) -> PageBody[PaymentRefundBody]:
        """Box office and managers; `status=failed` lists what is to be done."""
        return page_body(await usecase(caller, page, RefundStatus(status) if status else None), PaymentRefundBody.of)

    @post("/{refund_id:uuid}/retry", status_code=200, summary="Try a failed refund again")
    @inject
    async def retry(
        self, refund_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[RetryRefund]
    ) -> PaymentRefundBody:
        """Box office and managers; answers how the refund stands after the new try."""
        return PaymentRefundBody.of(await usecase(caller, RefundId(refund_id)))
