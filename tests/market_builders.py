"""Listings in every state, as the tests of the market meet them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from core.resale.law.facts import PriceComponents, Where
from core.resale.law.rule import Duty
from core.resale.market.listed import Cause, ListedPass, ListedSeat, ListingTerms, Purchase
from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingStatus
from core.resale.policies.split import ResaleFees
from core.shared.holders import Holder, token_digest
from core.shared.ids import (
    AccountId,
    ListingId,
    OrderId,
    OrderItemId,
    PassId,
    ReservationId,
    SeatId,
    TicketId,
    VenueId,
    VerdictId,
)
from core.shared.money import Money

NOW = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
STARTS_AT = NOW + timedelta(days=30)
SELLER, BUYER, OTHER = (AccountId(UUID(int=0x5E11 + each)) for each in range(3))
TICKET, VENUE = TicketId(UUID(int=0x71)), VenueId(UUID(int=0x7E))
ORDER, OTHER_ORDER = OrderId(UUID(int=0x0D)), OrderId(UUID(int=0x0E))
TOKEN = "a token of the buyer"
BY_BUYER, BY_OTHER = Holder(BUYER), Holder(OTHER)


def a_pass(number: int = 1, **changes: Any) -> ListedPass:
    """A seat that cost 50.00 EUR and 5.00 EUR of fees."""
    members: dict[str, Any] = {
        "pass_id": PassId(UUID(int=0x9A55_0000 + number)),
        "lineage_id": PassId(UUID(int=0x9A55_0000 + number)),
        "order_id": OrderId(UUID(int=0x0123)),
        "order_item_id": OrderItemId(UUID(int=0x0124)),
        "unit": number,
        "ticket_id": TICKET,
        "ticket_title": "Regular",
        "event_title": "Match",
        "event_starts_at": STARTS_AT,
        "event_ends_at": STARTS_AT + timedelta(hours=2),
        "time_zone": "Europe/Berlin",
        "venue_id": VENUE,
        "venue_name": "Halle",
        "seat": ListedSeat(SeatId(UUID(int=0x5EA7 + number)), f"Row 4, seat {number}", "Block A", "4", str(number)),
        "place": Where(country="DE", subdivision="DE-TH"),
        "components": PriceComponents(
            face=Money(5_000, "EUR"), mandatory_fees=Money(500, "EUR"), paid_by_seller=Money(5_500, "EUR")
        ),
    }
    return ListedPass(**{**members, **changes})


def some_terms(**changes: Any) -> ListingTerms:
    """Five per cent for the platform, two for the organiser, until the event begins."""
    members: dict[str, Any] = {
        "verdict_id": VerdictId(UUID(int=0xFE)),
        "closes_at": STARTS_AT,
        "duties": (Duty.DISCLOSE_FACE_VALUE,),
        "restrictions": ("The pass bears the name of its holder.",),
        "fees": ResaleFees(platform_basis_points=500, royalty_basis_points=200),
    }
    return ListingTerms(**{**members, **changes})


def opening(number: int = 1, *, price_minor: int = 6_000, now: datetime = NOW, **changes: Any) -> Listing:
    """A listing of the pass of that number that is recorded, and not on the market yet."""
    members: dict[str, Any] = {
        "subject": a_pass(number),
        "seller_id": SELLER,
        "price": Money(price_minor, "EUR"),
        "terms": some_terms(),
    }
    listing_id = ListingId(UUID(int=0x0199_0000_0000_7000_8000_0000_0000_0000 + number))
    return Listing.begin(listing_id, now=now, **{**members, **changes})


def open_listing(number: int = 1, **changes: Any) -> Listing:
    return opening(number, **changes).opened(NOW)


def a_purchase(number: int = 1, *, by: AccountId = BUYER, ttl_s: int = 600, now: datetime = NOW) -> Purchase:
    return Purchase(
        id=ReservationId(UUID(int=0xB0_0000 + number)),
        account_id=by,
        token_sha256=token_digest(TOKEN),
        made_at=now,
        until=now + timedelta(seconds=ttl_s),
    )


def listing_that_is(status: ListingStatus) -> Listing:
    """A listing in this state, on the shortest way to it; the buyer's times are over ten minutes from NOW."""
    return _ON_THE_WAY[status]()


def _sold() -> Listing:
    ordered = listing_that_is(ListingStatus.ORDERED)
    assert ordered.purchase is not None
    return ordered.sold(ordered.purchase, NOW)


_ON_THE_WAY: dict[ListingStatus, Callable[[], Listing]] = {
    ListingStatus.OPENING: opening,
    ListingStatus.OPEN: open_listing,
    ListingStatus.RESERVED: lambda: open_listing().reserved(a_purchase(), NOW),
    ListingStatus.ORDERED: lambda: listing_that_is(ListingStatus.RESERVED).ordered(
        ORDER, until=NOW + timedelta(minutes=10), now=NOW
    ),
    ListingStatus.SOLD: _sold,
    ListingStatus.COMPLETED: lambda: _sold().completed(ORDER, NOW),
    ListingStatus.CANCELLED: lambda: open_listing().cancelled("by its seller", NOW),
    ListingStatus.ENDED: lambda: open_listing().ended("the event begins", NOW),
    ListingStatus.SUSPENDED: lambda: open_listing().suspended(Cause.UNLAWFUL, "a new law", NOW),
    ListingStatus.FAILED: lambda: _sold().failed("the pass was refunded", NOW),
}
