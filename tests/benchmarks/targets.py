"""The targets: what has to be reached, of which limit, and whether it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import ge, le
from typing import Literal

from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.hall import SEATS, SEATS_OF_A_LARGE_HALL
from tests.benchmarks.results import Results, Verdict

READERS = 5_000
"""Who watch the live map when a change is told."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The value that a target is about, and how it and its limit read."""

    value: float
    measured: str
    limit: str


type Read = Callable[[Results], Reading | None]


@dataclass(frozen=True, slots=True)
class Target:
    """What has to be at least, or at most, a bound."""

    what: str
    side: Literal["≥", "≤"]
    bound: float
    unit: str
    read: Read

    def judge(self, results: Results) -> Verdict:
        """Compare; what was not measured is neither met nor missed."""
        shown = f"{self.side} {self.bound:g}{self.unit}"
        reading = self.read(results)
        if reading is None:
            return Verdict(what=self.what, target=shown, measured="–", limit="–", met=None)
        reached = ge if self.side == "≥" else le
        return Verdict(
            what=self.what,
            target=shown,
            measured=reading.measured,
            limit=reading.limit,
            met=reached(reading.value, self.bound),
        )


@dataclass(frozen=True, slots=True)
class Key:
    """Where a measurement is found."""

    scenario: str
    callers: int
    seats: int = 0

    def of(self, results: Results) -> Measured | None:
        return results.line(self.scenario, callers=self.callers, seats=self.seats)


def rate_ratio(key: Key, limit: Key, *, what: str = "holds/s") -> Read:
    """Read how many times the limit's rate a rate is."""

    def read(results: Results) -> Reading | None:
        mine, other = key.of(results), limit.of(results)
        if mine is None or other is None:
            return None
        ratio = mine.rate / other.rate
        shown = f"{limit.scenario}, {limit.callers} callers: {other.rate:,.0f}/s"
        return Reading(ratio, f"{ratio:.2f} ({mine.rate:,.0f} {what})", shown)

    return read


def p50_ratio(key: Key, limit: Key) -> Read:
    """Read how many times the limit's latency a latency is, at the median."""

    def read(results: Results) -> Reading | None:
        mine, other = key.of(results), limit.of(results)
        if mine is None or other is None:
            return None
        ratio = mine.p50_ms / other.p50_ms
        return Reading(ratio, f"{ratio:.2f} ({mine.p50_ms:.2f} ms)", f"{limit.scenario}: {other.p50_ms:.2f} ms")

    return read


def spread(key: Key) -> Read:
    """Read how many times its median the 99th percentile is."""

    def read(results: Results) -> Reading | None:
        mine = key.of(results)
        if mine is None:
            return None
        ratio = mine.p99_ms / mine.p50_ms
        return Reading(ratio, f"{ratio:.2f} (p99 {mine.p99_ms:.1f} ms)", f"p50 {mine.p50_ms:.1f} ms")

    return read


def pace_a_minute(key: Key, documented: float, source: str) -> Read:
    """Read orders a minute, and how many times the documented pace of another that is."""

    def read(results: Results) -> Reading | None:
        mine = key.of(results)
        if mine is None:
            return None
        pace = mine.rate * 60
        return Reading(pace, f"{pace:,.0f} orders/min ({pace / documented:.2f} ×)", source)

    return read


def time_ms(key: Key, percent: Literal[50, 99]) -> Read:
    """Read a latency."""

    def read(results: Results) -> Reading | None:
        mine = key.of(results)
        if mine is None:
            return None
        value = mine.p99_ms if percent == 99 else mine.p50_ms
        return Reading(value, f"p{percent} {value:.2f} ms", "–")

    return read


def figure(name: str) -> Read:
    """Read a figure that stands for itself."""

    def read(results: Results) -> Reading | None:
        found = results.figure(name)
        return None if found is None else Reading(found.value, f"{found.value:,.4g} {found.unit}".rstrip(), "–")

    return read


