"""Operations in tests: a type whose steps write where they can be counted, and workers that die where they are told."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar, override
from uuid import UUID

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.operations import MemoryOperationTransactions
from adapters.postgres.operations import PostgresDueOperations, PostgresOperationTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.operations.operation import Operation
from core.shared.callers import Caller, Role
from core.shared.errors import Problem
from core.shared.ids import AccountId, OperationId, TenantId, VenueId
from ports.ids import IdSource
from ports.operations import DueOperations, OperationTransaction, OperationTransactions
from ports.published.operations import (
    OperationRequest,
    OperationStoppedError,
    OperationType,
    ParamsRefusedError,
    StepContext,
    StepSpec,
    Values,
)
from tests.servers import PostgresServer
from tests.venues_neighbour import Venues
from usecases.operations.manage_operation import CancelOperation, ReadOperations, ResumeOperation
from usecases.operations.run_operation import RunOperation
from usecases.operations.run_operations import RunOperations
from usecases.operations.start_operation import StartOperation
from usecases.operations.types import OperationTypes

TENANT, OTHER_TENANT = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
VENUE, OTHER_VENUE = VenueId(UUID(int=0xC)), VenueId(UUID(int=0xD))
MANAGER = Caller(AccountId(UUID(int=0xE)), TENANT, Role.MANAGER)


class Crash(BaseException):
    """The worker is gone, at this very point."""


type Point = Callable[[str], None]
"""Called before and after each write, with what it is; raises Crash where the worker dies."""


def nothing(_: str) -> None:
    """Nobody dies."""


@dataclass
class Painting(OperationType):
    """Paints fences in batches, each board once: `painted` has how often each was painted, which is once or never.

    `prepare` counts the boards, `paint` paints them, `open` opens the gate. Undoing scrapes what was painted off.
    """

    name: ClassVar[str] = "painting"
    steps: ClassVar[tuple[StepSpec, ...]] = (
        StepSpec("prepare"),
        StepSpec("paint", compensates=True, may_be_cut=True),
        StepSpec("open", compensates=True),
    )

    boards: int = 5
    painted: dict[int, str] = field(default_factory=dict)
    opened: bool = False
    point: Point = nothing
    troubles: list[Exception] = field(default_factory=list)
    """Raised by the steps to come, one after the other, after a piece of work."""

    fence: int = 0
    """Of the last worker that was seen at the fence; those before it are sent away."""

    on_report: Callable[[], None] | None = None
    log: list[str] = field(default_factory=list)

    @override
    def parse(self, params: Values) -> Values:
        if not isinstance(params.get("colour"), str):
            raise ParamsRefusedError("A colour is needed.", [Problem("/params/colour", "A colour is needed.")])
        return {"colour": params["colour"]}

    @override
    async def preview(self, request: OperationRequest) -> Values:
        return {"boards": self.boards, "colour": request.params["colour"]}

    @override
    async def run(self, step: str, context: StepContext) -> Values:
        self.log.append(step)
        self._let_in(context)
        colour = str(context.params["colour"])
        match step:
            case "prepare":
                self._trouble()
                return {"boards": self.boards}
            case "paint":
                boards = context.results["prepare"]["boards"]
                assert isinstance(boards, int)
                begin = context.cursor["next"] if context.cursor is not None else 0
                assert isinstance(begin, int)
                for board in range(begin, boards):
                    self._let_in(context)
                    self.point(f"before board {board}")
                    self.painted[board] = colour
                    self.point(f"after board {board}")
                    self._trouble()
                    if self.on_report is not None:
                        self.on_report()
                    await context.report(board + 1, boards, {"next": board + 1})
                return {"painted": boards}
            case _:
                self.point("before the gate")
                self.opened = True
                self.point("after the gate")
                self._trouble()
                return {}

    @override
    async def compensate(self, step: str, context: StepContext) -> None:
        self.log.append(f"undo {step}")
        self._let_in(context)
        if step == "open":
            self.opened = False
            self._trouble()
            return
        for done, board in enumerate(sorted(self.painted), start=1):
            self._let_in(context)
            self.point(f"before scraping {board}")
            self.painted.pop(board, None)
            self.point(f"after scraping {board}")
            self._trouble()
            await context.report(done, None, {"scraped": board})

    def _let_in(self, context: StepContext) -> None:
        if context.fence < self.fence:
            raise OperationStoppedError("another worker was here since")
        self.fence = context.fence

    def _trouble(self) -> None:
        if self.troubles:
            raise self.troubles.pop(0)


@dataclass
class Stores:
    """The ports of operations over one kind of storage."""

    transactions: OperationTransactions
    due: DueOperations
    ids: IdSource
    memory: MemoryMessages | None = None


def memory_stores() -> Stores:
    ids = MemoryIds()
    messages = MemoryMessages(ids=ids)
    memory = MemoryOperationTransactions(messages)
    return Stores(memory, memory, ids, messages)


@asynccontextmanager
async def postgres_stores(postgres: PostgresServer, *, connections_max: int = 8) -> AsyncIterator[Stores]:
    database = await postgres.fresh("venue_db")
    async with (
        await open_pool(database.app_url, connections_max=connections_max) as app,
        await open_pool(database.relay_url, connections_max=1) as relay,
    ):
        ids = Uuid7Source()
        yield Stores(PostgresOperationTransactions(app, ids), PostgresDueOperations(relay), ids)


class DyingTransactions(OperationTransactions):
    """Transactions of a worker that may die before each of them, and after it was committed."""

    def __init__(self, inner: OperationTransactions, point: Point) -> None:
        self._inner = inner
        self._point = point

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[OperationTransaction]:
        self._point("before a transaction")
        async with self._inner.begin(tenant_id) as tx:
            yield tx
            self._point("before a commit")
        self._point("after a commit")


class World:
    """One installation: the stores, a clock that is moved, and the use cases of people and of workers."""

    def __init__(self, stores: Stores, types: tuple[OperationType, ...] = (), clock: MemoryClock | None = None) -> None:
        self.stores = stores
        self.clock = clock or MemoryClock()
        self.venues = Venues()
        self.painting = Painting()
        self.types = OperationTypes(types or (self.painting,))
        self.start = StartOperation(stores.transactions, self.types, self.venues, self.clock, stores.ids)
        self.read = ReadOperations(stores.transactions, self.venues)
        self.cancel = CancelOperation(stores.transactions, self.clock, stores.ids)
        self.resume = ResumeOperation(stores.transactions, self.clock, stores.ids)

    def worker(self, point: Point = nothing, *, types: OperationTypes | None = None) -> RunOperation:
        """Return a worker, which dies where `point` raises Crash."""
        transactions = DyingTransactions(self.stores.transactions, point)
        return RunOperation(transactions, types or self.types, self.clock, self.stores.ids)

    def job(self, point: Point = nothing) -> RunOperations:
        """Return the worker's job."""
        return RunOperations(self.stores.due, self.worker(point), self.clock)

    async def started(self, colour: str = "red", *, venue_id: VenueId = VENUE) -> OperationId:
        return (await self.start(venue_id, "painting", {"colour": colour}, caller=MANAGER)).id

    async def stands(self, operation_id: OperationId) -> Operation:
        return await self.read.one(operation_id, caller=MANAGER)

    async def worked(self, operation_id: OperationId, *, rounds_max: int = 200) -> Operation:
        """Let workers go on until the operation is over, moving the clock over pauses and leases that ended."""
        job = self.job()
        for _ in range(rounds_max):
            if not await job():
                operation = await self.stands(operation_id)
                if not operation.is_live:
                    return operation
                self.clock.move(seconds=60)
        raise AssertionError(f"{operation_id} does not end: {await self.stands(operation_id)}")
