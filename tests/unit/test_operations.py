"""Long operations: how they go forward, stop, fail, are undone and are resumed."""

import logging
from dataclasses import replace
from typing import ClassVar
from uuid import UUID

import pytest

from core.operations.errors import (
    NotResumableError,
    OperationBusyError,
    OperationNotFoundError,
    OperationOverError,
    UnknownTypeError,
)
from core.operations.log import What
from core.operations.operation import BACKOFF_FIRST, LEASE, TRIES_MAX, OperationStatus
from core.operations.progress import Progress
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError, StaleVersionError
from core.shared.ids import AccountId, OperationId
from ports.operations import OperationQuery
from ports.paging import PageRequest
from ports.published.operations import OperationType, ParamsRefusedError, StepSpec
from ports.published.refusals import RefusedError
from tests.operations_world import MANAGER, OTHER_VENUE, TENANT, VENUE, Crash, Painting, World, memory_stores
from usecases.operations.types import OperationTypes


@pytest.fixture
def world() -> World:
    return World(memory_stores())


async def log_of(world: World, operation_id: OperationId) -> list[What]:
    return [line.what for line in (await world.read.log(operation_id, PageRequest(), caller=MANAGER)).items]


def events_of(world: World) -> list[str]:
    assert world.stores.memory is not None
    return [envelope.type for envelope in world.stores.memory.events]


async def test_an_operation_is_done_step_by_step_and_told_of(world: World) -> None:
    operation_id = await world.started()
    pending = await world.stands(operation_id)
    assert (pending.status, pending.steps) == (OperationStatus.PENDING, ("prepare", "paint", "open"))
    done = await world.worked(operation_id)
    assert (done.status, done.lease, done.finished_at) == (OperationStatus.COMPLETED, None, world.clock.now())
    assert {step: point.result for step, point in done.checkpoints.items()} == {
        "prepare": {"boards": 5},
        "paint": {"painted": 5},
        "open": {},
    }
    assert (world.painting.painted, world.painting.opened) == (dict.fromkeys(range(5), "red"), True)
    assert await log_of(world, operation_id) == [
        What.STARTED,
        What.TAKEN,
        *[What.STEP_DONE] * 3,
        What.COMPLETED,
    ]
    assert events_of(world) == ["operations.operation.completed"]


async def test_one_of_a_type_is_live_at_a_venue(world: World) -> None:
    first = await world.started()
    with pytest.raises(OperationBusyError) as busy:
        await world.started()
    assert busy.value.running == first
    await world.started(venue_id=OTHER_VENUE)
    await world.worked(first)
    await world.started()


@pytest.mark.parametrize("role", [Role.BOX_OFFICE, Role.SCANNER, None])
async def test_only_managers_have_to_do_with_operations(world: World, role: Role | None) -> None:
    caller = Caller(AccountId(UUID(int=1)), TENANT, role)
    operation_id = await world.started()
    query = OperationQuery(venue_id=VENUE)
    for asked in (
        world.start(VENUE, "painting", {"colour": "red"}, caller=caller),
        world.start.preview(VENUE, "painting", {"colour": "red"}, caller=caller),
        world.read.one(operation_id, caller=caller),
        world.read.page(PageRequest(), query, caller=caller),
        world.read.log(operation_id, PageRequest(), caller=caller),
        world.cancel(operation_id, caller=caller),
        world.resume(operation_id, caller=caller),
    ):
        with pytest.raises(ForbiddenError):
            await asked


async def test_what_cannot_be_done_is_refused_before_anything_is_stored(world: World) -> None:
    with pytest.raises(UnknownTypeError):
        await world.start(VENUE, "demolition", {}, caller=MANAGER)
    with pytest.raises(ParamsRefusedError):
        await world.start(VENUE, "painting", {}, caller=MANAGER)
    world.venues.gone = True
    with pytest.raises(RefusedError, match="no such venue"):
        await world.started()
    with pytest.raises(OperationNotFoundError):
        await world.stands(OperationId(UUID(int=5)))
    with pytest.raises(RefusedError, match="no such venue"):
        await world.read.page(PageRequest(), OperationQuery(venue_id=VENUE), caller=MANAGER)
    world.venues.gone = False
    page = await world.read.page(PageRequest(), OperationQuery(venue_id=VENUE), caller=MANAGER)
    assert page.items == ()


