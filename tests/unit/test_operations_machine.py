"""Workers that stall, die and come back at any point, in any order: an operation ends as if nobody had disturbed it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, override

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.operations.operation import LEASE, OperationStatus
from core.shared.errors import ForbiddenError
from core.shared.ids import OperationId, TenantId
from ports.operations import OperationTransaction, OperationTransactions
from tests.operations_world import MANAGER, TENANT, Crash, Painting, World, memory_stores
from usecases.operations.run_operation import RunOperation

GIVE_UP = 400


@dataclass
class Hand:
    """One worker under way, which does what it does next when it is let."""

    number: int
    task: asyncio.Task[Any] | None = None
    may_go: asyncio.Event = field(default_factory=asyncio.Event)
    dies: bool = False
    waits: bool = False

    async def gate(self) -> None:
        """Wait to be let through, once; die there if that is its fate."""
        self.waits = True
        await self.may_go.wait()
        self.may_go.clear()
        self.waits = False
        if self.dies:
            raise Crash


class GatedTransactions(OperationTransactions):
    """Transactions of one worker: it stops before and after each of them, and what each changed is written down."""

    def __init__(self, machine: "OperationMachine", hand: Hand) -> None:
        self._machine = machine
        self._hand = hand

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[OperationTransaction]:
        await self._hand.gate()
        operation_id = self._machine.operation_id
        assert operation_id is not None
        async with self._machine.world.stores.transactions.begin(tenant_id) as tx:
            before = await tx.operations.get(operation_id)
            yield tx
            after = await tx.operations.get(operation_id)
        if after != before:
            self._machine.writes.append(self._hand.number)
            self._machine.ended_at_start_of_write |= not before.is_live
        await self._hand.gate()


class OperationMachine(RuleBasedStateMachine):
    """People start, cancel and resume; workers come, go on, stall and die; time passes; steps fail."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.painting = Painting(boards=3)
        self.world = World(memory_stores(), (self.painting,))
        self.operation_id: OperationId | None = None
        self.hands: list[Hand] = []
        self.writes: list[int] = []
        self.came = 0
        self.ended_at_start_of_write = False
        self.colour = "none"

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @property
    def operation(self) -> Any:
        assert self.operation_id is not None
        return self.do(self.world.stands(self.operation_id))

    @initialize()
    def the_first(self) -> None:
        self.start("green")

    @precondition(lambda self: not self.operation.is_live)
    @rule(colour=st.sampled_from(["red", "blue"]))
    def start(self, colour: str) -> None:
        self.hands_off()
        self.painting.painted, self.painting.opened, self.painting.troubles = {}, False, []
        self.painting.fence = 0
        self.operation_id = self.do(self.world.started(colour))
        self.colour, self.writes = colour, []

    @precondition(lambda self: len(self.hands) < 3)
    @rule(steps=st.integers(0, 14), leases=st.sampled_from([0, 0, 1]))
    def a_worker_comes(self, steps: int, leases: float) -> None:
        self.time_passes(leases)
        self.came += 1
        hand = Hand(number=self.came)
        worker = RunOperation(
            GatedTransactions(self, hand), self.world.types, self.world.clock, self.world.stores.ids, renew_s=3600
        )
        assert self.operation_id is not None

        async def come(operation_id: OperationId) -> None:
            hand.task = asyncio.create_task(worker(TENANT, operation_id))
            await self.settled(hand)

        self.do(come(self.operation_id))
        self.hands.append(hand)
        self.goes_on(hand, steps)

    @precondition(lambda self: bool(self.hands))
    @rule(which=st.integers(0, 2), steps=st.integers(1, 14))
    def a_worker_goes_on(self, which: int, steps: int) -> None:
        self.goes_on(self.hands[which % len(self.hands)], steps)

    def goes_on(self, hand: Hand, steps: int) -> None:
        for _ in range(steps):
            if hand in self.hands:
                self.do(self.let(hand))

    @precondition(lambda self: bool(self.hands))
    @rule(which=st.integers(0, 2))
    def a_worker_dies(self, which: int) -> None:
        hand = self.hands[which % len(self.hands)]
        hand.dies = True
        self.do(self.let(hand))

    @rule(leases=st.sampled_from([0.5, 1, 3]))
    def time_passes(self, leases: float) -> None:
        self.world.clock.move(seconds=leases * LEASE.total_seconds())

    @rule(trouble=st.sampled_from([OSError("storm"), OSError("rain"), ForbiddenError("no")]))
    def a_step_will_fail(self, trouble: Exception) -> None:
        if not self.painting.troubles:
            self.painting.troubles.append(trouble)

    @precondition(lambda self: self.operation.status is OperationStatus.IN_PROGRESS)
    @rule()
    def somebody_cancels(self) -> None:
        assert self.operation_id is not None
        self.do(self.world.cancel(self.operation_id, caller=MANAGER))

    @precondition(lambda self: self.operation.status is OperationStatus.FAILED)
    @rule()
    def somebody_resumes(self) -> None:
        assert self.operation_id is not None
        self.do(self.world.resume(self.operation_id, caller=MANAGER))

    @invariant()
    def one_worker_writes_at_a_time(self) -> None:
        """Once another one has written, a worker never writes again."""
        order = [number for place, number in enumerate(self.writes) if place == 0 or self.writes[place - 1] != number]
        assert len(order) == len(set(order)), self.writes
        assert not self.ended_at_start_of_write

    @invariant()
    def what_is_done_is_never_lost(self) -> None:
        if self.operation_id is None:
            return
        operation = self.operation
        if "paint" in operation.checkpoints and operation.ending is None:
            assert self.painting.painted == dict.fromkeys(range(3), self.colour)
        if "open" in operation.checkpoints and operation.ending is None:
            assert self.painting.opened
        if operation.cursor is not None and operation.current_step == "paint" and operation.ending is None:
            assert len(self.painting.painted) >= operation.cursor["next"]

    async def let(self, hand: Hand) -> None:
        """Let a worker through its next gate, and return when it waits at the one after it, or is done."""
        if hand.task is None or hand.task.done():
            self.forget(hand)
            return
        hand.may_go.set()
        await self.settled(hand)
        if hand.task.done():
            self.forget(hand)

    async def settled(self, hand: Hand) -> None:
        assert hand.task is not None
        for _ in range(GIVE_UP):
            await asyncio.sleep(0)
            if hand.task.done() or (hand.waits and not hand.may_go.is_set()):
                return
        raise AssertionError("a worker does not come on")

    def forget(self, hand: Hand) -> None:
        assert hand.task is not None
        error = hand.task.exception()
        assert error is None or isinstance(error, Crash), error
        self.hands.remove(hand)

    def hands_off(self) -> None:
        """Let those that stall go on; the operation is over, so that they change nothing."""
        writes = list(self.writes)
        for hand in list(self.hands):
            for _ in range(GIVE_UP):
                if hand not in self.hands:
                    break
                self.do(self.let(hand))
        assert not self.hands
        assert self.writes == writes

    @override
    def teardown(self) -> None:
        try:
            if self.operation_id is not None:
                self.painting.troubles = []
                self.world.clock.move(seconds=LEASE.total_seconds())
                done = self.do(self.world.worked(self.operation_id))
                self.hands_off()
                self.ends_as_undisturbed(done)
        finally:
            for hand in self.hands:
                if hand.task is not None:
                    hand.task.cancel()
            self.do(asyncio.sleep(0))
            self.loop.close()

    def ends_as_undisturbed(self, done: Any) -> None:
        if done.status is OperationStatus.COMPLETED:
            assert self.painting.painted == dict.fromkeys(range(3), self.colour)
            assert self.painting.opened
            assert {step: point.result for step, point in done.checkpoints.items()} == {
                "prepare": {"boards": 3},
                "paint": {"painted": 3},
                "open": {},
            }
        else:
            assert (self.painting.painted, self.painting.opened) == ({}, False)
            assert set(done.checkpoints) <= {"prepare"}
        assert done.lease is None


OperationMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestOperations = OperationMachine.TestCase
