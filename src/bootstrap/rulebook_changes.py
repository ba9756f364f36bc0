"""What the command line prints of two rulebooks, and of what the second does to the listings."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from msgspec import to_builtins
from rich.console import Console
from rich.table import Table

from adapters.rulebook.words import ceiling_in_words, dates_in_words, scope_in_words
from core.resale.law.rule import Rule, Scope
from core.resale.law.rulebook import Rulebook
from core.resale.market.rulebook_diff import Effect, RulebookDiff, RuleChange
from usecases.resale.compare_rulebooks import PlaceEffects

IDS_SHOWN = 5
"""Listings that a table names of one effect at one place; `--json` has more."""


def print_changes(before: Rulebook, after: Rulebook, diff: RulebookDiff, console: Console) -> None:
    """Print the rules that differ, + for those that came, - for those that went, ~ for those that changed."""
    _line(console, f"from {before.version}")
    _line(console, f"to   {after.version}")
    if diff.is_empty:
        return _line(console, "They say the same.")
    for sign, rules in (("+", diff.added), ("-", diff.removed)):
        for rule in rules:
            sleeps = "" if rule.binds else " (sleeps)"
            _line(console, f"{sign} {rule.id} {rule.place}: {ceiling_in_words(rule)}{sleeps}")
    for change in diff.changed:
        _line(console, f"~ {change.after.id} {change.after.place}:{_binding(change)}")
        for member in change.members:
            _line(console, f"    {member.name}: {_text(member.before)} -> {_text(member.after)}")
    return None


def print_effects(effects: Mapping[str, PlaceEffects], console: Console) -> None:
    """Print what happens to the live listings, place by place, and below that which they are.

    Ids have lines of their own: in a table a narrow terminal would cut them off.
    """
    if not effects:
        return _line(console, "There is no live listing.")
    table = Table("place", *(each.replace("_", " ") for each in Effect), "not judged", box=None)
    for place, found in effects.items():
        counts = [str(found.counts[each]) for each in Effect]
        table.add_row(place, *counts, str(found.not_judged))
    console.print(table)
    for place, found in effects.items():
        named = [f"{listing_id} {each.replace('_', ' ')}" for each in Effect for listing_id in found.ids[each]]
        for told in named[:IDS_SHOWN]:
            _line(console, f"{place} {told}")
        if len(named) > IDS_SHOWN:
            _line(console, f"{place} and {len(named) - IDS_SHOWN} more")
    return None


def as_document(
    before: Rulebook, after: Rulebook, diff: RulebookDiff, effects: Mapping[str, PlaceEffects] | None
) -> dict[str, Any]:
    """Return the same for programs; `listings` is None where no database was asked."""
    return {
        "from": before.version,
        "to": after.version,
        "added": [_rule(rule) for rule in diff.added],
        "removed": [_rule(rule) for rule in diff.removed],
        "changed": [
            {
                "id": change.after.id,
                "members": {
                    member.name: {"from": _plain(member.before), "to": _plain(member.after)}
                    for member in change.members
                },
            }
            for change in diff.changed
        ],
        "listings": None
        if effects is None
        else {
            place: {
                **{each.value: found.counts[each] for each in Effect},
                "not_judged": found.not_judged,
                "ids": {each.value: list(map(str, found.ids[each])) for each in Effect if found.ids[each]},
            }
            for place, found in effects.items()
        },
    }


def _binding(change: RuleChange) -> str:
    if change.before.binds == change.after.binds:
        return "" if change.after.binds else " (sleeps)"
    return " binds now" if change.after.binds else " sleeps now"


def _rule(rule: Rule) -> dict[str, Any]:
    told = {"says": ceiling_in_words(rule), "dates": dates_in_words(rule), "binds": rule.binds}
    return {member.name: _plain(getattr(rule, member.name)) for member in fields(Rule)} | told


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(map(str, cast("frozenset[object]", value)))
    return to_builtins(value)


def _text(value: object) -> str:
    if value is None or value in ("", (), frozenset[object]()):
        return "nothing"
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(str, cast("frozenset[object]", value))))
    return scope_in_words(cast("Scope", value)) if isinstance(value, tuple) else str(value)


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
