"""Refresh tokens in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import override
from uuid import UUID

from core.identity.sessions import REFRESH_TTL, LiveSession, RefreshFamily, RefreshToken
from core.shared.ids import AccountId
from ports.identity import RefreshStore
from ports.paging import Page, PageRequest


class MemoryRefreshes(RefreshStore):
    """The refresh tokens within one open transaction."""

    def __init__(self, families: dict[UUID, RefreshFamily], tokens: dict[bytes, RefreshToken]) -> None:
        self._families = families
        self._tokens = tokens

    @override
    async def start(self, family: RefreshFamily, token: RefreshToken) -> None:
        self._families[family.id] = family
        self._tokens[token.digest] = token

    @override
    async def lock(self, digest: bytes) -> tuple[RefreshFamily, RefreshToken] | None:
        token = self._tokens.get(digest)
        return None if token is None else (self._families[token.family_id], token)

    @override
    async def rotate(self, spent: RefreshToken, successor: RefreshToken) -> None:
        self._tokens[spent.digest] = spent
        self._tokens[successor.digest] = successor

    @override
    async def revoke(self, family_id: UUID, *, at: datetime) -> None:
        family = self._families[family_id]
        if family.revoked_at is None:
            self._families[family_id] = replace(family, revoked_at=at)

    @override
    async def live_of(self, account_id: AccountId, page: PageRequest, *, now: datetime) -> Page[LiveSession]:
        found = [
            session for session in self._live_of(account_id, now=now) if page.after is None or session.id < page.after
        ]
        items = tuple(found[: page.limit])
        return Page(items, items[-1].id if len(found) > page.limit else None)

    def _live_of(self, account_id: AccountId, *, now: datetime) -> Sequence[LiveSession]:
        found = [
            LiveSession(
                id=family.id,
                started_at=family.started_at,
                renewed_at=ends_at - REFRESH_TTL,
                expires_at=ends_at,
            )
            for family in self._families.values()
            if family.account_id == account_id
            and family.revoked_at is None
            and (ends_at := self._ends_at(family.id)) > now
        ]
        return sorted(found, key=lambda one: one.id, reverse=True)

    def _ends_at(self, family_id: UUID) -> datetime:
        return max(token.expires_at for token in self._tokens.values() if token.family_id == family_id)

    @override
    async def end(self, account_id: AccountId, family_id: UUID, *, at: datetime) -> bool:
        live = {session.id for session in self._live_of(account_id, now=at)}
        if family_id in live:
            await self.revoke(family_id, at=at)
        return family_id in live

    @override
    async def end_all(self, account_id: AccountId, *, but: UUID | None, at: datetime) -> int:
        ending = [
            family.id
            for family in self._families.values()
            if family.account_id == account_id and family.revoked_at is None and family.id != but
        ]
        for family_id in ending:
            await self.revoke(family_id, at=at)
        return len(ending)

    @override
    async def forget_expired(self, *, now: datetime, families_max: int) -> int:
        live = {token.family_id for token in self._tokens.values() if now < token.expires_at}
        gone = sorted(self._families.keys() - live)[:families_max]
        for family_id in gone:
            del self._families[family_id]
        for digest, token in list(self._tokens.items()):
            if token.family_id in gone:
                del self._tokens[digest]
        return len(gone)
