"""Declines in the stories of a checkout: a bank says no, and the buyer asks for another try, or pays all the same."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.payments.intent import IntentStatus
from tests.checkout_choices import blows, often, picks
from tests.checkout_faults import Blow
from tests.checkout_market import CheckoutMachine
from tests.checkout_picture import look_at
from tests.checkout_world import undecided


class Declines(CheckoutMachine):
    """Everything, with buyers whose first card is declined."""

    @precondition(lambda self: any(map(undecided, self.checkout.intents)))
    @rule(pick=picks, told=st.sampled_from([0, 1, 2]), asks=st.sampled_from([0, 1, 1, 2]), pays=often, blow=blows)
    def decline(self, pick: int, told: int, asks: int, pays: bool, blow: Blow | None) -> None:
        """Decline a card; then the buyer asks for another try so often, and may pay what there is to pay by then."""
        checkout = self.checkout
        intents = [intent for intent in checkout.intents if undecided(intent)]
        intent = intents[pick % len(intents)]
        checkout.gateway.decline(intent.id)
        checkout.count["bank: decline"] += 1
        for again in range(told):
            self.run(checkout.tell(intent, "payment_intent.payment_failed", again=bool(again)))
        seen = self.run(look_at(checkout))
        (order,) = [order for order in seen.orders if intent.id in {each.id for each in seen.intents.get(order.id, [])}]
        for number in range(asks):
            self.run(checkout.pay(order.id, self.asked[order.id].buyer, None if number else blow))
        left = [each for each in checkout.intents if each.payment_id == intent.payment_id and undecided(each)]
        if pays and left and left[0].status is IntentStatus.AWAITING_BUYER:
            checkout.gateway.pay(left[0].id)
            checkout.count["bank: pay after a decline"] += 1
            self.run(checkout.tell(left[0], "payment_intent.succeeded"))
