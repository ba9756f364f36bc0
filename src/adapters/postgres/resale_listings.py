"""Listings and purchases on PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.listing_rows import SELECT_LISTING, changing_values, fixed_values, listing_of, purchase_of
from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from core.resale.market.listed import ListedPass
from core.resale.market.listing import Listing
from core.resale.market.listing_errors import AlreadyListedError
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, ListingId, PassId, PayoutId, ReservationId, TenantId, TicketId, VerdictId
from ports.paging import Page, PageRequest
from ports.resale.listings import (
    DueListing,
    DueListings,
    ListingOrder,
    ListingQuery,
    ListingStore,
    PurchaseEntry,
    SellersListings,
)

_LIVE = "status in ('OPENING', 'OPEN', 'RESERVED', 'ORDERED', 'SOLD', 'SUSPENDED')"
_CHANGING = (
    "version, status, purchase_id, taken_until, closes_at, offered_to, offered_until, offer_tied, due_at, terms, "
    "suspension, payout, payout_id, history, updated_at"
)
_CHANGED = (
    "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::jsonb, $13::text::jsonb, $14::text::jsonb, $15, "
    "$16::text::jsonb, $17"
)
_INSERT = f"""
insert into listings (tenant_id, id, {_CHANGING}, kind, pass_id, seller_id, ticket_id, venue_id, event_starts_at,
    price_minor, currency, subject, created_at)
values ($1, $2, {_CHANGED}, $18, $19, $20, $21, $22, $23, $24, $25, $26::text::jsonb, $27)
"""  # noqa: S608 - the names of our own columns
_UPDATE = f"""
update listings set ({_CHANGING}) = ({_CHANGED}) where tenant_id = $1 and id = $2 and version = $3 - 1
"""  # noqa: S608 - the names of our own columns
_KEEP_PURCHASE = """
insert into listing_purchases (tenant_id, id, listing_id, account_id, token_sha256, made_at, until, order_id)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (tenant_id, id) do update set until = excluded.until, order_id = excluded.order_id
"""
_FOR_SALE = """
    l.closes_at > $6
and (l.status = 'OPEN' or (l.status in ('RESERVED', 'ORDERED') and l.taken_until <= $6))
and (l.offered_to is null or l.offered_until <= $6 or l.offered_to = $7)
"""
_WANTED = f"""
    ($3::uuid is null or l.ticket_id = $3) and ($4::uuid is null or l.seller_id = $4)
and ($8::uuid is null or l.venue_id = $8)
and ($5::text[] is null or l.status = any ($5)) and ($6::timestamptz is null or ({_FOR_SALE}))
"""
_COUNT = f"""
select count(*) from listings l where l.tenant_id = $1 and $2::uuid is null and {_WANTED}
"""  # noqa: S608 - the condition is ours; $2 is a page's, which a count does without
_PLACES = {
    ListingOrder.TIME: ("l.id", "l.id > (select l.id from listings l where l.tenant_id = $1 and l.id = $2)"),
    ListingOrder.PRICE: (
        "l.price_minor, l.id",
        "(l.price_minor, l.id) > (select l.price_minor, l.id from listings l where l.tenant_id = $1 and l.id = $2)",
    ),
}
"""How a list is sorted, and what comes after the listing $2 in it."""

_LIVE_OF_PASSES = f"""
select id from listings where tenant_id = $1 and pass_id = any ($2) and {_LIVE} order by id
"""  # noqa: S608 - the condition is ours
_LIVE_OF_SELLER = f"""
select count(*) as of_all, count(*) filter (where venue_id = $3 and event_starts_at = $4) as of_event
from listings where tenant_id = $1 and seller_id = $2 and {_LIVE}
"""  # noqa: S608 - the condition is ours


# Found by the account, as there are indexes for: the verdict is only shown, and so in a document.
_RESTING_ON = f"""
{SELECT_LISTING} and l.terms ->> 'verdict_id' = $2 and $3 in (l.seller_id, p.account_id) and l.id in (
    select id from listings where tenant_id = $1 and seller_id = $3
    union all select listing_id from listing_purchases where tenant_id = $1 and account_id = $3)
limit 1
"""  # noqa: S608 - the columns are ours
_OPEN_RETURNS = """
select id from listings
where tenant_id = $1 and ticket_id = $2 and kind = 'return' and closes_at > $3
  and (status = 'OPEN' or (status in ('RESERVED', 'ORDERED') and taken_until <= $3))
