"""The answer to "may this pass be resold, here, now, at this price": a value that says why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.resale.law.facts import Fact
from core.resale.law.rule import Duty
from core.resale.policies.policy import VerificationKind
from core.shared.money import Money


class RuleOutcome(StrEnum):
    """What became of one rule in one verdict."""

    BOUND = "bound"
    """Its ceiling is the lowest, or it forbids the resale."""

    APPLIED = "applied"
    """It applies and something stricter decides, or it only brings duties."""

    LIFTED = "lifted"
    OVERRIDDEN = "overridden"
    OUT_OF_SCOPE = "out_of_scope"
    OUT_OF_DATE = "out_of_date"
    DORMANT = "dormant"
    """Not in force, or not known well enough to decide anything."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of arithmetic: what was reckoned, and what came out in minor units of the pass's currency."""

    text: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsideredRule:
    """A rule of the places involved. `ceiling` is what it alone would allow; `assumed` are facts that nobody gave."""

    id: str
    version: int
    place: str
    name: str
    citation: str
    outcome: RuleOutcome
    ceiling: Money | None = None
    steps: tuple[Step, ...] = ()
    assumed: tuple[Fact, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the answer is no: a stable code such as `resale.price_too_high`, a sentence, and the rule where it is one."""

    code: str
    message: str
    rule_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer. Pure: the same facts, rulebook, policy and moment give the same one.

    `price_max` is the highest price that the seller may ask for this pass, None where there is no ceiling, and 0 where
    nothing may be asked; `price_min` is the organiser's. `steps` reckon `price_max`, law before organiser. `remedies`
    say what would make a denied resale lawful. `requires` are the verifications that are still to be brought: those
    that the organiser asks for deny until then, those of a law's duties do not, and whoever lets the resale go on has
    to see to them. `warnings` say what is not law, or not certain, in sentences.
    """

    allowed: bool
    price_max: Money | None
    price_min: Money | None
    transfer_count: int | None
    reasons: tuple[Reason, ...]
    rules: tuple[ConsideredRule, ...]
    steps: tuple[Step, ...]
    assumed: tuple[Fact, ...]
    duties: tuple[Duty, ...]
    remedies: tuple[str, ...]
    requires: tuple[VerificationKind, ...]
    warnings: tuple[str, ...]
    rulebook_version: str
    as_of: datetime
