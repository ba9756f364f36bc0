"""Begin to judge the listings on the market again."""

from dataclasses import dataclass
from datetime import datetime

from core.resale.market.evaluation import Evaluation, EvaluationRunningError, Why
from core.resale.market.listing_status import ListingStatus
from core.resale.policies.settings import Target
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import AccountId, EvaluationId, TenantId
from ports.clock import Clock
from ports.ids import IdSource
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.resale.listings import ListingQuery
from ports.resale.rulebook import RulebookSource
from usecases.resale.grounds import Grounds

LOOKED_AT = frozenset({ListingStatus.OPEN, ListingStatus.RESERVED, ListingStatus.ORDERED, ListingStatus.SUSPENDED})
"""Listings that a run goes through. One that a buyer has at the moment is left to the checkout, which asks again."""


def listings_of(target: Target) -> ListingQuery:
    """Return the listings that a run over a target goes through."""
    return ListingQuery(ticket_id=target.ticket_id, venue_id=target.venue_id, statuses=LOOKED_AT)


@dataclass(frozen=True, slots=True)
class BeginEvaluation:
    """Managers may begin one by hand; whatever changes the law or a policy begins one by itself."""

    resale: ResaleTransactions
    grounds: Grounds
    rulebooks: RulebookSource
    clock: Clock
    ids: IdSource

    async def by_hand(self, target: Target, *, preview: bool, caller: Caller) -> Evaluation:
        """Return the run, which a worker takes on.

        Raises ForbiddenError, RefusedError for a venue or ticket that is not there, and EvaluationRunningError while
        one runs for the same target; previews do not stand in the way of others.
        """
        caller.must_be_one_of(MANAGERS)
        await self.grounds.must_be_there(caller.tenant_id, target)
        version, now = await self._in_use()
        async with self.resale.begin(caller.tenant_id) as tx:
            by = caller.account_id
            return await self._begun(tx, target, Why.BY_HAND, version, preview=preview, by=by, now=now)

    async def after_change(self, tenant_id: TenantId, target: Target, why: Why) -> Evaluation:
        """Return the run that will go through the target from its beginning.

        While one runs for the same target, that goes on and is done once more afterwards, so that no listing that it
        has behind it is forgotten.
        """
        version, now = await self._in_use()
        async with self.resale.begin(tenant_id) as tx:
            return await self.in_transaction(tx, target, why, version, now)

    async def in_transaction(
        self, tx: ResaleTransaction, target: Target, why: Why, version: str, now: datetime
    ) -> Evaluation:
        """Do the above in a transaction that is open already."""
        running = await tx.evaluations.running(target, preview=False)
        if running is None:
            try:
                return await self._begun(tx, target, why, version, preview=False, by=None, now=now)
            except EvaluationRunningError as error:
                running = await tx.evaluations.locked(error.running)
                assert running is not None, "no run is ever deleted"
        if why is Why.RULEBOOK and running.rulebook_version == version:
            return running  # another worker was first, and none of its listings was judged by an older one
        again = running.asked_again(why)
        await tx.evaluations.save(again)
        return again

    async def _in_use(self) -> tuple[str, datetime]:
        now = self.clock.now()
        return (await self.rulebooks.at(now)).version, now

    async def _begun(
        self,
        tx: ResaleTransaction,
        target: Target,
        why: Why,
        version: str,
        *,
        preview: bool,
        by: AccountId | None,
        now: datetime,
    ) -> Evaluation:
        evaluation = Evaluation(
            id=EvaluationId(self.ids.new()),
            target=target,
            why=why,
            preview=preview,
            rulebook_version=version,
            started_by=by,
            started_at=now,
            updated_at=now,
            total=await tx.listings.count(listings_of(target)),
        )
        await tx.evaluations.add(evaluation)
        return evaluation
