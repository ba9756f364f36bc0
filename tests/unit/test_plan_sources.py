"""Making plans from all kinds of sources, giving drafts another layout, numbering what is published, and exporting."""

from dataclasses import dataclass, field
from typing import Any, override
from uuid import UUID, uuid4

import pytest

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.seating import MemorySeatingTransactions
from core.seating.arena import Arena
from core.seating.errors import InvalidPlanError, PlanNotFoundError, PlanPublishedError
from core.seating.grid import GaSection, GridSection
from core.seating.layout import Layout, LayoutDraft, without_ids
from core.seating.places import Point, SectionKind
from core.seating.plans import PlanStatus, PricingMode, SeatingPlan
from core.seating.pricing import TierRequest
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError, StaleVersionError
from core.shared.ids import PlanId, PriceTierId, TenantId, TicketId, VenueId
from core.shared.money import Money
from ports.published.refusals import RefusedError
from ports.published.ticketing import TicketingApi, TicketOnSale, TicketType
from ports.published.venues import VenueSectionSummary
from tests.published_builders import Halls, a_ticket_on_sale
from tests.seating_world import a_buyer, a_tenant
from usecases.seating import plan_sources
from usecases.seating.activate_plan import ActivatePlan, DeactivatePlan
from usecases.seating.catalogues import Catalogues
from usecases.seating.create_plan import CreatePlan
from usecases.seating.export_plan import ExportPlan
from usecases.seating.plan_drafts import PlanFacts
from usecases.seating.plan_sources import (
    FromArena,
    FromDocument,
    FromGrid,
    FromPlan,
    FromVenueSections,
    PlanSource,
    RequestLimit,
)
from usecases.seating.replace_price_tiers import ReplacePriceTiers
from usecases.seating.replace_source import ReplaceSource

VENUE, ELSEWHERE = VenueId(uuid4()), VenueId(uuid4())
SEATED, GA, GA_ELSEWHERE = TicketId(uuid4()), TicketId(uuid4()), TicketId(uuid4())
GRID = FromGrid((GridSection("Stand", 2, 3),))


class ThreeTickets(TicketingApi):
    """Sells seats, general admission, and general admission in another venue."""

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        tickets: dict[UUID, tuple[TicketType, VenueId]] = {
            SEATED: ("SEATED_MANUAL", VENUE),
            GA: ("GA", VENUE),
            GA_ELSEWHERE: ("GA", ELSEWHERE),
        }
        if ticket_id not in tickets:
            raise RefusedError("ticketing.not_found", "There is no such ticket.")
        kind, venue = tickets[ticket_id]
        return a_ticket_on_sale(ticket_id, venue_id=venue, ticket_type=kind, quota=6)


def venue_sections(*sections: tuple[str, str, int | None]) -> tuple[VenueSectionSummary, ...]:
    return tuple(
        VenueSectionSummary(
            section_id=uuid4(),
            name=name,
            kind=kind,
            row_count=2,
            column_count=3,
            display_order=order,
            capacity=capacity,
        )
        for order, (name, kind, capacity) in enumerate(sections)
    )


@dataclass
class House:
    """One tenant and its manager, over one memory store."""

    tenant: TenantId = field(default_factory=a_tenant)

    def __post_init__(self) -> None:
        self.manager = a_buyer(self.tenant, role=Role.MANAGER)
        clock, ids = MemoryClock(), MemoryIds()
        store = self.store = MemorySeatingTransactions(MemoryMessages(ids=ids))
        halls = Halls(capacity=6, sections=venue_sections(("Stand", "seated", None), ("Pit", "ga", 40)))
        self.create = CreatePlan(store, ThreeTickets(), halls, clock, ids, RequestLimit())
        self.replace = ReplaceSource(store, ThreeTickets(), halls, clock, ids, RequestLimit())
        self.activate = ActivatePlan(store, clock)
        self.deactivate = DeactivatePlan(store, clock)
        self.price = ReplacePriceTiers(store, clock)
        self.export = ExportPlan(store)

    async def a_plan(self, source: PlanSource = GRID, *, focus: Point | None = None) -> SeatingPlan:
        facts = PlanFacts(
            ticket_id=SEATED,
            venue_id=VENUE,
            name="Plan",
            assignment_mode=None,
            pricing_mode=PricingMode.SINGLE,
            orphan_rule=None,
            seats_max_per_order=None,
            source=source,
            focus=focus,
        )
        return await self.create(facts, caller=self.manager)

    async def layout(self, plan: SeatingPlan) -> Layout:
        async with self.store.begin(self.tenant) as tx:
            return await tx.plans.layout(plan.id)

    async def draft(self, plan: SeatingPlan) -> LayoutDraft:
        layout = await self.layout(plan)
        return without_ids(layout, categories=plan.categories, drawing=plan.layout, focus=plan.focus)

    async def published(self, plan: SeatingPlan) -> SeatingPlan:
        active = await self.activate(plan.id, expected_version=None, caller=self.manager)
        return await self.deactivate(active.id, expected_version=None, caller=self.manager)


