"""What the organiser says against a resale. Every policy of the chain may object, so that each only tightens."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.resale.law.facts import Act
from core.resale.policies.policy import ResalePolicy
from core.resale.verdicts.case import Case, Objection
from core.resale.verdicts.ceilings import BASE_UNKNOWN
from core.resale.verdicts.explanations import listed
from core.resale.verdicts.objections_of_law import CURRENCY_MISMATCH, PRICE_TOO_HIGH
from core.resale.verdicts.verdict import Reason

NOT_ALLOWED = "resale.not_allowed"
TRANSFER_NOT_ALLOWED = "resale.transfer_not_allowed"
CUTOFF_PASSED = "resale.cutoff_passed"
CHANNEL_NOT_APPROVED = "resale.channel_not_approved"
VERIFICATION_REQUIRED = "resale.verification_required"
TRANSFERS_MAX_REACHED = "resale.transfers_max_reached"
TRANSFER_COUNT_UNKNOWN = "resale.transfer_count_unknown"
PRICE_TOO_LOW = "resale.price_too_low"


def not_allowed(case: Case) -> Iterator[Objection]:
    """The organiser does not let its passes be resold, or given away."""
    for policy in case.policy:
        if case.is_sale and policy.allowed is False:
            yield Objection(Reason(NOT_ALLOWED, "The organiser does not allow resale."), asks_nothing=True)
        if not case.is_sale and policy.transfer_allowed is False:
            yield Objection(Reason(TRANSFER_NOT_ALLOWED, "The organiser does not allow transfers."))


def cutoff_passed(case: Case) -> Iterator[Objection]:
    """Exactly at the cutoff it is over. What can be sold no more is not listed either."""
    for policy in case.policy:
        for cutoff in _cutoffs(case.facts.act, policy):
            last = case.facts.event_starts_at - cutoff
            if case.now >= last:
                when = _local(last, case.facts.event_time_zone)
                yield Objection(Reason(CUTOFF_PASSED, f"The organiser allows it before {when} only."))


def channel_not_approved(case: Case) -> Iterator[Objection]:
    for policy in case.policy:
        if case.is_sale and policy.approved_channels is not None and case.facts.channel not in policy.approved_channels:
            approved = ", ".join(sorted(policy.approved_channels)) or "none"
            message = f"The organiser approved these channels for resale: {approved}."
            yield Objection(Reason(CHANNEL_NOT_APPROVED, message), (f"Sell through one of: {approved}.",))


def verification_required(case: Case) -> Iterator[Objection]:
    """Who sells has to be verified as the organiser asks."""
    asked = {kind for policy in case.policy for kind in policy.verifications}
    missing = tuple(sorted(asked - case.facts.verifications))
    if case.is_sale and missing:
        message = f"The organiser asks that sellers are verified, and these are missing: {', '.join(missing)}."
        remedy = f"Bring these verifications: {', '.join(missing)}."
        yield Objection(Reason(VERIFICATION_REQUIRED, message), (remedy,), missing)


def changed_hands_too_often(case: Case) -> Iterator[Objection]:
    """A pass changes hands `transfers_max` times; how often it did has to be known."""
    limits = [policy.transfers_max for policy in case.policy if policy.transfers_max is not None]
    count = case.facts.transfer_count
    if not limits:
        return
    if count is None:
        message = "The organiser limits how often a pass changes hands, and how often this one did is not known."
        yield Objection(Reason(TRANSFER_COUNT_UNKNOWN, message), ("Say how often the pass changed hands.",))
    elif count >= min(limits):
        message = f"The pass changed hands {count} times, and the organiser allows {min(limits)}."
        yield Objection(Reason(TRANSFERS_MAX_REACHED, message))


def unknown_corridor(case: Case) -> Iterator[Objection]:
    """What nobody can reckon or compare is no leave to ask anything."""
    missing = listed(case.organiser.missing)
    if missing:
        message = f"The organiser's ceiling cannot be reckoned: of the first sale nobody gave {missing}."
        yield Objection(Reason(BASE_UNKNOWN, message), (f"Tell of the first sale: {missing}.",), asks_nothing=True)
    for amount in case.organiser.foreign:
        message = f"The organiser limits the price to {amount}, and the pass was sold in {case.currency}."
        yield Objection(Reason(CURRENCY_MISMATCH, message), asks_nothing=True)


def outside_the_corridor(case: Case) -> Iterator[Objection]:
    """Neither above the organiser's lowest ceiling nor below its highest floor."""
    if not case.in_its_currency:
        return
    price = case.facts.price
    highest, lowest = case.organiser.max_minor, case.organiser.min_minor
    if highest is not None and price.amount_minor > highest:
        message = f"{price} is more than the {case.money(highest)} that the organiser allows."
        yield Objection(Reason(PRICE_TOO_HIGH, message))
    if lowest is not None and price.amount_minor < lowest:
        message = f"{price} is less than the {case.money(lowest)} that the organiser asks for at least."
        yield Objection(Reason(PRICE_TOO_LOW, message))


def _cutoffs(act: Act, policy: ResalePolicy) -> list[timedelta]:
    of_act: dict[Act, tuple[timedelta | None, ...]] = {
        Act.LISTING: (policy.listing_cutoff, policy.resale_cutoff),
        Act.RESALE: (policy.resale_cutoff,),
        Act.TRANSFER: (policy.transfer_cutoff,),
    }
    return [cutoff for cutoff in of_act[act] if cutoff is not None]


def _local(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