order by id limit $4
"""


class PostgresListingStore(ListingStore):
    """The listings of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, listing: Listing) -> None:
        try:
            await self._connection.execute(
                _INSERT, self._tenant_id, listing.id, *changing_values(listing), *fixed_values(listing)
            )
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != "listings_live_of_pass":
                raise
            raise AlreadyListedError from error

    @override
    async def get(self, listing_id: ListingId) -> Listing | None:
        row = await self._connection.fetchrow(f"{SELECT_LISTING} and l.id = $2", self._tenant_id, listing_id)
        return listing_of(row) if row is not None else None

    @override
    async def locked(self, listing_id: ListingId) -> Listing | None:
        # Read after the lock is had: what a join finds beside a row that is waited for may be older than the row.
        await self._connection.execute(
            "select from listings where tenant_id = $1 and id = $2 for update", self._tenant_id, listing_id
        )
        return await self.get(listing_id)

    @override
    async def purchase(self, purchase_id: ReservationId) -> PurchaseEntry | None:
        row = await self._connection.fetchrow(
            "select * from listing_purchases where tenant_id = $1 and id = $2", self._tenant_id, purchase_id
        )
        listing = await self.get(ListingId(row["listing_id"])) if row is not None else None
        return PurchaseEntry(purchase_of(row), listing) if row is not None and listing is not None else None

    @override
    async def locked_purchase(self, purchase_id: ReservationId) -> PurchaseEntry | None:
        listing_id = await self._connection.fetchval(
            "select listing_id from listing_purchases where tenant_id = $1 and id = $2", self._tenant_id, purchase_id
        )
        if listing_id is None:
            return None
        await self.locked(ListingId(listing_id))
        return await self.purchase(purchase_id)

    @override
    async def live_of_passes(self, pass_ids: Collection[PassId]) -> Sequence[ListingId]:
        rows = await self._connection.fetch(
            _LIVE_OF_PASSES,
            self._tenant_id,
            list(pass_ids),
        )
        return [ListingId(row["id"]) for row in rows]

    @override
    async def of_payout(self, payout_id: PayoutId) -> ListingId | None:
        listing_id = await self._connection.fetchval(
            "select id from listings where tenant_id = $1 and payout_id = $2", self._tenant_id, payout_id
        )
        return ListingId(listing_id) if listing_id is not None else None

    @override
    async def resting_on(self, verdict_id: VerdictId, *, party: AccountId) -> Listing | None:
        row = await self._connection.fetchrow(_RESTING_ON, self._tenant_id, str(verdict_id), party)
        return listing_of(row) if row is not None else None

    @override
    async def save(self, listing: Listing) -> None:
        status = await self._connection.execute(_UPDATE, self._tenant_id, listing.id, *changing_values(listing))
        if rows_touched(status) != 1:
            raise StaleVersionError("The listing was changed by somebody else.")
        purchase = listing.purchase
        if purchase is not None:
            await self._connection.execute(
                _KEEP_PURCHASE,
                self._tenant_id,
                purchase.id,
                listing.id,
                purchase.account_id,
                purchase.token_sha256,
                purchase.made_at,
                purchase.until,
                purchase.order_id,
            )

    @override
    async def of_seller(self, seller_id: AccountId, subject: ListedPass) -> SellersListings:
        await self._alone(f"listings of {seller_id}")
        row = await self._connection.fetchrow(
            _LIVE_OF_SELLER,
            self._tenant_id,
            seller_id,
            subject.venue_id,
            subject.event_starts_at,
        )
        assert row is not None
        return SellersListings(of_event=row["of_event"], all=row["of_all"])

    @override
    async def kept_for(self, buyer_id: AccountId, *, now: datetime) -> int:
        await self._alone(f"purchases of {buyer_id}")
        count: int = await self._connection.fetchval(
            """
            select count(*) from listing_purchases p join listings l
              on l.tenant_id = $1 and l.purchase_id = p.id and l.id = p.listing_id and l.status = 'RESERVED'
            where p.tenant_id = $1 and p.account_id = $2 and p.until > $3
            """,
            self._tenant_id,
            buyer_id,
            now,
        )
        return count

    @override
    async def open_returns(self, ticket_id: TicketId, *, now: datetime, listings_max: int) -> Sequence[ListingId]:
        rows = await self._connection.fetch(_OPEN_RETURNS, self._tenant_id, ticket_id, now, listings_max)
        return [ListingId(row["id"]) for row in rows]

    @override
    async def page(self, page: PageRequest, query: ListingQuery) -> Page[Listing]:
        place, after = _PLACES[query.order]
        rows = await self._connection.fetch(
            f"{SELECT_LISTING} and {_WANTED} and ($2::uuid is null or {after}) order by {place} limit $9",
            self._tenant_id,
            page.after,
            *_conditions(query),
            page.limit + 1,
        )
        items = tuple(listing_of(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)

    @override
    async def count(self, query: ListingQuery) -> int:
        counted: int = await self._connection.fetchval(_COUNT, self._tenant_id, None, *_conditions(query))
        return counted

    async def _alone(self, what: str) -> None:
        """Wait until no other transaction counts the same, and let none begin before this one ends."""
        name = f"{what} at {self._tenant_id}"
        await self._connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", name)


def _conditions(query: ListingQuery) -> tuple[object, ...]:
    """Return the values that _WANTED asks for, $3 first."""
    return (
        query.ticket_id,
        query.seller_id,
        [status.value for status in query.statuses] if query.statuses is not None else None,
        query.for_sale_at,
        query.buyer_id,
        query.venue_id,
    )


class PostgresDueListings(DueListings):
    """The sweep's view, through the relay role: it reads ids and times of every tenant, and nothing else."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def due(self, *, now: datetime, listings_max: int) -> Sequence[DueListing]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(
                "select tenant_id, id from listings where due_at <= $1 order by due_at, tenant_id, id limit $2",
                now,
                listings_max,
            )
        return [DueListing(TenantId(row["tenant_id"]), ListingId(row["id"])) for row in rows]
