"""The traces of this process: recorded, and sent to a collector by OTLP over HTTP."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, cast

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased

from adapters.opentelemetry.observer import OpenTelemetryObserver
from adapters.opentelemetry.spans import RootSampler, WithoutMessages

_EXPORT_TIMEOUT_S = 5
_WAITING_MAX = 8_192
"""Spans that wait to be sent; while the collector is away, those beyond are dropped."""
_EVERY_MS = 2_000


class OpenTelemetryTraces:
    """One provider, with nothing global but what watches asyncpg.

    All SQL goes through asyncpg, SQLAlchemy's as well, so one instrumentation tells of each statement once. Values are
    not recorded, only the text of the statements, which has none.
    """

    def __init__(self, *, endpoint: str, headers: Mapping[str, str], sample_ratio: float, version: str) -> None:
        exporter = OTLPSpanExporter(
            endpoint=f"{endpoint.rstrip('/')}/v1/traces", headers=dict(headers), timeout=_EXPORT_TIMEOUT_S
        )
        batches = BatchSpanProcessor(
            exporter,
            max_queue_size=_WAITING_MAX,
            schedule_delay_millis=_EVERY_MS,
            export_timeout_millis=_EXPORT_TIMEOUT_S * 1000,
        )
        self._provider = TracerProvider(
            sampler=ParentBased(root=RootSampler(sample_ratio)),
            resource=Resource.create({"service.name": "fairseat", "service.version": version}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(WithoutMessages(batches))
        self._sql: Any = cast("Any", AsyncPGInstrumentor)()  # Any: it has no types
        self._sql.instrument(tracer_provider=self._provider, skip_dep_check=True)
        self.observer = OpenTelemetryObserver(self._provider.get_tracer("fairseat", version))
        # It says of each batch that it could not send it, with a traceback.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)

    async def close(self) -> None:
        """Send what has not been sent, and end."""
        self._sql.uninstrument()
        await asyncio.to_thread(self._provider.shutdown)
