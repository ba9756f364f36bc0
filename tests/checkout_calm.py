"""Letting a checkout calm down: the provider is there, nobody dies any more, and time goes by until nothing is left."""

from datetime import timedelta

from core.orders.refunds import RefundStatus
from core.payments.intent import IntentStatus
from core.payments.refund import RefundStatus as MoneyStatus
from tests.checkout_picture import Picture, look_at
from tests.checkout_promises import BrokenPromiseError, always, news, when_calm
from tests.checkout_world import Checkout

ROUNDS_MAX = 120
BUSY_MAX = 40
STEP_S = 60


async def must_keep_its_promises(checkout: Checkout) -> Picture:
    """Raise BrokenPromiseError for what must never be."""
    seen = await look_at(checkout)
    return _kept(seen, list(always(seen)))


async def calm_down(checkout: Checkout, *, banks_pay: bool) -> Picture:
    """Let everything come to its end; raises BrokenPromiseError for what must not be then, or has no end.

    `banks_pay` is how banks decide on what they were still processing.
    """
    await _banks_decide(checkout, banks_pay=banks_pay)
    wrong: list[str] = []
    for _ in range(ROUNDS_MAX):
        for _ in range(BUSY_MAX):
            if not await _work(checkout):
                break
        else:
            raise BrokenPromiseError("the work in the background never ends")
        seen = await must_keep_its_promises(checkout)
        wrong = [*when_calm(seen), *await news(checkout)]
        if not wrong:
            return seen
        await _retry(checkout, seen)
        after = min((moment for moment in seen.moments() if moment > seen.now), default=seen.now)
        checkout.clock.moment = max(after, seen.now + timedelta(seconds=STEP_S))
    return _kept(await look_at(checkout), wrong)


async def _banks_decide(checkout: Checkout, *, banks_pay: bool) -> None:
    """Let the provider be there, and tell of everything once more; disputes are decided as payments are."""
    checkout.gateway.away = False
    desk = checkout.gateway.desk
    desk.status, desk.refusal = MoneyStatus.SUCCEEDED, None
    for intent in checkout.intents:
        if intent.status is IntentStatus.PROCESSING:
            (checkout.gateway.pay if banks_pay else checkout.gateway.decline)(intent.id)
        for refund in desk.of(intent.id):
            if refund.status is MoneyStatus.PENDING:
                desk.settle(refund.id, MoneyStatus.SUCCEEDED)
        if intent.id in checkout.owed:
            await checkout.tell(intent, "charge.refund.updated")
        for dispute in checkout.gateway.bank.of(intent.id):
            if dispute.status not in {"won", "lost", "warning_closed"}:
                checkout.gateway.bank.decide(dispute.id, won=banks_pay)
            await checkout.tell_of({"id": dispute.id, "object": "dispute"}, "charge.dispute.closed")
    checkout.owed.clear()


async def _retry(checkout: Checkout, seen: Picture) -> None:
    """Let staff try again what failed, as they do from their list."""
    for order in seen.orders:
        ours = {refund.id for refund in seen.refunds[order.id]}
        for refund in seen.refunds[order.id]:
            if refund.status is RefundStatus.FAILED:
                await checkout.retry(refund)
        for each in seen.money_refunds.get(order.id, []):
            if each.status is MoneyStatus.FAILED and each.check_at is None and each.id not in ours:
                await checkout.retry_payment(each.id)


async def _work(checkout: Checkout) -> int:
    done = await checkout.deliver_all()
    for job in checkout.process.jobs:
        done += await checkout.work(job)
    return done


def _kept(seen: Picture, wrong: list[str]) -> Picture:
    if wrong:
        raise BrokenPromiseError("; ".join(wrong[:5]))
    return seen
