"""Every rule of the rulebook that has a ceiling and binds: at it, one minor unit below it, and one above."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest

from adapters.rulebook.builtin import built_in_rulebook
from core.resale.law.facts import Fact, FactValue, PriceComponents, ResaleFacts
from core.resale.law.rule import CAPS, Base, Operator, Predicate, Rule, RuleKind
from core.resale.verdicts.validation import validate_resale
from core.resale.verdicts.verdict import RuleOutcome
from core.shared.money import Money, minor_unit_exponent
from tests.resale_builders import NOON, codes, considered, facts_of, judged
from tests.resale_rules import a_book

CAPPING = [rule for rule in built_in_rulebook().rules if rule.binds and rule.kind in CAPS]
FACE, FEES, TAX, COSTS, PAID = 9_997, 1_203, 811, 1_201, 8_887
BASES: dict[Base, int] = {
    Base.FACE: FACE,
    Base.FACE_PLUS_TAX: FACE + TAX,
    Base.FACE_PLUS_PRINTED_FEE: FACE + FEES,
    Base.PRINTED_WITH_TAX: FACE + FEES + TAX,
    Base.FACE_PLUS_FEES: FACE + FEES,
    Base.TOTAL_PAID: FACE + FEES + TAX,
    Base.SUPPLY_COST: FACE + 999,
    Base.PAID_BY_SELLER: PAID,
}
"""Amounts of which no tenth is whole, and costs of more than a tenth of the price."""


def meeting(condition: Predicate) -> FactValue:
    """Return a value that just meets the condition."""
    value = condition.values[0]
    return value + 1 if condition.operator is Operator.MORE_THAN and isinstance(value, int) else value


def day_within(rule: Rule) -> date:
    if rule.effective_from is not None:
        return rule.effective_from
    return rule.effective_to - timedelta(days=1) if rule.effective_to is not None else NOON.date()


def within(rule: Rule, price_minor: int) -> tuple[ResaleFacts, datetime]:
    """Return a resale that the first alternative of the rule's scope is about, on a day on which it holds."""
    currency = rule.currency or "EUR"
    sale = PriceComponents(
        face=Money(FACE, currency),
        mandatory_fees=Money(FEES, currency),
        tax=Money(TAX, currency),
        fee_printed=True,
        transaction_costs=Money(COSTS, currency),
        paid_by_seller=Money(PAID, currency),
    )
    known: dict[Fact, FactValue] = {one.fact: meeting(one) for alternative in rule.scope[:1] for one in alternative}
    day = day_within(rule)
    facts = facts_of(rule.place, Money(price_minor, currency), sale, known)
    return replace(facts, first_sold_on=day), datetime.combine(day, time(12), UTC)


def ceiling_minor(rule: Rule) -> int:
    """Return the ceiling, reckoned in fractions and in another way than Fairseat does."""
    assert rule.base is not None
    base = Fraction(BASES[rule.base])
    match rule.kind:
        case RuleKind.MULTIPLIER:
            assert rule.value is not None
            return int(base * Fraction(rule.value))
        case RuleKind.FIXED_MARKUP:
            assert rule.value is not None
            assert rule.currency is not None
            return int(base + Fraction(rule.value) * 10 ** minor_unit_exponent(rule.currency))
        case _:
            return int(base)


def named(rule: Rule) -> str:
    return rule.id


def test_the_rulebook_has_ceilings_of_each_kind() -> None:
    assert {rule.kind for rule in CAPPING} == CAPS
    assert len(CAPPING) > 20


@pytest.mark.parametrize("rule", CAPPING, ids=named)
def test_a_rule_allows_its_ceiling_and_not_a_minor_unit_more(rule: Rule) -> None:
    most = ceiling_minor(rule)
    for asked, allowed in ((most - 1, True), (most, True), (most + 1, False)):
        facts, now = within(rule, asked)
        verdict = judged(facts, rule, now=now)

        assert verdict.allowed is allowed
        assert codes(verdict) == (set() if allowed else {"resale.price_too_high"})
        assert verdict.price_max == Money(most, facts.price.currency)
        assert considered(verdict, rule).outcome is RuleOutcome.BOUND
        assert considered(verdict, rule).assumed == ()


@pytest.mark.parametrize("rule", CAPPING, ids=named)
def test_no_price_above_a_ceiling_passes_the_whole_rulebook(rule: Rule) -> None:
    facts, now = within(rule, ceiling_minor(rule))
    together = validate_resale(facts, built_in_rulebook(), (), now)
    highest = together.price_max

    assert highest is not None
    above, _ = within(rule, highest.amount_minor + 1)
    assert not validate_resale(above, built_in_rulebook(), (), now).allowed
    of_its_group = [one for one in built_in_rulebook().rules if one.group is not None and one.group == rule.group]
    alone = validate_resale(facts, a_book(*(of_its_group or [rule])), (), now).price_max
    assert alone is None or highest.amount_minor <= alone.amount_minor
