"""Measures how long the best seats take to be chosen, with the look at what is free, inside one process.

`python -m tests.benchmarks.best_available`. There is no database in it: what is measured is what every wish costs the
process beside its hold. The rows of letters come ready-made, as PostgreSQL sends them, and what it costs to read one is
a line of its own, since a process does that once for many wishes. Time is taken twice: by the wall, and of the
processor, which leaves out what other work on the machine took.
"""

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import Self

from rich.console import Console
from rich.table import Table

from adapters.memory.clock import MemoryIds
from core.seating.best_available import SeatWish, choose, explain
from core.seating.catalogue import Catalogue
from core.seating.errors import SeatLeftAloneError
from core.seating.grid import GridSection, lay_out_grid
from core.seating.layout import with_ids
from core.seating.orphan_rule import judge_choice
from core.seating.plans import OrphanRule
from core.seating.reservations import SEATS_PER_HOLD_MAX
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Line, Part
from tests.seating_world import a_plan

ROWS = 20
COLUMNS = 50
SIZES = (20_000, 100_000)
PARTY_SEATS = 10_000
PARTY = 60
TOGETHER = 4
PATTERNS_COUNT = 20
TIMES = 1_000
PARTY_TIMES = 100
SEED = 20_261_122

type Pattern = Callable[[random.Random, int], str]
"""Makes a row of letters for so many seats."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How long choosing took by the wall, over many pictures of one hall, and how much of the processor it took."""

    seats: int
    what: str
    wall: Measured
    processor: Measured

    @classmethod
    def of(cls, seats: int, what: str, took_s: Sequence[float], processor_s: Sequence[float]) -> Self:
        wall, processor = (Measured.of(times, callers=1, elapsed_s=sum(times)) for times in (took_s, processor_s))
        return cls(seats, what, wall, processor)


def measure_best_available(bench: Bench) -> Part:
    """Measure wishes for four together where nine tenths are sold."""
    lines: list[Line] = []
    for size in SIZES:
        bench.say(f"best available of {size:,} seats")
        catalogue = _catalogue(size)
        _sorting(catalogue)
        choice = _together(catalogue, s.BEST_AVAILABLE, at_random, TIMES)
        lines.append(Line(scenario=s.BEST_AVAILABLE, seats=size, measured=choice.wall))
    return Part(lines=lines)


def at_random(dice: random.Random, seats: int) -> str:
    """Return 90 % sold, seat by seat."""
    return "".join(dice.choices("AS", weights=(10, 90), k=seats))


