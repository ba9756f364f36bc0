"""The rulebook that comes with Fairseat: no finding of the research got lost, and none says more than is known."""

from datetime import date

import pytest

from adapters.rulebook.builtin import built_in_rulebook
from core.resale.law.facts import Fact
from core.resale.law.lint import lint
from core.resale.law.rule import AppliesAt, Base, Combination, Confidence, Lift, Right, Rule, RuleKind, RuleStatus

FINDINGS = """
1 US us-bots-act
2 US us-ftc-fees us-ftc-fees-buyers
3 US us-ticket-act
4 US-CT us-ct-resale us-ct-transfer
5 US-NY us-ny-resale
6 US-NY us-ny-concert-act
7 US-NJ us-nj-resale
8 US-CA us-ca-resale
9 US-CA us-ca-fans-first
10 US-MA us-ma-resale
11 US-MN us-mn-resale
12 US-ME us-me-cap
13 US-VT us-vt-cap
14 US-MD us-md-resale
15 US-RI us-ri-three-dollars
16 US-RI us-ri-ten-per-cent
17 US-IL us-il-face-value
18 US-PA us-pa-resale
19 US-GA us-ga-brokers
20 US-LA us-la-online
21 US-MI us-mi-resale us-mi-bots
22 US-KY us-ky-face-value
23 US-AR us-ar-resale
24 US-NC us-nc-cap
25 US-NC us-nc-internet
26 US-UT us-ut-transfer
27 US-VA us-va-transfer
28 US-DC us-dc-resale-act
29 US-FL us-fl-cap
30 US-AL us-al-none
31 US-WA us-wa-bill
32 CA-ON ca-on-cap
33 CA-QC ca-qc-cap
34 CA-QC ca-qc-platforms
35 CA-AB ca-ab-resale
36 CA-BC ca-bc-resale
37 CA-SK ca-sk-resale
38 CA-MB ca-mb-resale
39 CA-NB ca-nb-resale
40 GB gb-cra-disclosure
41 GB gb-bots
42 GB gb-announced-cap gb-announced-cap-buyers
43 GB-EAW gb-eaw-football
44 IE ie-cap
45 FR fr-authorisation
46 BE be-regular
47 BE be-occasional be-never-sold
48 DK dk-no-profit
49 NO no-printed-price
50 IT it-unauthorised it-occasional
51 IT it-nominative-channel it-nominative-price
52 ES es-street
53 ES es-outlets
54 ES es-draft-law
55 ES-MD es-md-street
56 ES-AN es-an-unauthorised
57 ES-GA es-ga-unauthorised
58 PT pt-especulacao pt-invitations
59 PL pl-speculation
60 DE de-none
61 NL nl-none
62 CH ch-none
63 AT at-resale
64 LU lu-resale
65 HU hu-resale
66 CZ cz-resale
67 SE se-resale
68 FI fi-resale
69 EU eu-bots eu-bots-buyers
70 EU eu-dsa-traders eu-dsa-traders-buyers
71 AU-NSW au-nsw-cap
72 AU-VIC au-vic-declared
73 AU-QLD au-qld-major
74 AU-SA au-sa-cap
75 AU-WA au-wa-cap
76 NZ nz-major-events
77 JP jp-specified
78 KR kr-macros
79 KR kr-2026-cap
80 TW tw-arts
81 TW tw-sport
82 HK hk-licensed-places
83 SG sg-none
84 MY my-none
85 IN in-none
86 IL il-licence
87 BR br-sport
88 BR br-all-events
89 AR-C ar-c-no-profit
90 MX mx-none
91 MX-CMX mx-cmx-street
"""
"""Each of the 91 findings that the rulebook began with: its number, its place, and the rules that were made of it."""

REVIEWED = date(2026, 11, 21)
TRANSFERS = {Right.TRANSFER, Right.UNLIMITED_TRANSFERS}
UP_TO_CAP = TRANSFERS | {Right.RESALE_UP_TO_CAP}


def rule(rule_id: str) -> Rule:
    return next(one for one in built_in_rulebook().rules if one.id == rule_id)


def facts_of(rule_id: str) -> set[Fact]:
    return {predicate.fact for alternative in rule(rule_id).scope for predicate in alternative}


def test_each_finding_is_a_rule_of_its_place() -> None:
    findings = [line.split() for line in FINDINGS.strip().splitlines()]
    assert [int(number) for number, *_ in findings] == list(range(1, 92))
    for number, place, *ids in findings:
        assert ids, f"finding {number} has no rule"
        assert {rule(rule_id).place for rule_id in ids} == {place}


