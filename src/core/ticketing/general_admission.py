"""The rules of general admission: what each command does to an entry, decided on one picture at one moment.

Every function is pure: it gets the entry (which nobody else changes meanwhile), returns a `PlacesChange`, and on a
refusal raises with nothing changed. Memory and MongoDB both run these; that the places are there is asked of the
quota's `Stock` with the difference that the change makes, for which MongoDB has a second form.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from core.shared.holders import Holder
from core.shared.ids import OrderId
from core.shared.time import to_the_millisecond
from core.ticketing.errors import (
    EventCancelledError,
    EventOverError,
    MaxPlacesPerUserError,
    NotOnSaleError,
    NotPlacesHolderError,
    PaidSalesStoppedError,
    PlacesCeilingReachedError,
    PlacesConflictError,
    PlacesExpiredError,
    TicketIsSeatedError,
    TicketSalesClosedError,
    TicketSalesNotOpenError,
)
from core.ticketing.places import NO_CLAIMS, TIMED, Claims, PlacesRequest, PlacesReservation, PlacesStatus
from core.ticketing.ticket import Ticket, TicketType

HOLD_CEILING_TTLS = 3
"""A hold ends for good this many times its ttl after it began."""


class PlacesHappening(Enum):
    """What a command did."""

    NOTHING = "nothing"
    HELD = "held"
    EXTENDED = "extended"
    RESERVED = "reserved"
    SOLD = "sold"
    RELEASED = "released"
    RETURNED = "returned"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class PlacesChange:
    """An entry after a command, what the command did, and what more (or less) the entry takes of the quota since.

    A repeated command did NOTHING: there is nothing to store.
    """

    reservation: PlacesReservation
    what: PlacesHappening = PlacesHappening.NOTHING
    difference: Claims = NO_CLAIMS

    @property
    def happened(self) -> bool:
        return self.what is not PlacesHappening.NOTHING


def owned(entries: Iterable[PlacesReservation], *, now: datetime) -> int:
    """Return how many places these entries are worth to their account: those that live, and those that are bought."""
    return sum(entry.quantity for entry in entries if not entry.has_ended(now))


def hold(request: PlacesRequest, *, ticket: Ticket, owned: int, now: datetime) -> PlacesChange:
    """Hold places, under a reservation id that is new, at the ticket's present price.

    `owned` is how many places of the ticket the account has. Whether as many are left is the stock's to say.
    """
    if ticket.ticket_type is not TicketType.GA:
        raise TicketIsSeatedError
    if ticket.is_cancelled:
        raise EventCancelledError
    if not ticket.is_published:
        raise NotOnSaleError
    if now >= ticket.event.ends_at:
        raise EventOverError("The event has ended, so no places can be held.")
    if not request.by_staff:
        _must_be_open(ticket, now)
        if request.stopped:
            raise PaidSalesStoppedError
    if owned + request.quantity > ticket.max_per_user:
        raise MaxPlacesPerUserError.of(owned=owned, wanted=request.quantity, max_per_user=ticket.max_per_user)
    began = to_the_millisecond(now)
    held = PlacesReservation(
        id=request.reservation_id,
        ticket_id=request.ticket_id,
        account_id=request.holder.account_id,
        token_sha256=request.new_token_sha256,
        status=PlacesStatus.HELD,
        quantity=request.quantity,
        price=ticket.price,
        hold_ttl_s=request.hold_ttl_s,
        held_at=began,
        ceiling_at=began + timedelta(seconds=HOLD_CEILING_TTLS * request.hold_ttl_s),
        expires_at=began + timedelta(seconds=request.hold_ttl_s),
    )
    return PlacesChange(held, PlacesHappening.HELD, held.claims)


def _must_be_open(ticket: Ticket, now: datetime) -> None:
    if ticket.sales_from is not None and now < ticket.sales_from:
        raise TicketSalesNotOpenError.of(opens_at=ticket.sales_from)
    if ticket.sales_until is not None and now >= ticket.sales_until:
        raise TicketSalesClosedError.of(closed_at=ticket.sales_until)


def hold_again(entry: PlacesReservation, request: PlacesRequest, *, now: datetime) -> PlacesChange:
    """Answer a hold whose id is known: as many places for the same buyer are the same hold."""
    same = entry.ticket_id == request.ticket_id and entry.quantity == request.quantity
    if not same or not entry.is_held_by(request.holder):
        raise PlacesConflictError("This reservation id stands for other places or another buyer. Make a new id.")
    if entry.has_ended(now):
        raise PlacesExpiredError("This hold has ended. Hold the places again under a new reservation id.")
    return PlacesChange(entry)


def extend(entry: PlacesReservation, *, by: Holder, now: datetime) -> PlacesChange:
    """Let a live hold last a full ttl from now, though never beyond its ceiling."""
    must_hold(entry, by)
    _must_live(entry, now)
    if entry.status is not PlacesStatus.HELD:
        raise PlacesConflictError("The places belong to an order by now, so the hold cannot be extended.")
    if entry.expires_at >= entry.ceiling_at:
        raise PlacesCeilingReachedError("The hold was extended as long as it may be, and ends at its time.")
    until = min(to_the_millisecond(now) + timedelta(seconds=entry.hold_ttl_s), entry.ceiling_at)
    if until <= entry.expires_at:
        return PlacesChange(entry)
    return _changed(entry, replace(entry, expires_at=until), PlacesHappening.EXTENDED)


def release_hold(entry: PlacesReservation, *, by: Holder, now: datetime) -> PlacesChange:
    """Give the places of a hold back; what has ended stays as it is."""
    must_hold(entry, by)
    if entry.has_ended(now):
        return PlacesChange(entry)
    if entry.status is not PlacesStatus.HELD:
        raise PlacesConflictError("The places belong to an order by now. Cancel the order instead.")
    return _ended(entry, PlacesHappening.RELEASED)


def reserve(entry: PlacesReservation, *, by: Holder, order_id: OrderId, until: datetime, now: datetime) -> PlacesChange:
    """Turn a live hold into the reservation of an order that lasts until `until`."""
    must_hold(entry, by)
    if entry.order_id is not None:
        _must_belong(entry, order_id)
        _must_live(entry, now)
        return PlacesChange(entry)
    _must_live(entry, now)
    reserved = replace(entry, status=PlacesStatus.RESERVED, order_id=order_id, expires_at=to_the_millisecond(until))
    return _changed(entry, reserved, PlacesHappening.RESERVED)


def protect(entry: PlacesReservation, *, order_id: OrderId, until: datetime, now: datetime) -> PlacesChange:
    """Let a live reservation last until `until`, if that is later."""
    _must_belong(entry, order_id)
    _must_live(entry, now)
    until = to_the_millisecond(until)
    if entry.status is PlacesStatus.FINALIZED or until <= entry.expires_at:
        return PlacesChange(entry)
    return _changed(entry, replace(entry, expires_at=until), PlacesHappening.EXTENDED)


def finalise(entry: PlacesReservation, *, order_id: OrderId, now: datetime) -> PlacesChange:
    """Sell the places to the order; never a silent success for a reservation that has ended."""
    _must_belong(entry, order_id)
    _must_live(entry, now)
    if entry.status is PlacesStatus.FINALIZED:
        return PlacesChange(entry)
    return _sold(entry, now)


def reclaim(entry: PlacesReservation, *, order_id: OrderId, now: datetime) -> PlacesChange:
    """Sell as many places although the reservation may have ended; whether they are left is the stock's to say."""
    _must_belong(entry, order_id)
    if not entry.has_ended(now):
        return finalise(entry, order_id=order_id, now=now)
    if entry.sold_at is not None:
        raise PlacesExpiredError("These places were sold and given back. They cannot be claimed again.")
    return _sold(entry, now)


