"""The whole platform with its events over RabbitMQ, which is killed in the middle of a purchase."""

import os
import signal
import time
from pathlib import Path

import pytest

from adapters.embedded.rabbitmq import GIVEN_URL_VARIABLE, EmbeddedRabbit
from tests.running import Buyer, RunningFairseat


@pytest.mark.slow
def test_a_purchase_is_completed_although_rabbitmq_is_killed_on_the_way(rabbit: EmbeddedRabbit, tmp_path: Path) -> None:
    if os.environ.get(GIVEN_URL_VARIABLE):
        pytest.skip("a node that was given is not ours to kill")
    running = RunningFairseat(tmp_path / "up", environment={"FAIRSEAT_RABBITMQ_URL": rabbit.url})
    running.start()
    try:
        buyer = Buyer(running)
        first = buyer.order(buyer.hold(seats=2))
        buyer.pay(first)
        buyer.wait_for(first, "CONFIRMED")
        assert len(buyer.passes(first)) == 2

        time.sleep(1.0)  # RabbitMQ 3.10 writes the names of new quorum queues half a second late
        second = buyer.order(buyer.hold())
        os.kill(rabbit.pid, signal.SIGKILL)
        rabbit.stop()
        buyer.pay(second)
        time.sleep(1.0)
        assert buyer.get(f"/orders/{second}")["status"] == "AWAITING_PAYMENT"
        rabbit.start()
        buyer.wait_for(second, "CONFIRMED", at_most_s=60)
        assert len(buyer.passes(second)) == 1
        buyer.http.close()
    finally:
        rabbit.start()
        running.stop()
