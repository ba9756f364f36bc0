"""Receipts as a person reads them."""

from rich.console import Console
from rich.markup import escape

from core.resale.receipts.receipt import PassSubject, Receipt, Subject
from core.shared.time import spoken


def print_receipt(receipt: Receipt, console: Console) -> None:
    """Print what was decided, about what, on which facts and rules, and who vouches for it."""
    word = "[bold green]ALLOWED[/]" if receipt.allowed else "[bold red]DENIED[/]"
    ceiling = str(receipt.price_max) if receipt.price_max is not None else "no ceiling"
    lines = [
        f"{word} at {receipt.price}; the highest price is {ceiling}",
        f"  about      {escape(_spoken_subject(receipt.subject))}",
        *(f"  because    {escape(code)}" for code in receipt.reason_codes),
        *(f"  decided by {escape(rule.id)}, version {rule.version}" for rule in receipt.bound_by),
        f"  law as of  {spoken(receipt.as_of)}, rulebook {escape(receipt.rulebook_version)}",
        f"  facts      SHA-256 {escape(receipt.facts_hash)}",
        f"  receipt    {receipt.id}, issued at {spoken(receipt.issued_at)}",
        f"  for        organisation {receipt.tenant_id}",
        f"  signed by  {escape(receipt.key_id)}",
    ]
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _spoken_subject(subject: Subject) -> str:
    if isinstance(subject, PassSubject):
        return f"pass {subject.pass_id}"
    return f"a pass issued elsewhere, {subject.reference!r}" if subject.reference else "a pass issued elsewhere"