def release(entry: PlacesReservation, *, order_id: OrderId, now: datetime) -> PlacesChange:
    """Give the places of an unpaid order back; what has ended stays as it is, what is sold stays sold."""
    _must_belong(entry, order_id)
    if entry.has_ended(now):
        return PlacesChange(entry)
    if entry.status is PlacesStatus.FINALIZED:
        raise PlacesConflictError("The places are sold. Only a refund gives them back.")
    return _ended(entry, PlacesHappening.RELEASED)


def give_back(entry: PlacesReservation, *, order_id: OrderId, now: datetime) -> PlacesChange:
    """Return the places of a refunded order, sold or not, to the public."""
    _must_belong(entry, order_id)
    if entry.has_ended(now):
        return PlacesChange(entry)
    sold = entry.status is PlacesStatus.FINALIZED
    return _ended(entry, PlacesHappening.RETURNED if sold else PlacesHappening.RELEASED)


def give_back_some(entry: PlacesReservation, *, order_id: OrderId, remaining: int, now: datetime) -> PlacesChange:
    """Return places of a sale to the public, so that `remaining` are left; with the last one the sale ends.

    An entry that has as many, or fewer, stays as it is.
    """
    _must_belong(entry, order_id)
    if entry.has_ended(now) or remaining >= entry.quantity:
        return PlacesChange(entry)
    if entry.status is not PlacesStatus.FINALIZED:
        raise PlacesConflictError("The places are not sold, so there is nothing to return.")
    if remaining < 1:
        return _ended(entry, PlacesHappening.RETURNED)
    return _changed(entry, replace(entry, quantity=remaining), PlacesHappening.RETURNED)


def expire(entry: PlacesReservation, *, now: datetime) -> PlacesChange:
    """Tidy up an entry whose time has come."""
    if entry.status not in TIMED or not entry.has_ended(now):
        return PlacesChange(entry)
    return _ended(entry, PlacesHappening.EXPIRED)


def must_hold(entry: PlacesReservation, by: Holder) -> None:
    """Raise NotPlacesHolderError unless the places are held by whoever asks."""
    if not entry.is_held_by(by):
        raise NotPlacesHolderError


def _must_belong(entry: PlacesReservation, order_id: OrderId) -> None:
    if entry.order_id != order_id:
        raise PlacesConflictError("The reservation does not belong to this order.")


def _must_live(entry: PlacesReservation, now: datetime) -> None:
    if entry.has_ended(now):
        raise PlacesExpiredError("The reservation has ended, and its places are free for others.")


def _sold(entry: PlacesReservation, now: datetime) -> PlacesChange:
    sold = replace(entry, status=PlacesStatus.FINALIZED, sold_at=to_the_millisecond(now))
    return _changed(entry, sold, PlacesHappening.SOLD)


def _ended(entry: PlacesReservation, what: PlacesHappening) -> PlacesChange:
    expired = what is PlacesHappening.EXPIRED
    after = replace(entry, status=PlacesStatus.EXPIRED if expired else PlacesStatus.RELEASED)
    return _changed(entry, after, what)


def _changed(before: PlacesReservation, after: PlacesReservation, what: PlacesHappening) -> PlacesChange:
    return PlacesChange(after, what, after.claims - before.claims)