@pytest.fixture
def house() -> House:
    return House()


async def test_an_arena_is_a_source(house: House) -> None:
    plan = await house.a_plan(FromArena(Arena(seats=100)))
    assert (plan.seats_count, plan.sections_count) == (100, 4)
    assert plan.focus is not None


async def test_a_plan_has_its_own_focus_before_the_sources(house: House) -> None:
    assert (await house.a_plan(FromArena(Arena(seats=100)), focus=Point(1, 2))).focus == Point(1, 2)
    assert (await house.a_plan()).focus is None


async def test_a_plan_from_the_venue_has_its_seats_and_its_general_admission(house: House) -> None:
    plan = await house.a_plan(FromVenueSections())
    sections = (await house.layout(plan)).sections
    assert [(section.name, section.kind, section.capacity) for section in sections] == [
        ("Stand", SectionKind.SEATED, None),
        ("Pit", SectionKind.GA, 40),
    ]
    assert (plan.seats_count, plan.ga_capacity) == (6, 40)
    assert [warning.pointer for warning in plan.warnings] == ["/seats", "/sections/1/ticketId"]


@pytest.mark.parametrize("source", [GRID, FromArena(Arena(seats=100)), FromVenueSections()])
async def test_an_exported_plan_makes_the_same_layout_again(house: House, source: PlanSource) -> None:
    plan = await house.a_plan(source)
    document = await house.export(plan.id, caller=house.manager)
    again = await house.a_plan(FromDocument(document))
    assert await house.draft(again) == await house.draft(plan)


async def test_a_plan_can_be_made_from_another_and_takes_no_prices_along(house: House) -> None:
    first = await house.a_plan(FromArena(Arena(seats=100)))
    layout = await house.layout(first)
    tier = TierRequest(
        id=PriceTierId(uuid4()), name="A", price=Money(9900, "EUR"), section_ids=(layout.sections[0].id,)
    )
    await house.price(first.id, [tier], expected_version=1, caller=house.manager)
    await house.published(first)
    second = await house.a_plan(FromPlan(first.id))
    assert second.status is PlanStatus.DRAFT and second.version_number is None
    assert await house.draft(second) == await house.draft(first)
    copied = await house.layout(second)
    assert {seat.price_minor for seat in copied.seats} == {2500}
    assert not {seat.id for seat in copied.seats} & {seat.id for seat in layout.seats}


async def test_a_plan_of_nobody_or_of_another_tenant_is_no_source(house: House) -> None:
    theirs = await House().a_plan()
    for plan_id in (PlanId(uuid4()), theirs.id):
        with pytest.raises(InvalidPlanError) as refused:
            await house.a_plan(FromPlan(plan_id))
        assert [problem.pointer for problem in refused.value.problems] == ["/source/planId"]


async def test_general_admission_is_sold_by_a_ticket_for_it_in_this_venue(house: House) -> None:
    def source(*tickets: TicketId) -> FromGrid:
        pits = (GaSection(f"Pit {at}", 10, ticket) for at, ticket in enumerate(tickets))
        return FromGrid((GridSection("Stand", 2, 3), *pits))

    plan = await house.a_plan(source(GA, GA))
    assert [section.ticket_id for section in (await house.layout(plan)).sections] == [None, GA, GA]
    with pytest.raises(InvalidPlanError) as refused:
        await house.a_plan(source(GA, SEATED, GA_ELSEWHERE, TicketId(uuid4())))
    assert [problem.pointer for problem in refused.value.problems] == [f"/sections/{at}/ticketId" for at in (2, 3, 4)]