def test_each_rule_comes_from_a_finding() -> None:
    named = [rule_id for line in FINDINGS.strip().splitlines() for rule_id in line.split()[2:]]
    assert sorted(named) == [one.id for one in built_in_rulebook().rules]


def test_it_has_no_errors_and_warns_only_of_weak_sources() -> None:
    assert {finding.code for finding in lint(built_in_rulebook().rules, on=REVIEWED)} == {"low_confidence"}


@pytest.mark.parametrize("one", built_in_rulebook().rules, ids=lambda one: one.id)
def test_each_rule_is_cited_and_what_binds_has_a_source(one: Rule) -> None:
    assert one.citation and one.scope_text
    assert one.reviewed_on >= REVIEWED
    assert one.binds == (
        one.status is RuleStatus.IN_FORCE
        and one.confidence in {Confidence.HIGH, Confidence.MEDIUM}
        and one.kind is not RuleKind.UNVERIFIED
    )
    assert one.source or not one.binds
    assert one.doubts or one.binds, "a rule that sleeps says why"


@pytest.mark.parametrize(
    "rule_id",
    [
        *(
            "us-ticket-act",
            "us-ny-concert-act",
            "us-ca-fans-first",
            "us-dc-resale-act",
            "us-wa-bill",
            "gb-announced-cap",
        ),
        *("gb-announced-cap-buyers", "es-draft-law", "br-all-events", "kr-2026-cap", "us-pa-resale", "ca-mb-resale"),
        *(
            "ca-nb-resale",
            "gb-eaw-football",
            "at-resale",
            "lu-resale",
            "hu-resale",
            "cz-resale",
            "se-resale",
            "fi-resale",
        ),
        *("us-nj-resale", "us-il-face-value", "us-ky-face-value", "es-outlets", "es-md-street", "es-an-unauthorised"),
        *("es-ga-unauthorised", "sg-none", "my-none", "in-none"),
    ],
)
def test_what_is_not_law_or_not_known_sleeps(rule_id: str) -> None:
    assert not rule(rule_id).binds


@pytest.mark.parametrize(
    ("rule_id", "kind", "base", "value"),
    [
        ("us-me-cap", RuleKind.MULTIPLIER, Base.TOTAL_PAID, "1.1"),
        ("us-vt-cap", RuleKind.MULTIPLIER, Base.FACE, "1.1"),
        ("us-ri-three-dollars", RuleKind.FIXED_MARKUP, Base.PRINTED_WITH_TAX, "3.00"),
        ("us-ri-ten-per-cent", RuleKind.MULTIPLIER, Base.PRINTED_WITH_TAX, "1.1"),
        ("us-nc-cap", RuleKind.FIXED_MARKUP, Base.FACE_PLUS_TAX, "3.00"),
        ("us-fl-cap", RuleKind.FIXED_MARKUP, Base.FACE, "1.00"),
        ("ca-on-cap", RuleKind.FACE_VALUE, Base.TOTAL_PAID, None),
        ("ca-qc-cap", RuleKind.FACE_VALUE, Base.FACE, None),
        ("ie-cap", RuleKind.FACE_VALUE, Base.FACE, None),
        ("be-occasional", RuleKind.FACE_VALUE, Base.TOTAL_PAID, None),
        ("dk-no-profit", RuleKind.FACE_VALUE, Base.PAID_BY_SELLER, None),
        ("no-printed-price", RuleKind.FACE_VALUE, Base.FACE_PLUS_PRINTED_FEE, None),
        ("pt-especulacao", RuleKind.FACE_VALUE, Base.FACE, None),
        ("pl-speculation", RuleKind.FACE_VALUE, Base.PAID_BY_SELLER, None),
        ("au-nsw-cap", RuleKind.FACE_VALUE, Base.SUPPLY_COST, None),
        ("au-vic-declared", RuleKind.MULTIPLIER, Base.FACE, "1.1"),
        ("jp-specified", RuleKind.FACE_VALUE, Base.FACE, None),
        ("fr-authorisation", RuleKind.AUTHORISATION, None, None),
        ("us-ct-resale", RuleKind.DISCLOSURE, None, None),
    ],
)
def test_a_ceiling_is_reckoned_as_its_law_says(
    rule_id: str, kind: RuleKind, base: Base | None, value: str | None
) -> None:
    found = rule(rule_id)
    assert (found.kind, found.base) == (kind, base)
    assert (None if found.value is None else str(found.value)) == value
    assert found.binds


