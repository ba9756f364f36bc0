"""The halls of the runs: 20,000 or 100,000 seats, sold four at a time, no seat twice."""

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from uuid import UUID

from core.seating.grid import GridSection

ROWS = 20
COLUMNS = 50
SEATS = 20_000
SEATS_OF_A_LARGE_HALL = 100_000
SEATS_A_HOLD = 4
HOT_SEATS = 100


def sections(seats: int = SEATS) -> list[GridSection]:
    """Return blocks of a thousand seats."""
    return [GridSection(f"Block {number}", ROWS, COLUMNS) for number in range(1, seats // (ROWS * COLUMNS) + 1)]


def fours[Id: UUID](seat_ids: Iterable[Id], *, seed: int) -> Iterator[tuple[Id, ...]]:
    """Deal the seats out at random, four at a time; the same seed deals the same way."""
    deck = list(seat_ids)
    random.Random(seed).shuffle(deck)
    return batched(deck, SEATS_A_HOLD, strict=True)


def hot_fours[Id: UUID](seat_ids: Sequence[Id], *, seed: int) -> Iterator[tuple[Id, ...]]:
    """Ask without end for four of the same few seats, as everybody does who wants the first row."""
    chance = random.Random(seed)
    wanted = seat_ids[:HOT_SEATS]
    while True:
        yield tuple(chance.sample(wanted, SEATS_A_HOLD))
