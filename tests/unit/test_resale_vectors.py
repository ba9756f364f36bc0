"""The fifteen ceilings that the research of the statutes worked out by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.resale.law.facts import Fact, PriceComponents
from core.resale.law.rule import Base, Rule, RuleKind
from core.resale.policies.policy import PolicyChain
from core.resale.verdicts.verdict import Verdict
from core.shared.money import Money
from tests.resale_builders import a_policy, amount, codes, dollars, facts_of, judged, knowing, sold_for
from tests.resale_rules import NORTH_CAROLINA, RHODE_ISLAND, a_cap, a_rule

MAINE = a_cap("US-ME", name="Maine")
VICTORIA = a_cap("AU-VIC", base=Base.FACE)
NEW_SOUTH_WALES = a_rule("AU-NSW", RuleKind.FACE_VALUE, base=Base.SUPPLY_COST)
FLORIDA = a_rule("US-FL", RuleKind.FIXED_MARKUP, value=Decimal(1), currency="USD", base=Base.FACE)
NORWAY = a_rule("NO", RuleKind.FACE_VALUE, base=Base.FACE_PLUS_PRINTED_FEE)
JAPAN = a_rule("JP", RuleKind.FACE_VALUE, base=Base.FACE)
CONNECTICUT = a_rule("US-CT", RuleKind.DISCLOSURE)
CORRIDOR = (a_policy(multiplier_basis_points=10_500), a_policy(price_max=dollars("130.00")))


def aud(text: str) -> Money:
    return amount(text, "AUD")


def nok(text: str) -> Money:
    return amount(text, "NOK")


VECTORS: dict[str, tuple[tuple[Rule, ...], PriceComponents, PolicyChain, int]] = {
    "US-ME": ((MAINE,), sold_for(dollars("100.00"), fees=2000, tax=345), (), 13_579),
    "AU-VIC 99.95": ((VICTORIA,), sold_for(aud("99.95")), (), 10_994),
    "AU-VIC 100": ((VICTORIA,), sold_for(aud("100.00")), (), 11_000),
    "AU-NSW costs 15": ((NEW_SOUTH_WALES,), sold_for(aud("100.00"), transaction_costs=aud("15.00")), (), 11_000),
    "AU-NSW costs 4": ((NEW_SOUTH_WALES,), sold_for(aud("100.00"), transaction_costs=aud("4.00")), (), 10_400),
    "AU-NSW free": ((NEW_SOUTH_WALES,), sold_for(aud("0.00")), (), 0),
    "US-RI 20": (RHODE_ISLAND, sold_for(dollars("18.50"), tax=150), (), 2_300),
    "US-RI 50": (RHODE_ISLAND, sold_for(dollars("46.73"), tax=327), (), 5_500),
    "US-NC offline": (NORTH_CAROLINA, sold_for(dollars("50.00"), tax=350), (), 5_650),
    "US-FL": ((FLORIDA,), sold_for(dollars("80.00")), (), 8_100),
    "NO fee printed": ((NORWAY,), sold_for(nok("500.00"), fees=2500, fee_printed=True), (), 52_500),
    "NO fee not printed": ((NORWAY,), sold_for(nok("500.00"), fees=2500, fee_printed=False), (), 50_000),
    "JP": ((JAPAN,), sold_for(Money(9_800, "JPY")), (), 9_800),
    "US-ME and organiser": ((MAINE,), sold_for(dollars("123.45")), CORRIDOR, 12_962),
    "US-CT and organiser": (
        (CONNECTICUT,),
        sold_for(dollars("40.00")),
        (a_policy(multiplier_basis_points=15_000),),
        6_000,
    ),
}


@pytest.mark.parametrize(("rules", "first_sale", "policy", "most"), VECTORS.values(), ids=VECTORS)
def test_a_ceiling_is_what_was_worked_out_by_hand(
    rules: tuple[Rule, ...], first_sale: PriceComponents, policy: PolicyChain, most: int
) -> None:
    assert first_sale.face is not None
    currency = first_sale.face.currency

    def asking(amount_minor: int) -> Verdict:
        facts = facts_of(rules[0].place, Money(amount_minor, currency), first_sale)
        return judged(knowing(facts, {Fact.CHANNEL_ONLINE: False}), *rules, policy=policy)

    at_the_ceiling, above = asking(most), asking(most + 1)

    assert at_the_ceiling.price_max == above.price_max == Money(most, currency)
    assert at_the_ceiling.allowed
    assert codes(above) == {"resale.price_too_high"}


def test_a_pass_that_was_free_of_charge_may_be_resold_for_nothing_only() -> None:
    facts = knowing(facts_of("AU-NSW", aud("0.00"), sold_for(aud("100.00"))), {Fact.COMPLIMENTARY: True})

    assert judged(facts, NEW_SOUTH_WALES).allowed
    assert codes(judged(replace(facts, price=aud("0.01")), NEW_SOUTH_WALES)) == {"resale.price_too_high"}


def test_the_arithmetic_is_told_in_sentences() -> None:
    verdict = judged(facts_of("US-ME", dollars("140.00"), sold_for(dollars("100.00"), fees=2000, tax=345)), MAINE)

    assert [step.text for step in verdict.steps] == [
        "Base: price 100.00 USD + mandatory fees 20.00 USD + tax 3.45 USD = 123.45 USD",
        "110 % of 123.45 USD, rounded down = 135.79 USD",
    ]
    assert verdict.remedies == ("Ask at most 135.79 USD.",)
    assert verdict.reasons[0].message == (
        '140.00 USD is more than the 135.79 USD that "Maine" allows (US-ME Code, s. 1).'
    )
