"""Runs over the listings: memory and PostgreSQL keep the same promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale import MemoryResaleTransactions
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_evaluations import PostgresDueEvaluations
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.system.ids import Uuid7Source
from core.resale.market.evaluation import (
    LEASE,
    Evaluation,
    EvaluationFinding,
    EvaluationRunningError,
    EvaluationStatus,
    Outcome,
    Why,
)
from core.resale.market.listing_status import ListingStatus
from core.resale.policies.settings import ORGANISATION, Target
from core.shared.ids import AccountId, EvaluationId, ListingId, TenantId
from ports.paging import PageRequest
from ports.resale import ResaleTransactions
from ports.resale.evaluations import DueEvaluation, DueEvaluations
from ports.resale.listings import ListingQuery
from tests.evaluation_world import Evaluations
from tests.market_builders import NOW, SELLER, TICKET, VENUE, open_listing, opening
from tests.servers import PostgresServer

OURS, THEIRS, NOBODYS = (TenantId(UUID(int=number)) for number in (0xA, 0xB, 0xC))
IDS = Uuid7Source()
WORKER = UUID(int=0x3)
TARGETS = (ORGANISATION, Target(venue_id=VENUE), Target(ticket_id=TICKET))

type Stores = tuple[ResaleTransactions, DueEvaluations]


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryResaleTransactions(MemoryMessages(ids=IDS))
        yield memory, memory.due_evaluations
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("venue_db")
    app = await open_pool(database.app_url, connections_max=8)
    relay = await open_pool(database.relay_url, connections_max=2)
    try:
        yield PostgresResaleTransactions(app, IDS), PostgresDueEvaluations(relay)
    finally:
        await app.close()
        await relay.close()


def a_run(**members: object) -> Evaluation:
    given: dict[str, object] = {
        "id": EvaluationId(IDS.new()),
        "target": ORGANISATION,
        "why": Why.BY_HAND,
        "preview": False,
        "rulebook_version": "v1",
        "started_by": AccountId(SELLER),
        "started_at": NOW,
        "updated_at": NOW,
        "total": 3,
    }
    return Evaluation(**(given | members))  # type: ignore[arg-type]  # members are named by the tests


async def added(stores: Stores, run: Evaluation, tenant_id: TenantId = OURS) -> Evaluation:
    async with stores[0].begin(tenant_id) as tx:
        await tx.evaluations.add(run)
    return run


async def saved(stores: Stores, run: Evaluation) -> Evaluation:
    async with stores[0].begin(OURS) as tx:
        assert await tx.evaluations.locked(run.id) is not None
        await tx.evaluations.save(run)
    return run


@pytest.mark.parametrize("target", TARGETS)
async def test_a_run_comes_back_as_it_was_stored(stores: Stores, target: Target) -> None:
    run = await added(stores, a_run(target=target, why=Why.RULEBOOK, started_by=None))
    stepped = run
    for number, outcome in enumerate(Outcome):
        stepped = stepped.stepped(ListingId(UUID(int=number)), outcome, owner=WORKER, now=NOW)
    for after in (
        run,
        run.taken(WORKER, NOW),
        stepped.asked_again(Why.FACTS),
        stepped.left(NOW),
        stepped.completed(NOW),
    ):
        await saved(stores, after)
        async with stores[0].begin(OURS) as tx:
            assert await tx.evaluations.get(run.id) == after
            assert await tx.evaluations.locked(run.id) == after
            assert await tx.evaluations.running(target, preview=False) == (after if after.is_running else None)
        async with stores[0].begin(THEIRS) as tx:
            assert await tx.evaluations.get(run.id) is None
            assert await tx.evaluations.running(target, preview=False) is None
            assert (await tx.evaluations.page(PageRequest())).items == ()


async def test_one_run_a_target_goes_on_and_the_transaction_too(stores: Stores) -> None:
    for target in TARGETS:
        for preview in (False, True):
            run = await added(stores, a_run(target=target, preview=preview))
            async with stores[0].begin(OURS) as tx:
                with pytest.raises(EvaluationRunningError) as refused:
                    await tx.evaluations.add(a_run(target=target, preview=preview))
                assert refused.value.running == run.id
                assert await tx.evaluations.get(run.id) == run
            await added(stores, a_run(target=target, preview=preview), THEIRS)
    for end in (Evaluation.completed, Evaluation.cancelled):
        async with stores[0].begin(OURS) as tx:
            live = await tx.evaluations.running(ORGANISATION, preview=False)
        assert live is not None
        await saved(stores, end(live, NOW))
        await added(stores, a_run())


async def test_of_many_that_begin_at_once_one_does(stores: Stores) -> None:
    answers = await asyncio.gather(*(added(stores, a_run()) for _ in range(6)), return_exceptions=True)
    begun = [answer for answer in answers if isinstance(answer, Evaluation)]
    refused = [answer for answer in answers if isinstance(answer, EvaluationRunningError)]
    assert (len(begun), {each.running for each in refused}) == (1, {begun[0].id})
    assert len(refused) == 5


async def test_runs_and_findings_are_read_in_pages(stores: Stores) -> None:
    runs = [await added(stores, a_run(target=target)) for target in TARGETS]
    async with stores[0].begin(OURS) as tx:
        first = await tx.evaluations.page(PageRequest(limit=2))
        rest = await tx.evaluations.page(PageRequest(limit=2, after=first.next_after))
        found = [EvaluationFinding(ListingId(UUID(int=each)), Outcome.SUSPENDED, f"{each}", NOW) for each in (3, 1, 2)]
        for finding in found:
            await tx.evaluations.note(runs[0].id, finding)
            await tx.evaluations.note(runs[0].id, replace(finding, reason="again"))
    assert [*first.items, *rest.items] == runs and rest.next_after is None
    async with stores[0].begin(OURS) as tx:
        some = await tx.evaluations.findings(runs[0].id, PageRequest(limit=2))
        more = await tx.evaluations.findings(runs[0].id, PageRequest(limit=2, after=some.next_after))
        assert (await tx.evaluations.findings(runs[1].id, PageRequest())).items == ()
    assert [each.reason for each in (*some.items, *more.items)] == ["1", "2", "3"]
    assert more.next_after is None


async def test_a_run_is_free_until_it_is_taken_and_exactly_from_the_end_of_its_lease_on(stores: Stores) -> None:
    _, due = stores
    theirs = await added(stores, a_run(updated_at=NOW + timedelta(seconds=1)), THEIRS)
    run = await added(stores, a_run())
    free = DueEvaluation(OURS, run.id)
    assert await due.free(now=NOW, runs_max=9) == [free, DueEvaluation(THEIRS, theirs.id)]
    assert await due.free(now=NOW, runs_max=1) == [free]
    taken = await saved(stores, run.taken(WORKER, NOW))
    assert free not in await due.free(now=NOW + LEASE - timedelta(microseconds=1), runs_max=9)
    assert free in await due.free(now=NOW + LEASE, runs_max=9)
    await saved(stores, taken.left(NOW))
    assert free in await due.free(now=NOW, runs_max=9)
    await saved(stores, taken.completed(NOW))
    assert free not in await due.free(now=NOW + LEASE, runs_max=9)


async def test_tenants_are_behind_until_their_last_run_over_all_is_of_the_version(stores: Stores) -> None:
    transactions, due = stores
    for tenant_id, listing in ((OURS, opening()), (THEIRS, opening()), (NOBODYS, opening(2))):
        async with transactions.begin(tenant_id) as tx:
            await tx.listings.add(listing)
            if tenant_id == NOBODYS:
                await tx.listings.save(listing.cancelled("by its seller", NOW))

    async def behind(version: str = "v1", after: TenantId | None = None, tenants_max: int = 9) -> list[TenantId]:
        return list(await due.tenants_behind(version, after=after, tenants_max=tenants_max))

    assert await behind() == [OURS, THEIRS]
    assert (await behind(tenants_max=1), await behind(after=OURS)) == ([OURS], [THEIRS])
    await added(stores, a_run(preview=True))
    await added(stores, a_run(target=Target(venue_id=VENUE)))
    assert await behind() == [OURS, THEIRS]
    run = await added(stores, a_run())
    assert (await behind(), await behind("v2")) == ([THEIRS], [OURS, THEIRS])
    await saved(stores, run.completed(NOW))
    await added(stores, a_run(rulebook_version="v2"))
    assert (await behind("v1"), await behind("v2")) == ([OURS, THEIRS], [THEIRS])


async def test_listings_are_counted_as_they_are_listed(stores: Stores) -> None:
    transactions, _ = stores
    async with transactions.begin(OURS) as tx:
        for number in (1, 2):
            await tx.listings.add(opening(number))
        await tx.listings.save(opening(1).opened(NOW))
    queries = {
        ListingQuery(): 2,
        ListingQuery(venue_id=VENUE): 2,
        ListingQuery(ticket_id=TICKET, statuses=frozenset({ListingStatus.OPEN})): 1,
        ListingQuery(for_sale_at=open_listing().terms.closes_at): 0,
    }
    for query, expected in queries.items():
        async with transactions.begin(OURS) as tx:
            assert (
                await tx.listings.count(query) == len((await tx.listings.page(PageRequest(), query)).items) == expected
            )
        async with transactions.begin(THEIRS) as tx:
            assert await tx.listings.count(query) == 0


async def test_two_workers_at_once_do_every_listing_once(stores: Stores) -> None:
    world = Evaluations(*stores, seats=6)
    await world.listed(*(2_000 + 200 * number for number in range(6)))
    world.allow(2_500)
    run = await world.begun()
    done = await asyncio.gather(*(world.worker(world.resale)(world.tenant_id, run.id) for _ in range(4)))
    assert sorted(done) == [0, 0, 0, 6]
    assert {each.status for each in await world.all()} == {ListingStatus.OPEN, ListingStatus.SUSPENDED}
    over = await world.now_is(run.id)
    assert (over.status, over.counts.suspended, over.counts.unchanged) == (EvaluationStatus.COMPLETED, 3, 3)
    assert [len(each.history) for each in await world.all()] == [2, 2, 2, 3, 3, 3], "a listing was changed twice"
