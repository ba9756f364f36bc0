"""What the organiser says against giving a pass to somebody, until when it may be accepted, and whose name it bears."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.resale.law.facts import Where
from core.resale.law.rule import Duty, Hook
from core.resale.law.rulebook import Rulebook
from core.resale.law.scopes import Known, assumptions
from core.resale.policies.policy import PolicyChain
from core.resale.policies.policy_rules import combined
from core.resale.verdicts.organiser import CUTOFF_PASSED, TRANSFER_NOT_ALLOWED, TRANSFERS_MAX_REACHED
from core.resale.verdicts.verdict import Reason
from core.shared.places import places_around


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferTerms:
    """How long a pass waits for its recipient, and how many one account may offer within 24 hours."""

    window: timedelta = timedelta(days=7)
    per_day_max: int = 50
    sweep_transfers_max: int = 200


def closing_time(chain: PolicyChain, *, starts_at: datetime) -> datetime:
    """Return from when on nothing can be accepted: the organiser's cutoff, or the beginning of the event."""
    return starts_at - (combined(chain).transfer_cutoff or timedelta())


def objections(
    chain: PolicyChain, *, starts_at: datetime, time_zone: str, handed_on_count: int, now: datetime
) -> Iterator[Reason]:
    """Tell all that speaks against it; the policies have given way to every right that a law gives to holders.

    Exactly at the closing time it is over. `handed_on_count` has been read under the lock of the lineage.
    """
    policy = combined(chain)
    if policy.transfer_allowed is False:
        yield Reason(TRANSFER_NOT_ALLOWED, "The organiser does not allow transfers.")
    closes_at = closing_time(chain, starts_at=starts_at)
    if now >= closes_at:
        when = f"{closes_at.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M} ({time_zone})"
        yield Reason(CUTOFF_PASSED, f"Passes can be transferred before {when} only.")
    if policy.transfers_max is not None and handed_on_count >= policy.transfers_max:
        message = f"The pass changed hands {handed_on_count} times, and the organiser allows {policy.transfers_max}."
        yield Reason(TRANSFERS_MAX_REACHED, message)


def why_named(chain: PolicyChain, rulebook: Rulebook, *, place: Where, known: Known, on: date) -> str | None:
    """Return why the pass has to bear its new holder's name; None where it need not.

    The organiser asks for it, or a rule of the event's place that binds on the day has the name on the pass changed; a
    fact that is missing counts as if the rule applied.
    """
    if combined(chain).names_holders:
        return "the organiser asks for it"
    for rule in rulebook.of_places(places_around(place.country, place.subdivision)):
        binds = rule.binds and rule.hook is Hook.EVENT and rule.is_effective_on(on)
        if Duty.CHANGE_OF_NAME in rule.duties and binds and assumptions(rule.scope, known) is not None:
            return f"{rule.name}, {rule.citation}, rule {rule.id} of {rule.place}"
    return None
