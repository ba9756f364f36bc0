"""Turns what health checks find into gauges, when somebody asks for the measurements."""

import asyncio
import logging
from time import monotonic

from prometheus_client import Gauge

from adapters.http.health import GetChecks, asked
from adapters.prometheus.instruments import Instruments
from core.shared.errors import UnavailableError
from ports.health import HealthReport

_log = logging.getLogger(__name__)

FRESH_S = 5.0
"""So long the dependencies are not asked again, however many ask for the measurements."""


class DependencyGauges:
    """Asks the dependencies at most every five seconds, and writes down what they say."""

    def __init__(self, instruments: Instruments, checks: GetChecks) -> None:
        self._to = instruments
        self._checks = checks
        self._known = _gauges(instruments)
        self._asked_at = -FRESH_S
        self._asking = asyncio.Lock()

    async def refresh(self) -> None:
        """Return when the gauges are at most five seconds old."""
        async with self._asking:
            if monotonic() - self._asked_at < FRESH_S:
                return
            try:
                checks = await self._checks()
            except (
                UnavailableError
            ) as error:  # a process that has not reached its servers yet still has its own figures
                _log.warning("the dependencies cannot be asked: %s", error)
                return
            for report in await asyncio.gather(*(asked(check) for check in checks)):
                self._write(report)
            self._asked_at = monotonic()

    def _write(self, report: HealthReport) -> None:
        to = self._to
        to.dependency_up.labels(report.name).set(report.ok)
        for fact, value in report.facts.items():
            if isinstance(value, str):
                continue
            if fact == "outbox_oldest_age_s":
                to.outbox_age.labels(report.name).set(value)
            elif fact.startswith("outbox_"):
                to.outbox_events.labels(report.name, fact.removeprefix("outbox_")).set(value)
            elif (gauge := self._known.get((report.name, fact))) is not None:
                gauge.set(value)


def _gauges(to: Instruments) -> dict[tuple[str, str], Gauge]:
    """Return the gauge of each fact, by the names of its dependency and of the fact."""
    labelled = {
        "webhooks": (to.webhook_backlog, ("received", "processing", "retrying", "failed")),
        "mail": (to.letters, ("waiting", "dead")),
        "refunds": (to.refunds, ("pending", "failed")),
        "payouts": (to.payouts, ("pending", "owed", "failed")),
    }
    gauges = {(name, fact): gauge.labels(fact) for name, (gauge, facts) in labelled.items() for fact in facts}
    gauges |= {("operations", status): to.operations.labels(status) for status in ("pending", "in_progress")}
    gauges |= {("operations", state): to.operation_pieces.labels(state) for state in ("done", "total")}
    return gauges | {
        ("webhooks", "oldest_age_s"): to.webhook_age,
        ("event_reading", "age_s"): to.event_reading_age,
        ("mail", "oldest_age_s"): to.letter_age,
        ("operations", "untouched_s"): to.operation_age,
    }