async def test_a_preview_changes_and_stores_nothing(world: World) -> None:
    assert await world.start.preview(VENUE, "painting", {"colour": "red"}, caller=MANAGER) == {
        "boards": 5,
        "colour": "red",
    }
    assert world.painting.log == []
    assert await world.job()() == 0


async def test_a_failed_step_is_tried_again_after_a_pause_from_where_it_was(world: World) -> None:
    operation_id = await world.started()
    world.painting.troubles = [OSError("no paint"), OSError("no brush")]
    await world.job()()
    waits = await world.stands(operation_id)
    assert (waits.status, waits.tries, waits.error) == (OperationStatus.IN_PROGRESS, 1, "prepare: OSError: no paint")
    assert waits.next_try_at == world.clock.now() + BACKOFF_FIRST
    assert await world.job()() == 0
    world.clock.move(seconds=BACKOFF_FIRST.total_seconds())
    await world.job()()
    assert (await world.stands(operation_id)).next_try_at == world.clock.now() + 2 * BACKOFF_FIRST
    done = await world.worked(operation_id)
    assert (done.status, done.error, done.checkpoints["prepare"].tries) == (OperationStatus.COMPLETED, None, 3)


async def test_after_the_last_try_it_fails_and_is_undone_backwards(world: World) -> None:
    operation_id = await world.started()
    world.painting.boards = 0
    world.painting.troubles = [OSError("no key")] * (TRIES_MAX)
    world.painting.log = []
    failed = await world.worked(operation_id)
    assert failed.status is OperationStatus.FAILED
    assert events_of(world) == ["operations.operation.failed"]
    assert world.painting.log == ["prepare"] * TRIES_MAX


async def test_what_was_done_is_undone_backwards_after_the_last_failure(world: World) -> None:
    operation_id = await world.started()

    def no_key() -> None:
        world.painting.troubles = [OSError("no key")] * TRIES_MAX if len(world.painting.painted) == 5 else []

    world.painting.on_report = no_key
    failed = await world.worked(operation_id)
    assert (failed.status, failed.ending, list(failed.checkpoints)) == (OperationStatus.FAILED, None, ["prepare"])
    assert world.painting.log == ["prepare", "paint", *["open"] * TRIES_MAX, "undo open", "undo paint"]
    assert (world.painting.painted, world.painting.opened) == ({}, False)
    assert failed.error == "open: OSError: no key"


async def test_a_refusal_is_the_last_word_and_a_stale_version_is_not(world: World) -> None:
    operation_id = await world.started()
    world.painting.troubles = [ForbiddenError("The neighbours object.")]
    failed = await world.worked(operation_id)
    assert (failed.status, world.painting.log) == (OperationStatus.FAILED, ["prepare"])
    assert failed.error == "prepare: The neighbours object."
    await world.resume(operation_id, caller=MANAGER)
    world.painting.troubles = [StaleVersionError("Somebody else was faster.")]
    assert (await world.worked(operation_id)).status is OperationStatus.COMPLETED


async def test_new_progress_forgives_earlier_failures(world: World) -> None:
    operation_id = await world.started()
    world.painting.boards = 3 * TRIES_MAX

    def trouble() -> None:
        world.painting.troubles = [OSError("out of paint")]

    world.painting.on_report = trouble
    done = await world.worked(operation_id)
    assert done.status is OperationStatus.COMPLETED


async def test_a_failed_operation_is_resumed_from_its_last_checkpoint(world: World) -> None:
    operation_id = await world.started()
    with pytest.raises(NotResumableError):
        await world.resume(operation_id, caller=MANAGER)
    world.painting.on_report = lambda: world.painting.troubles.append(ForbiddenError("no key"))
    world.painting.boards = 1
    await world.worked(operation_id)
    world.painting.on_report, world.painting.troubles, world.painting.log = None, [], []
    resumed = await world.resume(operation_id, caller=MANAGER)
    assert (resumed.status, resumed.error, resumed.finished_at) == (OperationStatus.PENDING, None, None)
    assert (await world.worked(operation_id)).status is OperationStatus.COMPLETED
    assert world.painting.log == ["paint", "open"]
    assert What.RESUMED in await log_of(world, operation_id)


