"""An imported plan gives its venue the sections too: once, by their names, and back when the import is undone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, override
from uuid import UUID

import pytest

from core.operations.operation import LEASE, Operation, OperationStatus
from core.shared.errors import StaleVersionError
from core.shared.ids import OperationId
from core.venues.layout import SectionFacts, VenueSection
from ports.published.refusals import RefusedError
from ports.published.venues import PutSections, VenueSectionsApi, VenueSectionWish
from tests.import_world import GRID, Imports, imports_in_memory, plan_import
from tests.layout_builders import a_plan_of, a_seat, a_zone
from tests.operations_world import MANAGER, TENANT, VENUE, Crash
from usecases.operations.types import OperationTypes
from usecases.seating.operations import plan_import as module

STAND = SectionFacts("Stand", "seated", 3, 4, (0.0, 0.0), 0)
PIT = SectionFacts("Pit", "ga", 0, 0, (0.0, 0.0), 1, 9)


class Between(VenueSectionsApi):
    """The venue's layout, with something that happens before and behind each putting, at the very moment."""

    def __init__(self, inner: VenueSectionsApi) -> None:
        self._inner = inner
        self.before: list[Callable[[], Any]] = []
        self.behind: list[Callable[[], Any]] = []
        self.refusals: list[RefusedError] = []

    @override
    async def put_missing(
        self, *, tenant_id: UUID, venue_id: UUID, sections: Sequence[VenueSectionWish]
    ) -> PutSections:
        if self.refusals:
            raise self.refusals.pop()
        if self.before:
            await self.before.pop()()
        put = await self._inner.put_missing(tenant_id=tenant_id, venue_id=venue_id, sections=sections)
        if self.behind:
            await self.behind.pop()()
        return put

    @override
    async def take_back(self, *, tenant_id: UUID, venue_id: UUID, section_ids: Any) -> int:
        return await self._inner.take_back(tenant_id=tenant_id, venue_id=venue_id, section_ids=section_ids)


@pytest.fixture
def imports(monkeypatch: pytest.MonkeyPatch) -> Imports:
    monkeypatch.setattr(module, "SEATS_A_BATCH", 5)
    return imports_in_memory()


def worker_with(imports: Imports, sections: VenueSectionsApi, point: Callable[[str], None] = lambda _: None) -> Any:
    """Return a worker of a process of its own."""
    new = plan_import(imports.seating, imports.documents, imports.clock, imports.ticketing, sections)
    return imports.world.worker(point, types=OperationTypes((new,)))


async def killed(imports: Imports, place: int, operation_id: OperationId) -> bool:
    """Let a worker work until it dies at its n-th point; tell whether it died."""
    left = iter(range(place - 1, -1, -1))

    def point(_: str) -> None:
        if next(left, 1) == 0:
            raise Crash

    try:
        await worker_with(imports, imports.sections, point)(TENANT, operation_id)
    except Crash:
        imports.clock.move(seconds=LEASE.total_seconds())
        return True
    return False


async def died(imports: Imports, operation_id: OperationId, sections: Between) -> None:
    with pytest.raises(Crash):
        await worker_with(imports, sections)(TENANT, operation_id)
    imports.clock.move(seconds=LEASE.total_seconds())


async def cancelled(imports: Imports, operation_id: OperationId) -> Operation:
    await imports.world.cancel(operation_id, caller=MANAGER)
    operation = await imports.world.worked(operation_id)
    assert (operation.status, operation.checkpoints) == (OperationStatus.CANCELLED, {})
    return operation


async def dies() -> None:
    raise Crash


def of(sections: Sequence[VenueSection]) -> list[SectionFacts]:
    return [section.facts for section in sections]


async def test_the_venue_has_the_sections_of_the_plan_when_that_is_wanted_and_only_then(imports: Imports) -> None:
    await imports.built()
    without = await imports.done()
    assert without.checkpoints["venue-sections"].result == {}
    assert await imports.layout() == ()
    operation = await imports.done(venueSections=True)
    assert operation.error is None
    assert operation.checkpoints["venue-sections"].result == {"added": ["Stand", "Pit"], "kept": [], "leftOut": []}
    assert of(await imports.layout()) == [STAND, PIT]


async def test_a_section_that_the_venue_has_by_name_stays_as_it_is_and_is_named(imports: Imports) -> None:
    own = SectionFacts("Stand", "seated", 30, 40, (7.0, 7.0), 5)
    await imports.built(own)
    operation = await imports.done(venueSections=True)
    assert operation.checkpoints["venue-sections"].result == {"added": ["Pit"], "kept": ["Stand"], "leftOut": []}
    again = await imports.done(venueSections=True)
    assert again.checkpoints["venue-sections"].result == {"added": [], "kept": ["Stand", "Pit"], "leftOut": []}
    assert of(await imports.layout()) == [PIT, own]


async def test_sections_of_one_name_are_told_apart_and_stand_where_their_seats_do(imports: Imports) -> None:
    await imports.built()
    high = {**a_seat("c-1"), "position": {"x": 30.0, "y": 40.0}}
    document = a_plan_of(a_zone("A", a_seat("a-1")), a_zone("A", a_seat("b-1")), a_zone("A (2)", high))
    operation = await imports.done(await imports.sent(document), venueSections=True)
    assert operation.checkpoints["venue-sections"].result["added"] == ["A", "A (3)", "A (2)"]
    positions = {section.facts.name: section.facts.position for section in await imports.layout()}
    assert positions["A (2)"] == (30.0, 40.0)


