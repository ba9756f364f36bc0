"""The hall of every run: 20,000 seats, sold four at a time, no seat twice."""

import random
from collections.abc import Iterable, Iterator
from itertools import batched
from uuid import UUID

from core.seating.grid import GridSection

SECTIONS = 20
ROWS = 20
COLUMNS = 50
SEATS = SECTIONS * ROWS * COLUMNS
SEATS_A_HOLD = 4


def sections() -> list[GridSection]:
    return [GridSection(f"Block {number}", ROWS, COLUMNS) for number in range(1, SECTIONS + 1)]


def fours(seat_ids: Iterable[UUID], *, seed: int) -> Iterator[tuple[UUID, ...]]:
    """Deal the seats out at random, four at a time; the same seed deals the same way."""
    deck = list(seat_ids)
    random.Random(seed).shuffle(deck)
    return batched(deck, SEATS_A_HOLD, strict=True)
