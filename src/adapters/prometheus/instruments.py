"""What is measured, all in one registry of this process. docs/observing.md says what each is good for."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

_QUICK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""For what somebody waits for."""
_SLOW_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0)
"""For what happens behind the scenes."""


class Instruments:
    """Counters, gauges and histograms; times in seconds, as Prometheus has them."""

    def __init__(self, *, version: str) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)

        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(f"fairseat_{name}", meaning, labels, registry=registry)

        def gauge(name: str, meaning: str, *labels: str) -> Gauge:
            return Gauge(f"fairseat_{name}", meaning, labels, registry=registry)

        def histogram(name: str, meaning: str, *labels: str, buckets: tuple[float, ...] = _QUICK_S) -> Histogram:
            return Histogram(f"fairseat_{name}", meaning, labels, registry=registry, buckets=buckets)

        gauge("build_info", "The version that runs; always 1.", "version").labels(version).set(1)

        self.requests = counter("http_requests_total", "Answers to HTTP requests.", "method", "route", "status")
        self.request_seconds = histogram(
            "http_request_seconds", "Time until the answer of an HTTP request began.", "method", "route"
        )
        self.requests_under_way = gauge("http_requests_under_way", "Requests and streams that are being answered.")
        self.refusals = counter("refusals_total", "Problems that HTTP requests were answered with.", "code")

        self.holds = counter("holds_total", "Holds of seats that were asked for, by how that ended.", "outcome")
        self.hold_seconds = histogram("hold_seconds", "Time that the seats' store took for a hold.", "outcome")
        self.expiries = counter("expiries_total", "Holds and orders whose time was over, as they were told.", "what")
        self.verdicts = counter("verdicts_total", "Verdicts about resale that were signed.", "outcome")

        self.published = counter("events_published_total", "Events handed on by relays.", "type", "outcome")
        self.event_lag_seconds = histogram(
            "event_lag_seconds", "Age of events when their relay handed them on.", "service", buckets=_SLOW_S
        )
        self.taken = counter("events_taken_total", "Events that consumers took.", "consumer", "outcome")
        self.taking_seconds = histogram("event_taking_seconds", "Time that a consumer took for an event.", "consumer")

        self.webhooks = counter("webhooks_total", "Webhooks of Stripe that were processed.", "family", "outcome")

        self.job_runs = counter("job_runs_total", "Runs of background jobs.", "job", "outcome")
        self.job_done = counter("job_done_total", "Things that background jobs did.", "job")
        self.job_seconds = histogram("job_seconds", "Duration of runs that did something.", "job", buckets=_SLOW_S)
        self.job_last_success = gauge("job_last_success_timestamp_seconds", "When a job last ended well.", "job")

        self.links = counter("link_calls_total", "Calls of other services.", "api", "method", "outcome")
        self.link_seconds = histogram("link_call_seconds", "Duration of calls of other services.", "api", "method")

        self.calls = counter("calls_served_total", "Calls of other processes.", "api", "method", "outcome")
        self.call_seconds = histogram("call_served_seconds", "Duration of their calls.", "api", "method")

        self.loop_delay_seconds = histogram(
            "event_loop_delay_seconds", "How much later than asked for the event loop came back."
        )

        self.dependency_up = gauge("dependency_up", "Whether a dependency can be used and stands well.", "dependency")
        self.outbox_events = gauge("outbox_events", "Events in an outbox.", "database", "state")
        self.outbox_age = gauge("outbox_oldest_age_seconds", "Age of the oldest event that waits.", "database")
        self.webhook_backlog = gauge("webhooks_unhandled", "Webhooks that have had no effect yet.", "status")
        self.webhook_age = gauge("webhooks_oldest_age_seconds", "Age of the oldest of them.")
        self.event_reading_age = gauge("event_reading_age_seconds", "Time since Stripe's list of events was read.")
        self.letters = gauge("mails", "Mails that wait, or were given up.", "state")
        self.letter_age = gauge("mails_oldest_age_seconds", "Age of the oldest mail that waits.")
        self.refunds = gauge("refunds_unsettled", "Refunds that have not arrived.", "state")
        self.payouts = gauge("payouts_unsettled", "Payouts to sellers that are not settled.", "state")
        self.operations = gauge("operations_live", "Long operations that are not over.", "status")
        self.operation_pieces = gauge("operations_pieces", "Pieces of their current steps, done and in all.", "state")
        self.operation_age = gauge("operations_untouched_seconds", "Time since the laggard of them was worked on.")
