"""Who watches a process: by the settings, nobody, or its measurements, its traces and the log of its requests.

What is not wanted is not even loaded.
"""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from adapters.http.health import GetChecks
from adapters.http.metrics import Exposition
from adapters.http.request_log import RequestLog
from adapters.system.observer import Observer, watched_by
from bootstrap.settings import Settings, SettingsError
from bootstrap.version import VERSION


class Measurements(Protocol):
    """The measurements of this process."""

    @abstractmethod
    def exposition(self, checks: GetChecks, *, token: str) -> Exposition:
        """Return what tells them, and how the dependencies stand."""

    @abstractmethod
    async def watch_loop(self) -> None:
        """Measure how late the event loop is, until cancelled."""


class Traces(Protocol):
    """The traces of this process."""

    @abstractmethod
    async def close(self) -> None:
        """Send what has not been sent, and end."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The watchers of a process."""

    settings: Settings
    observer: Observer
    measurements: Measurements | None
    traces: Traces | None

    def exposition(self, checks: GetChecks) -> Exposition | None:
        """Return what tells the measurements; None where nothing is measured."""
        if self.measurements is None:
            return None
        return self.measurements.exposition(checks, token=self.settings.metrics.token.reveal())

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch the event loop while the block lasts."""
        async with AsyncExitStack() as exits:
            if self.measurements is not None:
                watch = asyncio.create_task(self.measurements.watch_loop(), name="the delay of the event loop")
                exits.callback(watch.cancel)
            yield

    async def close(self) -> None:
        """Send what has not been sent."""
        if self.traces is not None:
            await self.traces.close()


def open_sight(settings: Settings) -> Sight:
    """Make the watchers that the settings want; raises SettingsError for headers that are none."""
    observers: list[Observer] = []
    measurements: Measurements | None = None
    traces: Traces | None = None
    if settings.tracing.endpoint:
        from adapters.opentelemetry.traces import OpenTelemetryTraces

        traces = tracing = OpenTelemetryTraces(
            endpoint=settings.tracing.endpoint,
            headers=_headers(settings.tracing.headers.reveal()),
            sample_ratio=settings.tracing.sample_ratio,
            version=VERSION,
        )
        observers.append(tracing.observer)  # first, so that the others know the trace
    if settings.metrics.enabled:
        from adapters.prometheus.measurements import PrometheusMeasurements

        measurements = measuring = PrometheusMeasurements(version=VERSION)
        observers.append(measuring.observer)
    if settings.log.requests:
        observers.append(RequestLog())
    return Sight(settings, watched_by(observers), measurements, traces)


def _headers(given: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for pair in filter(None, (word.strip() for word in given.split(","))):
        name, is_pair, value = pair.partition("=")
        if not is_pair or not name.strip():
            raise SettingsError("FAIRSEAT_TRACING_HEADERS: headers are name=value, with commas between.")
        headers[name.strip().lower()] = value.strip()
    return headers
