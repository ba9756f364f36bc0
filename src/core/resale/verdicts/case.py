"""A resale as those see it who may object to it, and what an objection is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from core.resale.law.facts import Act, ResaleFacts
from core.resale.policies.policy import PolicyChain, VerificationKind
from core.resale.verdicts.applying import Standing
from core.resale.verdicts.ceilings import Ceiling, Unreckoned
from core.resale.verdicts.law import LegalCeiling
from core.resale.verdicts.organiser_prices import Corridor
from core.resale.verdicts.verdict import Reason
from core.shared.money import Money


@dataclass(frozen=True, slots=True)
class Objection:
    """A reason against the resale. With `asks_nothing` no price whatever would change it."""

    reason: Reason
    remedies: tuple[str, ...] = ()
    requires: tuple[VerificationKind, ...] = ()
    asks_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """The facts, how each rule stands to them, and the ceilings. `currency` is the one that the pass was sold in."""

    facts: ResaleFacts
    policy: PolicyChain
    now: datetime
    currency: str
    found: tuple[Standing, ...]
    law: LegalCeiling
    caution: Ceiling | Unreckoned | None
    organiser: Corridor

    @property
    def is_sale(self) -> bool:
        return self.facts.act is not Act.TRANSFER

    @property
    def in_its_currency(self) -> bool:
        """Whether the price can be held against the ceilings at all."""
        return self.facts.price.currency == self.currency

    @property
    def legal_max_minor(self) -> int | None:
        """The highest ask that law or caution allow; below 0 where what comes on top is too much by itself."""
        known = [ceiling.ask_minor for _, ceiling in self.law.lowest[:1]]
        if isinstance(self.caution, Ceiling):
            known.append(self.caution.ask_minor)
        return min(known, default=None)

    @property
    def ask_max_minor(self) -> int | None:
        """The highest ask, the organiser's ceilings included; None where there is none."""
        known = [one for one in (self.legal_max_minor, self.organiser.max_minor) if one is not None]
        return min(known, default=None)

    def money(self, amount_minor: int) -> Money:
        return Money(amount_minor, self.currency)


type Check = Callable[[Case], Iterable[Objection]]
"""One of those who may object: a small policy of the law's or the organiser's."""
