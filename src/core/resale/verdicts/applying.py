"""Which rules of the places involved apply to a resale, for certain or as far as nobody says otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from core.resale.law.facts import Act, Fact, ResaleFacts, Where
from core.resale.law.rule import CAPS, AppliesAt, Combination, Hook, Lift, Rule, RuleKind
from core.resale.law.rulebook import Rulebook
from core.resale.law.scopes import Assumed, assumptions
from core.resale.policies.policy import VerificationKind
from core.resale.verdicts import explanations
from core.resale.verdicts.verdict import RuleOutcome
from core.shared.places import places_around

FORBIDDING = frozenset({RuleKind.AUTHORISATION, RuleKind.PROHIBITED})


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands to a resale. With `duties_only` it says nothing about the price or the consent."""

    rule: Rule
    outcome: RuleOutcome
    assumed: Assumed = ()
    duties_only: bool = False
    why: str = ""

    @property
    def caps(self) -> bool:
        """Whether the rule has a ceiling for this resale."""
        return self.outcome is RuleOutcome.APPLIED and not self.duties_only and self.rule.kind in CAPS

    @property
    def is_lifted_limb(self) -> bool:
        """Whether the rule would have a ceiling of which the highest of a group counts, and is lifted."""
        lifted = self.outcome is RuleOutcome.LIFTED and self.rule.kind in CAPS
        return lifted and self.rule.combination is Combination.MAX

    @property
    def forbids(self) -> bool:
        return self.outcome is RuleOutcome.APPLIED and not self.duties_only and self.rule.kind in FORBIDDING

    @property
    def overrides(self) -> bool:
        """Whether the rule takes the place of others of its group, if nothing had to be assumed."""
        applies = self.outcome is RuleOutcome.APPLIED and not self.duties_only
        return applies and self.rule.combination is Combination.OVERRIDE


@dataclass(frozen=True, slots=True)
class Places:
    """The places whose rules are looked at, the event's first. `parts` are of a country whose part nobody named."""

    event: tuple[str, ...]
    parts: tuple[str, ...]
    buyer: tuple[str, ...] | None
    seller: tuple[str, ...] | None

    @classmethod
    def of(cls, facts: ResaleFacts, rulebook: Rulebook) -> "Places":
        where = facts.event_place
        return cls(
            places_around(where.country, where.subdivision),
            rulebook.parts_of(where.country) if where.subdivision is None else (),
            _around(facts.buyer_place),
            _around(facts.seller_place),
        )

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.parts, *self.event, *(self.buyer or ()), *(self.seller or ()))

    def role(self, rule: Rule) -> tuple[Assumed, bool] | None:
        """Return what has to be assumed for the rule's hook to catch, and whether only its duties come in.

        None where it does not catch at all. A buyer or seller of whom nobody says where they are counts as being where
        the event is; rules of yet other places come in when that is told.
        """
        at_event: Assumed | None = () if rule.place in self.event else None
        if at_event is None and rule.place in self.parts:
            at_event = (Fact.EVENT_SUBDIVISION,)
        if rule.hook is Hook.EVENT:
            return (at_event, False) if at_event is not None else ((), True)
        known, unknown = (self.buyer, Fact.BUYER_PLACE) if rule.hook is Hook.BUYER else (self.seller, Fact.SELLER_PLACE)
        if known is not None:
            return ((), False) if rule.place in known else None
        return ((*at_event, unknown), False) if at_event is not None else None


def standings(facts: ResaleFacts, rulebook: Rulebook, places: Places, today: date) -> tuple[Standing, ...]:
    """Return how each rule of these places stands, in the order of the places; dormant ones too."""
    found = [_standing(rule, facts, places, today) for rule in rulebook.of_places(places.all)]
    overridden = {one.rule.group: one.rule for one in found if one.overrides and not one.assumed}
    return tuple(_unless_overridden(one, overridden) for one in found) if overridden else tuple(found)


def would_override(found: Sequence[Standing]) -> tuple[Standing, ...]:
    """Return the rules that take the place of others as soon as the facts are told that they hang on."""
    return tuple(one for one in found if one.overrides and one.assumed)


