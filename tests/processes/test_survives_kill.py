"""kill -9 in the middle of an order, then a new start: nothing is lost and nothing is doubled."""

from pathlib import Path

from tests.running import Buyer, RunningFairseat


def test_an_order_survives_kill_9_between_any_of_its_steps(tmp_path: Path) -> None:
    running = RunningFairseat(tmp_path / "up")
    running.start()
    buyer = Buyer(running)
    try:
        held = buyer.hold(seats=2)
        running.kill()

        running.start()
        assert buyer.get(f"/holds/{held}")["reservationId"] == held
        order_id = buyer.order(held)
        running.kill()

        running.start()
        assert buyer.order(held) == order_id, "placing it again gives the same order"
        payment = buyer.post(f"/orders/{order_id}/payments", {"method": "CARD"})
        running.kill()

        running.start()
        again = buyer.post(f"/orders/{order_id}/payments", {"method": "CARD"})
        assert again["stripePaymentIntentId"] == payment["stripePaymentIntentId"]
        buyer.confirm(payment)
        running.kill()  # at once: the webhook may or may not have come

        running.start()
        order = buyer.wait_for(order_id, "CONFIRMED", at_most_s=60)
        passes = buyer.passes(order_id)
        assert len(passes) == 2
        assert len({one["seat"]["id"] for one in passes}) == 2
        running.kill()

        running.start()
        assert [one["id"] for one in buyer.passes(order_id)] == [one["id"] for one in passes]
        assert buyer.get(f"/orders/{order_id}")["total"] == order["total"]
        seats = buyer.get(f"/seating-plans/{buyer.plan_id}/seats")["seats"]
        assert sum(seat["status"] == "SOLD" for seat in seats) == 2
    finally:
        buyer.http.close()
        assert running.stop() == 0
