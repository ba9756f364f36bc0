"""Answers to those who ask for a seat map: written and packed once for all who want the same."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from adapters.http.content_codings import Coding
from adapters.http.seat_map_texts import Form, SeatMapText
from adapters.system.work_context import on_nobodys_behalf
from core.seating.catalogue import Catalogue
from core.shared.ids import PlanId, TenantId
from usecases.seating.seats_snapshot import SeatMap

TEXT_BYTES_MAX = 250_000_000
"""What is written once for a plan and its prices; 100,000 seats take 60 MB in full and 10 MB in columns."""

ANSWER_BYTES_MAX = 150_000_000

_MAKE = b"2"
"""Changes with the code that writes maps, so that no client keeps what older code wrote of the same plan."""

type _Wish = tuple[TenantId, PlanId, Form]


@dataclass(frozen=True, slots=True)
class Answer:
    """A map as it goes over the wire, with the strong entity tag of just these bytes."""

    seat_map: SeatMap
    coding: Coding
    body: bytes
    tag: str


class _Kept[K: Hashable, V]:
    """The newest value of each key, within a number of bytes; what was not asked for longest goes first."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        self._bytes += size - self._values.pop(key, (None, 0))[1]
        self._values[key] = value, size
        while len(self._values) > 1 and self._bytes > self._bytes_max:
            _, (_, gone) = self._values.popitem(last=False)
            self._bytes -= gone


class SeatMapAnswers:
    """The answers of one process. Whose they are is part of every key.

    It decides nothing of how old a map may be: it is given the map (`SeatsSnapshot`), and an answer is used again for
    that very map alone.
    """

    def __init__(self, *, text_bytes_max: int = TEXT_BYTES_MAX, answer_bytes_max: int = ANSWER_BYTES_MAX) -> None:
        self._texts: _Kept[_Wish, tuple[Catalogue, SeatMapText]] = _Kept(text_bytes_max)
        self._answers: _Kept[tuple[_Wish, Coding], Answer] = _Kept(answer_bytes_max)
        self._working: dict[Hashable, asyncio.Task[Any]] = {}

    async def of(self, tenant_id: TenantId, seat_map: SeatMap, form: Form, coding: Coding) -> Answer:
        """Return the map in the form and coding."""
        wish = tenant_id, seat_map.catalogue.plan.id, form
        known = self._answers.get((wish, coding))
        if known is not None and known.seat_map is seat_map:
            return known
        return await self._once((wish, coding, id(seat_map)), lambda: self._answer(wish, seat_map, coding))

    async def _answer(self, wish: _Wish, seat_map: SeatMap, coding: Coding) -> Answer:
        text = await self._once((wish, id(seat_map.catalogue)), lambda: self._text(wish, seat_map))
        # In a thread, since a large plan takes long enough for others to notice.
        body = await asyncio.to_thread(text.packed, seat_map, coding)
        answer = Answer(seat_map, coding, body, _tag(wish, seat_map, coding))
        self._answers.put((wish, coding), answer, len(body))
        return answer

    async def _text(self, wish: _Wish, seat_map: SeatMap) -> SeatMapText:
        known = self._texts.get(wish)
        if known is not None and known[0] is seat_map.catalogue:
            return known[1]
        text = await asyncio.to_thread(SeatMapText.of, seat_map.catalogue, wish[2])
        self._texts.put(wish, (seat_map.catalogue, text), text.size)
        return text

    async def _once[T](self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do the work, or wait for whoever does it already."""
        task: asyncio.Task[T] | None = self._working.get(key)
        if task is None:
            task = self._working[key] = asyncio.create_task(
                work(), name="writing a seat map", context=on_nobodys_behalf()
            )
            task.add_done_callback(lambda _: self._working.pop(key, None))
        return await asyncio.shield(task)


def _tag(wish: _Wish, seat_map: SeatMap, coding: Coding) -> str:
    """Return what tells this answer from every other: a version of a plan has one text for its prices and states."""
    _, plan_id, form = wish
    plan = seat_map.catalogue.plan
    facts = (
        plan_id,
        plan.version,
        plan.updated_at,
        seat_map.catalogue.prices_since,
        form.compact,
        sorted(form.fields),
        seat_map.event_id,
        seat_map.letters,
    )
    return f'"{blake2b(_MAKE + repr(facts).encode(), digest_size=12).hexdigest()}-{coding.value}"'
