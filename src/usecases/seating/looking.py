"""What this process knows of free seats. It may be old at once: only a hold decides."""

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.seating.catalogue import Catalogue
from core.seating.errors import SeatTakenError
from core.shared.ids import PlanId, SeatId, TenantId
from ports.clock import Clock
from ports.seating import SeatingTransactions
from usecases.seating.catalogues import Catalogues

LAG_MAX = timedelta(milliseconds=250)
"""A picture is looked at for so long after it was read."""

READ_AHEAD_AFTER = timedelta(milliseconds=200)
"""From this age on somebody's look has it read again in the background, so that on a busy plan nobody waits."""

PICTURES_MAX = 1_000
"""Pictures in one process, of 13 KB for 100,000 seats; the plan that was not looked at longest goes first."""

_PINNED = sys.maxsize

type _Key = tuple[TenantId, PlanId]


@dataclass(frozen=True, slots=True)
class Look:
    """A plan, and the bits (`catalogue.masks`) of the seats that look free."""

    catalogue: Catalogue
    free: int

    def has_free(self, seat_ids: Iterable[SeatId]) -> bool:
        """Tell whether the plan has all these seats and they look free."""
        return self.catalogue.masks.are_in(self.free, seat_ids)


@dataclass(slots=True)
class _Picture:
    """Readings are counted, since one that began before something happened may have missed it.

    A mark has the number of readings that had begun when it was made: those that begin later see why. A mark with the
    number _PINNED outlives them all.
    """

    look: Look | None = None
    read_at: datetime | None = None
    begun: int = 0
    ended: int = 0
    reading: asyncio.Task[None] | None = None
    marks: dict[SeatId, int] = field(default_factory=dict[SeatId, int])
    unseen: set[SeatId] = field(default_factory=set[SeatId])

    def mark(self, seat_ids: Iterable[SeatId], *, pinned: bool = False) -> None:
        for id in seat_ids:
            self.marks[id] = _PINNED if pinned else self.begun
            self.unseen.add(id)

    def read(self, catalogue: Catalogue, letters: str, *, number: int, now: datetime) -> None:
        self.marks = {id: begun for id, begun in self.marks.items() if begun >= number}
        self.unseen = set(self.marks)
        self.look, self.read_at, self.ended = Look(catalogue, catalogue.masks.free_in(letters)), now, number

    def is_priced_for(self, now: datetime) -> bool:
        return self.look is not None and self.look.catalogue.is_priced_for(now)

    def seen(self, look: Look) -> Look:
        """Return the look without the seats that were marked meanwhile."""
        if self.unseen:
            masks = look.catalogue.masks
            look = self.look = Look(look.catalogue, masks.without(look.free, self.unseen))
            self.unseen.clear()
        return look


@dataclass(slots=True)
class Pictures:
    """The free seats of plans as this process last saw them, with what it has seen itself since.

    A picture is used again for LAG_MAX, so that reading it costs the same however many ask. Seats that this process
    found or made taken are marked at once; a mark only ever hides a seat, and the next reading decides anew. Seats that
    others took show up within LAG_MAX, and so do those that became free.
    """

    transactions: SeatingTransactions
    catalogues: Catalogues
    clock: Clock
    _known: OrderedDict[_Key, _Picture] = field(
        default_factory=OrderedDict[_Key, _Picture], init=False, repr=False, compare=False
    )

    async def look(self, tenant_id: TenantId, plan_id: PlanId, *, fresh: bool = False) -> Look:
        """Look at a plan; a fresh look is at a reading that began after it was asked for.

        However many ask, one reading of a plan runs at a time. Raises PlanNotFoundError and StoreUnavailableError.
        """
        key = tenant_id, plan_id
        picture = self._known.get(key)
        if picture is None:
            picture = self._known[key] = _Picture()
            while len(self._known) > PICTURES_MAX:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        now = self.clock.now()
        age = None if picture.read_at is None else now - picture.read_at
        # A clock that was put back makes no picture young, and one with other prices than the moment's is old.
        if fresh or age is None or not timedelta(0) <= age < LAG_MAX or not picture.is_priced_for(now):
            wanted = picture.begun + 1 if fresh else picture.ended + 1
            while picture.ended < wanted or not picture.is_priced_for(self.clock.now()):
                await asyncio.shield(self._reading(key, picture))
        elif age >= READ_AHEAD_AFTER:
            self._reading(key, picture)
        assert picture.look is not None, "it was read"
        return picture.seen(picture.look)

    def mark_taken(self, tenant_id: TenantId, plan_id: PlanId, seat_ids: Iterable[SeatId]) -> None:
        """Hide seats of which this process has just learnt that they are taken, until the plan is read again."""
        picture = self._known.get((tenant_id, plan_id))
        if picture is not None:
            picture.mark(seat_ids)

    @contextmanager
    def picked(self, tenant_id: TenantId, plan_id: PlanId, seat_ids: Collection[SeatId]) -> Generator[None]:
        """Hide seats from others who choose in this process, for as long as the block tries to hold them.

        Afterwards they are marked as taken by us, or by somebody before us. When the block fails for another reason,
        the seats may be free after all, so the plan is read again before anybody looks at it.
        """
        picture = self._known.get((tenant_id, plan_id))
        if picture is None:
            yield
            return
        picture.mark(seat_ids, pinned=True)
        try:
            yield
        except SeatTakenError:
            raise
        except BaseException:
            picture.read_at = None
            raise
        finally:
            picture.mark(seat_ids)

    def _reading(self, key: _Key, picture: _Picture) -> asyncio.Task[None]:
        """Return the reading that runs, or begin one."""
        if picture.reading is None or picture.reading.done():
            picture.begun += 1
            picture.reading = asyncio.create_task(self._read(key, picture), name=f"looking at plan {key[1]}")
            picture.reading.add_done_callback(lambda task: self._end(key, picture, task))
        return picture.reading

    def _end(self, key: _Key, picture: _Picture, task: asyncio.Task[None]) -> None:
        failed = task.cancelled() or task.exception() is not None  # nobody may be waiting for a reading ahead
        if failed and picture.look is None and self._known.get(key) is picture:
            del self._known[key]

    async def _read(self, key: _Key, picture: _Picture) -> None:
        tenant_id, plan_id = key
        number = picture.begun
        await self.catalogues.of(tenant_id, plan_id, now=self.clock.now())  # it may take long, and the seats go on
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            seats = await tx.seats.letters(plan_id, now=now)
        catalogue = await self.catalogues.of(tenant_id, plan_id, now=now, newer_than=plan.version - 1)
        picture.read(catalogue, seats.letters, number=number, now=now)
