"""The box office's rules, each from both sides, without any storage."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.seating import blocking
from core.seating.blocking import REASON_LENGTH_MAX, SEATS_PER_BLOCK_MAX, Deed, Intervention, WantedSeat
from core.seating.errors import SeatTakenError, UnknownSeatError
from core.seating.seats import Available, Blocked, Held, Reserved, SeatState, Sold, letter_of, state_at
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import SeatId
from tests.small_world import CLERK, IDS, NOW, PLAN, PRICE_NOW, SEATS, TICK, seat_at

INSTANT = timedelta(microseconds=1)


def wanted(*states: SeatState) -> dict[SeatId, WantedSeat]:
    return {SEATS[place]: WantedSeat(seat_at(place, PRICE_NOW), state) for place, state in enumerate(states)}


def block(*states: SeatState, reason: str = "camera", until: datetime | None = None) -> Intervention:
    seats = wanted(*states)
    return blocking.block(PLAN, list(seats), seats=seats, reason=reason, until=until, by=CLERK, now=NOW)


def test_a_block_says_what_was_done_by_whom_when_why_and_until_when() -> None:
    done = block(Available(), Held(IDS[0], NOW), until=NOW + TICK)
    assert done == Intervention(
        plan_id=PLAN,
        what=Deed.BLOCKED,
        by=CLERK,
        at=NOW,
        reason="camera",
        until=NOW + TICK,
        seats=dict.fromkeys(SEATS[:2], Blocked("camera", NOW + TICK)),
    )
    assert block(Available()).seats == {SEATS[0]: Blocked("camera", None)}


@pytest.mark.parametrize(
    "state",
    [
        Held(IDS[0], NOW + INSTANT),
        Reserved(IDS[0], NOW + INSTANT),
        Sold(IDS[0]),
        Blocked("camera"),
        Blocked("camera", NOW + INSTANT),
    ],
)
def test_a_block_takes_no_seat_when_one_is_not_available_and_names_that(state: SeatState) -> None:
    with pytest.raises(SeatTakenError) as refusal:
        block(Available(), state)
    assert refusal.value.message == "Already taken: Stalls R1S2. No seat was blocked."
    assert list(refusal.value.problems) == [Problem("/seatIds/1", "Seat Stalls R1S2 is taken.")]


@pytest.mark.parametrize("reason", ["", "   ", "x" * (REASON_LENGTH_MAX + 1)])
def test_a_block_has_a_reason_of_bounded_length(reason: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        block(Available(), reason=reason)
    words = "A reason has 1 to 200 characters."
    assert (refusal.value.message, list(refusal.value.problems)) == (words, [Problem("/reason", words)])
    assert block(Available(), reason="x" * REASON_LENGTH_MAX).seats
    assert block(Available(), reason="x").seats


def test_a_block_ends_in_the_future() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        block(Available(), until=NOW)
    words = "A block ends in the future."
    assert (refusal.value.message, list(refusal.value.problems)) == (words, [Problem("/until", words)])
    assert block(Available(), until=NOW + INSTANT).seats


def test_a_block_is_over_exactly_at_its_end() -> None:
    assert state_at(Blocked("camera", NOW + INSTANT), NOW) == Blocked("camera", NOW + INSTANT)
    assert state_at(Blocked("camera", NOW), NOW) == Available()


@pytest.mark.parametrize("deed", [Deed.BLOCKED, Deed.UNBLOCKED])
@pytest.mark.parametrize("count", [0, SEATS_PER_BLOCK_MAX, SEATS_PER_BLOCK_MAX + 1])
def test_both_deeds_want_a_list_of_bounded_length_with_each_seat_once(deed: Deed, count: int) -> None:
    def do(asked: list[SeatId]) -> Intervention:
        seats = {seat_id: WantedSeat(seat_at(0, PRICE_NOW), Available()) for seat_id in asked}
        if deed is Deed.BLOCKED:
            return blocking.block(PLAN, asked, seats=seats, reason="x", until=None, by=CLERK, now=NOW)
        return blocking.unblock(PLAN, asked, seats=seats, by=CLERK, now=NOW)

    asked = [SeatId(UUID(int=number)) for number in range(count)]
    if count == SEATS_PER_BLOCK_MAX:
        assert do(asked).what is deed
        words = "A seat is named twice."
        asked[1] = asked[0]
    else:
        words = f"1 to 5000 seats belong here, not {count}."
    with pytest.raises(InvalidInputError) as refusal:
        do(asked)
    assert (refusal.value.message, list(refusal.value.problems)) == (words, [Problem("/seatIds", words)])


def test_both_deeds_want_seats_of_the_plan_and_point_at_the_others() -> None:
    asked = [SEATS[0], SEATS[2]]
    deeds: list[Callable[[], Intervention]] = [
        lambda: blocking.block(PLAN, asked, seats=wanted(Available()), reason="x", until=None, by=CLERK, now=NOW),
        lambda: blocking.unblock(PLAN, asked, seats=wanted(Available()), by=CLERK, now=NOW),
    ]
    for deed in deeds:
        with pytest.raises(UnknownSeatError) as refusal:
            deed()
        assert [problem.pointer for problem in refusal.value.problems] == ["/seatIds/1"]


def test_unblocking_frees_what_is_blocked_and_leaves_the_rest() -> None:
    seats = wanted(Sold(IDS[0]), Blocked("camera"), Blocked("camera", NOW))
    done = blocking.unblock(PLAN, list(seats), seats=seats, by=CLERK, now=NOW)
    assert done == Intervention(plan_id=PLAN, what=Deed.UNBLOCKED, by=CLERK, at=NOW, seats={SEATS[1]: Available()})


def test_a_letter_stands_for_each_state() -> None:
    states: tuple[SeatState, ...] = (
        Available(),
        Held(IDS[0], NOW),
        Reserved(IDS[0], NOW),
        Sold(IDS[0]),
        Blocked("camera"),
    )
    assert "".join(letter_of(state) for state in states) == "AHRSB"
