"""Places whose law about resale nobody knows, and what is done there."""

from enum import StrEnum

from core.resale.law.facts import ResaleFacts
from core.resale.law.rule import Rule, RuleKind, RuleStatus
from core.resale.law.rulebook import Rulebook
from core.resale.law.scopes import assumptions
from core.resale.verdicts.applying import Places
from core.shared.places import EUROPEAN_UNION


class Unmapped(StrEnum):
    """What holds where no rule is known. Neither is law."""

    ORIGINAL_TOTAL = "original_total"
    """Nobody may ask more than the first sale cost in all: no law that was read forbids that to a private seller."""

    NO_CAP = "no_cap"


def is_mapped(facts: ResaleFacts, rulebook: Rulebook, places: Places) -> bool:
    """Return whether the rulebook knows the law about resale at the place of the event.

    The narrowest place decides that has a rule which binds, be its answer that there is no cap, or one that may be law
    and concern this event while nobody knows what it says. What is merely proposed is no law, and what the European
    Union says of traders and platforms is no answer about prices.
    """
    home = tuple(place for place in places.event if place != EUROPEAN_UNION)
    return _is_known(home, facts, rulebook) and all(
        not _is_gap(rulebook.of_places((part,)), facts) for part in places.parts
    )


def _is_known(home: tuple[str, ...], facts: ResaleFacts, rulebook: Rulebook) -> bool:
    for place in home:
        rules = rulebook.of_places((place,))
        if any(rule.binds for rule in rules):
            return True
        if _is_gap(rules, facts):
            return False
    return False


def _is_gap(rules: tuple[Rule, ...], facts: ResaleFacts) -> bool:
    if any(rule.binds for rule in rules):
        return False
    return any(_may_be_law(rule) and assumptions(rule.scope, facts) is not None for rule in rules)


def _may_be_law(rule: Rule) -> bool:
    known = rule.status in {RuleStatus.PROPOSED, RuleStatus.ANNOUNCED, RuleStatus.REPEALED}
    return rule.kind is RuleKind.UNVERIFIED or not known
