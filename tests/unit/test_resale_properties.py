"""What holds of every verdict, whatever the rules, the facts and the policies."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from core.resale.facts import Fact, FactValue, PriceComponents, ResaleFacts, Where
from core.resale.policy import Channel, PolicyChain, ResalePolicy, VerificationKind
from core.resale.rule import (
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
from core.resale.rulebook import Rulebook
from core.resale.validation import validate_resale
from core.resale.verdict import Verdict
from core.shared.money import Money
from tests.resale_world import NOW, a_rule, codes, facts_of

PRICE_CODES = {"resale.price_too_high", "resale.price_too_low"}
DAYS = [None, NOW.date() - timedelta(days=30), NOW.date(), NOW.date() + timedelta(days=1)]
ANSWERS: Mapping[Fact, tuple[FactValue, ...]] = {
    Fact.EVENT_KIND: ("concert", "sport"),
    Fact.VENUE_CAPACITY: (200, 3_000, 5_001),
    Fact.SELLER_TRADER: (True, False),
    Fact.CHARITY: (True, False),
    Fact.CHANNEL_ONLINE: (True, False),
    Fact.CHANNEL_AUTHORISED: (True, False),
    Fact.SELLER_LICENSED: (True, False),
}

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
SCOPES = st.lists(st.lists(PREDICATES, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple)
VALUES = st.sampled_from([Decimal(1), Decimal("1.05"), Decimal("1.1"), Decimal("2.5")])


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    return tuple(draw(a_drawn_rule(f"RULE-{number}")) for number in range(draw(st.integers(0, 5))))


@st.composite
def a_drawn_rule(draw: st.DrawFn, name: str) -> Rule:
    kind = draw(st.sampled_from(RuleKind))
    place = draw(st.sampled_from(["US-ME", "US-ME", "US", "US-CT"]))
    return a_rule(
        place,
        kind,
        id=name,
        value=draw(VALUES) if kind in {RuleKind.MULTIPLIER, RuleKind.FIXED_MARKUP} else None,
        currency=draw(st.sampled_from(["USD", "USD", "EUR"])) if kind is RuleKind.FIXED_MARKUP else None,
        base=draw(st.sampled_from(Base)),
        scope=draw(SCOPES),
        combination=draw(st.sampled_from(Combination)),
        group=draw(st.sampled_from([None, f"{place}-G"])),
        lifted_by=draw(st.frozensets(st.sampled_from(Lift))),
        duties=draw(st.frozensets(st.sampled_from(Duty), max_size=2)),
        applies_at=draw(st.sampled_from(AppliesAt)),
        hook=draw(st.sampled_from([Hook.EVENT, Hook.EVENT, Hook.BUYER, Hook.SELLER])),
        compared=draw(st.sampled_from(Compared)),
        status=draw(st.sampled_from([RuleStatus.IN_FORCE] * 4 + [RuleStatus.PROPOSED, RuleStatus.UNVERIFIED])),
        confidence=draw(st.sampled_from([Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW])),
        effective_from=draw(st.sampled_from(DAYS)),
        effective_to=draw(st.sampled_from(DAYS)),
    )


MINOR = st.integers(0, 3_000).map(lambda minor: minor * 10 + 7)
AMOUNTS = MINOR.map(lambda minor: Money(minor, "USD"))
MAYBE = st.one_of(st.none(), AMOUNTS)
MAINE, CONNECTICUT = (Where(country="US", subdivision=part) for part in ("US-ME", "US-CT"))


@st.composite
def facts(draw: st.DrawFn) -> ResaleFacts:
    components = PriceComponents(
        face=draw(st.one_of(AMOUNTS, AMOUNTS, MAYBE)),
        mandatory_fees=draw(st.one_of(AMOUNTS, AMOUNTS, MAYBE)),
        tax=draw(st.one_of(AMOUNTS, AMOUNTS, MAYBE)),
        fee_printed=draw(st.sampled_from([None, True, False])),
        transaction_costs=draw(MAYBE),
        paid_by_seller=draw(MAYBE),
    )
    known = draw(st.fixed_dictionaries({}, optional={fact: st.sampled_from(of) for fact, of in ANSWERS.items()}))
    return replace(
        facts_of("US-ME", draw(AMOUNTS), components, known),
        transfer_count=draw(st.sampled_from([None, 0, 1, 2])),
        first_sold_on=draw(st.sampled_from([None, date(2026, 1, 1), NOW.date() - timedelta(days=30)])),
        channel=draw(st.sampled_from([None, *Channel])),
        verifications=draw(st.frozensets(st.sampled_from(VerificationKind), max_size=2)),
        buyer_place=draw(st.sampled_from([None, MAINE, CONNECTICUT])),
        seller_place=draw(st.sampled_from([None, MAINE, CONNECTICUT])),
        buyer_fees=draw(st.sampled_from([None, Money(0, "USD"), Money(250, "USD")])),
        buyer_tax=draw(st.sampled_from([None, Money(0, "USD"), Money(25, "USD")])),
    )


@st.composite
def policies(draw: st.DrawFn) -> ResalePolicy:
    cutoffs = st.sampled_from([None, timedelta(hours=1), timedelta(days=400)])
    return ResalePolicy(
        allowed=draw(st.sampled_from([None, True, True, False])),
        multiplier_basis_points=draw(st.sampled_from([None, 0, 9_999, 10_000, 15_000])),
        price_max=draw(MAYBE),
        price_min=draw(MAYBE),
        transfers_max=draw(st.sampled_from([None, 0, 1, 5])),
        listing_cutoff=draw(cutoffs),
        resale_cutoff=draw(cutoffs),
        verifications=draw(st.frozensets(st.sampled_from(VerificationKind), max_size=1)),
        approved_channels=draw(st.one_of(st.none(), st.frozensets(st.sampled_from(Channel), min_size=1))),
    )


CHAINS = st.lists(policies(), max_size=2).map(tuple)
THOROUGHLY = settings(max_examples=60, deadline=None)


def judge(about: ResaleFacts, of: tuple[Rule, ...], chain: PolicyChain = ()) -> Verdict:
    return validate_resale(about, Rulebook.of("drawn", of), chain, NOW)


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
@given(facts(), rules(), st.sampled_from(sorted(ANSWERS)))
def test_what_is_allowed_while_a_fact_is_not_known_is_allowed_whatever_it_turns_out_to_be(
    about: ResaleFacts, of: tuple[Rule, ...], fact: Fact
) -> None:
    untold = {one: value for one, value in about.known.items() if one is not fact}
    unknown = judge(replace(about, known=untold), of)
    told = [judge(replace(about, known=untold | {fact: value}), of) for value in ANSWERS[fact]]

    assert not unknown.allowed or all(one.allowed for one in told)
    assert all(highest(unknown) <= highest(one) for one in told)


@THOROUGHLY
@given(facts(), rules(), st.sampled_from([None, date(2026, 1, 1), NOW.date()]))
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
@given(facts(), rules(), st.sampled_from(sorted(ANSWERS.keys() - LIFTING)))
def test_a_missing_fact_that_costs_the_resale_is_named(about: ResaleFacts, of: tuple[Rule, ...], fact: Fact) -> None:
    untold = {one: value for one, value in about.known.items() if one is not fact}
    unknown = judge(replace(about, known=untold), of)
    told = [judge(replace(about, known=untold | {fact: value}), of) for value in ANSWERS[fact]]

    if not unknown.allowed and any(one.allowed for one in told) and not unknown.warnings:
        assert fact in unknown.assumed
