"""What a verdict says of each kind of rule, from both sides of what decides."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import permutations

import pytest

from core.resale.law.facts import Act, EventKind, Fact, PriceComponents, Where
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
    Rule,
    RuleKind,
    RuleStatus,
)
from core.resale.policies.policy import VerificationKind
from core.resale.verdicts.unmapped import Unmapped
from core.resale.verdicts.validation import validate_resale
from core.resale.verdicts.verdict import RuleOutcome
from core.shared.errors import InvalidInputError
from core.shared.money import PRICE_MAX_MINOR, Money
from tests.resale_builders import NOON, amount, codes, considered, dollars, facts_of, judged, knowing, sold_for
from tests.resale_rules import NORTH_CAROLINA, RHODE_ISLAND, a_book, a_cap, a_rule, only_if, when

FRANCE = a_rule(
    "FR",
    RuleKind.AUTHORISATION,
    scope=only_if(when(Fact.SELLER_HABITUAL, True)),
    lifted_by=frozenset({Lift.ORGANISER_AUTHORISATION}),
)
CONNECTICUT = a_rule("US-CT", RuleKind.DISCLOSURE, duties=frozenset({Duty.ALL_IN_PRICE}))
BRITAIN = a_rule("GB", RuleKind.DISCLOSURE, id="GB-CRA")
BRITAIN_ANNOUNCED = a_rule(
    "GB", RuleKind.FACE_VALUE, id="GB-CAP", base=Base.FACE_PLUS_FEES, status=RuleStatus.ANNOUNCED
)
EUROS = amount("500.00", "EUR")


def test_habitual_resale_needs_consent_at_any_price() -> None:
    free = facts_of("FR", amount("0.00", "EUR"))
    verdict = judged(knowing(free, {Fact.SELLER_HABITUAL: True}), FRANCE)

    assert codes(verdict) == {"resale.authorisation_required"}
    assert verdict.price_max == Money.zero("EUR")
    assert considered(verdict, FRANCE).outcome is RuleOutcome.BOUND
    assert verdict.requires == (VerificationKind.ORGANISER_AUTHORISATION,)
    assert "authorisation" in verdict.remedies[0]


def test_consent_lifts_what_needs_consent() -> None:
    habitual = knowing(facts_of("FR", EUROS), {Fact.SELLER_HABITUAL: True})
    by_channel = judged(knowing(habitual, {Fact.CHANNEL_AUTHORISED: True}), FRANCE)
    by_evidence = judged(replace(habitual, verifications=frozenset({VerificationKind.ORGANISER_AUTHORISATION})), FRANCE)

    assert by_channel.allowed
    assert by_evidence.allowed
    assert considered(by_channel, FRANCE).outcome is RuleOutcome.LIFTED
    assert by_channel.price_max is None


def test_occasional_resale_is_out_of_the_scope_of_a_rule_about_habit() -> None:
    verdict = judged(facts_of("FR", EUROS), FRANCE)

    assert verdict.allowed
    assert verdict.price_max is None
    assert considered(verdict, FRANCE).outcome is RuleOutcome.OUT_OF_SCOPE


def test_a_missing_fact_counts_as_applying_and_is_named() -> None:
    facts = facts_of("FR", EUROS, known={})
    verdict = judged(facts, FRANCE)

    assert codes(verdict) == {"resale.authorisation_required"}
    assert verdict.assumed == (Fact.SELLER_HABITUAL,)
    assert considered(verdict, FRANCE).assumed == (Fact.SELLER_HABITUAL,)
    assert any("whether the seller resells habitually" in remedy for remedy in verdict.remedies)


def test_a_place_whose_law_has_no_cap_has_no_highest_price() -> None:
    verdict = judged(facts_of("US-CT", dollars("90000.00")), CONNECTICUT)

    assert verdict.allowed
    assert verdict.price_max is None
    assert verdict.duties == (Duty.ALL_IN_PRICE,)
    assert verdict.warnings == ()


@pytest.mark.parametrize("kind", [RuleKind.DISCLOSURE, RuleKind.NONE])
@pytest.mark.parametrize("confidence", [Confidence.HIGH, Confidence.MEDIUM])
def test_a_researched_country_without_a_cap_is_no_unknown_one(kind: RuleKind, confidence: Confidence) -> None:
    verdict = judged(facts_of("DE", EUROS), a_rule("DE", kind, confidence=confidence))

    assert verdict.allowed
    assert verdict.price_max is None


def test_an_announced_cap_is_shown_and_decides_nothing() -> None:
    verdict = judged(facts_of("GB", amount("500.00", "GBP")), BRITAIN, BRITAIN_ANNOUNCED)

    assert verdict.allowed
    assert verdict.price_max is None
    assert considered(verdict, BRITAIN_ANNOUNCED).outcome is RuleOutcome.DORMANT
    assert considered(verdict, BRITAIN_ANNOUNCED).why == "Announced, not in force."


def test_an_enacted_rule_whose_first_day_nobody_verified_decides_nothing_and_is_a_warning() -> None:
    enacted = a_rule("KR", RuleKind.FACE_VALUE, base=Base.FACE, status=RuleStatus.ENACTED_START_UNVERIFIED)
    verdict = judged(facts_of("KR", Money(500_000, "KRW")), a_rule("KR", id="KR-MACROS"), enacted)

    assert verdict.allowed
    assert considered(verdict, enacted).outcome is RuleOutcome.DORMANT
    assert "may hold already" in verdict.warnings[0]


@pytest.mark.parametrize(
    "rules",
    [
        (),
        (a_rule("IS", RuleKind.UNVERIFIED, status=RuleStatus.UNVERIFIED),),
        (a_rule("IS", RuleKind.NONE, confidence=Confidence.LOW),),
        (a_rule("IS", RuleKind.FACE_VALUE, status=RuleStatus.PROPOSED),),
    ],
    ids=["no rule", "unverified", "low confidence", "proposed"],
)
def test_where_no_rule_binds_the_original_total_is_a_caution(rules: tuple[Rule, ...]) -> None:
    total = sold_for(amount("100.00", "EUR"), fees=1_000, tax=50)
    at, above = (judged(facts_of("IS", Money(minor, "EUR"), total), *rules) for minor in (11_050, 11_051))

    assert at.allowed
    assert codes(above) == {"resale.price_too_high"}
    assert above.reasons[0].rule_id is None
    assert "Fairseat's caution, not law" in at.warnings[0]
    assert at.price_max == amount("110.50", "EUR")


def test_an_installation_may_go_without_the_caution() -> None:
    verdict = validate_resale(facts_of("IS", EUROS), a_book(), (), NOON, unmapped=Unmapped.NO_CAP)

    assert verdict.allowed
    assert verdict.price_max is None
    assert "does not say that the law has none" in verdict.warnings[0]


def test_the_law_of_the_union_is_no_answer_about_prices() -> None:
    union = a_rule("EU", RuleKind.DISCLOSURE, duties=frozenset({Duty.TRADER_TRACEABILITY}))
    gap = a_rule("AT", RuleKind.UNVERIFIED, status=RuleStatus.UNVERIFIED)
    verdict = judged(facts_of("AT", EUROS), union, gap)

    assert codes(verdict) == {"resale.price_too_high"}
    assert verdict.duties == (Duty.TRADER_TRACEABILITY,)


def test_a_gap_in_a_part_of_a_country_counts_where_it_may_concern_the_event() -> None:
    football = a_rule(
        "GB-EAW",
        RuleKind.UNVERIFIED,
        status=RuleStatus.UNVERIFIED,
        scope=only_if(when(Fact.EVENT_KIND, EventKind.SPORT)),
    )
    concert = facts_of("GB-ENG", amount("500.00", "GBP"))

    assert judged(concert, BRITAIN, football).allowed
    assert not judged(knowing(concert, {Fact.EVENT_KIND: EventKind.SPORT}), BRITAIN, football).allowed


def test_without_its_part_a_country_counts_as_all_of_its_parts() -> None:
    rules = a_cap("US-ME"), a_rule("US", RuleKind.DISCLOSURE, id="US-FTC")
    verdict = judged(facts_of("US", dollars("110.01")), *rules)

    assert codes(verdict) == {"resale.price_too_high"}
    assert verdict.assumed == (Fact.EVENT_SUBDIVISION,)
    assert judged(facts_of("US-NY", dollars("110.01")), *rules).allowed


def test_the_rule_of_the_events_place_decides_and_not_the_buyers() -> None:
    cap = a_cap("US-ME", duties=frozenset({Duty.DISCLOSE_LOCATION}))
    facts = replace(facts_of("US-CT", dollars("500.00")), buyer_place=Where(country="US", subdivision="US-ME"))
    verdict = judged(facts, cap, CONNECTICUT)

    assert verdict.allowed
    assert verdict.price_max is None
    assert Duty.DISCLOSE_LOCATION in verdict.duties
    assert "where the event is in US-ME" in considered(verdict, cap).why


def test_a_rule_that_asks_for_the_buyers_place_goes_by_it() -> None:
    cap = a_cap("US-ME", hook=Hook.BUYER)
    in_maine = Where(country="US", subdivision="US-ME")
    facts = facts_of("US-CT", dollars("500.00"))
    at_the_event = facts_of("US-ME", dollars("500.00"))

    assert judged(facts, cap, CONNECTICUT).allowed
    assert not judged(replace(facts, buyer_place=in_maine), cap, CONNECTICUT).allowed
    unknown = judged(replace(at_the_event, buyer_place=None), cap)
    assert not unknown.allowed
    assert unknown.assumed == (Fact.BUYER_PLACE,)


def test_of_two_limbs_the_higher_counts_and_binds() -> None:
    verdict = judged(facts_of("US-RI", dollars("23.01"), sold_for(dollars("20.00"))), *RHODE_ISLAND)

    assert verdict.price_max == dollars("23.00")
    assert considered(verdict, RHODE_ISLAND[0]).outcome is RuleOutcome.BOUND
    assert considered(verdict, RHODE_ISLAND[1]).outcome is RuleOutcome.APPLIED
    assert considered(verdict, RHODE_ISLAND[1]).ceiling == dollars("22.00")


def test_a_higher_limb_does_not_help_while_nobody_knows_that_it_applies() -> None:
    low, high = RHODE_ISLAND[1], replace(RHODE_ISLAND[0], scope=only_if(when(Fact.CHARITY, True)))
    facts = facts_of("US-RI", dollars("23.00"), sold_for(dollars("20.00")), known={})

    assert judged(facts, low, high).price_max == dollars("22.00")
    assert judged(knowing(facts, {Fact.CHARITY: True}), low, high).price_max == dollars("23.00")


def test_limbs_of_the_same_unknown_condition_stand_or_fall_together() -> None:
    condition = only_if(when(Fact.CHARITY, True))
    limbs = [replace(limb, scope=condition) for limb in RHODE_ISLAND]
    verdict = judged(facts_of("US-RI", dollars("23.00"), sold_for(dollars("20.00")), known={}), *limbs)

    assert verdict.allowed
    assert verdict.assumed == (Fact.CHARITY,)


EXCEPTION: dict[Fact, bool] = {
    Fact.CHANNEL_REFUND_GUARANTEE: True,
    Fact.SELLER_TAX_REGISTERED: True,
    Fact.ORGANISER_PROHIBITION_FILED: False,
}


def test_an_exception_takes_the_place_of_the_rule_when_all_of_it_is_known() -> None:
    facts = knowing(facts_of("US-NC", dollars("500.00"), sold_for(dollars("50.00"), tax=350)), EXCEPTION)
    verdict = judged(facts, *NORTH_CAROLINA)

    assert verdict.allowed
    assert considered(verdict, NORTH_CAROLINA[0]).outcome is RuleOutcome.OVERRIDDEN
    assert verdict.price_max is None


@pytest.mark.parametrize("unknown", EXCEPTION)
def test_an_exception_does_not_help_while_one_of_its_facts_is_missing(unknown: Fact) -> None:
    told = {fact: value for fact, value in EXCEPTION.items() if fact is not unknown}
    facts = knowing(facts_of("US-NC", dollars("56.51"), sold_for(dollars("50.00"), tax=350)), told)
    verdict = judged(facts, *NORTH_CAROLINA)

    assert codes(verdict) == {"resale.price_too_high"}
    assert unknown in verdict.assumed
    assert any('North Carolina (internet exception)" may hold instead' in remedy for remedy in verdict.remedies)


def test_nothing_lifts_a_prohibition() -> None:
    rule = a_rule("PT", RuleKind.PROHIBITED, lifted_by=frozenset(Lift))
    verdict = judged(knowing(facts_of("PT", EUROS), {Fact.CHANNEL_AUTHORISED: True}), rule)

    assert codes(verdict) == {"resale.prohibited"}
    assert verdict.price_max == Money.zero("EUR")


def test_a_licence_lifts_a_cap_that_it_lifts() -> None:
    cap = a_cap("IL", lifted_by=frozenset({Lift.LICENCE}))
    facts = facts_of("IL", amount("500.00", "ILS"))

    assert codes(judged(facts, cap)) == {"resale.price_too_high"}
    assert judged(knowing(facts, {Fact.SELLER_LICENSED: True}), cap).allowed


@pytest.mark.parametrize(
    ("day", "applies"),
    [(date(2026, 6, 30), False), (date(2026, 7, 1), True), (date(2028, 6, 30), True), (date(2028, 7, 1), False)],
)
def test_a_rule_holds_from_its_first_day_until_the_day_before_its_end(day: date, applies: bool) -> None:
    rule = a_cap("US-VT", effective_from=date(2026, 7, 1), effective_to=date(2028, 7, 1))
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=NOON.tzinfo)
    verdict = judged(facts_of("US-VT", dollars("500.00")), rule, a_rule("US-VT", id="US-VT-2"), now=noon)

    assert verdict.allowed is not applies
    assert considered(verdict, rule).outcome is (RuleOutcome.BOUND if applies else RuleOutcome.OUT_OF_DATE)


def test_a_day_is_one_of_the_events_zone() -> None:
    rule = a_cap("US-VT", effective_from=date(2026, 7, 1))
    facts = replace(facts_of("US-VT", dollars("500.00")), event_time_zone="America/New_York")
    late = datetime(2026, 7, 1, 3, 59, tzinfo=NOON.tzinfo)
    midnight = datetime(2026, 7, 1, 4, 0, tzinfo=NOON.tzinfo)
    other = a_rule("US-VT", id="US-VT-2")

    assert judged(facts, rule, other, now=late).allowed
    assert not judged(facts, rule, other, now=midnight).allowed


def test_a_rule_about_first_sales_goes_by_their_day() -> None:
    rule = a_cap("AU-NSW", applies_at=AppliesAt.FIRST_SALE, effective_from=date(2018, 6, 1))
    facts = facts_of("AU-NSW", amount("500.00", "AUD"))

    def sold_on(day: date | None) -> RuleOutcome:
        return considered(judged(replace(facts, first_sold_on=day), rule), rule).outcome

    assert sold_on(date(2018, 5, 31)) is RuleOutcome.OUT_OF_DATE
    assert sold_on(date(2018, 6, 1)) is RuleOutcome.BOUND
    assert sold_on(None) is RuleOutcome.BOUND
    assert judged(replace(facts, first_sold_on=None), rule).assumed == (Fact.FIRST_SOLD_ON,)


@pytest.mark.parametrize(
    ("base", "unknown", "named"),
    [
        (Base.FACE, "face", "price"),
        (Base.TOTAL_PAID, "mandatory_fees", "mandatory fees"),
        (Base.TOTAL_PAID, "tax", "tax"),
        (Base.FACE_PLUS_FEES, "mandatory_fees", "mandatory fees"),
        (Base.FACE_PLUS_TAX, "tax", "tax"),
        (Base.SUPPLY_COST, "mandatory_fees", "transaction costs"),
    ],
)
def test_an_unknown_base_is_a_denial_and_names_what_is_missing(base: Base, unknown: str, named: str) -> None:
    cap = a_cap("US-ME", base=base)
    facts = facts_of("US-ME", dollars("1.00"))
    verdict = judged(replace(facts, components=replace(facts.components, **{unknown: None})), cap)

    assert codes(verdict) == {"resale.base_unknown"}
    assert named in verdict.reasons[0].message
    assert named in verdict.remedies[0]
    assert verdict.price_max == Money.zero("USD")


def test_what_the_seller_paid_is_not_known_of_a_pass_that_changed_hands() -> None:
    poland = a_rule("PL", RuleKind.FACE_VALUE, base=Base.PAID_BY_SELLER)
    facts = facts_of("PL", amount("100.00", "PLN"))

    assert judged(facts, poland).allowed
    assert codes(judged(replace(facts, transfer_count=1), poland)) == {"resale.base_unknown"}
    assert codes(judged(replace(facts, transfer_count=None), poland)) == {"resale.base_unknown"}
    paid_less = sold_for(amount("100.00", "PLN"), paid_by_seller=amount("40.00", "PLN"))
    assert judged(replace(facts, transfer_count=1, components=paid_less), poland).price_max == amount("40.00", "PLN")


def test_a_markup_in_another_currency_is_never_converted() -> None:
    cap = a_rule("US-FL", RuleKind.FIXED_MARKUP, value=Decimal(1), currency="USD", base=Base.FACE)
    verdict = judged(facts_of("US-FL", EUROS), cap)

    assert codes(verdict) == {"resale.ceiling_unknown"}
    assert verdict.price_max == Money.zero("EUR")


def test_a_price_in_another_currency_than_the_first_sale_is_denied() -> None:
    facts = replace(facts_of("US-ME", dollars("10.00")), price=amount("10.00", "EUR"))
    verdict = judged(facts, a_cap("US-ME"))

    assert codes(verdict) == {"resale.currency_mismatch"}
    assert verdict.remedies == ("Ask in USD.",)
    assert verdict.price_max == dollars("110.00")


def test_what_the_buyer_pays_on_top_is_held_against_the_ceiling() -> None:
    facts = replace(facts_of("US-ME", dollars("105.00")), buyer_fees=dollars("5.00"), buyer_tax=dollars("1.00"))

    def highest(compared: Compared) -> Money | None:
        return judged(facts, a_cap("US-ME", compared=compared)).price_max

    assert highest(Compared.SELLER_ASK) == dollars("110.00")
    assert highest(Compared.BUYER_TOTAL_BEFORE_TAX) == dollars("105.00")
    assert highest(Compared.BUYER_TOTAL) == dollars("104.00")


def test_fees_that_nobody_told_are_a_denial_in_a_capped_place() -> None:
    facts = replace(facts_of("US-ME", dollars("1.00")), buyer_fees=None)

    assert codes(judged(facts, a_cap("US-ME"))) == {"resale.buyer_total_unknown"}
    assert judged(facts, a_cap("US-ME", compared=Compared.SELLER_ASK)).allowed


def test_fees_above_the_ceiling_leave_no_lawful_price() -> None:
    facts = replace(facts_of("US-ME", dollars("0.00")), buyer_fees=dollars("110.01"))
    verdict = judged(facts, a_cap("US-ME"))

    assert codes(verdict) == {"resale.price_too_high"}
    assert verdict.price_max == Money.zero("USD")
    assert verdict.remedies == ()


@pytest.mark.parametrize("price_minor", [-1, PRICE_MAX_MINOR + 1])
def test_a_price_that_nobody_could_pay_is_refused(price_minor: int) -> None:
    with pytest.raises(InvalidInputError) as refused:
        judged(facts_of("US-ME", Money(price_minor, "USD")), a_cap("US-ME"))
    assert [problem.pointer for problem in refused.value.problems] == ["/price"]


@pytest.mark.parametrize("price_minor", [0, PRICE_MAX_MINOR])
def test_prices_at_both_ends_are_judged(price_minor: int) -> None:
    assert judged(facts_of("US-CT", Money(price_minor, "USD")), CONNECTICUT).allowed


@pytest.mark.parametrize(
    "known",
    [
        {Fact.SELLER_TRADER: "yes"},
        {Fact.SELLER_TRADER: 1},
        {Fact.VENUE_CAPACITY: True},
        {Fact.EVENT_KIND: "gig"},
        {Fact.FIRST_SOLD_ON: date(2026, 1, 1)},
        {Fact.BUYER_PLACE: "US"},
    ],
)
def test_a_fact_of_another_type_is_refused(known: dict[Fact, bool | int | str | date]) -> None:
    with pytest.raises(InvalidInputError):
        judged(facts_of("US-ME", dollars("1.00"), known=known), a_cap("US-ME"))


def test_components_in_two_currencies_are_refused() -> None:
    mixed = sold_for(dollars("10.00"), paid_by_seller=amount("10.00", "EUR"))
    with pytest.raises(InvalidInputError):
        judged(facts_of("US-ME", dollars("1.00"), mixed), a_cap("US-ME"))


@pytest.mark.parametrize(("country", "subdivision"), [("ZZ", None), ("DE", "US-NY"), ("us", None), ("EU", None)])
def test_a_place_that_is_none_is_refused(country: str, subdivision: str | None) -> None:
    with pytest.raises(InvalidInputError):
        Where(country=country, subdivision=subdivision)


def test_a_naive_moment_is_no_moment() -> None:
    with pytest.raises(ValueError, match="no zone"):
        judged(facts_of("US-CT", dollars("1.00")), CONNECTICUT, now=datetime(2026, 11, 22))  # noqa: DTZ001 - naive


def test_giving_a_pass_away_is_no_resale_and_has_the_duties_only() -> None:
    rules = FRANCE, a_cap("FR", id="FR-CAP", duties=frozenset({Duty.CHANGE_OF_NAME}))
    unknown = PriceComponents(face=None)
    gift = replace(facts_of("FR", amount("0.00", "EUR"), unknown, known={}), act=Act.TRANSFER)
    verdict = judged(gift, *rules)

    assert verdict.allowed
    assert verdict.price_max == Money.zero("EUR")
    assert verdict.duties == (Duty.CHANGE_OF_NAME,)
    with pytest.raises(InvalidInputError):
        judged(replace(gift, price=amount("0.01", "EUR")), *rules)


@pytest.mark.parametrize(
    ("duty", "told", "asks"),
    [
        (Duty.SELLER_LICENCE, {}, VerificationKind.STATE_LICENCE),
        (Duty.SELLER_LICENCE, {Fact.SELLER_LICENSED: True}, None),
        (Duty.TRADER_TRACEABILITY, {Fact.SELLER_TRADER: True}, VerificationKind.TRADER_TRACEABILITY),
        (Duty.TRADER_TRACEABILITY, {Fact.SELLER_TRADER: False}, None),
        (Duty.SALES_TAX_REGISTRATION, {}, VerificationKind.SALES_TAX_REGISTRATION),
        (Duty.DISCLOSE_LAST_OWNER, {}, VerificationKind.LAST_OWNER_NAME),
        (Duty.NO_BOTS, {}, None),
    ],
)
def test_a_duty_asks_for_its_evidence_and_denies_nothing(
    duty: Duty, told: dict[Fact, bool], asks: VerificationKind | None
) -> None:
    rule = a_rule("US-NY", duties=frozenset({duty}))
    facts = knowing(facts_of("US-NY", dollars("1.00")), told)
    verdict = judged(facts, rule)

    assert verdict.allowed
    assert verdict.requires == ((asks,) if asks is not None else ())
    if asks is not None:
        assert judged(replace(facts, verifications=frozenset({asks})), rule).requires == ()


@pytest.mark.parametrize(
    ("operator", "capacity", "holds"),
    [
        (Operator.AT_MOST, 3_000, True),
        (Operator.AT_MOST, 3_001, False),
        (Operator.AT_LEAST, 3_000, True),
        (Operator.AT_LEAST, 2_999, False),
        (Operator.MORE_THAN, 3_001, True),
        (Operator.MORE_THAN, 3_000, False),
    ],
)
def test_a_number_is_held_against_the_bound(operator: Operator, capacity: int, holds: bool) -> None:
    rule = a_cap("US-VT", scope=only_if(when(Fact.VENUE_CAPACITY, 3_000, operator=operator)))
    verdict = judged(knowing(facts_of("US-VT", dollars("1.00")), {Fact.VENUE_CAPACITY: capacity}), rule)

    assert (considered(verdict, rule).outcome is RuleOutcome.BOUND) is holds


def test_one_alternative_of_a_scope_is_enough_and_a_known_one_needs_no_assumption() -> None:
    scope = (
        (when(Fact.VENUE_CAPACITY, 3_000, operator=Operator.AT_MOST),),
        (when(Fact.CHARITY, True), when(Fact.EVENT_KIND, EventKind.SPORT, EventKind.CONCERT, operator=Operator.IN)),
    )
    rule = a_cap("US-VT", scope=scope)

    def stands(known: dict[Fact, bool | int | str | date]) -> tuple[RuleOutcome, tuple[Fact, ...]]:
        one = considered(judged(facts_of("US-VT", dollars("1.00"), known=known), rule), rule)
        return one.outcome, one.assumed

    assert stands({Fact.VENUE_CAPACITY: 10}) == (RuleOutcome.BOUND, ())
    assert stands({Fact.VENUE_CAPACITY: 9_000, Fact.EVENT_KIND: "sport"}) == (RuleOutcome.BOUND, (Fact.CHARITY,))
    assert stands({Fact.VENUE_CAPACITY: 9_000, Fact.CHARITY: False}) == (RuleOutcome.OUT_OF_SCOPE, ())


def test_the_lowest_of_several_ceilings_binds_whatever_the_order_of_the_rules() -> None:
    rules = (
        a_cap("US-ME", "1.2", id="A"),
        a_cap("US-ME", "1.1", id="B"),
        a_cap("US", "1.3", id="C"),
        a_rule("US-ME", RuleKind.FACE_VALUE, id="D", base=Base.FACE, combination=Combination.MAX, group="G"),
        a_cap("US-ME", "1.5", id="E", combination=Combination.MAX, group="G"),
    )
    facts = facts_of("US-ME", dollars("110.01"))
    verdicts = [judged(facts, *order) for order in permutations(rules)]

    assert all(verdict == verdicts[0] for verdict in verdicts)
    assert [one.id for one in verdicts[0].rules if one.outcome is RuleOutcome.BOUND] == ["B"]
    assert len(set(map(hash, verdicts))) == 1
