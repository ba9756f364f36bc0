"""What the market of a checkout promises: one pass a place, one sale a listing, and every cent at its owner's."""

from collections import Counter
from collections.abc import Iterator

from core.admission.passes import RESOLD, Pass, PassStatus
from core.orders.content import ResaleLine, seat_of
from core.orders.order import Order
from core.orders.refunds import units_gone
from core.orders.statuses import OrderStatus
from core.payments.ledger import LedgerAccount, balances
from core.payments.payout import Payout, PayoutStatus
from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingStatus
from core.resale.transfers.history import HistoryKind, first_broken
from core.seating.reservations import ReservationStatus
from core.seating.seats import owner_of
from core.shared.ids import ListingId, PassId, SeatId
from core.ticketing.places import PlacesStatus
from tests.checkout_picture import Picture, content_of

STANDING = frozenset({PayoutStatus.PAID, PayoutStatus.OWED})


def root_is_sold(seen: Picture, line: ResaleLine) -> bool:
    """Whether the place is still sold to whoever bought it first, so that nobody else can."""
    root, seat = line.root, seat_of(line)
    if seat is None:
        places = seen.places[root.reservation_id]
        return places.status is PlacesStatus.FINALIZED and places.order_id == root.admission.order_id
    entry = seen.entries.get(root.reservation_id)
    sold = entry is not None and entry.status is ReservationStatus.SOLD and entry.order_id == root.admission.order_id
    return sold and owner_of(seen.seats[seat.seat_id]) == root.reservation_id


def market_always(seen: Picture) -> Iterator[str]:
    """Yield what is wrong with the market, though it must never be."""
    passes = _passes(seen)
    live = Counter(each.lineage_id for each in passes.values() if each.status is not PassStatus.VOID)
    if live and max(live.values()) > 1:
        yield f"one place was passed on, and {max(live.values())} passes for it are not void"
    after = Counter(each.resold_from for each in passes.values() if each.resold_from is not None)
    if {each.id for each in passes.values() if each.void_reason == RESOLD} != after.keys():
        yield "the passes that ended as resold are not those that another came in place of"
    if after and max(after.values()) > 1:
        yield f"a pass was resold {max(after.values())} times"
    for each in passes.values():
        if each.offer is not None and (each.scanned_at is not None or each.status is PassStatus.VOID):
            yield f"pass {each.id} is offered, and {each.status}, scanned at {each.scanned_at}"
    yield from _seats(seen, passes)
    for listing in seen.market.listings:
        if (listing.payout is not None) != (listing.status is ListingStatus.COMPLETED):
            yield f"listing {listing.id} is {listing.status}, and its payout is {listing.payout}"
    for order in seen.orders:
        resold = sum(isinstance(item, ResaleLine) for item in order.content.items) if order.content else 0
        if len(seen.market.payouts.get(order.id, [])) > resold:
            yield f"order {order.id} is of {resold} resold passes, and more is paid out"


def _seats(seen: Picture, passes: dict[PassId, Pass]) -> Iterator[str]:
    """Passes of what an order does not have any more end with the news of it, and not before."""
    owned = {item.id for order in seen.orders if order.content for item, left in seen.owned(order).items() if left}
    valid = Counter[SeatId](
        each.seat.seat_id
        for each in passes.values()
        if each.status is PassStatus.VALID and each.seat and each.order_item_id in owned
    )
    if valid and max(valid.values()) > 1:
        yield f"a seat has {max(valid.values())} valid passes"


def market_when_calm(seen: Picture) -> Iterator[str]:
    """Yield what is wrong with the market once nothing is left to be done."""
    passes = _passes(seen)
    listings = {each.id: each for each in seen.market.listings}
    for each in passes.values():
        tied = listings.get(ListingId(each.offer.offer_id)) if each.offer is not None else None
        if each.offer is not None and (tied is None or not tied.is_live or tied.subject.pass_id != each.id):
            yield f"pass {each.id} is tied to what is no live listing of it: {tied}"
    for listing in listings.values():
        yield from _listing(seen, listing, passes)
    for order in seen.orders:
        if order.content is not None and order.content.is_resale:
            yield from _resale(seen, order, passes)
            yield from _escrow(seen, order)
    for entries, lineage in seen.market.histories.values():
        broken = first_broken(entries, lineage)
        resold = sum(each.resold_from is not None for each in passes.values() if each.lineage_id == lineage.id)
        told = sum(kept.entry.kind is HistoryKind.RESALE for kept in entries)
        if broken is not None or told != resold:
            yield f"lineage {lineage.id} was resold {resold} times, its history tells {told}, broken at {broken}"


