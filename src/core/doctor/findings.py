"""A finding: two parts of Fairseat that disagree about one thing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.doctor.facts import Key
from core.doctor.repairs import Repair


class Drift(StrEnum):
    """Every kind of drift that is looked for; the value is for good, since scripts look for it."""

    SEATS_CONTRADICT_LEDGER = "seats_contradict_ledger"
    SEATS_SOLD_WITHOUT_ORDER = "seats_sold_without_order"
    SEATS_KEPT_WITHOUT_ORDER = "seats_kept_without_order"
    SEATS_KEPT_TOO_LONG = "seats_kept_too_long"
    SEAT_OF_ORDER_NOT_SOLD = "seat_of_order_not_sold"
    PLACES_SOLD_WITHOUT_ORDER = "places_sold_without_order"
    PLACES_KEPT_WITHOUT_ORDER = "places_kept_without_order"
    PLACES_KEPT_TOO_LONG = "places_kept_too_long"
    PLACES_OF_ORDER_NOT_SOLD = "places_of_order_not_sold"
    QUOTA_MISCOUNTED = "quota_miscounted"
    ORDER_NOT_PAID = "order_not_paid"
    ORDER_STUCK = "order_stuck"
    MONEY_WITHOUT_ORDER = "money_without_order"
    REFUND_WITHOUT_ORDER = "refund_without_order"
    LEDGER_UNBALANCED = "ledger_unbalanced"
    LEDGER_CONTRADICTS_PAYMENT = "ledger_contradicts_payment"
    PASS_MISSING = "pass_missing"  # noqa: S105  (an admission's pass, not a password)
    PASS_ALIVE = "pass_alive"  # noqa: S105  (as above)
    OFFER_WITHOUT_TIE = "offer_without_tie"
    TIE_WITHOUT_OFFER = "tie_without_offer"
    TIMER_MISSING = "timer_missing"
    EVENT_DEAD = "event_dead"
    WEBHOOK_FAILED = "webhook_failed"
    OPERATION_STUCK = "operation_stuck"
    DEAD_LETTERS = "dead_letters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Where things disagree: about what (`key`), since when if that is known, why it may be, and what helps.

    `ids` names all that has to do with it, such as the order and the seat. `staff` says what a person does where
    nothing is safe to do by itself; then `repair` is None.
    """

    kind: Drift
    key: Key
    ids: tuple[tuple[str, str], ...]
    since: datetime | None
    cause: str
    repair: Repair | None = None
    staff: str = ""

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what two looks at the same drift have in common."""
        return self.kind, self.key, self.ids

    @property
    def help(self) -> str:
        """Return what helps, for people: what a repair would do, or what staff must."""
        return self.repair.told if self.repair is not None else self.staff


def ids(**named: UUID | str | int | None) -> tuple[tuple[str, str], ...]:
    """Return the ids of a finding in a fixed order, without those that are not there."""
    return tuple((name, str(value)) for name, value in named.items() if value is not None)
