"""Holds in batches: what is asked while one batch of a tenant is under way becomes the tenant's next batch.

A batch is one call of the database's `hold_batch`: one round trip, one transaction, one commit for up to 256 requests.
There is no timer, so a request that comes alone is sent at once.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Pool, driver_errors_translated
from adapters.postgres.seating_holds import RACES, PostgresHolds, Row, Wish, buyer_key, send
from adapters.system.work_context import on_nobodys_behalf
from core.seating.ledger import Change, Claim
from core.shared.ids import ReservationId, TenantId
from ports.ids import IdSource
from ports.seating import Holds
from ports.stores import StoreUnavailableError

REQUESTS_MAX = 256
SEATS_MAX = 2_048
"""A batch ends before it would have more seats: holds of a hundred seats must not make it long."""
WAITING_MAX = 4_096
"""Requests of all tenants that wait for their batch; more are refused at once."""
_TRIES = 2


class _AskAloneError(Exception):
    """The batch was not settled as one; nothing was written."""


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """A claim that waits for the database's verdict; None says that it is granted."""

    sent: Wish
    answer: asyncio.Future[Row | None]
    buyer: int
    """The account on the plan, as a number that is hardly ever somebody else's."""


@dataclass(slots=True)
class _Batch:
    """Wishes that may be settled together: each buyer of a plan and each reservation id stands for itself."""

    wishes: list[_Wish] = field(default_factory=list[_Wish])
    seats_count: int = 0
    buyers: set[int] = field(default_factory=set[int])
    ids: set[ReservationId] = field(default_factory=set[ReservationId])

    def has_room_for(self, wish: _Wish, room: int) -> bool:
        seats = self.seats_count + len(wish.sent.claim.seats)
        return not self.wishes or (len(self.wishes) < room and seats <= SEATS_MAX)

    def would_mix(self, wish: _Wish) -> bool:
        return wish.buyer in self.buyers or wish.sent.claim.request.reservation_id in self.ids

    def add(self, wish: _Wish) -> None:
        self.wishes.append(wish)
        self.seats_count += len(wish.sent.claim.seats)
        self.buyers.add(wish.buyer)
        self.ids.add(wish.sent.claim.request.reservation_id)


@dataclass(slots=True)
class _Line:
    """The wishes of one tenant, in the order that they came; `contested` says whether the last batch had refusals."""

    wishes: deque[_Wish] = field(default_factory=deque[_Wish])
    task: asyncio.Task[None] | None = None
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
    caller that goes away while its batch is under way leaves a hold that ends by time.
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
        wish = _Wish(Wish.of(claim, now), asyncio.get_running_loop().create_future(), buyer_key(claim.request))
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

    async def _settle_all(self, tenant_id: TenantId, line: _Line) -> None:
        batch = _Batch()
        try:
            while line.wishes:
                batch = self._next(line.wishes, room=line.room)
                line.last_count = len(batch.wishes)
                await self._settle(tenant_id, line, batch)
        finally:
            # Nothing is left here unless the task was cancelled: the process stops.
            del self._lines[tenant_id]
            self._waiting -= len(line.wishes)
            for wish in (*batch.wishes, *line.wishes):
                wish.answer.cancel()

    def _next(self, wishes: deque[_Wish], *, room: int) -> _Batch:
        """Take the next batch off the line; those that must wait for one of it keep their places."""
        batch = _Batch()
        later: list[_Wish] = []
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
        return batch

    async def _settle(self, tenant_id: TenantId, line: _Line, batch: _Batch) -> None:
        """Answer every wish of the batch, whatever happens; what went wrong is told to the callers."""
        wishes = [wish.sent for wish in batch.wishes]
        verdicts: Mapping[int, Row] = {}
        wrong: Exception = _AskAloneError()
        look = line.contested
        for _ in range(_TRIES if wishes else 0):
            try:
                async with driver_errors_translated():
                    try:
                        verdicts = await send(self._pool, self._ids, tenant_id, wishes, look=look)
                    except RACES:
                        look = True
                        continue
            except asyncpg.PostgresError:
                break  # the database does not take the batch; each caller hears from it alone whether it is to blame
            except Exception as error:  # noqa: BLE001 (each caller raises it)
                wrong = error
                break
            line.contested = bool(verdicts)
            for place, wish in enumerate(batch.wishes):
                if not wish.answer.done():
                    wish.answer.set_result(verdicts.get(place))
            return
        for wish in batch.wishes:
            if not wish.answer.done():
                # Each caller gets an error of its own, since raising one adds to its traceback.
                unavailable = isinstance(wrong, StoreUnavailableError)
                wish.answer.set_exception(StoreUnavailableError(str(wrong)) if unavailable else wrong)
