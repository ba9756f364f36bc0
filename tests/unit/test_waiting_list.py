"""Who waits first is served first, with as many returns as are wanted, and no return is offered twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.resale.waiting.waiting_entry import PASSED_OVER_MAX, PlacedOffer, WaitingEntry, WaitingStatus
from core.resale.waiting.waiting_errors import WaitingOfferNotFoundError
from core.resale.waiting.waiting_list import Offer, OpenReturn, offers
from core.shared.ids import AccountId, ListingId, TicketId, WaitingEntryId, WaitingOfferId

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=30)
SECOND = timedelta(seconds=1)


def an_entry(number: int, quantity: int = 1, *, fewer: bool = False, seller: bool = False) -> WaitingEntry:
    return WaitingEntry(
        id=WaitingEntryId(UUID(int=0xE0 + number)),
        ticket_id=TicketId(UUID(int=0x71)),
        account_id=AccountId(UUID(int=0x5E if seller else 0xA0 + number)),
        quantity=quantity,
        accept_fewer=fewer,
        sequence=number,
        joined_at=NOW,
        ends_at=NOW + timedelta(days=30),
    )


def a_return(number: int, *, closes_in: timedelta = timedelta(days=29)) -> OpenReturn:
    return OpenReturn(ListingId(UUID(int=number)), AccountId(UUID(int=0x5E)), NOW + closes_in)


def made(entries: Sequence[WaitingEntry], returns: int) -> dict[int, list[int]]:
    """Return which numbers each entry is offered, by its number."""
    found = offers(entries, [a_return(number) for number in range(1, returns + 1)], NOW, window=WINDOW)
    return {each.entry_id.int - 0xE0: [id.int for id in each.listing_ids] for each in found}


def an_offer(*numbers: int, until: datetime = NOW + WINDOW) -> PlacedOffer:
    return PlacedOffer(WaitingOfferId(UUID(int=0x0FFE)), tuple(ListingId(UUID(int=n)) for n in numbers), until)


def test_who_came_first_is_served_first_with_the_longest_open_returns() -> None:
    assert made([an_entry(2, 2), an_entry(1, 1)], 3) == {1: [1], 2: [2, 3]}


@pytest.mark.parametrize(("returns", "served"), [(2, {}), (3, {1: [1, 2, 3]}), (4, {1: [1, 2, 3]})])
def test_an_entry_is_served_when_there_are_as_many_as_it_wants(returns: int, served: dict[int, list[int]]) -> None:
    assert made([an_entry(1, 3)], returns) == served


@pytest.mark.parametrize(("returns", "served"), [(0, {}), (1, {1: [1]}), (2, {1: [1, 2]}), (4, {1: [1, 2, 3]})])
def test_who_accepts_fewer_gets_what_there_is(returns: int, served: dict[int, list[int]]) -> None:
    assert made([an_entry(1, 3, fewer=True)], returns) == served


def test_a_later_entry_comes_first_only_where_the_earlier_cannot_be_served() -> None:
    assert made([an_entry(1, 3), an_entry(2, 1)], 2) == {2: [1]}
    assert made([an_entry(1, 3), an_entry(2, 1)], 3) == {1: [1, 2, 3]}


def test_nobody_is_offered_their_own_returns() -> None:
    assert made([an_entry(1, seller=True), an_entry(2)], 1) == {2: [1]}


def test_nobody_is_offered_again_what_they_did_not_want() -> None:
    unwilling = an_entry(1).offered(an_offer(1)).declined()
    assert made([unwilling, an_entry(2)], 1) == {2: [1]}
    assert made([unwilling], 2) == {1: [2]}


def test_only_who_waits_is_offered_anything() -> None:
    waiting = an_entry(1)
    for other in (
        waiting.offered(an_offer(9)),
        waiting.offered(an_offer(9)).accepted(),
        waiting.left(),
        waiting.ended(),
        replace(waiting, ends_at=NOW),
    ):
        assert made([other], 1) == {}
    assert made([replace(waiting, ends_at=NOW + SECOND)], 1) == {1: [1]}


def test_what_can_be_sold_no_more_is_not_offered() -> None:
    assert offers([an_entry(1)], [a_return(1, closes_in=timedelta())], NOW, window=WINDOW) == ()


@pytest.mark.parametrize(("closes_in", "lasts"), [(WINDOW - SECOND, WINDOW - SECOND), (WINDOW + SECOND, WINDOW)])
def test_an_offer_ends_with_its_window_or_with_its_first_return(closes_in: timedelta, lasts: timedelta) -> None:
    returns = [a_return(1), a_return(2, closes_in=closes_in)]
    [offer] = offers([an_entry(1, 2)], returns, NOW, window=WINDOW)
    assert offer.until == NOW + lasts


def test_an_offer_ends_exactly_at_its_time() -> None:
    entry = an_entry(1).offered(an_offer(1))
    assert entry.offer_at(NOW + WINDOW - SECOND) is not None
    assert entry.offer_at(NOW + WINDOW) is None


def test_who_declines_keeps_the_place_and_who_does_not_answer_falls_behind() -> None:
    entry = an_entry(1).offered(an_offer(1))
    assert (entry.declined().sequence, entry.declined().lapses) == (1, 0)
    behind = entry.unanswered(sequence=9, lapses_max=2)
    assert (behind.status, behind.sequence, behind.lapses) == (WaitingStatus.WAITING, 9, 1)
    assert behind.offered(an_offer(2)).unanswered(sequence=10, lapses_max=2).status is WaitingStatus.LAPSED


def test_what_was_taken_back_by_its_holder_costs_nobody_a_place() -> None:
    entry = an_entry(1).offered(an_offer(1))
    assert entry.withdrawn() == an_entry(1)


def test_an_entry_remembers_the_latest_returns_that_it_did_not_want() -> None:
    entry = an_entry(1)
    for number in range(PASSED_OVER_MAX + 2):
        entry = entry.offered(an_offer(number)).declined()
    assert len(entry.passed_over) == PASSED_OVER_MAX and entry.passed_over[-1].int == PASSED_OVER_MAX + 1


def test_what_is_not_offered_is_neither_accepted_nor_declined() -> None:
    for refused in (an_entry(1).accepted, an_entry(1).declined, an_entry(1).left().accepted):
        with pytest.raises(WaitingOfferNotFoundError):
            refused()


wishes = st.tuples(st.integers(1, 4), st.booleans(), st.booleans())


@given(st.lists(wishes, max_size=8), st.integers(0, 10))
def test_whatever_is_wanted_the_offers_are_fair(wanted: list[tuple[int, bool, bool]], returns: int) -> None:
    entries = [an_entry(n, quantity, fewer=fewer, seller=own) for n, (quantity, fewer, own) in enumerate(wanted)]
    opened = [a_return(number) for number in range(1, returns + 1)]
    found = offers(entries, opened, NOW, window=WINDOW)
    given_out = [id for offer in found for id in offer.listing_ids]
    assert len(set(given_out)) == len(given_out) <= returns
    assert set(given_out) <= {each.listing_id for each in opened}
    assert len({offer.entry_id for offer in found}) == len(found)
    _is_first_come_first_served(entries, found, returns)


def _is_first_come_first_served(entries: Sequence[WaitingEntry], found: Sequence[Offer], returns: int) -> None:
    """Whoever was passed over could not be served with what was left when it was their turn."""
    sizes = {offer.entry_id: len(offer.listing_ids) for offer in found}
    left = returns
    for entry in entries:
        own = entry.account_id == AccountId(UUID(int=0x5E))
        least = 1 if entry.accept_fewer else entry.quantity
        expected = 0 if own or left < least else min(left, entry.quantity)
        assert sizes.get(entry.id, 0) == expected
        left -= expected


@given(st.lists(wishes, max_size=8), st.integers(0, 10))
def test_the_order_in_which_they_are_read_changes_nothing(wanted: list[tuple[int, bool, bool]], returns: int) -> None:
    entries = [an_entry(n, quantity, fewer=fewer, seller=own) for n, (quantity, fewer, own) in enumerate(wanted)]
    assert made(entries[::-1], returns) == made(entries, returns)
