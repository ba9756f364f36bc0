"""Holds, sales and the end of time while plans are changed and workers die: no sold seat is lost or sold twice."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any, override
from uuid import UUID

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from adapters.memory.clock import MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.seating import MemorySeatingTransactions
from adapters.memory.seating_holds import MemoryHolds
from core.operations.operation import LEASE
from core.seating.grid import GridSection
from core.seating.plans import PlanStatus
from core.seating.reservations import Reservation, ReservationStatus
from core.seating.seats import Sold
from core.shared.errors import DomainError
from core.shared.ids import OperationId, ReservationId, SeatId
from ports.events import Delivery
from ports.published.seating import SeatsMoved, SeatsSold
from tests.admission_builders import Gatehouse, Sale
from tests.operations_world import MANAGER, TENANT, Crash, nothing
from tests.plan_change_world import House
from tests.seating_world import SeatingStores, granting
from usecases.admission.move_passes import MovePasses

ROOMS = st.lists(st.tuples(st.integers(1, 3), st.integers(3, 5)), min_size=1, max_size=2)


class PlanChangeMachine(RuleBasedStateMachine):
    """One live plan; passes are issued from the sales' labels, and hear of moves by the event alone."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        messages = MemoryMessages(ids=MemoryIds())
        transactions = MemorySeatingTransactions(messages)
        holds = MemoryHolds(transactions)
        stores = SeatingStores(transactions, transactions, holds, granting(holds, transactions))
        self.messages = messages
        self.house = House(stores, MemoryIds())
        self.gate = Gatehouse()
        self.move_passes = MovePasses(self.gate.admission, self.gate.clock)
        self.live: list[Reservation] = []
        self.sold: dict[ReservationId, frozenset[SeatId]] = {}
        self.sales: dict[ReservationId, Sale] = {}
        self.operation_id: OperationId | None = None
        self.heard = 0
        self.do(self.house.open())
        self.do(self.house.sold("R1S5", "R2S1"))

    def do(self, work: Any) -> Any:
        return self.runner.run(work)

    @rule(place=st.integers(0, 30), also=st.booleans())
    def hold(self, place: int, also: bool) -> None:
        _, seats = self.do(self.house.stands())
        labels = [seat.label for seat, _ in seats]
        wanted = dict.fromkeys([labels[place % len(labels)], *([labels[(place + 1) % len(labels)]] if also else [])])
        with suppress(DomainError):
            self.live.append(self.do(self.house.reserved(*wanted)))

    @rule(places=st.lists(st.integers(0, 30), min_size=1, max_size=4))
    def sell(self, places: list[int]) -> None:
        """Sell single seats at once."""
        _, seats = self.do(self.house.stands())
        for place in places:
            with suppress(DomainError):
                self.do(self.house.sold(seats[place % len(seats)][0].label))

    @rule(place=st.integers(0, 30))
    def only_hold(self, place: int) -> None:
        _, seats = self.do(self.house.stands())
        with suppress(DomainError):
            self.do(self.house.held(seats[place % len(seats)][0].label))

    @precondition(lambda self: self.live)
    @rule(which=st.integers(0, 30))
    def pay(self, which: int) -> None:
        entry = self.live.pop(which % len(self.live))
        with suppress(DomainError):
            self.do(self.house.finalise(entry))

    @rule(minutes=st.sampled_from([1, 11, 20]))
    def time_passes(self, minutes: int) -> None:
        self.house.clock.move(seconds=60 * minutes)

    @precondition(lambda self: self.operation_id is None)
    @rule(rooms=ROOMS, follow=st.sampled_from([True, True, True, False]))
    def change(self, rooms: list[tuple[int, int]], follow: bool) -> None:
        """Begin a change, with the places that are proposed for those who would lose theirs, or without."""
        sections = [GridSection(["Stalls", "Balcony"][at], rows, columns) for at, (rows, columns) in enumerate(rooms)]
        new, _ = self.do(self.house.draft(*sections))
        preview = self.do(self.house.preview(self.house.params(new)))
        pairs = [
            (SeatId(UUID(lost["seatId"])), SeatId(UUID(lost["proposal"])))
            for lost in preview["withoutPlace"]
            if follow and lost["proposal"] is not None
        ]
        with suppress(DomainError):
            self.operation_id = self.do(self.house.started(self.house.params(new, *pairs)))

    @precondition(lambda self: self.operation_id is not None)
    @rule(place=st.integers(1, 20))
    def work(self, place: int) -> None:
        """Let a worker go on, which dies before or after its so-manieth write of a seat."""
        count = 0

        def dies(_: str) -> None:
            nonlocal count
            count += 1
            if count == place:
                raise Crash

        self.house.seating.point = dies
        with suppress(Crash):
            self.do(self.house.world.job()())
        self.house.seating.point = nothing
        self.house.clock.move(seconds=LEASE.total_seconds())
        assert self.operation_id is not None
        if not self.do(self.house.world.stands(self.operation_id)).is_live:
            self.operation_id = None

    @precondition(lambda self: self.operation_id is not None)
    @rule()
    def finish(self) -> None:
        assert self.operation_id is not None
        self.do(self.house.world.worked(self.operation_id))
        self.operation_id = None

    @precondition(lambda self: self.operation_id is not None)
    @rule()
    def cancel(self) -> None:
        assert self.operation_id is not None
        with suppress(DomainError):
            self.do(self.house.world.cancel(self.operation_id, caller=MANAGER))

    def news_are_heard(self) -> None:
        """Issue passes for what was sold, and tell admission which seats were moved; each event twice."""
        for envelope in self.messages.events[self.heard :]:
            delivery = Delivery(event_id=envelope.id, tenant_id=TENANT)
            if envelope.type == SeatsSold.event_type:
                self._issue(envelope.decode(SeatsSold))
            elif envelope.type == SeatsMoved.event_type:
                for _ in range(2):
                    self.do(self.move_passes(envelope.decode(SeatsMoved), delivery))
        self.heard = len(self.messages.events)

    def _issue(self, event: SeatsSold) -> None:
        entry = self.do(self.house.entry(ReservationId(event.reservation_id)))
        sale = Sale(seats=len(entry.seats), tenant_id=TENANT, ticket_id=entry.ticket_id)
        named = {
            "seat_id": (seat.seat_id for seat in entry.seats),
            "label": (seat.label for seat in entry.seats),
            "section": (seat.section for seat in entry.seats),
        }
        columns = zip(*named.values(), strict=True)
        seats = tuple(
            msgspec.structs.replace(seat, **dict(zip(named, values, strict=True)))
            for seat, values in zip(sale.completed.seats, columns, strict=True)
        )
        completed = msgspec.structs.replace(sale.completed, order_id=event.order_id, seats=seats)
        self.do(self.gate.issue(completed, sale.delivery()))
        self.sold[entry.id] = frozenset(SeatId(id) for id in event.seat_ids)
        self.sales[entry.id] = sale

    @invariant()
    def who_bought_a_seat_has_it(self) -> None:
        self.news_are_heard()
        plan, seats = self.do(self.house.stands())
        states = {seat.id: state for seat, state in seats}
        assert len(states) == len(seats) == plan.seats_count
        assert (plan.status, plan.version_number or 0) >= (PlanStatus.ACTIVE, 1)
        for reservation_id, seat_ids in self.sold.items():
            assert {states.get(seat_id) for seat_id in seat_ids} == {Sold(reservation_id)}
        owners = Counter(seat_id for seat_ids in self.sold.values() for seat_id in seat_ids)
        assert all(count == 1 for count in owners.values())
        assert {id for id, state in states.items() if isinstance(state, Sold)} == owners.keys()

    @invariant()
    def everybody_calls_a_sold_seat_the_same(self) -> None:
        self.news_are_heard()
        plan, seats = self.do(self.house.stands())
        sections = {section.id: section.name for section in self.do(self._sections(plan.id))}
        drawn = {seat.id: (sections[seat.section_id], seat.label) for seat, _ in seats}
        for reservation_id, seat_ids in self.sold.items():
            entry = self.do(self.house.entry(reservation_id))
            assert entry.status is ReservationStatus.SOLD
            assert {seat.seat_id: (seat.section, seat.label) for seat in entry.seats} == {
                id: drawn[id] for id in seat_ids
            }
            sale = self.sales[reservation_id]
            shown = self.do(self.gate.of_order(sale.staff(), entry.order_id))
            passes = {each.admission.seat.seat_id: each.admission.seat for each in shown}
            assert {id: (seat.section, seat.label) for id, seat in passes.items()} == {id: drawn[id] for id in seat_ids}

    async def _sections(self, plan_id: Any) -> Any:
        async with self.house.stores.transactions.begin(TENANT) as tx:
            return await tx.plans.sections(plan_id)

    @override
    def teardown(self) -> None:
        """Nothing is left frozen when the last operation has ended."""
        if self.operation_id is not None:
            self.do(self.house.world.worked(self.operation_id))
        self.who_bought_a_seat_has_it()
        self.everybody_calls_a_sold_seat_the_same()
        assert self.do(self.house.stands())[0].changing_by is None
        self.runner.close()


TestPlanChangeMachine = PlanChangeMachine.TestCase
TestPlanChangeMachine.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
