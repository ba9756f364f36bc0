"""May this pass be resold, here, now, at this price: one pure function over the rules and the organiser's policies."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.resale.law.facts import Act, Fact, ResaleFacts
from core.resale.law.rule import RuleStatus
from core.resale.law.rulebook import Rulebook
from core.resale.policies.policy import PolicyChain, VerificationKind
from core.resale.verdicts import explanations, organiser
from core.resale.verdicts import objections_of_law as law
from core.resale.verdicts.applying import Places, Standing, standings
from core.resale.verdicts.case import Case, Check, Objection
from core.resale.verdicts.ceilings import Ceiling, original_total
from core.resale.verdicts.checking import check, currency_of
from core.resale.verdicts.duties import duties_of, evidence_for
from core.resale.verdicts.law import legal_ceiling
from core.resale.verdicts.organiser_prices import corridor
from core.resale.verdicts.unmapped import Unmapped, is_mapped
from core.resale.verdicts.verdict import ConsideredRule, RuleOutcome, Step, Verdict
from core.shared.money import Money
from core.shared.time import utc

CHECKS: tuple[Check, ...] = (
    law.foreign_currency,
    law.prohibition,
    law.unknown_ceiling,
    law.above_the_law,
    organiser.not_allowed,
    organiser.cutoff_passed,
    organiser.channel_not_approved,
    organiser.verification_required,
    organiser.changed_hands_too_often,
    organiser.unknown_corridor,
    organiser.outside_the_corridor,
)
"""All that may object, in the order of the reasons: consent before price, the law before the organiser."""

_VERIFICATIONS = tuple(VerificationKind)


def validate_resale(
    facts: ResaleFacts,
    rulebook: Rulebook,
    policy: PolicyChain,
    now: datetime,
    *,
    unmapped: Unmapped = Unmapped.ORIGINAL_TOTAL,
) -> Verdict:
    """Return whether a pass may be listed, resold or given away, the highest price that may be asked, and why.

    Rules of the place of the event decide on the price, those of the buyer's and the seller's place only where they
    say so; all bring their duties. What is not known counts as applying, and never helps the seller. A day is one of
    the event's zone. Raises InvalidInputError for facts that no resale can have: a price below 0 or beyond what could
    be paid, a fact of another type, components in several currencies, a transfer for money; ValueError for a naive now.
    """
    check(facts)
    now = utc(now)
    currency = currency_of(facts)
    places = Places.of(facts, rulebook)
    found = standings(facts, rulebook, places, now.astimezone(_zone(facts.event_time_zone)).date())
    is_sale = facts.act is not Act.TRANSFER
    cautious = is_sale and not is_mapped(facts, rulebook, places)
    case = Case(
        facts,
        policy,
        now,
        currency,
        found,
        legal_ceiling(found, facts, currency),
        original_total(facts, currency) if cautious and unmapped is Unmapped.ORIGINAL_TOTAL else None,
        corridor(policy, facts, currency),
    )
    objections = tuple(dict.fromkeys(objection for check in CHECKS for objection in check(case)))
    return _verdict(case, objections, rulebook.version, _warnings(found, cautious, unmapped))


def _verdict(case: Case, objections: Sequence[Objection], version: str, warnings: tuple[str, ...]) -> Verdict:
    duties = duties_of(case)
    required = {kind for objection in objections for kind in objection.requires}
    if case.is_sale and duties:
        required |= evidence_for(duties, case.facts)
    floor, highest = case.organiser.min_minor, case.ask_max_minor
    asks_nothing = any(objection.asks_nothing for objection in objections)
    rules = _considered(case, {one.reason.rule_id for one in objections if one.asks_nothing}, highest)
    return Verdict(
        allowed=not objections,
        price_max=_price_max(case, highest, asks_nothing),
        price_min=case.money(floor) if floor is not None else None,
        transfer_count=case.facts.transfer_count,
        reasons=tuple([objection.reason for objection in objections]),
        rules=rules,
        steps=_steps(case, highest),
        assumed=_assumed(rules),
        duties=duties,
        remedies=_remedies(case, objections, highest, asks_nothing) if objections else (),
        requires=tuple(sorted(required, key=_VERIFICATIONS.index)),
        warnings=warnings,
        rulebook_version=version,
        as_of=case.now,
    )


def _considered(case: Case, forbidding: set[str | None], highest: int | None) -> tuple[ConsideredRule, ...]:
    bound = forbidding | {rule.id for rule, ceiling in case.law.lowest if ceiling.ask_minor == highest}
    considered: list[ConsideredRule] = []
    for standing in case.found:
        rule = standing.rule
        ceiling = case.law.of_rules.get(rule.id)
        considered.append(
            ConsideredRule(
                id=rule.id,
                version=rule.version,
                place=rule.place,
                name=rule.name,
                citation=rule.citation,
                outcome=RuleOutcome.BOUND if rule.id in bound else standing.outcome,
                ceiling=ceiling.amount if ceiling is not None else None,
                steps=ceiling.steps if ceiling is not None else (),
                assumed=standing.assumed,
                why=standing.why,
            )
        )
    return tuple(considered)


def _assumed(rules: Sequence[ConsideredRule]) -> tuple[Fact, ...]:
    counting = {RuleOutcome.BOUND, RuleOutcome.APPLIED}
    found = {fact for rule in rules if rule.outcome in counting for fact in rule.assumed}
    return tuple(fact for fact in Fact if fact in found) if found else ()


def _price_max(case: Case, highest: int | None, asks_nothing: bool) -> Money | None:
    if asks_nothing or not case.is_sale:
        return case.money(0)
    return case.money(max(highest, 0)) if highest is not None else None


def _steps(case: Case, highest: int | None) -> tuple[Step, ...]:
    """Return the arithmetic of the lowest legal ceiling and of the organiser's, and which of them counts."""
    steps: list[Step] = []
    sources = len(case.organiser.steps)
    for _, ceiling in case.law.lowest[:1]:
        steps += ceiling.steps
        sources += 1
    if isinstance(case.caution, Ceiling):
        steps += case.caution.steps
        sources += 1
    steps += case.organiser.steps
    if highest is not None and sources > 1:
        steps.append(Step(f"The lowest of these = {case.money(highest)}", case.money(highest)))
    return tuple(steps)


def _remedies(case: Case, objections: Sequence[Objection], highest: int | None, asks_nothing: bool) -> tuple[str, ...]:
    remedies = dict.fromkeys(remedy for objection in objections for remedy in objection.remedies)
    about_price = {law.PRICE_TOO_HIGH, organiser.PRICE_TOO_LOW} & {objection.reason.code for objection in objections}
    lowest = case.organiser.min_minor or 0
    if asks_nothing or not about_price or (highest is not None and lowest > highest):
        return tuple(remedies)
    least = f"at least {case.money(lowest)}" if lowest else ""
    most = f"at most {case.money(highest)}" if highest is not None else ""
    return (f"Ask {' and '.join(filter(None, (least, most)))}.", *remedies)


def _warnings(found: Sequence[Standing], cautious: bool, unmapped: Unmapped) -> tuple[str, ...]:
    """Return what is not law, and which rules may be law by now while nobody has verified since when."""
    enacted = tuple(
        explanations.may_hold(standing.rule)
        for standing in found
        if standing.rule.status is RuleStatus.ENACTED_START_UNVERIFIED
    )
    if not cautious:
        return enacted
    return (explanations.CAUTION if unmapped is Unmapped.ORIGINAL_TOTAL else explanations.NO_CAUTION, *enacted)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
