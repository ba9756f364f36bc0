"""Look for drift."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.doctor.facts import EVERYTHING, Span
from core.doctor.findings import Finding
from ports.clock import Clock
from usecases.doctor.comparisons import Comparison, Comparisons


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What is under way is no drift: it is younger than `grace_s`, or gone at a second look `pause_s` later.

    Of one comparison `findings_max` are told at most: who has more has one cause, and one restore.
    """

    grace_s: float = 300.0
    pause_s: float = 3.0
    findings_max: int = 10_000


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison that is done: over how many things, what was found twice, and whether there was more."""

    name: str
    things: int
    findings: tuple[Finding, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Examine:
    """For operators at the command line, over one organisation or all; it changes nothing.

    It reads page by page while others sell, each service by itself, so two that are compared are never of one moment.
    """

    comparisons: Comparisons
    clock: Clock
    pause: Callable[[float], Awaitable[None]]
    patience: Patience

    async def __call__(self, tenant_id: UUID | None = None) -> AsyncIterator[Compared]:
        """Yield each comparison when it is done; raises UnavailableError when a datastore cannot be asked."""
        span = EVERYTHING if tenant_id is None else Span.of_tenant(tenant_id)
        for comparison in self.comparisons():
            yield await self._twice(comparison, span)

    async def _twice(self, comparison: Comparison, span: Span) -> Compared:
        suspects: list[tuple[Span, frozenset[tuple[object, ...]]]] = []
        things = count = 0
        async for part in comparison.look(span):
            things += part.things
            old = [each.identity for each in part.findings if self._is_old(each.since)]
            if old:
                count += len(old)
                suspects.append((part.span, frozenset(old)))
            if count > self.patience.findings_max:
                break
        if not suspects:
            return Compared(comparison.name, things, ())
        await self.pause(self.patience.pause_s)
        found: list[Finding] = []
        for part_span, seen in suspects:
            async for again in comparison.look(part_span):
                found += [each for each in again.findings if each.identity in seen and self._is_old(each.since)]
        kept = tuple(found[: self.patience.findings_max])
        return Compared(comparison.name, things, kept, more=count > self.patience.findings_max)

    def _is_old(self, since: datetime | None) -> bool:
        return since is None or since <= self.clock.now() - timedelta(seconds=self.patience.grace_s)
