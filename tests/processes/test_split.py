"""Each service in a process of its own: the same journeys, and any one of the processes killed in the middle."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.rabbitmq_programs import find_rabbitmq
from bootstrap.needs import SERVICES
from tests.processes.conftest import differences
from tests.processes.test_resale_journey import stage
from tests.processes.test_resale_journey import (
    test_a_seat_is_resold_at_the_price_that_the_law_allows as test_a_seat_is_resold_between_processes,
)
from tests.running import SERVERS, SPLIT, Buyer, RunningFairseat, clean_environment, fairseat
from tests.sight_world import Collector, collecting

EVERYBODY = (*SERVICES, "gateway", *SERVERS)
KILLED = EVERYBODY if SPLIT else ("payment", "rabbitmq")
"""`make test-split` kills each of them; a POST that dies with its service can be repeated when a minute is over."""

TRACE, CLIENT_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PURCHASE = {
    "POST /api/v1/seating-plans/{plan_id}/holds",
    "POST /api/v1/orders",
    "SeatingApi.Reserve",
    "POST /api/v1/orders/{order_id}/payments",
    "PaymentsApi.Start",
    "webhook payment_intent.succeeded",
    "take orders.confirm_order",
    "SeatingApi.Finalise",
    "take admission.issue_passes",
}
"""What a trace has of a purchase: requests through the gateway, calls over gRPC, and what came over RabbitMQ."""

FANS = 100 if SPLIT else 30
BACK_WITHIN_S = 60.0

__all__ = ["stage", "test_a_seat_is_resold_between_processes"]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def running(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFairseat]:
    """Whatever is done to it, it ends well, and its books are those of the provider."""
    try:
        find_rabbitmq()
    except EmbeddedServerError as error:
        pytest.skip(f"no RabbitMQ node: {error}")
    traced = {"FAIRSEAT_TRACING_ENDPOINT": collector.url, "FAIRSEAT_TRACING_SAMPLE_RATIO": "0"}
    instance = RunningFairseat(tmp_path_factory.mktemp("split"), environment=traced, split=True)
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    instance.start()
    yield instance
    told = differences(instance, day)
    assert instance.stop() == 0
    assert told == ""


@pytest.mark.timeout(120 + 30 * len(KILLED))
def test_any_one_process_may_be_killed_while_fans_buy_and_the_books_are_clean(running: RunningFairseat) -> None:
    base_url = f"http://127.0.0.1:{running.port}"
    assert set(running.services) == {*SERVICES, "gateway"}
    demo = subprocess.Popen(
        fairseat("demo", "--base-url", base_url, "--stripe-url", running.stripe, "--fans", str(FANS), "--seed", "7"),
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for name in KILLED:
            before = running.pid_of(name)
            os.kill(before, signal.SIGKILL)
            until = time.monotonic() + BACK_WITHIN_S
            while running.pid_of(name) in {before, 0} or not running.ready:
                assert time.monotonic() < until, f"{name} did not come back:\n{running.output}"
                time.sleep(0.1)
        told, _ = demo.communicate(timeout=300)
    finally:
        demo.kill()
        demo.communicate()
    assert demo.returncode == 0, told


def test_a_purchase_is_one_trace_through_all_services(running: RunningFairseat, collector: Collector) -> None:
    with Buyer(running) as buyer:
        buyer.headers |= {"traceparent": f"00-{TRACE}-{CLIENT_SPAN}-01"}
        order_id = buyer.order(buyer.hold())
        buyer.pay(order_id)
        buyer.wait_for(order_id, "CONFIRMED")
        buyer.passes(order_id)
    until = time.monotonic() + BACK_WITHIN_S
    while lacking := PURCHASE - collector.names_in(TRACE) | collector.orphans_of(TRACE, CLIENT_SPAN):
        assert time.monotonic() < until, lacking
        time.sleep(0.05)
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}, "nobody else asked to be traced"
