"""The corridor of prices that an organiser leaves: ceilings of every policy of the chain, and the highest floor."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from core.resale.law.facts import Act, ResaleFacts
from core.resale.law.rule import Base
from core.resale.policies.policy import PolicyChain, ResalePolicy
from core.resale.verdicts.bases import UnknownBase, base_of
from core.resale.verdicts.ceilings import share
from core.resale.verdicts.verdict import Step
from core.shared.money import Money

_WHOLE_EXPONENT = -4
"""A basis point is a hundredth of a percent."""


@dataclass(frozen=True, slots=True)
class Corridor:
    """The lowest of the organiser's ceilings and the highest of its floors; `unknown` says which nobody can reckon."""

    max_minor: int | None = None
    min_minor: int | None = None
    steps: tuple[Step, ...] = ()
    foreign: tuple[Money, ...] = ()
    """Ceilings and floors in another currency than the pass was sold in, which cannot be held against its price."""

    missing: tuple[str, ...] = ()
    """What of the first sale a ceiling is reckoned from and nobody gave."""


NONE = Corridor()


def corridor(policy: PolicyChain, facts: ResaleFacts, currency: str) -> Corridor:
    """Return what the organiser's policies leave for the price of this pass; nothing is asked for a transfer."""
    if facts.act is Act.TRANSFER or not any(map(_prices, policy)):
        return NONE
    steps: list[Step] = []
    missing: dict[str, None] = {}
    for one in policy:
        if one.multiplier_basis_points is not None:
            face = base_of(Base.FACE, facts, currency)
            if isinstance(face, UnknownBase):
                missing |= dict.fromkeys(face.missing)
            else:
                step = share(Decimal(one.multiplier_basis_points).scaleb(_WHOLE_EXPONENT), face.amount)
                steps.append(Step(f"The organiser allows {step.text}", step.amount))
        if one.price_max is not None and one.price_max.currency == currency:
            steps.append(Step(f"The organiser's highest price = {one.price_max}", one.price_max))
    lowest = min((step.amount.amount_minor for step in steps), default=None)
    floors = [one.price_min.amount_minor for one in policy if one.price_min and one.price_min.currency == currency]
    return Corridor(
        lowest,
        max(floors, default=None),
        tuple(steps),
        tuple(amount for one in policy for amount in _amounts(one) if amount.currency != currency),
        tuple(missing),
    )


def _prices(policy: ResalePolicy) -> bool:
    return policy.multiplier_basis_points is not None or any(True for _ in _amounts(policy))


def _amounts(policy: ResalePolicy) -> Iterator[Money]:
    if policy.price_max is not None:
        yield policy.price_max
    if policy.price_min is not None:
        yield policy.price_min
