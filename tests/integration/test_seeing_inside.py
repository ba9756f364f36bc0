"""What those who operate Fairseat see of a purchase: its log, measurements and trace, and no word of the buyer's."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from adapters.cli.demo_world import load_demo_world
from adapters.embedded.readiness import free_port
from adapters.embedded.stripe_fake.server import StripeFake
from bootstrap.settings import DATABASES, read_settings
from tests.processes.test_serve_and_worker import SECRET_KEY, WEBHOOK_SECRET, settings
from tests.running import Buyer, Place
from tests.servers import PostgresServer
from tests.sight_world import Collector, attributes_of, collecting, logged, whole_fairseat

TRACE = "0af7651916cd43dd8448eb211c80319c"
CLIENT_SPAN = "b7ad6b7169203331"
METRICS_TOKEN = "token-of-the-measurements"
COLLECTOR_KEY = "key-of-the-collector"
NAME = "Quirin Zwetschgenbaum"
EMAIL = "quirin.planted@mail.example.com"
PASSWORD = "planted-password-of-quirin"
CARD = "4242424242424242"
PHONE = "+4915112345678"
PLANTED = (NAME, EMAIL, PASSWORD, CARD, PHONE, METRICS_TOKEN, SECRET_KEY, WEBHOOK_SECRET, "Zwetschgenbaum", "planted")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was to be seen of one purchase, and of much that went wrong."""

    log: list[dict[str, Any]]
    log_text: str
    metrics: str
    refused: tuple[int, ...]
    collector: Collector
    order_id: str
    tokens: tuple[str, ...]

    def sample(self, name: str) -> float:
        """Return the value of the one sample with this name and these labels."""
        found = re.findall(rf"^{re.escape(name)} (\S+)$", self.metrics, re.MULTILINE)
        assert len(found) == 1, (name, found)
        return float(found[0])


@pytest.fixture(scope="module")
def seen(
    postgres: PostgresServer, valkey_url: str, mongodb_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seen]:
    """One purchase, and requests full of what must not be written down."""
    folder = tmp_path_factory.mktemp("sight")
    with collecting() as collector, logged() as log, asyncio.Runner() as runner:
        yield runner.run(_purchase(postgres, valkey_url, mongodb_url, folder, collector, log))


