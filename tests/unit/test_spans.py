"""Which spans are recorded, and what of an error leaves the process."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased
from opentelemetry.trace import SpanKind, StatusCode

from adapters.opentelemetry.observer import OpenTelemetryObserver
from adapters.opentelemetry.spans import RootSampler, WithoutMessages
from adapters.system.observer import Answered
from adapters.system.work_context import Work

TRACE = "0af7651916cd43dd8448eb211c80319c"


def recording(ratio: float) -> tuple[TracerProvider, InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=ParentBased(root=RootSampler(ratio)), shutdown_on_exit=False)
    provider.add_span_processor(WithoutMessages(SimpleSpanProcessor(exporter)))
    return provider, exporter


def test_of_an_error_its_type_is_told_and_not_its_text() -> None:
    provider, exporter = recording(1.0)
    with pytest.raises(ValueError, match="Elm Street"), provider.get_tracer("test").start_as_current_span("insert"):
        raise ValueError("duplicate key\nDETAIL: Key (street)=(Elm Street)")
    (span,) = exporter.get_finished_spans()
    assert (span.status.status_code, span.status.description, span.events) == (StatusCode.ERROR, None, ())
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}
    assert "Elm Street" not in span.to_json()


def test_a_statement_that_is_part_of_nothing_begins_no_trace() -> None:
    provider, exporter = recording(1.0)
    tracer = provider.get_tracer("test")
    tracer.start_span("select", kind=SpanKind.CLIENT).end()
    tracer.start_span("take", kind=SpanKind.CONSUMER).end()
    assert [span.name for span in exporter.get_finished_spans()] == ["take"]


@pytest.mark.parametrize(("flags", "recorded"), [("01", 1), ("00", 0)])
def test_what_the_caller_decided_counts_whatever_the_ratio(flags: str, recorded: int) -> None:
    provider, exporter = recording(1.0 - recorded)
    work = Work()
    sent = [(b"traceparent", f"00-{TRACE}-b7ad6b7169203331-{flags}".encode())]
    ended = OpenTelemetryObserver(provider.get_tracer("test")).request("GET", sent, work)
    assert ended is not None
    ended(Answered("GET", "/venues/{venue_id}", 200, 0.1))
    assert [span.name for span in exporter.get_finished_spans()] == ["GET /venues/{venue_id}"] * recorded
    assert work.traceparent is not None and work.traceparent.split("-")[1::2] == [TRACE, flags]
