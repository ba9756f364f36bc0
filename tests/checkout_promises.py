"""What a checkout promises: after every single step, and once everything has calmed down."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from core.admission.passes import PassStatus
from core.orders.content import PlacesLine, ResaleLine, SeatLine, seat_of
from core.orders.order import Order
from core.orders.refunds import RefundStatus
from core.orders.statuses import LIVE, OrderStatus, RefundState
from core.orders.vouchers import discount_code
from core.payments.ledger import LedgerAccount, balances
from core.payments.refund import RefundStatus as MoneyStatus
from core.seating.reservations import ReservationStatus
from core.seating.seats import owner_of
from core.shared.ids import SeatId
from core.ticketing.places import Claims, PlacesStatus
from ports.events import OutboxQueue
from ports.published.admission import PassReissued
from ports.published.orders import OrderCompleted
from ports.published.payments import PaymentRefunded, PaymentSucceeded
from ports.published.resale import ListingCompleted
from ports.webhooks import WebhookQueue
from tests.checkout_market_promises import market_always, market_when_calm, root_is_sold
from tests.checkout_picture import Picture, content_of
from tests.checkout_plant import STORES, Process
from tests.checkout_world import VOUCHERS, Checkout, undecided

TOLD_ONCE = (OrderCompleted, PaymentSucceeded, PaymentRefunded, PassReissued, ListingCompleted)
"""News that is told once of one order, payment, pass or listing."""

ENDED = frozenset(OrderStatus) - {OrderStatus.PENDING, OrderStatus.AWAITING_PAYMENT}


class BrokenPromiseError(AssertionError):
    """A checkout has not kept what it promises."""


def always(seen: Picture) -> Iterator[str]:
    """Yield what is wrong, though it must never be, not even for a moment."""
    yield from _owners(seen)
    yield from market_always(seen)
    for order in seen.orders:
        yield from _money_moved(seen, order)
        if order.status is OrderStatus.CONFIRMED:
            yield from _confirmed(seen, order)
    for code, uses in seen.uses.items():
        discount = discount_code(code)
        live = [order for order in seen.orders if order.status in LIVE and order.content]
        using = sum(any(each.code == discount for each in content_of(order).discounts) for order in live)
        if not uses == using <= (VOUCHERS[code].uses_max or 0):
            yield f"{code} has {uses} uses, and {using} live orders have it"
    claims = sum((entry.claims for entry in seen.places.values()), Claims())
    if (seen.stock.reserved, seen.stock.sold) != (claims.reserved, claims.sold):
        yield f"the quota stands at {seen.stock}, and the entries claim {claims}"


def _owners(seen: Picture) -> Iterator[str]:
    owned: Counter[SeatId] = Counter()
    for entry in seen.entries.values():
        if not entry.has_ended(seen.now):
            owned.update(entry.seat_ids - entry.returned)
            if any(owner_of(seen.seats[seat_id]) != entry.id for seat_id in entry.seat_ids - entry.returned):
                yield f"reservation {entry.id} lives, and does not own its seats"
    if owned and max(owned.values()) > 1:
        yield f"a seat has {max(owned.values())} live owners"
    sold: Counter[SeatId] = Counter()
    for order in seen.orders:
        if order.status is OrderStatus.CONFIRMED:
            sold.update(seat.seat_id for item, left in seen.owned(order).items() if left and (seat := seat_of(item)))
    if sold and max(sold.values()) > 1:
        yield f"a seat is in {max(sold.values())} confirmed orders"


def _money_moved(seen: Picture, order: Order) -> Iterator[str]:
    intents = seen.intents.get(order.id, [])
    paid = [intent for intent in intents if intent.received_minor]
    if len(paid) > 1:
        yield f"order {order.id} was paid {len(paid)} times"
    payable = sum(map(undecided, intents))
    if payable + len(paid) > 1:
        yield f"order {order.id} was paid {len(paid)} times, and {payable} of its intents can still be paid"
    tries = [intent.attempt for intent in intents]
    if len(set(tries)) != len(tries) or any((number or 0) > seen.payments[order.id].attempt for number in tries):
        yield f"order {order.id} is at attempt {seen.payments[order.id].attempt}, and has intents of {tries}"
    if seen.kept(order) < 0:
        yield f"more went back for order {order.id} than came"
    if not 0 <= seen.trail.get(order.id, 0) <= seen.taken(order):
        yield f"the books of order {order.id} say {seen.trail[order.id]}, and {seen.taken(order)} came"


def _confirmed(seen: Picture, order: Order) -> Iterator[str]:
    if not order.is_uncharged and seen.taken(order) != content_of(order).total.amount_minor:
        yield f"order {order.id} is confirmed over {order.total}, and {seen.taken(order)} came"
    for item, left in seen.owned(order).items():
        match item:
            case SeatLine() if left:
                entry = seen.entries.get(item.reservation_id)
                sold = entry is not None and entry.status is ReservationStatus.SOLD and entry.order_id == order.id
                if not sold or owner_of(seen.seats[item.seat_id]) != item.reservation_id:
                    yield f"order {order.id} is confirmed, and seat {item.label} is not sold to it"
            case PlacesLine() if left:
                places = seen.places[item.reservation_id]
                sold = places.status is PlacesStatus.FINALIZED and places.order_id == order.id
                if not sold or places.quantity < left:
                    yield f"order {order.id} is confirmed, and its places are not sold to it"
            case ResaleLine() if left:
                if not root_is_sold(seen, item):
                    yield f"order {order.id} is confirmed, and the place it bought of somebody is not sold"
            case _:
                continue


def when_calm(seen: Picture) -> Iterator[str]:
    """Yield what is wrong once nothing is left to be done."""
    confirmed = {order.id: order for order in seen.orders if order.status is OrderStatus.CONFIRMED}
    for order in seen.orders:
        if order.status not in ENDED or order.refund not in {None, RefundState.DONE} or order.due_at is not None:
            yield f"order {order.id} is stuck at {order.standing}, due at {order.due_at}"
        if seen.kept(order) != seen.price(order):
            yield f"{seen.kept(order)} is kept for order {order.id}, which is {order.standing} over {seen.price(order)}"
        yield from _books(seen, order)
        if any(undecided(intent) for intent in seen.intents.get(order.id, [])):
            yield f"order {order.id} is {order.status}, and can still be paid"
        yield from _passes(seen, order)
    for payment in seen.payments.values():
        if payment.check_at is not None:
            yield f"payment {payment.id} is stuck at {payment.status}"
    yield from market_when_calm(seen)
    owned = [item for order in confirmed.values() for item in seen.owned(order).items()]
    wanted = {each.id for order in confirmed.values() for each in order.reservations}
    wanted |= {item.root.reservation_id for item, left in owned if left and isinstance(item, ResaleLine)}
    alive = {entry.id for entry in seen.entries.values() if not entry.has_ended(seen.now)}
    alive |= {places.id for places in seen.places.values() if not places.has_ended(seen.now)}
    if alive - wanted:
        yield f"{len(alive - wanted)} reservations live without an order"
    sold = sum(left for item, left in owned if seat_of(item) is None)
    if (seen.stock.reserved, seen.stock.sold) != (0, sold):
        yield f"the quota stands at {seen.stock}, and confirmed orders have {sold} places"


def _books(seen: Picture, order: Order) -> Iterator[str]:
    if seen.trail.get(order.id, 0) != seen.kept(order):
        yield f"the books of order {order.id} say {seen.trail.get(order.id, 0)}, and {seen.kept(order)} is kept"
    ledger = balances(seen.book.get(order.id, []))
    booked = (-ledger[LedgerAccount.BUYER], ledger[LedgerAccount.REFUND], ledger[LedgerAccount.DISPUTE])
    moved = (seen.taken(order), seen.refunded(order), seen.with_bank(order))
    if booked != moved:
        yield f"the ledger of order {order.id} says {ledger}, and {moved} came, went back and was taken by the bank"
    for refund in seen.refunds[order.id]:
        owed = refund.status is RefundStatus.FAILED and seen.kept(order) >= refund.amount.amount_minor > 0
        if owed or refund.status is RefundStatus.REQUESTED or refund.due_at is not None:
            yield f"refund {refund.id} over {refund.amount} is stuck: {refund.status}, {refund.failure}"
    for each in seen.money_refunds.get(order.id, []):
        if each.status is MoneyStatus.PENDING or each.check_at is not None:
            yield f"refund {each.id} of payments is stuck: {each.status}, {each.failure}"


def _passes(seen: Picture, order: Order) -> Iterator[str]:
    issued = seen.passes[order.id]
    live = [each for each in issued if each.status is not PassStatus.VOID]
    due = sum(seen.owned(order).values()) if order.status is OrderStatus.CONFIRMED else 0
    if len(live) != due:
        yield f"order {order.id} is {order.status}, and has {len(live)} passes instead of {due}"
    twice = Counter((each.order_item_id, each.unit) for each in issued)
    if twice and max(twice.values()) > 1:
        yield f"order {order.id} has two passes for one place"


async def news(checkout: Checkout) -> list[str]:
    """Return what is wrong with the news once everything was told: something waits, was lost, or was told twice."""
    wrong = [
        f"{name} keeps news to itself: {depth}"
        for name, stores in STORES.items()
        if OutboxQueue in stores and (depth := await _depth(checkout.observer, name, checkout.clock.now())) != (0, 0)
    ]
    backlog = await (await checkout.observer.get("payment", WebhookQueue)).backlog(now=checkout.clock.now())
    if backlog.unhandled:
        wrong.append(f"webhooks had no effect: {backlog}")
    lost = await checkout.around.written() - checkout.post.told.keys()
    if lost:
        wrong.append(f"{len(lost)} events were never published")
    told = list(checkout.post.told.values())
    for envelope in told:
        consumers = [parcel.subscription.consumer for parcel in checkout.post.wanted(envelope)]
        missed = [name for name in consumers if not checkout.post.taken[envelope.id, name]]
        wrong += [f"{name} never took {envelope.type}" for name in missed]
    once = Counter((each.type, each.subject) for each in told if each.type in {kind.event_type for kind in TOLD_ONCE})
    return wrong + [
        f"{kind} of {subject} was told {times} times" for (kind, subject), times in once.items() if times > 1
    ]


async def _depth(observer: Process, name: str, now: datetime) -> tuple[int, int]:
    depth = await (await observer.get(name, OutboxQueue)).depth(now=now)
    return depth.waiting, depth.dead
