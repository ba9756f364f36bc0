"""Rows of listings and purchases, there and back."""

import asyncpg
import msgspec

from core.resale.market.listed import ListedPass, ListingEntry, ListingTerms, OfferedTo, Payout, Purchase, Suspension
from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingKind, ListingStatus
from core.shared.ids import AccountId, ListingId, OrderId, ReservationId
from core.shared.money import Money

SELECT_LISTING = """
select l.*, l.subject::text as subject_text, l.terms::text as terms_text, l.suspension::text as suspension_text,
       l.payout::text as payout_text, l.history::text as history_text, p.account_id as buyer_id, p.token_sha256,
       p.made_at, p.until, p.order_id
from listings l left join listing_purchases p on p.tenant_id = l.tenant_id and p.id = l.purchase_id
where l.tenant_id = $1
"""
_SUBJECT = msgspec.json.Decoder(ListedPass)
_TERMS = msgspec.json.Decoder(ListingTerms)
_SUSPENSION = msgspec.json.Decoder(Suspension)
_PAYOUT = msgspec.json.Decoder(Payout)
_HISTORY = msgspec.json.Decoder(tuple[ListingEntry, ...])


def changing_values(listing: Listing) -> tuple[object, ...]:
    """Return the values of the columns that change, the version first."""
    purchase, offered_to = listing.purchase, listing.offered_to
    return (
        listing.version,
        listing.status.value,
        purchase.id if purchase is not None else None,
        purchase.until if purchase is not None else None,
        listing.terms.closes_at,
        offered_to.account_id if offered_to is not None else None,
        offered_to.until if offered_to is not None else None,
        listing.offer_tied,
        listing.due_at,
        _text(listing.terms),
        _text(listing.suspension),
        _text(listing.payout),
        listing.payout.id if listing.payout is not None else None,
        _text(listing.history),
        listing.updated_at,
    )


def fixed_values(listing: Listing) -> tuple[object, ...]:
    """Return the values of the columns that never change: kind and pass first, creation last."""
    subject = listing.subject
    return (
        listing.kind.value,
        subject.pass_id,
        listing.seller_id,
        subject.ticket_id,
        subject.venue_id,
        subject.event_starts_at,
        listing.price.amount_minor,
        listing.price.currency,
        _text(subject),
        listing.created_at,
    )


def listing_of(row: asyncpg.Record) -> Listing:
    """Read a row of SELECT_LISTING."""
    return Listing(
        id=ListingId(row["id"]),
        kind=ListingKind(row["kind"]),
        subject=_SUBJECT.decode(row["subject_text"]),
        seller_id=AccountId(row["seller_id"]),
        price=Money(row["price_minor"], row["currency"]),
        terms=_TERMS.decode(row["terms_text"]),
        status=ListingStatus(row["status"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        due_at=row["due_at"],
        history=_HISTORY.decode(row["history_text"]),
        purchase=_purchase(row, id=ReservationId(row["purchase_id"]), account_id=AccountId(row["buyer_id"]))
        if row["purchase_id"] is not None
        else None,
        offered_to=OfferedTo(AccountId(row["offered_to"]), row["offered_until"])
        if row["offered_to"] is not None
        else None,
        offer_tied=row["offer_tied"],
        suspension=_SUSPENSION.decode(row["suspension_text"]) if row["suspension_text"] is not None else None,
        payout=_PAYOUT.decode(row["payout_text"]) if row["payout_text"] is not None else None,
    )


def purchase_of(row: asyncpg.Record) -> Purchase:
    """Read a row of listing_purchases."""
    return _purchase(row, id=ReservationId(row["id"]), account_id=AccountId(row["account_id"]))


def _purchase(row: asyncpg.Record, *, id: ReservationId, account_id: AccountId) -> Purchase:
    return Purchase(
        id=id,
        account_id=account_id,
        token_sha256=row["token_sha256"],
        made_at=row["made_at"],
        until=row["until"],
        order_id=OrderId(row["order_id"]) if row["order_id"] is not None else None,
    )


def _text(value: object) -> str | None:
    return msgspec.json.encode(value).decode() if value is not None else None
