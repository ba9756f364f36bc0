"""The use cases of seating over the memory stores: who may, what is announced, and what consumers do."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, override
from uuid import UUID, uuid4

import pytest

from adapters.inprocess.seating import InProcessSeating
from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.seat_map import MemorySeatMapFeed
from adapters.memory.seating import MemorySeatingTransactions
from adapters.memory.seating_holds import MemoryHolds
from core.seating.errors import (
    InvalidPlanError,
    NotHolderError,
    ReservationNotFoundError,
    TicketHasActivePlanError,
    TicketNotSeatedError,
    VenueMismatchError,
)
from core.seating.grid import GridSection
from core.seating.plans import AssignmentMode, OrphanRule, PlanStatus, PricingMode, SeatingPlan
from core.seating.pricing import TierRequest
from core.seating.reservations import ReservationStatus
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError, StaleVersionError
from core.shared.ids import OrderId, PriceTierId, ReservationId, SeatId, TicketId, VenueId
from core.shared.money import Money
from ports.events import Delivery
from ports.paging import PageRequest
from ports.published.expiration import TimerFired
from ports.published.orders import ItemsReturned, OrderCancelled, ReturnedSeats
from ports.published.refusals import RefusedError
from ports.published.seating import SeatingApi
from ports.published.ticketing import TicketingApi, TicketOnSale, TicketType
from ports.published.venues import OrganiserSettingsChanged, VenueSectionSummary
from tests.published_builders import Halls, a_ticket_on_sale
from tests.seating_world import TTL_S, CountedTokens, a_buyer, a_tenant, granting
from usecases.seating.activate_plan import ActivatePlan, DeactivatePlan
from usecases.seating.block_seats import BlockSeats, UnblockSeats
from usecases.seating.catalogues import Catalogues
from usecases.seating.create_plan import CreatePlan
from usecases.seating.expire_reservations import ExpireOnTimer, ExpireReservations
from usecases.seating.hold_seats import HoldSeats, NewHold
from usecases.seating.manage_hold import ExtendHold, ReadHold, ReleaseHold
from usecases.seating.on_items_returned import ReturnSeats
from usecases.seating.on_order_cancelled import ReleaseCancelledOrder
from usecases.seating.on_organiser_settings_changed import FollowOrganiserSettings
from usecases.seating.plan_drafts import PlanFacts
from usecases.seating.plan_sources import FromDocument, FromGrid, FromVenueSections, PlanSource, RequestLimit
from usecases.seating.read_plan import ListPlans, ReadPlan, ValidatePlan
from usecases.seating.replace_price_tiers import ReplacePriceTiers
from usecases.seating.replace_seats import ReplaceSeats
from usecases.seating.reserve_seats import (
    FinaliseReservation,
    ProtectReservation,
    ReclaimSeats,
    ReleaseReservation,
    ReserveSeats,
)
from usecases.seating.seats_snapshot import SeatsSnapshot

VENUE = VenueId(uuid4())
TICKET = TicketId(uuid4())
ORDER = OrderId(uuid4())


class OneTicket(TicketingApi):
    """Sells one ticket of one tenant for 25.00 EUR."""

    def __init__(self, tenant: UUID) -> None:
        self.tenant = tenant
        self.kind: TicketType = "SEATED_MANUAL"

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        if (tenant_id, ticket_id) != (self.tenant, TICKET):
            raise RefusedError("ticketing.not_found", "There is no such ticket.")
        return a_ticket_on_sale(TICKET, venue_id=VENUE, ticket_type=self.kind, quota=6, max_per_user=4)


def a_hall() -> Halls:
    """Return a venue for six with a seated and a standing section."""
    return Halls(
        capacity=6,
        sections=tuple(
            VenueSectionSummary(
                section_id=uuid4(), name=name, kind=kind, row_count=2, column_count=3, display_order=order
            )
            for order, (name, kind) in enumerate([("Stand", "seated"), ("Pit", "ga")])
        ),
    )


@dataclass
class Hall:
    """One tenant, its staff, and every use case of seating over one memory store."""

    clock: MemoryClock = field(default_factory=MemoryClock)
    ids: MemoryIds = field(default_factory=MemoryIds)

    def __post_init__(self) -> None:
        self.tenant = a_tenant()
        self.manager = a_buyer(self.tenant, role=Role.MANAGER)
        self.messages = MemoryMessages(ids=self.ids)
        store = self.store = MemorySeatingTransactions(self.messages)
        self.ticketing = OneTicket(self.tenant)
        self.create = CreatePlan(store, self.ticketing, a_hall(), self.clock, self.ids, RequestLimit())
        self.read = ReadPlan(store, self.clock)
        self.activate = ActivatePlan(store, self.clock)
        self.deactivate = DeactivatePlan(store, self.clock)
        self.price = ReplacePriceTiers(store, self.clock)
        self.snapshot = SeatsSnapshot(store, Catalogues(store), MemorySeatMapFeed(), self.clock)
        self.hold = HoldSeats(granting(MemoryHolds(store), store), CountedTokens(), self.clock)
        self.extend = ExtendHold(store, self.clock)
        self.release = ReleaseHold(store, self.clock)
        self.sweep = ExpireReservations(store, store, self.clock)
        self.api: SeatingApi = InProcessSeating(
            ReserveSeats(store, self.clock),
            ProtectReservation(store, self.clock),
            FinaliseReservation(store, self.clock),
            ReclaimSeats(store, self.clock),
            ReplaceSeats(store, Catalogues(store), self.clock),
            ReleaseReservation(store, self.clock),
        )

    async def a_plan(self, source: PlanSource | None = None, **changes: Any) -> SeatingPlan:
        facts = PlanFacts(
            ticket_id=TICKET,
            venue_id=VENUE,
            name="Plan",
            assignment_mode=None,
            pricing_mode=PricingMode.SINGLE,
            orphan_rule=OrphanRule.OFF,
            seats_max_per_order=4,
            source=source or FromGrid((GridSection("Stand", 2, 3),)),
        )
        return await self.create(replace(facts, **changes), caller=self.manager)

    async def on_sale(self) -> tuple[SeatingPlan, list[SeatId]]:
        plan = await self.a_plan()
        plan = await self.activate(plan.id, expected_version=plan.version, caller=self.manager)
        return plan, list((await self.snapshot(plan.id, caller=self.manager)).statuses)

    async def a_hold(self, *, by: Caller, seats: int = 2) -> NewHold:
        plan, places = await self.on_sale()
        return await self.hold(plan.id, ReservationId(uuid4()), tuple(places[:seats]), caller=by)

    async def reserved(self, by: Caller) -> ReservationId:
        held = (await self.a_hold(by=by)).reservation
        await self.api.reserve(
            tenant_id=self.tenant,
            reservation_id=held.id,
            order_id=ORDER,
            account_id=by.account_id,
            hold_token=None,
            until=held.expires_at,
        )
        return held.id

    async def words(self, plan: SeatingPlan) -> list[str]:
        return list((await self.snapshot(plan.id, caller=self.manager, fresh=True)).statuses.values())

    def events(self) -> list[str]:
        return [event.type for event in self.messages.events]


@pytest.fixture
def hall() -> Hall:
    return Hall()


async def test_a_plan_snapshots_the_tickets_price_and_maximum_and_the_organisers_ttl(hall: Hall) -> None:
    plan = await hall.a_plan()
    assert (plan.status, plan.version, plan.seats_count) == (PlanStatus.DRAFT, 1, 6)
    assert (plan.ticket_price, plan.max_per_user, plan.hold_ttl_s) == (Money(2500, "EUR"), 4, TTL_S)
    assert plan.assignment_mode is AssignmentMode.MANUAL
    assert plan.warnings == ()


async def test_a_plan_of_another_size_than_quota_and_venue_looks_odd(hall: Hall) -> None:
    plan = await hall.a_plan(FromGrid((GridSection("Stand", 1, 7),)))
    report = await ValidatePlan(hall.store)(plan.id, caller=hall.manager)
    assert report.errors == () and [problem.pointer for problem in report.warnings] == ["/seats", "/seats"]


async def test_a_plan_from_the_venue_leaves_out_general_admission_of_no_known_capacity(hall: Hall) -> None:
    plan = await hall.a_plan(FromVenueSections())
    details = await hall.read(plan.id, caller=hall.manager)
    assert [(section.name, section.row_count) for section in details.sections] == [("Stand", 2)]
    assert "Pit" in plan.warnings[0].message


async def test_a_document_with_faults_makes_no_plan(hall: Hall) -> None:
    with pytest.raises(InvalidPlanError):
        await hall.a_plan(FromDocument({"name": "x"}))
    assert (await ListPlans(hall.store)(PageRequest(), ticket_id=None, caller=hall.manager)).items == ()


async def test_a_ticket_must_be_there_be_seated_and_take_place_in_the_venue(hall: Hall) -> None:
    with pytest.raises(RefusedError):
        await hall.a_plan(ticket_id=TicketId(uuid4()))
    with pytest.raises(VenueMismatchError):
        await hall.a_plan(venue_id=VenueId(uuid4()))
    hall.ticketing.kind = "GA"
    with pytest.raises(TicketNotSeatedError):
        await hall.a_plan()


@pytest.mark.parametrize("role", [None, Role.SCANNER, Role.BOX_OFFICE])
async def test_only_managers_make_price_and_switch_plans(hall: Hall, role: Role | None) -> None:
    plan = await hall.a_plan()
    nobody = a_buyer(hall.tenant, role=role)
    with pytest.raises(ForbiddenError):
        await hall.activate(plan.id, expected_version=None, caller=nobody)
    with pytest.raises(ForbiddenError):
        await hall.deactivate(plan.id, expected_version=None, caller=nobody)
    with pytest.raises(ForbiddenError):
        await hall.price(plan.id, [], expected_version=1, caller=nobody)
    with pytest.raises(ForbiddenError):
        await ValidatePlan(hall.store)(plan.id, caller=nobody)
    hall.manager = nobody
    with pytest.raises(ForbiddenError):
        await hall.a_plan()


async def test_prices_are_changed_over_the_version_that_was_read(hall: Hall) -> None:
    plan, places = await hall.on_sale()
    tier = TierRequest(id=PriceTierId(uuid4()), name="Best", price=Money(4000, "EUR"), seat_ids=(places[0],))
    with pytest.raises(StaleVersionError):
        await hall.price(plan.id, [tier], expected_version=1, caller=hall.manager)
    priced, _ = await hall.price(plan.id, [tier], expected_version=2, caller=hall.manager)
    assert priced.version == 3 and priced.seats_without_tier == 5
    ann = a_buyer(hall.tenant)
    held = await hall.hold(plan.id, ReservationId(uuid4()), tuple(places[:2]), caller=ann)
    assert [seat.price_minor for seat in held.reservation.seats] == [4000, 2500]


async def test_a_ticket_is_sold_from_one_active_plan(hall: Hall) -> None:
    first, second = await hall.a_plan(), await hall.a_plan()
    await hall.activate(first.id, expected_version=None, caller=hall.manager)
    with pytest.raises(TicketHasActivePlanError):
        await hall.activate(second.id, expected_version=None, caller=hall.manager)
    await hall.deactivate(first.id, expected_version=None, caller=hall.manager)
    await hall.activate(second.id, expected_version=None, caller=hall.manager)


async def test_a_hold_is_announced_once_and_its_token_is_shown_once(hall: Hall) -> None:
    ann = a_buyer(hall.tenant)
    new = await hall.a_hold(by=ann)
    held = new.reservation
    again = await hall.hold(
        held.plan_id, held.id, tuple(seat.seat_id for seat in held.seats), caller=ann, hold_token=new.hold_token
    )
    assert new.hold_token == "token-1" and again == NewHold(held, None)
    assert hall.events() == ["seating.holds.created"]


async def test_blocking_and_unblocking_are_announced_with_the_seats_that_changed(hall: Hall) -> None:
    plan, places = await hall.on_sale()
    block, unblock = BlockSeats(hall.store, hall.clock), UnblockSeats(hall.store, hall.clock)
    await block(plan.id, places[:2], reason="camera", until=None, caller=hall.manager)
    await unblock(plan.id, places[2:], caller=hall.manager)
    await unblock(plan.id, places[1:], caller=hall.manager)
    blocked, freed = hall.messages.events
    assert (blocked.type, freed.type) == ("seating.seats.blocked", "seating.seats.unblocked")
    assert await hall.words(plan) == ["BLOCKED", *["AVAILABLE"] * 5]


async def test_a_hold_is_read_by_its_holder_its_token_and_staff_only(hall: Hall) -> None:
    new = await hall.a_hold(by=a_buyer(hall.tenant))
    read = ReadHold(hall.store, hall.clock)
    stranger = a_buyer(hall.tenant)
    with pytest.raises(NotHolderError):
        await read(new.reservation.id, caller=stranger, hold_token=None)
    assert await read(new.reservation.id, caller=stranger, hold_token=new.hold_token) == new.reservation
    hall.clock.move(seconds=TTL_S)
    seen = await read(new.reservation.id, caller=hall.manager, hold_token=None)
    assert seen.status is ReservationStatus.EXPIRED
    with pytest.raises(ReservationNotFoundError):
        await read(new.reservation.id, caller=a_buyer(a_tenant()), hold_token=new.hold_token)


async def test_the_map_shows_an_ended_hold_as_available_before_any_sweep(hall: Hall) -> None:
    plan, places = await hall.on_sale()
    await hall.hold(plan.id, ReservationId(uuid4()), (places[0],), caller=a_buyer(hall.tenant))
    hall.clock.move(seconds=TTL_S - 1)
    assert (await hall.words(plan))[:2] == ["HELD", "AVAILABLE"]
    hall.clock.move(seconds=1)
    assert set(await hall.words(plan)) == {"AVAILABLE"}


async def test_the_sweep_announces_each_end_once(hall: Hall) -> None:
    await hall.a_hold(by=a_buyer(hall.tenant))
    assert await hall.sweep() == 0
    hall.clock.move(seconds=TTL_S)
    assert await hall.sweep() == 1
    assert await hall.sweep() == 0
    assert hall.events() == ["seating.holds.created", "seating.holds.expired"]


async def test_a_timer_expires_only_what_has_ended(hall: Hall) -> None:
    held = (await hall.a_hold(by=a_buyer(hall.tenant))).reservation
    on_timer = ExpireOnTimer(hall.store, hall.clock)
    event = TimerFired(kind="reservation", subject_id=held.id, due_at=held.expires_at)
    await on_timer(event, Delivery(event_id=uuid4(), tenant_id=hall.tenant))
    assert hall.events() == ["seating.holds.created"]
    hall.clock.move(seconds=TTL_S)
    delivery = Delivery(event_id=uuid4(), tenant_id=hall.tenant)
    for _ in range(2):
        await on_timer(event, delivery)
    await on_timer(
        TimerFired(kind="order", subject_id=held.id, due_at=held.expires_at),
        Delivery(event_id=uuid4(), tenant_id=hall.tenant),
    )
    assert hall.events() == ["seating.holds.created", "seating.holds.expired"]


async def test_an_order_reserves_protects_and_buys_and_each_is_announced_once(hall: Hall) -> None:
    ann = a_buyer(hall.tenant)
    id = await hall.reserved(ann)
    until = hall.clock.now() + timedelta(hours=1)
    for _ in range(2):
        await hall.api.protect(tenant_id=hall.tenant, reservation_id=id, order_id=ORDER, until=until)
        await hall.api.finalise(tenant_id=hall.tenant, reservation_id=id, order_id=ORDER)
    assert hall.events() == [
        "seating.holds.created",
        "seating.reservation.made",
        "seating.hold.extended",
        "seating.seats.sold",
    ]


async def test_a_refusal_crosses_with_its_code(hall: Hall) -> None:
    id = await hall.reserved(a_buyer(hall.tenant))
    hall.clock.move(seconds=TTL_S)
    with pytest.raises(RefusedError) as refused:
        await hall.api.finalise(tenant_id=hall.tenant, reservation_id=id, order_id=ORDER)
    assert refused.value.refusal_code == "seating.reservation_expired"
    await hall.api.reclaim(tenant_id=hall.tenant, reservation_id=id, order_id=ORDER)
    with pytest.raises(RefusedError) as refused:
        await hall.api.release(tenant_id=hall.tenant, reservation_id=id, order_id=ORDER)
    assert refused.value.refusal_code == "seating.reservation_conflict"


async def test_a_cancelled_order_gives_unpaid_seats_back_and_a_refunded_one_its_sold_seats(hall: Hall) -> None:
    ann = a_buyer(hall.tenant)
    id = await hall.reserved(ann)
    consume = ReleaseCancelledOrder(hall.store, hall.clock)

    async def cancelled(reason: str) -> None:
        event = OrderCancelled(order_id=ORDER, reservation_ids=(uuid4(), id), reason=reason)
        delivery = Delivery(event_id=uuid4(), tenant_id=hall.tenant)
        await consume(event, delivery)
        await consume(event, delivery)

    await hall.api.finalise(tenant_id=hall.tenant, reservation_id=id, order_id=ORDER)
    await cancelled("cancelled")
    assert hall.events()[-1] == "seating.seats.sold"
    await cancelled("refunded")
    assert hall.events()[-1] == "seating.seats.returned"
    await cancelled("refunded")
    assert hall.events().count("seating.seats.returned") == 1


async def test_a_hold_is_extended_and_released_by_its_holder(hall: Hall) -> None:
    ann = a_buyer(hall.tenant)
    held = (await hall.a_hold(by=ann)).reservation
    hall.clock.move(seconds=60)
    longer = await hall.extend(held.id, caller=ann, hold_token=None)
    assert longer.expires_at == held.expires_at + timedelta(seconds=60)
    for _ in range(2):
        await hall.release(held.id, caller=ann, hold_token=None)
    assert hall.events() == ["seating.holds.created", "seating.hold.extended", "seating.hold.released"]


async def test_new_holds_follow_the_organisers_ttl(hall: Hall) -> None:
    plan, places = await hall.on_sale()
    follow = FollowOrganiserSettings(hall.store, hall.clock)
    await follow(OrganiserSettingsChanged(hold_ttl_s=120), Delivery(event_id=uuid4(), tenant_id=hall.tenant))
    held = await hall.hold(plan.id, ReservationId(uuid4()), (places[0],), caller=a_buyer(hall.tenant))
    assert held.reservation.expires_at == hall.clock.now() + timedelta(seconds=120)


async def test_a_plan_that_says_nothing_follows_the_settings_of_its_venue() -> None:
    hall = Hall()
    hall.create = replace(hall.create, venues=Halls(max_seats_per_order=3, orphan_rule="enforce"))
    silent = await hall.a_plan(seats_max_per_order=None, orphan_rule=None)
    assert (silent.seats_max_per_order, silent.orphan_rule) == (3, OrphanRule.ENFORCE)
    outspoken = await hall.a_plan(seats_max_per_order=6, orphan_rule=OrphanRule.OFF)
    assert (outspoken.seats_max_per_order, outspoken.orphan_rule) == (6, OrphanRule.OFF)


async def test_a_resold_seat_comes_back_to_the_public_from_the_order_that_has_it_now(hall: Hall) -> None:
    id = await hall.reserved(a_buyer(hall.tenant))
    await hall.api.finalise(tenant_id=hall.tenant, reservation_id=id, order_id=ORDER)
    async with hall.store.begin(hall.tenant) as tx:
        (entry,) = await tx.seats.lock_all([id], wait=True)
    seat = entry.reservation.seats[0].seat_id
    consume = ReturnSeats(hall.store, hall.clock)
    for sold_to, free in ((None, 4), (uuid4(), 4), (ORDER, 5), (ORDER, 5)):
        seats = ReturnedSeats(reservation_id=id, plan_id=entry.reservation.plan_id, seat_ids=(seat,), sold_to=sold_to)
        event = ItemsReturned(
            order_id=uuid4(),
            refund_id=uuid4(),
            order_item_ids=(),
            units=(),
            seats=(seats,),
            reason="event_cancelled",
            by=uuid4(),
        )
        await consume(event, Delivery(event_id=uuid4(), tenant_id=hall.tenant))
        statuses = (await hall.snapshot(entry.reservation.plan_id, caller=hall.manager, fresh=True)).statuses
        assert list(statuses.values()).count("AVAILABLE") == free
