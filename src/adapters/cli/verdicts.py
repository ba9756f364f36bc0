"""Verdicts as a person reads them."""

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from core.resale.verdicts.verdict import ConsideredRule, RuleOutcome, Verdict
from core.shared.money import Money
from core.shared.time import spoken

_STYLES = {RuleOutcome.BOUND: "bold", RuleOutcome.APPLIED: "", RuleOutcome.LIFTED: ""}
_FAINT = "dim"


def print_answer(verdict: Verdict, price: Money, console: Console) -> None:
    """Print the answer, why, the arithmetic, the rules that were looked at, and what has to be done."""
    for line in _lines(verdict, price):
        console.print(line, highlight=False, soft_wrap=True)
    if verdict.rules:
        console.print(_table(verdict.rules))
    console.print(f"Law as of {spoken(verdict.as_of.replace(microsecond=0))}, rulebook", highlight=False, end=" ")
    console.print(verdict.rulebook_version, highlight=False, soft_wrap=True)
    console.print("A reckoning over cited rules, as far as their sources were read; no legal advice.", style=_FAINT)


def _lines(verdict: Verdict, price: Money) -> Iterator[str]:
    word = "[bold green]ALLOWED[/]" if verdict.allowed else "[bold red]DENIED[/]"
    ceiling = f"at most {verdict.price_max}" if verdict.price_max is not None else "there is no ceiling"
    yield f"{word} at {price}: {ceiling}"
    for title, texts in (
        ("because", [reason.message for reason in verdict.reasons]),
        ("reckoned", [step.text for step in verdict.steps]),
        ("instead", list(verdict.remedies)),
        ("assumed", [fact.replace("_", " ") for fact in verdict.assumed]),
        ("duties", [duty.replace("_", " ") for duty in verdict.duties]),
        ("to bring", [kind.replace("_", " ") for kind in verdict.requires]),
        ("beware", list(verdict.warnings)),
    ):
        for number, text in enumerate(texts):
            yield f"  {title if number == 0 else '':<10}{escape(text)}"


def _table(rules: tuple[ConsideredRule, ...]) -> Table:
    table = Table("rule", "outcome", "ceiling", "citation", "why", box=None)
    for rule in rules:
        ceiling = str(rule.ceiling) if rule.ceiling is not None else ""
        cells = (f"{rule.id} v{rule.version}", rule.outcome.replace("_", " "), ceiling, rule.citation, rule.why)
        table.add_row(*map(escape, cells), style=_STYLES.get(rule.outcome, _FAINT))
    return table