@pytest.mark.parametrize(("columns", "is_left_out"), [(500, False), (501, True)])
async def test_a_section_that_no_venue_can_have_is_left_out_with_the_reason(
    imports: Imports, columns: int, is_left_out: bool
) -> None:
    await imports.built()
    source = {"format": "grid", "sections": [{"name": "Long", "rows": 1, "columns": columns}, GRID["sections"][1]]}
    operation = await imports.done(source, venueSections=True)
    told: Any = operation.checkpoints["venue-sections"].result
    assert [each["name"] for each in told["leftOut"]] == (["Long"] if is_left_out else [])
    assert len(await imports.layout()) == (1 if is_left_out else 2)


async def test_an_import_that_fails_at_its_end_takes_back_its_sections_and_no_others(imports: Imports) -> None:
    await imports.built()
    await imports.done(activate=True)
    failed = await imports.done(activate=True, venueSections=True)
    assert failed.error == "finish: Another active plan sells this ticket."
    assert await imports.layout() == ()


@pytest.mark.parametrize("before", [True, False])
async def test_a_worker_that_dies_beside_the_sections_changes_nothing_of_what_there_is_in_the_end(
    imports: Imports, before: bool
) -> None:
    await imports.built()
    operation_id = await imports.started(venueSections=True)
    sections = Between(imports.sections)
    (sections.before if before else sections.behind).append(dies)
    await died(imports, operation_id, sections)
    assert len(await imports.layout()) == (0 if before else 2)
    operation = await imports.world.worked(operation_id)
    assert operation.status is OperationStatus.COMPLETED
    assert operation.checkpoints["venue-sections"].result == {"added": ["Stand", "Pit"], "kept": [], "leftOut": []}
    assert of(await imports.layout()) == [STAND, PIT]


@pytest.mark.parametrize("place", range(48, 67, 2))
async def test_wherever_the_worker_dies_the_venue_has_each_section_once_or_after_cancelling_none(
    imports: Imports, place: int
) -> None:
    await imports.built()
    first = await imports.started(venueSections=True)
    if await killed(imports, place, first) and (await imports.world.stands(first)).is_live:
        await cancelled(imports, first)
        assert await imports.layout() == ()
    second = await imports.started(venueSections=True)
    await killed(imports, place, second)
    assert (await imports.world.worked(second)).status is OperationStatus.COMPLETED
    assert of(await imports.layout()) == [STAND, PIT]


async def test_cancelling_takes_back_what_was_added_unless_people_changed_it_since(imports: Imports) -> None:
    own = SectionFacts("Own", "seated", 1, 1, (0.0, 0.0), 9)
    await imports.built(own)
    operation_id = await imports.started(venueSections=True)
    sections = Between(imports.sections)
    sections.behind.append(dies)
    await died(imports, operation_id, sections)
    stand = (await imports.layout())[0]
    renamed = replace(stand, facts=replace(stand.facts, name="Stalls"), version=stand.version + 1)
    async with imports.halls.begin(TENANT) as tx:
        await tx.sections.save(renamed)
    await cancelled(imports, operation_id)
    assert of(await imports.layout()) == [renamed.facts, own]


async def test_a_worker_that_sleeps_until_all_was_undone_leaves_no_section(imports: Imports) -> None:
    await imports.built()
    operation_id = await imports.started(venueSections=True)
    sections = Between(imports.sections)

    async def sleeps() -> None:
        imports.clock.move(seconds=LEASE.total_seconds())
        await cancelled(imports, operation_id)

    sections.before.append(sleeps)
    await worker_with(imports, sections)(TENANT, operation_id)
    assert (await imports.layout(), await imports.plans()) == ((), [])


async def test_a_worker_that_sleeps_until_another_has_done_it_all_takes_nothing_away(imports: Imports) -> None:
    await imports.built()
    operation_id = await imports.started(venueSections=True)
    sections = Between(imports.sections)

    async def sleeps() -> None:
        imports.clock.move(seconds=LEASE.total_seconds())
        assert (await imports.world.worked(operation_id)).status is OperationStatus.COMPLETED

    sections.before.append(sleeps)
    await worker_with(imports, sections)(TENANT, operation_id)
    assert of(await imports.layout()) == [STAND, PIT]


async def test_a_layout_that_others_change_at_the_same_moment_is_tried_again_and_a_venue_that_is_gone_is_not(
    imports: Imports,
) -> None:
    await imports.built()
    sections = Between(imports.sections)
    sections.refusals.append(RefusedError(StaleVersionError.code, "The layout was changed."))
    operation_id = await imports.started(venueSections=True)
    await worker_with(imports, sections)(TENANT, operation_id)
    assert (await imports.world.stands(operation_id)).is_live
    assert (await imports.world.worked(operation_id)).status is OperationStatus.COMPLETED
    async with imports.halls.begin(TENANT) as tx:
        await tx.venues.delete(VENUE, at=imports.clock.now())
    failed = await imports.done(venueSections=True)
    assert failed.error == "venue-sections: There is no such venue."
    assert len(await imports.plans()) == 1
