"""Holds in batches: what is asked while one batch of a tenant is under way becomes the tenant's next batch.

A batch is one call of the database's `hold_batch`: one round trip, one transaction, one commit for up to 256 requests.
There is no timer, so a request that comes alone is sent at once. What can be done for the next batch is done while the
database is at work: its parts are written as its requests come, and put together when it would not grow any more.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Connection, Pool, driver_errors_translated
from adapters.postgres.seating_holds import RACES, PostgresHolds, Row, Wish, Written, send_written, written
from adapters.system.work_context import on_nobodys_behalf
from core.seating.ledger import Change, Claim
from core.shared.ids import TenantId
from ports.ids import IdSource
from ports.seating import Holds
from ports.stores import StoreUnavailableError

REQUESTS_MAX = 256
SEATS_MAX = 2_048
"""A batch ends before it would have more seats: holds of a hundred seats must not make it long."""
WAITING_MAX = 4_096
"""Requests of all tenants that wait for their batch; more are refused at once."""
_TRIES = 3
"""Without a look, and twice with one."""


class _AskAloneError(Exception):
    """The batch was not settled as one; nothing was written."""


@dataclass(slots=True, eq=False)
class _Wish:
    """A claim that waits for the database's verdict; None says that it is granted."""

    sent: Wish
    answer: asyncio.Future[Row | None]


@dataclass(slots=True)
class _Batch:
    """Wishes that may be settled together: each buyer of a plan and each reservation id stands for itself."""

    wishes: list[_Wish] = field(default_factory=list[_Wish])
    seats_count: int = 0
    buyers: set[int] = field(default_factory=set[int])
    ids: set[str] = field(default_factory=set[str])
    written: Written = ()

    def has_room_for(self, wish: _Wish, room: int) -> bool:
        wishes = self.wishes
        return not wishes or (len(wishes) < room and self.seats_count + wish.sent.seats_count <= SEATS_MAX)

    def would_mix(self, wish: _Wish) -> bool:
        sent = wish.sent
        return sent.buyer in self.buyers or sent.id in self.ids

    def add(self, wish: _Wish) -> None:
        sent = wish.sent
        self.wishes.append(wish)
        self.seats_count += sent.seats_count
        self.buyers.add(sent.buyer)
        self.ids.add(sent.id)


