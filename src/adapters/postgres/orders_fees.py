"""Fees and taxes of organisations on PostgreSQL: a row for each version, which stays."""

from collections.abc import Sequence
from typing import override

import asyncpg
import msgspec

from adapters.postgres.pool import Connection, rows_touched
from core.orders.fee_schedule import FeeSchedule, FeeScheduleChange
from core.orders.fees import FeeRule, FeeUnit, FixedFee, PercentageFee
from core.orders.taxes import TaxRate
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, TenantId
from core.shared.money import Money
from ports.orders import FeeScheduleStore

SELECT = """
select version, fees::text as fees_text, taxes::text as taxes_text, changed_by, changed_at
from fee_schedules where tenant_id = $1 order by version desc limit $2
"""

INSERT = """
insert into fee_schedules (tenant_id, version, fees, taxes, changed_by, changed_at)
select $1, $2::integer, $3::text::jsonb, $4::text::jsonb, $5, $6
where $2 = 1 + coalesce((select max(version) from fee_schedules where tenant_id = $1), 0)
on conflict do nothing
"""


class _FixedRow(msgspec.Struct, frozen=True, tag_field="kind", tag="fixed"):
    code: str
    name: str
    amount_minor: int
    currency: str
    per: FeeUnit
    passed_on: bool


class _PercentageRow(msgspec.Struct, frozen=True, tag_field="kind", tag="percentage"):
    code: str
    name: str
    rate_basis_points: int
    passed_on: bool


_FEES = msgspec.json.Decoder(tuple[_FixedRow | _PercentageRow, ...])
_TAXES = msgspec.json.Decoder(tuple[TaxRate, ...])


class PostgresFeeScheduleStore(FeeScheduleStore):
    """The fee schedule of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def current(self) -> FeeSchedule:
        newest = await self.changes(changes_max=1)
        return newest[0].schedule if newest else FeeSchedule()

    @override
    async def add(self, change: FeeScheduleChange) -> None:
        schedule = change.schedule
        status = await self._connection.execute(
            INSERT,
            self._tenant_id,
            schedule.version,
            msgspec.json.encode([_row_of(fee) for fee in schedule.fees]).decode(),
            msgspec.json.encode(schedule.taxes).decode(),
            change.changed_by,
            change.changed_at,
        )
        if rows_touched(status) != 1:
            raise StaleVersionError("The fees were changed by somebody else.")

    @override
    async def changes(self, *, changes_max: int) -> Sequence[FeeScheduleChange]:
        return [_change_of(row) for row in await self._connection.fetch(SELECT, self._tenant_id, changes_max)]


def _change_of(row: asyncpg.Record) -> FeeScheduleChange:
    fees = tuple(_fee_of(fee) for fee in _FEES.decode(row["fees_text"]))
    schedule = FeeSchedule(fees=fees, taxes=_TAXES.decode(row["taxes_text"]), version=row["version"])
    return FeeScheduleChange(schedule, AccountId(row["changed_by"]), row["changed_at"])


def _row_of(fee: FeeRule) -> _FixedRow | _PercentageRow:
    if isinstance(fee, PercentageFee):
        return _PercentageRow(fee.code, fee.name, fee.rate_basis_points, fee.passed_on)
    return _FixedRow(fee.code, fee.name, fee.amount.amount_minor, fee.amount.currency, fee.per, fee.passed_on)


def _fee_of(row: _FixedRow | _PercentageRow) -> FeeRule:
    if isinstance(row, _PercentageRow):
        return PercentageFee(row.code, row.name, row.rate_basis_points, row.passed_on)
    return FixedFee(row.code, row.name, Money(row.amount_minor, row.currency), row.per, row.passed_on)
