"""Which spans are recorded, and what of them leaves the process."""

from collections.abc import Sequence
from typing import override

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Link, SpanKind, Status, TraceState
from opentelemetry.util.types import Attributes


class RootSampler(Sampler):
    """Decides about traces that begin here: a share of them, and none that would be a lone statement of SQL."""

    def __init__(self, ratio: float) -> None:
        self._ratio = TraceIdRatioBased(ratio)

    @override
    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        if kind is SpanKind.CLIENT:
            return SamplingResult(Decision.DROP)
        return self._ratio.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    @override
    def get_description(self) -> str:
        return f"RootSampler{{{self._ratio.get_description()}}}"


class WithoutMessages(SpanProcessor):
    """Takes the texts of errors off spans: a driver's may quote a row. Which error it was stays."""

    def __init__(self, following: SpanProcessor) -> None:
        self._following = following

    @override
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self._following.on_start(span, parent_context)

    @override
    def on_end(self, span: ReadableSpan) -> None:
        self._following.on_end(_without_messages(span) if span.events or span.status.description else span)

    @override
    def shutdown(self) -> None:
        self._following.shutdown()

    @override
    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._following.force_flush(timeout_millis)


def _without_messages(span: ReadableSpan) -> ReadableSpan:
    attributes = dict(span.attributes or {})
    for event in span.events:
        kind = (event.attributes or {}).get("exception.type")
        if kind is not None:
            attributes["error.type"] = kind
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )
