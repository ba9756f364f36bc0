"""What an organisation gives back, by how many days before the event a buyer asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from core.orders.errors import InvalidRefundPolicyError
from core.shared.errors import Problem

RULES_MAX = 20
DAYS_MAX = 3_650
WHOLE = 10_000
"""All of it, in basis points (hundredths of a percent)."""


class RefundReason(StrEnum):
    """Why money goes back. A buyer has only the first one, and nobody the last three: they are what happened.

    The buyer's bank took the money, the pass that was resold could not be had any more, or a pass that was given back
    to the organiser was sold again.
    """

    CUSTOMER_REQUEST = "customer_request"
    EVENT_CANCELLED = "event_cancelled"
    EVENT_RESCHEDULED = "event_rescheduled"
    DUPLICATE = "duplicate"
    FRAUD = "fraud"
    GOODWILL = "goodwill"
    OTHER = "other"
    DISPUTE_LOST = "dispute_lost"
    PASS_NOT_REISSUED = "pass_not_reissued"  # noqa: S105 - a pass of an event, not a password
    RETURNED = "returned"


GIVEN_IN_FULL = frozenset(
    {RefundReason.EVENT_CANCELLED, RefundReason.EVENT_RESCHEDULED, RefundReason.DUPLICATE, RefundReason.FRAUD}
)
"""The buyer did not change their mind: everything goes back with the fees, whatever the policy says."""

OWED_EVEN_IF_REFUSED = frozenset({RefundReason.PASS_NOT_REISSUED, RefundReason.RETURNED})
"""What the buyer has not any more, or never had: a refund that payments refuses is tried again, and not forgotten."""


@dataclass(frozen=True, slots=True)
class RefundRule:
    """So much goes back as long as there are `until_days_before` days or more to the day of the event.

    `percent_basis_points` is in hundredths of a percent, 0 to 10,000.
    """

    percent_basis_points: int
    until_days_before: int


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    """An organisation's rules for refunds that buyers ask for; the one with the most days comes first.

    Without rules a buyer gets nothing back by themselves, and staff may give everything back. `fees_refundable` says
    whether fees and taxes on top of the prices go back as well. `version` is 0 until a policy is set.

    Raises InvalidRefundPolicyError.
    """

    rules: tuple[RefundRule, ...] = ()
    fees_refundable: bool = False
    version: int = 0

    def __post_init__(self) -> None:
        if problems := _problems(self.rules):
            raise InvalidRefundPolicyError(problems)

    def rule_at(self, now: datetime, *, starts_at: datetime, time_zone: str) -> RefundRule | None:
        """Return the first rule whose time is not over; None once they all are, or the event has begun."""
        if now >= starts_at:
            return None
        left = days_left(now, starts_at=starts_at, time_zone=time_zone)
        return next((rule for rule in self.rules if left >= rule.until_days_before), None)


def days_left(now: datetime, *, starts_at: datetime, time_zone: str) -> int:
    """Return how many midnights of the event's place are between now and its start; less than 0 after its day.

    Days of the calendar, so that the clocks of summer and winter take nothing from anybody.
    """
    zone = ZoneInfo(time_zone)
    return (starts_at.astimezone(zone).date() - now.astimezone(zone).date()).days


def _problems(rules: Sequence[RefundRule]) -> list[Problem]:
    problems: list[Problem] = []
    if len(rules) > RULES_MAX:
        problems.append(Problem("/rules", f"A policy has at most {RULES_MAX} rules."))
    for index, rule in enumerate(rules):
        if not 0 <= rule.percent_basis_points <= WHOLE:
            problems.append(Problem(f"/rules/{index}/percentBasisPoints", f"From 0 to {WHOLE}."))
        if not 0 <= rule.until_days_before <= DAYS_MAX:
            problems.append(Problem(f"/rules/{index}/untilDaysBefore", f"From 0 to {DAYS_MAX}."))
    for index, (earlier, later) in enumerate(pairwise(rules), start=1):
        if later.until_days_before >= earlier.until_days_before:
            problems.append(Problem(f"/rules/{index}/untilDaysBefore", "Fewer days than the rule before."))
        if later.percent_basis_points > earlier.percent_basis_points:
            message = "Not more than the rule before: nobody gets more back for asking later."
            problems.append(Problem(f"/rules/{index}/percentBasisPoints", message))
    return problems


DEFAULT_POLICY = RefundPolicy()
"""Of an organisation that has set none."""