async def test_resuming_is_refused_while_another_one_is_live(world: World) -> None:
    first = await world.started()
    world.painting.troubles = [ForbiddenError("no")]
    await world.worked(first)
    second = await world.started()
    with pytest.raises(OperationBusyError) as busy:
        await world.resume(first, caller=MANAGER)
    assert busy.value.running == second


async def test_what_nobody_began_is_cancelled_at_once(world: World) -> None:
    operation_id = await world.started()
    cancelled = await world.cancel(operation_id, caller=MANAGER)
    assert cancelled.status is OperationStatus.CANCELLED
    assert await world.job()() == 0
    assert events_of(world) == ["operations.operation.cancelled"]
    with pytest.raises(OperationOverError):
        await world.cancel(operation_id, caller=MANAGER)


async def test_a_step_that_may_be_cut_ends_between_two_parts_and_is_undone(world: World) -> None:
    operation_id = await world.started()
    asked: list[int] = []

    def point(where: str) -> None:
        if where == "after board 2" and not asked:
            asked.append(1)
            raise Crash

    world.painting.point = point
    with pytest.raises(Crash):
        await world.job()()
    await world.cancel(operation_id, caller=MANAGER)
    world.clock.move(seconds=LEASE.total_seconds())
    cancelled = await world.worked(operation_id)
    assert cancelled.status is OperationStatus.CANCELLED
    assert (world.painting.painted, world.painting.opened) == ({}, False)
    assert world.painting.log == ["prepare", "paint", "undo paint"]


async def test_a_dead_workers_operation_is_taken_exactly_when_its_lease_ends(world: World) -> None:
    operation_id = await world.started()

    def point(where: str) -> None:
        if where == "after board 2":
            raise Crash

    world.painting.point = point
    with pytest.raises(Crash):
        await world.job()()
    world.painting.point = lambda _: None
    world.clock.move(seconds=LEASE.total_seconds() - 0.001)
    assert await world.job()() == 0
    world.clock.move(seconds=0.001)
    assert await world.job()() > 0
    assert (await world.worked(operation_id)).status is OperationStatus.COMPLETED
    assert (await log_of(world, operation_id)).count(What.TAKEN) == 2


async def test_a_type_that_lost_a_step_fails_its_old_operations_and_a_new_step_is_not_for_them(world: World) -> None:
    class Renamed(Painting):
        steps: ClassVar[tuple[StepSpec, ...]] = (StepSpec("prepare"), StepSpec("spray"), StepSpec("open"))

    class Longer(Painting):
        steps: ClassVar[tuple[StepSpec, ...]] = (*Painting.steps, StepSpec("celebrate"))

    operation_id = await world.started()
    renamed: OperationType = Renamed()
    await world.worker(types=OperationTypes((renamed,)))(TENANT, operation_id)
    failed = await world.stands(operation_id)
    assert (failed.status, failed.error) == (
        OperationStatus.FAILED,
        "This version of Fairseat knows no step 'paint' of 'painting'.",
    )
    await world.resume(operation_id, caller=MANAGER)
    longer = Longer()
    await world.worker(types=OperationTypes((longer,)))(TENANT, operation_id)
    assert (await world.stands(operation_id)).status is OperationStatus.COMPLETED
    assert longer.log == ["prepare", "paint", "open"]


def test_the_progress_tells_rate_and_time_left(world: World) -> None:
    now = world.clock.now()
    begun = Progress.starting(now)
    assert (begun.rate_per_s, begun.left_s) == (None, None)
    later = begun.noted(20, 100, world.clock.move(seconds=10))
    assert (later.rate_per_s, later.left_s) == (2.0, 40.0)
    again = later.again(world.clock.move(seconds=1000))
    assert (again.done, again.rate_per_s) == (20, None)
    assert again.noted(40, 100, world.clock.move(seconds=5)).rate_per_s == 4.0
    assert again.noted(3, 100, world.clock.now()).done == 20
    assert replace(again, total=None).left_s is None


async def test_whatever_an_error_says_can_be_stored(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "fairseat.operations")  # no terminal can show the half of a character
    operation_id = await world.started()
    world.painting.troubles = [OSError("a\0b\udc80c")]
    await world.job()()
    assert (await world.stands(operation_id)).error == "prepare: OSError: ab?c"
