"""What a late payment gets when its own seats have gone, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock
from core.seating.errors import (
    NoOtherSeatsError,
    ReservationConflictError,
    ReservationExpiredError,
    ReservationNotFoundError,
    SeatTakenError,
)
from core.seating.layout import Layout
from core.seating.plans import SeatingPlan
from core.seating.reservations import Reservation, ReservationStatus
from core.seating.seats import Available, SeatState, Sold
from core.shared.ids import OrderId, ReservationId, TenantId
from ports.events import Delivery
from ports.published.orders import OrderCancelled
from ports.published.seating import replacement_id
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
from usecases.seating.catalogues import Catalogues
from usecases.seating.on_order_cancelled import ReleaseCancelledOrder
from usecases.seating.replace_seats import ReplaceSeats
from usecases.seating.reserve_seats import FinaliseReservation, ReclaimSeats, ReserveSeats


@dataclass
class House:
    """One plan of two rows of five, and what orders ask of it."""

    stores: SeatingStores
    tenant: TenantId
    plan: SeatingPlan
    layout: Layout
    clock: MemoryClock

    def __post_init__(self) -> None:
        store = self.stores.transactions
        self.reserve = ReserveSeats(store, self.clock)
        self.finalise = FinaliseReservation(store, self.clock)
        self.reclaim = ReclaimSeats(store, self.clock)
        self.replace = ReplaceSeats(store, Catalogues(store), self.clock)
        self.cancelled = ReleaseCancelledOrder(store, self.clock)

    async def ordered(self, *labels: str) -> Reservation:
        """Seats that are reserved for an order until just before the hold would have ended."""
        buyer = a_buyer(self.tenant)
        request = a_request(self.plan, seat_ids(self.layout, *labels), by=buyer)
        held = (await self.stores.grant(self.tenant, request, now=self.clock.now())).reservation
        return await self.reserve(
            held.id,
            tenant_id=self.tenant,
            order_id=OrderId(uuid4()),
            account_id=buyer.account_id,
            hold_token=None,
            until=self.clock.now() + timedelta(seconds=TTL_S),
        )

    async def bought(self, *labels: str) -> Reservation:
        reservation = await self.ordered(*labels)
        await self.finalise(reservation.id, tenant_id=self.tenant, order_id=order_of(reservation))
        return await self.stored(reservation.id)

    async def late(self, *labels: str) -> Reservation:
        """An order whose time is over, and whose seats somebody else has bought."""
        reservation = await self.ordered(*labels)
        self.clock.move(seconds=TTL_S)
        await self.bought(*labels)
        return reservation

    async def instead_of(self, old: Reservation) -> Reservation:
        return await self.replace(old.id, tenant_id=self.tenant, order_id=order_of(old))

    async def end(self, old: Reservation, reason: str = "refunded") -> None:
        ids = old.id, replacement_id(order_id=order_of(old), reservation_id=old.id)
        event = OrderCancelled(order_id=order_of(old), reservation_ids=ids, reason=reason)
        await self.cancelled(event, Delivery(event_id=uuid4(), tenant_id=self.tenant))

    async def stored(self, id: ReservationId) -> Reservation:
        async with self.stores.transactions.begin(self.tenant) as tx:
            return await tx.seats.get(id)

    async def states(self) -> dict[str, SeatState]:
        async with self.stores.transactions.begin(self.tenant) as tx:
            return {seat.label: state for seat, state in await tx.seats.seat_map(self.plan.id)}


def order_of(reservation: Reservation) -> OrderId:
    assert reservation.order_id is not None
    return reservation.order_id


def labels(reservation: Reservation) -> list[str]:
    return [seat.label for seat in reservation.seats]


@pytest.fixture(params=["memory", "postgres"])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    if request.param == "memory":
        yield await _opened(memory_stores())
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_stores(postgres, connections_max=8) as real:
        yield await _opened(real)


async def _opened(stores: SeatingStores) -> House:
    plan, layout = a_plan()
    house = House(stores, a_tenant(), plan, layout, MemoryClock())
    async with stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(plan, layout)
    return house


async def test_other_seats_are_sold_to_the_order_and_the_old_reservation_stays_ended(house: House) -> None:
    old = await house.late("R1S1", "R1S2")
    new = await house.instead_of(old)
    assert labels(new) == ["R2S1", "R2S2"], "nobody is left alone"
    assert new.id == replacement_id(order_id=order_of(old), reservation_id=old.id)
    assert (new.order_id, new.account_id, new.plan_id) == (old.order_id, old.account_id, old.plan_id)
    assert [seat.price_minor for seat in new.seats] == [seat.price_minor for seat in old.seats]
    assert (new.status, new.sold_at) == (ReservationStatus.SOLD, house.clock.now())
    assert await house.stored(new.id) == new
    assert (await house.stored(old.id)).has_ended(house.clock.now())
    states = await house.states()
    assert {states[label] for label in labels(new)} == {Sold(new.id)}


async def test_asked_again_it_answers_the_same_whatever_is_free_by_then(house: House) -> None:
    old = await house.late("R1S1", "R1S2")
    first, second = await asyncio.gather(house.instead_of(old), house.instead_of(old))
    await house.bought("R2S5")
    assert first == second == await house.instead_of(old)
    sold = [label for label, state in (await house.states()).items() if state == Sold(first.id)]
    assert sorted(sold) == sorted(labels(first))


async def test_who_has_other_seats_cannot_claim_the_old_ones_as_well(house: House) -> None:
    old = await house.late("R1S1", "R1S2")
    await house.instead_of(old)
    states = await house.states()
    bought = states["R1S1"]
    assert isinstance(bought, Sold)
    await house.end(await house.stored(bought.reservation_id))
    assert (await house.states())["R1S1"] == Available()
    with pytest.raises(SeatTakenError):
        await house.reclaim(old.id, tenant_id=house.tenant, order_id=order_of(old))


async def test_a_refund_gives_other_seats_back_for_good(house: House) -> None:
    old = await house.late("R1S1", "R1S2")
    new = await house.instead_of(old)
    await house.end(old, "expired")
    assert (await house.stored(new.id)).status is ReservationStatus.SOLD
    await house.end(old)
    states = await house.states()
    assert {states[label] for label in labels(new)} == {Available()}
    with pytest.raises(ReservationExpiredError):
        await house.instead_of(old)


async def test_seats_of_a_hold_that_has_ended_unswept_can_be_the_other_ones(house: House) -> None:
    await house.ordered("R1S3", "R1S4", "R1S5")
    await house.ordered("R2S1", "R2S2", "R2S3", "R2S4", "R2S5")
    old = await house.late("R1S1", "R1S2")
    new = await house.instead_of(old)
    await house.bought(*({"R1S3", "R1S4", "R1S5"} - set(labels(new))))
    assert (await house.states())[labels(new)[0]] == Sold(new.id)


async def test_what_is_sold_to_the_order_after_all_is_the_answer(house: House) -> None:
    old = await house.ordered("R1S1", "R1S2")
    house.clock.move(seconds=TTL_S)
    await house.reclaim(old.id, tenant_id=house.tenant, order_id=order_of(old))
    assert (await house.instead_of(old)).id == old.id


async def test_a_reservation_that_lasts_or_is_not_the_orders_is_not_replaced(house: House) -> None:
    lasting = await house.ordered("R1S1")
    with pytest.raises(ReservationConflictError):
        await house.instead_of(lasting)
    house.clock.move(seconds=TTL_S)
    with pytest.raises(ReservationConflictError):
        await house.replace(lasting.id, tenant_id=house.tenant, order_id=OrderId(uuid4()))
    with pytest.raises(ReservationNotFoundError):
        await house.replace(ReservationId(uuid4()), tenant_id=house.tenant, order_id=order_of(lasting))
    with pytest.raises(ReservationNotFoundError):
        await house.replace(lasting.id, tenant_id=a_tenant(), order_id=order_of(lasting))


async def test_seats_that_were_sold_and_given_back_are_not_replaced(house: House) -> None:
    old = await house.bought("R1S1")
    await house.end(old)
    with pytest.raises(ReservationExpiredError):
        await house.instead_of(old)


async def test_there_are_no_other_seats_where_none_are_side_by_side_or_the_plan_is_off_sale(house: House) -> None:
    old = await house.late("R1S1", "R1S2")
    await house.bought("R1S4", "R2S2", "R2S4")
    with pytest.raises(NoOtherSeatsError):
        await house.instead_of(old)
    single = await house.late("R1S3")
    async with house.stores.transactions.begin(house.tenant) as tx:
        await tx.plans.save(house.plan.deactivate(now=house.clock.now()))
    with pytest.raises(NoOtherSeatsError):
        await house.instead_of(single)


async def test_many_late_payers_at_once_share_what_is_left_and_no_seat_has_two_of_them(house: House) -> None:
    old = [await house.ordered(f"R1S{number}") for number in (1, 2, 3, 4)]
    house.clock.move(seconds=TTL_S)
    await house.bought("R1S1", "R1S2", "R1S3", "R1S4")
    await house.bought("R2S1", "R2S2", "R2S3")

    async def paid_late(each: Reservation) -> Reservation | None:
        try:
            return await house.instead_of(each)
        except NoOtherSeatsError:
            return None

    answers = await asyncio.gather(*map(paid_late, old))
    sold = [label for each in answers if each is not None for label in labels(each)]
    assert sorted(sold) == ["R1S5", "R2S4", "R2S5"]
