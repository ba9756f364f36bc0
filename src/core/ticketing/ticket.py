"""The ticket: what is on sale, and what may be changed about it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import TicketId, VenueId
from core.shared.money import PRICE_MAX_MINOR, Money
from core.shared.time import to_the_millisecond, zone_named
from core.ticketing.cancellation import Cancellation
from core.ticketing.errors import (
    EventCancelledError,
    EventOverError,
    FixedAfterPublicationError,
    InvalidTicketError,
)

TITLE_LENGTH_MAX = 200
KIND_LENGTH_MAX = 64
QUOTA_MAX = 1_000_000


class TicketType(StrEnum):
    """How a place is found: none (general admission), chosen by the buyer, or chosen for the buyer."""

    GA = "GA"
    SEATED_MANUAL = "SEATED_MANUAL"
    SEATED_AUTO = "SEATED_AUTO"


class TicketStatus(StrEnum):
    """A draft is the staff's alone; a published ticket is on sale in its window and never becomes a draft again.

    Of an event that was cancelled nothing is sold any more, for good.
    """

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class EventDetails:
    """The happening that a ticket admits to; times are UTC to the millisecond, `time_zone` the place's IANA zone."""

    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue_id: VenueId
    venue_name: str
    kind: str


@dataclass(frozen=True, slots=True)
class EventChange:
    """What is to be different about the event; None leaves a member as it is."""

    title: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    time_zone: str | None = None
    venue_id: VenueId | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class TicketChange:
    """What is to be different; None leaves a member as it is.

    `sells_at_once` takes the beginning of the sales window away, and `sells_to_the_end` its end.
    """

    title: str | None = None
    ticket_type: TicketType | None = None
    price: Money | None = None
    quota: int | None = None
    max_per_user: int | None = None
    sales_from: datetime | None = None
    sales_until: datetime | None = None
    sells_at_once: bool = False
    sells_to_the_end: bool = False
    event: EventChange = EventChange()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket of the catalogue. `price` is for one admission; `version` starts at 1 and grows with each change.

    Once published it is on sale from `sales_from` on until just before `sales_until`; None sets no bound but the
    event's end. Staff who sell are not bound by the window.
    """

    id: TicketId
    title: str
    ticket_type: TicketType
    price: Money
    quota: int
    max_per_user: int
    event: EventDetails
    status: TicketStatus
    version: int
    created_at: datetime
    updated_at: datetime
    sales_from: datetime | None = None
    sales_until: datetime | None = None
    cancellation: Cancellation | None = None
    """There when, and only when, the ticket is cancelled."""

    @classmethod
    def draft(
        cls,
        ticket_id: TicketId,
        *,
        title: str,
        ticket_type: TicketType,
        price: Money,
        quota: int,
        max_per_user: int,
        event: EventDetails,
        sales_from: datetime | None = None,
        sales_until: datetime | None = None,
        now: datetime,
    ) -> Self:
        """Write a new ticket down, not yet on sale; raises InvalidTicketError with every fault."""
        ticket = cls(
            id=ticket_id,
            title=title.strip(),
            ticket_type=ticket_type,
            price=price,
            quota=quota,
            max_per_user=max_per_user,
            event=_tidied(event),
            status=TicketStatus.DRAFT,
            version=1,
            created_at=to_the_millisecond(now),
            updated_at=to_the_millisecond(now),
            sales_from=_stored(sales_from),
            sales_until=_stored(sales_until),
        )
        _refuse_faults(ticket)
        return ticket

    def changed(self, change: TicketChange, *, venue_name: str | None = None, now: datetime) -> Self:
        """Return the ticket with the change, one version on; `venue_name` goes with another venue, None keeps the name.

        Once published, the type, the currency and the venue are fixed (FixedAfterPublicationError): seats, carts and
        printed passes depend on them. The price may change, since holds and orders keep the price they were made at,
        and so may the sales window, which only new holds are measured by.
        Raises InvalidTicketError when the result could not be sold, and EventCancelledError once it is cancelled.
        """
        if self.is_cancelled:
            raise EventCancelledError
        after = replace(
            self,
            title=self.title if change.title is None else change.title.strip(),
            ticket_type=change.ticket_type or self.ticket_type,
            price=change.price or self.price,
            quota=self.quota if change.quota is None else change.quota,
            max_per_user=self.max_per_user if change.max_per_user is None else change.max_per_user,
            event=_with_change(self.event, change.event, venue_name=venue_name),
            version=self.version + 1,
            updated_at=to_the_millisecond(now),
            sales_from=None if change.sells_at_once else _stored(change.sales_from) or self.sales_from,
            sales_until=None if change.sells_to_the_end else _stored(change.sales_until) or self.sales_until,
        )
        if self.is_published and (problems := list(_fixed_members(self, after))):
            raise FixedAfterPublicationError(problems)
        _refuse_faults(after)
        return after

    def published(self, *, now: datetime) -> Self:
        """Put the ticket on sale; a published one is returned as it is.

        Raises EventOverError from the moment that the event ends, and EventCancelledError once it is cancelled.
        """
        if self.is_cancelled:
            raise EventCancelledError
        if self.is_published:
            return self
        if now >= self.event.ends_at:
            raise EventOverError
        return replace(
            self, status=TicketStatus.PUBLISHED, version=self.version + 1, updated_at=to_the_millisecond(now)
        )

    def cancelled(self, cancellation: Cancellation) -> Self:
        """Stop sales for good, since the event is cancelled; one that is cancelled keeps its first cancellation."""
        if self.is_cancelled:
            return self
        return replace(
            self,
            status=TicketStatus.CANCELLED,
            version=self.version + 1,
            updated_at=to_the_millisecond(cancellation.at),
            cancellation=replace(cancellation, at=to_the_millisecond(cancellation.at)),
        )

    @property
    def is_published(self) -> bool:
        """Whether it is on sale in its window."""
        return self.status is TicketStatus.PUBLISHED

    @property
    def is_cancelled(self) -> bool:
        return self.status is TicketStatus.CANCELLED

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it; of a cancelled one buyers have to know."""
        return self.status is not TicketStatus.DRAFT


