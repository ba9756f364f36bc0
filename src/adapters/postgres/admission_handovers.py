"""What became of offered passes, on PostgreSQL."""

from collections.abc import Sequence
from typing import override
from uuid import UUID

from asyncpg import Record

from adapters.postgres.pool import Connection
from core.admission.offers import Handover, Reissue
from core.shared.ids import AccountId, ListingId, OrderItemId, PassId, TenantId
from ports.admission import HandoverStore


class PostgresHandoverStore(HandoverStore):
    """The changes of hands of one tenant in an open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def handover(self, offer_id: UUID) -> Handover | None:
        row = await self._connection.fetchrow(
            "select * from handovers where tenant_id = $1 and offer_id = $2", self._tenant_id, offer_id
        )
        return _handover_of(row) if row is not None else None

    @override
    async def of_passes(self, pass_ids: Sequence[PassId]) -> Sequence[Handover]:
        rows = await self._connection.fetch(
            """
            select * from handovers where tenant_id = $1 and pass_id = any($2::uuid[]) order by pass_id, revision
            """,
            self._tenant_id,
            list(pass_ids),
        )
        return [_handover_of(row) for row in rows]

    @override
    async def add_handover(self, handover: Handover) -> None:
        await self._connection.execute(
            """
            insert into handovers (tenant_id, offer_id, pass_id, from_account_id, to_account_id, revision,
                                   handed_over_at)
            values ($1, $2, $3, $4, $5, $6, $7)
            """,
            self._tenant_id,
            handover.offer_id,
            handover.pass_id,
            handover.from_account_id,
            handover.to_account_id,
            handover.revision,
            handover.at,
        )

    @override
    async def reissue(self, order_item_id: OrderItemId) -> Reissue | None:
        row = await self._connection.fetchrow(
            "select * from reissues where tenant_id = $1 and order_item_id = $2", self._tenant_id, order_item_id
        )
        if row is None:
            return None
        return Reissue(
            order_item_id=OrderItemId(row["order_item_id"]),
            listing_id=ListingId(row["listing_id"]),
            old_pass_id=PassId(row["old_pass_id"]),
            pass_id=PassId(row["pass_id"]) if row["pass_id"] is not None else None,
            refusal=row["refusal"],
            at=row["decided_at"],
        )

    @override
    async def add_reissue(self, reissue: Reissue) -> None:
        await self._connection.execute(
            """
            insert into reissues (tenant_id, order_item_id, listing_id, old_pass_id, pass_id, refusal, decided_at)
            values ($1, $2, $3, $4, $5, $6, $7)
            """,
            self._tenant_id,
            reissue.order_item_id,
            reissue.listing_id,
            reissue.old_pass_id,
            reissue.pass_id,
            reissue.refusal,
            reissue.at,
        )


def _handover_of(row: Record) -> Handover:
    return Handover(
        offer_id=row["offer_id"],
        pass_id=PassId(row["pass_id"]),
        from_account_id=AccountId(row["from_account_id"]),
        to_account_id=AccountId(row["to_account_id"]),
        revision=row["revision"],
        at=row["handed_over_at"],
    )