@dataclass(slots=True)
class _Line:
    """The wishes of one tenant, in the order that they came.

    `ready` is the next batch, if it was made while the last one is under way. `contested` says whether the last batch
    had refusals, or was not plainly granted at once.
    """

    wishes: deque[_Wish] = field(default_factory=deque[_Wish])
    task: asyncio.Task[None] | None = None
    ready: _Batch | None = None
    contested: bool = False
    last_count: int = 0

    @property
    def room(self) -> int:
        """Return how many wishes the next batch may have: half of those who wait and those who were just answered.

        Who was answered asks again. Were they all in one batch, the database would wait while this process answers and
        prepares, and this process while the database writes.
        """
        return min(REQUESTS_MAX, (len(self.wishes) + self.last_count + 1) // 2)


class BatchedHolds(Holds):
    """Gathers the holds of each tenant, since row-level security allows a transaction one tenant.

    What a batch of which none was refused would cost more is only looked at when the batch before had refusals. A claim
    of a batch that the database refused, or that raced with another process again and again, is settled by `alone`. A
    caller that goes away when its batch is made leaves a hold that ends by time.
    """

    def __init__(self, pool: Pool, ids: IdSource, *, alone: PostgresHolds, waiting_max: int = WAITING_MAX) -> None:
        self._pool = pool
        self._ids = ids
        self._alone = alone
        self._waiting_max = waiting_max
        self._waiting = 0
        self._lines: dict[TenantId, _Line] = {}

    @override
    async def hold(self, tenant_id: TenantId, claim: Claim, *, now: datetime) -> Change:
        if self._waiting >= self._waiting_max:
            raise StoreUnavailableError(f"PostgreSQL: {self._waiting} holds are waiting already.")
        wish = _Wish(Wish.of(claim, now), asyncio.get_running_loop().create_future())
        self._queue(tenant_id, wish)
        try:
            verdict = await wish.answer
        except _AskAloneError:
            return await self._alone.hold(tenant_id, claim, now=now)
        return await self._alone.settle(tenant_id, claim, verdict, now=now)

    def _queue(self, tenant_id: TenantId, wish: _Wish) -> None:
        line = self._lines.get(tenant_id)
        if line is None:
            self._lines[tenant_id] = line = _Line()
            # A task of its own, so that no caller who goes away takes the batch of the others along.
            line.task = asyncio.create_task(
                self._settle_all(tenant_id, line), name=f"holds of {tenant_id}", context=on_nobodys_behalf()
            )
        line.wishes.append(wish)
        self._waiting += 1
        if len(line.wishes) == line.last_count and line.ready is None:
            asyncio.get_running_loop().call_soon(self._get_ready, line)

    def _get_ready(self, line: _Line) -> None:
        """Make the next batch while one is under way that is no smaller: it need not be made when that is over."""
        if line.ready is None and line.wishes:
            line.ready = self._next(line)

    async def _settle_all(self, tenant_id: TenantId, line: _Line) -> None:
        batch = _Batch()
        try:
            while line.wishes or line.ready:
                batch = self._taken(line)
                try:
                    # The connection stays ours while there is work for it, unless somebody may be waiting for one.
                    async with driver_errors_translated(), self._pool.acquire() as connection:
                        while await self._settle(connection, tenant_id, line, batch) and self._goes_on(line):
                            batch = self._taken(line)
                except Exception as error:  # noqa: BLE001 (each caller raises it)
                    _tell(batch, error)
        finally:
            # Nothing is left here unless the task was cancelled: the process stops.
            del self._lines[tenant_id]
            self._waiting -= len(line.wishes)
            ready = line.ready.wishes if line.ready is not None else ()
            for wish in (*batch.wishes, *ready, *line.wishes):
                wish.answer.cancel()

    def _goes_on(self, line: _Line) -> bool:
        spare = self._pool.get_idle_size() or self._pool.get_size() < self._pool.get_max_size()
        return bool(spare and (line.wishes or line.ready))

    def _taken(self, line: _Line) -> _Batch:
        batch, line.ready = line.ready or self._next(line), None
        line.last_count = len(batch.wishes)
        return batch

    def _next(self, line: _Line) -> _Batch:
        """Take the next batch off the line; those that must wait for one of it keep their places."""
        batch = _Batch()
        later: list[_Wish] = []
        wishes, room = line.wishes, line.room
        waited = len(wishes)
        while wishes and batch.has_room_for(wishes[0], room):
            wish = wishes.popleft()
            if wish.answer.done():  # the caller went away
                continue
            if batch.would_mix(wish):
                later.append(wish)
            else:
                batch.add(wish)
        wishes.extendleft(reversed(later))
        self._waiting -= waited - len(wishes)
        batch.written = written([wish.sent for wish in batch.wishes], self._ids)
        return batch

    async def _settle(self, connection: Connection, tenant_id: TenantId, line: _Line, batch: _Batch) -> bool:
        """Answer every wish of the batch, whatever happens, and tell whether the connection is good for another."""
        wrong: Exception = _AskAloneError()
        look = line.contested
        for _ in range(_TRIES if batch.wishes else 0):
            try:
                async with driver_errors_translated():
                    try:
                        verdicts = await send_written(connection, tenant_id, batch.written, look=look)
                    except RACES:
                        look = True
                        continue
            except asyncpg.PostgresError:
                break  # the database does not take the batch; each caller hears from it alone whether it is to blame
            except Exception as error:  # noqa: BLE001 (each caller raises it)
                wrong = error
                break
            line.contested = bool(verdicts) or look is not line.contested
            if line.wishes or line.ready:  # the next batch is sent before the callers of this one go on
                asyncio.get_running_loop().call_soon(_answer, batch, verdicts)
            else:
                _answer(batch, verdicts)
            return True
        _tell(batch, wrong)
        return False


def _answer(batch: _Batch, verdicts: Mapping[int, Row]) -> None:
    """Let each caller of the batch go on with its verdict."""
    for place, wish in enumerate(batch.wishes):
        if not wish.answer.done():
            wish.answer.set_result(verdicts.get(place))


def _tell(batch: _Batch, wrong: Exception) -> None:
    """Let each caller of the batch raise what went wrong."""
    for wish in batch.wishes:
        if not wish.answer.done():
            # Each gets an error of its own, since raising one adds to its traceback.
            unavailable = isinstance(wrong, StoreUnavailableError)
            wish.answer.set_exception(StoreUnavailableError(str(wrong)) if unavailable else wrong)
