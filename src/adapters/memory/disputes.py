"""Disputes in memory: their rows, and a bank that opens and decides them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import override

from core.payments.dispute import Dispute, DisputeMovement, DisputeState, ProviderDispute
from core.payments.errors import ProviderRefusedError
from core.payments.intent import Intent
from core.payments.ledger import PostingKind
from core.payments.movements import Movement
from core.shared.ids import DisputeId, PaymentId, TenantId
from core.shared.money import Money
from ports.clock import Clock
from ports.paging import Page, PageRequest
from ports.payments.disputes import DisputeStore

type DisputeRows = dict[tuple[TenantId, DisputeId], Dispute]


class MemoryDisputeStore(DisputeStore):
    """The disputes of one tenant; the transaction around it holds the lock."""

    def __init__(self, tenant_id: TenantId, rows: DisputeRows) -> None:
        self._tenant_id = tenant_id
        self._rows = rows

    @override
    async def put(self, dispute: Dispute) -> None:
        assert dispute.tenant_id == self._tenant_id, "a transaction writes its own tenant's rows only"
        self._rows[self._tenant_id, dispute.id] = dispute

    @override
    async def find(self, dispute_id: DisputeId) -> Dispute | None:
        return self._rows.get((self._tenant_id, dispute_id))

    @override
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Dispute]:
        found = [dispute for dispute in self._ours() if dispute.payment_id == payment_id]
        return sorted(found, key=lambda dispute: (dispute.opened_at, dispute.id))

    @override
    async def page(self, page: PageRequest, *, state: DisputeState | None) -> Page[Dispute]:
        wanted = [
            dispute
            for dispute in self._ours()
            if state in {None, dispute.state} and (page.after is None or dispute.id > page.after)
        ]
        items = sorted(wanted, key=lambda dispute: dispute.id)[: page.limit]
        return Page(items=tuple(items), next_after=items[-1].id if len(wanted) > len(items) else None)

    def _ours(self) -> list[Dispute]:
        return [dispute for (tenant_id, _), dispute in self._rows.items() if tenant_id == self._tenant_id]


class DisputeDesk:
    """A buyer's bank: `open` and `decide` are what it does. `fee_minor` is what the provider takes for a dispute."""

    def __init__(self, clock: Clock, movements: list[Movement]) -> None:
        self._clock = clock
        self._movements = movements
        self._disputes: dict[str, ProviderDispute] = {}
        self.fee_minor = 1500

    def known(self, dispute_id: str) -> ProviderDispute:
        """Return a dispute; raises ProviderRefusedError for one that there is not."""
        found = self._disputes.get(dispute_id)
        if found is None:
            raise ProviderRefusedError(f"No such dispute: {dispute_id!r}")
        return found

    def of(self, intent_id: str) -> tuple[ProviderDispute, ...]:
        """Return the disputes of an intent, oldest first."""
        return tuple(dispute for dispute in self._disputes.values() if dispute.intent_id == intent_id)

    def bars_refunds(self, intent_id: str) -> bool:
        """Whether money of the intent is with the bank."""
        return any(one.status in {"needs_response", "under_review", "lost"} for one in self.of(intent_id))

    def open(self, intent: Intent, *, left_minor: int, reason: str = "fraudulent", inquiry: bool = False) -> str:
        """Dispute what is left of an intent's money, and return the dispute's id; an inquiry takes none."""
        now = self._clock.now()
        dispute = ProviderDispute(
            id=f"dp_{len(self._disputes) + 1:024d}",
            intent_id=intent.id,
            amount=Money(left_minor, intent.amount.currency),
            reason=reason,
            status="warning_needs_response" if inquiry else "needs_response",
            evidence_due_by=now + timedelta(days=9),
            opened_at=now,
        )
        self._disputes[dispute.id] = dispute if inquiry else self._moved(dispute, taken=True)
        return dispute.id

    def escalate(self, dispute_id: str) -> None:
        """Make a dispute of an inquiry: now the money is taken."""
        dispute = replace(self.known(dispute_id), status="needs_response")
        self._disputes[dispute_id] = self._moved(dispute, taken=True)

    def answer(self, dispute_id: str, text: str, *, submit: bool) -> None:
        """Take evidence; `winning_evidence` and `losing_evidence` decide the dispute when they are submitted."""
        dispute = self.known(dispute_id)
        if dispute.status in {"won", "lost", "warning_closed"}:
            raise ProviderRefusedError("This dispute is already closed.")
        if not submit:
            return
        inquiry = dispute.status.startswith("warning_")
        self._disputes[dispute_id] = replace(dispute, status="warning_under_review" if inquiry else "under_review")
        if text in {"winning_evidence", "losing_evidence"}:
            self.decide(dispute_id, won=text == "winning_evidence")

    def decide(self, dispute_id: str, *, won: bool) -> None:
        """End it: what is won comes back with the fee. An inquiry ends without money moving."""
        dispute = self.known(dispute_id)
        if dispute.status.startswith("warning_"):
            self._disputes[dispute_id] = replace(dispute, status="warning_closed")
            return
        ended = replace(dispute, status="won" if won else "lost")
        self._disputes[dispute_id] = self._moved(ended, taken=False) if won else ended

    def _moved(self, dispute: ProviderDispute, *, taken: bool) -> ProviderDispute:
        sign = -1 if taken else 1
        currency = dispute.amount.currency
        moved = DisputeMovement(
            id=f"txn_{len(self._movements) + 1:024d}",
            amount=dispute.amount * sign,
            fee=Money(-sign * self.fee_minor, currency),
            at=self._clock.now(),
        )
        self._movements.append(
            Movement(
                id=moved.id,
                kind=PostingKind.DISPUTE_WITHDRAWN if taken else PostingKind.DISPUTE_REINSTATED,
                source=moved.id,
                charge=f"ch_of_{dispute.intent_id}",
                amount=moved.amount,
                fee=moved.fee,
                ours=True,
                at=moved.at,
            )
        )
        return replace(dispute, movements=(*dispute.movements, moved))
