"""What another rulebook says differently, and what that does to one listing."""

from dataclasses import dataclass, fields
from enum import StrEnum

from core.resale.law.rule import Rule
from core.resale.law.rulebook import Rulebook
from core.resale.market.listing_status import ListingKind
from core.resale.market.sellable import refusal_of
from core.resale.verdicts.verdict import Verdict


@dataclass(frozen=True, slots=True)
class MemberChange:
    """One member of a rule, by its name, as it was and as it is."""

    name: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that both rulebooks have, and its members that differ."""

    before: Rule
    after: Rule
    members: tuple[MemberChange, ...]


@dataclass(frozen=True, slots=True)
class RulebookDiff:
    """Rules in the order of their ids; nothing for two rulebooks that say the same."""

    added: tuple[Rule, ...]
    removed: tuple[Rule, ...]
    changed: tuple[RuleChange, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)


def rulebook_diff(before: Rulebook, after: Rulebook) -> RulebookDiff:
    """Return what the second says differently; a rule is the same one as long as its id is."""
    old, new = {rule.id: rule for rule in before.rules}, {rule.id: rule for rule in after.rules}
    pairs = ((rule, new[rule.id]) for rule in before.rules if rule.id in new)
    return RulebookDiff(
        added=tuple(rule for rule in after.rules if rule.id not in old),
        removed=tuple(rule for rule in before.rules if rule.id not in new),
        changed=tuple(RuleChange(was, now, _members(was, now)) for was, now in pairs if was != now),
    )


def _members(before: Rule, after: Rule) -> tuple[MemberChange, ...]:
    names = (member.name for member in fields(Rule))
    found = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return tuple(MemberChange(name, was, now) for name, was, now in found if was != now)


class Effect(StrEnum):
    """What the other rulebook does to a listing."""

    BECOMES_UNLAWFUL = "becomes_unlawful"
    """It may not be sold any more: not at this price, or not before its seller has brought evidence."""

    BECOMES_LAWFUL = "becomes_lawful"
    CEILING_CHANGES = "ceiling_changes"
    """It is as lawful as before, and another price is the highest one."""

    UNCHANGED = "unchanged"


def effect_of(before: Verdict, after: Verdict, *, kind: ListingKind = ListingKind.LISTING) -> Effect:
    """Return what is different between two verdicts about one listing at one moment, as the market acts on them.

    It lets nothing be sold whose seller still has to bring evidence, lawful or not.
    """
    was_sold, is_sold = (refusal_of(verdict, kind=kind) is None for verdict in (before, after))
    if was_sold is not is_sold:
        return Effect.BECOMES_LAWFUL if is_sold else Effect.BECOMES_UNLAWFUL
    return Effect.UNCHANGED if before.price_max == after.price_max else Effect.CEILING_CHANGES
