"""What holds of every verdict, whatever the rules, the facts and the policies."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from core.resale.law.facts import Fact, FactValue, PriceComponents, ResaleFacts, Where
from core.resale.law.rule import (
    AppliesAt,
    Base,
    Combination,
    Compared,
    Confidence,
    Duty,
    Hook,
    Lift,
    Operator,
    Predicate,
    Rule,
    RuleKind,
    RuleStatus,
)
from core.resale.law.rulebook import Rulebook
from core.resale.policies.policy import Channel, PolicyChain, ResalePolicy, VerificationKind
from core.resale.verdicts.validation import validate_resale
from core.resale.verdicts.verdict import Verdict
from core.shared.money import Money
from tests.resale_builders import NOON, codes, facts_of
from tests.resale_rules import a_rule

PRICE_CODES = {"resale.price_too_high", "resale.price_too_low"}
DAYS = [None, NOON.date() - timedelta(days=30), NOON.date(), NOON.date() + timedelta(days=1)]
ANSWERS: Mapping[Fact, tuple[FactValue, ...]] = {
    Fact.EVENT_KIND: ("concert", "sport"),
    Fact.VENUE_CAPACITY: (200, 3_000, 5_001),
    Fact.SELLER_TRADER: (True, False),
    Fact.CHARITY: (True, False),
    Fact.CHANNEL_ONLINE: (True, False),
    Fact.CHANNEL_AUTHORISED: (True, False),
    Fact.SELLER_LICENSED: (True, False),
}

FACTS = st.sampled_from(
    [*ANSWERS, *[Fact.EVENT_KIND, Fact.VENUE_CAPACITY, Fact.SELLER_TRADER, Fact.CHARITY, Fact.CHANNEL_ONLINE] * 3]
)
PREDICATES = st.sampled_from(
    [
        Predicate(Fact.EVENT_KIND, Operator.IS, ("sport",)),
        Predicate(Fact.EVENT_KIND, Operator.IN, ("sport", "concert")),
        Predicate(Fact.VENUE_CAPACITY, Operator.AT_MOST, (3_000,)),
        Predicate(Fact.VENUE_CAPACITY, Operator.MORE_THAN, (5_000,)),
        Predicate(Fact.SELLER_TRADER, Operator.IS, (True,)),
        Predicate(Fact.SELLER_TRADER, Operator.IS, (False,)),
        Predicate(Fact.CHARITY, Operator.IS, (False,)),
        Predicate(Fact.CHANNEL_ONLINE, Operator.IS, (True,)),
    ]
)
ALTERNATIVES = st.lists(PREDICATES, min_size=1, max_size=2).map(tuple)
SCOPES = st.one_of(
    st.just(()), PREDICATES.map(lambda one: ((one,),)), st.lists(ALTERNATIVES, min_size=1, max_size=2).map(tuple)
)
FACTORS = st.sampled_from([Decimal(1), Decimal("1.05"), Decimal("1.1"), Decimal("2.5")])
KINDS = st.sampled_from([RuleKind.MULTIPLIER] * 12 + [RuleKind.FACE_VALUE, RuleKind.DISCLOSURE] * 4 + list(RuleKind))


def mostly[T](usual: T, *others: T) -> st.SearchStrategy[T]:
    """Return the usual value, and now and then one of the others: rules that all sleep prove nothing."""
    return st.sampled_from([usual] * 9 * len(others) + list(others))


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    return tuple(draw(a_drawn_rule(f"RULE-{number}")) for number in range(draw(st.integers(1, 4))))


@st.composite
def a_drawn_rule(draw: st.DrawFn, name: str) -> Rule:
    kind = draw(KINDS)
    place = draw(mostly("US-ME", "US", "US-CT"))
    return a_rule(
        place,
        kind,
        id=name,
        value=draw(FACTORS) if kind in {RuleKind.MULTIPLIER, RuleKind.FIXED_MARKUP} else None,
        currency=draw(mostly("USD", "EUR")) if kind is RuleKind.FIXED_MARKUP else None,
        base=draw(st.sampled_from(Base)),
        scope=draw(SCOPES),
        combination=draw(st.sampled_from(Combination)),
        group=f"{place}-G",
        lifted_by=draw(mostly(frozenset[Lift](), frozenset(Lift))),
        duties=draw(mostly(frozenset[Duty](), frozenset({Duty.SELLER_LICENCE}))),
        applies_at=draw(mostly(AppliesAt.RESALE, AppliesAt.FIRST_SALE)),
        hook=draw(mostly(Hook.EVENT, Hook.BUYER, Hook.SELLER)),
        compared=draw(mostly(Compared.SELLER_ASK, *Compared)),
        status=draw(mostly(RuleStatus.IN_FORCE, RuleStatus.PROPOSED, RuleStatus.UNVERIFIED)),
        confidence=draw(mostly(Confidence.HIGH, Confidence.LOW)),
        effective_from=draw(mostly(None, *DAYS)),
        effective_to=draw(mostly(None, *DAYS)),
    )


MINOR = st.integers(0, 30_000)
AMOUNTS = MINOR.map(lambda minor: Money(minor, "USD"))
MAYBE = st.one_of(st.none(), AMOUNTS)
MAINE, CONNECTICUT = (Where(country="US", subdivision=part) for part in ("US-ME", "US-CT"))


@st.composite
def facts(draw: st.DrawFn) -> ResaleFacts:
    usual = Money(10_007, "USD")
    components = PriceComponents(
        face=draw(mostly(usual, None)),
        mandatory_fees=draw(mostly(Money(1_203, "USD"), None)),
        tax=draw(mostly(Money(811, "USD"), None)),
        fee_printed=draw(mostly(True, False, None)),
        transaction_costs=draw(mostly(None, Money(407, "USD"))),
        paid_by_seller=draw(mostly(Money(9_001, "USD"), None)),
    )
    known = draw(st.fixed_dictionaries({}, optional={fact: st.sampled_from(of) for fact, of in ANSWERS.items()}))
    return replace(
        facts_of("US-ME", draw(AMOUNTS), components, known),
        transfer_count=draw(st.sampled_from([None, 0, 1, 2])),
        first_sold_on=draw(st.sampled_from([None, date(2026, 1, 1), NOON.date() - timedelta(days=30)])),
        channel=draw(st.sampled_from([None, *Channel])),
        verifications=draw(st.frozensets(st.sampled_from(VerificationKind), max_size=2)),
        buyer_place=draw(mostly(MAINE, None, CONNECTICUT)),
        seller_place=draw(mostly(MAINE, None, CONNECTICUT)),
        buyer_fees=draw(mostly(Money(0, "USD"), Money(250, "USD"), None)),
        buyer_tax=draw(mostly(Money(0, "USD"), Money(25, "USD"), None)),
    )


@st.composite
def policies(draw: st.DrawFn) -> ResalePolicy:
    cutoffs = mostly(None, timedelta(hours=1), timedelta(days=400))
    return ResalePolicy(
        allowed=draw(mostly(None, True, False)),
        multiplier_basis_points=draw(st.sampled_from([None, 0, 9_999, 10_000, 15_000])),
        price_max=draw(MAYBE),
        price_min=draw(mostly(None, Money(500, "USD"), Money(20_000, "USD"))),
        transfers_max=draw(mostly(None, 0, 1, 5)),
        listing_cutoff=draw(cutoffs),
        resale_cutoff=draw(cutoffs),
        verifications=draw(mostly(frozenset[VerificationKind](), frozenset({VerificationKind.IDENTITY}))),
        approved_channels=draw(mostly(None, frozenset({Channel.FAIRSEAT}))),
    )


CHAINS = st.lists(policies(), max_size=2).map(tuple)
THOROUGHLY = settings(max_examples=40, deadline=None)


def judge(about: ResaleFacts, of: tuple[Rule, ...], chain: PolicyChain = ()) -> Verdict:
    return validate_resale(about, Rulebook.of("drawn", of), chain, NOON)


def highest(verdict: Verdict) -> float:
    """Return the highest price in minor units, beyond all numbers where there is none."""
    return float("inf") if verdict.price_max is None else verdict.price_max.amount_minor


@THOROUGHLY
@given(facts(), rules(), CHAINS, MINOR)
def test_lowering_a_price_denies_nothing_but_for_the_organisers_floor(
    about: ResaleFacts, of: tuple[Rule, ...], chain: PolicyChain, other: int
) -> None:
    cheaper = replace(about, price=Money(min(other, about.price.amount_minor), "USD"))
    before, after = judge(about, of, chain), judge(cheaper, of, chain)

    assert codes(after) - codes(before) <= {"resale.price_too_low"}
    assert (before.price_max, before.price_min) == (after.price_max, after.price_min)


@THOROUGHLY
@given(facts(), rules(), CHAINS)
def test_the_highest_price_is_the_last_that_is_not_too_high(
    about: ResaleFacts, of: tuple[Rule, ...], chain: PolicyChain
) -> None:
    most = judge(about, of, chain).price_max
    if most is None:
        assert "resale.price_too_high" not in codes(judge(about, of, chain))
        return
    above = judge(replace(about, price=most + Money(1, "USD")), of, chain)
    assert not above.allowed
    if codes(above) == {"resale.price_too_high"} and most.amount_minor > 0:
        assert not codes(judge(replace(about, price=most), of, chain)) - {"resale.price_too_low"}


@THOROUGHLY
@given(facts(), rules(), CHAINS, policies(), st.integers(0, 2))
def test_one_policy_more_never_allows_more(
    about: ResaleFacts, of: tuple[Rule, ...], chain: PolicyChain, more: ResalePolicy, position: int
) -> None:
    before = judge(about, of, chain)
    after = judge(about, of, (*chain[:position], more, *chain[position:]))

    assert codes(before) <= codes(after)
    assert before.allowed or not after.allowed
    assert highest(after) <= highest(before)


@THOROUGHLY
@given(facts(), rules(), CHAINS, st.randoms())
def test_a_verdict_is_a_function_of_its_facts_and_not_of_the_order_of_the_rules(
    about: ResaleFacts, of: tuple[Rule, ...], chain: PolicyChain, chance: Random
) -> None:
    shuffled = list(of)
    chance.shuffle(shuffled)
    verdict = judge(about, of, chain)

    assert verdict == judge(about, tuple(shuffled), chain)
    assert hash(verdict) == hash(judge(replace(about, known=dict(reversed(about.known.items()))), of, chain))


@THOROUGHLY
@given(facts(), rules(), FACTS)
def test_what_is_allowed_while_a_fact_is_not_known_is_allowed_whatever_it_turns_out_to_be(
    about: ResaleFacts, of: tuple[Rule, ...], fact: Fact
) -> None:
    untold = {one: value for one, value in about.known.items() if one is not fact}
    unknown = judge(replace(about, known=untold), of)
    told = [judge(replace(about, known=untold | {fact: value}), of) for value in ANSWERS[fact]]

    assert not unknown.allowed or all(one.allowed for one in told)
    assert all(highest(unknown) <= highest(one) for one in told)


@THOROUGHLY
@given(facts(), rules(), st.sampled_from([None, date(2026, 1, 1), NOON.date()]))
def test_what_is_allowed_while_places_and_days_are_not_known_is_allowed_when_they_are(
    about: ResaleFacts, of: tuple[Rule, ...], day: date | None
) -> None:
    somewhere = replace(about, event_place=Where(country="US"), first_sold_on=None)
    unknown = judge(somewhere, of)
    for told in (replace(somewhere, event_place=MAINE), replace(somewhere, first_sold_on=day)):
        assert highest(unknown) <= highest(judge(told, of))
        assert judge(told, of).allowed or not unknown.allowed


LIFTING = {Fact.CHANNEL_AUTHORISED, Fact.SELLER_LICENSED}


@THOROUGHLY
@given(facts(), rules(), FACTS.filter(lambda fact: fact not in LIFTING))
def test_a_missing_fact_that_costs_the_resale_is_named(about: ResaleFacts, of: tuple[Rule, ...], fact: Fact) -> None:
    untold = {one: value for one, value in about.known.items() if one is not fact}
    unknown = judge(replace(about, known=untold), of)
    told = [judge(replace(about, known=untold | {fact: value}), of) for value in ANSWERS[fact]]

    if not unknown.allowed and any(one.allowed for one in told) and not unknown.warnings:
        assert fact in unknown.assumed
