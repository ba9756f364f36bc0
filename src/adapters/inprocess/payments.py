"""PaymentsApi within one process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.payments.errors import ProviderUnavailableError
from core.payments.payment import PaymentMethod as Method
from core.payments.refund import RefundStatus
from core.shared.ids import AccountId, OrderId, PayoutId, RefundId, TenantId, VenueId
from core.shared.money import Money
from ports.published.payments import (
    CancelOutcome,
    PaymentMethod,
    PaymentsApi,
    PaymentStarted,
    PayoutAnswer,
    RefundAnswer,
)
from ports.published.refusals import LinkUnavailableError
from usecases.payments.cancel_payment import CancelPayment
from usecases.payments.pay_out import PayOut, PayOutRequest
from usecases.payments.refund_payment import RefundPayment
from usecases.payments.start_payment import StartPayment, StartRequest


class InProcessPayments(PaymentsApi):
    """Calls the use cases of payments."""

    def __init__(self, start: StartPayment, cancel: CancelPayment, refund: RefundPayment, pay_out: PayOut) -> None:
        self._start = start
        self._cancel = cancel
        self._refund = refund
        self._pay_out = pay_out

    @override
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
        venue_ids: tuple[UUID, ...],
        escrow: bool = False,
    ) -> PaymentStarted:
        async with _crossing():
            started = await self._start(
                StartRequest(
                    tenant_id=TenantId(tenant_id),
                    order_id=OrderId(order_id),
                    account_id=AccountId(account_id),
                    method=Method(method),
                    amount=Money(amount_minor, currency),
                    description=description,
                    venue_ids=tuple(VenueId(venue_id) for venue_id in venue_ids),
                    escrow=escrow,
                )
            )
        return PaymentStarted(
            payment_id=started.payment.id,
            client_secret=started.intent.client_secret,
            stripe_payment_intent_id=started.intent.id,
            amount_minor=started.payment.amount.amount_minor,
            currency=started.payment.amount.currency,
        )

    @override
    async def cancel(self, *, tenant_id: UUID, order_id: UUID) -> CancelOutcome:
        async with _crossing():
            result = await self._cancel(tenant_id=TenantId(tenant_id), order_id=OrderId(order_id))
        return CancelOutcome(outcome=result.value)

    @override
    async def refund(
        self, *, tenant_id: UUID, order_id: UUID, refund_id: UUID, amount_minor: int | None, reason: str
    ) -> RefundAnswer:
        async with _crossing():
            refund = await self._refund(
                tenant_id=TenantId(tenant_id),
                order_id=OrderId(order_id),
                refund_id=RefundId(refund_id),
                amount_minor=amount_minor,
                reason=reason,
            )
        return RefundAnswer(
            refund_id=refund.id,
            amount_minor=refund.amount.amount_minor,
            currency=refund.amount.currency,
            status=refund.status.value,
            failure=refund.failure if refund.status is RefundStatus.FAILED else None,
        )

    @override
    async def pay_out(
        self,
        *,
        tenant_id: UUID,
        order_id: UUID,
        payout_id: UUID,
        seller_account_id: UUID,
        seller_minor: int,
        royalty_minor: int,
        fee_minor: int,
        venue_ids: tuple[UUID, ...],
        reason: str,
    ) -> PayoutAnswer:
        async with _crossing():
            payout = await self._pay_out(
                PayOutRequest(
                    tenant_id=TenantId(tenant_id),
                    order_id=OrderId(order_id),
                    payout_id=PayoutId(payout_id),
                    seller_account_id=AccountId(seller_account_id),
                    seller_minor=seller_minor,
                    royalty_minor=royalty_minor,
                    fee_minor=fee_minor,
                    venue_ids=tuple(VenueId(venue_id) for venue_id in venue_ids),
                    reason=reason,
                )
            )
        return PayoutAnswer(
            payout_id=payout.id,
            status=payout.status.value,
            seller_minor=payout.shares.seller_minor,
            royalty_minor=payout.shares.royalty_minor,
            fee_minor=payout.shares.fee_minor,
            currency=payout.shares.currency,
            failure=payout.failure,
        )


@asynccontextmanager
async def _crossing() -> AsyncIterator[None]:
    """Let only what the published contract names cross to the other context."""
    try:
        async with refusals_translated():
            yield
    except ProviderUnavailableError as error:
        raise LinkUnavailableError(str(error)) from error
