"""Operations: memory and PostgreSQL keep the same promises, and workers on either do the same."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from core.operations.errors import OperationBusyError, OperationNotFoundError
from core.operations.operation import LEASE, Noted, OperationStatus
from core.shared.ids import OperationId
from ports.operations import DueOperation, OperationBacklog, OperationQuery
from ports.paging import PageRequest
from tests.operations_world import (
    MANAGER,
    OTHER_TENANT,
    OTHER_VENUE,
    TENANT,
    VENUE,
    Crash,
    Stores,
    World,
    memory_stores,
    postgres_stores,
)
from tests.servers import PostgresServer

ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield memory_stores()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_stores(server) as opened:
        yield opened


@pytest.fixture
def world(stores: Stores) -> World:
    return World(stores)


async def test_an_operation_comes_back_as_it_was_stored_at_every_stage(world: World) -> None:
    operation_id = await world.started()
    operation = await world.stands(operation_id)
    now = world.clock.now()
    taken = operation.taken(ONE, now)
    begun = taken.begun("prepare", now).checkpointed("prepare", {"boards": 3, "of": [1, None, "x"]}, ONE, now)
    noted = begun.begun("paint", now).noted(Noted(2, None, {"next": 2}), ONE, now)
    failed = noted.failed_try("ouch", now, hopeless=False, compensating=frozenset())
    back = failed.turned_back(OperationStatus.CANCELLED, now, compensating=frozenset({"paint"}))
    over = back.undone("paint", ONE, now).undone_all(now)
    for stage in (taken, begun, noted, failed, back, over):
        async with world.stores.transactions.begin(TENANT) as tx:
            await tx.operations.save(stage)
        assert await world.stands(operation_id) == stage


async def test_only_the_owner_of_the_lease_writes(world: World) -> None:
    operation_id = await world.started()
    now = world.clock.now()
    async with world.stores.transactions.begin(TENANT) as tx:
        taken = (await tx.operations.locked(operation_id)).taken(ONE, now)
        await tx.operations.save(taken)
    async with world.stores.transactions.begin(TENANT) as tx:
        store = tx.operations
        assert not await store.save_as(TWO, replace(taken, error="not mine"))
        assert await store.note(operation_id, Noted(1, 2, None), owner=TWO, now=now) is None
        assert not await store.renew(operation_id, owner=TWO, now=now)
        assert await store.get(operation_id) == taken
        later = world.clock.move(seconds=20)
        assert await store.renew(operation_id, owner=ONE, now=later)
        assert await store.get(operation_id) == taken.renewed(ONE, later)
        after = await store.note(operation_id, Noted(1, 2, {"next": 1}), owner=ONE, now=later)
        assert after == taken.noted(Noted(1, 2, {"next": 1}), ONE, later) == await store.get(operation_id)
        again = await store.note(operation_id, Noted(0, None, None), owner=ONE, now=later)
        assert again is not None
        assert (again.progress.done, again.cursor) == (1, None)
        assert await store.save_as(ONE, again.left(later))
        assert not await store.save_as(ONE, again)


async def test_new_progress_resets_the_tries_and_old_progress_does_not(world: World) -> None:
    operation_id = await world.started()
    now = world.clock.now()
    async with world.stores.transactions.begin(TENANT) as tx:
        taken = (await tx.operations.locked(operation_id)).taken(ONE, now)
        tried = replace(taken, tries=3, progress=taken.progress.noted(4, 9, now))
        await tx.operations.save(tried)
        for done, tries in ((4, 3), (5, 0)):
            after = await tx.operations.note(operation_id, Noted(done, 9, None), owner=ONE, now=now)
            assert after is not None
            assert after.tries == tries


async def test_of_twenty_that_start_at_once_one_does(world: World) -> None:
    answers = await asyncio.gather(*(world.started() for _ in range(20)), return_exceptions=True)
    made = [answer for answer in answers if isinstance(answer, UUID)]
    busy = [answer for answer in answers if isinstance(answer, OperationBusyError)]
    assert (len(made), len(busy)) == (1, 19)
    assert {each.running for each in busy} == set(made)


async def test_a_transaction_goes_on_after_it_heard_of_another_one(world: World) -> None:
    first = await world.started()
    async with world.stores.transactions.begin(TENANT) as tx:
        operation = await tx.operations.get(first)
        with pytest.raises(OperationBusyError):
            await tx.operations.add(replace(operation, id=OperationId(world.stores.ids.new())))
        other = replace(operation, id=OperationId(world.stores.ids.new()), type="other")
        await tx.operations.add(other)
        with pytest.raises(OperationBusyError):
            over = replace(operation.ended(OperationStatus.CANCELLED, world.clock.now()), id=other.id, type="other")
            await tx.operations.save(over)
            await tx.operations.add(replace(other, id=OperationId(world.stores.ids.new())))
            await tx.operations.save(other)
    assert (await world.stands(first)).is_live


async def test_another_tenants_operations_are_not_there(world: World) -> None:
    operation_id = await world.started()
    async with world.stores.transactions.begin(OTHER_TENANT) as tx:
        for asked in (tx.operations.get(operation_id), tx.operations.locked(operation_id)):
            with pytest.raises(OperationNotFoundError):
                await asked
        assert (await tx.operations.page(PageRequest(), OperationQuery(venue_id=VENUE))).items == ()
        assert (await tx.operations.lines(operation_id, PageRequest())).items == ()


async def test_lists_are_of_a_venue_a_type_and_a_status_in_pages(world: World) -> None:
    first = await world.started()
    await world.worked(first)
    second = await world.started()
    await world.started(venue_id=OTHER_VENUE)

    async def listed(page: PageRequest, **query: object) -> tuple[list[OperationId], UUID | None]:
        asked = OperationQuery(venue_id=VENUE, **query)  # type: ignore[arg-type]  # members are named by the tests
        found = await world.read.page(page, asked, caller=MANAGER)
        return [each.id for each in found.items], found.next_after

    assert await listed(PageRequest()) == ([first, second], None)
    assert await listed(PageRequest(limit=1)) == ([first], first)
    assert await listed(PageRequest(after=first)) == ([second], None)
    assert await listed(PageRequest(), status=OperationStatus.PENDING) == ([second], None)
    assert await listed(PageRequest(), type="painting") == ([first, second], None)
    assert await listed(PageRequest(), type="re-pricing") == ([], None)
    lines = await world.read.log(first, PageRequest(limit=2), caller=MANAGER)
    rest = await world.read.log(first, PageRequest(after=lines.next_after), caller=MANAGER)
    assert (len(lines.items), rest.next_after) == (2, None)
    assert [line.what.value for line in (*lines.items, *rest.items)][-1] == "completed"


async def test_due_is_what_nobody_works_on_and_nothing_waits_for(world: World) -> None:
    operation_id = await world.started()
    now = world.clock.now()
    due = DueOperation(TENANT, operation_id)
    assert await world.stores.due.free(now=now, operations_max=5) == [due]
    async with world.stores.transactions.begin(TENANT) as tx:
        taken = (await tx.operations.locked(operation_id)).taken(ONE, now)
        await tx.operations.save(taken)
    assert await world.stores.due.free(now=now, operations_max=5) == []
    assert await world.stores.due.free(now=now + LEASE, operations_max=5) == [due]
    async with world.stores.transactions.begin(TENANT) as tx:
        failed = taken.failed_try("ouch", now, hopeless=False, compensating=frozenset())
        await tx.operations.save(failed)
    assert await world.stores.due.free(now=now, operations_max=5) == []
    assert failed.next_try_at is not None
    assert await world.stores.due.free(now=failed.next_try_at, operations_max=5) == [due]


async def test_the_backlog_counts_what_is_not_over_and_how_long_nobody_has_worked_on_it(world: World) -> None:
    assert await world.stores.due.backlog(now=world.clock.now()) == OperationBacklog(0, 0, 0, 0, 0.0)
    operation_id = await world.started()
    now, minute = world.clock.now(), timedelta(minutes=1)
    assert await world.stores.due.backlog(now=now + minute) == OperationBacklog(1, 0, 0, 0, 60.0)
    async with world.stores.transactions.begin(TENANT) as tx:
        taken = (await tx.operations.locked(operation_id)).taken(ONE, now)
        await tx.operations.save(taken.noted(Noted(3, 10, None), ONE, now))
    leased = await world.stores.due.backlog(now=now)
    assert leased == OperationBacklog(0, 1, 3, 10, 0.0)
    late = await world.stores.due.backlog(now=now + LEASE + minute)
    assert late == OperationBacklog(0, 1, 3, 10, 60.0)


async def test_of_workers_that_come_at_once_one_works(world: World) -> None:
    operation_id = await world.started()
    done = await asyncio.gather(*(world.worker()(TENANT, operation_id) for _ in range(6)))
    assert sorted(done)[:5] == [0] * 5
    assert world.painting.log == ["prepare", "paint", "open"]
    assert (await world.stands(operation_id)).status is OperationStatus.COMPLETED


async def test_a_worker_whose_lease_was_taken_can_write_nothing_more(world: World) -> None:
    operation_id = await world.started()
    stolen: list[int] = []

    async def steal() -> None:
        world.clock.move(seconds=LEASE.total_seconds())
        stolen.append(await world.worker()(TENANT, operation_id))

    done = asyncio.Event()
    thief: list[asyncio.Task[None]] = []

    original = world.painting.run

    async def run(step: str, context: object) -> object:
        if step == "paint" and not thief:
            thief.append(asyncio.create_task(steal()))
            await thief[0]
            done.set()
        return await original(step, context)  # type: ignore[arg-type]  # handed through

    world.painting.run = run  # type: ignore[method-assign,assignment]  # a step that is slower than its lease
    first = await world.worker()(TENANT, operation_id)
    assert done.is_set()
    assert (first, stolen) == (2, [2])
    operation = await world.stands(operation_id)
    assert operation.status is OperationStatus.COMPLETED
    lines = (await world.read.log(operation_id, PageRequest(), caller=MANAGER)).items
    assert [line.what.value for line in lines].count("step_done") == 3


async def test_whatever_a_worker_dies_of_the_next_one_goes_on(world: World) -> None:
    operation_id = await world.started()
    deaths = 0
    for place in range(60):
        count = 0

        def point(_: str, place: int = place) -> None:
            nonlocal count
            count += 1
            if count > place:
                raise Crash

        try:
            await world.worker(point)(TENANT, operation_id)
        except Crash:
            deaths += 1
        world.clock.move(seconds=LEASE.total_seconds())
        if not (await world.stands(operation_id)).is_live:
            break
    assert deaths > 5
    assert (world.painting.painted, world.painting.opened) == (dict.fromkeys(range(5), "red"), True)
