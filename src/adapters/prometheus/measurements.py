"""The measurements of this process: what is counted, and how it is told."""

import asyncio

from prometheus_client import generate_latest

from adapters.http.health import GetChecks
from adapters.http.metrics import Exposition
from adapters.prometheus.dependencies import DependencyGauges
from adapters.prometheus.instruments import Instruments
from adapters.prometheus.observer import PrometheusObserver

_LOOK_EVERY_S = 0.5


class PrometheusMeasurements:
    """One registry, of one process."""

    def __init__(self, *, version: str) -> None:
        self.instruments = Instruments(version=version)
        self.observer = PrometheusObserver(self.instruments)

    def exposition(self, checks: GetChecks, *, token: str) -> Exposition:
        """Return what tells the measurements, and how the dependencies stand."""
        dependencies = DependencyGauges(self.instruments, checks)

        async def render() -> bytes:
            await dependencies.refresh()
            return generate_latest(self.instruments.registry)

        return Exposition(render, token)

    async def watch_loop(self) -> None:
        """Measure how late the event loop is, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + _LOOK_EVERY_S
            await asyncio.sleep(_LOOK_EVERY_S)
            self.instruments.loop_delay_seconds.observe(max(loop.time() - due_s, 0.0))
