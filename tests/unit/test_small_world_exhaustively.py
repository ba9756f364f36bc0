"""The ledger's rules in every state of a small world: nothing is left to chance, or to what somebody thought of.

Two reservations that matter at once are looked at each time. `FAIRSEAT_SMALL_WORLD_RESERVATIONS=3` looks at three, in
all the ways in which they can lie beside and after each other; that takes more than half an hour and over a gigabyte:

    FAIRSEAT_SMALL_WORLD_RESERVATIONS=3 pytest -s -o timeout=0 tests/unit/test_small_world_exhaustively.py

Each of the broken rules below must be found out, so that the exploration is known to see.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from core.seating import blocking, ledger
from core.seating.blocking import Intervention
from core.seating.errors import SeatTakenError
from core.seating.ledger import Change, Happening, Picture
from core.seating.reservations import Reservation, ReservationStatus
from core.seating.seats import Available, Held, SeatState, Sold
from tests.exploration import explore
from tests.small_world import ViolationError

RESERVATIONS_MAX = int(os.environ.get("FAIRSEAT_SMALL_WORLD_RESERVATIONS", "2"))
STATES_MIN = {1: 300, 2: 12_000}
TRANSITIONS_MIN = {1: 2_000, 2: 90_000}
DONE = {
    "holds", "extends", "releases", "reserves", "protects", "pays", "pays late", "cancels", "refunds", "sweeps",
    "blocks", "blocks for a tick", "unblocks",
}  # fmt: skip

real: dict[str, Callable[..., Change]] = ledger.__dict__.copy()
real_block, real_unblock = blocking.block, blocking.unblock


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_reachable_state_keeps_the_promises_of_the_ledger() -> None:
    found = explore(reservations_max=RESERVATIONS_MAX)
    print(f"\nThe small world, {RESERVATIONS_MAX} reservations at once: {found}.")
    size = min(RESERVATIONS_MAX, max(STATES_MIN))
    assert found.states >= STATES_MIN[size]
    assert found.transitions >= TRANSITIONS_MIN[size]
    assert {verb for verb, outcome in found.steps if outcome == "done"} == DONE
    assert {verb for verb, outcome in found.steps if outcome == "refused"} >= DONE - {"sweeps", "unblocks"}


def expire_frees_the_seats_of_others(reservation: Reservation, *, seats: Picture, now: datetime) -> Change:
    change = real["expire"](reservation, seats=seats, now=now)
    return replace(change, seats=dict.fromkeys(seats, Available())) if change.happened else change


def expire_comes_early(reservation: Reservation, *, seats: Picture, now: datetime) -> Change:
    return real["_ended"](reservation, seats, Happening.EXPIRED)


def expire_forgets_the_seats(reservation: Reservation, *, seats: Picture, now: datetime) -> Change:
    change = real["expire"](reservation, seats=seats, now=now)
    return replace(change, seats={})


def reserve_forgets_the_time(reservation: Reservation, **told: Any) -> Change:
    return real["reserve"](reservation, **{**told, "now": datetime.min.replace(tzinfo=told["now"].tzinfo)})


def reserve_forgets_whose_it_is(reservation: Reservation, **told: Any) -> Change:
    told["by"] = replace(told["by"], account_id=reservation.account_id)
    return real["reserve"](reservation, **told)


def finalise_pretends(reservation: Reservation, **told: Any) -> Change:
    ended = reservation.order_id is not None and reservation.has_ended(told["now"])
    return Change(reservation) if ended else real["finalise"](reservation, **told)


def finalise_sells_what_has_ended(reservation: Reservation, *, order_id: Any, seats: Picture, now: datetime) -> Change:
    sold: dict[Any, SeatState] = {seat_id: Sold(reservation.id) for seat_id in reservation.seat_ids}
    if reservation.order_id != order_id or reservation.status is ReservationStatus.SOLD:
        return real["finalise"](reservation, order_id=order_id, seats=seats, now=now)
    return Change(replace(reservation, status=ReservationStatus.SOLD, sold_at=now), Happening.SOLD, sold)


def reclaim_sells_a_part(reservation: Reservation, **told: Any) -> Change:
    try:
        return real["reclaim"](reservation, **told)
    except SeatTakenError:
        free = {id: Sold(reservation.id) for id, state in told["seats"].items() if isinstance(state, Available)}
        if not free:
            raise
        return Change(
            replace(reservation, status=ReservationStatus.SOLD, sold_at=told["now"]), Happening.SOLD, dict(free)
        )


def reclaim_forgets_the_refund(reservation: Reservation, **told: Any) -> Change:
    kept = reservation.has_ended(told["now"])
    return real["reclaim"](replace(reservation, sold_at=None) if kept else reservation, **told)


def refund_keeps_the_seats(reservation: Reservation, **told: Any) -> Change:
    return replace(real["give_back"](reservation, **told), seats={})


def extend_passes_the_ceiling(reservation: Reservation, **told: Any) -> Change:
    ceiling = told["now"] + 9 * (reservation.ceiling_at - reservation.held_at)
    change = real["extend"](replace(reservation, ceiling_at=ceiling), **told)
    return replace(change, reservation=replace(change.reservation, ceiling_at=reservation.ceiling_at))


def extend_forgets_the_seats(reservation: Reservation, **told: Any) -> Change:
    return replace(real["extend"](reservation, **told), seats={})


def release_leaves_a_live_entry(reservation: Reservation, **told: Any) -> Change:
    change = real["release_hold"](reservation, **told)
    return replace(change, reservation=reservation)


def hold_takes_what_is_held(claim: Any, **told: Any) -> Change:
    states = {id: Available() if isinstance(state, Held) else state for id, state in told["states"].items()}
    return real["hold"](claim, **{**told, "states": states})


def hold_forgets_the_limit(claim: Any, **told: Any) -> Change:
    return real["hold"](claim, **{**told, "owned": 0})


def hold_again_asks_the_price_of_today(reservation: Reservation, request: Any, *, now: datetime) -> Change:
    change = real["hold_again"](reservation, request, now=now)
    seats = tuple(replace(seat, price_minor=1) for seat in reservation.seats)
    return replace(change, reservation=replace(reservation, seats=seats))


def block_takes_what_is_held(plan: Any, asked: Any, **told: Any) -> Intervention:
    seats = {
        id: replace(seat, state=Available()) if isinstance(seat.state, Held) else seat
        for id, seat in told["seats"].items()
    }
    return real_block(plan, asked, **{**told, "seats": seats})


def unblock_frees_what_is_sold(plan: Any, asked: Any, **told: Any) -> Intervention:
    change = real_unblock(plan, asked, **told)
    sold = {id: Available() for id in asked if isinstance(told["seats"][id].state, Sold)}
    return replace(change, seats={**change.seats, **sold})


BROKEN: list[tuple[str, Callable[..., Any], int]] = [
    ("expire", expire_frees_the_seats_of_others, 5),
    ("expire", expire_comes_early, 2),
    ("expire", expire_forgets_the_seats, 4),
    ("reserve", reserve_forgets_the_time, 4),
    ("reserve", reserve_forgets_whose_it_is, 2),
    ("finalise", finalise_pretends, 4),
    ("finalise", finalise_sells_what_has_ended, 4),
    ("reclaim", reclaim_sells_a_part, 5),
    ("reclaim", reclaim_forgets_the_refund, 4),
    ("give_back", refund_keeps_the_seats, 3),
    ("extend", extend_passes_the_ceiling, 10),
    ("extend", extend_forgets_the_seats, 3),
    ("release_hold", release_leaves_a_live_entry, 2),
    ("hold", hold_takes_what_is_held, 2),
    ("hold", hold_forgets_the_limit, 2),
    ("hold_again", hold_again_asks_the_price_of_today, 2),
    ("block", block_takes_what_is_held, 2),
    ("unblock", unblock_frees_what_is_sold, 4),
]


@pytest.mark.parametrize(("rule", "broken", "steps"), BROKEN, ids=[broken.__name__ for _, broken, _ in BROKEN])
def test_a_broken_rule_is_found_out_by_a_short_story(
    monkeypatch: pytest.MonkeyPatch, rule: str, broken: Callable[..., Any], steps: int
) -> None:
    module = blocking if rule in {"block", "unblock"} else ledger
    monkeypatch.setattr(module, rule, broken)
    with pytest.raises(ViolationError) as found:
        explore(reservations_max=1 if rule == "extend" else 2)
    print(f"\n{broken.__name__}: {found.value}")
    wrong, *story = str(found.value).splitlines()
    assert wrong
    assert len(story) == steps


@pytest.mark.parametrize("late", [True, False])
def test_an_end_that_comes_late_or_early_is_found_out(monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    def has_ended(self: Reservation, now: datetime) -> bool:
        if self.status in {ReservationStatus.HELD, ReservationStatus.RESERVED}:
            return now > self.expires_at if late else True
        return self.status is not ReservationStatus.SOLD

    monkeypatch.setattr(Reservation, "has_ended", has_ended)
    with pytest.raises(ViolationError):
        explore(reservations_max=1)
