"""A whole Fairseat in this process, with everything that watches it switched on, and a collector of traces."""

import io
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from adapters.system.log_lines import log_formatter
from bootstrap.listening import listen
from bootstrap.runtime import serving, telling, working
from bootstrap.settings import Settings
from bootstrap.topology import build_platform


@dataclass(slots=True)
class Collector:
    """Takes spans by OTLP over HTTP, on 127.0.0.1."""

    url: str
    spans: list[Span] = field(default_factory=list[Span])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    raw: list[bytes] = field(default_factory=list[bytes])

    def of_trace(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans if span.trace_id.hex() == trace_id]

    def names_in(self, trace_id: str) -> set[str]:
        return {span.name for span in self.of_trace(trace_id)}

    def orphans_of(self, trace_id: str, begun_by: str) -> set[str]:
        """Return the names of spans whose parent is neither there nor the client's span."""
        spans = self.of_trace(trace_id)
        known = {span.span_id for span in spans} | {bytes.fromhex(begun_by)}
        return {span.name for span in spans if span.parent_span_id not in known}


def attributes_of(span: Span) -> dict[str, str]:
    """Return the attributes of a span, as texts."""
    return {each.key: each.value.string_value or str(each.value.int_value) for each in span.attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.raw.append(body)
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            request = ExportTraceServiceRequest.FromString(body)
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    collector.spans.extend(scope.spans)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Keep what is logged while the block lasts, debugging included, as machines read it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log_formatter(for_people=False))
    names = ("fairseat", "adapters", "usecases", "bootstrap", "litestar", "uvicorn")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    try:
        yield stream
    finally:
        logging.getLogger().removeHandler(handler)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@asynccontextmanager
async def whole_fairseat(settings: Settings) -> AsyncIterator[str]:
    """Serve and work while the block lasts, on databases that are there; yields the address."""
    platform = build_platform(settings)
    try:
        await platform.connect()
        with listen(settings.http.host, settings.http.port) as listening:
            async with telling(platform), working(platform), serving(platform, listening):
                yield f"http://{settings.http.host}:{settings.http.port}"
    finally:
        await platform.close()
