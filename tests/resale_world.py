"""Rules, facts and verdicts about resale for tests: a short sentence of what differs from an ordinary case."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from core.resale.facts import EventKind, Fact, FactValue, PriceComponents, ResaleFacts, Where
from core.resale.policy import PolicyChain, ResalePolicy
from core.resale.rule import (
    Base,
    Combination,
    Compared,
    Confidence,
    Operator,
    Predicate,
    Rule,
    RuleKind,
    RuleStatus,
    Scope,
)
from core.resale.rulebook import Rulebook
from core.resale.validation import validate_resale
from core.resale.verdict import ConsideredRule, Verdict
from core.shared.money import Money

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STARTS_AT = datetime(2027, 3, 6, 19, tzinfo=UTC)

OPEN_FACTS: Mapping[Fact, FactValue] = {
    Fact.EVENT_KIND: EventKind.CONCERT,
    Fact.VENUE_CAPACITY: 2_000,
    Fact.COMPLIMENTARY: False,
    Fact.SELLER_TRADER: False,
    Fact.SELLER_HABITUAL: False,
    Fact.SELLER_PROFIT_MOTIVE: False,
    Fact.CHARITY: False,
    Fact.CHANNEL_AUTHORISED: False,
    Fact.CHANNEL_ONLINE: True,
}
"""A private seller of a ticket for a concert, online, without the organiser's leave."""


def dollars(text: str) -> Money:
    return amount(text, "USD")


def amount(text: str, currency: str, *, decimals: int = 2) -> Money:
    return Money(int(Decimal(text).scaleb(decimals)), currency)


def when(fact: Fact, *values: FactValue, operator: Operator = Operator.IS) -> Predicate:
    return Predicate(fact, operator, values)


def only_if(*conditions: Predicate) -> Scope:
    """Return a scope of one alternative, whose conditions all have to hold."""
    return (conditions,)


def a_rule(place: str, kind: RuleKind = RuleKind.DISCLOSURE, **other: Any) -> Rule:  # Any: whatever a rule holds
    """Return a rule in force that binds every resale at its place."""
    given: dict[str, Any] = {
        "id": f"{place}-RULE",
        "version": 1,
        "place": place,
        "name": f"Law of {place}",
        "kind": kind,
        "citation": f"{place} Code, s. 1",
        "source": None,
        "confidence": Confidence.HIGH,
        "status": RuleStatus.IN_FORCE,
        "reviewed_on": date(2026, 11, 21),
        "scope_text": "Every resale",
    }
    return Rule(**(given | other))


def a_cap(place: str, factor: str = "1.1", **other: Any) -> Rule:  # Any: whatever a rule holds
    """Return a rule that allows so many times what the first sale cost in all."""
    given: dict[str, Any] = {"value": Decimal(factor), "base": Base.TOTAL_PAID}
    return a_rule(place, RuleKind.MULTIPLIER, **(given | other))


def a_book(*rules: Rule, version: str = "test") -> Rulebook:
    return Rulebook.of(version, rules)


def sold_for(
    face: Money | None, *, fees: int | None = 0, tax: int | None = 0, **other: Any
) -> PriceComponents:  # Any: whatever components there are
    """Return a first sale; fees and tax in minor units of the same currency."""
    currency = face.currency if face is not None else "USD"
    return PriceComponents(
        face=face,
        mandatory_fees=Money(fees, currency) if fees is not None else None,
        tax=Money(tax, currency) if tax is not None else None,
        **other,
    )


def facts_of(
    place: str, price: Money, first_sale: PriceComponents | None = None, known: Mapping[Fact, FactValue] | None = None
) -> ResaleFacts:
    """Return a resale of a pass for an event at a place, such as US-ME, that nothing comes on top of."""
    country = place.partition("-")[0]
    return ResaleFacts(
        event_place=Where(country=country, subdivision=place if place != country else None),
        event_starts_at=STARTS_AT,
        event_time_zone="UTC",
        price=price,
        components=first_sale if first_sale is not None else sold_for(Money(10_000, price.currency)),
        transfer_count=0,
        first_sold_on=date(2026, 10, 1),
        known=dict(OPEN_FACTS if known is None else known),
        buyer_place=Where(country=country, subdivision=place if place != country else None),
        seller_place=Where(country=country, subdivision=place if place != country else None),
        buyer_fees=Money.zero(price.currency),
        buyer_tax=Money.zero(price.currency),
    )


def knowing(facts: ResaleFacts, told: Mapping[Fact, FactValue]) -> ResaleFacts:
    return replace(facts, known=facts.known | dict(told))


def judged(facts: ResaleFacts, *rules: Rule, policy: PolicyChain = (), now: datetime = NOW) -> Verdict:
    return validate_resale(facts, a_book(*rules), policy, now)


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def considered(verdict: Verdict, rule: Rule) -> ConsideredRule:
    """Return what became of a rule; raises StopIteration when the verdict does not name it."""
    return next(one for one in verdict.rules if one.id == rule.id)


def a_policy(**given: Any) -> ResalePolicy:  # Any: whatever a policy holds
    return ResalePolicy(**given)


RHODE_ISLAND = (
    a_rule(
        "US-RI",
        RuleKind.FIXED_MARKUP,
        id="US-RI-A",
        value=Decimal(3),
        currency="USD",
        base=Base.PRINTED_WITH_TAX,
        combination=Combination.MAX,
        group="US-RI",
        compared=Compared.SELLER_ASK,
    ),
    a_cap(
        "US-RI",
        id="US-RI-B",
        base=Base.PRINTED_WITH_TAX,
        combination=Combination.MAX,
        group="US-RI",
        compared=Compared.SELLER_ASK,
    ),
)
"""Three dollars or a tenth, whichever is greater."""

NORTH_CAROLINA = (
    a_rule(
        "US-NC",
        RuleKind.FIXED_MARKUP,
        id="US-NC-DEFAULT",
        name="North Carolina (default)",
        value=Decimal(3),
        currency="USD",
        base=Base.FACE_PLUS_TAX,
        group="US-NC",
    ),
    a_rule(
        "US-NC",
        RuleKind.DISCLOSURE,
        id="US-NC-INTERNET",
        name="North Carolina (internet exception)",
        combination=Combination.OVERRIDE,
        group="US-NC",
        scope=only_if(
            when(Fact.CHANNEL_ONLINE, True),
            when(Fact.CHANNEL_REFUND_GUARANTEE, True),
            when(Fact.SELLER_TAX_REGISTERED, True),
            when(Fact.ORGANISER_PROHIBITION_FILED, False),
        ),
    ),
)
"""Face value, tax and three dollars, unless the internet exception is met."""
