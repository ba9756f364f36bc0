"""Holds in batches: what is asked while one batch of a tenant is under way becomes the tenant's next batch.

A batch is one call of the database's `hold_batch`: one round trip, one transaction, one commit for up to 256 requests.
There is no timer, so a request that comes alone is sent at once.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Pool, driver_errors_translated
from adapters.postgres.seating_ledger import decided_hold
from adapters.postgres.seating_rows import Row
from core.seating.ledger import Change
from core.seating.reservations import HoldRequest
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId, TenantId
from ports.ids import IdSource
from ports.published.seating import SeatsHeld
from ports.seating import Holds
from ports.stores import StoreUnavailableError

REQUESTS_MAX = 256
SEATS_MAX = 2_048
"""A batch ends before it would have more seats: holds of a hundred seats must not make it long."""
WAITING_MAX = 4_096
"""Requests of all tenants that wait for their batch; more are refused at once."""
_TRIES = 2
_RACES = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UniqueViolationError,
    asyncpg.OutOfMemoryError,  # so many locks are taken at once that the table of locks is full
)


class _RacedError(Exception):
    """Another transaction came between; nothing was written."""


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """A request that waits. The answer is what the database decided, or None: ask alone."""

    request: HoldRequest
    now: datetime
    answer: asyncio.Future[Row | None]

    @property
    def buyer(self) -> tuple[PlanId, AccountId]:
        return self.request.plan_id, self.request.holder.account_id


@dataclass(slots=True)
class _Batch:
    """Wishes that may be settled together: each buyer of a plan and each reservation id stands for itself."""

    wishes: list[_Wish] = field(default_factory=list[_Wish])
    seats: list[SeatId] = field(default_factory=list[SeatId])
    buyers: set[tuple[PlanId, AccountId]] = field(default_factory=set[tuple[PlanId, AccountId]])
    ids: set[ReservationId] = field(default_factory=set[ReservationId])

    def has_room_for(self, wish: _Wish) -> bool:
        seats = len(self.seats) + len(wish.request.seat_ids)
        return not self.wishes or (len(self.wishes) < REQUESTS_MAX and seats <= SEATS_MAX)

    def would_mix(self, wish: _Wish) -> bool:
        return wish.buyer in self.buyers or wish.request.reservation_id in self.ids

    def add(self, wish: _Wish) -> None:
        self.wishes.append(wish)
        self.seats += wish.request.seat_ids
        self.buyers.add(wish.buyer)
        self.ids.add(wish.request.reservation_id)


@dataclass(frozen=True, slots=True)
class _Line:
    """The wishes of one tenant, in the order that they came, and the task that settles them."""

    wishes: deque[_Wish]
    task: asyncio.Task[None]


class BatchedHolds(Holds):
    """Gathers the holds of each tenant, since row-level security allows a transaction one tenant.

    A request under a reservation id that is known, and each one of a batch that the database refused or that raced with
    another process again and again, is settled by `alone`. A caller that goes away while its batch is under way leaves
    a hold that ends by time.
    """

    def __init__(self, pool: Pool, ids: IdSource, *, alone: Holds, waiting_max: int = WAITING_MAX) -> None:
        self._pool = pool
        self._ids = ids
        self._alone = alone
        self._waiting_max = waiting_max
        self._waiting = 0
        self._lines: dict[TenantId, _Line] = {}

    @override
    async def hold(self, tenant_id: TenantId, request: HoldRequest, *, now: datetime) -> Change:
        if self._waiting >= self._waiting_max:
            raise StoreUnavailableError(f"PostgreSQL: {self._waiting} holds are waiting already.")
        wish = _Wish(request, now, asyncio.get_running_loop().create_future())
        self._queue(tenant_id, wish)
        row = await wish.answer
        if row is None or row["outcome"] == "known":
            return await self._alone.hold(tenant_id, request, now=now)
        return decided_hold(request, row, now=now)

    def _queue(self, tenant_id: TenantId, wish: _Wish) -> None:
        line = self._lines.get(tenant_id)
        if line is None:
            wishes: deque[_Wish] = deque()
            # A task of its own, so that no caller who goes away takes the batch of the others along.
            task = asyncio.create_task(self._settle_all(tenant_id, wishes), name=f"holds of {tenant_id}")
            self._lines[tenant_id] = line = _Line(wishes, task)
        line.wishes.append(wish)
        self._waiting += 1

    async def _settle_all(self, tenant_id: TenantId, wishes: deque[_Wish]) -> None:
        batch = _Batch()
        try:
            while wishes:
                batch = self._next(wishes)
                await self._settle(tenant_id, batch)
        finally:
            # Nothing is left here unless the task was cancelled: the process stops.
            del self._lines[tenant_id]
            self._waiting -= len(wishes)
            for wish in (*batch.wishes, *wishes):
                wish.answer.cancel()

    def _next(self, wishes: deque[_Wish]) -> _Batch:
        """Take the next batch off the line; those that must wait for one of it keep their places."""
        batch = _Batch()
        later: list[_Wish] = []
        waited = len(wishes)
        while wishes and batch.has_room_for(wishes[0]):
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

    async def _settle(self, tenant_id: TenantId, batch: _Batch) -> None:
        """Answer every wish of the batch, whatever happens; what went wrong is told to the callers."""
        rows: Sequence[Row | None] = [None] * len(batch.wishes)
        wrong: Exception | None = None
        for _ in range(_TRIES):
            try:
                rows = await self._send(tenant_id, batch)
            except _RacedError:
                continue
            except asyncpg.PostgresError:
                break  # the database does not take the batch; each caller hears from it alone whether it is to blame
            except Exception as error:  # noqa: BLE001 (each caller raises it)
                wrong = error
            break
        for wish, row in zip(batch.wishes, rows, strict=True):
            if wish.answer.done():
                continue
            match wrong:
                case None:
                    wish.answer.set_result(row)
                case StoreUnavailableError():
                    wish.answer.set_exception(StoreUnavailableError(str(wrong)))
                case _:
                    wish.answer.set_exception(wrong)

    async def _send(self, tenant_id: TenantId, batch: _Batch) -> Sequence[Row]:
        """Return an answer for each wish, in their order."""
        if not batch.wishes:
            return []
        requests = [wish.request for wish in batch.wishes]
        lasts: list[int] = []
        for request in requests:
            lasts.append((lasts[-1] if lasts else 0) + len(request.seat_ids))
        async with driver_errors_translated():
            try:
                return await self._pool.fetch(
                    "select * from hold_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                    tenant_id,
                    [request.plan_id for request in requests],
                    [request.reservation_id for request in requests],
                    [request.holder.account_id for request in requests],
                    [request.new_token_sha256 for request in requests],
                    [wish.now for wish in batch.wishes],
                    [1, *(last + 1 for last in lasts[:-1])],
                    lasts,
                    batch.seats,
                    [self._ids.new() for _ in requests],
                    SeatsHeld.event_type,
                )
            except _RACES as error:
                raise _RacedError from error
