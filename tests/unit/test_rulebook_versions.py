"""A rulebook's version changes with whatever it says, and its rules are found by place and day."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from adapters.rulebook.builtin import built_in_rulebook
from core.resale.law.facts import Fact
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
    Right,
    Rule,
    RuleKind,
    RuleStatus,
)
from core.resale.law.rulebook import Rulebook, version_of
from core.shared.places import places_around
from tests.resale_rules import TODAY, maine_cap

OTHER_MEMBERS: dict[str, Any] = {
    "id": "us-me-other",
    "version": 2,
    "place": "US-NH",
    "name": "New Hampshire",
    "kind": RuleKind.DISCLOSURE,
    "citation": "P.L. 2026",
    "source": None,
    "confidence": Confidence.MEDIUM,
    "status": RuleStatus.REPEALED,
    "reviewed_on": date(2026, 11, 20),
    "scope_text": "Events in New Hampshire.",
    "value": Decimal("1.2"),
    "currency": "USD",
    "base": Base.FACE,
    "base_text": "Printed price.",
    "scope": ((Predicate(Fact.CHARITY, Operator.IS, (True,)),),),
    "combination": Combination.MAX,
    "group": "g",
    "lifted_by": frozenset({Lift.LICENCE}),
    "rights": frozenset({Right.TRANSFER}),
    "duties": frozenset({Duty.NO_BOTS}),
    "applies_at": AppliesAt.FIRST_SALE,
    "hook": Hook.BUYER,
    "compared": Compared.SELLER_ASK,
    "effective_from": date(2025, 9, 24),
    "effective_to": date(2028, 7, 1),
    "doubts": "Not read.",
}


def ids(rules: tuple[Rule, ...]) -> list[str]:
    return [rule.id for rule in rules]


def test_no_member_is_forgotten_below() -> None:
    assert set(OTHER_MEMBERS) == {member.name for member in fields(Rule)}


@pytest.mark.parametrize("member", OTHER_MEMBERS)
def test_the_version_changes_with_any_member(member: str) -> None:
    assert version_of([replace(maine_cap(), **{member: OTHER_MEMBERS[member]})]) != version_of([maine_cap()])


@pytest.mark.parametrize("values", [(1,), ("True",), (date(2026, 1, 1),)])
def test_the_version_tells_values_of_conditions_apart(values: tuple[Any, ...]) -> None:
    def version(of: tuple[Any, ...]) -> str:
        return version_of([maine_cap(scope=((Predicate(Fact.CHARITY, Operator.IS, of),),))])

    assert version(values) != version((True,))


def test_the_version_changes_with_the_number_of_rules_and_not_with_their_order() -> None:
    one, two = maine_cap(), maine_cap(id="us-nh")
    assert version_of([one, two]) == version_of([two, one])
    assert version_of([one]) != version_of([one, two])


def test_the_version_is_the_same_wherever_sets_are_made() -> None:
    ways = (frozenset([Duty.NO_BOTS, Duty.ALL_IN_PRICE]), frozenset([Duty.ALL_IN_PRICE, Duty.NO_BOTS]))
    assert len({version_of([maine_cap(duties=duties)]) for duties in ways}) == 1


def test_the_version_begins_with_the_day_of_the_newest_review() -> None:
    version = version_of([maine_cap(reviewed_on=date(2026, 1, 1)), maine_cap(id="us-nh")])
    day, _, digest = version.partition(".")
    assert day == TODAY.isoformat()
    assert len(digest) == 64


def test_a_rulebook_without_rules_has_no_version() -> None:
    with pytest.raises(ValueError, match="without rules"):
        version_of([])


def test_an_id_is_used_once() -> None:
    with pytest.raises(ValueError, match="an id of its own"):
        Rulebook.dated([maine_cap(), maine_cap(version=2)])


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("US-ME", ["us-me-cap", "us-bots-act", "us-ftc-fees", "us-ftc-fees-buyers", "us-ticket-act"]),
        ("US", ["us-bots-act", "us-ftc-fees", "us-ftc-fees-buyers", "us-ticket-act"]),
        ("FR", ["fr-authorisation", "eu-bots", "eu-bots-buyers", "eu-dsa-traders", "eu-dsa-traders-buyers"]),
        ("EU", ["eu-bots", "eu-bots-buyers", "eu-dsa-traders", "eu-dsa-traders-buyers"]),
        ("NO", ["no-printed-price"]),
        ("GB-SCT", ["gb-announced-cap", "gb-announced-cap-buyers", "gb-bots", "gb-cra-disclosure"]),
        ("VA", []),
    ],
)
def test_a_place_has_its_own_rules_and_those_around_it(place: str, found: list[str]) -> None:
    assert ids(built_in_rulebook().selected(place=place)) == found


@pytest.mark.parametrize(
    ("country", "part", "rule_id"),
    [
        ("GB", "GB-ENG", "gb-eaw-football"),
        ("GB", "GB-LND", "gb-eaw-football"),
        ("ES", "ES-SE", "es-an-unauthorised"),
        ("ES", "ES-M", "es-md-street"),
        ("CN", "CN-HK", "hk-licensed-places"),
        ("CN", "CN-TW", "tw-arts"),
        ("US", "US-RI", "us-ri-ten-per-cent"),
    ],
)
def test_the_rules_of_a_region_are_found_from_within(country: str, part: str, rule_id: str) -> None:
    assert rule_id in ids(built_in_rulebook().of_places(places_around(country, part)))


def test_without_conditions_every_rule_is_selected() -> None:
    assert built_in_rulebook().selected() == built_in_rulebook().rules


def test_the_day_of_an_end_is_not_selected() -> None:
    rulebook = Rulebook.dated([maine_cap(effective_from=date(2026, 1, 2), effective_to=date(2026, 1, 4))])
    held = [day for day in range(1, 6) if rulebook.selected(on=date(2026, 1, day))]
    assert held == [2, 3]