_BATCHING = Key(s.BATCHING, 64, SEATS)
_PLAIN = Key(s.PLAIN, 64, SEATS)
_HTTP = Key(s.HTTP_HOLDS, 64, SEATS)
PRETIX_ORDERS_A_MINUTE = 500
"""What pretix documents as the most for one event with quotas, whatever the hardware; nothing that we measured."""
PRETIX = "pretix's documentation on scaling: about 500 orders/min for an event with quotas, whatever the hardware"
TARGETS: Sequence[Target] = (
    Target("in batches, 64 callers ÷ pgbench, 32 clients", "≥", 2.0, "", rate_ratio(_BATCHING, Key(s.PGBENCH, 32))),
    Target("in batches ÷ one by one, 64 callers", "≥", 4.0, "", rate_ratio(_BATCHING, _PLAIN)),
    Target(
        "over HTTP ÷ trivial POST, 64 connections",
        "≥",
        0.5,
        "",
        rate_ratio(_HTTP, Key(s.HTTP_TRIVIAL, 64)),
    ),
    Target("over HTTP, 64 connections: p99 ÷ p50", "≤", 3.0, "", spread(_HTTP)),
    Target(
        "one caller: latency in batches ÷ one by one (p50)",
        "≤",
        1.1,
        "",
        p50_ratio(Key(s.BATCHING, 1, SEATS), Key(s.PLAIN, 1, SEATS)),
    ),
    Target(
        "plan of 100,000 seats ÷ 20,000",
        "≥",
        0.9,
        "",
        rate_ratio(Key(s.BATCHING, 64, SEATS_OF_A_LARGE_HALL), _BATCHING),
    ),
    Target(
        "everyone after the same 100 seats ÷ uncontended",
        "≥",
        1.2,
        "",
        rate_ratio(Key(s.CONTENDED_BATCHING, 64, SEATS), _BATCHING, what="answers/s"),
    ),
    Target("seats with two owners", "≤", 0, "", figure(s.DOUBLE_OWNERS)),
    Target("deadlocks", "≤", 0, "", figure(s.DEADLOCKS)),
    Target("best available, 20,000 seats", "≤", 2, " ms", time_ms(Key(s.BEST_AVAILABLE, 1, SEATS), 99)),
    Target(
        "best available, 100,000 seats", "≤", 5, " ms", time_ms(Key(s.BEST_AVAILABLE, 1, SEATS_OF_A_LARGE_HALL), 99)
    ),
    Target(
        "snapshot of 20,000 seats under RLS ÷ without",
        "≥",
        0.85,
        "",
        rate_ratio(Key(s.SNAPSHOT_WITH_RLS, 1, SEATS), Key(s.SNAPSHOT_WITHOUT_RLS, 1, SEATS), what="maps/s"),
    ),
    Target(
        "snapshot of 100,000 seats over HTTP, cached",
        "≤",
        3,
        " ms",
        time_ms(Key(s.SNAPSHOT_CACHED, 1, SEATS_OF_A_LARGE_HALL), 50),
    ),
    Target(
        "snapshot of 100,000 seats over HTTP, after a change",
        "≤",
        60,
        " ms",
        time_ms(Key(s.SNAPSHOT_CHANGED, 1, SEATS_OF_A_LARGE_HALL), 50),
    ),
    Target("100,000 holds expire: sweep", "≤", 10, " s", figure(s.SWEEP_S)),
    Target(
        "100,000 holds expire: holds during the sweep ÷ before",
        "≥",
        0.7,
        "",
        rate_ratio(Key(s.HOLDS_DURING_SWEEP, 8), Key(s.HOLDS_BEFORE_SWEEP, 8)),
    ),
    Target(
        "orders of one event, hold to passes, 32 buyers",
        "≥",
        PRETIX_ORDERS_A_MINUTE,
        "/min",
        pace_a_minute(Key(s.PURCHASE, 32), PRETIX_ORDERS_A_MINUTE, PRETIX),
    ),
    Target("a change reaches 5,000 live-map readers", "≤", 1000, " ms", time_ms(Key(s.LIVE_MAP, READERS), 99)),
)


def judged(results: Results) -> list[Verdict]:
    """Compare with every target, in the order of the table."""
    return [target.judge(results) for target in TARGETS]
