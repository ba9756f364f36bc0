"""The rules of places without seats, each from both sides of its boundary."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from core.shared.errors import InvalidInputError
from core.shared.holders import Holder, token_digest
from core.shared.ids import ReservationId
from core.shared.money import Money
from core.ticketing import general_admission as rules
from core.ticketing.errors import (
    EventCancelledError,
    EventOverError,
    MaxPlacesPerUserError,
    NotOnSaleError,
    NotPlacesHolderError,
    PlacesCeilingReachedError,
    PlacesConflictError,
    PlacesExpiredError,
    SoldOutError,
    TicketIsSeatedError,
    TicketSalesClosedError,
    TicketSalesNotOpenError,
)
from core.ticketing.general_admission import PlacesChange, PlacesHappening
from core.ticketing.places import Claims, PlacesReservation, PlacesStatus, Stock
from core.ticketing.ticket import QUOTA_MAX, TicketType
from tests.places_world import TTL_S, a_ga_ticket, a_wish, an_account, an_order
from tests.ticketing_builders import FINAL_WHISTLE, NOON, a_cancellation, a_draft

ORDER = an_order()
ANN, BOB = an_account(), an_account()
A_MOMENT = timedelta(milliseconds=1)
END = NOON + timedelta(seconds=TTL_S)
LATER = NOON + timedelta(hours=1)


def an_entry(**facts: Any) -> PlacesReservation:
    ticket = a_ga_ticket()
    return replace(rules.hold(a_wish(ticket, 3, by=ANN), ticket=ticket, owned=0, now=NOON).reservation, **facts)


def reserved(**facts: Any) -> PlacesReservation:
    return an_entry(**{"status": PlacesStatus.RESERVED, "order_id": ORDER} | facts)


def bought(**facts: Any) -> PlacesReservation:
    return reserved(**{"status": PlacesStatus.FINALIZED, "sold_at": NOON} | facts)


def what_of(change: PlacesChange) -> tuple[PlacesHappening, PlacesStatus, Claims]:
    return change.what, change.reservation.status, change.difference


@pytest.mark.parametrize("facts", [{"reserved": 20}, {"sold": 20}, {"reserved": 7, "sold": 13}, {}])
def test_a_quota_can_be_used_up(facts: dict[str, int]) -> None:
    assert Stock(20, **facts).remaining == 20 - sum(facts.values())


@pytest.mark.parametrize(
    "facts", [{"reserved": 21}, {"sold": 21}, {"reserved": 8, "sold": 13}, {"reserved": -1}, {"sold": -1}]
)
def test_a_quota_cannot_be_overdrawn(facts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no quota"):
        Stock(20, **facts)


def test_as_many_as_are_left_can_be_taken_and_not_one_more() -> None:
    stock = Stock(20, reserved=10, sold=7)

    assert stock.after(Claims(reserved=3)) == Stock(20, reserved=13, sold=7)
    with pytest.raises(SoldOutError, match="Only 3 places are left, not 4") as refused:
        stock.after(Claims(reserved=4))
    assert [problem.pointer for problem in refused.value.problems] == ["/quantity"]
    with pytest.raises(SoldOutError, match="Only 1 place is left, not 2"):
        Stock(1).after(Claims(reserved=2))


@pytest.mark.parametrize("quantity", [1, QUOTA_MAX])
def test_a_quantity_that_a_quota_can_have_may_be_asked_for(quantity: int) -> None:
    assert a_wish(a_ga_ticket(), quantity).quantity == quantity


@pytest.mark.parametrize("quantity", [0, -1, QUOTA_MAX + 1, -(10**30), 10**30])
def test_no_other_quantity_may_be_asked_for(quantity: int) -> None:
    with pytest.raises(InvalidInputError) as refused:
        a_wish(a_ga_ticket(), quantity)
    assert [problem.pointer for problem in refused.value.problems] == ["/quantity"]


def test_a_hold_lasts_its_ttl_at_the_present_price() -> None:
    ticket = a_ga_ticket(price=Money(1234, "EUR"))

    change = rules.hold(a_wish(ticket, 3, hold_ttl_s=90), ticket=ticket, owned=0, now=NOON)

    entry = change.reservation
    assert what_of(change) == (PlacesHappening.HELD, PlacesStatus.HELD, Claims(reserved=3))
    assert (entry.price, entry.held_at) == (Money(1234, "EUR"), NOON)
    assert entry.expires_at == NOON + timedelta(seconds=90)
    assert entry.ceiling_at == NOON + timedelta(seconds=270)


@pytest.mark.parametrize("kind", [TicketType.SEATED_AUTO, TicketType.SEATED_MANUAL])
def test_a_ticket_to_a_seat_has_no_places(kind: TicketType) -> None:
    ticket = a_ga_ticket(ticket_type=kind)

    with pytest.raises(TicketIsSeatedError):
        rules.hold(a_wish(ticket), ticket=ticket, owned=0, now=NOON)


def test_a_draft_is_not_on_sale() -> None:
    ticket = a_draft(ticket_type=TicketType.GA)

    with pytest.raises(NotOnSaleError):
        rules.hold(a_wish(ticket), ticket=ticket, owned=0, now=NOON)


def test_a_ticket_is_on_sale_until_its_event_ends() -> None:
    ticket = a_ga_ticket()

    assert rules.hold(a_wish(ticket), ticket=ticket, owned=0, now=FINAL_WHISTLE - A_MOMENT).happened
    with pytest.raises(EventOverError):
        rules.hold(a_wish(ticket), ticket=ticket, owned=0, now=FINAL_WHISTLE)


def test_sales_begin_with_the_first_moment_of_the_window_and_end_before_its_last() -> None:
    opens, closes = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    ticket = a_ga_ticket(sales_from=opens, sales_until=closes)

    with pytest.raises(TicketSalesNotOpenError, match=r"Sales open at 2026-11-21T13:00:00Z\."):
        rules.hold(a_wish(ticket), ticket=ticket, owned=0, now=opens - A_MOMENT)
    for now in (opens, closes - A_MOMENT):
        assert rules.hold(a_wish(ticket), ticket=ticket, owned=0, now=now).happened
    with pytest.raises(TicketSalesClosedError, match=r"Sales closed at 2026-11-21T14:00:00Z\."):
        rules.hold(a_wish(ticket), ticket=ticket, owned=0, now=closes)


def test_staff_who_sell_are_bound_by_no_window_but_by_the_event_and_by_a_draft() -> None:
    window = {"sales_from": NOON + timedelta(hours=1), "sales_until": NOON + timedelta(hours=2)}
    ticket, draft = a_ga_ticket(**window), a_draft(ticket_type=TicketType.GA, **window)

    for now in (NOON, window["sales_until"], FINAL_WHISTLE - A_MOMENT):
        assert rules.hold(a_wish(ticket, by_staff=True), ticket=ticket, owned=0, now=now).happened
    with pytest.raises(EventOverError):
        rules.hold(a_wish(ticket, by_staff=True), ticket=ticket, owned=0, now=FINAL_WHISTLE)
    with pytest.raises(NotOnSaleError):
        rules.hold(a_wish(draft, by_staff=True), ticket=draft, owned=0, now=window["sales_from"])


def test_one_buyer_has_no_more_than_the_most() -> None:
    ticket = a_ga_ticket(max_per_user=5)

    assert rules.hold(a_wish(ticket, 2), ticket=ticket, owned=3, now=NOON).happened
    with pytest.raises(MaxPlacesPerUserError, match="You have 4 and asked for 2 more"):
        rules.hold(a_wish(ticket, 2), ticket=ticket, owned=4, now=NOON)


def test_what_counts_as_owned_is_what_lives_and_what_is_bought() -> None:
    some = [an_entry(), reserved(), bought(), an_entry(status=PlacesStatus.RELEASED), an_entry(expires_at=NOON)]

    assert rules.owned(some, now=NOON) == 9
    assert rules.owned(some, now=END) == 3


@pytest.mark.parametrize("entry", [an_entry(), reserved(expires_at=END)])
def test_an_entry_ends_exactly_at_its_time(entry: PlacesReservation) -> None:
    assert not entry.has_ended(END - A_MOMENT)
    assert entry.has_ended(END)
    assert entry.at(END - A_MOMENT) == entry
    assert entry.at(END).status is PlacesStatus.EXPIRED


def test_the_same_wish_is_the_same_hold_by_account_or_by_token() -> None:
    ticket = a_ga_ticket()
    wish = a_wish(ticket, 3, by=ANN, token="secret")
    entry = rules.hold(wish, ticket=ticket, owned=0, now=NOON).reservation

    by_token = replace(wish, holder=Holder(BOB, token_digest("secret")))
    assert rules.hold_again(entry, wish, now=NOON) == PlacesChange(entry)
    assert rules.hold_again(entry, by_token, now=NOON) == PlacesChange(entry)
    for other in (
        replace(wish, quantity=2),
        replace(wish, ticket_id=a_ga_ticket().id),
        replace(wish, holder=Holder(BOB)),
        replace(wish, holder=Holder(BOB, token_digest("guess"))),
    ):
        with pytest.raises(PlacesConflictError):
            rules.hold_again(entry, other, now=NOON)
    with pytest.raises(PlacesExpiredError):
        rules.hold_again(entry, wish, now=END)


def test_a_hold_is_extended_to_a_full_ttl_but_never_beyond_its_ceiling() -> None:
    entry, by = an_entry(), Holder(ANN)

    once = rules.extend(entry, by=by, now=NOON + timedelta(seconds=60)).reservation
    assert once.expires_at == END + timedelta(seconds=60)
    near_the_end = replace(once, expires_at=entry.ceiling_at - A_MOMENT)
    last = rules.extend(near_the_end, by=by, now=near_the_end.expires_at - A_MOMENT).reservation
    assert last.expires_at == entry.ceiling_at == NOON + timedelta(seconds=3 * TTL_S)
    with pytest.raises(PlacesCeilingReachedError):
        rules.extend(last, by=by, now=last.expires_at - A_MOMENT)
    with pytest.raises(PlacesExpiredError):
        rules.extend(entry, by=by, now=END)
    assert not rules.extend(entry, by=by, now=NOON).happened
    with pytest.raises(PlacesConflictError):
        rules.extend(reserved(), by=by, now=NOON)


HOLDERS = [
    partial(rules.extend, now=NOON + timedelta(seconds=1)),
    partial(rules.release_hold, now=NOON),
    partial(rules.reserve, order_id=ORDER, until=LATER, now=NOON),
]


@pytest.mark.parametrize("rule", HOLDERS, ids=lambda rule: rule.func.__name__)
def test_only_the_holder_may(rule: Any) -> None:
    entry = an_entry(token_sha256=token_digest("secret"))

    assert rule(entry, by=Holder(ANN)).happened
    assert rule(entry, by=Holder(BOB, token_digest("secret"))).happened
    for stranger in (Holder(BOB), Holder(BOB, token_digest("guess"))):
        with pytest.raises(NotPlacesHolderError):
            rule(entry, by=stranger)


def test_a_hold_is_given_back_once() -> None:
    change = rules.release_hold(an_entry(), by=Holder(ANN), now=NOON)

    assert what_of(change) == (PlacesHappening.RELEASED, PlacesStatus.RELEASED, Claims(reserved=-3))
    assert not rules.release_hold(change.reservation, by=Holder(ANN), now=NOON).happened
    assert not rules.release_hold(an_entry(), by=Holder(ANN), now=END).happened
    with pytest.raises(PlacesConflictError):
        rules.release_hold(reserved(), by=Holder(ANN), now=NOON)


def test_a_live_hold_becomes_the_reservation_of_one_order() -> None:
    change = rules.reserve(an_entry(), by=Holder(ANN), order_id=ORDER, until=LATER, now=END - A_MOMENT)

    entry = change.reservation
    assert what_of(change) == (PlacesHappening.RESERVED, PlacesStatus.RESERVED, Claims())
    assert (entry.order_id, entry.expires_at) == (ORDER, LATER)
    assert not rules.reserve(entry, by=Holder(ANN), order_id=ORDER, until=LATER, now=NOON).happened
    with pytest.raises(PlacesConflictError):
        rules.reserve(entry, by=Holder(ANN), order_id=an_order(), until=LATER, now=NOON)
    with pytest.raises(PlacesExpiredError):
        rules.reserve(an_entry(), by=Holder(ANN), order_id=ORDER, until=LATER, now=END)


def test_a_reservation_is_protected_to_a_later_time_only() -> None:
    entry = reserved(expires_at=END)

    assert rules.protect(entry, order_id=ORDER, until=END + A_MOMENT, now=NOON).reservation.expires_at == END + A_MOMENT
    assert not rules.protect(entry, order_id=ORDER, until=END, now=NOON).happened
    assert not rules.protect(bought(), order_id=ORDER, until=LATER, now=LATER).happened
    with pytest.raises(PlacesExpiredError):
        rules.protect(entry, order_id=ORDER, until=LATER, now=END)


def test_a_live_reservation_is_sold_and_an_ended_one_never_silently() -> None:
    change = rules.finalise(reserved(expires_at=END), order_id=ORDER, now=END - A_MOMENT)

    assert what_of(change) == (PlacesHappening.SOLD, PlacesStatus.FINALIZED, Claims(reserved=-3, sold=3))
    assert not rules.finalise(change.reservation, order_id=ORDER, now=LATER).happened
    with pytest.raises(PlacesExpiredError):
        rules.finalise(reserved(expires_at=END), order_id=ORDER, now=END)
    with pytest.raises(PlacesConflictError):
        rules.finalise(an_entry(), order_id=ORDER, now=NOON)


@pytest.mark.parametrize(
    ("entry", "difference"),
    [
        (reserved(expires_at=END), Claims(reserved=-3, sold=3)),
        (reserved(status=PlacesStatus.EXPIRED), Claims(sold=3)),
        (reserved(status=PlacesStatus.RELEASED), Claims(sold=3)),
    ],
    ids=["not tidied up", "expired", "released"],
)
def test_an_ended_reservation_is_reclaimed(entry: PlacesReservation, difference: Claims) -> None:
    change = rules.reclaim(entry, order_id=ORDER, now=END)

    assert what_of(change) == (PlacesHappening.SOLD, PlacesStatus.FINALIZED, difference)
    assert not rules.reclaim(change.reservation, order_id=ORDER, now=END).happened


def test_what_was_sold_and_given_back_is_not_claimed_again() -> None:
    returned = rules.give_back(bought(), order_id=ORDER, now=NOON)

    assert what_of(returned) == (PlacesHappening.RETURNED, PlacesStatus.RELEASED, Claims(sold=-3))
    with pytest.raises(PlacesExpiredError):
        rules.reclaim(returned.reservation, order_id=ORDER, now=NOON)
    assert not rules.give_back(returned.reservation, order_id=ORDER, now=NOON).happened


def test_an_unpaid_order_gives_back_and_a_sold_one_keeps() -> None:
    change = rules.release(reserved(), order_id=ORDER, now=NOON)

    assert what_of(change) == (PlacesHappening.RELEASED, PlacesStatus.RELEASED, Claims(reserved=-3))
    assert not rules.release(change.reservation, order_id=ORDER, now=NOON).happened
    assert rules.give_back(reserved(), order_id=ORDER, now=NOON).what is PlacesHappening.RELEASED
    with pytest.raises(PlacesConflictError):
        rules.release(bought(), order_id=ORDER, now=NOON)


@pytest.mark.parametrize("rule", [rules.finalise, rules.reclaim, rules.release, rules.give_back])
def test_the_reservation_of_another_order_is_left_alone(rule: Any) -> None:
    for entry in (reserved(), bought(), an_entry()):
        with pytest.raises(PlacesConflictError):
            rule(entry, order_id=an_order(), now=NOON)


@pytest.mark.parametrize("entry", [an_entry(), reserved(expires_at=END)])
def test_only_what_has_ended_is_tidied_up(entry: PlacesReservation) -> None:
    assert not rules.expire(entry, now=END - A_MOMENT).happened
    change = rules.expire(entry, now=END)
    assert what_of(change) == (PlacesHappening.EXPIRED, PlacesStatus.EXPIRED, Claims(reserved=-3))
    assert not rules.expire(change.reservation, now=END).happened
    assert not rules.expire(bought(), now=LATER).happened


def test_times_are_kept_to_the_millisecond() -> None:
    ticket, odd = a_ga_ticket(), NOON.replace(microsecond=1999)
    entry = rules.hold(
        a_wish(ticket, reservation_id=ReservationId(uuid7())), ticket=ticket, owned=0, now=odd
    ).reservation

    assert entry.held_at.microsecond == entry.expires_at.microsecond == entry.ceiling_at.microsecond == 1000


def test_places_of_an_event_that_was_cancelled_are_held_by_nobody() -> None:
    ticket = a_ga_ticket().cancelled(a_cancellation())
    with pytest.raises(EventCancelledError):
        rules.hold(a_wish(ticket), ticket=ticket, owned=0, now=NOON)