def _stored(moment: datetime | None) -> datetime | None:
    return None if moment is None else to_the_millisecond(moment)


def _tidied(event: EventDetails) -> EventDetails:
    return replace(
        event,
        title=event.title.strip(),
        kind=event.kind.strip(),
        starts_at=to_the_millisecond(event.starts_at),
        ends_at=to_the_millisecond(event.ends_at),
    )


def _with_change(event: EventDetails, change: EventChange, *, venue_name: str | None) -> EventDetails:
    return _tidied(
        EventDetails(
            title=event.title if change.title is None else change.title,
            starts_at=change.starts_at or event.starts_at,
            ends_at=change.ends_at or event.ends_at,
            time_zone=event.time_zone if change.time_zone is None else change.time_zone,
            venue_id=change.venue_id or event.venue_id,
            venue_name=event.venue_name if venue_name is None else venue_name,
            kind=event.kind if change.kind is None else change.kind,
        )
    )


def _refuse_faults(ticket: Ticket) -> None:
    if problems := list(_faults(ticket)):
        raise InvalidTicketError(problems)


def _faults(ticket: Ticket) -> Iterator[Problem]:
    event = ticket.event
    yield from _text_faults("/title", ticket.title, length_max=TITLE_LENGTH_MAX)
    if not 0 <= ticket.price.amount_minor <= PRICE_MAX_MINOR:
        yield Problem("/price/amount", f"The price must be from 0 to {PRICE_MAX_MINOR} minor units.")
    if not 1 <= ticket.quota <= QUOTA_MAX:
        yield Problem("/quota", f"The quota must be from 1 to {QUOTA_MAX}.")
    if not 1 <= ticket.max_per_user <= max(ticket.quota, 1):
        yield Problem("/maxPerUser", "The most that one person may buy must be from 1 to the quota.")
    yield from _text_faults("/event/title", event.title, length_max=TITLE_LENGTH_MAX)
    yield from _text_faults("/event/kind", event.kind, length_max=KIND_LENGTH_MAX)
    if event.ends_at <= event.starts_at:
        yield Problem("/event/endsAt", "The event must end after it starts.")
    yield from _window_faults(ticket)
    try:
        zone_named(event.time_zone, pointer="/event/timeZone")
    except InvalidInputError as error:
        yield from error.problems


def _window_faults(ticket: Ticket) -> Iterator[Problem]:
    opens, closes, end = ticket.sales_from, ticket.sales_until, ticket.event.ends_at
    if closes is not None and closes > end:
        yield Problem("/salesUntil", "Sales must end when the event ends, or before.")
    if opens is not None and closes is not None and opens >= closes:
        yield Problem("/salesUntil", "Sales must end after they begin.")
    elif opens is not None and opens >= end:
        yield Problem("/salesFrom", "Sales must begin before the event ends.")


def _text_faults(pointer: str, text: str, *, length_max: int) -> Iterator[Problem]:
    if not 1 <= len(text) <= length_max:
        yield Problem(pointer, f"The text must have from 1 to {length_max} characters.")
    elif not text.isprintable():
        yield Problem(pointer, "The text must not hold control characters or line breaks.")


def _fixed_members(before: Ticket, after: Ticket) -> Iterator[Problem]:
    if after.ticket_type is not before.ticket_type:
        yield Problem("/ticketType", "The type is fixed after publication.")
    if after.price.currency != before.price.currency:
        yield Problem("/price/currency", "The currency is fixed after publication.")
    if after.event.venue_id != before.event.venue_id:
        yield Problem("/event/venueId", "The venue is fixed after publication.")
