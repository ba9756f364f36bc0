"""Accessible seats before and after their release, on every store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock
from core.seating.attributes import COMPANION, COMPANION_OF, YES
from core.seating.best_available import SeatWish
from core.seating.blocking import Deed
from core.seating.errors import AccessibleSeatError, NotEnoughSeatsError, PlanNotFoundError
from core.seating.layout import Layout
from core.seating.plans import ACCESSIBLE, PlannedSeat, SeatingPlan
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError, StaleVersionError
from core.shared.ids import ReservationId, TenantId
from tests.seating_world import (
    CountedTokens,
    SeatingStores,
    a_buyer,
    a_plan,
    a_tenant,
    memory_stores,
    pictures_of,
    postgres_stores,
    seat_ids,
)
from tests.servers import PostgresServer
from usecases.seating.allot_seats import ReadSeatAudit
from usecases.seating.catalogues import Catalogues
from usecases.seating.hold_best_available import HoldBestAvailable
from usecases.seating.hold_seats import HoldSeats, Showing
from usecases.seating.release_accessible import ReleaseAccessible


@dataclass(slots=True)
class House:
    """A plan of two rows of five: R1S1 is accessible, R1S2 is for the companion."""

    stores: SeatingStores
    tenant: TenantId
    clerk: Caller
    clock: MemoryClock
    plan: SeatingPlan
    layout: Layout

    async def release(
        self, at: datetime | None, *, by: Caller | None = None, expected_version: int | None = None
    ) -> SeatingPlan:
        store = self.stores.transactions
        usecase = ReleaseAccessible(store, Catalogues(store), self.clock)
        return await usecase(self.plan.id, at, expected_version=expected_version, caller=by or self.clerk)

    async def hold(self, *labels: str, accessible: bool = False) -> None:
        usecase = HoldSeats(self.stores.grant, CountedTokens(), self.clock)
        await usecase(
            self.plan.id,
            ReservationId(uuid4()),
            seat_ids(self.layout, *labels),
            caller=a_buyer(self.tenant),
            showing=Showing(accessible=accessible),
        )

    async def best(self, quantity: int, *, accessible: bool = False) -> list[str]:
        hold = HoldSeats(self.stores.grant, CountedTokens(), self.clock)
        usecase = HoldBestAvailable(self.stores.transactions, pictures_of(self.stores, self.clock), hold)
        wish = SeatWish(quantity=quantity, accessible=accessible)
        found = await usecase(self.plan.id, ReservationId(uuid4()), wish, caller=a_buyer(self.tenant))
        return [seat.label for seat in found.new.reservation.seats]

    async def audit(self, label: str) -> list[tuple[Deed, datetime | None]]:
        (seat,) = seat_ids(self.layout, label)
        lines = await ReadSeatAudit(self.stores.transactions)(self.plan.id, seat, caller=self.clerk)
        assert all(line.by == self.clerk.account_id for line in lines)
        return [(line.what, line.until) for line in lines]


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[SeatingStores]:
    if request.param == "memory":
        yield memory_stores()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_stores(postgres, batching=True) as real:
        yield real


def _marked(seat: PlannedSeat, place: PlannedSeat) -> PlannedSeat:
    if seat.label == "R1S1":
        return replace(seat, attributes={ACCESSIBLE: YES})
    return replace(seat, attributes={COMPANION: YES, COMPANION_OF: place.guid}) if seat.label == "R1S2" else seat


@pytest.fixture
async def house(stores: SeatingStores) -> House:
    tenant = a_tenant()
    plan, layout = a_plan()
    layout = replace(layout, seats=tuple(_marked(seat, layout.seats[0]) for seat in layout.seats))
    async with stores.transactions.begin(tenant) as tx:
        await tx.plans.add(plan, layout)
    return House(stores, tenant, a_buyer(tenant, role=Role.BOX_OFFICE), MemoryClock(), plan, layout)


async def test_accessible_seats_are_ordinary_ones_at_the_time_of_their_release_and_not_before(house: House) -> None:
    with pytest.raises(AccessibleSeatError, match=r"Kept for those who need them: Stalls R1S1\. No seat was held\."):
        await house.hold("R1S1", "R1S3")
    at = house.clock.now() + timedelta(days=1)
    assert (await house.release(at)).accessible_releases_at == at
    house.clock.move(seconds=24 * 3600 - 1e-6)
    with pytest.raises(AccessibleSeatError):
        await house.hold("R1S1")
    assert await house.best(5) == [f"R2S{number}" for number in range(1, 6)]
    with pytest.raises(NotEnoughSeatsError):
        await house.best(4)
    house.clock.move(seconds=1e-6)
    assert sorted(await house.best(5)) == [f"R1S{number}" for number in range(1, 6)]


async def test_who_says_that_an_accessible_seat_is_needed_gets_it_before_and_after(house: House) -> None:
    await house.release(house.clock.now() + timedelta(days=1))
    await house.hold("R1S1", "R1S2", accessible=True)
    with pytest.raises(NotEnoughSeatsError):
        await house.best(1, accessible=True)


async def test_a_time_that_has_passed_releases_at_once_and_none_keeps_again_and_each_is_written_down(
    house: House,
) -> None:
    past, later = house.clock.now() - timedelta(seconds=1), house.clock.now() + timedelta(days=9)
    await house.release(past)
    await house.hold("R1S2")
    again = await house.release(past)
    assert again.version == house.plan.version + 1, "what stands already changes nothing"
    await house.release(later)
    last = await house.release(None)
    assert (last.accessible_releases_at, last.version) == (None, house.plan.version + 3)
    with pytest.raises(AccessibleSeatError):
        await house.hold("R1S1")
    deeds = [(Deed.RELEASE_SET, past), (Deed.RELEASE_SET, later), (Deed.RELEASE_SET, None)]
    assert await house.audit("R1S1") == await house.audit("R1S2") == deeds
    assert await house.audit("R1S3") == []


async def test_only_staff_who_sell_of_the_same_organisation_say_when_and_only_of_the_version_that_they_read(
    house: House,
) -> None:
    for role in (None, Role.SCANNER):
        with pytest.raises(ForbiddenError):
            await house.release(None, by=a_buyer(house.tenant, role=role))
    with pytest.raises(PlanNotFoundError):
        await house.release(house.clock.now(), by=a_buyer(a_tenant(), role=Role.BOX_OFFICE))
    with pytest.raises(StaleVersionError):
        await house.release(house.clock.now(), expected_version=house.plan.version + 1)
    assert (await house.release(house.clock.now(), expected_version=house.plan.version)).version == 2
