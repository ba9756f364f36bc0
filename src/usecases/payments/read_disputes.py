"""Reads disputes, and gathers what is known of the sale that one is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.payments.dispute import Dispute, DisputeState
from core.payments.errors import DisputeNotFoundError
from core.payments.payment import Payment
from core.payments.refund import Refund
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import DisputeId
from ports.paging import Page, PageRequest
from ports.payments import KeptRecord, PaymentTransactions
from ports.published.admission import AdmissionApi, PassRecord, ScanRecord
from ports.published.orders import OrderRecord, OrdersApi
from ports.published.resale_verdicts import VerdictRecord, VerdictsApi


@dataclass(frozen=True, slots=True)
class ReadDisputes:
    """Open to owners and managers."""

    transactions: PaymentTransactions

    async def page(self, caller: Caller, page: PageRequest, state: DisputeState | None = None) -> Page[Dispute]:
        """Return a page of disputes in the order of their ids, of one state or of any; raises ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.disputes.page(page, state=state)

    async def one(self, caller: Caller, dispute_id: DisputeId) -> Dispute:
        """Return the dispute; raises ForbiddenError and DisputeNotFoundError."""
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            dispute = await tx.disputes.find(dispute_id)
        if dispute is None:
            raise DisputeNotFoundError
        return dispute


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the organisation: the order, its money, the passes, their scans, and verdicts about resales."""

    dispute: Dispute
    payment: Payment
    records: Sequence[KeptRecord]
    refunds: Sequence[Refund]
    order: OrderRecord
    passes: Sequence[PassRecord]
    scans: Sequence[ScanRecord]
    verdicts: Sequence[VerdictRecord]


@dataclass(frozen=True, slots=True)
class GatherEvidence:
    """Open to owners and managers. Orders, admission and resale are asked through what they publish."""

    transactions: PaymentTransactions
    disputes: ReadDisputes
    orders: OrdersApi
    admission: AdmissionApi
    verdicts: VerdictsApi

    async def __call__(self, caller: Caller, dispute_id: DisputeId) -> Evidence:
        """Return all that is known; raises ForbiddenError, DisputeNotFoundError and LinkUnavailableError."""
        dispute = await self.disputes.one(caller, dispute_id)
        async with self.transactions.begin(caller.tenant_id) as tx:
            payment = await tx.payments.find(dispute.payment_id)
            assert payment is not None, "payments are never deleted"
            records = await tx.payments.records(payment.id)
            refunds = await tx.refunds.of_payment(payment.id)
        passes = await self.admission.passes_of_order(tenant_id=caller.tenant_id, order_id=dispute.order_id)
        # Those about the passes that the buyer bought from others, and about those that the buyer offered.
        involved = [id for known in passes for id in (known.resold_from, known.pass_id) if id is not None]
        return Evidence(
            dispute=dispute,
            payment=payment,
            records=records,
            refunds=refunds,
            order=await self.orders.order(tenant_id=caller.tenant_id, order_id=dispute.order_id),
            passes=passes,
            scans=await self.admission.scans_of_order(tenant_id=caller.tenant_id, order_id=dispute.order_id),
            verdicts=await self.verdicts.verdicts_of_passes(tenant_id=caller.tenant_id, pass_ids=tuple(involved)),
        )
