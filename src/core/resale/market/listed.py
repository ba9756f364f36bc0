"""What a listing keeps beside its state: the pass as it was listed, its terms, the buyer of the moment, the payout."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.resale.law.facts import PriceComponents, Where
from core.resale.law.rule import Duty
from core.resale.policies.policy import PolicyChain
from core.resale.policies.policy_rules import combined
from core.resale.policies.split import ResaleFees, Split
from core.shared.holders import Holder
from core.shared.ids import (
    AccountId,
    OrderId,
    OrderItemId,
    PassId,
    PayoutId,
    ReservationId,
    SeatId,
    TicketId,
    VenueId,
    VerdictId,
)


@dataclass(frozen=True, slots=True)
class ListedSeat:
    """The seat as the pass shows it."""

    seat_id: SeatId
    label: str
    section: str
    row: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPass:
    """The pass as it was when it was listed: which admission of which order, to what and where, and what it cost.

    `lineage_id` stays the same while each resale makes a new pass. Times are UTC, `time_zone` is the IANA zone of the
    place.
    """

    pass_id: PassId
    lineage_id: PassId
    order_id: OrderId
    order_item_id: OrderItemId
    unit: int
    ticket_id: TicketId
    ticket_title: str
    event_title: str
    event_starts_at: datetime
    event_ends_at: datetime
    time_zone: str
    venue_id: VenueId
    venue_name: str
    place: Where
    seat: ListedSeat | None
    components: PriceComponents


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingTerms:
    """What holds for the sale since it was listed: the verdict, what has to be told, and what comes off the price.

    `closes_at` is when it ends by itself. `seller_trader` is whether the seller acts as a trader, by their own word;
    None where they did not say, which counts as one.
    """

    verdict_id: VerdictId
    closes_at: datetime
    duties: tuple[Duty, ...] = ()
    restrictions: tuple[str, ...] = ()
    fees: ResaleFees = field(default_factory=ResaleFees)
    seller_trader: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A buyer for whom the listing is kept until `until`, first to decide, then behind an order."""

    id: ReservationId
    account_id: AccountId
    token_sha256: bytes
    made_at: datetime
    until: datetime
    order_id: OrderId | None = None

    def has_ended(self, now: datetime) -> bool:
        """Tell whether its time is over; the end belongs to the ended side."""
        return now >= self.until

    def is_held_by(self, holder: Holder) -> bool:
        """Tell whether this is the account that made it, or whoever shows its token."""
        return holder.account_id == self.account_id or holder.token_sha256 == self.token_sha256


@dataclass(frozen=True, slots=True)
class OfferedTo:
    """Somebody who may buy before all others, until a moment."""

    account_id: AccountId
    until: datetime


class Cause(StrEnum):
    """Why a listing is suspended: what has to change for it to go on."""

    UNLAWFUL = "unlawful"
    """The law, or the organiser's policy, no longer allows it."""

    PASS_STOPPED = "pass_stopped"  # noqa: S105 - a word of this list, no secret
    """The pass admits nobody for the time being."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """Why a listing is suspended, and what the seller is told of it."""

    cause: Cause
    reason: str


class PayoutStatus(StrEnum):
    """How far the seller's money has come. DUE: payments has not answered yet; the rest is its answer."""

    DUE = "due"
    PENDING = "pending"
    PAID = "paid"
    OWED = "owed"
    FAILED = "failed"
    REFUSED = "refused"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """The seller's money for a completed listing, out of the escrow of the buyer's order.

    `settled_at` is the moment that the newest news of it is of; None before there are any.
    """

    id: PayoutId
    order_id: OrderId
    split: Split
    status: PayoutStatus = PayoutStatus.DUE
    settled_at: datetime | None = None


class ListingStep(StrEnum):
    """What the history of a listing tells its seller."""

    LISTED = "listed"
    OPENED = "opened"
    REFUSED = "refused"
    RESERVED = "reserved"
    GIVEN_BACK = "given_back"
    PURCHASE_ENDED = "purchase_ended"
    ORDERED = "ordered"
    ORDER_ENDED = "order_ended"
    SOLD = "sold"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ENDED = "ended"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    PAYOUT = "payout"


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """One step of the history; `detail` says why, for people, and never who the buyer is."""

    at: datetime
    step: ListingStep
    detail: str = ""


def closing_time(starts_at: datetime, chain: PolicyChain) -> datetime:
    """Return when a listing ends by itself: at the strictest cutoff for sales, at the latest as the event begins."""
    return starts_at - max(combined(chain).resale_cutoff or timedelta(), timedelta())


def restrictions_of(chain: PolicyChain) -> tuple[str, ...]:
    """Return what a buyer has to know that the organiser asks of whoever has the pass."""
    policy = combined(chain)
    told: list[str] = []
    if policy.names_holders:
        told.append("The pass bears the name of its holder.")
    if policy.transfers_max is not None:
        told.append(f"The pass may change hands {policy.transfers_max} times in all.")
    if policy.transfer_allowed is False:
        told.append("The pass may not be given to others.")
    return tuple(told)
