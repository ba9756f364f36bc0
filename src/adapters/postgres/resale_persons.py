"""What one person has on the market, across organisations."""

from collections.abc import Iterable
from typing import override

import asyncpg

from adapters.postgres.pool import Pool
from adapters.postgres.transactions import person_transaction
from core.resale.market.listing_status import LIVE as LIVE_LISTINGS
from core.resale.transfers.transfer_status import LIVE as LIVE_TRANSFERS
from core.shared.ids import AccountId, ListingId, TenantId, TicketId, TransferId
from ports.resale.persons import LiveOffers, OffersOfPerson


class PostgresOffersOfPerson(OffersOfPerson):
    """Works in transactions of the person, whom policies show what is theirs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def live(self, account_id: AccountId, *, email: str | None) -> LiveOffers:
        on_sale = [each.value for each in LIVE_LISTINGS]
        on_the_way = [each.value for each in LIVE_TRANSFERS]
        async with person_transaction(self._pool, account_id, email=email) as connection:
            listings = await connection.fetch(
                "select tenant_id, id from listings where seller_id = $1 and status = any($2::text[])",
                account_id,
                on_sale,
            )
            sent = await connection.fetch(
                "select tenant_id, id from pass_transfers where from_account_id = $1 and status = any($2::text[])",
                account_id,
                on_the_way,
            )
            received = await connection.fetch(
                """
                select tenant_id, id from pass_transfers
                where to_email_key = $1 and status = 'OFFERED' and to_account_id is null
                """,
                email,
            )
            waiting = await connection.fetch(
                """
                select distinct tenant_id, ticket_id as id from waiting_entries
                where account_id = $1 and status in ('waiting', 'offered')
                """,
                account_id,
            )
        return LiveOffers(
            listings=tuple((TenantId(row["tenant_id"]), ListingId(row["id"])) for row in listings),
            sent=_transfers(sent),
            received=_transfers(received),
            waiting=tuple((TenantId(row["tenant_id"]), TicketId(row["id"])) for row in waiting),
        )


def _transfers(rows: Iterable[asyncpg.Record]) -> tuple[tuple[TenantId, TransferId], ...]:
    return tuple((TenantId(row["tenant_id"]), TransferId(row["id"])) for row in rows)
