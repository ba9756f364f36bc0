"""Go on with a run over the listings, from wherever it stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import override
from uuid import UUID

from core.resale.law.facts import Act, Where
from core.resale.law.rule import AppliesAt
from core.resale.market.evaluation import Evaluation, EvaluationFinding, Outcome
from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingStatus
from core.resale.policies.policy import Channel
from core.resale.receipts.kept_verdict import SignedVerdict
from core.shared.errors import DomainError
from core.shared.ids import AccountId, EvaluationId, ListingId, TenantId
from core.shared.money import Money
from ports.clock import Clock
from ports.ids import IdSource
from ports.paging import PageRequest
from ports.published.admission import PassFacts
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.resale.rulebook import RulebookSource
from usecases.resale.begin_evaluation import BeginEvaluation, listings_of
from usecases.resale.examine_listing import ExamineListing, Finding
from usecases.resale.judge_pass import JudgePass
from usecases.resale.judging import Judge
from usecases.resale.listing_news import save_and_announce
from usecases.resale.reconsider_listing import after_finding

BATCH_MAX = 100
"""Listings that are looked at before other runs have their turn."""

_JUDGED = frozenset({ListingStatus.OPEN, ListingStatus.SUSPENDED})


@dataclass(frozen=True, slots=True)
class AskingJudge(Judge):
    """Judges as the market does, and keeps nothing."""

    judge: JudgePass

    @override
    async def __call__(
        self,
        tenant_id: TenantId,
        *,
        pass_facts: PassFacts,
        price: Money,
        seller: AccountId,
        buyer_place: Where | None,
        moment: AppliesAt,
        now: datetime,
        seller_trader: bool | None = None,
        channel: Channel = Channel.FAIRSEAT,
    ) -> SignedVerdict:
        return await self.judge.unkept(
            tenant_id,
            pass_facts=pass_facts,
            price=price,
            buyer_place=buyer_place,
            seller_place=None,
            act=Act(moment.value),
            as_of=now,
            seller_trader=seller_trader,
            channel=channel,
        )


@dataclass(frozen=True, slots=True)
class PreviewListing:
    """Examines a listing with a judge that keeps nothing."""

    examine: ExamineListing


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found of a listing, outside of any transaction; `refusal` when it could not be judged."""

    listing_id: ListingId
    finding: Finding | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class WorkOnEvaluation:
    """Done by the worker. Each listing is one step: its change, what is told of it, and the run's cursor are one
    transaction, so that a worker that dies at any point leaves a run that another goes on with, and no step is done
    twice. Whoever lost the lease, or works on a run that was cancelled, changes nothing more.
    """

    resale: ResaleTransactions
    examine: ExamineListing
    preview: PreviewListing
    begin: BeginEvaluation
    rulebooks: RulebookSource
    clock: Clock
    ids: IdSource

    async def __call__(self, tenant_id: TenantId, evaluation_id: EvaluationId) -> int:
        """Return how many listings were looked at; 0 for a run that somebody else works on, or that is over.

        Raises UnavailableError while another service cannot be asked: the run waits until its lease is over.
        """
        owner = self.ids.new()
        run = await self._taken(tenant_id, evaluation_id, owner)
        if run is None:
            return 0
        async with self.resale.begin(tenant_id) as tx:
            page = await tx.listings.page(PageRequest(limit=BATCH_MAX, after=run.cursor), listings_of(run.target))
        done = 0
        for listing in page.items:
            looked = await self._looked_at(tenant_id, listing, preview=run.preview)
            if not await self._stepped(tenant_id, evaluation_id, owner, looked):
                return done
            done += 1
        await self._left(tenant_id, evaluation_id, owner, over=page.next_after is None)
        return done

    async def _taken(self, tenant_id: TenantId, evaluation_id: EvaluationId, owner: UUID) -> Evaluation | None:
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            run = await tx.evaluations.locked(evaluation_id)
            if run is None or not run.is_free(now):
                return None
            taken = run.taken(owner, now)
            await tx.evaluations.save(taken)
        return taken

    async def _looked_at(self, tenant_id: TenantId, listing: Listing, *, preview: bool) -> _Looked:
        if listing.status_at(self.clock.now()) not in _JUDGED:
            return _Looked(listing.id, None)
        examine = self.preview.examine if preview else self.examine
        try:
            return _Looked(listing.id, await examine(tenant_id, listing))
        except DomainError as error:
            return _Looked(listing.id, None, refusal=error.message)

    async def _stepped(self, tenant_id: TenantId, evaluation_id: EvaluationId, owner: UUID, looked: _Looked) -> bool:
        """Do the step, and tell whether it was this worker's to do."""
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            run = await tx.evaluations.locked(evaluation_id)
            if run is None or not run.is_of(owner):
                return False
            outcome, reason = await self._applied(tx, looked, preview=run.preview, now=now)
            if outcome is not Outcome.UNCHANGED:
                found = EvaluationFinding(looked.listing_id, outcome, reason, now)
                await tx.evaluations.note(evaluation_id, found)
            await tx.evaluations.save(run.stepped(looked.listing_id, outcome, owner=owner, now=now))
        return True

    async def _applied(
        self, tx: ResaleTransaction, looked: _Looked, *, preview: bool, now: datetime
    ) -> tuple[Outcome, str]:
        if looked.finding is None:
            return (Outcome.NOT_JUDGED, looked.refusal) if looked.refusal else (Outcome.UNCHANGED, "")
        listing = await tx.listings.locked(looked.listing_id)
        assert listing is not None, "no listing is ever deleted"
        before = listing.status_at(now)
        if before not in _JUDGED:  # a buyer has it by now, and the checkout asks again
            return Outcome.UNCHANGED, ""
        after = after_finding(listing, looked.finding, now=now)
        if not preview:
            await save_and_announce(tx, listing, after, now=now)
        outcome = _OUTCOMES.get((before, after.status), Outcome.UNCHANGED)
        return outcome, "" if outcome is Outcome.UNCHANGED else after.history[-1].detail

    async def _left(self, tenant_id: TenantId, evaluation_id: EvaluationId, owner: UUID, *, over: bool) -> None:
        """End the run, or let anybody go on with it."""
        now = self.clock.now()
        version = (await self.rulebooks.at(now)).version
        async with self.resale.begin(tenant_id) as tx:
            run = await tx.evaluations.locked(evaluation_id)
            if run is None or not run.is_of(owner):
                return
            await tx.evaluations.save(run.completed(now) if over else run.left(now))
            if over and run.again is not None:
                await self.begin.in_transaction(tx, run.target, run.again, version, now)


_OUTCOMES = {
    (ListingStatus.OPEN, ListingStatus.SUSPENDED): Outcome.SUSPENDED,
    (ListingStatus.SUSPENDED, ListingStatus.OPEN): Outcome.RESUMED,
    (ListingStatus.OPEN, ListingStatus.ENDED): Outcome.ENDED,
    (ListingStatus.SUSPENDED, ListingStatus.ENDED): Outcome.ENDED,
}
