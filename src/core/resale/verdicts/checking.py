"""Facts that no resale can have are refused before anything is judged."""

from collections.abc import Iterator

from core.resale.law.facts import WORDS, Act, Fact, FactValue, ResaleFacts, type_of
from core.shared.errors import InvalidInputError, Problem
from core.shared.money import PRICE_MAX_MINOR, Money
from core.shared.time import zone_named

_BEYOND = f"An amount is from 0 to {PRICE_MAX_MINOR} minor units."
_TYPES = {fact: type_of(fact) for fact in Fact}


def check(facts: ResaleFacts) -> None:
    """Raise InvalidInputError, with every fault, for amounts, counts, moments and facts that cannot be."""
    zone_named(facts.event_time_zone)
    problems = [*_of_amounts(facts), *_of_known(facts)]
    if facts.event_starts_at.tzinfo is None:
        problems.append(Problem("/eventStartsAt", "A moment needs a zone."))
    if facts.transfer_count is not None and facts.transfer_count < 0:
        problems.append(Problem("/transferCount", "Nothing changes hands less than 0 times."))
    if facts.act is Act.TRANSFER and facts.price.amount_minor:
        problems.append(Problem("/price", "Nothing is asked for a transfer; with a price it is a resale."))
    if problems:
        raise InvalidInputError(problems[0].message, problems)


def currency_of(facts: ResaleFacts) -> str:
    """Return the currency of the first sale; that of the price where nothing of the first sale is known."""
    known = [amount.currency for _, amount in _components(facts) if amount is not None]
    return known[0] if known else facts.price.currency


def _components(facts: ResaleFacts) -> tuple[tuple[str, Money | None], ...]:
    components = facts.components
    return (
        ("face", components.face),
        ("mandatoryFees", components.mandatory_fees),
        ("optional", components.optional),
        ("tax", components.tax),
        ("transactionCosts", components.transaction_costs),
        ("paidBySeller", components.paid_by_seller),
    )


def _of_amounts(facts: ResaleFacts) -> Iterator[Problem]:
    currency = currency_of(facts)
    for name, amount in _components(facts):
        if amount is not None and amount.currency != currency:
            yield Problem(f"/components/{name}", "What one sale cost is told in one currency.")
        if amount is not None and not 0 <= amount.amount_minor <= PRICE_MAX_MINOR:
            yield Problem(f"/components/{name}", _BEYOND)
    for name, amount in (("price", facts.price), ("buyerFees", facts.buyer_fees), ("buyerTax", facts.buyer_tax)):
        if amount is not None and not 0 <= amount.amount_minor <= PRICE_MAX_MINOR:
            yield Problem(f"/{name}", _BEYOND)


def _of_known(facts: ResaleFacts) -> Iterator[Problem]:
    for fact, value in facts.known.items():
        if not _can_be(fact, value):
            yield Problem(f"/known/{fact}", f"{value!r} cannot be what is known of it.")


def _can_be(fact: Fact, value: FactValue) -> bool:
    wanted = _TYPES[fact]
    if wanted is bool or wanted is int:
        return type(value) is wanted
    return fact in WORDS and value in WORDS[fact]
