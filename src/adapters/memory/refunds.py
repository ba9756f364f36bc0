"""Refunds and the ledger in memory, for the transactions on payments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import override
from uuid import UUID

from core.payments.errors import RefundConflictError, RefundTooLargeError
from core.payments.ledger import LedgerAccount, Posting, PostingKind, balances
from core.payments.movements import COMPARED, BookedMovement
from core.payments.payment import Payment
from core.payments.refund import Refund, RefundStatus
from core.shared.ids import PaymentId, RefundId, TenantId
from core.shared.money import Money
from ports.paging import Page, PageRequest
from ports.payments import Ledger, RefundStore


@dataclass(frozen=True, slots=True)
class Booked:
    """A posting with whose it is."""

    id: UUID
    tenant_id: TenantId
    payment_id: PaymentId
    posting: Posting


type Book = list[Booked]

_OUTSIDE = (
    LedgerAccount.BUYER,
    LedgerAccount.REFUND,
    LedgerAccount.DISPUTE,
    LedgerAccount.SELLER,
    LedgerAccount.ROYALTY,
)


class MemoryRefundStore(RefundStore):
    """Keeps the sum of the refunds that have not failed on their payment, as the database's trigger does."""

    def __init__(
        self,
        tenant_id: TenantId,
        refunds: dict[tuple[TenantId, RefundId], Refund],
        payments: dict[PaymentId, Payment],
    ) -> None:
        self._tenant_id = tenant_id
        self._refunds = refunds
        self._payments = payments

    @override
    async def add(self, refund: Refund) -> bool:
        if await self.find(refund.id) is not None:
            return False
        self._put(refund)
        return True

    @override
    async def find(self, refund_id: RefundId) -> Refund | None:
        return self._refunds.get((self._tenant_id, refund_id))

    @override
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Refund]:
        found = [refund for refund in self._ours() if refund.payment_id == payment_id]
        return sorted(found, key=lambda refund: (refund.created_at, refund.id))

    @override
    async def save(self, refund: Refund) -> None:
        known = await self.find(refund.id)
        if known is None or known.payment_id != refund.payment_id:
            raise RefundConflictError(f"Refund {refund.id} is another payment's.")
        self._put(refund)

    @override
    async def page(self, page: PageRequest, *, status: RefundStatus | None) -> Page[Refund]:
        wanted = [
            refund
            for refund in self._ours()
            if status in {None, refund.status} and (page.after is None or refund.id > page.after)
        ]
        items = sorted(wanted, key=lambda refund: refund.id)[: page.limit]
        return Page(items=tuple(items), next_after=items[-1].id if len(wanted) > len(items) else None)

    def _ours(self) -> list[Refund]:
        return [refund for (tenant_id, _), refund in self._refunds.items() if tenant_id == self._tenant_id]

    def _put(self, refund: Refund) -> None:
        assert refund.tenant_id == self._tenant_id, "a transaction writes its own tenant's rows only"
        payment = self._payments[refund.payment_id]
        others = [one for one in self._ours() if one.payment_id == payment.id and one.id != refund.id]
        total = sum(one.amount.amount_minor for one in (*others, refund) if one.weighs)
        if payment.received is None or total > payment.received.amount_minor:
            raise RefundTooLargeError(
                f"{total} would go back of {payment.received} that payment {payment.id} received."
            )
        self._refunds[self._tenant_id, refund.id] = refund
        self._payments[payment.id] = replace(payment, refunded_minor=total)


class MemoryLedger(Ledger):
    """The entries of one tenant."""

    def __init__(self, tenant_id: TenantId, book: Book) -> None:
        self._tenant_id = tenant_id
        self._book = book

    @override
    async def post(self, payment_id: PaymentId, posting: Posting, *, id: UUID, at: datetime) -> None:
        key = (posting.kind, posting.provider_ref)
        assert posting.provider_ref is None or not any(
            (one.posting.kind, one.posting.provider_ref) == key for one in self._ours()
        ), "a movement is booked once"
        self._book.append(Booked(id, self._tenant_id, payment_id, posting))

    @override
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Posting]:
        return [one.posting for one in sorted(self._ours(), key=lambda one: one.id) if one.payment_id == payment_id]

    def _ours(self) -> list[Booked]:
        return [one for one in self._book if one.tenant_id == self._tenant_id]


def booked_movements(book: Book, *, start: datetime, end: datetime, refs: Collection[str]) -> list[BookedMovement]:
    """Return the movements that have a counterpart at the provider; see the port."""
    fees: dict[tuple[TenantId, str | None], int] = {}
    for one in book:
        key = (one.tenant_id, one.posting.provider_ref)
        had = balances([one.posting])
        fees[key] = fees.get(key, 0) + had[LedgerAccount.STRIPE_FEE] + had[LedgerAccount.DISPUTE_FEE]
    found: list[BookedMovement] = []
    for one in book:
        posting, ref = one.posting, one.posting.provider_ref
        if posting.kind not in COMPARED or ref is None or not (start <= posting.at < end or ref in refs):
            continue
        had = balances([posting])
        found.append(
            BookedMovement(
                tenant_id=one.tenant_id,
                payment_id=one.payment_id,
                kind=posting.kind,
                ref=ref,
                amount=Money(-sum(had[account] for account in _OUTSIDE), posting.currency),
                fee_minor=fees[one.tenant_id, ref] if posting.kind is not PostingKind.REFUND_FAILED else 0,
                at=posting.at,
            )
        )
    return sorted(found, key=lambda one: (one.at, one.ref, one.kind))
