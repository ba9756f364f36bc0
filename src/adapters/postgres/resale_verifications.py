"""Sellers' verifications on PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import override

import asyncpg
import msgspec

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from core.resale.errors import VerificationNotFoundError, VerificationOpenError
from core.resale.policies.policy import VerificationKind
from core.resale.trust.evidence import (
    AuthorisationEvidence,
    Evidence,
    IdentityEvidence,
    LastOwnerEvidence,
    SalesTaxEvidence,
    StateLicenceEvidence,
    TraderEvidence,
)
from core.resale.trust.verifications import Verification, VerificationStatus
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, TenantId, VenueId, VerificationId
from ports.paging import Page, PageRequest
from ports.resale.verifications import ExpiredVerifications, VerificationStore

_EVIDENCE: Mapping[VerificationKind, msgspec.json.Decoder[Evidence]] = {
    VerificationKind.IDENTITY: msgspec.json.Decoder(IdentityEvidence),
    VerificationKind.TRADER_TRACEABILITY: msgspec.json.Decoder(TraderEvidence),
    VerificationKind.STATE_LICENCE: msgspec.json.Decoder(StateLicenceEvidence),
    VerificationKind.SALES_TAX_REGISTRATION: msgspec.json.Decoder(SalesTaxEvidence),
    VerificationKind.LAST_OWNER_NAME: msgspec.json.Decoder(LastOwnerEvidence),
    VerificationKind.ORGANISER_AUTHORISATION: msgspec.json.Decoder(AuthorisationEvidence),
}
_SELECT = """
select id, account_id, venue_id, kind, evidence::text as evidence, status, provider, provider_reference, reason,
       decided_by, decided_at, expires_at, version, created_at, updated_at
from seller_verifications where tenant_id = $1
"""
_ADD = """
insert into seller_verifications (tenant_id, id, account_id, venue_id, kind, about, evidence, status, provider,
    provider_reference, reason, decided_by, decided_at, expires_at, version, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
on conflict do nothing
"""
_SAVE = """
update seller_verifications
   set status = $3, provider_reference = $4, reason = $5, decided_by = $6, decided_at = $7, expires_at = $8,
       version = $9, updated_at = $10
 where tenant_id = $1 and id = $2 and version = $9 - 1
"""
_PAGE = f"""
{_SELECT} and ($2::text is null
    or $2 = case when status = 'verified' and expires_at <= $3 then 'expired' else status end)
  and ($4::uuid is null or id > $4) order by id limit $5
"""


class PostgresVerificationStore(VerificationStore):
    """The verifications of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, verification: Verification) -> None:
        status = await self._connection.execute(
            _ADD,
            self._tenant_id,
            verification.id,
            verification.account_id,
            verification.venue_id,
            verification.kind.value,
            verification.evidence.about,
            msgspec.json.encode(verification.evidence).decode(),
            verification.status.value,
            verification.provider,
            verification.provider_reference,
            verification.reason,
            verification.decided_by,
            verification.decided_at,
            verification.expires_at,
            verification.version,
            verification.created_at,
            verification.updated_at,
        )
        if rows_touched(status) != 1:
            raise VerificationOpenError

    @override
    async def get(self, verification_id: VerificationId) -> Verification:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2", self._tenant_id, verification_id)
        if row is None:
            raise VerificationNotFoundError
        return _verification(row)

    @override
    async def save(self, verification: Verification) -> None:
        status = await self._connection.execute(
            _SAVE,
            self._tenant_id,
            verification.id,
            verification.status.value,
            verification.provider_reference,
            verification.reason,
            verification.decided_by,
            verification.decided_at,
            verification.expires_at,
            verification.version,
            verification.updated_at,
        )
        if rows_touched(status) != 1:
            raise StaleVersionError("The verification was changed by somebody else.")

    @override
    async def of_account(self, account_id: AccountId) -> Sequence[Verification]:
        rows = await self._connection.fetch(
            f"{_SELECT} and account_id = $2 order by id desc", self._tenant_id, account_id
        )
        return [_verification(row) for row in rows]

    @override
    async def page(self, page: PageRequest, *, status: VerificationStatus | None, now: datetime) -> Page[Verification]:
        wanted = status.value if status is not None else None
        rows = await self._connection.fetch(_PAGE, self._tenant_id, wanted, now, page.after, page.limit + 1)
        items = tuple(_verification(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)


class PostgresExpiredVerifications(ExpiredVerifications):
    """The sweep's view, as the relay role, which reads just the columns that it needs."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def due(self, *, now: datetime, verifications_max: int) -> Sequence[tuple[TenantId, VerificationId]]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(
                """
                select tenant_id, id from seller_verifications
                where status = 'verified' and expires_at <= $1 order by expires_at, tenant_id, id limit $2
                """,
                now,
                verifications_max,
            )
        return [(TenantId(row["tenant_id"]), VerificationId(row["id"])) for row in rows]


def _verification(row: asyncpg.Record) -> Verification:
    return Verification(
        id=VerificationId(row["id"]),
        account_id=AccountId(row["account_id"]),
        venue_id=VenueId(row["venue_id"]) if row["venue_id"] is not None else None,
        evidence=_EVIDENCE[VerificationKind(row["kind"])].decode(row["evidence"]),
        status=VerificationStatus(row["status"]),
        provider=row["provider"],
        provider_reference=row["provider_reference"],
        reason=row["reason"],
        decided_by=AccountId(row["decided_by"]) if row["decided_by"] is not None else None,
        decided_at=row["decided_at"],
        expires_at=row["expires_at"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