async def test_the_tickets_for_general_admission_have_a_maximum(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_sources, "GA_TICKETS_MAX", 1)
    with pytest.raises(InvalidPlanError) as refused:
        await house.a_plan(FromGrid((GridSection("A", 1, 1), GaSection("B", 1, GA), GaSection("C", 1, GA_ELSEWHERE))))
    assert [problem.pointer for problem in refused.value.problems] == ["/sections"]


class TestReplacing:
    async def test_a_draft_gets_new_seats_and_what_was_remembered_of_it_is_old(self, house: House) -> None:
        plan = await house.a_plan()
        known = Catalogues(house.store)
        before = await known.of(house.tenant, plan.id, now=MemoryClock().now())
        source = FromGrid((GridSection("Other", 1, 2),))
        other = await house.replace(plan.id, source, focus=Point(1, 1), expected_version=1, caller=house.manager)
        assert (other.version, other.seats_version, other.seats_count, other.seats_without_tier) == (2, 2, 2, 2)
        assert other.focus == Point(1, 1)
        after = await known.of(house.tenant, plan.id, now=MemoryClock().now(), newer_than=before.plan.version)
        assert len(after.seats) == 2 and {line.section for line in after.lines.values()} == {"Other"}

    async def test_only_at_the_version_that_was_read(self, house: House) -> None:
        plan = await house.a_plan()
        with pytest.raises(StaleVersionError):
            await house.replace(plan.id, GRID, focus=None, expected_version=2, caller=house.manager)

    async def test_a_source_with_faults_leaves_the_draft_as_it_is(self, house: House) -> None:
        plan = await house.a_plan()
        before = await house.layout(plan)
        with pytest.raises(InvalidPlanError):
            await house.replace(plan.id, FromDocument({}), focus=None, expected_version=1, caller=house.manager)
        assert await house.layout(plan) == before

    async def test_a_draft_can_be_made_anew_of_itself(self, house: House) -> None:
        plan = await house.a_plan()
        before = await house.draft(plan)
        again = await house.replace(plan.id, FromPlan(plan.id), focus=None, expected_version=1, caller=house.manager)
        assert await house.draft(again) == before

    async def test_a_plan_that_was_ever_on_sale_keeps_its_layout(self, house: House) -> None:
        plan = await house.a_plan()
        active = await house.activate(plan.id, expected_version=None, caller=house.manager)
        inactive = await house.deactivate(plan.id, expected_version=None, caller=house.manager)
        for version in (active.version, inactive.version):
            with pytest.raises(PlanPublishedError if version == inactive.version else StaleVersionError):
                await house.replace(plan.id, GRID, focus=None, expected_version=version, caller=house.manager)


async def test_published_plans_are_numbered_and_keep_their_number(house: House) -> None:
    first, second = await house.a_plan(), await house.a_plan()
    assert first.version_number is None
    first, second = await house.published(first), await house.published(second)
    assert (first.version_number, second.version_number) == (1, 2)
    again = await house.activate(first.id, expected_version=None, caller=house.manager)
    assert (again.status, again.version_number) == (PlanStatus.ACTIVE, 1)


async def test_a_plan_without_a_number_is_a_draft_and_no_other(house: House) -> None:
    plan = await house.a_plan()
    changes: list[dict[str, Any]] = [{"version_number": 1}, {"status": PlanStatus.ACTIVE}]
    for change in changes:
        with pytest.raises(ValueError, match="version number"):
            plan.__replace__(**change)


@pytest.mark.parametrize("role", [None, Role.SCANNER, Role.BOX_OFFICE])
async def test_only_managers_replace_and_export(house: House, role: Role | None) -> None:
    plan = await house.a_plan()
    nobody: Caller = a_buyer(house.tenant, role=role)
    with pytest.raises(ForbiddenError):
        await house.replace(plan.id, GRID, focus=None, expected_version=1, caller=nobody)
    with pytest.raises(ForbiddenError):
        await house.export(plan.id, caller=nobody)


async def test_another_tenants_plan_is_not_there(house: House) -> None:
    theirs = await House().a_plan()
    with pytest.raises(PlanNotFoundError):
        await house.export(theirs.id, caller=house.manager)
    with pytest.raises(PlanNotFoundError):
        await house.replace(theirs.id, GRID, focus=None, expected_version=1, caller=house.manager)
