"""The pass, and what admission knows of the order behind it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.shared.callers import STAFF, Caller
from core.shared.ids import AccountId, OrderId, OrderItemId, PassId, SeatId, TicketId, VenueId
from core.shared.money import Money

REFUNDED = "refunded"
"""Why passes end with their whole order."""

type Unit = tuple[OrderItemId, int]
"""One admission of an order: an item, and which of its places, counted from 1."""


class PassStatus(StrEnum):
    """VALID admits; FROZEN waits for a dispute to end; VOID is over for good."""

    VALID = "VALID"
    FROZEN = "FROZEN"
    VOID = "VOID"


@dataclass(frozen=True, slots=True)
class AdmittedEvent:
    """What the pass is for, as it shows it: a copy of what was sold. Times are UTC, `time_zone` the place's IANA zone.

    `ticket_title` names the ticket of the catalogue, `title` the happening.
    """

    ticket_id: TicketId
    ticket_title: str
    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue_id: VenueId
    venue_name: str


@dataclass(frozen=True, slots=True)
class AdmittedSeat:
    """The place as the pass shows it."""

    seat_id: SeatId
    label: str
    section: str
    row: str
    number: str


@dataclass(frozen=True, slots=True)
class Pass:
    """The right of one account to enter once paid: one for each seat of an order, and for each place without one.

    `unit` counts the passes of one order item from 1. `seat` is None for general admission. `face_value` is what the
    place cost, apart from any fee. `revision` grows when the pass changes hands.
    """

    id: PassId
    order_id: OrderId
    order_item_id: OrderItemId
    account_id: AccountId
    event: AdmittedEvent
    seat: AdmittedSeat | None
    face_value: Money
    issued_at: datetime
    unit: int = 1
    status: PassStatus = PassStatus.VALID
    revision: int = 1
    voided_at: datetime | None = None
    void_reason: str | None = None
    frozen_at: datetime | None = None
    freeze_reason: str | None = None

    @property
    def shows_a_code(self) -> bool:
        return self.status is PassStatus.VALID

    def voided(self, *, at: datetime, reason: str = REFUNDED) -> Self:
        """End the pass for good; one that is void stays as it is."""
        if self.status is PassStatus.VOID:
            return self
        return replace(
            self, status=PassStatus.VOID, voided_at=at, void_reason=reason, frozen_at=None, freeze_reason=None
        )

    def frozen(self, *, at: datetime, reason: str) -> Self:
        """Let the pass admit nobody for the time being; only a valid one can be frozen."""
        if self.status is not PassStatus.VALID:
            return self
        return replace(self, status=PassStatus.FROZEN, frozen_at=at, freeze_reason=reason)

    def thawed(self) -> Self:
        """Let a frozen pass admit again, with the code that it had."""
        if self.status is not PassStatus.FROZEN:
            return self
        return replace(self, status=PassStatus.VALID, frozen_at=None, freeze_reason=None)

    def is_visible_to(self, caller: Caller) -> bool:
        return may_see(caller, owner=self.account_id)


@dataclass(frozen=True, slots=True)
class OrderStanding:
    """What admission has heard of an order, in whatever order the news came.

    `account_id` is None as long as only the refund was heard of. A refunded order never gets passes again.
    """

    order_id: OrderId
    account_id: AccountId | None = None
    refunded_at: datetime | None = None

    def is_visible_to(self, caller: Caller) -> bool:
        return may_see(caller, owner=self.account_id)


def may_see(caller: Caller, *, owner: AccountId | None) -> bool:
    """Passes are seen by the account they belong to, and by the staff of the organisation."""
    return caller.role in STAFF or (owner is not None and caller.account_id == owner)
