"""How measurements are told: to whom, where, and how old they may be."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import override
from uuid import uuid4

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from adapters.http.metrics import Exposition, create_metrics_app, metrics_controller
from adapters.http.problems import EXCEPTION_HANDLERS
from adapters.prometheus.measurements import PrometheusMeasurements
from adapters.system.observer import DONE, FAILED, UNAVAILABLE
from adapters.system.work_context import Work
from bootstrap.settings import SettingsError, read_settings, variables
from bootstrap.sight import open_sight
from bootstrap.web import _PLACEHOLDERS
from core.shared.errors import UnavailableError
from ports.events import Envelope, Event
from ports.health import HealthCheck, HealthReport
from ports.published.orders import OrderCancelled
from ports.published.seating import EndedHold, HoldsExpired

TOKEN = "token of the measurements"


class Outbox(HealthCheck):
    name = "venue_db"

    def __init__(self) -> None:
        self.asked = 0

    @override
    async def check(self) -> HealthReport:
        self.asked += 1
        return HealthReport(self.name, ok=True, facts={"outbox_waiting": 7, "outbox_oldest_age_s": 1.5, "said": "x"})


def measuring() -> tuple[PrometheusMeasurements, Outbox]:
    return PrometheusMeasurements(version="0.1.0"), Outbox()


def exposition(measurements: PrometheusMeasurements, *checks: HealthCheck, token: str = "") -> Exposition:
    async def given() -> Sequence[HealthCheck]:
        return checks

    return measurements.exposition(given, token=token)


async def told(measurements: PrometheusMeasurements, *checks: HealthCheck) -> list[str]:
    return (await exposition(measurements, *checks).render()).decode().splitlines()


async def answers(exposition: Exposition | None, *tokens: str) -> list[int]:
    app = Litestar([metrics_controller(exposition)], openapi_config=None, exception_handlers=EXCEPTION_HANDLERS)
    async with AsyncTestClient(app) as http:
        headers = [{"Authorization": f"Bearer {token}"} if token else {} for token in tokens]
        return [(await http.get("/metrics", headers=each)).status_code for each in headers]


async def test_the_measurements_are_told_to_those_who_know_the_token() -> None:
    measurements, outbox = measuring()
    assert await answers(exposition(measurements, outbox, token=TOKEN), "", "guess", "token", TOKEN) == [401] * 3 + [
        200
    ]


async def test_without_a_token_they_are_told_to_everybody() -> None:
    assert await answers(exposition(measuring()[0]), "", "any") == [200, 200]


async def test_where_nothing_is_measured_there_is_nothing() -> None:
    assert await answers(None, "", TOKEN) == [404, 404]


async def test_a_port_of_its_own_tells_them_and_that_the_process_lives() -> None:
    async with AsyncTestClient(create_metrics_app(exposition(measuring()[0]))) as http:
        metrics, live = await http.get("/metrics"), await http.get("/health/live")
    assert metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert (metrics.status_code, live.json()) == (200, {"status": "ok"})


async def test_dependencies_are_asked_once_however_many_want_to_know() -> None:
    measurements, outbox = measuring()
    how = exposition(measurements, outbox)
    lines = (await how.render()).decode().splitlines()
    await how.render()
    assert outbox.asked == 1
    assert 'fairseat_dependency_up{dependency="venue_db"} 1.0' in lines
    assert 'fairseat_outbox_events{database="venue_db",state="waiting"} 7.0' in lines
    assert 'fairseat_outbox_oldest_age_seconds{database="venue_db"} 1.5' in lines


async def test_a_process_that_cannot_reach_its_servers_still_tells_its_own_figures() -> None:
    async def away() -> Sequence[HealthCheck]:
        raise UnavailableError("nobody answers")

    text = await PrometheusMeasurements(version="0.1.0").exposition(away, token="").render()
    assert b'fairseat_build_info{version="0.1.0"} 1.0' in text


async def test_a_poll_that_finds_nothing_is_a_run_and_no_duration() -> None:
    measurements, _ = measuring()
    for outcome, count in ((DONE, 0), (DONE, 3), (FAILED, 0)):
        ended = measurements.observer.job("venue.relay_outbox", Work())
        assert ended is not None
        ended(outcome, count)
    lines = await told(measurements)
    assert 'fairseat_job_runs_total{job="venue.relay_outbox",outcome="done"} 2.0' in lines
    assert 'fairseat_job_done_total{job="venue.relay_outbox"} 3.0' in lines
    assert 'fairseat_job_seconds_count{job="venue.relay_outbox"} 2.0' in lines


def envelope(event: Event) -> Envelope:
    return Envelope.of(
        event, id=uuid4(), source="fairseat/venue", subject=str(uuid4()), time=datetime.now(UTC), tenant_id=uuid4()
    )


async def test_expiries_are_counted_once_they_are_told() -> None:
    measurements, _ = measuring()
    holds = HoldsExpired(
        plan_id=uuid4(), holds=tuple(EndedHold(reservation_id=uuid4(), seat_ids=(uuid4(),)) for _ in range(3))
    )
    orders = [
        OrderCancelled(order_id=uuid4(), reservation_ids=(), reason=reason)
        for reason in ("expired", "cancelled", "expired")
    ]
    for event, outcome in ((holds, UNAVAILABLE), (holds, DONE), *((order, DONE) for order in orders)):
        ended = measurements.observer.publishing(envelope(event))
        assert ended is not None
        ended(outcome)
    lines = await told(measurements)
    assert 'fairseat_expiries_total{what="hold"} 3.0' in lines
    assert 'fairseat_expiries_total{what="order"} 2.0' in lines


async def test_what_stripe_makes_up_is_no_label() -> None:
    measurements, _ = measuring()
    for kind in ("payment_intent.succeeded", "account.updated", "fay@example.com"):
        ended = measurements.observer.webhook(kind, None, Work())
        assert ended is not None
        ended(DONE)
    webhooks = [line for line in await told(measurements) if line.startswith("fairseat_webhooks_total{")]
    assert len(webhooks) == 3 and any('family="other"' in line for line in webhooks)


def settings(**given: str) -> dict[str, str]:
    required = {name: _PLACEHOLDERS.get(name.rsplit("_", 1)[1], "-") for name, _, _, needed in variables() if needed}
    return required | given


def test_headers_of_traces_that_are_none_are_told_by_name() -> None:
    given = settings(FAIRSEAT_TRACING_ENDPOINT="http://127.0.0.1:9", FAIRSEAT_TRACING_HEADERS="just-a-key")
    with pytest.raises(SettingsError, match="FAIRSEAT_TRACING_HEADERS"):
        open_sight(read_settings(given))


def test_what_nobody_wants_is_not_even_loaded() -> None:
    program = (
        "import sys; from bootstrap.web import create_openapi_app; create_openapi_app()\n"
        "print([name for name in ('prometheus_client', 'opentelemetry.exporter', 'adapters.prometheus',"
        " 'adapters.opentelemetry', 'adapters.grpc') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
