"""Passes beside orders, and passes beside the offers that they are tied to."""

from collections.abc import Iterator

from core.doctor.facts import OfferedPassFacts, OfferFacts, OrderFacts, PassesFacts
from core.doctor.findings import Drift, Finding, ids
from core.doctor.repairs import IssuePasses, UntiePass, VoidPasses


def passes_of(order: OrderFacts, issued: PassesFacts | None) -> Iterator[Finding]:
    """Yield admissions of a sold order without any pass, and passes that live though their admission is over."""
    passes = issued.passes if issued is not None else ()
    over = issued.over if issued is not None else False
    there = {(each.item_id, each.unit): each for each in passes}
    for item in order.items if order.is_confirmed else ():
        missing = sorted(unit for unit in item.left if (item.id, unit) not in there)
        if missing and not over:
            yield Finding(
                kind=Drift.PASS_MISSING,
                key=order.key,
                ids=ids(order=order.key.id, item=item.id, units=",".join(map(str, missing))),
                since=order.touched_at,
                cause=f"The order is confirmed, and {len(missing)} of an item's {len(item.left)} passes are not there.",
                repair=IssuePasses(order.key.id) if _is_as_sold(order) else None,
                staff="Refund these admissions: an order of which something went elsewhere is not told of anew.",
            )
    returned = {(item.id, unit) for item in order.items for unit in item.returned}
    ended = order.status in {"CANCELLED", "EXPIRED"}
    for place, each in there.items():
        if each.is_alive and (ended or place in returned):
            yield Finding(
                kind=Drift.PASS_ALIVE,
                key=order.key,
                ids=ids(order=order.key.id, item=each.item_id, unit=each.unit, **{"pass": each.id}),
                since=order.touched_at,
                cause=f"The order is {order.status}, the admission was given back, and its pass is {each.status}.",
                repair=VoidPasses(order.key.id, None if ended and order.status == "CANCELLED" else (place,)),
            )


def _is_as_sold(order: OrderFacts) -> bool:
    """Whether nothing of it was given back, passed on, or bought of somebody."""
    return all(not item.resold and len(item.left) == item.quantity for item in order.items)


def tie_of(offer: OfferFacts, found: OfferedPassFacts | None) -> Iterator[Finding]:
    """Yield an offer that lives, and whose pass is free for others."""
    if not offer.ties or (found is not None and found.offer_id == offer.key.id):
        return
    yield Finding(
        kind=Drift.OFFER_WITHOUT_TIE,
        key=offer.key,
        ids=ids(offer=offer.key.id, **{"pass": offer.pass_id}),
        since=offer.touched_at,
        cause=f"The {offer.kind} is {offer.status}, and its pass is tied to {found.offer_id if found else 'nothing'}.",
        staff=f"Cancel the {offer.kind}; the holder can offer the pass anew.",
    )


def offer_of(tied: OfferedPassFacts, offer: OfferFacts | None) -> Iterator[Finding]:
    """Yield a pass that is tied to what is over: its holder can neither offer it nor give it away."""
    if tied.offer_id is None or (offer is not None and (offer.ties or offer.may_tie)):
        return
    yield Finding(
        kind=Drift.TIE_WITHOUT_OFFER,
        key=tied.key,
        ids=ids(offer=tied.offer_id, **{"pass": tied.key.id}),
        since=tied.offered_at if offer is None or tied.offered_at is None else max(tied.offered_at, offer.touched_at),
        cause=f"The pass is tied to a {tied.offer_kind} that is {offer.status if offer else 'not there'}.",
        repair=UntiePass(tied.key.id, tied.offer_id),
    )
