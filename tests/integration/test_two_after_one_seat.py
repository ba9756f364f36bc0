"""Two are after the same seats, and one has not committed when the other comes: one of both has them, never both.

The seats are those of an order whose time is over and whose buyer pays late, however it left them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from adapters.memory.clock import MemoryClock
from adapters.postgres.seating_holds import Wish, send
from adapters.postgres.transactions import tenant_transaction
from core.seating import blocking, ledger
from core.seating.catalogue import Catalogue
from core.seating.errors import SeatTakenError
from core.seating.hold_rules import claim_of
from core.seating.reservations import HoldRequest, Reservation
from core.shared.callers import Role
from core.shared.holders import Holder
from core.shared.ids import OrderId, SeatId
from tests.sales import IDS, NOW, Sale, on_sale
from tests.seating_world import TTL_S, a_buyer
from tests.seats_now import SEATS_NOW
from tests.servers import PostgresServer, connected
from usecases.seating.block_seats import BlockSeats
from usecases.seating.reserve_seats import ReclaimSeats

ORDER = OrderId(UUID(int=0x0DE))
END = NOW + timedelta(seconds=TTL_S)
LATER = END + timedelta(seconds=1)
LEFT = {"unswept": (0, 1, 2), "swept": (10, 11, 12), "locked since": (20, 21, 22), "half of it taken since": (30, 31)}
"""How the order left its seats, and which; a seat that was locked since has a row that says it is available."""

CONTESTED = 39


class _GivesUpError(Exception):
    """Takes back what a transaction did."""


@dataclass(frozen=True, slots=True)
class Rivals:
    """A sale, the reservation that was not paid in time, and two wishes for its seats."""

    sale: Sale
    late: Reservation
    first: HoldRequest
    second: HoldRequest

    @property
    def seat_ids(self) -> list[SeatId]:
        return [seat.seat_id for seat in self.late.seats]

    async def seats(self) -> dict[str, set[UUID | None]]:
        """Return how the seats stand, and whose those are."""
        async with connected(self.sale.admin_url) as admin:
            rows = await admin.fetch(
                f"select status, reservation_id from {SEATS_NOW} s where id = any($1::uuid[])", self.seat_ids
            )
        found: dict[str, set[UUID | None]] = {}
        for row in rows:
            found.setdefault(row["status"], set()).add(row["reservation_id"])
        return found


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody who wants the seats: `begins` is a transaction that has them and did not commit yet."""

    begins: Callable[[Rivals], AbstractAsyncContextManager[None]]
    comes: Callable[[Rivals], Coroutine[Any, Any, object]]
    has: Callable[[Rivals, HoldRequest], dict[str, set[UUID | None]]]


@asynccontextmanager
async def _holds(rivals: Rivals) -> AsyncIterator[None]:
    sale = rivals.sale
    claim = claim_of(rivals.first, Catalogue.of(sale.plan, sale.layout, ()))
    async with tenant_transaction(sale.pool, sale.tenant) as connection:
        assert await send(connection, IDS, sale.tenant, [Wish.of(claim, LATER)], look=True) == {}
        yield


@asynccontextmanager
async def _blocks(rivals: Rivals, *, saved: bool = True) -> AsyncIterator[None]:
    sale, asked = rivals.sale, rivals.seat_ids
    async with sale.transactions.begin(sale.tenant) as tx:
        seats = await tx.blocks.lock(sale.plan.id, asked)
        by = a_buyer(sale.tenant).account_id
        block = blocking.block(sale.plan.id, asked, seats=seats, reason="camera", until=None, by=by, now=LATER)
        if saved:
            await tx.blocks.save(block)
        yield
        if not saved:
            await tx.blocks.save(block)


@asynccontextmanager
async def _reclaims(rivals: Rivals, *, saved: bool = True) -> AsyncIterator[None]:
    async with rivals.sale.transactions.begin(rivals.sale.tenant) as tx:
        entry = await tx.seats.lock(rivals.late.id)
        sold = ledger.reclaim(entry.reservation, order_id=ORDER, seats=entry.seats, now=LATER)
        if saved:
            await tx.seats.save([sold])
        yield
        if not saved:
            await tx.seats.save([sold])


def _in_a_batch(rivals: Rivals) -> Coroutine[Any, Any, object]:
    return rivals.sale.process()(rivals.sale.tenant, rivals.second, now=LATER)


async def _after_a_refusal(rivals: Rivals) -> None:
    """Hold in a batch behind one that had a refusal: it looks at the states before it takes them."""
    sale, holds = rivals.sale, rivals.sale.process()
    wishes = [sale.wish(CONTESTED), sale.wish(CONTESTED), rivals.second]
    asked = (holds(sale.tenant, wish, now=LATER) for wish in wishes)
    *_, answer = await asyncio.gather(*asked, return_exceptions=True)
    if isinstance(answer, BaseException):
        raise answer


