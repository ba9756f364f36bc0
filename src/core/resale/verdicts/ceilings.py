"""The highest price that a rule allows for one pass, floored in minor units; nothing is ever rounded up."""

from dataclasses import dataclass
from decimal import Decimal

from core.resale.law.facts import ResaleFacts
from core.resale.law.rule import Base, Compared, Rule, RuleKind
from core.resale.verdicts.bases import UnknownBase, base_of
from core.resale.verdicts.explanations import listed, named, percent
from core.resale.verdicts.verdict import Step
from core.shared.money import Money, minor_unit_exponent

BASE_UNKNOWN = "resale.base_unknown"
CEILING_UNKNOWN = "resale.ceiling_unknown"
BUYER_TOTAL_UNKNOWN = "resale.buyer_total_unknown"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A ceiling, and what the seller may ask beneath it: less by what the buyer pays on top, so perhaps below 0."""

    amount: Money
    ask_minor: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Unreckoned:
    """There is a ceiling and nobody can say where: no price is lawful until `remedy` was done."""

    code: str
    message: str
    remedy: str


def ceiling_of(rule: Rule, facts: ResaleFacts, currency: str) -> Ceiling | Unreckoned:
    """Return what a rule of a capping kind allows for this pass. Without a base it is the price alone."""
    base = base_of(rule.base or Base.FACE, facts, currency)
    if isinstance(base, UnknownBase):
        return _unknown_base(base, named(rule))
    steps = [Step(f"Base: {base.text}", base.amount)]
    match rule.kind, rule.value:
        case RuleKind.MULTIPLIER, Decimal() as factor:
            step = share(factor, base.amount)
        case RuleKind.FIXED_MARKUP, Decimal() as markup if rule.currency == currency:
            added = Money(_minor_units(markup, currency), currency)
            whole = base.amount + added
            step = Step(f"{base.amount} + {added} = {whole}", whole)
        case RuleKind.FACE_VALUE, _:
            step = Step(f"Not more than the base = {base.amount}", base.amount)
        case _:
            return _unknown_amount(rule, currency)
    return beneath(step.amount, (*steps, step), rule.compared, facts)


def original_total(facts: ResaleFacts, currency: str) -> Ceiling | Unreckoned:
    """Return the cautious ceiling of places whose law nobody knows: what the first sale cost in all."""
    base = base_of(Base.TOTAL_PAID, facts, currency)
    if isinstance(base, UnknownBase):
        return _unknown_base(base, "Fairseat's caution")
    steps = (
        Step(f"Base: {base.text}", base.amount),
        Step(f"100 % of it, Fairseat's caution where no law is known = {base.amount}", base.amount),
    )
    return beneath(base.amount, steps, Compared.BUYER_TOTAL_BEFORE_TAX, facts)


def share(factor: Decimal, base: Money) -> Step:
    """Return a factor of an amount, exactly, and rounded down to the minor unit."""
    numerator, denominator = factor.as_integer_ratio()
    amount = Money(base.amount_minor * numerator // denominator, base.currency)
    return Step(f"{percent(factor)} of {base}, rounded down = {amount}", amount)


def beneath(ceiling: Money, steps: tuple[Step, ...], compared: Compared, facts: ResaleFacts) -> Ceiling | Unreckoned:
    """Return what may be asked so that what is held against the ceiling does not pass it."""
    if compared is Compared.SELLER_ASK:
        return Ceiling(ceiling, ceiling.amount_minor, steps)
    on_top = [facts.buyer_fees] if compared is Compared.BUYER_TOTAL_BEFORE_TAX else [facts.buyer_fees, facts.buyer_tax]
    known = [amount.amount_minor for amount in on_top if amount is not None and amount.currency == ceiling.currency]
    if len(known) < len(on_top):
        return Unreckoned(
            BUYER_TOTAL_UNKNOWN,
            "The ceiling holds for all that the buyer pays, and what comes on top of the price is not known.",
            f"Say what the buyer pays on top of the price, in {ceiling.currency}; 0 where nothing comes on top.",
        )
    extras = sum(known)
    if extras == 0:
        return Ceiling(ceiling, ceiling.amount_minor, steps)
    left = Money(ceiling.amount_minor - extras, ceiling.currency)
    step = Step(f"{ceiling} less {Money(extras, ceiling.currency)} that the buyer pays on top = {left}", left)
    return Ceiling(ceiling, left.amount_minor, (*steps, step))


def _minor_units(amount: Decimal, currency: str) -> int:
    numerator, denominator = amount.as_integer_ratio()
    exponent = minor_unit_exponent(currency)
    return int(numerator * 10**exponent // denominator)


def _unknown_base(base: UnknownBase, whose: str) -> Unreckoned:
    missing = listed(base.missing)
    return Unreckoned(
        BASE_UNKNOWN,
        f"The ceiling of {whose} cannot be reckoned: of the first sale nobody gave {missing}.",
        f"Tell of the first sale: {missing}.",
    )


def _unknown_amount(rule: Rule, currency: str) -> Unreckoned:
    return Unreckoned(
        CEILING_UNKNOWN,
        f"The ceiling of {named(rule)} is an amount in {rule.currency or 'no currency'}, and the pass was sold in"
        f" {currency}; amounts are never converted for a ceiling.",
        f"A pass that was sold in {currency} cannot be resold under {named(rule)}.",
    )
