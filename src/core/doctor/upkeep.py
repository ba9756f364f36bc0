"""What is to come back by itself: numbers, timers, and work that nobody does."""

from collections.abc import Iterator, Set
from datetime import datetime
from uuid import UUID

from core.doctor.facts import Key, OrderFacts, QuotaFacts, ReservationFacts, StuckFacts
from core.doctor.findings import Drift, Finding, ids
from core.doctor.repairs import ArmTimer, CountQuota, ReplayWebhook, RequeueEvent


def quota(found: QuotaFacts) -> Iterator[Finding]:
    """Yield a ticket whose numbers are not what its entries add up to, unless somebody changes them just now."""
    if found.busy or (found.reserved, found.sold) == (found.entries_reserved, found.entries_sold):
        return
    yield Finding(
        kind=Drift.QUOTA_MISCOUNTED,
        key=found.key,
        ids=ids(ticket=found.key.id),
        since=None,
        cause=(
            f"The ticket counts {found.reserved} places reserved and {found.sold} sold, and its entries are "
            f"{found.entries_reserved} and {found.entries_sold}."
        ),
        repair=CountQuota(found.key.id),
    )


def wants_timer(order: OrderFacts, *, now: datetime) -> bool:
    """Whether a timer waits for the order: one whose payment began has had its own, and the sweep finds it."""
    return order.status == "AWAITING_PAYMENT" and order.charged and not order.payment_started and order.expires_at > now


def timer_of_order(order: OrderFacts, armed: Set[Key], *, now: datetime) -> Iterator[Finding]:
    """Yield an order that waits for its payment, and that nothing will remind of its end."""
    if wants_timer(order, now=now) and order.key not in armed:
        yield _without_timer(order.key, "order", order.touched_at, order.expires_at)


def timer_of_reservation(entry: ReservationFacts, armed: Set[Key], *, now: datetime) -> Iterator[Finding]:
    """Yield seats that are kept for a time, and that nothing will remind of its end."""
    if entry.is_timed and entry.expires_at > now and entry.key not in armed:
        yield _without_timer(entry.key, "reservation", entry.touched_at, entry.expires_at)


def _without_timer(key: Key, kind: str, since: datetime, due_at: datetime) -> Finding:
    return Finding(
        kind=Drift.TIMER_MISSING,
        key=key,
        ids=ids(**{kind: key.id}),
        since=since,
        cause="It ends by its time, and no timer waits for it: Redis has lost it. The sweep would find it later.",
        repair=ArmTimer("order" if kind == "order" else "reservation", key.id, due_at),
    )


def dead_event(found: StuckFacts, *, service: str) -> Finding:
    """Return the finding of an event that the relay has given up."""
    return Finding(
        kind=Drift.EVENT_DEAD,
        key=found.key,
        ids=ids(service=service, event=found.key.id),
        since=found.since,
        cause=f"The relay has given {found.what} up: {found.told}",
        repair=RequeueEvent(service, found.key.id),
    )


def failed_webhook(found: StuckFacts) -> Finding:
    """Return the finding of a webhook that was tried for the last time."""
    return Finding(
        kind=Drift.WEBHOOK_FAILED,
        key=found.key,
        ids=ids(webhook=found.key.id),
        since=found.since,
        cause=f"{found.what} could not be processed: {found.told}",
        repair=ReplayWebhook(found.key.id),
    )


def stuck_operation(found: StuckFacts) -> Finding:
    """Return the finding of an operation that is free for any worker, and that none takes."""
    return Finding(
        kind=Drift.OPERATION_STUCK,
        key=found.key,
        ids=ids(operation=found.key.id),
        since=found.since,
        cause=f"{found.what} waits, and no worker has taken it.",
        staff="See that `fairseat worker` runs for the venue service; it goes on from its last checkpoint by itself.",
    )


def dead_letters(queue: str, messages: int) -> Iterator[Finding]:
    """Yield a queue of events that a consumer has given up."""
    if messages:
        yield Finding(
            kind=Drift.DEAD_LETTERS,
            key=Key(UUID(int=0), UUID(int=0)),
            ids=ids(queue=queue, messages=messages),
            since=None,
            cause=f"{messages} events wait that a consumer could not take.",
            staff="Read why in the consumer's log; when the cause is gone, move them back with RabbitMQ's shovel.",
        )