def _alone(rivals: Rivals) -> Coroutine[Any, Any, object]:
    return rivals.sale.alone(rivals.sale.tenant, rivals.second, now=LATER)


def _is_blocked(rivals: Rivals) -> Coroutine[Any, Any, object]:
    clerk = a_buyer(rivals.sale.tenant, role=Role.BOX_OFFICE)
    block = BlockSeats(rivals.sale.transactions, MemoryClock(LATER))
    return block(rivals.sale.plan.id, rivals.seat_ids, reason="camera", until=None, caller=clerk)


def _is_paid(rivals: Rivals) -> Coroutine[Any, Any, object]:
    reclaim = ReclaimSeats(rivals.sale.transactions, MemoryClock(LATER))
    return reclaim(rivals.late.id, tenant_id=rivals.sale.tenant, order_id=ORDER)


def _held(rivals: Rivals, wish: HoldRequest) -> dict[str, set[UUID | None]]:
    return {"HELD": {wish.reservation_id}}


def _blocked(rivals: Rivals, wish: HoldRequest) -> dict[str, set[UUID | None]]:
    return {"BLOCKED": {None}}


def _sold(rivals: Rivals, wish: HoldRequest) -> dict[str, set[UUID | None]]:
    return {"SOLD": {rivals.late.id}}


RIVALS = {
    "a hold": Rival(_holds, _in_a_batch, _held),
    "a hold alone": Rival(_holds, _alone, _held),
    "a contested hold": Rival(_holds, _after_a_refusal, _held),
    "a block": Rival(_blocks, _is_blocked, _blocked),
    "a locked block": Rival(partial(_blocks, saved=False), _is_blocked, _blocked),
    "a late payment": Rival(_reclaims, _is_paid, _sold),
    "a locked late payment": Rival(partial(_reclaims, saved=False), _is_paid, _sold),
}
PAIRS = [
    (first, second)
    for first in ("a hold", "a block", "a locked block", "a late payment", "a locked late payment")
    for second in ("a hold", "a hold alone", "a contested hold", "a block", "a late payment")
    if first == "a hold" or not first.endswith(second.removeprefix("a "))
]
"""Two blocks are one another's, and so are two payments of one order."""


@pytest.fixture
async def sale(postgres: PostgresServer) -> AsyncIterator[Sale]:
    async with on_sale(postgres) as sale:
        yield sale


async def left(sale: Sale, how: str, *, beside: int) -> Rivals:
    """Let an order have seats until its time is over, and leave them in this way."""
    places, grant = [place + beside for place in LEFT[how]], sale.process()
    late = (await grant(sale.tenant, sale.wish(*places), now=NOW)).reservation
    async with sale.transactions.begin(sale.tenant) as tx:
        entry = await tx.seats.lock(late.id)
        by = Holder(late.account_id)
        change = ledger.reserve(entry.reservation, by=by, order_id=ORDER, until=END, seats=entry.seats, now=NOW)
        await tx.seats.save([change])
    if how != "unswept":
        async with sale.transactions.begin(sale.tenant) as tx:
            assert len(await tx.seats.expire([late.id], now=END, wait=True)) == 1
    if how == "locked since":
        async with sale.transactions.begin(sale.tenant) as tx:
            assert len((await tx.seats.lock(late.id)).seats) == len(places)
    if how == "half of it taken since":
        # By a hold that ended as well: some seats have a row, and some have none.
        await grant(sale.tenant, sale.wish(*places[:1]), now=LATER - timedelta(seconds=TTL_S))
    return Rivals(sale, change.reservation, sale.wish(*places), sale.wish(*places))


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_who_comes_second_waits_and_has_the_seats_only_if_the_first_gives_up(
    sale: Sale, first: str, second: str
) -> None:
    for how, gives_up in product(LEFT, (False, True)):
        rivals = await left(sale, how, beside=5 * gives_up)
        refused: list[SeatTakenError] = []
        with suppress(_GivesUpError):
            async with RIVALS[first].begins(rivals):
                coming = asyncio.create_task(RIVALS[second].comes(rivals))
                await sale.waits()
                if gives_up:
                    raise _GivesUpError
        try:
            await coming
        except SeatTakenError as error:
            refused.append(error)
        owner, wish = (RIVALS[second], rivals.second) if gives_up else (RIVALS[first], rivals.first)
        assert await rivals.seats() == owner.has(rivals, wish), (how, gives_up)
        assert [len(error.problems) for error in refused] == ([] if gives_up else [len(rivals.seat_ids)]), how
