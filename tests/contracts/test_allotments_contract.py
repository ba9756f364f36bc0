"""Seats that are kept for a channel: who may hold them, until when, and what is written down of it. Memory and real."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.memory.clock import MemoryClock
from adapters.system.ids import Uuid7Source
from core.seating.allotments import Allotment, Allotments
from core.seating.best_available import SeatWish
from core.seating.blocking import Deed
from core.seating.errors import (
    AllotmentNotFoundError,
    InvalidAllotmentError,
    NotEnoughSeatsError,
    PlanNotFoundError,
    SeatKeptError,
    SeatTakenError,
)
from core.seating.layout import Layout
from core.seating.plans import SeatingPlan
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError
from core.shared.ids import AllotmentId, ReservationId, SeatId, TenantId
from tests.seating_world import (
    CountedTokens,
    SeatingStores,
    a_buyer,
    a_plan,
    a_tenant,
    memory_stores,
    postgres_stores,
    seat_ids,
)
from tests.servers import PostgresServer
from usecases.seating.allot_seats import (
    AllotmentChange,
    AllotmentFacts,
    AllotSeats,
    ChangeAllotment,
    ListAllotments,
    ReadSeatAudit,
    ReleaseAllotment,
)
from usecases.seating.catalogues import Catalogues
from usecases.seating.hold_best_available import HoldBestAvailable
from usecases.seating.hold_seats import HoldSeats, NewHold, Showing
from usecases.seating.looking import Pictures


@dataclass(slots=True)
class House:
    """A tenant with one plan of ten seats, and its clerk."""

    stores: SeatingStores
    tenant: TenantId
    clerk: Caller
    clock: MemoryClock
    plan: SeatingPlan
    layout: Layout

    def seats(self, *labels: str) -> tuple[SeatId, ...]:
        return seat_ids(self.layout, *labels)

    async def keep(self, *labels: str, name: str = "Fan club", by: Caller | None = None, **more: Any) -> Allotment:
        store = self.stores.transactions
        usecase = AllotSeats(store, Catalogues(store), self.clock, Uuid7Source())
        facts = AllotmentFacts(name=name, seat_ids=self.seats(*labels), **more)
        return await usecase(self.plan.id, facts, caller=by or self.clerk)

    async def change(self, allotment: Allotment, **change: Any) -> Allotment:
        store = self.stores.transactions
        usecase = ChangeAllotment(store, Catalogues(store), self.clock)
        return await usecase(self.plan.id, allotment.id, AllotmentChange(**change), caller=self.clerk)

    async def release(self, allotment_id: AllotmentId) -> None:
        await ReleaseAllotment(self.stores.transactions, self.clock)(self.plan.id, allotment_id, caller=self.clerk)

    async def hold(
        self, *labels: str, by: Caller | None = None, codes: tuple[str, ...] = (), for_: Caller | None = None
    ) -> NewHold:
        usecase = HoldSeats(self.stores.grant, CountedTokens(), self.clock)
        showing = Showing(codes, for_.account_id if for_ is not None else None)
        buyer = by or a_buyer(self.tenant)
        return await usecase(self.plan.id, ReservationId(uuid4()), self.seats(*labels), caller=buyer, showing=showing)

    async def audit(self, label: str) -> list[tuple[Deed, UUID, str | None]]:
        usecase = ReadSeatAudit(self.stores.transactions)
        lines = await usecase(self.plan.id, self.seats(label)[0], caller=self.clerk)
        return [(line.what, line.by, line.reason) for line in lines]


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[SeatingStores]:
    if request.param == "memory":
        yield memory_stores()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_stores(postgres, batching=True) as real:
        yield real


@pytest.fixture
async def house(stores: SeatingStores) -> House:
    tenant = a_tenant()
    plan, layout = a_plan()
    async with stores.transactions.begin(tenant) as tx:
        await tx.plans.add(plan, layout)
    return House(stores, tenant, a_buyer(tenant, role=Role.BOX_OFFICE), MemoryClock(), plan, layout)


async def test_kept_seats_are_for_those_with_a_code_a_partner_account_or_a_place_behind_the_counter(
    house: House,
) -> None:
    partner = a_buyer(house.tenant)
    await house.hold("R2S1")  # so that this process remembers the plan as it was before
    await house.keep("R1S1", "R1S2", "R1S3", codes=("EARLY-2026",), account_ids=(partner.account_id,))
    with pytest.raises(SeatKeptError) as refused:
        await house.hold("R1S4", "R1S2", "R1S1")
    assert [problem.pointer for problem in refused.value.problems] == ["/seatIds/1", "/seatIds/2"]
    assert refused.value.message == "Kept for others: Stalls R1S2, Stalls R1S1. No seat was held."
    with pytest.raises(SeatKeptError):
        await house.hold("R1S1", codes=("LATE-2026", "early2026"))
    await house.hold("R1S1", codes=("LATE-2026", " early-2026 "))
    await house.hold("R1S2", by=partner)
    await house.hold("R1S3", by=house.clerk)
    with pytest.raises(SeatTakenError):
        await house.hold("R1S3", by=house.clerk)
    with pytest.raises(SeatKeptError, match=r"Kept for others: Stalls R1S1.*Already taken: Stalls R2S1, Stalls R1S1"):
        await house.hold("R2S1", "R1S1")


async def test_kept_seats_are_anybodys_at_the_time_of_release_exactly(house: House) -> None:
    await house.keep("R1S1", releases_at=house.clock.now() + timedelta(seconds=60))
    house.clock.move(seconds=60 - 1e-6)
    with pytest.raises(SeatKeptError):
        await house.hold("R1S1")
    house.clock.move(seconds=1e-6)
    await house.hold("R1S1")
    with pytest.raises(InvalidAllotmentError, match="in the future"):
        await house.keep("R1S2", name="Late", releases_at=house.clock.now())


async def test_an_allotment_is_changed_and_given_back_and_every_act_is_written_down(house: House) -> None:
    kept = await house.keep("R1S1", "R1S2", codes=("EARLY-2026",))
    by = house.clerk.account_id
    changed = await house.change(kept, seat_ids=house.seats("R1S2", "R1S3"))
    assert changed.codes == kept.codes
    await house.hold("R1S1")
    with pytest.raises(SeatKeptError):
        await house.hold("R1S3")
    later = house.clock.now() + timedelta(days=1)
    assert (await house.change(kept, releases_at=later)).releases_at == later
    assert (await house.change(kept)).releases_at == later
    assert (await house.change(kept, keeps_until_deleted=True)).releases_at is None
    assert await ListAllotments(house.stores.transactions)(house.plan.id, caller=house.clerk) == (changed,)
    await house.release(kept.id)
    await house.hold("R1S3")
    with pytest.raises(AllotmentNotFoundError):
        await house.release(kept.id)
    assert await house.audit("R1S1") == [(Deed.ALLOTTED, by, "Fan club"), (Deed.RELEASED, by, "Fan club")]
    assert await house.audit("R1S3") == [(Deed.ALLOTTED, by, "Fan club"), (Deed.RELEASED, by, "Fan club")]


async def test_a_seat_is_kept_once_and_faults_are_named(house: House) -> None:
    await house.keep("R1S1")
    first, second = house.seats("R1S1", "R1S2")
    with pytest.raises(InvalidAllotmentError) as refused:
        await house.keep("R1S2", "R1S2", "R1S1")
    assert [problem.pointer for problem in refused.value.problems] == ["/name", "/seatIds/1", "/seatIds/2"]
    foreign = a_plan()[1].seats[0].id
    usecase = AllotSeats(house.stores.transactions, Catalogues(house.stores.transactions), house.clock, Uuid7Source())
    for seats in ((), (foreign,)):
        with pytest.raises(InvalidAllotmentError):
            await usecase(house.plan.id, AllotmentFacts(name="Other", seat_ids=seats), caller=house.clerk)
    section = house.layout.sections[0].id
    await house.release((await ListAllotments(house.stores.transactions)(house.plan.id, caller=house.clerk))[0].id)
    whole = await usecase(
        house.plan.id, AllotmentFacts(name="All", seat_ids=(second,), section_ids=(section,)), caller=house.clerk
    )
    assert whole.seat_ids[:2] == (second, first) and len(whole.seat_ids) == 10


async def test_staff_hold_for_a_customer_and_the_audit_says_who_did(house: House) -> None:
    customer = a_buyer(house.tenant)
    held = (await house.hold("R1S1", by=house.clerk, for_=customer)).reservation
    assert held.account_id == customer.account_id
    assert await house.audit("R1S1") == [(Deed.HELD_FOR, house.clerk.account_id, None)]
    await house.hold("R1S2", by=house.clerk)
    assert await house.audit("R1S2") == []
    with pytest.raises(ForbiddenError):
        await house.hold("R1S3", for_=customer)


async def test_only_staff_who_sell_of_the_same_organisation_have_to_do_with_allotments(house: House) -> None:
    fan, scanner = a_buyer(house.tenant), a_buyer(house.tenant, role=Role.SCANNER)
    for caller in (fan, scanner):
        with pytest.raises(ForbiddenError):
            await house.keep("R1S1", by=caller)
        with pytest.raises(ForbiddenError):
            await ListAllotments(house.stores.transactions)(house.plan.id, caller=caller)
        with pytest.raises(ForbiddenError):
            await ReadSeatAudit(house.stores.transactions)(house.plan.id, house.seats("R1S1")[0], caller=caller)
    stranger = a_buyer(a_tenant(), role=Role.OWNER)
    with pytest.raises(PlanNotFoundError):
        await house.keep("R1S1", by=stranger)
    with pytest.raises(PlanNotFoundError):
        await ListAllotments(house.stores.transactions)(house.plan.id, caller=stranger)
    async with house.stores.transactions.begin(stranger.tenant_id) as tx:
        assert await tx.plans.allotments(house.plan.id) == Allotments()


async def test_best_available_gives_kept_seats_to_those_only_who_may_have_them(house: House) -> None:
    await house.keep(*(seat.label for seat in house.layout.seats[:9]), codes=("EARLY-2026",))
    store = house.stores.transactions
    hold = HoldSeats(house.stores.grant, CountedTokens(), house.clock)
    best = HoldBestAvailable(store, Pictures(store, house.stores.grant.catalogues, house.clock), hold)
    ann, wish = a_buyer(house.tenant), SeatWish(quantity=2)
    with pytest.raises(NotEnoughSeatsError):
        await best(house.plan.id, ReservationId(uuid4()), wish, caller=ann)
    shown = Showing(("EARLY-2026",))
    held = await best(house.plan.id, ReservationId(uuid4()), wish, caller=ann, showing=shown)
    assert held.adjacent and len(held.new.reservation.seats) == 2
    only = await best(house.plan.id, ReservationId(uuid4()), SeatWish(quantity=1), caller=ann)
    assert [seat.label for seat in only.new.reservation.seats] == ["R2S5"]
