"""What a verdict rests on, as a document that can be kept, hashed, and judged again."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import cast

from core.resale.law.facts import ResaleFacts
from core.resale.policies.policy import PolicyChain
from core.resale.receipts.canonical import Json, canonical_json
from core.shared.money import Money
from core.shared.time import spoken, utc


def grounds_of(facts: ResaleFacts, policy: PolicyChain, *, as_of: datetime) -> dict[str, Json]:
    """Return everything but the rulebook that the verdict is a function of; the receipt has the hash of it.

    Every member of the facts is in it, None for what is not known, so that no new one can be forgotten here.
    """
    return {"asOf": spoken(as_of), "facts": document_of(facts), "policy": document_of(policy)}


def document_of(value: object) -> Json:
    """Return a value of the core as JSON: dataclasses as objects, sets in order, times in UTC.

    Raises TypeError for what has no spelling of its own, floats above all.
    """
    if isinstance(value, Money):
        return {"amount": value.amount_minor, "currency": value.currency}
    if is_dataclass(value) and not isinstance(value, type):
        return {_camel(each.name): document_of(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value)
        return {str(_scalar(key)): document_of(each) for key, each in members.items()}
    if isinstance(value, Set):
        return sorted(map(document_of, cast("Set[object]", value)), key=canonical_json)
    if isinstance(value, list | tuple):
        return [document_of(each) for each in cast("Sequence[object]", value)]
    return _scalar(value)


def _scalar(value: object) -> Json:
    match value:
        case Enum():
            return _scalar(value.value)
        case None | int() | str():
            return value
        case Decimal():
            return str(value)
        case datetime():
            return spoken(utc(value))
        case date():
            return value.isoformat()
        case timedelta():
            return _duration(value)
        case _:
            raise TypeError(f"a {type(value).__name__} cannot stand in a document")


def _duration(duration: timedelta) -> str:
    """Return an ISO 8601 duration in seconds, such as PT7200S."""
    microseconds = duration // timedelta(microseconds=1)
    sign, (seconds, rest) = "-" if microseconds < 0 else "", divmod(abs(microseconds), 1_000_000)
    fraction = f".{rest:06d}" if rest else ""
    return f"{sign}PT{seconds}{fraction}S"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
