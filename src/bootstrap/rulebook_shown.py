"""What the commands about the rulebook print."""

from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adapters.rulebook.builtin import built_in_rulebook
from adapters.rulebook.page import rulebook_page
from adapters.rulebook.reader import read_rulebook
from adapters.rulebook.words import ceiling_in_words, dates_in_words
from bootstrap.settings import SettingsError
from core.resale.law.lint import Severity, lint
from core.resale.law.rule import Rule
from core.resale.law.rulebook import Rulebook, RulebookFaultyError
from core.shared.places import is_place


def print_findings(folder: Path | None, on: date | None, console: Console) -> int:
    """Print all findings of a day (None: today, in UTC), and return the exit status: 1 when there is an error."""
    try:
        rulebook = _rulebook(folder)
    except RulebookFaultyError as error:
        for problem in error.problems:
            _line(console, f"error {problem.pointer or folder}: {problem.message}")
        _line(console, error.message)
        return 1
    day = on or datetime.now(UTC).date()
    findings = lint(rulebook.rules, on=day)
    for finding in findings:
        _line(console, f"{finding.severity} {finding.rule_id} {finding.member}: {finding.message} ({finding.code})")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    _line(console, f"{len(rulebook.rules)} rules on {day}: {errors} errors, {len(findings) - errors} warnings")
    _line(console, rulebook.version)
    return 1 if errors else 0


def print_rules(folder: Path | None, place: str | None, on: date | None, console: Console) -> None:
    """Print the rules of a place and a day, dormant ones in brackets; None is no condition.

    Raises SettingsError for a rulebook that cannot be read, and for what is no place.
    """
    if place is not None and not is_place(place):
        raise SettingsError(f"{place!r} is no code of ISO 3166-1 or -2, and not EU.")
    rulebook = _readable(folder)
    rules = rulebook.selected(place=place, on=on)
    console.print(_table(rules) if rules else "No rule: nobody looked, or none holds on that day.")
    _line(console, f"{len(rules)} rules of {rulebook.version}")


def page_of(folder: Path | None) -> str:
    """Return the page of a rulebook; raises SettingsError for one that cannot be read."""
    return rulebook_page(_readable(folder))


def _rulebook(folder: Path | None) -> Rulebook:
    return built_in_rulebook() if folder is None else read_rulebook(folder)


def _readable(folder: Path | None) -> Rulebook:
    try:
        return _rulebook(folder)
    except RulebookFaultyError as error:
        raise SettingsError(f"{error.message} `fairseat rulebook lint {folder}` names what is wrong.") from error


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _table(rules: tuple[Rule, ...]) -> Table:
    table = Table("rule", "place", "what it says", "status", "confidence", "dates", "citation", box=None)
    table.columns[0].no_wrap = True  # to be copied
    for rule in rules:
        name = rule.id if rule.binds else f"({rule.id})"
        says, dates = ceiling_in_words(rule), dates_in_words(rule)
        table.add_row(name, rule.place, says, rule.status, rule.confidence, dates, rule.citation)
    return table
