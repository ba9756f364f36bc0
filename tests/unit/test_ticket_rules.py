"""What makes a ticket that can be sold, and what may be changed about it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from core.shared.ids import VenueId
from core.shared.money import Money, UnknownCurrencyError
from core.ticketing.errors import EventCancelledError, EventOverError, FixedAfterPublicationError, InvalidTicketError
from core.ticketing.ticket import EventChange, Ticket, TicketChange, TicketStatus, TicketType
from tests.ticketing_builders import (
    FINAL_WHISTLE,
    KICK_OFF,
    NOON,
    a_cancellation,
    a_draft,
    a_published_ticket,
    an_event,
)

LATER = NOON + timedelta(hours=1)
MOMENT = timedelta(milliseconds=1)


def pointers(error: InvalidTicketError | FixedAfterPublicationError) -> list[str]:
    return [problem.pointer for problem in error.problems]


@pytest.mark.parametrize(
    "facts",
    [
        {"quota": 1, "max_per_user": 1},
        {"quota": 1_000_000},
        {"max_per_user": 1000},
        {"price": Money(0, "EUR")},
        {"price": Money(99_999_999, "JPY")},
        {"title": "x" * 200},
        {"event": an_event(ends_at=KICK_OFF + MOMENT)},
        {"event": an_event(time_zone="UTC")},
    ],
)
def test_a_ticket_at_the_edge_of_what_can_be_sold_is_accepted(facts: dict[str, Any]) -> None:
    ticket = a_draft(**facts)

    assert ticket.status is TicketStatus.DRAFT
    assert ticket.version == 1


@pytest.mark.parametrize(
    "facts, pointer",
    [
        ({"quota": 0, "max_per_user": 1}, "/quota"),
        ({"quota": 1_000_001}, "/quota"),
        ({"max_per_user": 0}, "/maxPerUser"),
        ({"max_per_user": 1001}, "/maxPerUser"),
        ({"price": Money(-1, "EUR")}, "/price/amount"),
        ({"price": Money(100_000_000, "JPY")}, "/price/amount"),
        ({"title": "  "}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"title": "Seat\x00"}, "/title"),
        ({"event": an_event(ends_at=KICK_OFF)}, "/event/endsAt"),
        ({"event": an_event(ends_at=KICK_OFF - MOMENT)}, "/event/endsAt"),
        ({"event": an_event(time_zone="Europe/Atlantis")}, "/event/timeZone"),
        ({"event": an_event(time_zone="../etc/passwd")}, "/event/timeZone"),
        ({"event": an_event(title="")}, "/event/title"),
        ({"event": an_event(kind="k" * 65)}, "/event/kind"),
    ],
)
def test_a_ticket_beyond_the_edge_is_refused_at_the_member_at_fault(facts: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidTicketError) as refused:
        a_draft(**facts)

    assert pointers(refused.value) == [pointer]


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(InvalidTicketError) as refused:
        a_draft(quota=0, title="", event=an_event(time_zone="Mars/Base"))

    assert pointers(refused.value) == ["/title", "/quota", "/maxPerUser", "/event/timeZone"]


@pytest.mark.parametrize("currency", ["XXX", "XAU", "eur", "EURO", ""])
def test_a_price_needs_a_currency_of_iso_4217_with_a_minor_unit(currency: str) -> None:
    with pytest.raises(UnknownCurrencyError):
        Money(100, currency)


def test_titles_lose_the_space_around_them() -> None:
    ticket = a_draft(title=" Seat ", event=an_event(title=" Erfurt : Jena  "))

    assert (ticket.title, ticket.event.title) == ("Seat", "Erfurt : Jena")


def test_publishing_puts_a_draft_on_sale_one_version_on() -> None:
    ticket = a_draft().published(now=LATER)

    assert (ticket.is_published, ticket.version, ticket.updated_at) == (True, 2, LATER)


def test_publishing_a_published_ticket_changes_nothing() -> None:
    ticket = a_published_ticket()

    assert ticket.published(now=LATER) is ticket
    assert ticket.published(now=FINAL_WHISTLE + MOMENT) is ticket


def test_a_ticket_can_go_on_sale_until_exactly_the_end_of_its_event() -> None:
    assert a_draft().published(now=FINAL_WHISTLE - MOMENT).is_published
    with pytest.raises(EventOverError):
        a_draft().published(now=FINAL_WHISTLE)


EVERYTHING = TicketChange(
    title="Standing",
    ticket_type=TicketType.GA,
    price=Money(1900, "CHF"),
    quota=500,
    max_per_user=4,
    event=EventChange(
        title="Cup final",
        starts_at=KICK_OFF + timedelta(days=1),
        ends_at=FINAL_WHISTLE + timedelta(days=1),
        time_zone="Europe/Zurich",
        venue_id=VenueId(uuid7()),
        kind="cup",
    ),
)


def test_a_draft_may_change_in_everything() -> None:
    before = a_draft()

    after = before.changed(EVERYTHING, venue_name="Letzigrund", now=LATER)

    assert (after.title, after.ticket_type, after.price) == ("Standing", TicketType.GA, Money(1900, "CHF"))
    assert (after.quota, after.max_per_user) == (500, 4)
    assert (after.event.venue_id, after.event.venue_name) == (EVERYTHING.event.venue_id, "Letzigrund")
    assert (after.event.title, after.event.time_zone, after.event.kind) == ("Cup final", "Europe/Zurich", "cup")
    assert (after.id, after.version, after.created_at, after.updated_at) == (before.id, 2, NOON, LATER)


def test_a_change_of_nothing_keeps_every_member() -> None:
    before = a_draft()

    after = before.changed(TicketChange(), now=LATER)

    assert (after.title, after.price, after.event, after.version) == (before.title, before.price, before.event, 2)


@pytest.mark.parametrize(
    "change, pointer",
    [
        (TicketChange(ticket_type=TicketType.GA), "/ticketType"),
        (TicketChange(price=Money(2500, "CHF")), "/price/currency"),
        (TicketChange(event=EventChange(venue_id=VenueId(uuid7()))), "/event/venueId"),
    ],
)
def test_type_currency_and_venue_are_fixed_after_publication(change: TicketChange, pointer: str) -> None:
    with pytest.raises(FixedAfterPublicationError) as refused:
        a_published_ticket().changed(change, now=LATER)

    assert pointers(refused.value) == [pointer]
    assert a_draft().changed(change, now=LATER).version == 2


@pytest.mark.parametrize(
    "change, read",
    [
        (TicketChange(title="New"), lambda ticket: ticket.title == "New"),
        (TicketChange(price=Money(2600, "EUR")), lambda ticket: ticket.price.amount_minor == 2600),
        (TicketChange(price=Money(2500, "EUR"), ticket_type=TicketType.SEATED_MANUAL), lambda ticket: True),
        (
            TicketChange(event=EventChange(starts_at=KICK_OFF - timedelta(hours=1))),
            lambda ticket: ticket.event.starts_at == KICK_OFF - timedelta(hours=1),
        ),
        (TicketChange(event=EventChange(title="Derby")), lambda ticket: ticket.event.title == "Derby"),
    ],
)
def test_titles_times_and_the_amount_may_change_after_publication(
    change: TicketChange, read: Callable[[Ticket], bool]
) -> None:
    after = a_published_ticket().changed(change, now=LATER)

    assert read(after) and after.is_published and after.version == 3


def test_a_change_is_checked_as_a_whole() -> None:
    with pytest.raises(InvalidTicketError) as refused:
        a_draft().changed(TicketChange(quota=7), now=LATER)

    assert pointers(refused.value) == ["/maxPerUser"]


def test_times_are_kept_to_the_millisecond() -> None:
    odd = timedelta(microseconds=1_999)

    ticket = a_draft(now=NOON + odd, event=an_event(starts_at=KICK_OFF + odd))

    assert ticket.created_at == NOON + MOMENT
    assert ticket.event.starts_at == KICK_OFF + MOMENT


@pytest.mark.parametrize(
    "window",
    [
        {"sales_from": NOON},
        {"sales_until": FINAL_WHISTLE},
        {"sales_from": NOON, "sales_until": NOON + MOMENT},
        {"sales_from": FINAL_WHISTLE - MOMENT},
        {"sales_from": FINAL_WHISTLE - MOMENT, "sales_until": FINAL_WHISTLE},
    ],
)
def test_a_sales_window_has_a_moment_at_least_and_ends_with_the_event_at_the_latest(window: dict[str, Any]) -> None:
    ticket = a_draft(**window)

    assert (ticket.sales_from, ticket.sales_until) == (window.get("sales_from"), window.get("sales_until"))


@pytest.mark.parametrize(
    "window, faults",
    [
        ({"sales_until": FINAL_WHISTLE + MOMENT}, ["/salesUntil"]),
        ({"sales_from": NOON, "sales_until": NOON}, ["/salesUntil"]),
        ({"sales_from": NOON + MOMENT, "sales_until": NOON}, ["/salesUntil"]),
        ({"sales_from": FINAL_WHISTLE}, ["/salesFrom"]),
        ({"sales_from": FINAL_WHISTLE, "sales_until": FINAL_WHISTLE + MOMENT}, ["/salesUntil", "/salesFrom"]),
    ],
)
def test_a_window_that_never_opens_or_outlives_the_event_is_refused(window: dict[str, Any], faults: list[str]) -> None:
    with pytest.raises(InvalidTicketError) as refused:
        a_draft(**window)

    assert pointers(refused.value) == faults


def test_a_sales_window_may_change_after_publication_and_each_bound_be_taken_away() -> None:
    before = a_published_ticket(sales_from=NOON, sales_until=KICK_OFF)

    later = before.changed(TicketChange(sales_until=FINAL_WHISTLE), now=LATER)
    at_once = later.changed(TicketChange(sells_at_once=True), now=LATER)
    to_the_end = later.changed(TicketChange(sells_to_the_end=True), now=LATER)

    assert (later.sales_from, later.sales_until, later.version) == (NOON, FINAL_WHISTLE, 3)
    assert (at_once.sales_from, at_once.sales_until) == (None, FINAL_WHISTLE)
    assert (to_the_end.sales_from, to_the_end.sales_until) == (NOON, None)
    assert before.changed(TicketChange(title="New"), now=LATER).sales_until == KICK_OFF


def test_an_event_cannot_be_moved_before_the_end_of_its_sales() -> None:
    before = a_published_ticket(sales_until=FINAL_WHISTLE)

    with pytest.raises(InvalidTicketError) as refused:
        before.changed(TicketChange(event=EventChange(ends_at=FINAL_WHISTLE - MOMENT)), now=LATER)

    assert pointers(refused.value) == ["/salesUntil"]


def test_a_sales_window_is_kept_to_the_millisecond() -> None:
    odd = timedelta(microseconds=1_999)

    ticket = a_draft(sales_from=NOON + odd, sales_until=KICK_OFF + odd)

    assert (ticket.sales_from, ticket.sales_until) == (NOON + MOMENT, KICK_OFF + MOMENT)


def test_a_cancelled_ticket_is_seen_by_everybody_and_sold_to_nobody() -> None:
    cancelled = a_published_ticket().cancelled(a_cancellation(at=LATER))
    assert (cancelled.status, cancelled.version, cancelled.updated_at) == (TicketStatus.CANCELLED, 3, LATER)
    assert (cancelled.is_public, cancelled.is_published) == (True, False)


def test_a_ticket_keeps_its_first_cancellation() -> None:
    cancelled = a_published_ticket().cancelled(a_cancellation(1))
    assert cancelled.cancelled(a_cancellation(2)) is cancelled


def test_a_draft_whose_event_is_cancelled_never_goes_on_sale() -> None:
    cancelled = a_draft().cancelled(a_cancellation())
    with pytest.raises(EventCancelledError):
        cancelled.published(now=LATER)
    with pytest.raises(EventCancelledError):
        cancelled.changed(TicketChange(quota=2), now=LATER)
