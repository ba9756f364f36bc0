"""The refunds in the stories of a checkout: asked for, made, failed, come back, and tried again."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.orders.refund_decisions import RefundWish, WantedItem
from core.orders.refund_policy import RefundReason
from core.orders.refunds import RefundStatus
from core.orders.statuses import OrderStatus
from core.payments.refund import RefundStatus as MoneyStatus
from core.shared.money import Money
from tests.checkout_choices import blows, often, picks, rarely
from tests.checkout_faults import Blow
from tests.checkout_machine import Purchases
from tests.checkout_world import STAFF, refunds_of


class Refunds(Purchases):
    """Purchases, of which all or a part goes back."""

    @precondition(lambda self: self.orders)
    @rule(
        pick=picks,
        what=st.sampled_from(["all", "all", "item", "item", "amount", "amount and seats"]),
        share=st.sampled_from([1, 30, 100]),
        by_staff=often,
        blow=blows,
        again=rarely,
    )
    def refund(self, pick: int, what: str, share: int, by_staff: bool, blow: Blow | None, again: bool) -> None:
        """Ask for money back: for all of an order, one item, or so many hundredths of what was paid."""
        order = self.an_order(pick, OrderStatus.CONFIRMED)
        if order.content is None:
            return
        amount = Money(max(1, order.content.total.amount_minor * share // 100), order.content.currency)
        match what:
            case "all":
                reason = RefundReason.EVENT_CANCELLED if by_staff and share == 1 else RefundReason.CUSTOMER_REQUEST
                wish = RefundWish(reason=reason)
            case "item":
                item = order.content.items[share % len(order.content.items)]
                wish = RefundWish(items=(WantedItem(item.id, 1),))
            case _:
                wish = RefundWish(amount=amount, keep_seats=what == "amount", note="as agreed")
        caller = STAFF if by_staff else self.asked[order.id].buyer
        for each in (blow, None)[: 1 + again]:
            self.run(self.checkout.refund(order.id, wish, caller, each))

    @precondition(lambda self: self.checkout.intents)
    @rule(
        pick=picks,
        later=st.sampled_from([*MoneyStatus, MoneyStatus.PENDING]),
        refused=rarely,
        now=st.sampled_from([None, MoneyStatus.SUCCEEDED, MoneyStatus.FAILED]),
        told=st.sampled_from([0, 1, 2]),
        blow=blows,
    )
    def refund_desk(
        self, pick: int, later: MoneyStatus, refused: bool, now: MoneyStatus | None, told: int, blow: Blow | None
    ) -> None:
        """Say what becomes of the refunds to come, and of one that was made, be it that it had arrived."""
        desk, intent = self.checkout.gateway.desk, self.an_intent(pick)
        desk.status, desk.refusal = later, "no" if refused else None
        ours = [refund for refund in desk.of(intent.id) if refund.refund_id and refund.status is not MoneyStatus.FAILED]
        if self.checkout.gateway.bank.bars_refunds(intent.id) and now is MoneyStatus.FAILED:
            now = None  # it would be owed to whom the provider gives nothing back: staff settle that by hand
        if ours and now is not None:
            self.checkout.owed.add(intent.id)
            desk.settle(ours[pick % len(ours)].id, now)
            self.checkout.count[f"bank: refund {now}"] += 1
            for again in range(told):
                self.run(self.checkout.tell(intent, "charge.refund.updated", again=bool(again), blow=blow))

    @precondition(lambda self: self.orders)
    @rule(pick=picks, blow=blows)
    def retry(self, pick: int, blow: Blow | None) -> None:
        """Let staff try again what failed of an order."""
        for refund in self.run(refunds_of(self.checkout.observer, self.an_order(pick).id)):
            if refund.status is RefundStatus.FAILED:
                self.run(self.checkout.retry(refund, blow))
