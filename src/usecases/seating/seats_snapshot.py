"""The seat map as it is now, looked at once for all who ask at the same moment."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.seating.catalogue import Catalogue
from core.seating.seats import Available, Blocked, Held, Reserved, SeatState, Sold
from core.shared.callers import Caller
from core.shared.errors import UnavailableError
from core.shared.ids import PlanId, SeatId, TenantId
from ports.clock import Clock
from ports.seat_map import MapEventId, SeatMapFeed, SeatMapUnavailableError
from ports.seating import SeatingTransactions, SeatLetters
from usecases.seating.catalogues import Catalogues

AGE_MAX_S = 1.0
"""How old a map may be that is given to somebody else as well, whatever the live map's stream says."""

SEATS_MAX = 500_000
"""Seats whose states are remembered in one process; the plan that was not asked for longest goes first."""

TRIES_MAX = 5

WORDS: Mapping[str, str] = {"A": "AVAILABLE", "H": "HELD", "R": "RESERVED", "S": "SOLD", "B": "BLOCKED"}
"""What clients see for each letter of `core.seating.seats.letter_of`."""

_log = logging.getLogger(__name__)

type _Key = tuple[TenantId, PlanId]


@dataclass(frozen=True, slots=True)
class SeatMap:
    """A plan with all its seats at one moment: seat by seat in the order of `catalogue.seats`, a letter each.

    `event_id` is from where the live map goes on; None while its stream cannot be reached. As long as nothing has
    changed, everybody is given the same object, so whatever is made of it can be kept beside it.
    """

    catalogue: Catalogue
    letters: str
    event_id: MapEventId | None = None

    @property
    def statuses(self) -> dict[SeatId, str]:
        """The words that clients see, in the order of the hall."""
        return {seat.id: WORDS[letter] for seat, letter in zip(self.catalogue.seats, self.letters, strict=True)}


@dataclass(frozen=True, slots=True)
class _Sight:
    seat_map: SeatMap
    seen_at: datetime
    changes_at: datetime | None

    def holds(self, event_id: MapEventId | None, now: datetime) -> bool:
        """Tell whether this may still be shown: nothing was told since, no time was reached, and it is young."""
        if event_id is None or event_id != self.seat_map.event_id:
            return False
        age = now - self.seen_at
        young = timedelta(0) <= age < timedelta(seconds=AGE_MAX_S)
        return young and (self.changes_at is None or now < self.changes_at)


@dataclass(slots=True)
class _Look:
    """A look that has not begun: whoever joins it sees what is at least as new as the moment of joining."""

    fresh: bool
    task: asyncio.Task[SeatMap]


