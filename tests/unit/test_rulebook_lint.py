"""What `lint` finds in rules, each finding at its boundary."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.resale.law import lint as lint_of_rules
from core.resale.law.facts import Fact
from core.resale.law.lint import Severity, errors_of, lint
from core.resale.law.rule import (
    Base,
    Combination,
    Confidence,
    Lift,
    Operator,
    Predicate,
    Right,
    Rule,
    RuleKind,
    RuleStatus,
)
from tests.resale_rules import TODAY, maine_cap

A_DAY = timedelta(days=1)


def codes(*rules: Rule, on: date = TODAY) -> list[tuple[str, str]]:
    return [(finding.member, finding.code) for finding in lint(rules, on=on)]


def of_kind(kind: RuleKind, **members: Any) -> Rule:
    return maine_cap(**{"kind": kind, "value": None, "base": None} | members)


def test_a_good_rule_has_no_finding() -> None:
    assert codes(maine_cap()) == []


@pytest.mark.parametrize(
    ("rule", "member", "code"),
    [
        (maine_cap(place="US-XX"), "place", "unknown_place"),
        (maine_cap(place="USA"), "place", "unknown_place"),
        (maine_cap(version=0), "version", "version_below_one"),
        (maine_cap(source=None), "source", "source_missing"),
        (maine_cap(effective_from=TODAY, effective_to=TODAY), "effective_to", "never_effective"),
        (maine_cap(value=None), "value", "value_missing"),
        (maine_cap(value=Decimal(0)), "value", "value_not_positive"),
        (maine_cap(value=Decimal("NaN")), "value", "value_not_positive"),
        (maine_cap(base=None), "base", "base_missing"),
        (maine_cap(currency="USD"), "currency", "currency_unused"),
        (of_kind(RuleKind.FACE_VALUE), "base", "base_missing"),
        (of_kind(RuleKind.FACE_VALUE, base=Base.FACE, value=Decimal(1)), "value", "value_unused"),
        (of_kind(RuleKind.NONE, base=Base.FACE), "base", "base_unused"),
        (of_kind(RuleKind.FIXED_MARKUP, base=Base.FACE, currency="USD"), "value", "value_missing"),
        (of_kind(RuleKind.FIXED_MARKUP, base=Base.FACE, value=Decimal(3)), "currency", "currency_missing"),
        (
            of_kind(RuleKind.FIXED_MARKUP, base=Base.FACE, value=Decimal(3), currency="XXX"),
            "currency",
            "unknown_currency",
        ),
        (
            of_kind(RuleKind.FIXED_MARKUP, base=Base.FACE, value=Decimal("3.005"), currency="USD"),
            "value",
            "value_too_fine",
        ),
        (of_kind(RuleKind.AUTHORISATION), "lifted_by", "authorisation_lifts_nothing"),
        (
            of_kind(RuleKind.PROHIBITED, lifted_by=frozenset({Lift.LICENCE})),
            "lifted_by",
            "prohibition_lifted",
        ),
        (
            of_kind(RuleKind.NONE, rights=frozenset({Right.RESALE_UP_TO_CAP})),
            "rights",
            "right_without_ceiling",
        ),
        (maine_cap(combination=Combination.MAX), "group", "group_missing"),
        (maine_cap(combination=Combination.OVERRIDE), "group", "group_missing"),
        (maine_cap(scope=((),)), "scope[0]", "alternative_empty"),
    ],
)
def test_a_rule_that_contradicts_itself_is_an_error(rule: Rule, member: str, code: str) -> None:
    assert [(finding.member, finding.code) for finding in errors_of(rule)] == [(member, code)]


@pytest.mark.parametrize(
    "rule",
    [
        of_kind(RuleKind.FIXED_MARKUP, base=Base.FACE, value=Decimal("3.00"), currency="USD"),
        of_kind(RuleKind.FIXED_MARKUP, base=Base.FACE, value=Decimal("300.00"), currency="JPY"),
        of_kind(RuleKind.AUTHORISATION, lifted_by=frozenset({Lift.ORGANISER_AUTHORISATION})),
        of_kind(RuleKind.UNVERIFIED, status=RuleStatus.UNVERIFIED, source=None),
        maine_cap(effective_from=TODAY, effective_to=TODAY + timedelta(days=200)),
        maine_cap(place="EU"),
        maine_cap(place="GB-EAW"),
    ],
)
def test_a_rule_that_makes_sense_is_none(rule: Rule) -> None:
    assert codes(rule) == []


@pytest.mark.parametrize(
    ("fact", "operator", "values", "code"),
    [
        (Fact.CHARITY, Operator.IS, (1,), "value_type"),
        (Fact.CHARITY, Operator.IS, ("yes",), "value_type"),
        (Fact.CHARITY, Operator.AT_LEAST, (True,), "operator_unfit"),
        (Fact.EVENT_KIND, Operator.MORE_THAN, ("sport",), "operator_unfit"),
        (Fact.EVENT_KIND, Operator.IS, (True,), "value_type"),
        (Fact.EVENT_KIND, Operator.IN, ("sport", "opera"), "unknown_word"),
        (Fact.VENUE_KIND, Operator.IS, ("sport",), "unknown_word"),
        (Fact.VENUE_CAPACITY, Operator.AT_MOST, (True,), "value_type"),
        (Fact.VENUE_CAPACITY, Operator.AT_MOST, (TODAY,), "value_type"),
        (Fact.FIRST_SOLD_ON, Operator.AT_LEAST, ("2018-06-01",), "value_type"),
        (Fact.CHARITY, Operator.IS, (), "value_count"),
        (Fact.CHARITY, Operator.IS, (True, False), "value_count"),
        (Fact.EVENT_KIND, Operator.IN, (), "value_count"),
    ],
)
def test_a_condition_that_could_never_be_held_against_its_fact_is_an_error(
    fact: Fact, operator: Operator, values: tuple[Any, ...], code: str
) -> None:
    rule = maine_cap(scope=((Predicate(fact, operator, values),),))
    assert codes(rule) == [("scope[0][0]", code)]


@pytest.mark.parametrize(
    "predicate",
    [
        Predicate(Fact.CHARITY, Operator.IS, (False,)),
        Predicate(Fact.EVENT_KIND, Operator.IN, ("sport", "concert")),
        Predicate(Fact.VENUE_CAPACITY, Operator.MORE_THAN, (200,)),
        Predicate(Fact.FIRST_SOLD_ON, Operator.AT_LEAST, (date(2018, 6, 1),)),
    ],
)
def test_a_condition_of_its_fact_s_own_type_is_none(predicate: Predicate) -> None:
    assert codes(maine_cap(scope=((predicate,),))) == []


def test_a_fact_whose_words_nobody_knows_is_no_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint_of_rules, "WORDS", {})
    rule = maine_cap(scope=((Predicate(Fact.EVENT_KIND, Operator.IS, ("sport",)),),))
    assert codes(rule) == [("scope[0][0]", "no_condition")]


@pytest.mark.parametrize(("days", "due"), [(179, False), (180, True), (-1, False)])
def test_a_rule_wants_a_review_after_180_days(days: int, *, due: bool) -> None:
    found = codes(maine_cap(), on=TODAY + timedelta(days=days))
    assert (("reviewed_on", "review_due") in found) is due


def test_a_review_of_a_day_to_come_is_noticed() -> None:
    assert codes(maine_cap(reviewed_on=TODAY + A_DAY)) == [("reviewed_on", "review_ahead")]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(91, []), (90, ["ends_soon"]), (1, ["ends_soon"]), (0, ["ended"]), (-1, ["ended"])],
)
def test_an_end_is_told_90_days_ahead(days: int, expected: list[str]) -> None:
    assert [code for _, code in codes(maine_cap(effective_to=TODAY + timedelta(days=days)))] == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"confidence": Confidence.LOW}, [("confidence", "low_confidence")]),
        ({"confidence": Confidence.LOW, "status": RuleStatus.PROPOSED}, []),
        ({"confidence": Confidence.MEDIUM}, []),
    ],
)
def test_a_law_in_force_that_sleeps_for_want_of_a_source_is_told(
    members: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert codes(maine_cap(**members)) == expected


def test_a_law_in_force_that_nobody_knows_is_told() -> None:
    assert codes(of_kind(RuleKind.UNVERIFIED)) == [("kind", "kind_unverified")]


def test_a_group_belongs_to_one_place_and_has_something_to_override() -> None:
    cap = maine_cap(group="g")
    other = maine_cap(id="us-nh-cap", place="US-NH", group="g")
    override = of_kind(RuleKind.DISCLOSURE, id="us-me-web", group="g", combination=Combination.OVERRIDE)
    assert codes(cap, override) == []
    assert codes(cap) == [("group", "group_of_one")]
    assert codes(cap, other) == [("group", "group_across_places")]
    assert codes(override) == [("group", "nothing_overridden"), ("group", "group_of_one")]


def test_errors_come_first() -> None:
    findings = lint([maine_cap(id="a", confidence=Confidence.LOW), maine_cap(id="b", base=None)], on=TODAY)
    assert [(finding.rule_id, finding.severity) for finding in findings] == [
        ("b", Severity.ERROR),
        ("a", Severity.WARNING),
    ]
