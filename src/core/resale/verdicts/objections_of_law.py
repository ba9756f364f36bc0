"""What the law says against a resale: consent before price, and then the lowest ceiling."""

from collections.abc import Iterator

from core.resale.law.rule import Lift, Rule, RuleKind
from core.resale.policies.policy import Channel, VerificationKind
from core.resale.verdicts.applying import Standing, lifts_of, would_override
from core.resale.verdicts.case import Case, Objection
from core.resale.verdicts.ceilings import Ceiling, Unreckoned
from core.resale.verdicts.explanations import named, questions
from core.resale.verdicts.verdict import Reason

CURRENCY_MISMATCH = "resale.currency_mismatch"
PROHIBITED = "resale.prohibited"
AUTHORISATION_REQUIRED = "resale.authorisation_required"
PRICE_TOO_HIGH = "resale.price_too_high"

_HOW_TO_LIFT = {
    Lift.ORGANISER_AUTHORISATION: "get the organiser's authorisation, or sell through a channel that it authorised",
    Lift.LICENCE: "show the licence that the rule asks for",
}

_CONSENT_HERE = (
    "Here the organiser consents by its resale policy: allowed is true, or approvedChannels has fairseat (PUT "
    "/organisations/{id}/resale-policy, or of the venue or the ticket)."
)


def foreign_currency(case: Case) -> Iterator[Objection]:
    """No amount is converted: a price in another currency than the first sale cannot be held against a ceiling."""
    if case.is_sale and not case.in_its_currency:
        price = case.facts.price
        message = f"{price} is asked for a pass that was sold in {case.currency}, and amounts are never converted."
        yield Objection(Reason(CURRENCY_MISMATCH, message), (f"Ask in {case.currency}.",))


def prohibition(case: Case) -> Iterator[Objection]:
    """Without consent, or at all, no price makes it lawful."""
    for standing in case.found:
        if not standing.forbids:
            continue
        rule = standing.rule
        remedies = (*_lifting(rule), *_here(case, rule), *_told(case, standing))
        if rule.kind is RuleKind.PROHIBITED:
            message = f"{named(rule)} forbids it at any price ({rule.citation})."
            yield Objection(Reason(PROHIBITED, message, rule.id), remedies, asks_nothing=True)
        else:
            message = f"{named(rule)} forbids it at any price without the organiser's authorisation ({rule.citation})."
            requires = (VerificationKind.ORGANISER_AUTHORISATION,)
            yield Objection(Reason(AUTHORISATION_REQUIRED, message, rule.id), remedies, requires, asks_nothing=True)


def _here(case: Case, rule: Rule) -> tuple[str, ...]:
    """On Fairseat's own market the organiser's consent is a setting: its silence is none, and so it is named."""
    consent = Lift.ORGANISER_AUTHORISATION in rule.lifted_by
    return (_CONSENT_HERE,) if consent and case.facts.channel is Channel.FAIRSEAT else ()


def unknown_ceiling(case: Case) -> Iterator[Objection]:
    """Where there is a ceiling and nobody can reckon it, nothing may be asked."""
    standings = {standing.rule.id: standing for standing in case.found}
    for rule, unknown in case.law.unreckoned:
        remedies = (unknown.remedy, *_lifting(rule), *_told(case, standings[rule.id]))
        yield Objection(Reason(unknown.code, unknown.message, rule.id), remedies, asks_nothing=True)
    if isinstance(case.caution, Unreckoned):
        unknown = case.caution
        yield Objection(Reason(unknown.code, unknown.message), (unknown.remedy,), asks_nothing=True)


def above_the_law(case: Case) -> Iterator[Objection]:
    """Nobody may ask more than the lowest ceiling."""
    if not case.in_its_currency:
        return
    standings = {standing.rule.id: standing for standing in case.found}
    for rule, ceiling in case.law.lowest:
        if case.facts.price.amount_minor > ceiling.ask_minor:
            message = f"{_too_much(case, ceiling)} {named(rule)} allows ({rule.citation})."
            remedies = (*_lifting(rule), *_told(case, standings[rule.id]))
            yield Objection(Reason(PRICE_TOO_HIGH, message, rule.id), remedies)
    caution = case.caution
    if isinstance(caution, Ceiling) and case.facts.price.amount_minor > caution.ask_minor:
        message = f"{_too_much(case, caution)} Fairseat allows out of caution where no law is known; that is no law."
        yield Objection(Reason(PRICE_TOO_HIGH, message))


def _too_much(case: Case, ceiling: Ceiling) -> str:
    if ceiling.ask_minor < 0:
        return "What the buyer pays on top of the price is by itself more than"
    return f"{case.facts.price} is more than the {case.money(ceiling.ask_minor)} that"


def _lifting(rule: Rule) -> Iterator[str]:
    for lift in sorted(lifts_of(rule)):
        yield f"So that {named(rule)} does not hold: {_HOW_TO_LIFT[lift]}."


def _told(case: Case, standing: Standing) -> Iterator[str]:
    if standing.assumed:
        yield f"Say {questions(standing.assumed)}: {named(standing.rule)} counts because that is not known."
    for other in would_override(case.found):
        if other.rule.group == standing.rule.group and other is not standing:
            yield f"Say {questions(other.assumed)}: {named(other.rule)} may hold instead of {named(standing.rule)}."
