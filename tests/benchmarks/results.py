"""What a run of the benchmarks found: saved as JSON, and the one source of tables, plots and verdicts."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.audit import Audit

_DIGITS = 3


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario with so many callers, on a plan of so many seats (0 where there is no plan)."""

    scenario: str
    measured: Measured
    seats: int = 0


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that is no rate: seconds of a sweep, a count of what must not happen."""

    name: str
    value: float
    unit: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A measure beside its target; `met` is None for what was not measured."""

    what: str
    target: str
    measured: str
    limit: str
    met: bool | None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one part of the benchmarks found."""

    lines: list[Line]
    figures: list[Figure] = []
    audits: list[Audit] = []


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What all parts found, on which machine, by which command."""

    command: str
    facts: dict[str, str]
    lines: list[Line]
    figures: list[Figure]
    audits: list[Audit]
    verdicts: list[Verdict] = []

    @classmethod
    def of(cls, parts: Iterable[Part], *, command: str, facts: Mapping[str, str]) -> Self:
        """Put the parts together; nothing is judged yet."""
        every = list(parts)
        return cls(
            command=command,
            facts=dict(facts),
            lines=[line for part in every for line in part.lines],
            figures=[figure for part in every for figure in part.figures],
            audits=[audit for part in every for audit in part.audits],
        )

    def line(self, scenario: str, *, callers: int, seats: int = 0) -> Measured | None:
        """Return what was measured of a scenario, or None."""
        for line in self.lines:
            if (line.scenario, line.measured.callers, line.seats) == (scenario, callers, seats):
                return line.measured
        return None

    def figure(self, name: str) -> Figure | None:
        """Return the figure of this name, or None."""
        return next((figure for figure in self.figures if figure.name == name), None)

    def curve(self, scenario: str, *, seats: int = 0) -> list[Measured]:
        """Return what was measured of a scenario, by rising number of callers."""
        found = [line.measured for line in self.lines if line.scenario == scenario and line.seats == seats]
        return sorted(found, key=lambda measured: measured.callers)

    @property
    def clean(self) -> bool:
        """Whether no audit found a fault."""
        return not any(audit.faults for audit in self.audits)


def save(results: Results, path: Path) -> None:
    """Write the results down for people and programs: figures to three digits, and a line for each of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts: list[str] = []
    for name, value in msgspec.to_builtins(results).items():
        shown = _rounded(value)
        if isinstance(shown, list) and shown:
            rows = ",\n  ".join(msgspec.json.encode(row).decode() for row in shown)
            parts.append(f'"{name}": [\n  {rows}\n]')
        else:
            text = msgspec.json.format(msgspec.json.encode(shown), indent=1).decode()
            parts.append(f'"{name}": {text}')
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def load(path: Path) -> Results:
    """Read results; raises OSError, and msgspec.ValidationError for a file that holds none."""
    return msgspec.json.decode(path.read_bytes(), type=Results)


def _rounded(value: Any) -> Any:  # Any: whatever JSON may hold
    match value:
        case float():
            return round(value, _DIGITS)
        case dict():
            return {name: _rounded(one) for name, one in value.items()}
        case list() | tuple():
            return [_rounded(one) for one in value]
        case _:
            return value
