"""Walks a decoded JSON document and notes every fault with a JSON pointer (RFC 6901), instead of stopping at one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from core.seating.layout import is_coordinate
from core.shared.errors import Problem


@dataclass(slots=True)
class Findings:
    """The faults and oddities of one document, in the order that they were found."""

    errors: list[Problem] = field(default_factory=list[Problem])
    warnings: list[Problem] = field(default_factory=list[Problem])


def escaped(member: str) -> str:
    """Return a member's name as it stands in a JSON pointer."""
    return member.replace("~", "~0").replace("/", "~1")


class Cursor:
    """One object of a document. Reading a member that is missing or wrong notes it, and gives a harmless value."""

    __slots__ = ("_findings", "members", "pointer")

    def __init__(self, value: object, pointer: str, findings: Findings) -> None:
        self.pointer = pointer
        self._findings = findings
        self.members: Mapping[str, object] = {}
        if isinstance(value, dict):
            self.members = cast("dict[str, object]", value)
        else:
            findings.errors.append(Problem(pointer, f"An object belongs here, not {_named(value)}."))

    def error(self, member: str, message: str) -> None:
        self._findings.errors.append(Problem(f"{self.pointer}/{escaped(member)}", message))

    def warning(self, member: str, message: str) -> None:
        self._findings.warnings.append(Problem(f"{self.pointer}/{escaped(member)}", message))

    def only(self, known: frozenset[str]) -> None:
        """Note members that the format does not have; they are left out."""
        if self.members.keys() <= known:
            return
        for member in self.members:
            if member not in known:
                self.warning(member[:100], f"The field {member[:100]!r} is not known and was left out.")

    def text(self, member: str, *, length_max: int, may_be_empty: bool = False) -> str:
        value = self.members.get(member)
        if value is None:
            self.error(member, f"{member} is missing.")
            return ""
        if isinstance(value, str) and not value.strip() and not may_be_empty:
            self.error(member, f"{member} is empty.")
            return ""
        return self._text(member, value, length_max)

    def optional_text(self, member: str, *, length_max: int) -> str | None:
        value = self.members.get(member)
        return None if value is None else self._text(member, value, length_max)

    def _text(self, member: str, value: object, length_max: int) -> str:
        if not isinstance(value, str):
            self.error(member, f"A text belongs here, not {_named(value)}.")
            return ""
        if len(value) > length_max:
            self.error(member, f"{member} is longer than {length_max} characters.")
            return ""
        if not value.isprintable():
            self.error(member, f"{member} has control characters.")
            return ""
        return value

    def number(self, member: str) -> float:
        value = self.optional_number(member)
        if value is None:
            self.error(member, f"{member} is missing.")
            return 0.0
        return value

    def optional_number(self, member: str) -> float | None:
        value = self.members.get(member)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.error(member, f"A number belongs here, not {_named(value)}.")
            return 0.0
        if not is_coordinate(value):
            self.error(member, f"{member} is too large.")
            return 0.0
        return float(value)

    def optional_flag(self, member: str) -> bool:
        value = self.members.get(member)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.error(member, f"true or false belongs here, not {_named(value)}.")
        return False

    def optional_choice(self, member: str, choices: frozenset[str]) -> str | None:
        value = self.members.get(member)
        if value is None or (isinstance(value, str) and value in choices):
            return value
        self.error(member, f"One of {', '.join(sorted(choices))} belongs here.")
        return None

    def optional_integer(self, member: str, *, least: int, most: int) -> int | None:
        value = self.members.get(member)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.error(member, f"A whole number from {least} to {most} belongs here.")
            return None
        return value

    def position(self, member: str) -> tuple[float, float]:
        if member not in self.members:
            self.error(member, f"{member} is missing.")
            return (0.0, 0.0)
        return self.optional_position(member)

    def optional_position(self, member: str) -> tuple[float, float]:
        place = self.optional_object(member)
        if place is None:
            return (0.0, 0.0)
        place.only(frozenset({"x", "y"}))
        return (place.number("x"), place.number("y"))

    def optional_object(self, member: str) -> "Cursor | None":
        value = self.members.get(member)
        return None if value is None else Cursor(value, f"{self.pointer}/{escaped(member)}", self._findings)

    def items(self, member: str, *, items_max: int) -> Iterator["Cursor"]:
        if member not in self.members:
            self.error(member, f"{member} is missing.")
            return iter(())
        return self.optional_items(member, items_max=items_max)

    def optional_items(self, member: str, *, items_max: int) -> Iterator["Cursor"]:
        value = self.members.get(member)
        if value is None:
            return
        if not isinstance(value, list):
            self.error(member, f"A list belongs here, not {_named(value)}.")
            return
        items = cast("list[object]", value)
        if len(items) > items_max:
            self.error(member, f"{member} has more than {items_max} entries.")
            return
        for index, item in enumerate(items):
            yield Cursor(item, f"{self.pointer}/{escaped(member)}/{index}", self._findings)


def _named(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
