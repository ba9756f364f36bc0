"""Counts what an observer is told of."""

import time
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import override

import msgspec
from prometheus_client import Counter, Histogram

from adapters.prometheus.instruments import Instruments
from adapters.system.observer import DONE, REFUSED, UNAVAILABLE, Answered, Ended, Observer, RequestEnded
from adapters.system.work_context import Work
from ports.events import Envelope
from ports.published.orders import OrderCancelled
from ports.published.seating import HoldsExpired

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WEBHOOK_FAMILIES = frozenset({"payment_intent", "charge", "refund", "transfer", "account"})
_OTHER = "other"
_BUILT_IN = frozenset({DONE, REFUSED, UNAVAILABLE})


class _Ended(msgspec.Struct):
    """What of an event says how many ended, and why."""

    reason: str = ""
    holds: tuple[msgspec.Raw, ...] = ()


class PrometheusObserver(Observer):
    """Keeps the labelled children at hand: finding one costs more than counting."""

    def __init__(self, instruments: Instruments) -> None:
        self._to = instruments
        self._counters: dict[tuple[object, ...], Counter] = {}
        self._histograms: dict[tuple[object, ...], Histogram] = {}

    @override
    def request(self, method: str, headers: Iterable[tuple[bytes, bytes]], work: Work) -> RequestEnded | None:
        self._to.requests_under_way.inc()

        def ended(answered: Answered) -> None:
            self._to.requests_under_way.dec()
            named = method if method in _METHODS else _OTHER
            self._count(self._to.requests, named, answered.route, f"{answered.status // 100}xx")
            self._time(self._to.request_seconds, answered.duration_s, named, answered.route)
            if work.refusal is not None:
                self._count(self._to.refusals, work.refusal)

        return ended

    @override
    def event(self, envelope: Envelope, consumer: str, work: Work) -> Ended | None:
        began_s = perf_counter()

        def ended(outcome: str) -> None:
            self._count(self._to.taken, consumer, outcome)
            self._time(self._to.taking_seconds, perf_counter() - began_s, consumer)

        return ended

    @override
    def publishing(self, envelope: Envelope) -> Ended | None:
        def ended(outcome: str) -> None:
            self._count(self._to.published, envelope.type, outcome)
            if outcome == DONE:
                age_s = max(time.time() - envelope.time.timestamp(), 0.0)
                self._time(self._to.event_lag_seconds, age_s, envelope.source.rpartition("/")[2])
                self._count_expiries(envelope)

        return ended

    @override
    def job(self, name: str, work: Work) -> Callable[[str, int], None] | None:
        began_s = perf_counter()

        def ended(outcome: str, count: int) -> None:
            self._count(self._to.job_runs, name, outcome)
            if outcome == DONE:
                self._to.job_last_success.labels(name).set_to_current_time()
            if count or outcome != DONE:
                self._time(self._to.job_seconds, perf_counter() - began_s, name)
                self._to.job_done.labels(name).inc(count)

        return ended

    @override
    def webhook(self, event_type: str, traceparent: str | None, work: Work) -> Ended | None:
        family = event_type.partition(".")[0]
        known = family if family in _WEBHOOK_FAMILIES else _OTHER
        return lambda outcome: self._count(self._to.webhooks, known, outcome)

    @override
    def hold(self) -> Ended | None:
        began_s = perf_counter()

        def ended(outcome: str) -> None:
            self._count(self._to.holds, outcome)
            kind = outcome if outcome in _BUILT_IN else REFUSED
            self._time(self._to.hold_seconds, perf_counter() - began_s, kind)

        return ended

    @override
    def verdict(self, *, allowed: bool, reasons: Sequence[str]) -> None:
        self._count(self._to.verdicts, "allowed" if allowed else "denied")

    @override
    def link(self, api: str, method: str) -> Ended | None:
        began_s = perf_counter()

        def ended(outcome: str) -> None:
            self._count(self._to.links, api, method, outcome)
            self._time(self._to.link_seconds, perf_counter() - began_s, api, method)

        return ended

    @override
    def call(self, api: str, method: str, traceparent: str | None, work: Work) -> Ended | None:
        began_s = perf_counter()

        def ended(outcome: str) -> None:
            self._count(self._to.calls, api, method, outcome)
            self._time(self._to.call_seconds, perf_counter() - began_s, api, method)

        return ended

    def _count_expiries(self, envelope: Envelope) -> None:
        if envelope.type == HoldsExpired.event_type:
            holds = msgspec.json.decode(envelope.data, type=_Ended).holds
            self._to.expiries.labels("hold").inc(len(holds))
        elif envelope.type == OrderCancelled.event_type:
            expired = msgspec.json.decode(envelope.data, type=_Ended).reason == "expired"
            self._to.expiries.labels("order").inc(expired)

    def _count(self, counter: Counter, *labels: str) -> None:
        key = (counter, *labels)
        child = self._counters.get(key)
        if child is None:
            child = self._counters[key] = counter.labels(*labels)
        child.inc()

    def _time(self, histogram: Histogram, duration_s: float, *labels: str) -> None:
        key = (histogram, *labels)
        child = self._histograms.get(key)
        if child is None:
            child = self._histograms[key] = histogram.labels(*labels)
        child.observe(duration_s)
