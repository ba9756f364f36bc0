"""kill -9 in the middle of orders, then a new start: nothing is lost and nothing is doubled."""

from contextlib import ExitStack

from tests.running import Buyer, RunningFairseat


def test_an_order_survives_kill_9_between_any_of_its_steps(mortal: RunningFairseat) -> None:
    """Each buyer has come a step further than the one before when it is killed, and goes on where it stood."""
    running = mortal
    with ExitStack() as exits:
        buyers = [exits.enter_context(Buyer(running)) for _ in range(5)]
        holding, ordering, paying, confirming, done = buyers
        sold_before = sold(done)
        held = {buyer: buyer.hold(seats=2) for buyer in buyers}
        orders = {buyer: buyer.order(held[buyer]) for buyer in (ordering, paying, confirming, done)}
        done.pay(orders[done])
        total = done.wait_for(orders[done], "CONFIRMED")["total"]
        passes = {done: done.passes(orders[done])}
        body = {"method": "CARD"}
        payments = {buyer: buyer.post(f"/orders/{orders[buyer]}/payments", body) for buyer in (paying, confirming)}
        confirming.confirm(payments[confirming])
        running.kill()  # at once: the webhook may or may not have come

        running.start()
        assert holding.get(f"/holds/{held[holding]}")["reservationId"] == held[holding]
        assert ordering.order(held[ordering]) == orders[ordering], "placing it again gives the same order"
        again = paying.post(f"/orders/{orders[paying]}/payments", body)
        assert again["stripePaymentIntentId"] == payments[paying]["stripePaymentIntentId"]
        assert [one["id"] for one in done.passes(orders[done])] == [one["id"] for one in passes[done]]

        orders[holding] = holding.order(held[holding])
        holding.pay(orders[holding])
        ordering.pay(orders[ordering])
        paying.confirm(payments[paying])
        for buyer in buyers:
            buyer.wait_for(orders[buyer], "CONFIRMED", at_most_s=60)
            passes[buyer] = buyer.passes(orders[buyer])
            assert len(passes[buyer]) == 2
        assert len({one["seat"]["id"] for its in passes.values() for one in its}) == 2 * len(buyers)
        assert done.get(f"/orders/{orders[done]}")["total"] == total
        assert sold(done) - sold_before == {one["seat"]["id"] for its in passes.values() for one in its}


def sold(buyer: Buyer) -> set[str]:
    seats = buyer.get(f"/seating-plans/{buyer.plan_id}/seats")["seats"]
    return {seat["id"] for seat in seats if seat["status"] == "SOLD"}