async def _purchase(
    postgres: PostgresServer, valkey_url: str, mongodb_url: str, folder: Path, collector: Collector, log: Any
) -> Seen:
    async with StripeFake(secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET) as fake:
        named = settings(postgres, valkey_url, mongodb_url, fake.url, mail_folder=folder / "mail", world="sight")
        for name in DATABASES:  # made of templates, which is quicker than to migrate
            database = await postgres.fresh(f"{name}_db")
            named[f"FAIRSEAT_{name.upper()}_DATABASE_URL"] = database.app_url
            named[f"FAIRSEAT_{name.upper()}_DATABASE_RELAY_URL"] = database.relay_url
        environment = named | {
            "FAIRSEAT_HTTP_PORT": str(free_port()),
            "FAIRSEAT_LOG_REQUESTS": "true",
            "FAIRSEAT_METRICS_ENABLED": "true",
            "FAIRSEAT_METRICS_TOKEN": METRICS_TOKEN,
            "FAIRSEAT_METRICS_PORT": str(metrics_port := free_port()),
            "FAIRSEAT_TRACING_ENDPOINT": collector.url,
            "FAIRSEAT_TRACING_SAMPLE_RATIO": "0",
            "FAIRSEAT_TRACING_HEADERS": f"x-api-key={COLLECTOR_KEY}",
        }
        async with whole_fairseat(read_settings(environment)) as url:
            endpoint = {"url": f"{url}/api/v1/webhooks/stripe", "secret": WEBHOOK_SECRET}
            async with httpx.AsyncClient() as http:
                (await http.post(f"{fake.url}/_fake/webhooks", json=endpoint)).raise_for_status()
            await load_demo_world(url, mail_folder=folder / "mail", stripe_url=fake.url)
            order_id, tokens = await asyncio.to_thread(_buy, Place(f"{url}/api/v1", fake.url))
            async with httpx.AsyncClient() as http:
                metrics = f"http://127.0.0.1:{metrics_port}/metrics"
                refused = (
                    (
                        await http.get(f"{url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
                    ).status_code,
                    (await http.get(metrics)).status_code,
                    (await http.get(metrics, headers={"Authorization": "Bearer planted"})).status_code,
                )
                told = await http.get(metrics, headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return Seen(lines, log.getvalue(), told.text, refused, collector, order_id, tokens)


def _buy(place: Place) -> tuple[str, tuple[str, ...]]:
    """Buy a seat in one trace, and send what is personal or secret wherever it fits."""
    with Buyer(place) as buyer:
        buyer.headers |= {"traceparent": f"00-{TRACE}-{CLIENT_SPAN}-01", "X-Request-ID": "request-of-quirin"}
        reservation_id = buyer.hold()
        body = {
            "reservations": [{"kind": "seats", "reservationId": reservation_id}],
            "contact": {"email": EMAIL, "name": NAME},
        }
        order_id = str(buyer.post("/orders", body)["id"])
        buyer.pay(order_id)
        buyer.wait_for(order_id, "CONFIRMED")
        buyer.passes(order_id)
        again = buyer.http.post(
            f"{place.api}/seating-plans/{buyer.plan_id}/holds", json={"seatIds": CARD}, headers=buyer.headers
        )
        assert again.status_code == 400
        token = str(buyer.headers["Authorization"]).removeprefix("Bearer ")
        for path in (f"/orders/{EMAIL}", f"/orders?token={PASSWORD}", f"/{NAME}", f"/venues?q={PHONE}"):
            buyer.http.get(place.api + path, headers=buyer.headers)
        for account in ({"email": EMAIL, "password": PASSWORD, "displayName": NAME}, {"email": EMAIL, "x": CARD}):
            buyer.http.post(f"{place.api}/auth/register", json=account)
        buyer.http.post(f"{place.api}/auth/login", json={"email": EMAIL, "password": f"wrong-{PASSWORD}"})
        tokens = buyer.http.post(f"{place.api}/auth/login", json={"email": EMAIL, "password": PASSWORD}).json()
        buyer.http.get(f"{place.api}/orders")
        buyer.http.get(f"{place.api}/orders", headers={"Authorization": "Bearer eyJplanted.eyJplanted.planted"})
        buyer.http.post(f"{place.api}/webhooks/stripe", content=CARD, headers={"Stripe-Signature": "t=1,v1=planted"})
    return order_id, (token, tokens["accessToken"], tokens["refreshToken"])


def test_nothing_of_a_person_a_card_or_a_secret_is_logged_measured_or_traced(seen: Seen) -> None:
    everything = {"log": seen.log_text, "metrics": seen.metrics, "traces": repr(seen.collector.raw)}
    for where, text in everything.items():
        found = [planted for planted in (*PLANTED, *seen.tokens, COLLECTOR_KEY) if planted in text]
        assert not found, f"{where}: {found}"


def test_a_request_is_a_line_that_says_whose_it_was(seen: Seen) -> None:
    lines = [
        line for line in seen.log if line["logger"] == "fairseat.requests" and line.get("order_id") == seen.order_id
    ]
    paid = next(line for line in lines if line["method"] == "POST")
    assert paid["route"] == "/api/v1/orders/{order_id}/payments" and paid["status"] == 201
    assert paid["request_id"] == "request-of-quirin" and paid["service"] == "order"
    assert paid["trace_id"] == TRACE and paid["tenant_id"] and paid["duration_ms"] > 0


def test_a_request_that_was_refused_says_with_which_code(seen: Seen) -> None:
    codes = {line.get("code") for line in seen.log if line.get("status") in {400, 401, 404}}
    assert {"request.invalid", "access.unauthenticated", "request.not_found"} <= codes


def _consumers(spans: list[Span]) -> set[str]:
    return {attributes_of(span).get("messaging.consumer.group.name", "") for span in spans}


def test_a_purchase_is_one_trace_from_the_hold_to_the_passes(seen: Seen) -> None:
    spans = seen.collector.of_trace(TRACE)
    assert {
        "POST /api/v1/seating-plans/{plan_id}/holds",
        "POST /api/v1/orders",
        "POST /api/v1/orders/{order_id}/payments",
        "webhook payment_intent.succeeded",
    } <= seen.collector.names_in(TRACE)
    assert {"orders.confirm_order", "admission.issue_passes"} <= _consumers(spans)


def test_every_span_of_the_trace_has_its_parent_there(seen: Seen) -> None:
    assert seen.collector.orphans_of(TRACE, CLIENT_SPAN) == set()


def test_statements_are_part_of_the_trace_without_their_values(seen: Seen) -> None:
    statements = [attributes_of(span) for span in seen.collector.of_trace(TRACE) if span.kind == Span.SPAN_KIND_CLIENT]
    databases = {each["db.name"].partition("_db")[0] for each in statements}
    assert {"venue", "order", "payment", "admission"} <= databases
    assert not any("db.statement.parameters" in each for each in statements)


def test_of_what_nobody_asked_to_trace_nothing_is_recorded_at_a_ratio_of_nought(seen: Seen) -> None:
    assert {span.trace_id.hex() for span in seen.collector.spans} == {TRACE}


def test_the_collector_is_sent_its_key(seen: Seen) -> None:
    assert {headers.get("x-api-key") for headers in seen.collector.headers} == {COLLECTOR_KEY}


def test_the_measurements_are_told_on_their_own_port_to_those_who_know_the_token(seen: Seen) -> None:
    assert seen.refused == (404, 401, 401)
    assert seen.sample('fairseat_build_info{version="0.1.0"}') == 1


def test_the_purchase_was_measured(seen: Seen) -> None:
    assert seen.sample('fairseat_holds_total{outcome="done"}') == 1
    assert seen.sample('fairseat_hold_seconds_count{outcome="done"}') == 1
    route = 'method="POST",route="/api/v1/seating-plans/{plan_id}/holds"'
    assert seen.sample(f'fairseat_http_requests_total{{{route},status="2xx"}}') == 1
    assert seen.sample(f'fairseat_http_requests_total{{{route},status="4xx"}}') == 1
    assert seen.sample(f"fairseat_http_request_seconds_count{{{route}}}") == 2
    assert seen.sample('fairseat_refusals_total{code="request.invalid"}') >= 1
    assert seen.sample('fairseat_events_published_total{outcome="done",type="orders.order.completed"}') == 1
    assert seen.sample('fairseat_events_taken_total{consumer="admission.issue_passes",outcome="done"}') == 1
    assert seen.sample('fairseat_webhooks_total{family="payment_intent",outcome="done"}') >= 1
    assert seen.sample('fairseat_job_done_total{job="payment.process_webhooks"}') >= 1
    assert seen.sample('fairseat_link_calls_total{api="SeatingApi",method="reserve",outcome="done"}') == 1


def test_the_dependencies_are_measured_when_somebody_asks(seen: Seen) -> None:
    for dependency in ("venue_db", "order_db", "payment_db", "redis", "webhooks", "mail", "operations"):
        assert seen.sample(f'fairseat_dependency_up{{dependency="{dependency}"}}') == 1
    assert seen.sample('fairseat_outbox_events{database="order_db",state="dead"}') == 0
    assert seen.sample("fairseat_webhooks_oldest_age_seconds") >= 0
    assert seen.sample('fairseat_operations_live{status="pending"}') == 0


def test_no_label_is_made_by_callers(seen: Seen) -> None:
    ids = re.findall("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", seen.metrics)
    assert ids == []
    unmatched = [line for line in seen.metrics.splitlines() if 'route="unmatched"' in line]
    assert unmatched
