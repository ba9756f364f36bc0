"""Measures how many verdicts about resale one core gives, and what they cost as the rulebook grows tenfold.

`python -m tests.benchmarks.verdicts`. Nothing else is in it: no database, no HTTP, no signature. The limit beside it is
measured in the same turns: to build a finished verdict's own values again, without judging anything, which is the least
that a verdict in Python costs. Time is taken twice: by the wall, and of the processor, which leaves out what other work
on the machine took. Only the ratios travel from one machine to another.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import cycle
from statistics import median
from time import perf_counter, thread_time

import pycountry
from rich.console import Console
from rich.table import Table

from adapters.rulebook.builtin import built_in_rulebook
from core.resale.law.facts import Fact, ResaleFacts
from core.resale.law.rulebook import Rulebook
from core.resale.verdicts.validation import validate_resale
from core.resale.verdicts.verdict import Step, Verdict
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Figure, Line, Part
from tests.resale_builders import NOON, amount, dollars, facts_of, knowing, sold_for
from tests.resale_rules import a_book

TIMES = 10_000
TIMES_QUICK = 2_000
GROWTH = 10
MAINE = facts_of("US-ME", dollars("130.00"), sold_for(dollars("100.00"), fees=2_000, tax=345))
CASES: Mapping[str, ResaleFacts] = {
    "US-ME, capped": MAINE,
    "US-ME, above the cap": replace(MAINE, price=dollars("140.00")),
    "FR, without authorisation": knowing(facts_of("FR", amount("10.00", "EUR")), {Fact.SELLER_HABITUAL: True}),
    "US-CT, no cap": facts_of("US-CT", dollars("130.00")),
    "IS, no rule known": facts_of("IS", dollars("90.00")),
    "US, state not known": replace(MAINE, event_place=replace(MAINE.event_place, subdivision=None)),
}

type Taken = tuple[list[float], float]
"""The time that each answer took by the wall, and what the processor took for one, in seconds."""


def grown_elsewhere(book: Rulebook) -> Rulebook:
    """Return a rulebook of ten times the rules, the copies in countries that have none."""
    known = {rule.place[:2] for rule in book.rules}
    others = cycle(sorted(country.alpha_2 for country in pycountry.countries if country.alpha_2 not in known))
    copies = (
        replace(rule, id=f"{rule.id}-{number}", place=next(others), group=None)
        for number in range(1, GROWTH)
        for rule in book.rules
    )
    return a_book(*book.rules, *copies, version="grown elsewhere")


def grown_here(book: Rulebook) -> Rulebook:
    """Return a rulebook that has every rule ten times at its own place."""
    copies = (replace(rule, id=f"{rule.id}-{number}") for number in range(1, GROWTH) for rule in book.rules)
    return a_book(*book.rules, *copies, version="grown here")


def rebuilt(verdict: Verdict) -> Verdict:
    """Return an equal verdict of values made anew."""
    rules = [replace(rule, steps=tuple([Step(one.text, one.amount) for one in rule.steps])) for rule in verdict.rules]
    return replace(verdict, rules=tuple(rules))


def taken(work: Callable[[], object], times: int) -> Taken:
    """Do the work so many times, after a tenth of it that is not counted."""
    for _ in range(times // 10):
        work()
    walls: list[float] = []
    cpu = thread_time()
    for _ in range(times):
        begun = perf_counter()
        work()
        walls.append(perf_counter() - begun)
    return walls, (thread_time() - cpu) / times


def measured(times: int) -> Iterator[tuple[str, Taken]]:
    """Measure each case with the built-in rulebook, then its first as the rulebook grows, then the limit."""
    book = built_in_rulebook()
    for name, facts in CASES.items():
        yield s.verdict(name), taken(partial(validate_resale, facts, book, (), NOON), times)
    for what, grown in ((s.TENFOLD_ELSEWHERE, grown_elsewhere(book)), (s.TENFOLD_HERE, grown_here(book))):
        yield what, taken(partial(validate_resale, MAINE, grown, (), NOON), times)
    finished = validate_resale(MAINE, book, (), NOON)
    if rebuilt(finished) != finished:
        raise RuntimeError("the limit builds another verdict")
    yield s.VERDICT_REBUILT, taken(partial(rebuilt, finished), times)


def ratios(found: Mapping[str, Taken]) -> dict[str, float]:
    """Return how many times as long as the capped verdict each line takes, by the medians of the wall."""
    one = median(found[s.verdict("US-ME, capped")][0])
    return {name: median(walls) / one for name, (walls, _) in found.items()}


def measure_verdicts(bench: Bench) -> Part:
    """Measure verdicts on one core."""
    bench.say("verdicts about resale")
    found = dict(measured(TIMES_QUICK if bench.quick else TIMES))
    return Part(
        lines=[
            Line(scenario=name, measured=Measured.of(walls, callers=1, elapsed_s=sum(walls)))
            for name, (walls, _) in found.items()
        ],
        figures=[
            Figure(name=f"{name}, beside one by the built-in rulebook", value=ratio, unit="times")
            for name, ratio in ratios(found).items()
            if name in {s.TENFOLD_ELSEWHERE, s.TENFOLD_HERE, s.VERDICT_REBUILT}
        ],
    )


def main() -> None:
    found = dict(measured(TIMES))
    table = Table("what", title=f"Verdicts of one core, {TIMES:,} of each", title_justify="left")
    for heading in ("a second of processor", "p50 µs", "p99 µs", "processor µs", "times the capped one"):
        table.add_column(heading, justify="right")
    for name, (walls, processor) in found.items():
        one = Measured.of(walls, callers=1, elapsed_s=sum(walls))
        micro = (one.p50_ms * 1_000, one.p99_ms * 1_000, processor * 1_000_000)
        table.add_row(name, f"{1 / processor:,.0f}", *(f"{value:.1f}" for value in micro), f"{ratios(found)[name]:.2f}")
    Console(width=120).print(table)
    print(f"{len(built_in_rulebook().rules)} rules in the built-in rulebook, ten times as many in the grown ones")


if __name__ == "__main__":
    main()
