"""What an organiser takes from what the law allows, from both sides of each limit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.resale.law.facts import Act, Fact, ResaleFacts
from core.resale.law.rule import Duty, RuleKind
from core.resale.policies.policy import Channel, PolicyChain, ResalePolicy, VerificationKind
from core.resale.verdicts.verdict import RuleOutcome, Verdict
from core.shared.money import Money
from tests.resale_builders import (
    STARTS_AT,
    a_policy,
    amount,
    codes,
    considered,
    dollars,
    facts_of,
    judged,
    knowing,
    sold_for,
)
from tests.resale_rules import a_cap, a_rule

MAINE = a_cap("US-ME", name="Maine")
NO_CAP = a_rule("US-CT", RuleKind.DISCLOSURE)


def asking(price: str, *policy: ResalePolicy) -> Verdict:
    return judged(facts_of("US-ME", dollars(price)), MAINE, policy=policy)


@pytest.mark.parametrize(
    ("policy", "most"),
    [
        (a_policy(multiplier_basis_points=10_500), "105.00"),
        (a_policy(price_max=dollars("99.00")), "99.00"),
        (a_policy(multiplier_basis_points=20_000), "110.00"),
        (a_policy(price_max=dollars("0.00")), "0.00"),
    ],
)
def test_an_organiser_lowers_the_ceiling_and_never_lifts_it(policy: ResalePolicy, most: str) -> None:
    ceiling = dollars(most)
    above = ceiling + Money(1, "USD")

    assert judged(facts_of("US-ME", ceiling), MAINE, policy=(policy,)).allowed
    assert codes(judged(facts_of("US-ME", above), MAINE, policy=(policy,))) == {"resale.price_too_high"}
    assert asking("1.00", policy).price_max == ceiling


def test_the_law_only_applies_where_the_organiser_is_stricter() -> None:
    verdict = asking("104.00", a_policy(price_max=dollars("103.00")))

    assert considered(verdict, MAINE).outcome is RuleOutcome.APPLIED
    assert verdict.reasons[0].rule_id is None
    assert [step.text for step in verdict.steps][-2:] == [
        "The organiser's highest price = 103.00 USD",
        "The lowest of these = 103.00 USD",
    ]


def test_the_strictest_of_a_chain_holds_wherever_it_stands() -> None:
    wide, narrow = a_policy(price_max=dollars("90.00")), a_policy(price_max=dollars("95.00"))

    assert asking("1.00", wide, narrow).price_max == asking("1.00", narrow, wide).price_max == dollars("90.00")


def test_a_price_below_the_corridor_is_refused_for_a_reason_of_its_own() -> None:
    floor = a_policy(price_min=dollars("50.00"))

    assert asking("50.00", floor).allowed
    below = asking("49.99", floor)
    assert codes(below) == {"resale.price_too_low"}
    assert below.price_min == dollars("50.00")
    assert below.remedies == ("Ask at least 50.00 USD and at most 110.00 USD.",)


def test_a_floor_above_the_ceiling_leaves_no_price_to_advise() -> None:
    verdict = asking("115.00", a_policy(price_min=dollars("120.00")))

    assert codes(verdict) == {"resale.price_too_high", "resale.price_too_low"}
    assert verdict.remedies == ()


def test_a_multiplier_of_a_face_value_that_nobody_knows_is_a_denial() -> None:
    facts = facts_of("US-CT", dollars("1.00"), sold_for(None))
    verdict = judged(facts, NO_CAP, policy=(a_policy(multiplier_basis_points=15_000),))

    assert codes(verdict) == {"resale.base_unknown"}
    assert verdict.price_max == dollars("0.00")


@pytest.mark.parametrize("member", ["price_max", "price_min"])
def test_a_limit_in_another_currency_cannot_be_kept(member: str) -> None:
    verdict = judged(facts_of("US-CT", dollars("1.00")), NO_CAP, policy=(a_policy(**{member: amount("1", "EUR")}),))

    assert codes(verdict) == {"resale.currency_mismatch"}


@pytest.mark.parametrize(("count", "allowed"), [(0, True), (1, True), (2, False)])
def test_a_pass_changes_hands_as_often_as_the_strictest_policy_says(count: int, allowed: bool) -> None:
    chain = a_policy(transfers_max=3), a_policy(transfers_max=2)
    facts = replace(facts_of("US-CT", dollars("1.00")), transfer_count=count)

    expected = set[str]() if allowed else {"resale.transfers_max_reached"}
    assert codes(judged(facts, NO_CAP, policy=chain)) == expected


def test_a_count_that_nobody_knows_is_above_every_limit() -> None:
    facts = replace(facts_of("US-CT", dollars("1.00")), transfer_count=None)

    assert judged(facts, NO_CAP).allowed
    assert codes(judged(facts, NO_CAP, policy=(a_policy(transfers_max=5),))) == {"resale.transfer_count_unknown"}


def gift(facts: ResaleFacts) -> ResaleFacts:
    return replace(facts, act=Act.TRANSFER, price=Money.zero(facts.price.currency))


def test_resale_and_transfers_are_forbidden_apart() -> None:
    facts = facts_of("US-CT", dollars("1.00"))
    no_resale, no_transfer = (a_policy(allowed=False),), (a_policy(transfer_allowed=False),)

    assert codes(judged(facts, NO_CAP, policy=no_resale)) == {"resale.not_allowed"}
    assert judged(facts, NO_CAP, policy=no_resale).price_max == dollars("0.00")
    assert judged(facts, NO_CAP, policy=no_transfer).allowed
    assert judged(gift(facts), NO_CAP, policy=no_resale).allowed
    assert codes(judged(gift(facts), NO_CAP, policy=no_transfer)) == {"resale.transfer_not_allowed"}


def test_a_narrower_policy_cannot_allow_what_a_wider_one_forbids() -> None:
    chain: PolicyChain = (a_policy(allowed=False), a_policy(allowed=True))

    assert codes(asking("1.00", *chain)) == {"resale.not_allowed"}


HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("act", "member"),
    [
        (Act.LISTING, "listing_cutoff"),
        (Act.LISTING, "resale_cutoff"),
        (Act.RESALE, "resale_cutoff"),
        (Act.TRANSFER, "transfer_cutoff"),
    ],
)
def test_exactly_at_its_cutoff_it_is_over(act: Act, member: str) -> None:
    facts = replace(facts_of("US-CT", dollars("0.00")), act=act, event_time_zone="America/New_York")
    policy = (a_policy(**{member: HOUR}),)
    at = judged(facts, NO_CAP, policy=policy, now=STARTS_AT - HOUR)

    assert judged(facts, NO_CAP, policy=policy, now=STARTS_AT - HOUR - INSTANT).allowed
    assert codes(at) == {"resale.cutoff_passed"}
    assert at.reasons[0].message == ("The organiser allows it before 2027-03-06 13:00 (America/New_York) only.")


@pytest.mark.parametrize(("act", "member"), [(Act.RESALE, "listing_cutoff"), (Act.TRANSFER, "resale_cutoff")])
def test_the_cutoff_of_another_act_does_not_hold(act: Act, member: str) -> None:
    facts = replace(facts_of("US-CT", dollars("0.00")), act=act)

    assert judged(facts, NO_CAP, policy=(a_policy(**{member: HOUR}),), now=STARTS_AT).allowed


@pytest.mark.parametrize(("channel", "allowed"), [(Channel.FAIRSEAT, True), (Channel.ELSEWHERE, False), (None, False)])
def test_only_approved_channels_sell(channel: Channel | None, allowed: bool) -> None:
    facts = replace(facts_of("US-CT", dollars("1.00")), channel=channel)
    verdict = judged(facts, NO_CAP, policy=(a_policy(approved_channels=frozenset({Channel.FAIRSEAT})),))

    assert verdict.allowed is allowed
    assert codes(verdict) == (set() if allowed else {"resale.channel_not_approved"})


def test_sellers_bring_the_verifications_of_all_policies() -> None:
    identity, licence = VerificationKind.IDENTITY, VerificationKind.STATE_LICENCE
    chain = a_policy(verifications=frozenset({identity})), a_policy(verifications=frozenset({licence}))
    facts = facts_of("US-CT", dollars("1.00"))
    half = judged(replace(facts, verifications=frozenset({identity})), NO_CAP, policy=chain)

    assert codes(half) == {"resale.verification_required"}
    assert half.requires == (licence,)
    assert judged(replace(facts, verifications=frozenset({identity, licence})), NO_CAP, policy=chain).allowed
    assert judged(gift(facts), NO_CAP, policy=chain).allowed


def test_an_organiser_that_names_holders_makes_it_a_duty() -> None:
    assert asking("1.00", a_policy(names_holders=True)).duties == (Duty.CHANGE_OF_NAME,)
    assert asking("1.00", a_policy(names_holders=False)).duties == ()


def test_an_organiser_does_not_lift_a_law_by_a_policy() -> None:
    habitual = knowing(facts_of("FR", amount("1.00", "EUR")), {Fact.SELLER_HABITUAL: True})
    chain = (a_policy(allowed=True, price_max=amount("1000", "EUR")),)
    rule = a_rule("FR", RuleKind.AUTHORISATION)

    assert codes(judged(habitual, rule, policy=chain)) == {"resale.authorisation_required"}


def test_consent_comes_before_price_and_the_law_before_the_organiser() -> None:
    rules = a_rule("US-ME", RuleKind.AUTHORISATION, id="CONSENT"), MAINE
    facts = facts_of("US-ME", dollars("500.00"))
    verdict = judged(facts, *rules, policy=(a_policy(allowed=False, price_max=dollars("1.00")),))

    assert [reason.code for reason in verdict.reasons] == [
        "resale.authorisation_required",
        "resale.price_too_high",
        "resale.not_allowed",
        "resale.price_too_high",
    ]
