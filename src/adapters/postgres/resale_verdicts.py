"""Verdicts on PostgreSQL. What is signed is kept as text, to the byte; the columns beside it are for looking it up."""

from collections.abc import Sequence
from typing import override

import asyncpg

from adapters.postgres.pool import Connection
from core.resale.receipts.canonical import canonical_json
from core.resale.receipts.kept_verdict import KeptVerdict
from core.resale.receipts.receipt import SignedReceipt
from core.shared.ids import PassId, TenantId, VerdictId
from ports.resale.verdicts import VerdictStore

_ADD = """
insert into resale_verdicts
    (tenant_id, id, pass_id, allowed, price_minor, currency, outcome, rulebook_version, grounds, receipt, created_at)
values ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $10, $11)
"""
_GET = "select grounds, receipt from resale_verdicts where tenant_id = $1 and id = $2"
_NEWEST = """
select grounds, receipt from resale_verdicts where tenant_id = $1 and pass_id = $2 order by id desc limit $3
"""


class PostgresVerdictStore(VerdictStore):
    """Verdicts in one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, verdict: KeptVerdict) -> None:
        receipt = verdict.receipt.receipt
        await self._connection.execute(
            _ADD,
            self._tenant_id,
            verdict.id,
            verdict.pass_id,
            receipt.allowed,
            receipt.price.amount_minor,
            receipt.price.currency,
            canonical_json(receipt.document()["outcome"]).decode(),
            receipt.rulebook_version,
            verdict.grounds,
            verdict.receipt.to_json(),
            receipt.issued_at,
        )

    @override
    async def get(self, verdict_id: VerdictId) -> KeptVerdict | None:
        row = await self._connection.fetchrow(_GET, self._tenant_id, verdict_id)
        return _verdict(row) if row is not None else None

    @override
    async def of_pass(self, pass_id: PassId, *, verdicts_max: int) -> Sequence[KeptVerdict]:
        rows = await self._connection.fetch(_NEWEST, self._tenant_id, pass_id, verdicts_max)
        return [_verdict(row) for row in rows]


def _verdict(row: asyncpg.Record) -> KeptVerdict:
    return KeptVerdict(SignedReceipt.parse(row["receipt"].encode()), row["grounds"])
