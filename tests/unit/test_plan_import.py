"""Plan import: a plan is all there or not at all, whatever happens to the workers that write it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from core.operations.operation import LEASE, OperationStatus
from core.seating.arena import lay_out_arena
from core.seating.errors import InvalidPlanError
from core.seating.plan_export import write_plan
from core.seating.plans import PlanStatus
from core.seating.writing import (
    Part,
    PlanBeingWrittenError,
    PlanDocumentNotFoundError,
    PlanDocumentTooLargeError,
    ids_of_parts,
    plan_of_operation,
)
from core.shared.errors import ForbiddenError
from core.shared.ids import OperationId
from ports.published.operations import ParamsRefusedError
from ports.seating.plan_writing import Writer
from tests.import_world import Imports, a_tier, imports_in_memory, params, plan_import
from tests.layout_builders import a_plan_of, a_seat, a_zone
from tests.operations_world import MANAGER, TENANT, VENUE, Crash
from tests.seating_world import a_buyer
from usecases.operations.types import OperationTypes
from usecases.seating.activate_plan import ActivatePlan
from usecases.seating.block_seats import BlockSeats
from usecases.seating.operations import plan_import as module
from usecases.seating.plan_uploads import DocumentTerms, ForgetPlanDocuments, UploadPlanDocument
from usecases.seating.replace_price_tiers import ReplacePriceTiers

ARENA = {"format": "arena", "seats": 300}
WRONG = a_plan_of(a_zone("Stand", a_seat("a-1"), a_seat("a-1"), a_seat("a-2", category="None such")))


@pytest.fixture
def imports(monkeypatch: pytest.MonkeyPatch) -> Imports:
    monkeypatch.setattr(module, "SEATS_A_BATCH", 5)
    return imports_in_memory()


async def killed(imports: Imports, place: int, operation_id: OperationId) -> bool:
    """Let a worker of a new process work until it dies at its n-th point; tell whether it died."""
    count = 0

    def point(_: str) -> None:
        nonlocal count
        count += 1
        if count == place:
            raise Crash

    new = plan_import(imports.seating, imports.documents, imports.clock, imports.ticketing, imports.sections)
    fresh = OperationTypes((new,))
    try:
        await imports.world.worker(point, types=fresh)(TENANT, operation_id)
    except Crash:
        imports.clock.move(seconds=LEASE.total_seconds())
        return True
    return False


async def test_a_plan_is_imported_as_a_draft_like_any_other(imports: Imports) -> None:
    operation = await imports.done()
    assert (operation.status, operation.error) == (OperationStatus.COMPLETED, None)
    plan = await imports.plan(operation.id)
    assert (plan.status, plan.written_by, plan.seats_count, plan.ga_capacity) == (PlanStatus.DRAFT, None, 12, 9)
    assert operation.checkpoints["read"].result["seatsCount"] == 12
    assert operation.checkpoints["finish"].result == {"planId": str(plan.id), "status": "draft"}
    async with imports.seating.begin(TENANT) as tx:
        layout = await tx.plans.layout(plan.id)
    assert [seat.label for seat in layout.seats][:5] == ["R1S1", "R1S2", "R1S3", "R1S4", "R2S1"]
    await ActivatePlan(imports.seating, imports.clock)(plan.id, expected_version=plan.version, caller=MANAGER)


async def test_a_document_is_imported_and_exported_as_the_same(imports: Imports) -> None:
    document = write_plan("Arena", lay_out_arena(300))
    first = await imports.done(await imports.sent(document))
    exported = await imports.exported(first.id)
    assert exported == {**document, "name": "Big plan"}
    second = await imports.done(await imports.sent(exported))
    assert await imports.exported(second.id) == exported


async def test_prices_are_written_with_the_seats_and_the_plan_goes_on_sale_at_once(imports: Imports) -> None:
    tiers = [a_tier("Front", 9000, categories=["Front rows"]), a_tier("Rest", 4000, sections=["101", "102"])]
    operation = await imports.done(ARENA, priceTiers=tiers, pricingMode="seat", activate=True)
    assert operation.error is None
    plan = await imports.plan(operation.id)
    assert (plan.status, plan.version_number) == (PlanStatus.ACTIVE, 1)
    async with imports.seating.begin(TENANT) as tx:
        layout, stored = await tx.plans.layout(plan.id), await tx.plans.tiers(plan.id)
    assert [tier.name for tier in stored] == ["Front", "Rest"]
    assert {seat.price_minor for seat in layout.seats if seat.category == "Front rows"} == {9000}
    assert {seat.price_minor for seat in layout.seats} == {9000, 4000, 7500}
    again = await imports.done(ARENA, activate=True)
    assert again.status is OperationStatus.FAILED and again.error == "finish: Another active plan sells this ticket."
    assert [each.id for each in await imports.plans()] == [plan.id], "a plan that cannot go on sale leaves nothing"


async def test_a_wrong_document_fails_with_pointers_and_leaves_nothing(imports: Imports) -> None:
    source = await imports.sent(WRONG)
    with pytest.raises(InvalidPlanError) as refused:
        await imports.world.start.preview(VENUE, "plan-import", params(source), caller=MANAGER)
    pointers = [problem.pointer for problem in refused.value.problems]
    assert pointers == [
        "/document/zones/0/rows/0/seats/1/seat_guid",
        "/document/zones/0/rows/0/seats/2/category",
    ]
    operation = await imports.done(source)
    assert operation.status is OperationStatus.FAILED and operation.error is not None
    assert all(pointer in operation.error for pointer in pointers)
    for broken in (b"{", b"", b'"\xff"', b"[]"):
        failed = await imports.done(await imports.sent(broken))
        assert failed.error is not None and "/document" in failed.error, failed.error
    gone = await imports.done({"format": "upload", "documentId": str(uuid4())})
    assert gone.error is not None and "no such document" in gone.error
    assert await imports.plans() == []


async def test_a_preview_tells_the_report_and_writes_nothing(imports: Imports) -> None:
    imports.ticketing.price_minor = 0
    asked = params(ARENA, pricingMode="seat")
    preview: Any = await imports.world.start.preview(VENUE, "plan-import", asked, caller=MANAGER)
    assert (preview["seatsCount"], preview["errors"]) == (
        300,
        [{"pointer": "/priceTiers", "message": "300 seats have no price."}],
    )
    assert await imports.plans() == []
    failed = await imports.done(ARENA, pricingMode="seat", activate=True)
    assert failed.error is not None and "300 seats have no price" in failed.error


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": " "}, "/params/name"),
        ({"source": {"format": "seating-plan", "plan": {}}}, "/params/source/format"),
        ({"source": {"format": "arena", "seats": 99}}, "/params/source/seats"),
        ({"source": {"format": "grid", "sections": [{"name": "A", "rows": 1}]}}, "/params/source/sections/0/columns"),
        ({"more": 1}, "/params"),
        ({"venueSections": "yes"}, "/params/venueSections"),
        ({"priceTiers": [a_tier("A", -1)]}, "/params/priceTiers/0/price/amount"),
    ],
)
async def test_wrong_parameters_are_refused_with_pointers(
    imports: Imports, changes: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(ParamsRefusedError) as refused:
        await imports.world.start(VENUE, "plan-import", params() | changes, caller=MANAGER)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


async def test_tiers_for_what_the_plan_has_not_fail_the_import(imports: Imports) -> None:
    operation = await imports.done(priceTiers=[a_tier("A", 1, sections=["Nowhere"])])
    assert operation.error == "read: The plan has no section 'Nowhere'."


async def test_nobody_uses_the_half_of_a_plan(imports: Imports) -> None:
    operation_id = await imports.started()
    assert await killed(imports, 28, operation_id)
    plan = await imports.plan(operation_id)
    assert plan.written_by == operation_id
    assert plan.check().errors[0].message == "An operation is still writing the plan."
    async with imports.seating.begin(TENANT) as tx:
        seats = (await tx.plans.layout(plan.id)).seats
    assert 0 < len(seats) < plan.seats_count
    clock, seating = imports.clock, imports.seating
    refusals = (
        ActivatePlan(seating, clock)(plan.id, expected_version=None, caller=MANAGER),
        ReplacePriceTiers(seating, clock)(plan.id, [], expected_version=None, caller=MANAGER),
        BlockSeats(seating, clock)(plan.id, [seats[0].id], reason="x", until=None, caller=MANAGER),
        imports.exported(operation_id),
    )
    for refusal in refusals:
        with pytest.raises(PlanBeingWrittenError):
            await refusal
    with pytest.raises(PlanBeingWrittenError):
        plan.must_be_draft()
    with pytest.raises(PlanBeingWrittenError):
        plan.allotted(now=clock.now())
    copied = await imports.world.start.preview(VENUE, "plan-import", params(), caller=MANAGER)
    assert copied is not None
    assert (await imports.world.worked(operation_id)).status is OperationStatus.COMPLETED


@pytest.mark.parametrize("place", range(1, 66))
async def test_wherever_a_worker_dies_the_plan_is_the_same(imports: Imports, place: int) -> None:
    operation_id = await imports.started()
    await killed(imports, place, operation_id)
    operation = await imports.world.worked(operation_id)
    assert (operation.status, operation.error) == (OperationStatus.COMPLETED, None)
    undisturbed = await imports.done()
    assert await imports.exported(operation_id) == await imports.exported(undisturbed.id)
    plan = await imports.plan(operation_id)
    assert (plan.version, plan.seats_version) == (2, 2)


@pytest.mark.parametrize("place", range(4, 63, 2))
async def test_a_cancelled_import_leaves_nothing_wherever_the_worker_died(imports: Imports, place: int) -> None:
    operation_id = await imports.started()
    assert await killed(imports, place, operation_id)
    stands = await imports.world.stands(operation_id)
    if not stands.is_live:
        return
    await imports.world.cancel(operation_id, caller=MANAGER)
    await killed(imports, 7, operation_id)
    operation = await imports.world.worked(operation_id)
    assert (operation.status, operation.checkpoints) == (OperationStatus.CANCELLED, {})
    assert await imports.plans() == []


async def test_a_plan_that_was_changed_after_its_last_step_outlives_a_late_cancellation(imports: Imports) -> None:
    operation = await imports.done()
    plan = await imports.plan(operation.id)
    writer = Writer(OperationId(operation.id), 10_000)
    async with imports.seating.begin(TENANT) as tx:
        assert not await tx.writing.reclaim(plan.id, writer, seats_version=plan.seats_version + 1)
        await tx.plans.save(replace(plan, seats_version=3, version=plan.version + 1))
    async with imports.seating.begin(TENANT) as tx:
        assert not await tx.writing.reclaim(plan.id, writer, seats_version=2)


async def test_a_failed_import_begins_anew_when_it_is_resumed(imports: Imports) -> None:
    first = await imports.done(activate=True)
    failed = await imports.done(activate=True)
    assert failed.status is OperationStatus.FAILED
    async with imports.seating.begin(TENANT) as tx:
        active = await tx.plans.get(plan_of_operation(first.id))
        await tx.plans.save(active.deactivate(now=imports.clock.now()))
    await imports.world.resume(failed.id, caller=MANAGER)
    resumed = await imports.world.worked(failed.id)
    assert resumed.status is OperationStatus.COMPLETED
    assert (await imports.plan(failed.id)).version_number == 2


async def test_a_source_that_changes_meanwhile_makes_no_mixture(imports: Imports) -> None:
    model = await imports.done()
    source = {"format": "plan", "planId": str(plan_of_operation(model.id))}
    operation_id = await imports.started(source)
    assert await killed(imports, 14, operation_id)
    async with imports.seating.begin(TENANT) as tx:
        plan = await tx.plans.get(plan_of_operation(model.id))
        layout = await tx.plans.layout(plan.id)
        redrawn = replace(plan, version=plan.version + 1, seats_version=3)
        await tx.plans.replace_layout(redrawn, replace(layout, seats=layout.seats[:-1]))
    imports.type.layouts.forget()
    operation = await imports.world.worked(operation_id)
    assert operation.status is OperationStatus.FAILED
    assert operation.error is not None and "was changed meanwhile" in operation.error
    assert [each.id for each in await imports.plans()] == [plan.id]


def test_ids_follow_from_the_operation_and_keep_its_order() -> None:
    one, other = UUID("01935000-0000-7000-8000-0000000000aa"), UUID("01935000-0000-7000-8000-0000000000ab")

    def first(operation: UUID, part: Part) -> list[UUID]:
        ids: Iterator[UUID] = ids_of_parts(operation, part)
        return [next(ids) for _ in range(300)]

    places = first(one, Part.PLACE)
    assert places == first(one, Part.PLACE) == sorted(places)
    assert {id.version for id in places} == {7} and {id.variant for id in places} == {places[0].variant}
    assert len({*places, *first(other, Part.PLACE), *first(one, Part.TIER), plan_of_operation(one)}) == 901
    assert {id.int >> 80 for id in places} == {one.int >> 80}


async def test_documents_are_forgotten_when_their_time_has_come(imports: Imports) -> None:
    source = await imports.sent(WRONG)
    forget = ForgetPlanDocuments(imports.documents, imports.documents, imports.clock)  # type: ignore[arg-type]  # twin
    imports.clock.move(seconds=86_399)
    assert await forget() == 0
    imports.clock.move(seconds=1)
    assert await forget() == 1
    with pytest.raises(PlanDocumentNotFoundError):
        await imports.documents.get(TENANT, source["documentId"])  # type: ignore[arg-type]  # any key will do


async def test_a_document_has_a_limit_and_its_sender_a_role(imports: Imports) -> None:
    content = msgspec.json.encode(WRONG)
    upload = UploadPlanDocument(
        imports.documents, imports.world.venues, imports.clock, imports.ids, DocumentTerms(len(content), 60)
    )

    async def sending(*pieces: bytes) -> Any:
        for piece in pieces:
            yield piece

    kept = await upload(VENUE, sending(content), caller=MANAGER)
    assert kept.bytes_count == len(content)
    with pytest.raises(PlanDocumentTooLargeError):
        await upload(VENUE, sending(content, b" "), caller=MANAGER)
    with pytest.raises(ForbiddenError):
        await upload(VENUE, sending(content), caller=a_buyer(TENANT))