def test_connecticut_caps_nothing_and_keeps_transfers_free() -> None:
    rules = built_in_rulebook().of_places(["US-CT"])
    assert {one.base for one in rules} == {None}
    assert {right for one in rules for right in one.rights} == TRANSFERS
    assert rule("us-ct-transfer").effective_from == date(2018, 1, 1)


def test_france_asks_for_authority_and_not_for_a_price() -> None:
    assert [one.id for one in built_in_rulebook().of_places(["FR"])] == ["fr-authorisation"]
    assert rule("fr-authorisation").lifted_by == {Lift.ORGANISER_AUTHORISATION}
    assert facts_of("fr-authorisation") == {Fact.SELLER_HABITUAL}


@pytest.mark.parametrize(
    ("rule_id", "rights"),
    [
        ("us-va-transfer", TRANSFERS),
        ("us-ut-transfer", {Right.TRANSFER}),
        *((rule_id, UP_TO_CAP) for rule_id in ("ie-cap", "au-nsw-cap", "au-sa-cap", "au-wa-cap")),
        *((rule_id, set[Right]()) for rule_id in ("us-me-cap", "au-vic-declared", "au-qld-major", "no-printed-price")),
    ],
)
def test_rights_are_those_that_a_law_gives(rule_id: str, rights: set[Right]) -> None:
    assert rule(rule_id).rights == rights


@pytest.mark.parametrize("rule_id", ["au-nsw-cap", "au-wa-cap", "it-nominative-channel", "it-nominative-price"])
def test_some_laws_look_at_the_day_of_the_first_sale(rule_id: str) -> None:
    assert rule(rule_id).applies_at is AppliesAt.FIRST_SALE


def test_the_limbs_of_rhode_island_are_the_greater_of_two() -> None:
    limbs = [rule("us-ri-three-dollars"), rule("us-ri-ten-per-cent")]
    assert {(limb.group, limb.combination) for limb in limbs} == {("us-ri-5-22-26", Combination.MAX)}


def test_north_carolina_s_exception_overrides_its_cap_when_all_its_conditions_hold() -> None:
    exception, cap = rule("us-nc-internet"), rule("us-nc-cap")
    assert exception.combination is Combination.OVERRIDE
    assert exception.group == cap.group
    assert len(exception.scope) == 1
    assert facts_of("us-nc-internet") == {
        Fact.CHANNEL_ONLINE,
        Fact.ORGANISER_PROHIBITION_FILED,
        Fact.CHANNEL_REFUND_GUARANTEE,
        Fact.SELLER_TAX_REGISTERED,
    }


@pytest.mark.parametrize(
    ("rule_id", "facts"),
    [
        ("ie-cap", {Fact.VENUE_DESIGNATED, Fact.VENUE_CAPACITY, Fact.EVENT_DECLARED, Fact.CHARITY}),
        ("ca-qc-cap", {Fact.SELLER_TRADER}),
        ("au-nsw-cap", {Fact.TICKET_RESTRICTED}),
        ("au-vic-declared", {Fact.EVENT_DECLARED}),
        ("jp-specified", {Fact.TICKET_RESTRICTED, Fact.SELLER_TRADER, Fact.SELLER_HABITUAL}),
        ("us-vt-cap", {Fact.VENUE_INDEPENDENT, Fact.VENUE_CAPACITY, Fact.VENUE_KIND}),
        ("us-me-cap", set[Fact]()),
    ],
)
def test_a_scope_asks_for_the_facts_that_its_law_names(rule_id: str, facts: set[Fact]) -> None:
    assert facts_of(rule_id) == facts


@pytest.mark.parametrize("rule_id", ["pt-invitations", "be-never-sold"])
def test_what_was_given_away_is_not_sold_in_portugal_and_belgium(rule_id: str) -> None:
    assert rule(rule_id).kind is RuleKind.PROHIBITED
    assert facts_of(rule_id) == {Fact.COMPLIMENTARY}


@pytest.mark.parametrize(
    ("place", "day", "there"),
    [
        ("US-VT", date(2026, 6, 30), False),
        ("US-VT", date(2026, 7, 1), True),
        ("US-VT", date(2028, 6, 30), True),
        ("US-VT", date(2028, 7, 1), False),
    ],
)
def test_vermont_s_cap_has_a_first_and_a_last_day(place: str, day: date, *, there: bool) -> None:
    found = built_in_rulebook().selected(place=place, on=day)
    assert ("us-vt-cap" in {one.id for one in found}) is there
