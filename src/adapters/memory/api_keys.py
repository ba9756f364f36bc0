"""API keys in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from core.identity.api_keys import ApiKey
from core.shared.ids import AccountId, ApiKeyId, TenantId
from ports.identity import ApiKeyStore
from ports.paging import Page, PageRequest


class MemoryApiKeys(ApiKeyStore):
    """The keys that one open transaction may see: its tenant's, and the one that it names as its account."""

    def __init__(
        self, rows: dict[ApiKeyId, ApiKey], *, tenant_id: TenantId | None, account_id: AccountId | None
    ) -> None:
        self._rows = rows
        self._tenant_id = tenant_id
        self._account_id = account_id

    @override
    async def add(self, key: ApiKey) -> None:
        if key.tenant_id != self._tenant_id:
            raise ValueError("a transaction writes only what belongs to its tenant")
        self._rows[key.id] = key

    @override
    async def find(self, key_id: ApiKeyId) -> ApiKey | None:
        return next((key for key in self._seen() if key.id == key_id), None)

    @override
    async def lock(self, tenant_id: TenantId, key_id: ApiKeyId) -> ApiKey | None:
        key = await self.find(key_id)
        return key if key is not None and key.tenant_id == tenant_id else None

    @override
    async def live(self, tenant_id: TenantId, *, now: datetime) -> int:
        return sum(key.tenant_id == tenant_id and key.is_live(now=now) for key in self._seen())

    @override
    async def of_tenant(self, tenant_id: TenantId, page: PageRequest) -> Page[ApiKey]:
        found = sorted((key for key in self._seen() if key.tenant_id == tenant_id), key=lambda key: key.id)
        rest = [key for key in found if page.after is None or key.id > page.after]
        shown = tuple(rest[: page.limit])
        return Page(shown, shown[-1].id if len(rest) > page.limit else None)

    @override
    async def revoke(self, key: ApiKey) -> None:
        stored = await self.lock(key.tenant_id, key.id)
        if stored is not None:
            self._rows[key.id] = replace(stored, revoked_at=key.revoked_at, revoked_by=key.revoked_by)

    @override
    async def note_use(self, key_id: ApiKeyId, *, at: datetime, every: timedelta) -> None:
        key = await self.find(key_id)
        if key is not None and (key.last_used_at is None or at - key.last_used_at >= every):
            self._rows[key_id] = replace(key, last_used_at=at)

    def _seen(self) -> Iterator[ApiKey]:
        return (key for key in self._rows.values() if key.tenant_id == self._tenant_id or key.id == self._account_id)