def _standing(rule: Rule, facts: ResaleFacts, places: Places, today: date) -> Standing:
    if not rule.binds:
        return Standing(rule, RuleOutcome.DORMANT, why=explanations.why_dormant(rule))
    role = places.role(rule)
    if role is None:
        return Standing(rule, RuleOutcome.OUT_OF_SCOPE, why=explanations.elsewhere(rule))
    scope = assumptions(rule.scope, facts)
    if scope is None:
        return Standing(rule, RuleOutcome.OUT_OF_SCOPE, why=explanations.out_of_scope(rule))
    at, duties_only = role
    days = _within_dates(rule, facts, today)
    if days is None:
        return Standing(rule, RuleOutcome.OUT_OF_DATE, why=explanations.why_out_of_date(rule))
    assumed = tuple(dict.fromkeys((*at, *scope, *days))) if at or scope or days else ()
    priced = rule.kind in CAPS or rule.kind in FORBIDDING
    if priced and duties_only:
        return _of_duties(rule, assumed, explanations.elsewhere(rule))
    if priced and facts.act is Act.TRANSFER:
        return _of_duties(rule, assumed, explanations.NOT_RESOLD)
    if priced and is_lifted(rule, facts):
        return Standing(rule, RuleOutcome.LIFTED, assumed, why="The organiser's consent or a licence lifts it.")
    return Standing(rule, RuleOutcome.APPLIED, assumed, duties_only, explanations.assuming(assumed))


def _of_duties(rule: Rule, assumed: Assumed, why: str) -> Standing:
    outcome = RuleOutcome.APPLIED if rule.duties else RuleOutcome.OUT_OF_SCOPE
    return Standing(rule, outcome, assumed, duties_only=True, why=why)


def _within_dates(rule: Rule, facts: ResaleFacts, today: date) -> Assumed | None:
    """Return what has to be assumed for the rule's dates to hold, None where they do not."""
    if rule.applies_at is not AppliesAt.FIRST_SALE:
        return () if rule.is_effective_on(today) else None
    if facts.first_sold_on is not None:
        return () if rule.is_effective_on(facts.first_sold_on) else None
    if rule.effective_from is not None and today < rule.effective_from:
        return None
    return () if rule.effective_from is None and rule.effective_to is None else (Fact.FIRST_SOLD_ON,)


def is_lifted(rule: Rule, facts: ResaleFacts) -> bool:
    """Return whether it is known that the organiser consented, or that a licence is held, where that lifts the rule."""
    return any(_holds(lift, facts) for lift in lifts_of(rule))


def lifts_of(rule: Rule) -> frozenset[Lift]:
    """Return what lifts the rule: nothing a prohibition, and the organiser's consent always what needs consent."""
    if rule.kind is RuleKind.PROHIBITED:
        return frozenset()
    if rule.kind is RuleKind.AUTHORISATION:
        return rule.lifted_by | {Lift.ORGANISER_AUTHORISATION}
    return rule.lifted_by


def _holds(lift: Lift, facts: ResaleFacts) -> bool:
    match lift:
        case Lift.ORGANISER_AUTHORISATION:
            consented = VerificationKind.ORGANISER_AUTHORISATION in facts.verifications
            return consented or facts.known.get(Fact.CHANNEL_AUTHORISED) is True
        case Lift.LICENCE:
            return facts.known.get(Fact.SELLER_LICENSED) is True


def _unless_overridden(standing: Standing, by: dict[str | None, Rule]) -> Standing:
    rule = standing.rule
    applies = standing.outcome in {RuleOutcome.APPLIED, RuleOutcome.LIFTED}
    if rule.group is None or rule.group not in by or rule.combination is Combination.OVERRIDE or not applies:
        return standing
    return replace(standing, outcome=RuleOutcome.OVERRIDDEN, why=f"{explanations.named(by[rule.group])} holds instead.")


def _around(where: Where | None) -> tuple[str, ...] | None:
    return places_around(where.country, where.subdivision) if where is not None else None