def in_fours(dice: random.Random, seats: int) -> str:
    """Return 90 % sold, four by four."""
    return "".join(dice.choices(("AAAA", "SSSS"), weights=(10, 90), k=seats // TOGETHER))


def mostly_free(dice: random.Random, seats: int) -> str:
    """Return 5 % sold, seat by seat."""
    return "".join(dice.choices("AS", weights=(95, 5), k=seats))


def front_sold(dice: random.Random, seats: int) -> str:
    """Return the half in front sold, as a sale by best available leaves it, and 5 % of the rest."""
    return "S" * (seats // 2) + mostly_free(dice, seats - seats // 2)


PATTERNS: dict[str, Pattern] = {
    "90 % sold at random": at_random,
    "90 % sold in fours": in_fours,
    "mostly free": mostly_free,
    "front half sold": front_sold,
}


def measure(
    *, sizes: Sequence[int] = SIZES, times: int = TIMES, party_seats: int = PARTY_SEATS, party_times: int = PARTY_TIMES
) -> list[Choice]:
    """Measure wishes for seats together in halls of these sizes, and a party that has to be split; blocks of 1,000."""
    found: list[Choice] = []
    for size in sizes:
        catalogue = _catalogue(size)
        found.append(_sorting(catalogue))
        for name, pattern in PATTERNS.items():
            found.append(_together(catalogue, name, pattern, times))
        found.append(_letters(catalogue, times))
        found.append(_orphans(catalogue, times))
    party = _catalogue(party_seats)
    return [*found, *(_party(party, name, pattern, party_times) for name, pattern in PATTERNS.items())]


def _catalogue(seats: int) -> Catalogue:
    plan, _ = a_plan()
    grid = [GridSection(f"Block {number}", ROWS, COLUMNS) for number in range(1, seats // (ROWS * COLUMNS) + 1)]
    return Catalogue.of(plan, with_ids(lay_out_grid(grid), new_id=MemoryIds().new, price_minor=7500), ())


def _timed(catalogue: Catalogue, what: str, times: int, act: Callable[[int], object]) -> Choice:
    took_s: list[float] = []
    processor_s: list[float] = []
    for number in range(times):
        start, processor_start = perf_counter(), thread_time()
        act(number)
        processor_s.append(thread_time() - processor_start)
        took_s.append(perf_counter() - start)
    return Choice.of(len(catalogue.seats), what, took_s, processor_s)


def _sorting(catalogue: Catalogue) -> Choice:
    """Time what the first wish of a size has to wait for."""
    masks = catalogue.masks
    return _timed(catalogue, f"sort windows of {TOGETHER}, once", 1, lambda _: masks.nearness(TOGETHER))


def _rows(catalogue: Catalogue, pattern: Pattern) -> list[str]:
    dice = random.Random(SEED)
    return [pattern(dice, len(catalogue.seats)) for _ in range(PATTERNS_COUNT)]


def _together(catalogue: Catalogue, name: str, pattern: Pattern, times: int) -> Choice:
    """Choose as a process does: without the seats that were marked since the picture was read, and with the reason."""
    masks, wish = catalogue.masks, SeatWish(quantity=TOGETHER)
    pictures = [masks.free_in(row) for row in _rows(catalogue, pattern)]
    marked = [seat.id for seat in random.Random(SEED).sample(catalogue.seats, 100)]

    def act(number: int) -> None:
        free = masks.without(pictures[number % PATTERNS_COUNT], marked)
        seats = choose(masks, free, wish)
        if seats is not None:
            explain(masks, [seat.id for seat in seats])

    return _timed(catalogue, f"{TOGETHER} together, {name}", times, act)


def _letters(catalogue: Catalogue, times: int) -> Choice:
    rows = _rows(catalogue, at_random)
    return _timed(
        catalogue, "read a row of letters", times, lambda number: catalogue.masks.free_in(rows[number % PATTERNS_COUNT])
    )


def _orphans(catalogue: Catalogue, times: int) -> Choice:
    masks = catalogue.masks
    pictures = [masks.free_in(row) for row in _rows(catalogue, mostly_free)]
    dice = random.Random(SEED)
    firsts = [dice.randrange(len(catalogue.seats) - TOGETHER) for _ in range(times)]

    def act(number: int) -> None:
        chosen = [seat.id for seat in catalogue.seats[firsts[number] : firsts[number] + TOGETHER]]
        try:
            judge_choice(masks, pictures[number % PATTERNS_COUNT], chosen, rule=OrphanRule.ENFORCE)
        except SeatLeftAloneError:
            return

    return _timed(catalogue, f"judge a choice of {TOGETHER}", times, act)


def _party(catalogue: Catalogue, name: str, pattern: Pattern, times: int) -> Choice:
    assert COLUMNS < PARTY <= SEATS_PER_HOLD_MAX, "no row has room for all of it"
    masks, wish = catalogue.masks, SeatWish(quantity=PARTY, allow_split=True)
    pictures = [masks.free_in(row) for row in _rows(catalogue, pattern)]
    return _timed(
        catalogue,
        f"a party of {PARTY}, {name}",
        times,
        lambda number: choose(masks, pictures[number % PATTERNS_COUNT], wish),
    )


def main() -> int:
    table = Table("seats", "what", title="The choice of the best seats, in one process", title_justify="left")
    for heading in ("p50 ms", "p99 ms", "processor p50 ms", "p99 ms"):
        table.add_column(heading, justify="right")
    for choice in measure():
        wall, processor = choice.wall, choice.processor
        times_ms = (wall.p50_ms, wall.p99_ms, processor.p50_ms, processor.p99_ms)
        table.add_row(f"{choice.seats:,}", choice.what, *(f"{time_ms:.3f}" for time_ms in times_ms))
    Console(width=max(Console().width, 100)).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
