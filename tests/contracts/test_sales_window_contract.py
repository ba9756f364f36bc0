"""Seats are held while their ticket is on sale and at no other time, named or wished for; memory and PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, override
from uuid import UUID, uuid4

import pytest

from adapters.memory.clock import MemoryClock
from core.seating.best_available import SeatWish
from core.seating.errors import (
    PlanNotActiveError,
    ReservationConflictError,
    SalesClosedError,
    SalesNotOpenError,
    SalesStoppedError,
    TicketNotOnSaleError,
)
from core.seating.plans import OrphanRule
from core.seating.reservations import Reservation
from core.shared.callers import Caller, Role
from core.shared.errors import DomainError, UnavailableError
from core.shared.ids import ReservationId, TenantId
from ports.published.refusals import LinkUnavailableError
from ports.published.ticketing import TicketingApi, TicketOnSale
from tests.published_builders import a_ticket_on_sale
from tests.seating_world import (
    CountedTokens,
    SeatingStores,
    a_buyer,
    a_plan,
    a_tenant,
    granting,
    memory_stores,
    postgres_stores,
    seat_ids,
)
from tests.servers import PostgresServer
from usecases.seating.hold_best_available import HoldBestAvailable
from usecases.seating.hold_chosen_seats import HoldChosenSeats
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.looking import Pictures
from usecases.seating.ticket_sales import LAG_MAX

NOW = MemoryClock().now()
OPENS, CLOSES = NOW + timedelta(hours=1), NOW + timedelta(hours=3)
A_MOMENT = timedelta(microseconds=1)


@dataclass
class Counter(TicketingApi):
    """Tells of every ticket what the test says, unless it is away."""

    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    away: bool = False

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        if self.away:
            raise LinkUnavailableError("ticketing")
        return a_ticket_on_sale(ticket_id, venue_id=UUID(int=1), **self.facts)


class Venue:
    """A tenant with a plan of two rows of five seats, whose ticket is sold within a window."""

    def __init__(self, stores: SeatingStores, tenant: TenantId, **facts: Any) -> None:
        self.tenant, self.clock = tenant, MemoryClock(OPENS)
        self.ticketing = Counter({"sales_from": OPENS, "sales_until": CLOSES} | facts)
        self.transactions = stores.transactions
        grant = granting(stores.holds, stores.transactions, self.ticketing)
        hold = HoldSeats(grant, CountedTokens(), self.clock)
        pictures = Pictures(stores.transactions, grant.catalogues, self.clock)
        self.chosen = HoldChosenSeats(stores.transactions, pictures, hold)
        self.best = HoldBestAvailable(stores.transactions, pictures, hold)
        plan, self.layout = a_plan(seats_max_per_order=4)
        self.plan = replace(plan, orphan_rule=OrphanRule.ENFORCE)

    async def open(self) -> "Venue":
        async with self.transactions.begin(self.tenant) as tx:
            await tx.plans.add(self.plan, self.layout)
        return self

    async def name(self, *labels: str, by: Caller | None = None, id: UUID | None = None) -> Reservation:
        buyer, seats = by or a_buyer(self.tenant), seat_ids(self.layout, *labels)
        held = await self.chosen(self.plan.id, ReservationId(id or uuid4()), seats, caller=buyer)
        return held.new.reservation

    async def wish(self, quantity: int, *, by: Caller | None = None, id: UUID | None = None) -> Reservation:
        buyer, wish = by or a_buyer(self.tenant), SeatWish(quantity=quantity)
        held = await self.best(self.plan.id, ReservationId(id or uuid4()), wish, caller=buyer)
        return held.new.reservation

    async def either(self, *, by: Caller | None = None, row: int = 1) -> list[DomainError | None]:
        """Try to hold a named seat, and one that is wished for; return what each was refused with."""
        tries: list[Callable[[], Awaitable[Reservation]]] = [
            lambda: self.name(f"R{row}S1", by=by),
            lambda: self.wish(1, by=by),
        ]
        told: list[DomainError | None] = []
        for attempt in tries:
            try:
                await attempt()
                told.append(None)
            except DomainError as refused:
                told.append(refused)
        return told


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[SeatingStores]:
    if request.param == "memory":
        yield memory_stores()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_stores(postgres, batching=True) as real:
        yield real


@pytest.fixture
async def venue(stores: SeatingStores) -> Venue:
    return await Venue(stores, a_tenant()).open()


def kinds(told: list[DomainError | None]) -> set[type[DomainError] | None]:
    return {None if each is None else type(each) for each in told}


async def test_sales_begin_and_end_exactly_at_their_times_in_a_process_that_remembers_the_ticket(venue: Venue) -> None:
    venue.clock.moment = OPENS - A_MOMENT
    assert kinds(await venue.either()) == {SalesNotOpenError}
    venue.clock.moment = OPENS
    assert kinds(await venue.either()) == {None}
    venue.clock.moment = CLOSES - A_MOMENT
    assert kinds(await venue.either(row=2)) == {None}
    venue.clock.moment = CLOSES
    told = await venue.either()
    assert kinds(told) == {SalesClosedError}
    assert {str(each) for each in told} == {"Sales closed at 2026-06-01T15:00:00Z."}


@pytest.mark.parametrize("role, admitted", [(Role.BOX_OFFICE, True), (Role.OWNER, True), (Role.SCANNER, False)])
async def test_staff_who_sell_hold_outside_the_window(venue: Venue, role: Role, admitted: bool) -> None:
    clerk = a_buyer(venue.tenant, role=role)
    venue.clock.moment = OPENS - A_MOMENT
    assert kinds(await venue.either(by=clerk)) == ({None} if admitted else {SalesNotOpenError})
    venue.clock.moment = CLOSES
    assert kinds(await venue.either(by=clerk, row=2)) == ({None} if admitted else {SalesClosedError})


async def test_nobody_holds_seats_of_a_draft_or_of_an_event_that_is_over(stores: SeatingStores) -> None:
    draft = await Venue(stores, a_tenant(), status="draft").open()
    over = await Venue(stores, a_tenant()).open()
    over.clock.moment = a_ticket_on_sale(uuid4(), venue_id=uuid4()).event.ends_at
    for role in (None, Role.OWNER):
        assert kinds(await draft.either(by=a_buyer(draft.tenant, role=role))) == {TicketNotOnSaleError}
        assert kinds(await over.either(by=a_buyer(over.tenant, role=role))) == {SalesClosedError}


async def test_a_hold_that_was_made_in_time_is_answered_the_same_after_the_window(venue: Venue) -> None:
    venue.clock.moment = CLOSES - A_MOMENT
    ann, named, wished = a_buyer(venue.tenant), uuid4(), uuid4()
    first, second = await venue.name("R1S1", by=ann, id=named), await venue.wish(2, by=ann, id=wished)
    venue.clock.moment = CLOSES
    assert await venue.name("R1S1", by=ann, id=named) == first
    assert await venue.wish(2, by=ann, id=wished) == second
    with pytest.raises(ReservationConflictError):
        await venue.name("R2S1", by=ann, id=named)
    with pytest.raises(ReservationConflictError):
        await venue.wish(1, by=ann, id=wished)
    with pytest.raises(SalesClosedError):
        await venue.name("R2S1", by=ann)


async def test_a_refusal_names_what_the_ticket_the_plan_and_the_seats_forbid(venue: Venue) -> None:
    venue.clock.moment = CLOSES - A_MOMENT
    await venue.name("R1S1")
    venue.clock.moment = CLOSES
    with pytest.raises(SalesClosedError) as named:
        await venue.name("R1S1", "R1S2", "R1S3", "R1S4", "R1S5")
    assert [problem.pointer for problem in named.value.problems] == ["/seatIds/0"]
    assert "Sales closed" in str(named.value) and "At most 4 seats" in str(named.value)
    with pytest.raises(SalesClosedError, match="At most 4 seats"):
        await venue.wish(5)


async def test_a_plan_off_sale_says_so_whatever_its_ticket_says(venue: Venue) -> None:
    venue.clock.moment = CLOSES
    async with venue.transactions.begin(venue.tenant) as tx:
        plan = await tx.plans.get(venue.plan.id)
        await tx.plans.save(plan.deactivate(now=NOW))
    assert kinds(await venue.either()) == {PlanNotActiveError}


async def test_without_a_word_from_ticketing_a_hold_is_neither_granted_nor_refused(venue: Venue) -> None:
    venue.ticketing.away = True
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await venue.name("R1S1")
        with pytest.raises(UnavailableError):
            await venue.wish(1)
    venue.ticketing.away = False
    assert kinds(await venue.either()) == {None}
    venue.ticketing.away = True
    venue.clock.move(seconds=60)
    assert kinds(await venue.either(row=2)) == {None}, "what ticketing said last still counts"


async def test_sales_stop_while_the_venue_can_take_no_payments_but_for_staff_and_for_what_was_held(
    stores: SeatingStores,
) -> None:
    venue = await Venue(stores, a_tenant()).open()
    ann, named, wished = a_buyer(venue.tenant), uuid4(), uuid4()
    first, second = await venue.name("R1S1", by=ann, id=named), await venue.wish(2, by=ann, id=wished)
    venue.ticketing.facts["sells_paid"] = False
    venue.clock.move(seconds=LAG_MAX.total_seconds())
    assert kinds(await venue.either(row=2)) == {SalesStoppedError}
    assert await venue.name("R1S1", by=ann, id=named) == first
    assert await venue.wish(2, by=ann, id=wished) == second
    assert kinds(await venue.either(by=a_buyer(venue.tenant, role=Role.BOX_OFFICE), row=2)) == {None}
    venue.ticketing.facts["sells_paid"] = True
    venue.clock.move(seconds=LAG_MAX.total_seconds())
    assert kinds(await venue.either(by=a_buyer(venue.tenant))) != {SalesStoppedError}
