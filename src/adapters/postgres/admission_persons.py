"""The passes of one person, across organisations."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from adapters.postgres.pass_rows import pass_of
from adapters.postgres.pool import Pool
from adapters.postgres.transactions import person_transaction
from core.admission.passes import Pass
from core.shared.ids import AccountId, PassId, TenantId
from ports.admission import PassesOfPerson


class PostgresPassesOfPerson(PassesOfPerson):
    """Works in transactions of the person, whom a policy shows their own passes."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def to_come(self, account_id: AccountId, *, now: datetime, passes_max: int) -> Sequence[Pass]:
        async with person_transaction(self._pool, account_id) as connection:
            rows = await connection.fetch(
                """
                select * from passes where account_id = $1 and status <> 'VOID' and event_ends_at > $2
                order by event_starts_at, id limit $3
                """,
                account_id,
                now,
                passes_max,
            )
        return [pass_of(row) for row in rows]

    @override
    async def left_behind(
        self, account_id: AccountId, *, now: datetime, passes_max: int
    ) -> Sequence[tuple[TenantId, PassId]]:
        async with person_transaction(self._pool, account_id) as connection:
            rows = await connection.fetch(
                """
                select tenant_id, id from passes
                where account_id = $1 and status <> 'VOID' and event_ends_at > $2 and offer_id is null
                order by tenant_id, id limit $3
                """,
                account_id,
                now,
                passes_max,
            )
        return [(TenantId(row["tenant_id"]), PassId(row["id"])) for row in rows]
