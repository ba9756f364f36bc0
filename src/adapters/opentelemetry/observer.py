"""Spans of what an observer is told of: requests, events, webhooks. SQL has spans by its instrumentation."""

from collections.abc import Callable, Iterable, Mapping
from typing import override

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from adapters.system.observer import FAILED, UNAVAILABLE, Answered, Ended, Observer, RequestEnded
from adapters.system.work_context import Work
from ports.events import Envelope

_PROPAGATOR = TraceContextTextMapPropagator()
_CARRIED = (b"traceparent", b"tracestate")
_SUPPRESSED = "suppress_instrumentation"
"""What instrumentations look for in the context; they cost next to nothing where it is set."""
_CREDIBLE_LENGTH_MAX = 512


class OpenTelemetryObserver(Observer):
    """Goes on with the trace that came along, or begins one; what happens meanwhile in the same task is part of it."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    @override
    def request(self, method: str, headers: Iterable[tuple[bytes, bytes]], work: Work) -> RequestEnded | None:
        carried = {
            name.decode(): value.decode("latin-1")
            for name, value in headers
            if name in _CARRIED and len(value) <= _CREDIBLE_LENGTH_MAX
        }
        span, leave = self._enter(method, SpanKind.SERVER, carried, {"http.request.method": method}, work)

        def ended(answered: Answered) -> None:
            if span.is_recording():
                span.update_name(f"{method} {answered.route}")
                span.set_attributes({"http.route": answered.route, "http.response.status_code": answered.status})
                span.set_attributes({f"fairseat.{name}": value for name, value in work.facts() if name != "trace_id"})
                if work.refusal is not None:
                    span.set_attribute("fairseat.code", work.refusal)
                if answered.status >= 500:
                    span.set_status(Status(StatusCode.ERROR))
            leave()

        return ended

    @override
    def event(self, envelope: Envelope, consumer: str, work: Work) -> Ended | None:
        attributes = {
            "messaging.system": "fairseat",
            "messaging.operation.type": "process",
            "messaging.destination.name": envelope.type,
            "messaging.consumer.group.name": consumer,
            "messaging.message.id": str(envelope.id),
        }
        return self._taking(f"take {consumer}", envelope.traceparent, attributes, work)

    @override
    def webhook(self, event_type: str, traceparent: str | None, work: Work) -> Ended | None:
        return self._taking(f"webhook {event_type}", traceparent, {"fairseat.webhook": event_type}, work)

    @override
    def job(self, name: str, work: Work) -> Callable[[str, int], None] | None:
        # A job that looks for work makes statements that are part of nothing; what it finds begins its own spans.
        token = contexts.attach(contexts.set_value(_SUPPRESSED, True))

        def ended(_: str, __: int) -> None:
            contexts.detach(token)

        return ended

    @override
    def call(self, api: str, method: str, traceparent: str | None, work: Work) -> Ended | None:
        attributes = {"rpc.system": "grpc", "rpc.service": api, "rpc.method": method}
        return self._taking(f"{api}.{method}", traceparent, attributes, work, kind=SpanKind.SERVER)

    @override
    def link(self, api: str, method: str) -> Ended | None:
        if not get_current_span().is_recording():
            return None
        span = self._tracer.start_span(f"call {api}.{method}", kind=SpanKind.INTERNAL)
        token = contexts.attach(set_span_in_context(span))

        def ended(outcome: str) -> None:
            contexts.detach(token)
            span.set_attribute("fairseat.outcome", outcome)
            span.end()

        return ended

    def _taking(
        self,
        name: str,
        traceparent: str | None,
        attributes: Mapping[str, AttributeValue],
        work: Work,
        kind: SpanKind = SpanKind.CONSUMER,
    ) -> Ended:
        carried = {} if traceparent is None else {"traceparent": traceparent}
        span, leave = self._enter(name, kind, carried, attributes, work)

        def ended(outcome: str) -> None:
            if span.is_recording():
                span.set_attribute("fairseat.outcome", outcome)
                span.set_attributes(
                    {f"fairseat.{known}": value for known, value in work.facts() if known != "trace_id"}
                )
                if outcome in {FAILED, UNAVAILABLE}:
                    span.set_status(Status(StatusCode.ERROR))
            leave()

        return ended

    def _enter(
        self,
        name: str,
        kind: SpanKind,
        carried: Mapping[str, str],
        attributes: Mapping[str, AttributeValue],
        work: Work,
    ) -> tuple[Span, Callable[[], None]]:
        """Begin a span and make it the current one; return it, and what ends both."""
        parent = _PROPAGATOR.extract(carried, context=Context())
        span = self._tracer.start_span(name, context=parent, kind=kind, attributes=attributes)
        entered = set_span_in_context(span, parent)
        if not span.is_recording():
            entered = contexts.set_value(_SUPPRESSED, True, entered)  # its statements need no spans either
        token = contexts.attach(entered)
        work.traceparent = traceparent_of(span)

        def leave() -> None:
            contexts.detach(token)
            span.end()

        return span, leave


def traceparent_of(span: Span) -> str:
    """Return what names the span to whoever goes on with its trace (W3C Trace Context)."""
    known = span.get_span_context()
    return f"00-{known.trace_id:032x}-{known.span_id:016x}-{known.trace_flags:02x}"
