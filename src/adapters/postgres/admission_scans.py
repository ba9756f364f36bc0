"""What was seen at the gates, on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from asyncpg import Record

from adapters.postgres.pool import Connection, rows_touched
from core.admission.scans import Scan, ScanDirection, ScanRefusal
from core.shared.ids import AccountId, OrderId, PassId, ScanId, TenantId
from ports.admission import ScanStore


class PostgresScanStore(ScanStore):
    """The scans of one tenant in an open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, scan: Scan) -> bool:
        status = await self._connection.execute(
            """
            insert into scans (tenant_id, id, code_hash, pass_id, revision, gate, device, direction, scanned_by,
                               scanned_at, recorded_at, offline, admitted, reason, earlier_scan_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            on conflict on constraint scans_pkey do nothing
            """,
            self._tenant_id,
            scan.id,
            scan.code_hash,
            scan.pass_id,
            scan.revision,
            scan.gate,
            scan.device,
            scan.direction,
            scan.scanned_by,
            scan.scanned_at,
            scan.recorded_at,
            scan.offline,
            scan.admitted,
            scan.reason,
            scan.earlier_scan_id,
        )
        return rows_touched(status) == 1

    @override
    async def get(self, scan_id: ScanId) -> Scan | None:
        row = await self._connection.fetchrow(
            "select * from scans where tenant_id = $1 and id = $2", self._tenant_id, scan_id
        )
        return _scan_of(row) if row is not None else None

    @override
    async def first_inside(self, pass_id: PassId, *, since: datetime) -> Scan | None:
        row = await self._connection.fetchrow(
            """
            select * from scans
            where tenant_id = $1 and pass_id = $2 and scanned_at >= $3 and admitted and direction = 'in'
            order by scanned_at, id limit 1
            """,
            self._tenant_id,
            pass_id,
            since,
        )
        return _scan_of(row) if row is not None else None

    @override
    async def of_order(self, order_id: OrderId, *, scans_max: int) -> Sequence[Scan]:
        rows = await self._connection.fetch(
            """
            select s.* from passes p join scans s on s.tenant_id = p.tenant_id and s.pass_id = p.id
            where p.tenant_id = $1 and p.order_id = $2
            order by s.scanned_at, s.id limit $3
            """,
            self._tenant_id,
            order_id,
            scans_max,
        )
        return [_scan_of(row) for row in rows]


def _scan_of(row: Record) -> Scan:
    return Scan(
        id=ScanId(row["id"]),
        code_hash=row["code_hash"],
        pass_id=PassId(row["pass_id"]) if row["pass_id"] is not None else None,
        revision=row["revision"],
        gate=row["gate"],
        device=row["device"],
        direction=ScanDirection(row["direction"]),
        scanned_by=AccountId(row["scanned_by"]),
        scanned_at=row["scanned_at"],
        recorded_at=row["recorded_at"],
        offline=row["offline"],
        admitted=row["admitted"],
        reason=ScanRefusal(row["reason"]) if row["reason"] is not None else None,
        earlier_scan_id=ScanId(row["earlier_scan_id"]) if row["earlier_scan_id"] is not None else None,
    )
