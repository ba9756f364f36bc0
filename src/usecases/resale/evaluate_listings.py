"""Work on the runs over the listings, and begin those that a change asks for."""

import logging
from dataclasses import dataclass
from typing import override

from core.resale.market.evaluation import Why
from core.resale.policies.settings import ORGANISATION, Target
from core.shared.errors import DomainError, UnavailableError
from core.shared.ids import TenantId, TicketId, VenueId
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.resale import ResaleFactsChanged, ResalePolicyChanged
from ports.resale import ResaleTransactions
from ports.resale.evaluations import DueEvaluations
from ports.resale.rulebook import RulebookSource
from usecases.resale.begin_evaluation import BeginEvaluation
from usecases.resale.deliveries import tenant_of
from usecases.resale.work_on_evaluation import WorkOnEvaluation

RUNS_MAX = 20
TENANTS_MAX = 200
_LOG = logging.getLogger("fairseat.resale")


@dataclass(frozen=True, slots=True)
class EvaluateListings:
    """Done by the worker, across tenants: each run that is free gets a batch in turn."""

    due: DueEvaluations
    work: WorkOnEvaluation
    clock: Clock

    async def __call__(self) -> int:
        """Return how many listings were looked at; a run that cannot go on is taken up again when its lease is over."""
        done = 0
        for each in await self.due.free(now=self.clock.now(), runs_max=RUNS_MAX):
            try:
                done += await self.work(each.tenant_id, each.evaluation_id)
            except (DomainError, UnavailableError) as error:
                _LOG.warning("evaluation %s waits: %s", each.evaluation_id, error)
        return done


class FollowRulebook:
    """Done by the worker: once another rulebook is in use, the listings of every tenant are judged again.

    The version for which all were begun is kept in the process; the next one asks all tenants once more, and those
    that had their run have it behind them.
    """

    def __init__(self, due: DueEvaluations, begin: BeginEvaluation, rulebooks: RulebookSource, clock: Clock) -> None:
        self._due = due
        self._begin = begin
        self._rulebooks = rulebooks
        self._clock = clock
        self._followed: str | None = None
        self._after: TenantId | None = None

    async def __call__(self) -> int:
        """Return for how many tenants a run was begun, or is to be repeated; raises UnavailableError."""
        version = (await self._rulebooks.at(self._clock.now())).version
        if version == self._followed:
            return 0
        tenants = await self._due.tenants_behind(version, after=self._after, tenants_max=TENANTS_MAX)
        for tenant_id in tenants:
            await self._begin.after_change(tenant_id, ORGANISATION, Why.RULEBOOK)
            self._after = tenant_id
        if len(tenants) < TENANTS_MAX:
            self._followed, self._after = version, None
        return len(tenants)


@dataclass(frozen=True, slots=True)
class FollowPolicy(Consumer[ResalePolicyChanged]):
    """For events. Only the listings that the changed policy is about are judged again."""

    resale: ResaleTransactions
    begin: BeginEvaluation
    rulebooks: RulebookSource
    clock: Clock

    @override
    async def __call__(self, event: ResalePolicyChanged, delivery: Delivery) -> None:
        await _follow(self, event, delivery, Why.POLICY)


@dataclass(frozen=True, slots=True)
class FollowFacts(Consumer[ResaleFactsChanged]):
    """For events. Only the listings that the declared facts are about are judged again."""

    resale: ResaleTransactions
    begin: BeginEvaluation
    rulebooks: RulebookSource
    clock: Clock

    @override
    async def __call__(self, event: ResaleFactsChanged, delivery: Delivery) -> None:
        await _follow(self, event, delivery, Why.FACTS)


async def _follow(
    consumer: FollowPolicy | FollowFacts,
    event: ResalePolicyChanged | ResaleFactsChanged,
    delivery: Delivery,
    why: Why,
) -> None:
    """Begin the run in the transaction that takes the event."""
    target = Target(
        venue_id=VenueId(event.venue_id) if event.venue_id is not None else None,
        ticket_id=TicketId(event.ticket_id) if event.ticket_id is not None else None,
    )
    now = consumer.clock.now()
    version = (await consumer.rulebooks.at(now)).version
    async with consumer.resale.begin(tenant_of(delivery)) as tx:
        if await tx.inbox.accept(delivery.event_id, consumer=f"resale.follow_{why.value}", at=now):
            await consumer.begin.in_transaction(tx, target, why, version, now)
