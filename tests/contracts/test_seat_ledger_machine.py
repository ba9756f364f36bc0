"""One random story of buyers, orders and a moving clock, told to three ledgers at once.

They are memory, PostgreSQL with holds one by one, and PostgreSQL with holds in batches. Every answer (the reservation,
or the code and the words of the refusal) and every picture of the seats must be the same on all sides, and none may
ever give one seat to two.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, override
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.seat_map import MemorySeatMapFeed
from core.seating.blocking import AuditLine
from core.seating.layout import Layout
from core.seating.plans import SeatingPlan
from core.seating.price_tiers import PriceChange, PriceTier
from core.seating.pricing import Pricing, TierRequest
from core.seating.reservations import Reservation
from core.shared.callers import Caller, Role
from core.shared.errors import DomainError
from core.shared.ids import AccountId, OrderId, PlanId, PriceTierId, ReservationId, SeatId, TenantId
from core.shared.money import Money
from ports.events import Delivery
from ports.published.orders import ItemsReturned, OrderCancelled, ReturnedSeats
from ports.published.seating import replacement_id
from tests.seating_world import (
    CountedTokens,
    SeatingStores,
    a_plan,
    granting,
    memory_stores,
    postgres_stores,
)
from tests.servers import PostgresServer
from usecases.seating.activate_plan import ActivatePlan, DeactivatePlan
from usecases.seating.block_seats import BlockSeats, UnblockSeats
from usecases.seating.catalogues import Catalogues
from usecases.seating.expire_reservations import ExpireReservations
from usecases.seating.hold_seats import HoldSeats, NewHold
from usecases.seating.manage_hold import ExtendHold, ReleaseHold
from usecases.seating.on_items_returned import ReturnSeats
from usecases.seating.on_order_cancelled import ReleaseCancelledOrder
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

STORIES = int(os.environ.get("FAIRSEAT_TEST_LEDGER_STORIES", "30"))
TTL_S = 100
TENANTS = [TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))]
BUYERS = [AccountId(UUID(int=0x100 + number)) for number in range(3)]
STRANGER = AccountId(UUID(int=0x1FF))
CLERK = AccountId(UUID(int=0x1FE))
OTHER_ORDER = OrderId(UUID(int=0x2FF))
IDS = [ReservationId(UUID(int=0x300 + number)) for number in range(12)]
SEATS = 6
COMMANDS = [
    "reserve",
    "buy",
    "extend",
    "release",
    "finalise",
    "protect",
    "reclaim",
    "replace",
    "refunded",
    "cancelled",
    "buy",
    "release the order",
    "reserve",
    "give some back",
    "give some back",
]

type Answer = Any  # a reservation, a number, or the code and words of a refusal
type Command = Callable[["Side"], Awaitable[object]]

rarely = st.integers(0, 9).map(lambda number: number == 0)
tenants = st.sampled_from([*TENANTS[:1] * 3, TENANTS[1]])
buyers = st.sampled_from(BUYERS)
ids = st.sampled_from(IDS)
places = st.one_of(
    st.lists(st.integers(0, SEATS - 1), min_size=1, max_size=2, unique=True),
    st.lists(st.integers(0, SEATS - 1), min_size=1, max_size=3, unique=True),
    st.lists(st.integers(0, SEATS), min_size=0, max_size=4),
)
picks = st.integers(0, 59)
lengths_s = st.integers(1, 200)
tokens = st.one_of(st.none(), st.integers(1, 4).map(lambda number: f"token-{number}"))


@dataclass(frozen=True, slots=True)
class Known:
    """A reservation that somebody has asked for; each has an order of its own."""

    tenant: TenantId
    id: ReservationId
    buyer: AccountId

    @property
    def order(self) -> OrderId:
        return OrderId(UUID(int=0x200 + self.id.int))


class Side:
    """One kind of storage with its own use cases; the clock is shared."""

    def __init__(self, stores: SeatingStores, clock: MemoryClock) -> None:
        store = stores.transactions
        self.stores = stores
        self.tokens = CountedTokens()
        # Plans are remembered anew in each story: the ids of plans and their versions come again in the next.
        self.hold = HoldSeats(granting(stores.holds, store), self.tokens, clock)
        self.extend = ExtendHold(store, clock)
        self.release = ReleaseHold(store, clock)
        self.reserve = ReserveSeats(store, clock)
        self.protect = ProtectReservation(store, clock)
        self.finalise = FinaliseReservation(store, clock)
        self.reclaim = ReclaimSeats(store, clock)
        self.replace = ReplaceSeats(store, Catalogues(store), clock)
        self.release_order = ReleaseReservation(store, clock)
        self.sweep = ExpireReservations(stores.expired, store, clock)
        self.cancelled = ReleaseCancelledOrder(store, clock)
        self.returned = ReturnSeats(store, clock)
        self.block = BlockSeats(store, clock)
        self.unblock = UnblockSeats(store, clock)
        self.price = ReplacePriceTiers(store, clock)
        self.activate = ActivatePlan(store, clock)
        self.deactivate = DeactivatePlan(store, clock)
        self.snapshot = SeatsSnapshot(store, Catalogues(store), MemorySeatMapFeed(), clock)

    async def answer(self, command: Command) -> Answer:
        """Run a command; a refusal is an answer as well."""
        try:
            return await command(self)
        except DomainError as refusal:
            return (refusal.code, refusal.message, refusal.problems)


class Ledgers(RuleBasedStateMachine):
    """Two tenants with a plan of the same six seats each; three buyers who act in both."""

    loop: asyncio.AbstractEventLoop
    databases: list[SeatingStores]

    def __init__(self) -> None:
        super().__init__()
        self.clock = MemoryClock()
        self.sides = [Side(stores, self.clock) for stores in (memory_stores(), *self.databases)]
        self.plans: dict[TenantId, tuple[SeatingPlan, Layout]] = {}
        self.known: list[Known] = []
        self.events = 0
        self.steps = 0
        self.made = MemoryIds()
        self.price_times: list[datetime] = []
        self.prices: dict[TenantId, dict[SeatId, PriceTier]] = {tenant: {} for tenant in TENANTS}

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, 20))

    @initialize()
    def open_the_plans(self) -> None:
        for stores in self.databases:
            self.run(_emptied(stores))
        for tenant in TENANTS:
            plan, layout = a_plan(
                rows=1, columns=SEATS, seats_max_per_order=3, max_per_user=4, hold_ttl_s=TTL_S, ids=self.made
            )
            self.plans[tenant] = (plan, layout)
            for side in self.sides:
                self.run(self._add(side, tenant, plan, layout))

    @staticmethod
    async def _add(side: Side, tenant: TenantId, plan: SeatingPlan, layout: Layout) -> None:
        async with side.stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)

    def all(self, command: Command) -> Answer:
        """Give the command to every side; their answers must agree."""
        memory, *databases = (self.run(side.answer(command)) for side in self.sides)
        assert databases == [memory] * len(databases)
        return memory

    def seat(self, tenant: TenantId, place: int) -> SeatId:
        """Return a seat of the plan; the place behind the last is a seat that no plan has."""
        layout = self.plans[tenant][1]
        return layout.seats[place].id if place < SEATS else SeatId(UUID(int=0xDEAD))

    def known_one(self, pick: int) -> Known:
        return self.known[pick % len(self.known)]

    @rule(tenant=tenants, buyer=buyers, id=ids, seats=places, foreign=rarely)
    def hold(self, tenant: TenantId, buyer: AccountId, id: ReservationId, seats: list[int], foreign: bool) -> None:
        other = TENANTS[1 - TENANTS.index(tenant)]
        plan = PlanId(self.plans[other if foreign else tenant][0].id)
        wanted = tuple(self.seat(tenant, place) for place in seats)
        caller = Caller(buyer, tenant)
        answer = self.all(lambda side: side.hold(plan, id, wanted, caller=caller))
        asked_before = any((entry.tenant, entry.id) == (tenant, id) for entry in self.known)
        if isinstance(answer, NewHold) and answer.hold_token is not None:
            self.costs_what_the_moment_says(tenant, answer.reservation)
        if not asked_before and (isinstance(answer, NewHold) or not self.known):  # one of them may not be there
            self.known.append(Known(tenant, id, buyer))

    @precondition(lambda self: self.known)
    @rule(pick=picks, seats=places, again=st.booleans())
    def hold_the_same_again(self, pick: int, seats: list[int], again: bool) -> None:
        entry = self.known_one(pick)
        plan = PlanId(self.plans[entry.tenant][0].id)
        wanted = tuple(self.seat(entry.tenant, place) for place in seats)
        if again:
            wanted = self.run(self._seats_of(entry)) or wanted
        caller = Caller(entry.buyer, entry.tenant)
        self.all(lambda side: side.hold(plan, entry.id, wanted, caller=caller))

    async def _seats_of(self, entry: Known) -> tuple[SeatId, ...]:
        async with self.sides[0].stores.transactions.begin(entry.tenant) as tx:
            found = await tx.seats.lock_all([entry.id], wait=True)
            return tuple(reversed([seat.seat_id for item in found for seat in item.reservation.seats]))

    @precondition(lambda self: self.known)
    @rule(
        pick=picks, what=st.sampled_from(COMMANDS), stranger=rarely, foreign=rarely, token=tokens, lasting_s=lengths_s
    )
    def tell(self, pick: int, what: str, stranger: bool, foreign: bool, token: str | None, lasting_s: int) -> None:
        """Give one command about one reservation. One rule has them all, so that Hypothesis mixes them in a story."""
        entry = self.known_one(pick)
        account = STRANGER if stranger else entry.buyer
        order = OTHER_ORDER if foreign else entry.order
        until = self.clock.now() + timedelta(seconds=lasting_s)
        tenant, id = entry.tenant, entry.id
        caller = Caller(account, tenant)
        match what:
            case "extend":
                self.all(lambda side: side.extend(id, caller=caller, hold_token=token))
            case "release":
                self.all(lambda side: side.release(id, caller=caller, hold_token=token))
            case "reserve" | "buy":
                self.all(
                    lambda side: side.reserve(
                        id, tenant_id=tenant, order_id=order, account_id=account, hold_token=token, until=until
                    )
                )
                if what == "buy":
                    self.all(lambda side: side.finalise(id, tenant_id=tenant, order_id=order))
            case "protect":
                self.all(lambda side: side.protect(id, tenant_id=tenant, order_id=order, until=until))
            case "finalise":
                self.all(lambda side: side.finalise(id, tenant_id=tenant, order_id=order))
            case "reclaim":
                self.all(lambda side: side.reclaim(id, tenant_id=tenant, order_id=order))
            case "replace":
                self.all(lambda side: side.replace(id, tenant_id=tenant, order_id=order))
            case "cancelled" | "refunded" | "give some back":
                self.tell_news(entry, order, what, lasting_s)
            case _:
                self.all(lambda side: side.release_order(id, tenant_id=tenant, order_id=order))

    def costs_what_the_moment_says(self, tenant: TenantId, reservation: Reservation) -> None:
        """A model of two lines beside the core: the last change that has come counts."""
        now: datetime = self.clock.now()
        for seat in reservation.seats:
            tier = self.prices[tenant].get(seat.seat_id)
            price = self.plans[tenant][0].ticket_price.amount_minor
            if tier is not None:
                price = [tier.price, *(change.price for change in tier.changes if change.at <= now)][-1].amount_minor
            assert seat.price_minor == price

    @rule(
        tenant=tenants,
        seats=places,
        fan=rarely,
        amounts=st.lists(st.integers(0, 5), min_size=1, max_size=4),
        first_s=st.sampled_from([-30, 0, 1, 30]),
        step_s=st.sampled_from([0.000001, 1, 30]),
        other=st.booleans(),
    )
    def replace_prices(
        self,
        tenant: TenantId,
        seats: list[int],
        fan: bool,
        amounts: list[int],
        first_s: float,
        step_s: float,
        other: bool,
    ) -> None:
        """Give some seats a price that changes by itself, and perhaps the rest of their section another."""
        plan, layout = self.plans[tenant]
        start = self.clock.now() + timedelta(seconds=first_s)
        changes = tuple(
            PriceChange(start + number * timedelta(seconds=step_s), Money(amount, "EUR"))
            for number, amount in enumerate(amounts[1:])
        )
        price, ids = Money(amounts[0], "EUR"), tuple(self.seat(tenant, place) for place in seats)
        tiers = [TierRequest(id=PriceTierId(self.made.new()), name="A", price=price, seat_ids=ids, changes=changes)]
        if other:
            section, changes = layout.sections[0].id, changes[-1:]
            id = PriceTierId(self.made.new())
            tiers.append(TierRequest(id=id, name="B", price=price, section_ids=(section,), changes=changes))
        caller = Caller(CLERK, tenant, None if fan else Role.MANAGER)
        answer = self.all(lambda side: side.price(plan.id, tiers, expected_version=None, caller=caller))
        if isinstance(answer[1], Pricing):
            self.price_times = [change.at for tier in answer[1].tiers for change in tier.changes] or self.price_times
            first, *rest = answer[1].tiers
            of_section = {seat.id: tier for tier in rest for seat in layout.seats}
            self.prices[tenant] = of_section | dict.fromkeys(ids, first)

    @precondition(lambda self: self.price_times)
    @rule(tenant=tenants, buyer=buyers, id=ids, seats=places, pick=picks, microseconds=st.sampled_from([-1, 0, 1]))
    def hold_at_a_change_of_prices(
        self, tenant: TenantId, buyer: AccountId, id: ReservationId, seats: list[int], pick: int, microseconds: int
    ) -> None:
        """Go to just before, at, or just behind the time of a change, which may be back in time, and hold seats."""
        at = self.price_times[pick % len(self.price_times)]
        self.clock.moment = at + timedelta(microseconds=microseconds)
        self.hold(tenant, buyer, id, seats, False)

    @rule(tenant=tenants, off=st.booleans(), fan=rarely)
    def switch_the_plan(self, tenant: TenantId, off: bool, fan: bool) -> None:
        """Take the plan off sale or put it on; sales of what is held go on meanwhile."""
        plan = self.plans[tenant][0].id
        caller = Caller(CLERK, tenant, None if fan else Role.MANAGER)
        self.all(lambda side: (side.deactivate if off else side.activate)(plan, expected_version=None, caller=caller))

    @rule(
        tenant=tenants,
        seats=places,
        foreign=rarely,
        fan=rarely,
        lasting_s=st.one_of(st.none(), st.integers(-1, 150)),
        again=st.booleans(),
    )
    def block(
        self, tenant: TenantId, seats: list[int], foreign: bool, fan: bool, lasting_s: int | None, again: bool
    ) -> None:
        """Take seats off sale, or put them back, with an end that may have passed."""
        other = TENANTS[1 - TENANTS.index(tenant)]
        plan = PlanId(self.plans[other if foreign else tenant][0].id)
        wanted = tuple(self.seat(tenant, place) for place in seats)
        caller = Caller(CLERK, tenant, None if fan else Role.BOX_OFFICE)
        until = self.clock.now() + timedelta(seconds=lasting_s) if lasting_s is not None else None
        self.all(lambda side: side.block(plan, wanted, reason="camera", until=until, caller=caller))
        if again:
            self.all(lambda side: side.hold(plan, IDS[-1], wanted, caller=Caller(STRANGER, tenant)))

    @rule(tenant=tenants, seats=places, foreign=rarely, fan=rarely)
    def unblock(self, tenant: TenantId, seats: list[int], foreign: bool, fan: bool) -> None:
        other = TENANTS[1 - TENANTS.index(tenant)]
        plan = PlanId(self.plans[other if foreign else tenant][0].id)
        wanted = tuple(self.seat(tenant, place) for place in seats)
        caller = Caller(CLERK, tenant, None if fan else Role.BOX_OFFICE)
        self.all(lambda side: side.unblock(plan, wanted, caller=caller))

    def cancel(self, entry: Known, order: OrderId, reason: str) -> None:
        """Tell of an order's end, twice, as a broker may; the event also names reservations of other orders."""
        self.events += 1
        instead = replacement_id(order_id=entry.order, reservation_id=entry.id)
        event = OrderCancelled(order_id=order, reservation_ids=(entry.id, instead, IDS[0], IDS[-1]), reason=reason)
        delivery = Delivery(event_id=UUID(int=0x400 + self.events), tenant_id=entry.tenant)
        self.all(lambda side: side.cancelled(event, delivery))
        self.all(lambda side: side.cancelled(event, delivery))

    def tell_news(self, entry: Known, order: OrderId, what: str, chosen: int) -> None:
        if what == "give some back":
            self.give_some_back(entry, order, chosen)
        else:
            self.cancel(entry, order, what)

    def give_some_back(self, entry: Known, order: OrderId, chosen: int) -> None:
        """Tell of a refund of some seats, twice; the bits of a number say which, one that nobody bought included."""
        self.events += 1
        own = [*self.run(self._seats_of(entry)), self.seat(entry.tenant, chosen % SEATS)]
        seats = tuple(seat for place, seat in enumerate(own) if chosen >> place & 1)
        plan = self.plans[entry.tenant][0].id
        event = ItemsReturned(
            order_id=order,
            refund_id=UUID(int=1),
            order_item_ids=seats,
            units=(),
            seats=(ReturnedSeats(reservation_id=entry.id, plan_id=plan, seat_ids=seats),),
            reason="customer_request",
            by=entry.buyer,
        )
        delivery = Delivery(event_id=UUID(int=0x40_000 + self.events), tenant_id=entry.tenant)
        self.all(lambda side: side.returned(event, delivery))
        self.all(lambda side: side.returned(event, delivery))

    @rule(
        pick=picks,
        seconds=st.sampled_from([None, None, 0.000001, 1, 30, 100, 250, -40]),
        microseconds=st.sampled_from([-1, 0, 0, 1]),
        swept=st.booleans(),
        taker=ids,
    )
    def let_time_pass(
        self, pick: int, seconds: float | None, microseconds: int, swept: bool, taker: ReservationId
    ) -> None:
        """Go to the end of a reservation (just before, at, or just behind it), or some way on, or back.

        At the end somebody else is after the same seats at once, swept or not.

        Processes have clocks of their own, so a later command may bring an earlier time.
        """
        end = self.run(self._end_of(self.known_one(pick))) if seconds is None and self.known else None
        if end is not None and end > self.clock.now():
            self.clock.moment = end + timedelta(microseconds=microseconds)
        self.clock.move(seconds=seconds or 0)
        if swept:
            self.all(lambda side: side.sweep())
        if end is not None:
            entry = self.known_one(pick)
            plan = self.plans[entry.tenant][0].id
            wanted = self.run(self._seats_of(entry))
            self.all(lambda side: side.hold(plan, taker, wanted, caller=Caller(STRANGER, entry.tenant)))

    async def _end_of(self, entry: Known) -> datetime | None:
        async with self.sides[0].stores.transactions.begin(entry.tenant) as tx:
            found = await tx.seats.lock_all([entry.id], wait=True)
            return found[0].reservation.expires_at if found else None

    @invariant()
    def the_pictures_agree_now_and_then(self) -> None:
        self.steps += 1
        if self.steps % 5 == 0:
            self.the_pictures_agree_and_no_seat_has_two_owners()

    @override
    def teardown(self) -> None:
        self.the_pictures_agree_and_no_seat_has_two_owners()

    def the_pictures_agree_and_no_seat_has_two_owners(self) -> None:
        for tenant in self.plans:
            memory, *databases = (self.run(self._picture(side, tenant)) for side in self.sides)
            assert databases == [memory] * len(databases)
            lines, *stored_lines = (self.run(self._audit(side, tenant)) for side in self.sides)
            assert stored_lines == [lines] * len(stored_lines)
            reservations: list[Reservation] = memory[1]
            now: datetime = self.clock.now()
            for reservation in reservations:
                assert len(reservation.seats) <= 3
            owned = [
                seat.seat_id
                for reservation in reservations
                if not reservation.has_ended(now) and self._owns(reservation, memory[2])
                for seat in reservation.seats
                if seat.seat_id not in reservation.returned
            ]
            assert len(owned) == len(set(owned))

    @staticmethod
    def _owns(reservation: Reservation, owners: dict[SeatId, object]) -> bool:
        """A clock that was turned back may show an ended hold as live, though its seats have gone to others."""
        return all(
            getattr(owners[seat.seat_id], "reservation_id", None) == reservation.id
            for seat in reservation.seats
            if seat.seat_id not in reservation.returned
        )

    async def _picture(self, side: Side, tenant: TenantId) -> tuple[object, list[Reservation], dict[SeatId, object]]:
        plan = self.plans[tenant][0]
        caller = Caller(BUYERS[0], tenant)
        seen = await side.snapshot(plan.id, caller=caller, fresh=True)
        async with side.stores.transactions.begin(tenant) as tx:
            instead = [replacement_id(order_id=Known(tenant, id, BUYERS[0]).order, reservation_id=id) for id in IDS]
            entries = await tx.seats.lock_all([*IDS, *map(ReservationId, instead)], wait=True)
            states = {seat.id: state for seat, state in await tx.seats.seat_map(plan.id)}
        known = seen.catalogue
        shown = (known.plan, known.tiers, known.lines, known.prices_since, known.prices_change_at, known.masks.priced)
        return (seen.statuses, *shown), [entry.reservation for entry in entries], dict(states)

    async def _audit(self, side: Side, tenant: TenantId) -> list[AuditLine]:
        async with side.stores.transactions.begin(tenant) as tx:
            return [line for seat in self.plans[tenant][1].seats for line in await tx.blocks.audit(seat.id)]


async def _emptied(stores: SeatingStores) -> None:
    connection = await asyncpg.connect(stores.admin_url)
    try:
        await connection.execute(
            "truncate seating_plans, sections, seats, seat_states, price_tiers, seat_reservations,"
            " seat_reservation_items, seat_audit, outbox, inbox"
        )
    finally:
        await connection.close()


@pytest.mark.timeout(300)
def test_memory_and_postgresql_tell_the_same_story(postgres: PostgresServer) -> None:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    try:
        Ledgers.loop = loop
        Ledgers.databases = [
            loop.run_until_complete(stack.enter_async_context(postgres_stores(postgres, batching=batching)))
            for batching in (False, True)
        ]
        run_state_machine_as_test(
            Ledgers,
            settings=settings(
                max_examples=STORIES,
                stateful_step_count=40,
                deadline=None,
                derandomize="CI" in os.environ,  # there the same stories each time; new ones on every desk
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()
