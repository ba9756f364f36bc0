"""What the doctor found, for people and for programs."""

from typing import Any

from rich.console import Console

from core.doctor.findings import Finding
from usecases.doctor.examine import Compared
from usecases.doctor.mend import Mended

type Json = dict[str, Any]  # what a JSON object holds


def print_compared(console: Console, done: Compared, *, repairing: bool) -> None:
    """Print a line for a comparison, and a few for each thing that was found."""
    more = " and more" if done.more else ""
    verdict = f"{len(done.findings)}{more} to look at" if done.findings else "all agree"
    console.print(f"{done.name}: {done.things} compared, {verdict}", highlight=False, soft_wrap=True)
    for each in done.findings:
        _print_finding(console, each, repairing=repairing)


def _print_finding(console: Console, finding: Finding, *, repairing: bool) -> None:
    since = finding.since.isoformat(timespec="seconds") if finding.since is not None else "unknown"
    named = " ".join(f"{name}={id}" for name, id in finding.ids)
    helps = "staff" if finding.repair is None else ("repair" if repairing else "would repair")
    for line in (
        f"  {finding.kind.value}  {named}  organisation={finding.key.tenant_id}  since {since}",
        f"    {finding.cause}",
        f"    {helps}: {finding.help}",
    ):
        console.print(line, highlight=False, soft_wrap=True, markup=False)


def print_mended(console: Console, mended: Mended) -> None:
    """Print what became of a repair."""
    named = " ".join(f"{name}={id}" for name, id in mended.finding.ids)
    became = "done" if mended.refusal is None else f"not done: {mended.refusal}"
    line = f"{mended.finding.kind.value}  {named}: {became}"
    console.print(line, highlight=False, soft_wrap=True, markup=False)


def document_of(compared: list[Compared], mended: list[Mended]) -> Json:
    """Return everything as a JSON object, whose members stay what they are."""
    became = {mend.finding.identity: mend for mend in mended}
    return {
        "compared": [{"name": each.name, "things": each.things, "more": each.more} for each in compared],
        "findings": [_finding(each, became.get(each.identity)) for part in compared for each in part.findings],
    }


def _finding(finding: Finding, mended: Mended | None) -> Json:
    return {
        "kind": finding.kind.value,
        "organisation": str(finding.key.tenant_id),
        "ids": dict(finding.ids),
        "since": finding.since.isoformat() if finding.since is not None else None,
        "cause": finding.cause,
        "repair": finding.repair.told if finding.repair is not None else None,
        "staff": finding.staff if finding.repair is None else None,
        "repaired": mended is not None and mended.refusal is None,
        "refusal": mended.refusal if mended is not None else None,
    }
