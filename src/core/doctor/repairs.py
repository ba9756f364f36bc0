"""What mends a drift: each is safe to do twice, and is done by those whose thing it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

type TimerKind = Literal["reservation", "order"]


@dataclass(frozen=True, slots=True)
class ArmTimer:
    """Set the reminder of a reservation or an order once more."""

    kind: TimerKind
    subject_id: UUID
    due_at: datetime
    told = "set its timer again"


@dataclass(frozen=True, slots=True)
class ExpireSeats:
    """Tidy up a reservation of seats whose time is over."""

    reservation_id: UUID
    told = "mark it as expired and free its seats"


@dataclass(frozen=True, slots=True)
class ExpirePlaces:
    """Tidy up the places of a ticket whose time is over."""

    ticket_id: UUID
    told = "mark it as expired and free its places"


@dataclass(frozen=True, slots=True)
class EndReservation:
    """Tell the keeper of a reservation once more that its order is over; with `refunded`, that what was sold is."""

    kind: Literal["seats", "places"]
    order_id: UUID
    reservation_id: UUID
    refunded: bool
    told = "tell its keeper again that the order is over"


@dataclass(frozen=True, slots=True)
class SettlePayment:
    """Tell orders once more that the money came: they confirm the order, or give the money back."""

    order_id: UUID
    payment_id: UUID
    amount_minor: int
    currency: str
    told = "tell orders again that the money came: they confirm the order, or give the money back"


@dataclass(frozen=True, slots=True)
class IssuePasses:
    """Tell admission once more that the order is sold: it issues what is missing."""

    order_id: UUID
    told = "tell admission again that the order is sold, so that it issues what is missing"


@dataclass(frozen=True, slots=True)
class VoidPasses:
    """Tell admission once more which units of which item were given back; None for the whole order."""

    order_id: UUID
    units: tuple[tuple[UUID, int], ...] | None
    told = "tell admission again what was given back, so that its passes end"


@dataclass(frozen=True, slots=True)
class UntiePass:
    """Untie a pass from an offer that is over."""

    pass_id: UUID
    offer_id: UUID
    told = "untie the pass"


@dataclass(frozen=True, slots=True)
class CountQuota:
    """Count the places of a ticket anew from its entries, if nobody changes them meanwhile."""

    ticket_id: UUID
    told = "count the ticket's places anew from its entries"


@dataclass(frozen=True, slots=True)
class RequeueEvent:
    """Let the relay try an event again that it had given up."""

    service: str
    event_id: UUID
    told = "let the relay try it again"


@dataclass(frozen=True, slots=True)
class ReplayWebhook:
    """Process a webhook once more that had failed."""

    webhook_id: UUID
    told = "process it once more"


type Repair = (
    ArmTimer
    | ExpireSeats
    | ExpirePlaces
    | EndReservation
    | SettlePayment
    | IssuePasses
    | VoidPasses
    | UntiePass
    | CountQuota
    | RequeueEvent
    | ReplayWebhook
)