@dataclass(slots=True)
class SeatsSnapshot:
    """Open to any caller of the tenant. It may be old by the time it is read: only a hold decides.

    A map is shown again while the live map's stream stands where it stood when the map was read, no seat or price has
    changed by its time, and the map is less than AGE_MAX_S old. The last is what bounds the error when Redis is wrong
    or an event is late: nothing in PostgreSQL counts the changes of a plan, since a counter that every hold of a plan
    had to raise would make them wait for each other. While the stream cannot be reached nothing is shown again.

    Of many who ask at the same moment one looks; looks at one plan follow each other, so that a plan under fire costs
    one query at a time.
    """

    transactions: SeatingTransactions
    catalogues: Catalogues
    feed: SeatMapFeed
    clock: Clock
    _known: OrderedDict[_Key, _Sight] = field(
        default_factory=OrderedDict[_Key, _Sight], init=False, repr=False, compare=False
    )
    _next: dict[_Key, _Look] = field(default_factory=dict[_Key, _Look], init=False, repr=False, compare=False)
    _last: dict[_Key, asyncio.Task[SeatMap]] = field(
        default_factory=dict[_Key, "asyncio.Task[SeatMap]"], init=False, repr=False, compare=False
    )

    async def __call__(self, plan_id: PlanId, *, caller: Caller, fresh: bool = False) -> SeatMap:
        """Return the map; ended holds show as available. `fresh` shows nothing that was read before this call.

        Raises PlanNotFoundError.
        """
        key = caller.tenant_id, plan_id
        if not fresh:
            known = self._standing(key, await self._last_event_id(key))
            if known is not None:
                return known
        return await asyncio.shield(self._joined(key, fresh=fresh))

    def _joined(self, key: _Key, *, fresh: bool) -> asyncio.Task[SeatMap]:
        """Return the look that begins next."""
        look = self._next.get(key)
        if look is None:
            task = asyncio.create_task(self._look(key, self._last.get(key)), name=f"looking at plan {key[1]}")
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # all who asked may have gone
            look = self._next[key] = _Look(fresh, task)
        look.fresh = look.fresh or fresh
        return look.task

    async def _look(self, key: _Key, before: asyncio.Task[SeatMap] | None) -> SeatMap:
        if before is not None:
            await asyncio.wait([before])
        look = self._next.pop(key)
        self._last[key] = look.task
        try:
            # Before the map is read: a change between the two is told twice, not lost.
            event_id = await self._last_event_id(key)
            known = None if look.fresh else self._standing(key, event_id)
            return known or await self._seen(key, event_id)
        finally:
            if self._last.get(key) is look.task:
                del self._last[key]

    def _standing(self, key: _Key, event_id: MapEventId | None) -> SeatMap | None:
        known = self._known.get(key)
        if known is None or not known.holds(event_id, self.clock.now()):
            return None
        self._known.move_to_end(key)
        return known.seat_map

    async def _seen(self, key: _Key, event_id: MapEventId | None) -> SeatMap:
        now = self.clock.now()
        catalogue, seen = await self._read(key, now)
        known = self._known.pop(key, None)
        seat_map = SeatMap(catalogue, seen.letters, event_id)
        if known is not None and _is_same(known.seat_map, seat_map):
            seat_map = known.seat_map
        ends = [at for at in (seen.changes_at, catalogue.prices_change_at) if at is not None]
        self._known[key] = _Sight(seat_map, now, min(ends, default=None))
        while len(self._known) > 1 and sum(len(each.seat_map.letters) for each in self._known.values()) > SEATS_MAX:
            self._known.popitem(last=False)
        return seat_map

    async def _read(self, key: _Key, now: datetime) -> tuple[Catalogue, SeatLetters]:
        """Return a plan with the states of its seats, of one version: the plan's before and after they were read."""
        tenant_id, plan_id = key
        catalogue = await self.catalogues.of(tenant_id, plan_id, now=now)
        for _ in range(TRIES_MAX):
            async with self.transactions.begin(tenant_id) as tx:
                seats = catalogue.seats
                between = (seats[0].id, seats[-1].id) if seats else None
                seen = await tx.seats.letters(plan_id, now=now, between=between)
                version = (await tx.plans.get(plan_id)).version
            if version == catalogue.plan.version:
                return catalogue, seen
            catalogue = await self.catalogues.of(tenant_id, plan_id, now=now, newer_than=version - 1)
        raise UnavailableError(f"The plan {plan_id} is changed faster than it can be read.")

    async def _last_event_id(self, key: _Key) -> MapEventId | None:
        try:
            return await self.feed.last_id(*key)
        except SeatMapUnavailableError as error:
            _log.warning("a seat map without an event id: %s", error)
            return None


def _is_same(one: SeatMap, other: SeatMap) -> bool:
    return one.catalogue is other.catalogue and one.event_id == other.event_id and one.letters == other.letters


def word_for(state: SeatState) -> str:
    """Return the word that clients see for a state."""
    match state:
        case Available():
            return "AVAILABLE"
        case Held():
            return "HELD"
        case Reserved():
            return "RESERVED"
        case Sold():
            return "SOLD"
        case Blocked():
            return "BLOCKED"
