"""The free seats as one process sees them: for how long a picture is used, and what is marked in it at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import override
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock
from core.seating.errors import PlanNotFoundError, SeatTakenError
from core.seating.pricing import TierRequest, price_layout
from core.shared.ids import PlanId, PriceTierId, SeatId, TenantId
from core.shared.money import Money
from ports.seating import SeatingTransaction, SeatingTransactions
from ports.stores import StoreUnavailableError
from tests.seating_world import a_buyer, a_plan, a_request, a_tenant, memory_stores, seat_ids
from usecases.seating import looking
from usecases.seating.catalogues import Catalogues
from usecases.seating.looking import LAG_MAX, READ_AHEAD_AFTER, Look, Pictures

A_MOMENT = timedelta(microseconds=1)


@dataclass(slots=True)
class Counted(SeatingTransactions):
    """Counts transactions, and lets each end only while `open` is set; `broken` ones fail."""

    inner: SeatingTransactions
    open: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    broken: bool = False

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[SeatingTransaction]:
        self.begun += 1
        if self.broken:
            raise StoreUnavailableError("The store cannot be reached.")
        async with self.inner.begin(tenant_id) as tx:
            yield tx
        await self.open.wait()


class Watch:
    """A plan of two rows of five seats, and a process that looks at it."""

    def __init__(self) -> None:
        self.stores = memory_stores()
        self.clock = MemoryClock()
        self.tenant = a_tenant()
        self.plan, self.layout = a_plan()
        self.readings = Counted(self.stores.transactions)
        self.readings.open.set()
        self.pictures = Pictures(self.readings, Catalogues(self.stores.transactions), self.clock)

    async def open(self) -> "Watch":
        async with self.stores.transactions.begin(self.tenant) as tx:
            await tx.plans.add(self.plan, self.layout)
        return self

    async def look(self, *, fresh: bool = False) -> Look:
        return await self.pictures.look(self.tenant, self.plan.id, fresh=fresh)

    async def free(self, *, fresh: bool = False) -> str:
        """Look, and return a letter for each seat: A if it looks free."""
        return self.shown(await self.look(fresh=fresh))

    def shown(self, look: Look) -> str:
        return "".join("A" if look.has_free([seat.id]) else "-" for seat in self.layout.seats)

    async def elsewhere(self, *labels: str) -> None:
        """Hold seats in another process."""
        request = a_request(self.plan, seat_ids(self.layout, *labels), by=a_buyer(self.tenant))
        await self.stores.grant(self.tenant, request, now=self.clock.now())

    def mark(self, *labels: str) -> None:
        self.pictures.mark_taken(self.tenant, self.plan.id, seat_ids(self.layout, *labels))

    def pass_by(self, time: timedelta) -> None:
        self.clock.move(seconds=time.total_seconds())


async def until_settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_what_others_took_shows_after_the_lag_and_a_picture_is_read_once_in_it() -> None:
    watch = await Watch().open()
    assert await watch.free() == "AAAAAAAAAA"
    await watch.elsewhere("R1S2")
    assert [await watch.free() for _ in range(3)] == ["AAAAAAAAAA"] * 3
    assert watch.readings.begun == 1
    watch.pass_by(LAG_MAX)
    assert await watch.free() == "A-AAAAAAAA" and watch.readings.begun == 2


async def test_a_fresh_look_sees_all_that_was_there_before_it() -> None:
    watch = await Watch().open()
    await watch.look()
    await watch.elsewhere("R1S2")
    assert await watch.free(fresh=True) == "A-AAAAAAAA"
    await watch.elsewhere("R2S5")
    assert await watch.free(fresh=True) == "A-AAAAAAA-"


async def test_a_busy_plan_is_read_ahead_and_nobody_waits_for_it() -> None:
    watch = await Watch().open()
    await watch.look()
    await watch.elsewhere("R1S2")
    watch.pass_by(READ_AHEAD_AFTER - A_MOMENT)
    await watch.look()
    await until_settled()
    assert watch.readings.begun == 1
    watch.pass_by(A_MOMENT)
    assert await watch.free() == "AAAAAAAAAA"
    await until_settled()
    assert watch.readings.begun == 2
    watch.pass_by(READ_AHEAD_AFTER - A_MOMENT)
    assert await watch.free() == "A-AAAAAAAA" and watch.readings.begun == 2


async def test_however_many_ask_one_reading_runs_at_a_time_and_fresh_looks_share_the_next() -> None:
    watch = await Watch().open()
    watch.readings.open.clear()
    early = [asyncio.create_task(watch.free()) for _ in range(20)]
    await until_settled()
    await watch.elsewhere("R1S2")
    fresh = [asyncio.create_task(watch.free(fresh=True)) for _ in range(20)]
    await until_settled()
    assert watch.readings.begun == 1, "the next begins when this one has ended"
    watch.readings.open.set()
    assert set(await asyncio.gather(*early)) <= {"AAAAAAAAAA", "A-AAAAAAAA"}
    assert set(await asyncio.gather(*fresh)) == {"A-AAAAAAAA"}
    assert watch.readings.begun == 2


async def test_a_fresh_look_asked_for_in_the_moment_when_a_reading_ends_gets_another_reading() -> None:
    watch = await Watch().open()
    watch.readings.open.clear()
    early = asyncio.create_task(watch.free())
    await until_settled()

    async def just_then() -> str:
        await watch.readings.open.wait()
        return await watch.free(fresh=True)

    late = asyncio.create_task(just_then())
    await until_settled()
    await watch.elsewhere("R1S2")
    watch.readings.open.set()
    assert await late == "A-AAAAAAAA" and watch.readings.begun == 2
    await early


async def test_seats_that_this_process_found_taken_are_hidden_at_once_until_the_plan_is_read_again() -> None:
    watch = await Watch().open()
    await watch.look()
    watch.mark("R1S1", "R2S3")
    watch.mark("R1S1")
    assert await watch.free() == "-AAAAAA-AA"
    assert await watch.free() == "-AAAAAA-AA"
    assert await watch.free(fresh=True) == "AAAAAAAAAA", "a mark hides a seat, and the reading decides"


async def test_a_mark_made_while_the_plan_is_read_outlives_that_reading_and_not_the_next() -> None:
    watch = await Watch().open()
    watch.readings.open.clear()
    looking_on = asyncio.create_task(watch.free())
    await until_settled()
    watch.mark("R1S4")
    watch.readings.open.set()
    assert await looking_on == "AAA-AAAAAA"
    assert await watch.free(fresh=True) == "AAAAAAAAAA"


async def test_picked_seats_are_hidden_while_they_are_being_held_however_often_the_plan_is_read() -> None:
    watch = await Watch().open()
    await watch.look()
    with watch.pictures.picked(watch.tenant, watch.plan.id, seat_ids(watch.layout, "R1S1")):
        for _ in range(3):
            assert await watch.free(fresh=True) == "-AAAAAAAAA"
    assert await watch.free() == "-AAAAAAAAA", "they are ours now"
    assert await watch.free(fresh=True) == "AAAAAAAAAA", "and the next reading decides"


@pytest.mark.parametrize(
    ("error", "shown"), [(SeatTakenError("R1S1"), "-AAAAAAAAA"), (StoreUnavailableError("gone"), "AAAAAAAAAA")]
)
async def test_seats_that_could_not_be_held_stay_hidden_only_if_somebody_has_them(error: Exception, shown: str) -> None:
    watch = await Watch().open()
    await watch.look()
    with (
        pytest.raises(type(error)),
        watch.pictures.picked(watch.tenant, watch.plan.id, seat_ids(watch.layout, "R1S1")),
    ):
        raise error
    assert await watch.free() == shown


async def test_a_clock_that_was_put_back_makes_no_picture_young() -> None:
    watch = await Watch().open()
    await watch.look()
    await watch.elsewhere("R1S2")
    watch.pass_by(timedelta(seconds=-5))
    assert await watch.free() == "A-AAAAAAAA"


async def test_marks_of_unknown_plans_and_seats_change_nothing() -> None:
    watch = await Watch().open()
    watch.mark("R1S1")
    assert await watch.free() == "AAAAAAAAAA", "nobody had looked, so there was no picture to mark"
    watch.pictures.mark_taken(watch.tenant, watch.plan.id, [SeatId(uuid4())])
    look = await watch.look()
    assert watch.shown(look) == "AAAAAAAAAA" and not look.has_free([SeatId(uuid4())])


async def test_a_tenant_neither_sees_nor_marks_another_tenants_plan() -> None:
    watch = await Watch().open()
    await watch.look()
    with pytest.raises(PlanNotFoundError):
        await watch.pictures.look(a_tenant(), watch.plan.id)
    watch.pictures.mark_taken(a_tenant(), watch.plan.id, seat_ids(watch.layout, "R1S1"))
    with watch.pictures.picked(a_tenant(), watch.plan.id, seat_ids(watch.layout, "R1S1")):
        assert await watch.free() == "AAAAAAAAAA"
    assert await watch.free() == "AAAAAAAAAA" and watch.readings.begun == 1


async def test_new_prices_come_with_the_next_reading() -> None:
    watch = await Watch().open()
    assert (await watch.look()).catalogue.masks.up_to(7000) == 0
    request = TierRequest(
        id=PriceTierId(uuid4()),
        name="Front",
        price=Money(5000, "EUR"),
        seat_ids=seat_ids(watch.layout, "R1S1", "R1S2"),
    )
    priced = price_layout([request], layout=watch.layout, ticket_price=watch.plan.ticket_price)
    async with watch.stores.transactions.begin(watch.tenant) as tx:
        await tx.plans.save(watch.plan.priced(seats_without_tier=8, now=watch.clock.now()))
        await tx.plans.save_pricing(watch.plan.id, priced)
    watch.pass_by(LAG_MAX)
    masks = (await watch.look()).catalogue.masks
    assert [seat.label for seat in watch.layout.seats if masks.are_in(masks.up_to(7000), [seat.id])] == ["R1S1", "R1S2"]


async def test_a_reading_that_fails_is_told_and_the_next_look_tries_again() -> None:
    watch = await Watch().open()
    watch.readings.broken = True
    for fresh in (False, True):
        with pytest.raises(StoreUnavailableError):
            await watch.look(fresh=fresh)
    watch.readings.broken = False
    assert await watch.free() == "AAAAAAAAAA"
    watch.readings.broken = True
    watch.pass_by(READ_AHEAD_AFTER)
    assert await watch.free() == "AAAAAAAAAA", "a reading ahead that fails is nobody's trouble yet"
    await until_settled()
    watch.pass_by(LAG_MAX)
    with pytest.raises(StoreUnavailableError):
        await watch.look()


async def test_somebody_who_stops_waiting_takes_nobody_with_them() -> None:
    watch = await Watch().open()
    watch.readings.open.clear()
    first, second = asyncio.create_task(watch.free()), asyncio.create_task(watch.free())
    await until_settled()
    first.cancel()
    watch.readings.open.set()
    assert await second == "AAAAAAAAAA" and watch.readings.begun == 1


async def test_the_plan_that_was_not_looked_at_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PICTURES_MAX", 2)
    watch = await Watch().open()
    others = [a_plan() for _ in range(2)]
    async with watch.stores.transactions.begin(watch.tenant) as tx:
        for plan, layout in others:
            await tx.plans.add(plan, layout)
    await watch.look()
    await watch.pictures.look(watch.tenant, others[0][0].id)
    await watch.look()
    await watch.pictures.look(watch.tenant, others[1][0].id)
    for plan_id, readings in ((watch.plan.id, 3), (others[1][0].id, 3), (others[0][0].id, 4)):
        await watch.pictures.look(watch.tenant, plan_id)
        assert watch.readings.begun == readings
    for _ in range(5):
        with pytest.raises(PlanNotFoundError):
            await watch.pictures.look(watch.tenant, PlanId(uuid4()))
