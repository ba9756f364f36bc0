"""A rulebook: all the rules that were known at one time, found by place."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from core.resale.rule import Rule


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

    def of_places(self, places: Sequence[str]) -> tuple[Rule, ...]:
        """Return the rules of these places, in the order of the places; dormant ones too."""
        return tuple(rule for place in dict.fromkeys(places) for rule in self._by_place.get(place, ()))

    def parts_of(self, country: str) -> tuple[str, ...]:
        """Return the parts of a country that have rules of their own, in the order of their codes."""
        return self._parts.get(country, ())
