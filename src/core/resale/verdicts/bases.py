"""What a ceiling is reckoned from: the bases that statutes define, out of what the first sale of a pass cost."""

from dataclasses import dataclass

from core.resale.law.facts import Fact, PriceComponents, ResaleFacts
from core.resale.law.rule import Base
from core.shared.money import Money

TRANSACTION_COSTS_PART = 10
"""Transaction costs count up to a tenth of the price (Fair Trading Act 1987 (NSW), Part 4A)."""


@dataclass(frozen=True, slots=True)
class KnownBase:
    """A base, and its sum in words."""

    amount: Money
    text: str


@dataclass(frozen=True, slots=True)
class UnknownBase:
    """A base that cannot be reckoned, with the names of the components that nobody gave."""

    missing: tuple[str, ...]


type _Part = tuple[str, Money | None]

_PRICE, _FEES, _TAX = "price", "mandatory fees", "tax"


def base_of(base: Base, facts: ResaleFacts, currency: str) -> KnownBase | UnknownBase:
    """Return what this definition of the base comes to for the pass.

    A pass that was free of charge has a base of 0, whatever it would have cost, unless the law asks what this seller
    paid. Fees that nobody knows to be printed on the ticket do not count: that reading allows less.
    """
    components = facts.components
    if base is Base.PAID_BY_SELLER and components.paid_by_seller is not None:
        return _sum([("paid by the seller", components.paid_by_seller)], currency)
    resold = facts.transfer_count != 0
    if base is Base.PAID_BY_SELLER and resold:
        return UnknownBase(("what this seller paid",))
    if facts.known.get(Fact.COMPLIMENTARY) is True:
        return KnownBase(Money.zero(currency), "nothing, since the pass was free of charge")
    return _sum(_parts(base, components), currency)


def _parts(base: Base, of: PriceComponents) -> list[_Part]:
    price: _Part = (_PRICE, of.face)
    fees: _Part = (_FEES, of.mandatory_fees)
    tax: _Part = (_TAX, of.tax)
    printed = [fees] if of.fee_printed else []
    match base:
        case Base.FACE:
            return [price]
        case Base.FACE_PLUS_TAX:
            return [price, tax]
        case Base.FACE_PLUS_PRINTED_FEE:
            return [price, *printed]
        case Base.PRINTED_WITH_TAX:
            return [price, *printed, tax]
        case Base.FACE_PLUS_FEES:
            return [price, fees]
        case Base.TOTAL_PAID | Base.PAID_BY_SELLER:
            return [price, fees, tax]
        case Base.SUPPLY_COST:
            return [price, ("transaction costs, up to a tenth of the price", _supply_costs(of))]


def _supply_costs(of: PriceComponents) -> Money | None:
    costs = of.transaction_costs if of.transaction_costs is not None else of.mandatory_fees
    if costs is None or of.face is None:
        return costs
    return min(costs, Money(of.face.amount_minor // TRANSACTION_COSTS_PART, of.face.currency), key=_minor)


def _minor(amount: Money) -> int:
    return amount.amount_minor


def _sum(parts: list[_Part], currency: str) -> KnownBase | UnknownBase:
    missing = tuple(name for name, amount in parts if amount is None)
    if missing:
        return UnknownBase(missing)
    known = [(name, amount) for name, amount in parts if amount is not None]
    if len(known) == 1:
        name, amount = known[0]
        return KnownBase(amount, f"{name} {amount}")
    whole = Money(sum(amount.amount_minor for _, amount in known), currency)
    return KnownBase(whole, f"{' + '.join(f'{name} {amount}' for name, amount in known)} = {whole}")
