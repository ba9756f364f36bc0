"""Other seats for an order that was paid too late, and holds that are ended for everybody: what the ledger says."""

from dataclasses import replace

import pytest

from core.seating import ledger
from core.seating.errors import ReservationConflictError, ReservationExpiredError, SeatTakenError
from core.seating.instead import must_be_replaceable, sell_instead
from core.seating.ledger import Change, Happening, Picture
from core.seating.reservations import ReservationStatus
from core.seating.seats import Available, Held, Sold
from core.shared.errors import Problem
from core.shared.ids import SeatId
from tests.small_world import FOREIGN_ORDER, IDS, NOW, ORDERS, PRICE_NOW, SEATS, TICK, Entry, reservation_of, seat_at

ORDER = ORDERS[0]
EXPIRED = reservation_of(Entry(0, "EXPIRED", 0, 0, True, False, 1, 0), 0)
RETURNED = reservation_of(Entry(0, "RELEASED", 0, 0, True, True, 1, 0), 0)
SALE = reservation_of(Entry(0, "SOLD", 0, 0, True, True, 1, 1), 0)
HOLD = reservation_of(Entry(0, "HELD", 2, 6, False, False, 1, 1), 0)
OTHERS = (seat_at(1, PRICE_NOW), seat_at(2, PRICE_NOW))


def test_other_seats_are_sold_to_the_same_order_under_a_new_id() -> None:
    free: Picture = {SEATS[1]: Available(), SEATS[2]: Held(IDS[0], NOW)}
    later = NOW + TICK
    old = replace(EXPIRED, held_at=later, ceiling_at=later, expires_at=later, sold_at=None)
    done = sell_instead(old, reservation_id=IDS[1], seats=OTHERS, order_id=ORDER, states=free, now=NOW)
    new = replace(
        old,
        id=IDS[1],
        status=ReservationStatus.SOLD,
        seats=OTHERS,
        held_at=NOW,
        ceiling_at=NOW,
        expires_at=NOW,
        sold_at=NOW,
    )
    assert done == Change(new, Happening.SOLD, {SEATS[1]: Sold(IDS[1]), SEATS[2]: Sold(IDS[1])})


def test_other_seats_that_are_somebodys_are_named_and_none_is_sold() -> None:
    taken: dict[SeatId, Available | Held | Sold] = {SEATS[1]: Available(), SEATS[2]: Held(IDS[0], NOW + TICK)}
    with pytest.raises(SeatTakenError) as refused:
        sell_instead(EXPIRED, reservation_id=IDS[1], seats=OTHERS, order_id=ORDER, states=taken, now=NOW)
    assert refused.value.message == "Already taken: Stalls R1S3. No seat was sold."
    assert list(refused.value.problems) == [Problem("/seatIds/1", "Seat Stalls R1S3 is taken.")]


def test_only_what_ended_before_it_was_sold_is_replaced() -> None:
    must_be_replaceable(EXPIRED, order_id=ORDER, now=NOW)
    with pytest.raises(ReservationConflictError, match=r"\AThe reservation does not belong to this order\.\Z"):
        must_be_replaceable(EXPIRED, order_id=FOREIGN_ORDER, now=NOW)
    with pytest.raises(ReservationConflictError, match=r"\AThe reservation has its seats still\.\Z"):
        must_be_replaceable(SALE, order_id=ORDER, now=NOW)
    words = r"\AThese seats were sold and given back\. There are no others for them\.\Z"
    with pytest.raises(ReservationExpiredError, match=words):
        must_be_replaceable(RETURNED, order_id=ORDER, now=NOW)


def test_a_hold_that_lives_is_ended_and_whatever_else_there_is_stays_as_it_is() -> None:
    held: Picture = {SEATS[0]: Held(IDS[0], NOW + 2 * TICK)}
    ended = ledger.end_hold(HOLD, seats=held, now=NOW)
    assert (ended.what, ended.seats) == (Happening.RELEASED, {SEATS[0]: Available()})
    assert ended.reservation == replace(HOLD, status=ReservationStatus.RELEASED)
    assert ledger.end_hold(HOLD, seats=held, now=NOW + 2 * TICK) == Change(HOLD)
    assert ledger.end_hold(SALE, seats={SEATS[0]: Sold(IDS[0])}, now=NOW) == Change(SALE)
