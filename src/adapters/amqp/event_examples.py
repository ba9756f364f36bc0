"""An example of an event, made from its type: plausible, and the same each time."""

import re
from typing import Any
from uuid import UUID
from zlib import crc32

from msgspec import inspect

from ports.events import Envelope, Event

type Json = dict[str, Any]  # Any: a document of JSON is nested as deep as it likes

MOMENT = "2026-11-21T18:00:00Z"
_ID = UUID("01993f2a-7b00-7000-8000-000000000000")
_TEXTS = {
    "currency": "EUR",
    "email": "ann@example.com",
    "time_zone": "Europe/Berlin",
    "slug": "riethsporthalle",
    "label": "Row 4, seat 12",
    "row": "4",
    "number": "12",
}
_NUMBERS = {"minor": 7500, "s": 600, "quantity": 2, "capacity": 2000}


def example_of(event: type[Event], *, source: str) -> Json:
    """Return an event in its envelope, as it is sent; raises TypeError for a type that no example is known of."""
    values: Json = {
        "type": event.event_type,
        "source": source,
        "subject": _id("subject"),
        "data": _example(inspect.type_info(event), "data"),
    }
    envelope = inspect.type_info(Envelope)
    assert isinstance(envelope, inspect.StructType)
    for member in envelope.fields:
        if member.name not in values:
            values[member.name] = _example(member.type, member.name) if member.required else member.default
    return {member.encode_name: values[member.name] for member in envelope.fields}


def _example(kind: inspect.Type, name: str) -> object:
    match kind:
        case inspect.StructType(fields=members):
            return {member.encode_name: _example(member.type, member.name) for member in members}
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return [_example(item, name.removesuffix("s"))]
        case inspect.DictType(key_type=key, value_type=value):
            return {str(_example(key, "kind")): _example(value, f"{name}_value")}
        case inspect.AnyType():
            return name.replace("_", " ")
        case inspect.UnionType(types=kinds):
            return _example(next(one for one in kinds if not isinstance(one, inspect.NoneType)), name)
        case inspect.LiteralType(values=(first, *_)):
            return first
        case _:
            return _plain_example(kind, name)


def _plain_example(kind: inspect.Type, name: str) -> object:
    match kind:
        case inspect.UUIDType():
            return _id(name)
        case inspect.DateTimeType():
            return MOMENT
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return next((number for ending, number in _NUMBERS.items() if _ends(name, ending)), 1)
        case inspect.StrType():
            return next((text for ending, text in _TEXTS.items() if _ends(name, ending)), name.replace("_", " "))
        case _:
            raise TypeError(f"There is no example of a {type(kind).__name__}, which {name} is.")


def _id(name: str) -> str:
    """Return an id that looks like ours, the same for the same name."""
    return str(UUID(int=_ID.int | crc32(name.encode())))


def _ends(name: str, ending: str) -> bool:
    return re.search(rf"(^|_){ending}$", name) is not None
