"""Random stories of a checkout, for Hypothesis to tell: buyers, banks, webhooks, timers, sweeps, outages and deaths."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, override

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.orders.box_office import Settlement
from core.orders.content import SeatLine
from core.orders.order import Order
from core.orders.statuses import OrderStatus, RefundState
from core.payments.intent import Intent, IntentStatus
from core.shared.callers import Caller
from tests.checkout_calm import calm_down, must_keep_its_promises
from tests.checkout_choices import DEEDS, EVENTS, LAPSES_S, blows, often, picks, rarely, seats, settlements, vouchers
from tests.checkout_faults import Blow
from tests.checkout_picture import look_at
from tests.checkout_plant import Plant
from tests.checkout_stores import Surroundings
from tests.checkout_world import BUYERS, STAFF, Checkout, Wish, undecided


class Purchases(RuleBasedStateMachine):
    """Three buyers, a few seats and places; every step may be cut off, and what was cut off may be asked again."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    plant: ClassVar[Plant]
    surroundings: ClassVar[Callable[[], Surroundings]]
    stories: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.checkout = Checkout(type(self).plant, type(self).surroundings())
        self.orders: list[Order] = []
        self.asked: dict[object, Wish] = {}
        self.steps = 0

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, 30))

    @initialize(fees=st.booleans(), sold=st.sampled_from([0, 1, 1, 2]))
    def open(self, fees: bool, sold: int) -> None:
        """Put everything on sale; so many orders were sold before."""
        self.checkout.fees = fees
        self.run(self.prepare())
        self.run(self.checkout.open())
        for number, buyer in enumerate(BUYERS[:sold]):
            held = self.run(self.checkout.hold(buyer, seats=[2 * number, 2 * number + 1], places=1))
            wish = Wish(buyer, held)
            order = self.run(self.checkout.order(wish))
            self.note(wish)
            self.run(self.checkout.pay(order.id, buyer))
            self.checkout.gateway.pay(self.checkout.intents[-1].id)
            self.run(self.checkout.tell(self.checkout.intents[-1], EVENTS[0]))
        if sold:
            self.go_on(3, 0, False, None)

    async def prepare(self) -> None:
        """Called before each story, for stores that are not new."""

    def an_order(self, pick: int, *statuses: OrderStatus) -> Order:
        """Return one as it is now, the youngest first; mostly one of these, if there is any."""
        orders: list[Order] = self.run(self.checkout.orders())
        wanted = [order for order in orders if order.status in statuses and pick % 4]
        return (wanted or orders)[-1 - pick % len(wanted or orders)]

    def an_intent(self, pick: int) -> Intent:
        """Return one, the youngest first; mostly one that is not decided, if there is any."""
        intents = self.checkout.intents
        open_ones = [intent for intent in intents if undecided(intent) and pick % 3]
        return (open_ones or intents)[-1 - pick % len(open_ones or intents)]

    @rule(
        pick=st.integers(0, len(BUYERS) - 1),
        wanted=seats,
        greedy=rarely,
        places=st.sampled_from([0, 0, 1, 2, 3]),
        voucher=vouchers,
        other_seats=st.booleans(),
        settlement=settlements,
        depth=st.sampled_from(["hold", "place", "pay", "pay", "pay", "bank", "bank", "bank"]),
        blow=blows,
        again=often,
    )
    def buy(
        self,
        pick: int,
        wanted: list[int],
        greedy: bool,
        places: int,
        voucher: str | None,
        other_seats: bool,
        settlement: Settlement | None,
        depth: str,
        blow: Blow | None,
        again: bool,
    ) -> None:
        """Begin a purchase, and come so far with it; the blow falls while ordering.

        The seats are free ones, or for the greedy just any.
        """
        buyer, checkout = BUYERS[pick], self.checkout
        if not greedy:
            free = self.run(checkout.free_seats())
            wanted = [free[number] for number in dict.fromkeys(each % len(free) for each in wanted)] if free else []
        held = self.run(checkout.hold(buyer, seats=wanted, places=places))
        if not held or depth == "hold":
            return
        wish = Wish(buyer, held, None if settlement else voucher, other_seats, settlement)
        order = self.run(checkout.order(wish, blow))
        if order is None and again:
            order = self.run(checkout.order(wish))
        self.note(wish)
        if order is None or depth == "place":
            return
        self.run(checkout.pay(order.id, buyer, blow))
        if depth == "bank":
            self.bank(1, "pay", 1, None)

    def note(self, wish: Wish) -> None:
        """Learn which orders there are."""
        known = {order.id for order in self.orders}
        for order in self.run(self.checkout.orders()):
            if order.id not in known:
                self.orders.append(order)
                self.asked[order.id] = wish

    @precondition(lambda self: self.orders)
    @rule(pick=picks, what=st.sampled_from(["place", "pay", "pay", "cancel", "call off"]), blow=blows, again=often)
    def ask(self, pick: int, what: str, blow: Blow | None, again: bool) -> None:
        """Go on with an order, and ask again if there was no answer."""
        order, checkout = self.an_order(pick, OrderStatus.PENDING, OrderStatus.AWAITING_PAYMENT), self.checkout
        wish = self.asked[order.id]
        for each in (blow, None)[: 1 + again]:
            match what:
                case "place":
                    self.run(checkout.order(wish, each))
                    self.note(wish)
                case "pay":
                    self.run(checkout.pay(order.id, wish.buyer, each))
                case _:
                    self.run(checkout.cancel(order.id, wish.buyer if what == "cancel" else STAFF, each))

    @precondition(lambda self: self.checkout.intents)
    @rule(pick=picks, deed=st.sampled_from(DEEDS), told=st.sampled_from([0, 1, 1, 2]), blow=blows)
    def bank(self, pick: int, deed: str, told: int, blow: Blow | None) -> None:
        """Something happens at the provider, which tells of it never, once or twice."""
        intent = self.an_intent(pick) if self.checkout.intents else None
        if intent is None:
            return
        gateway = self.checkout.gateway
        match deed, intent.status:
            case "pay", IntentStatus.AWAITING_BUYER | IntentStatus.PROCESSING:
                gateway.pay(intent.id)
            case "decline", IntentStatus.AWAITING_BUYER | IntentStatus.PROCESSING:
                gateway.decline(intent.id)
            case "process", IntentStatus.AWAITING_BUYER:
                gateway.process(intent.id)
            case "cancel", IntentStatus.AWAITING_BUYER:
                gateway.cancel_at_provider(intent.id)
            case "refund", IntentStatus.SUCCEEDED if self.may_be_refunded_elsewhere(intent):
                left = intent.received_minor - intent.refunded_minor
                self.checkout.owed.add(intent.id)
                gateway.refund_at_provider(intent.id, amount_minor=left if pick % 2 else max(1, left // 3))
            case _:
                deed = "nothing"
        self.checkout.count[f"bank: {deed}"] += 1
        for again in range(told):
            self.run(self.checkout.tell(intent, EVENTS[pick % len(EVENTS)], again=bool(again), blow=blow))

    @precondition(lambda self: any(map(undecided, self.checkout.intents)))
    @rule(pick=picks, rival=often, told=st.sampled_from([0, 1, 2]), blow=blows)
    def pay_late(self, pick: int, rival: bool, told: int, blow: Blow | None) -> None:
        """The bank takes longer than the order lives; somebody else may want the seats meanwhile."""
        intents = [intent for intent in self.checkout.intents if undecided(intent)]
        intent = intents[pick % len(intents)]
        self.checkout.gateway.process(intent.id)
        for _ in range(3):
            self.checkout.clock.move(seconds=1_000)
            self.run(self.checkout.work("order.expire_orders"))
            self.run(self.checkout.work("order.relay_outbox"))
            self.run(self.checkout.deliver_all())
        seen = self.run(look_at(self.checkout))
        (order,) = [order for order in seen.orders if intent.id in {each.id for each in seen.intents.get(order.id, [])}]
        if rival:
            self.rival_wants(order, BUYERS[pick % len(BUYERS)], pick % 3)
        self.checkout.gateway.pay(intent.id)
        self.checkout.count["bank: pay late"] += 1
        for again in range(told):
            self.run(self.checkout.tell(intent, "payment_intent.succeeded", again=bool(again), blow=blow))

    def rival_wants(self, order: Order, rival: Caller, places: int) -> None:
        """Let somebody else hold what the order had."""
        if order.content is not None:
            seats = [item.seat_id for item in order.content.items if isinstance(item, SeatLine)]
            numbers = [number for number, seat in enumerate(self.checkout.layout.seats) if seat.id in seats]
            self.run(self.checkout.hold(rival, seats=numbers, places=places))

    def may_be_refunded_elsewhere(self, intent: Intent) -> bool:
        """Whether staff can do so in the provider's own pages, be it beside a refund of ours: something is left."""
        gateway = self.checkout.gateway
        has_some = intent.refunded_minor < intent.received_minor and not gateway.bank.bars_refunds(intent.id)
        return has_some and gateway.desk.refusal is None

    @rule(pick=picks, blow=blows)
    def work(self, pick: int, blow: Blow | None) -> None:
        """Do one round of one job in the background."""
        jobs = list(self.checkout.process.jobs)
        self.run(self.checkout.work(jobs[pick % len(jobs)], blow))

    @precondition(lambda self: self.checkout.post.waiting)
    @rule(pick=picks, keep=rarely, blow=blows)
    def deliver(self, pick: int, keep: bool, blow: Blow | None) -> None:
        """Give some event to one consumer; the broker may forget that it was taken."""
        waiting = self.checkout.post.waiting
        self.run(self.checkout.deliver(waiting[pick % len(waiting)], blow, keep=keep))

    @rule(rounds=st.integers(1, 3), pick=picks, twice=st.booleans(), blow=blows)
    def go_on(self, rounds: int, pick: int, twice: bool, blow: Blow | None) -> None:
        """Do all the work that there is; the blow falls in one job. News may come twice."""
        for _ in range(rounds):
            for number, job in enumerate(self.checkout.process.jobs):
                self.run(self.checkout.work(job, blow if number == pick % len(self.checkout.process.jobs) else None))
            self.run(self.checkout.deliver_all(twice=twice))

    @rule(seconds=st.sampled_from(LAPSES_S), forgetful=rarely, pick=picks)
    def let_time_pass(self, seconds: int, forgetful: bool, pick: int) -> None:
        """Let time go by; timers may be lost, and one job comes first."""
        self.checkout.clock.move(seconds=seconds)
        if forgetful:
            self.checkout.around.lose_timers()
        self.work(pick, None)

    @rule(away=st.booleans())
    def reach_the_provider(self, away: bool) -> None:
        self.checkout.gateway.away = away

    @precondition(lambda self: self.orders)
    @rule(banks_pay=st.booleans(), now=rarely)
    def calm(self, banks_pay: bool, now: bool) -> None:
        """Let everything come to its end, in the middle of the story."""
        if now:
            self.run(calm_down(self.checkout, banks_pay=banks_pay))

    @invariant()
    def the_promises_are_kept(self) -> None:
        self.steps += 1
        if self.steps > 1:  # not before it is open
            self.run(must_keep_its_promises(self.checkout))

    @override
    def teardown(self) -> None:
        if self.steps > 1:
            self.finish()

    def finish(self) -> None:
        """Come to the end of the story, and keep the books of what happened."""
        seen = self.run(calm_down(self.checkout, banks_pay=self.steps % 2 == 0))
        told = type(self).stories
        told.update(self.checkout.count)
        told["steps"] += self.steps
        told["stories"] += 1
        told.update(f"listing {each.status}" for each in seen.market.listings)
        told.update(f"payout {each.status}" for payouts in seen.market.payouts.values() for each in payouts)
        for order in seen.orders:
            told["orders"] += 1
            told[f"order {order.status}" + (" refunded" if order.refund is RefundState.DONE else "")] += 1
            told.update(f"refund {refund.status}" for refund in seen.refunds[order.id])
            told.update({f"step {step}" for step in {entry.step for entry in order.history}})
