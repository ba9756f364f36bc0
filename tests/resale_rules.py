"""Rules of law for tests: a short sentence of what differs from an ordinary one, and the same as files."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.resale.law.facts import Fact, FactValue
from core.resale.law.rule import (
    Base,
    Combination,
    Compared,
    Confidence,
    Operator,
    Predicate,
    Right,
    Rule,
    RuleKind,
    RuleStatus,
    Scope,
)
from core.resale.law.rulebook import Rulebook

TODAY = date(2026, 11, 21)


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
        "reviewed_on": TODAY,
        "scope_text": "Every resale",
    }
    return Rule(**(given | other))


def a_cap(place: str, factor: str = "1.1", **other: Any) -> Rule:  # Any: whatever a rule holds
    """Return a rule that allows so many times what the first sale cost in all."""
    given: dict[str, Any] = {"kind": RuleKind.MULTIPLIER, "value": Decimal(factor), "base": Base.TOTAL_PAID}
    return a_rule(place, **(given | other))


def a_book(*rules: Rule, version: str = "test") -> Rulebook:
    return Rulebook.of(version, rules)


def a_right(rule_id: str, place: str, *rights: Right, **other: Any) -> Rule:  # Any: whatever a rule holds
    """Return a rule in force that says nothing but that holders have these rights."""
    given: dict[str, Any] = {
        "id": rule_id,
        "kind": RuleKind.NONE,
        "name": f"Act of {place}",
        "citation": f"{place} Code 1-2",
        "rights": frozenset(rights),
    }
    return a_rule(place, **(given | other))


def maine_cap(**other: Any) -> Rule:  # Any: whatever a rule holds
    """Return the rule that `written()` writes."""
    given: dict[str, Any] = {
        "id": "us-me-cap",
        "name": "Maine",
        "citation": "P.L. 2025 ch. 354",
        "source": "https://example.org/statute",
        "scope_text": "Events in Maine.",
    }
    return a_cap(**({"place": "US-ME"} | given | other))


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

WRITTEN = {
    "id": '"us-me-cap"',
    "version": "1",
    "place": '"US-ME"',
    "name": '"Maine"',
    "kind": '"multiplier"',
    "value": '"1.1"',
    "base": '"total_paid"',
    "citation": '"P.L. 2025 ch. 354"',
    "source": '"https://example.org/statute"',
    "confidence": '"high"',
    "status": '"in_force"',
    "reviewed_on": "2026-11-21",
    "scope_text": '"Events in Maine."',
}
"""The members of `maine_cap()`, as they are written in TOML."""


def written(**members: str | None) -> str:
    """Return `maine_cap()` as TOML, with other members where they are given, and without those that are None."""
    told = {name: value for name, value in (WRITTEN | members).items() if value is not None}
    return "\n".join(["[[rule]]", *(f"{name} = {value}" for name, value in told.items()), ""])


def a_folder(at: Path, **files: str) -> Path:
    """Write files of these names, without their ending, into the folder."""
    for name, content in files.items():
        (at / f"{name}.toml").write_text(content)
    return at
