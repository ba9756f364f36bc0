"""What every part of the benchmarks is given."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from tests.benchmarks.results import Part
from tests.servers import PostgresServer


class Run(Protocol):
    """Runs on an event loop, and returns what came of it."""

    def __call__[T](self, work: Coroutine[Any, Any, T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """A durable PostgreSQL with nothing in it, a folder, and how long things may take."""

    postgres: PostgresServer
    folder: Path
    runner: asyncio.Runner
    console: Console
    seconds: float
    quick: bool

    @property
    def rounds(self) -> int:
        """How often the lines that are compared with each other are taken in turn."""
        return 1 if self.quick else 3

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the event loop of the benchmarks."""
        return self.runner.run(work)

    def say(self, what: str) -> None:
        """Tell whoever waits what is going on."""
        self.console.print(f"… {what}", style="dim", highlight=False)


type Measure = Callable[[Bench], Part]
"""One part of the benchmarks."""
