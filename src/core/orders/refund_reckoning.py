"""The arithmetic of a refund, as steps that people can follow."""

from collections.abc import Mapping, Sequence

from core.orders.content import OrderedTicket
from core.orders.refund_policy import WHOLE
from core.orders.refunds import ReckoningStep, TicketVerdict
from core.orders.shares import Share
from core.shared.money import Money


def reckoned(
    asked: Mapping[OrderedTicket, Sequence[Share]],
    verdicts: Sequence[TicketVerdict],
    *,
    fees: bool,
    currency: str,
) -> tuple[list[ReckoningStep], Money]:
    """Return the arithmetic; a part of a minor unit is rounded half up once for each ticket."""
    steps: list[ReckoningStep] = []

    def step(text: str, amount_minor: int) -> None:
        steps.append(ReckoningStep(text, Money(amount_minor, currency)))

    result = 0
    for (ticket, shares), verdict in zip(asked.items(), verdicts, strict=True):
        step(f"{len(shares)} x {ticket.event.title}", sum(share.price_minor for share in shares))
        base = sum(share.ticket_minor for share in shares)
        if discount := sum(share.discount_minor for share in shares):
            step("less their share of the discounts", -discount)
        if extras := sum(share.extras_minor for share in shares):
            step(f"their share of fees and taxes, {'given back' if fees else 'which is kept'}", extras)
            base += extras if fees else 0
        part = (2 * base * verdict.percent_basis_points + WHOLE) // (2 * WHOLE)
        step(f"of which {percent_text(verdict.percent_basis_points)}", part)
        result += part
    return steps, Money(result, currency)


def percent_text(basis_points: int) -> str:
    """Return the percentage for people."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d} %" if rest else f"{whole} %"