def _listing(seen: Picture, listing: Listing, passes: dict[PassId, Pass]) -> Iterator[str]:
    sold, now = passes.get(listing.subject.pass_id), seen.now
    status = listing.status_at(now)
    if listing.is_live and status is not ListingStatus.OPEN:
        yield f"listing {listing.id} is stuck at {status}, due at {listing.due_at}, {listing.suspension}"
    if listing.is_live and (sold is None or sold.offer is None or sold.offer.offer_id != listing.id):
        yield f"listing {listing.id} is {status}, and its pass is not tied to it: {sold}"
    if not listing.is_live and listing.offer_tied:
        yield f"listing {listing.id} is {status}, and may still tie its pass"
    payout = listing.payout
    if payout is None:
        return
    made = [each for each in seen.market.payouts.get(payout.order_id, []) if each.id == payout.id]
    shares = payout.split
    if shares.price != listing.price:
        yield f"listing {listing.id} over {listing.price} is divided into {shares}"
    if len(made) != 1 or made[0].status not in STANDING:
        yield f"listing {listing.id} is completed, and its seller is neither paid nor owed: {made}, {payout}"
    if [payout.status.value] != [each.status.value for each in made]:
        yield f"the seller of listing {listing.id} was told {payout.status}, and it is {made}"
    for each in made:
        minor = each.shares.seller_minor, each.shares.royalty_minor, each.shares.fee_minor
        if minor != tuple(share.amount_minor for share in (shares.seller, shares.royalty, shares.platform_fee)):
            yield f"listing {listing.id} is divided into {shares}, and paid out as {each.shares}"


def _resale(seen: Picture, order: Order, passes: dict[PassId, Pass]) -> Iterator[str]:
    """Each pass that an order bought of somebody was passed on, or its money went back."""
    came = {each.to_item_id: each for each in seen.passed_on if each.to_order_id == order.id}
    gone = units_gone(seen.refunds[order.id])
    completed = Counter(each.subject.pass_id for each in seen.market.listings if each.payout is not None)
    for item in content_of(order).items:
        if not isinstance(item, ResaleLine):
            continue
        passed = came.get(item.id)
        if passed is None:
            if order.status is OrderStatus.CONFIRMED and (item.id, 1) not in gone:
                yield f"order {order.id} paid for pass {item.pass_id}, which was not passed on, and it was not refunded"
            continue
        bought = [each for each in passes.values() if each.order_item_id == item.id]
        old = passes[item.pass_id]
        if passed.reissued_at is None or old.void_reason != RESOLD or len(bought) != 1:
            yield f"pass {old.id} was passed on to order {order.id}: {passed}, {old.status}, {bought}"
        if any(each.account_id != order.account_id or each.resold_from != old.id for each in bought):
            yield f"order {order.id} of {order.account_id} bought pass {old.id}, and got {bought}"
        if completed[old.id] != 1:
            yield f"pass {old.id} was passed on, and {completed[old.id]} listings of it are completed"


def _escrow(seen: Picture, order: Order) -> Iterator[str]:
    """What came and did not go back is in escrow, or its owners', who have all of it; what they lack is a loss."""
    ledger = balances(seen.book.get(order.id, []))
    payouts = seen.market.payouts.get(order.id, [])
    released = sum(_weight(each) for each in payouts)
    there = ledger[LedgerAccount.ESCROW] + ledger[LedgerAccount.PLATFORM_LOSS]
    if seen.kept(order) != there + released or ledger[LedgerAccount.ESCROW] < 0:
        yield f"{seen.kept(order)} is kept for order {order.id}, {released} was released, and the ledger says {ledger}"
    sellers = ledger[LedgerAccount.SELLER] + ledger[LedgerAccount.SELLER_CREDIT]
    if sellers != sum(each.shares.seller_minor for each in payouts):
        yield f"the sellers of order {order.id} have {sellers}, and are to have {payouts}"
    for each in payouts:
        if each.status is PayoutStatus.PENDING or each.check_at is not None:
            yield f"payout {each.id} is stuck: {each.status}, {each.failure}, to be looked at at {each.check_at}"


def _weight(payout: Payout) -> int:
    return payout.weight_minor if payout.released else 0


def _passes(seen: Picture) -> dict[PassId, Pass]:
    return {each.id: each for passes in seen.passes.values() for each in passes}
