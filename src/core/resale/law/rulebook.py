"""A rulebook: all the rules that were known at one time, found by place."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Self, cast

from core.resale.law.rule import Rule
from core.shared.errors import DomainError
from core.shared.places import places_around


class RulebookFaultyError(DomainError):
    """The rulebook cannot be used; each of `problems` points at a file, a rule and a member."""

    code = "resale.rulebook_faulty"


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules under one `version`, which changes with any of them. They stand in the order of their ids."""

    version: str
    rules: tuple[Rule, ...]
    _by_place: Mapping[str, tuple[Rule, ...]] = field(repr=False, compare=False)
    _parts: Mapping[str, tuple[str, ...]] = field(repr=False, compare=False)

    @classmethod
    def of(cls, version: str, rules: Iterable[Rule]) -> Self:
        """Make a rulebook; raises ValueError for two rules of one id."""
        ordered = tuple(sorted(rules, key=lambda rule: rule.id))
        if len({rule.id for rule in ordered}) != len(ordered):
            raise ValueError("each rule of a rulebook has an id of its own")
        by_place: defaultdict[str, list[Rule]] = defaultdict(list)
        for rule in ordered:
            by_place[rule.place].append(rule)
        parts: defaultdict[str, list[str]] = defaultdict(list)
        for place in sorted(by_place):
            if "-" in place:
                parts[place.partition("-")[0]].append(place)
        return cls(
            version,
            ordered,
            {place: tuple(of_place) for place, of_place in by_place.items()},
            {country: tuple(of_country) for country, of_country in parts.items()},
        )

    @classmethod
    def dated(cls, rules: Iterable[Rule]) -> Self:
        """Make a rulebook with the version that `version_of` gives it; raises ValueError as `of` and that do."""
        given = tuple(rules)
        return cls.of(version_of(given), given)

    def of_places(self, places: Sequence[str]) -> tuple[Rule, ...]:
        """Return the rules of these places, in the order of the places; dormant ones too."""
        return tuple(rule for place in dict.fromkeys(places) for rule in self._by_place.get(place, ()))

    def parts_of(self, country: str) -> tuple[str, ...]:
        """Return the parts of a country that have rules of their own, in the order of their codes."""
        return self._parts.get(country, ())

    def selected(self, *, place: str | None = None, on: date | None = None) -> tuple[Rule, ...]:
        """Return the rules, dormant ones too, that hold at a place and whose dates hold the day; None is no condition.

        A place has its own rules and those of what lies around it: US-ME those of the United States as well.
        """
        if place is None:
            found = self.rules
        else:
            country, _, part = place.partition("-")
            found = self.of_places(places_around(country, place if part else None))
        return tuple(rule for rule in found if on is None or rule.is_effective_on(on))


def version_of(rules: Iterable[Rule]) -> str:
    """Return the day of the newest review and the SHA-256 of all that the rules say, such as `2026-11-21.5feb…`.

    The order in which the rules come makes no difference. Raises ValueError for no rules.
    """
    ordered = sorted(rules, key=lambda rule: rule.id)
    if not ordered:
        raise ValueError("a rulebook without rules has no version")
    content = json.dumps([asdict(rule) for rule in ordered], sort_keys=True, separators=(",", ":"), default=_plain)
    newest = max(rule.reviewed_on for rule in ordered)
    return f"{newest}.{hashlib.sha256(content.encode()).hexdigest()}"


def _plain(value: object) -> str | list[str]:
    if isinstance(value, frozenset):
        return sorted(str(word) for word in cast("frozenset[object]", value))
    if isinstance(value, date | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a rule")
