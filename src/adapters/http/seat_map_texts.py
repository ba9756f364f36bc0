"""The text of a seat map: what stays as it is between two versions of a plan is written once, the states each time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched, chain
from typing import Self, cast

import msgspec
from msgspec import UNSET, Raw, UnsetType

from adapters.http.content_codings import Coding, Packer
from adapters.http.money import MoneyBody
from adapters.http.seating_bodies import PriceTierView, SeatBody, TableBody
from adapters.http.seating_views import section_bodies, tier_views
from core.seating.catalogue import Catalogue
from core.seating.plans import PlannedSeat
from core.shared.errors import InvalidInputError, Problem
from usecases.seating.seats_snapshot import WORDS, SeatMap

SEAT_FIELDS = (
    "label",
    "row",
    "number",
    "column",
    "sectionId",
    "status",
    "price",
    "priceTierId",
    "category",
    "x",
    "y",
    "attributes",
    "table",
)
"""What a client may ask for by name, beside the id."""

_CHUNK_SEATS = 1_000
_HOLE_BYTE = b"\0"
"""Where a status is filled in later. JSON writes this byte in no other way than escaped."""

_HOLE = Raw(_HOLE_BYTE)

_WORDS = {ord(letter): msgspec.json.encode(word) for letter, word in WORDS.items()}


@dataclass(frozen=True, slots=True)
class Form:
    """What a client wants of a map: which members of a seat, and seat by seat or in columns."""

    fields: frozenset[str]
    compact: bool = False


def form_of(fields: str | None, *, compact: bool) -> Form:
    """Return what a client asks for, all members when it does not say; raises InvalidInputError."""
    if fields is None:
        return Form(frozenset({"id", *SEAT_FIELDS}), compact)
    asked = frozenset(name for name in fields.split(",") if name)
    unknown = sorted(asked - {"id", *SEAT_FIELDS})
    if unknown:
        message = f"A seat has no field {unknown[0]!r}. It has {', '.join(SEAT_FIELDS)}."
        raise InvalidInputError(message, [Problem("/fields", message)])
    return Form(asked if compact else asked | {"id"}, compact)


class _Chunk:
    """Some seats of the full form: text with a hole for each status. It remembers how it was filled last."""

    def __init__(self, text: bytes) -> None:
        *self._before, self._end = text.split(_HOLE_BYTE)
        self._last: tuple[bytes, bytes] | None = None
        self.size = len(text)

    def filled(self, letters: bytes) -> bytes:
        """Return the seats in these states; it may be called from several threads."""
        last = self._last
        if last is None or last[0] != letters:
            # Without statuses there is no hole, and the letters are not looked at.
            pairs = zip(self._before, map(_WORDS.__getitem__, letters), strict=False)
            last = self._last = letters, b"".join((*chain.from_iterable(pairs), self._end))
        return last[1]


class SeatMapText:
    """One catalogue in one form: `beginning` never changes, `rest` is written for each state of the seats."""

    def __init__(self, beginning: bytes, chunks: Sequence[_Chunk], before_event: bytes, *, form: Form) -> None:
        self._form = form
        self._chunks = chunks
        self._before_event = before_event
        self._packer = Packer(beginning)
        self.size = len(beginning) + 2 * sum(chunk.size for chunk in chunks)
        """Bytes that it takes, about."""

    @classmethod
    def of(cls, catalogue: Catalogue, form: Form) -> Self:
        """Write what can be written once. It takes about a second for 100,000 seats."""
        if form.compact:
            return cls(_columns(catalogue, form.fields)[:-1], (), b',"eventId":', form=form)
        begun = msgspec.json.encode(_facts(catalogue))[:-1] + b',"eventId":'
        return cls(b"", [_Chunk(text) for text in _seats(catalogue, form.fields)], begun, form=form)

    def packed(self, seat_map: SeatMap, coding: Coding) -> bytes:
        """Return the whole text in the coding; it may be called from several threads."""
        return self._packer.packed(b"".join(self._rest(seat_map)), coding)

    def _rest(self, seat_map: SeatMap) -> Iterator[bytes]:
        letters = seat_map.letters.encode()
        yield self._before_event
        yield msgspec.json.encode(str(seat_map.event_id) if seat_map.event_id is not None else None)
        if self._form.compact:
            yield b',"states":"%b"}' % letters if "status" in self._form.fields else b"}"
            return
        catalogue = seat_map.catalogue
        lists = {"sections": section_bodies(catalogue.sections), "priceTiers": _tiers(catalogue)}
        yield b"," + msgspec.json.encode(lists)[1:-1] + b',"seats":['
        for number, chunk in enumerate(self._chunks):
            at = number * _CHUNK_SEATS
            yield b"," if number else b""
            yield chunk.filled(letters[at : at + _CHUNK_SEATS])
        yield b"]}"


def _facts(catalogue: Catalogue) -> dict[str, object]:
    plan = catalogue.plan
    return {"planId": plan.id, "planVersion": plan.version, "pricesChangeAt": catalogue.prices_change_at}


def _tiers(catalogue: Catalogue) -> tuple[PriceTierView, ...]:
    return tier_views(catalogue.tiers, at=catalogue.prices_since)


def _seats(catalogue: Catalogue, fields: frozenset[str]) -> Iterator[bytes]:
    currency = catalogue.plan.ticket_price.currency
    prices: dict[int, MoneyBody] = {}
    for seats in batched(catalogue.seats, _CHUNK_SEATS, strict=False):
        bodies: list[SeatBody] = []
        for seat in seats:
            minor = seat.price_minor
            price = prices.setdefault(minor, MoneyBody(amount=minor, currency=currency))
            bodies.append(_seat_body(seat, price, fields))
        yield msgspec.json.encode(bodies)[1:-1]


def _seat_body(seat: PlannedSeat, price: MoneyBody, fields: frozenset[str]) -> SeatBody:
    def asked[T](name: str, value: T) -> T | UnsetType:
        return value if name in fields else UNSET

    return SeatBody(
        id=seat.id,
        label=asked("label", seat.label),
        row=asked("row", seat.row),
        number=asked("number", seat.number),
        column=asked("column", seat.column),
        section_id=asked("sectionId", seat.section_id),
        status=asked("status", cast("str", _HOLE)),
        price=asked("price", price),
        price_tier_id=asked("priceTierId", seat.price_tier_id),
        category=asked("category", seat.category),
        x=asked("x", seat.x),
        y=asked("y", seat.y),
        attributes=asked("attributes", seat.attributes),
        table=asked("table", _table_body(seat)),
    )


def _table_body(seat: PlannedSeat) -> TableBody | None:
    return TableBody(seat.table.name, seat.table.sale.value) if seat.table is not None else None


def _columns(catalogue: Catalogue, fields: frozenset[str]) -> bytes:
    """Return the compact form up to the event id, and a closing brace."""
    wanted = {name: column(catalogue) for name, column in _COLUMNS.items() if name in fields}
    body = _facts(catalogue)
    if wanted:
        body["currency"] = catalogue.plan.ticket_price.currency
        body["sections"] = section_bodies(catalogue.sections)
        body["priceTiers"] = _tiers(catalogue)
        body["seats"] = {_COLUMN_NAMES.get(name, name): column for name, column in wanted.items()}
    return msgspec.json.encode(body)


def _section_places(catalogue: Catalogue) -> list[int]:
    places = {section.id: place for place, section in enumerate(catalogue.sections)}
    return [places[seat.section_id] for seat in catalogue.seats]


def _tier_places(catalogue: Catalogue) -> list[int | None]:
    places = {tier.id: place for place, tier in enumerate(catalogue.tiers)}
    return [places[seat.price_tier_id] if seat.price_tier_id is not None else None for seat in catalogue.seats]


_COLUMN_NAMES = {"sectionId": "section", "priceTierId": "priceTier"}
_COLUMNS: Mapping[str, Callable[[Catalogue], object]] = {
    "id": lambda plan: [seat.id for seat in plan.seats],
    "label": lambda plan: [seat.label for seat in plan.seats],
    "row": lambda plan: [seat.row for seat in plan.seats],
    "number": lambda plan: [seat.number for seat in plan.seats],
    "column": lambda plan: [seat.column for seat in plan.seats],
    "sectionId": _section_places,
    "price": lambda plan: [seat.price_minor for seat in plan.seats],
    "priceTierId": _tier_places,
    "category": lambda plan: [seat.category for seat in plan.seats],
    "x": lambda plan: [seat.x for seat in plan.seats],
    "y": lambda plan: [seat.y for seat in plan.seats],
    "attributes": lambda plan: [seat.attributes for seat in plan.seats],
    "table": lambda plan: [_table_body(seat) for seat in plan.seats],
}
