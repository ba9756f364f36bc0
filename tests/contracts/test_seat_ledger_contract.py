"""What the ledger and the plan store promise, held by memory and by PostgreSQL, holds one by one and in batches."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock
from core.seating import ledger
from core.seating.catalogue import Catalogue
from core.seating.errors import (
    MaxPerUserExceededError,
    PlanNotActiveError,
    PlanNotFoundError,
    ReservationConflictError,
    ReservationExpiredError,
    ReservationNotFoundError,
    SeatTakenError,
    TicketHasActivePlanError,
    TooManySeatsError,
    UnknownSeatError,
)
from core.seating.hold_rules import claim_of
from core.seating.layout import Layout
from core.seating.ledger import Happening
from core.seating.plans import PlanStatus, SeatingPlan
from core.seating.price_tiers import PriceChange
from core.seating.pricing import CHANGES_BEFORE, CHANGES_FROM, Pricing, TierRequest, price_layout
from core.seating.reservations import Reservation, ReservationStatus
from core.seating.returns import give_back_some
from core.seating.seats import Available, Held, SeatState, Sold, owner_of
from core.shared.callers import Caller
from core.shared.errors import StaleVersionError
from core.shared.holders import Holder
from core.shared.ids import OrderId, PriceTierId, ReservationId, SeatId, TenantId
from core.shared.money import PRICE_MAX_MINOR, Money
from ports.paging import PageRequest
from ports.seating import Ended, PlanChangedError, SeatLetters
from tests.seating_world import (
    TTL_S,
    SeatingStores,
    a_buyer,
    a_plan,
    a_request,
    a_tenant,
    memory_stores,
    postgres_stores,
    seat_ids,
)
from tests.servers import PostgresServer

CLOCK = MemoryClock()
NOW = CLOCK.now()
END = NOW + timedelta(seconds=TTL_S)
MICROSECOND = timedelta(microseconds=1)
ORDER = OrderId(uuid4())


@dataclass(slots=True)
class House:
    """A tenant with one active plan of ten seats."""

    stores: SeatingStores
    tenant: TenantId
    plan: SeatingPlan
    layout: Layout

    async def hold(self, *labels: str, by: Caller, now: datetime = NOW, id: ReservationId | None = None) -> Reservation:
        request = a_request(self.plan, seat_ids(self.layout, *labels), by=by, reservation_id=id)
        return (await self.stores.grant(self.tenant, request, now=now)).reservation

    async def reprice(self, *tiers: TierRequest) -> Pricing:
        async with self.stores.transactions.begin(self.tenant) as tx:
            plan, layout = await tx.plans.get(self.plan.id), await tx.plans.layout(self.plan.id)
            pricing = price_layout(tiers, layout=layout, ticket_price=plan.ticket_price)
            await tx.plans.save(plan.priced(seats_without_tier=pricing.seats_without_tier, now=NOW))
            await tx.plans.save_pricing(self.plan.id, pricing)
        return pricing

    async def states(self) -> dict[str, SeatState]:
        async with self.stores.transactions.begin(self.tenant) as tx:
            return {seat.label: state for seat, state in await tx.seats.seat_map(self.plan.id)}


@pytest.fixture(params=["memory", "postgres", "batching"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[SeatingStores]:
    if request.param == "memory":
        yield memory_stores()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_stores(postgres, batching=request.param == "batching") as real:
        yield real


@pytest.fixture
async def house(stores: SeatingStores) -> House:
    plan, layout = a_plan()
    house = House(stores, a_tenant(), plan, layout)
    async with stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(plan, layout)
    return house


async def test_a_stored_plan_is_read_back_as_it_was(house: House) -> None:
    async with house.stores.transactions.begin(house.tenant) as tx:
        assert await tx.plans.get(house.plan.id) == house.plan
        assert await tx.plans.layout(house.plan.id) == house.layout
        assert (await tx.plans.page(PageRequest(), ticket_id=house.plan.ticket_id)).items == (house.plan,)
        assert (await tx.plans.page(PageRequest(), ticket_id=None)).items == (house.plan,)


async def test_plans_of_another_ticket_are_not_listed_for_this_one(house: House) -> None:
    other, layout = a_plan()
    async with house.stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(other, layout)
        assert (await tx.plans.page(PageRequest(), ticket_id=other.ticket_id)).items == (other,)


async def test_the_picture_of_an_entry_shows_its_seats_as_they_stand_whoever_has_them_now(house: House) -> None:
    ann, bob = a_buyer(house.tenant), a_buyer(house.tenant)
    first = await house.hold("R1S1", "R1S2", by=ann)
    later = first.expires_at
    second = await house.hold("R1S2", by=bob, now=later)
    seat, taken = seat_ids(house.layout, "R1S1", "R1S2")
    async with house.stores.transactions.begin(house.tenant) as tx:
        assert await tx.seats.picture(first.id) == {
            seat: Held(first.id, first.expires_at),
            taken: Held(second.id, second.expires_at),
        }
        assert await tx.seats.picture(ReservationId(uuid4())) == {}


async def test_a_hold_is_read_back_as_it_was_made(house: House) -> None:
    ann = a_buyer(house.tenant)
    held = await house.hold("R1S2", "R1S1", by=ann)
    assert [seat.label for seat in held.seats] == ["R1S1", "R1S2"]
    assert {(seat.section, seat.row, seat.price_minor) for seat in held.seats} == {("Stalls", "R1", 7500)}
    assert (held.expires_at, held.ceiling_at) == (END, NOW + timedelta(seconds=3 * TTL_S))
    async with house.stores.transactions.begin(house.tenant) as tx:
        assert await tx.seats.get(held.id) == held
        entry = await tx.seats.lock(held.id)
        assert entry.reservation == held
        assert set(entry.seats.values()) == {Held(held.id, END)}


async def test_a_hold_takes_all_its_seats_or_none_and_names_those_that_are_taken(house: House) -> None:
    await house.hold("R1S1", "R1S2", by=a_buyer(house.tenant))
    with pytest.raises(SeatTakenError) as refused:
        await house.hold("R1S4", "R1S2", "R1S3", "R1S1", by=a_buyer(house.tenant))
    assert "Stalls R1S2, Stalls R1S1" in refused.value.message
    assert [problem.pointer for problem in refused.value.problems] == ["/seatIds/1", "/seatIds/3"]
    states = await house.states()
    assert states["R1S3"] == states["R1S4"] == Available()


async def test_a_hold_ends_exactly_at_its_time_and_its_seats_are_free_without_a_sweep(house: House) -> None:
    ann, ben = a_buyer(house.tenant), a_buyer(house.tenant)
    first = await house.hold("R1S1", "R1S2", by=ann)
    with pytest.raises(SeatTakenError):
        await house.hold("R1S1", by=ben, now=END - timedelta(microseconds=1))
    second = await house.hold("R1S1", by=ben, now=END)
    async with house.stores.transactions.begin(house.tenant) as tx:
        old = await tx.seats.lock(first.id)
        tidied = ledger.expire(old.reservation, seats=old.seats, now=END)
        assert tidied.seats == {seat_ids(house.layout, "R1S2")[0]: Available()}
        await tx.seats.save([tidied])
    states = await house.states()
    assert states["R1S1"] == Held(second.id, END + timedelta(seconds=TTL_S))
    assert states["R1S2"] == Available()


async def test_the_same_id_with_the_same_seats_is_the_same_hold(house: House) -> None:
    ann = a_buyer(house.tenant)
    first = await house.hold("R1S1", "R1S2", by=ann)
    assert await house.hold("R1S2", "R1S1", by=ann, id=first.id, now=END - timedelta(seconds=1)) == first
    with pytest.raises(ReservationExpiredError):
        await house.hold("R1S2", "R1S1", by=ann, id=first.id, now=END)


async def test_the_same_id_with_other_seats_or_another_buyer_is_a_conflict(house: House) -> None:
    ann = a_buyer(house.tenant)
    first = await house.hold("R1S1", "R1S2", by=ann)
    with pytest.raises(ReservationConflictError):
        await house.hold("R1S1", by=ann, id=first.id)
    with pytest.raises(ReservationConflictError):
        await house.hold("R1S1", "R1S2", by=a_buyer(house.tenant), id=first.id)


async def test_a_seat_of_another_plan_is_unknown(house: House) -> None:
    other, layout = a_plan()
    async with house.stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(other, layout)
    foreign = layout.seats[0].id
    asked = (*seat_ids(house.layout, "R1S1"), foreign)
    with pytest.raises(UnknownSeatError) as refused:
        await house.stores.grant(house.tenant, a_request(house.plan, asked, by=a_buyer(house.tenant)), now=NOW)
    assert [problem.pointer for problem in refused.value.problems] == ["/seatIds/1"]


@pytest.mark.parametrize("status", [PlanStatus.DRAFT, PlanStatus.INACTIVE])
async def test_seats_of_a_plan_that_is_not_active_cannot_be_held(stores: SeatingStores, status: PlanStatus) -> None:
    plan, layout = a_plan(status=status)
    tenant = a_tenant()
    async with stores.transactions.begin(tenant) as tx:
        await tx.plans.add(plan, layout)
    with pytest.raises(PlanNotActiveError):
        await stores.grant(tenant, a_request(plan, (layout.seats[0].id,), by=a_buyer(tenant)), now=NOW)


async def test_a_hold_of_a_plan_that_is_not_there_is_refused(house: House) -> None:
    unknown, layout = a_plan()
    request = a_request(unknown, (layout.seats[0].id,), by=a_buyer(house.tenant))
    with pytest.raises(PlanNotFoundError):
        await house.stores.grant(house.tenant, request, now=NOW)


async def test_a_hold_has_at_most_the_seats_that_the_plan_allows(stores: SeatingStores) -> None:
    plan, layout = a_plan(seats_max_per_order=2)
    house = House(stores, a_tenant(), plan, layout)
    async with stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(plan, layout)
    with pytest.raises(TooManySeatsError):
        await house.hold("R1S1", "R1S2", "R1S3", by=a_buyer(house.tenant))
    assert len((await house.hold("R1S1", "R1S2", by=a_buyer(house.tenant))).seats) == 2


async def test_max_per_user_counts_live_holds_and_sold_seats_but_not_ended_ones(stores: SeatingStores) -> None:
    plan, layout = a_plan(max_per_user=3)
    house = House(stores, a_tenant(), plan, layout)
    async with stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(plan, layout)
    ann = a_buyer(house.tenant)
    first = await house.hold("R1S1", "R1S2", by=ann)
    with pytest.raises(MaxPerUserExceededError):
        await house.hold("R1S3", "R1S4", by=ann)
    async with stores.transactions.begin(house.tenant) as tx:
        entry = await tx.seats.lock(first.id)
        reserved = ledger.reserve(
            entry.reservation, by=Holder(ann.account_id), order_id=ORDER, until=END, seats=entry.seats, now=NOW
        )
        await tx.seats.save([reserved])
        entry = await tx.seats.lock(first.id)
        await tx.seats.save([ledger.finalise(entry.reservation, order_id=ORDER, seats=entry.seats, now=NOW)])
    later = END + timedelta(days=1)
    with pytest.raises(MaxPerUserExceededError):
        await house.hold("R1S3", "R1S4", by=ann, now=later)
    await house.hold("R1S3", by=ann, now=later)
    await house.hold("R1S4", by=ann, now=later + timedelta(seconds=TTL_S))


async def test_a_seat_that_was_returned_is_free_and_counts_for_its_buyer_no_more(stores: SeatingStores) -> None:
    plan, layout = a_plan(max_per_user=3)
    house = House(stores, a_tenant(), plan, layout)
    async with stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(plan, layout)
    ann = a_buyer(house.tenant)
    held = await house.hold("R1S1", "R1S2", "R1S3", by=ann)
    async with stores.transactions.begin(house.tenant) as tx:
        entry = await tx.seats.lock(held.id)
        by = Holder(ann.account_id)
        change = ledger.reserve(entry.reservation, by=by, order_id=ORDER, until=END, seats=entry.seats, now=NOW)
        await tx.seats.save([change])
        entry = await tx.seats.lock(held.id)
        await tx.seats.save([ledger.finalise(entry.reservation, order_id=ORDER, seats=entry.seats, now=NOW)])
    for label, left in (("R1S2", 2), ("R1S1", 1)):
        async with stores.transactions.begin(house.tenant) as tx:
            entry = await tx.seats.lock(held.id)
            gone = frozenset(seat_ids(house.layout, label))
            back = give_back_some(entry.reservation, order_id=ORDER, seat_ids=gone, seats=entry.seats, now=NOW)
            await tx.seats.save([back])
        async with stores.transactions.begin(house.tenant) as tx:
            assert await tx.seats.get(held.id) == (await tx.seats.lock(held.id)).reservation == back.reservation
            assert await tx.seats.owned(plan.id, ann.account_id, now=NOW) == back.reservation.seats_count == left
    assert (await house.states())["R1S3"] == Sold(held.id)
    again = await house.hold("R1S1", "R1S2", by=ann)
    with pytest.raises(MaxPerUserExceededError):
        await house.hold("R1S4", by=ann)
    async with stores.transactions.begin(house.tenant) as tx:
        entry = await tx.seats.lock(held.id)
        await tx.seats.save([ledger.give_back(entry.reservation, order_id=ORDER, seats=entry.seats, now=NOW)])
    assert {label: (await house.states())[label] for label in ("R1S1", "R1S3")} == {
        "R1S1": Held(again.id, again.expires_at),
        "R1S3": Available(),
    }


async def test_the_whole_life_of_a_seat_is_stored(house: House) -> None:
    ann = a_buyer(house.tenant)
    held = await house.hold("R1S1", by=ann)
    async with house.stores.transactions.begin(house.tenant) as tx:
        entry = await tx.seats.lock(held.id)
        until = NOW + timedelta(hours=1)
        by = Holder(ann.account_id)
        change = ledger.reserve(entry.reservation, by=by, order_id=ORDER, until=until, seats=entry.seats, now=NOW)
        await tx.seats.save([change])
    async with house.stores.transactions.begin(house.tenant) as tx:
        entry = await tx.seats.lock(held.id)
        assert (entry.reservation.status, entry.reservation.order_id) == (ReservationStatus.RESERVED, ORDER)
        await tx.seats.save([ledger.finalise(entry.reservation, order_id=ORDER, seats=entry.seats, now=NOW)])
    assert (await house.states())["R1S1"] == Sold(held.id)
    async with house.stores.transactions.begin(house.tenant) as tx:
        entry = await tx.seats.lock(held.id)
        back = ledger.give_back(entry.reservation, order_id=ORDER, seats=entry.seats, now=NOW)
        assert back.what is Happening.RETURNED
        await tx.seats.save([back])
    assert (await house.states())["R1S1"] == Available()
    await house.hold("R1S1", by=a_buyer(house.tenant))


async def test_an_ended_reservation_is_reclaimed_over_another_ended_hold(house: House) -> None:
    ann, ben = a_buyer(house.tenant), a_buyer(house.tenant)
    held = await house.hold("R1S1", "R1S2", by=ann)
    async with house.stores.transactions.begin(house.tenant) as tx:
        entry = await tx.seats.lock(held.id)
        by = Holder(ann.account_id)
        change = ledger.reserve(entry.reservation, by=by, order_id=ORDER, until=END, seats=entry.seats, now=NOW)
        await tx.seats.save([change])
    await house.hold("R1S2", by=ben, now=END)
    late = END + timedelta(seconds=TTL_S)
    async with house.stores.transactions.begin(house.tenant) as tx:
        entry = await tx.seats.lock(held.id)
        with pytest.raises(SeatTakenError):
            ledger.reclaim(entry.reservation, order_id=ORDER, seats=entry.seats, now=late - timedelta(microseconds=1))
        await tx.seats.save([ledger.reclaim(entry.reservation, order_id=ORDER, seats=entry.seats, now=late)])
    states = await house.states()
    assert states["R1S1"] == states["R1S2"] == Sold(held.id)


async def test_what_has_ended_is_found_once_across_tenants(house: House) -> None:
    held = await house.hold("R1S1", by=a_buyer(house.tenant))
    expired = house.stores.expired
    assert await expired.due(now=END - timedelta(microseconds=1), reservations_max=10) == []
    [due] = await expired.due(now=END, reservations_max=10)
    assert (due.tenant_id, due.plan_id, due.reservation_id) == (house.tenant, house.plan.id, held.id)
    async with house.stores.transactions.begin(house.tenant) as tx:
        [entry] = await tx.seats.lock_all([held.id, ReservationId(uuid4())], wait=False)
        await tx.seats.save([ledger.expire(entry.reservation, seats=entry.seats, now=END)])
    assert await expired.due(now=END, reservations_max=10) == []


async def test_what_has_ended_gives_back_the_seats_that_nobody_else_took_since(house: House) -> None:
    old = await house.hold("R1S1", "R1S2", by=a_buyer(house.tenant))
    new = await house.hold("R1S2", by=a_buyer(house.tenant), now=END)
    [free] = seat_ids(house.layout, "R1S1")
    ids = [new.id, old.id, ReservationId(uuid4())]
    for wait in (False, True):
        async with house.stores.transactions.begin(house.tenant) as tx:
            assert await tx.seats.expire(ids, now=END - timedelta(microseconds=1), wait=wait) == []
    async with house.stores.transactions.begin(a_tenant()) as tx:
        assert await tx.seats.expire(ids, now=END, wait=True) == []
    async with house.stores.transactions.begin(house.tenant) as tx:
        assert await tx.seats.expire(ids, now=END, wait=True) == [Ended(old.id, house.plan.id, (free,))]
        assert await tx.seats.expire(ids, now=END, wait=False) == []
    states = await house.states()
    assert (states["R1S1"], owner_of(states["R1S2"])) == (Available(), new.id)


async def test_another_tenant_sees_and_holds_nothing(house: House) -> None:
    held = await house.hold("R1S1", by=a_buyer(house.tenant))
    stranger = a_tenant()
    async with house.stores.transactions.begin(stranger) as tx:
        assert await tx.seats.seat_map(house.plan.id) == []
        assert (await tx.plans.page(PageRequest(), ticket_id=None)).items == ()
        assert await tx.plans.layout(house.plan.id) == Layout((), ())
        assert await tx.seats.lock_all([held.id], wait=True) == []
        with pytest.raises(ReservationNotFoundError):
            await tx.seats.get(held.id)
        with pytest.raises(PlanNotFoundError):
            await tx.plans.get(house.plan.id)
    request = a_request(house.plan, seat_ids(house.layout, "R1S2"), by=a_buyer(stranger))
    with pytest.raises(PlanNotFoundError):
        await house.stores.grant(stranger, request, now=NOW)


async def test_a_block_that_raises_changes_nothing(house: House) -> None:
    ann = a_buyer(house.tenant)
    held = await house.hold("R1S1", by=ann)
    with pytest.raises(RuntimeError):
        async with house.stores.transactions.begin(house.tenant) as tx:
            entry = await tx.seats.lock(held.id)
            released = ledger.release_hold(entry.reservation, by=Holder(ann.account_id), seats=entry.seats, now=NOW)
            await tx.seats.save([released])
            raise RuntimeError
    assert (await house.states())["R1S1"] == Held(held.id, END)


async def test_a_plan_is_saved_over_the_version_that_was_read_only(house: House) -> None:
    changed = house.plan.deactivate(now=NOW)
    async with house.stores.transactions.begin(house.tenant) as tx:
        await tx.plans.save(changed)
        with pytest.raises(StaleVersionError):
            await tx.plans.save(changed)
        assert await tx.plans.get(house.plan.id) == changed


async def test_a_ticket_has_one_active_plan(house: House) -> None:
    other, layout = a_plan(status=PlanStatus.DRAFT)
    other = replace(other, ticket_id=house.plan.ticket_id)
    async with house.stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(other, layout)
        with pytest.raises(TicketHasActivePlanError):
            await tx.plans.save(other.activate(next_number=2, now=NOW))
        await tx.plans.save(house.plan.deactivate(now=NOW))
        await tx.plans.save(other.activate(next_number=2, now=NOW))


async def test_new_prices_count_for_new_holds_and_held_seats_keep_theirs(house: House) -> None:
    ann = a_buyer(house.tenant)
    before = await house.hold("R1S1", by=ann)
    tier = TierRequest(
        id=PriceTierId(uuid4()), name="Best", price=Money(9900, "EUR"), section_ids=(house.layout.sections[0].id,)
    )
    async with house.stores.transactions.begin(house.tenant) as tx:
        pricing = price_layout([tier], layout=house.layout, ticket_price=house.plan.ticket_price)
        await tx.plans.save_pricing(house.plan.id, pricing)
        await tx.plans.save(house.plan.priced(seats_without_tier=0, now=NOW))
        assert await tx.plans.layout(house.plan.id) == pricing.layout
        assert await tx.plans.tiers(house.plan.id) == pricing.tiers
    after = await house.hold("R1S2", by=ann)
    assert [seat.price_minor for seat in (*before.seats, *after.seats)] == [7500, 9900]
    async with house.stores.transactions.begin(house.tenant) as tx:
        assert (await tx.seats.get(before.id)).seats[0].price_minor == 7500
        again = price_layout([], layout=pricing.layout, ticket_price=house.plan.ticket_price)
        await tx.plans.save_pricing(house.plan.id, again)
        assert await tx.plans.layout(house.plan.id) == house.layout


async def test_a_hold_costs_what_its_moment_says_and_a_held_seat_keeps_its_price(house: House) -> None:
    ann, noon, evening = a_buyer(house.tenant), NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    tier = TierRequest(
        id=PriceTierId(uuid4()),
        name="Front",
        price=Money(5000, "EUR"),
        seat_ids=seat_ids(house.layout, "R1S1", "R1S2", "R1S3", "R1S4", "R1S5"),
        changes=(PriceChange(noon, Money(7000, "EUR")), PriceChange(evening, Money(4000, "EUR"))),
    )
    await house.reprice(tier)
    at = {"R1S1": noon, "R1S2": noon - MICROSECOND, "R1S3": evening - MICROSECOND, "R1S4": evening, "R2S1": evening}
    held = {label: await house.hold(label, by=ann, now=now) for label, now in at.items()}
    prices = {label: hold.seats[0].price_minor for label, hold in held.items()}
    assert prices == {"R1S1": 7000, "R1S2": 5000, "R1S3": 7000, "R1S4": 4000, "R2S1": 7500}
    await house.reprice(replace(tier, price=Money(1, "EUR"), changes=()))
    async with house.stores.transactions.begin(house.tenant) as tx:
        assert {label: (await tx.seats.get(hold.id)) for label, hold in held.items()} == held
    again = await house.hold("R1S1", by=ann, now=noon + MICROSECOND, id=held["R1S1"].id)
    assert again == held["R1S1"]
    assert (await house.hold("R1S5", by=ann, now=evening)).seats[0].price_minor == 1


async def test_changes_of_a_price_are_read_back_as_they_were(house: House) -> None:
    moments = (CHANGES_FROM, NOW - MICROSECOND, NOW, CHANGES_BEFORE - MICROSECOND)
    changes = tuple(
        PriceChange(at, Money(price, "EUR")) for at, price in zip(moments, (0, 1, PRICE_MAX_MINOR, 2), strict=True)
    )
    tier = TierRequest(
        id=PriceTierId(uuid4()), name="A", price=Money(1, "EUR"), seat_ids=(house.layout.seats[0].id,), changes=changes
    )
    without = TierRequest(id=PriceTierId(uuid4()), name="B", price=Money(2, "EUR"))
    pricing = await house.reprice(tier, without)
    async with house.stores.transactions.begin(house.tenant) as tx:
        found = await tx.plans.tiers(house.plan.id)
        plan = await tx.plans.get(house.plan.id)
    assert found == pricing.tiers and found[0].changes == changes
    assert (plan.version, plan.seats_version) == (house.plan.version + 1, house.plan.seats_version + 1)


async def test_a_new_ttl_counts_for_new_holds(house: House) -> None:
    async with house.stores.transactions.begin(house.tenant) as tx:
        await tx.plans.set_hold_ttl_s(120, at=NOW)
    held = await house.hold("R1S1", by=a_buyer(house.tenant))
    assert held.expires_at == NOW + timedelta(seconds=120)


async def test_a_large_plan_is_stored_in_the_order_of_the_hall(stores: SeatingStores) -> None:
    plan, layout = a_plan(rows=120, columns=90)
    tenant = a_tenant()
    async with stores.transactions.begin(tenant) as tx:
        await tx.plans.add(plan, layout)
    async with stores.transactions.begin(tenant) as tx:
        seats = await tx.seats.seat_map(plan.id)
    wanted: list[SeatId] = [seat.id for seat in layout.seats]
    assert [seat.id for seat, _ in seats] == wanted and len(wanted) == 10_800


async def test_letters_tell_how_every_seat_stands_at_a_moment_and_when_the_first_changes_by_time(house: House) -> None:
    ann = a_buyer(house.tenant)
    await house.hold("R1S2", "R2S5", by=ann)
    just_before, none = END - timedelta(microseconds=1), TenantId(uuid4())
    async with house.stores.transactions.begin(house.tenant) as tx:
        now = await tx.seats.letters(house.plan.id, now=just_before)
        later = await tx.seats.letters(house.plan.id, now=END)
        ids = [seat.id for seat in house.layout.seats]
        assert await tx.seats.letters(house.plan.id, now=just_before, between=(ids[0], ids[-1])) == now
        part = await tx.seats.letters(house.plan.id, now=just_before, between=(ids[1], ids[-2]))
        assert part.letters == now.letters[1:-1]
    async with house.stores.transactions.begin(none) as tx:
        elsewhere = await tx.seats.letters(house.plan.id, now=NOW)
    assert now == SeatLetters("AHAAAAAAAH", END)
    assert later == SeatLetters("AAAAAAAAAA", None)
    assert elsewhere == SeatLetters("", None)


async def test_a_refusal_names_what_the_plan_and_the_ledger_have_against_it(stores: SeatingStores) -> None:
    plan, layout = a_plan(seats_max_per_order=2, max_per_user=3)
    house = House(stores, a_tenant(), plan, layout)
    async with stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(plan, layout)
    ann = a_buyer(house.tenant)
    await house.hold("R1S1", "R1S2", by=ann)
    asked = (*seat_ids(layout, "R1S3", "R1S1"), SeatId(uuid4()))
    with pytest.raises(TooManySeatsError) as refused:
        await stores.grant(house.tenant, a_request(plan, asked, by=ann), now=NOW)
    assert [problem.pointer for problem in refused.value.problems] == ["/seatIds/2", "/seatIds/1"]
    assert "You have 2 and asked for 3 more." in refused.value.message
    assert "Already taken: Stalls R1S1." in refused.value.message


async def test_a_plan_that_another_process_changed_is_read_again_before_it_decides(house: House) -> None:
    ann = a_buyer(house.tenant)
    held = await house.hold("R1S1", by=ann)
    async with house.stores.transactions.begin(house.tenant) as tx:
        await tx.plans.set_hold_ttl_s(60, at=NOW)
    assert (await house.hold("R1S2", by=ann)).expires_at == NOW + timedelta(seconds=60)
    async with house.stores.transactions.begin(house.tenant) as tx:
        plan = await tx.plans.get(house.plan.id)
        await tx.plans.save(plan.deactivate(now=NOW))
    with pytest.raises(PlanNotActiveError):
        await house.hold("R1S3", by=ann)
    assert await house.hold("R1S1", by=ann, id=held.id) == held, "a hold that is known is the same hold"
    async with house.stores.transactions.begin(house.tenant) as tx:
        plan = await tx.plans.get(house.plan.id)
        await tx.plans.save(plan.activate(next_number=2, now=NOW))
    assert (await house.hold("R1S3", by=ann)).status is ReservationStatus.HELD


async def test_a_claim_by_an_older_version_of_the_plan_is_sent_back_and_holds_nothing(house: House) -> None:
    request = a_request(house.plan, seat_ids(house.layout, "R1S1"), by=a_buyer(house.tenant))
    claim = claim_of(request, Catalogue.of(house.plan, house.layout, ()))
    async with house.stores.transactions.begin(house.tenant) as tx:
        await tx.plans.set_hold_ttl_s(60, at=NOW)
    with pytest.raises(PlanChangedError):
        await house.stores.holds.hold(house.tenant, claim, now=NOW)
    with pytest.raises(PlanChangedError):
        await house.stores.holds.hold(a_tenant(), claim, now=NOW)
    assert set((await house.states()).values()) == {Available()}
