"""Rules to begin with in tests of the rulebook, and the same as files."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.resale.rule import Base, Confidence, Rule, RuleKind, RuleStatus

TODAY = date(2026, 11, 21)


def a_rule(**members: Any) -> Rule:
    """Return a rule that binds, with other members where they are given."""
    rule = Rule(
        id="us-me-cap",
        version=1,
        place="US-ME",
        name="Maine",
        kind=RuleKind.MULTIPLIER,
        citation="P.L. 2025 ch. 354",
        source="https://example.org/statute",
        confidence=Confidence.HIGH,
        status=RuleStatus.IN_FORCE,
        reviewed_on=TODAY,
        scope_text="Events in Maine.",
        value=Decimal("1.1"),
        base=Base.TOTAL_PAID,
    )
    return replace(rule, **members)


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
"""The members of `a_rule()`, as they are written in TOML."""


def written(**members: str | None) -> str:
    """Return `a_rule()` as TOML, with other members where they are given, and without those that are None."""
    told = {name: value for name, value in (WRITTEN | members).items() if value is not None}
    return "\n".join(["[[rule]]", *(f"{name} = {value}" for name, value in told.items()), ""])


def a_folder(at: Path, **files: str) -> Path:
    """Write files of these names, without their ending, into the folder."""
    for name, content in files.items():
        (at / f"{name}.toml").write_text(content)
    return at
