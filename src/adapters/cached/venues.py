"""Venues that are remembered."""

from collections.abc import Awaitable, Callable
from typing import override
from uuid import UUID

import msgspec

from adapters.cached.reads import CachedReads
from core.shared.ids import TenantId, VenueId
from core.venues.settings import VenueSettings
from core.venues.venue import Venue
from ports.cache import Cache
from ports.clock import Clock
from ports.locks import Locks
from ports.venues import RememberedVenues, VenueAsSet

TTL_S = 30
"""How late a change may be seen when nobody can be told of it."""


class _Entry(msgspec.Struct, frozen=True):
    tenant_id: UUID
    venue: Venue
    settings: VenueSettings


class CachedVenues(RememberedVenues):
    """One entry a venue, with the tenant in its key and in itself."""

    def __init__(self, cache: Cache, locks: Locks, clock: Clock, *, ttl_s: int = TTL_S) -> None:
        self._reads = CachedReads(_Entry, cache, locks, clock, ttl_s=ttl_s)

    @override
    async def of(self, tenant_id: TenantId, venue_id: VenueId, load: Callable[[], Awaitable[VenueAsSet]]) -> VenueAsSet:
        async def entry() -> _Entry:
            found = await load()
            return _Entry(tenant_id, found.venue, found.settings)

        known = await self._reads.of(_key(tenant_id, venue_id), entry)
        if known.tenant_id != tenant_id or known.venue.id != venue_id:
            return await load()  # somebody wrote another's answer under our key, and made it whole
        return VenueAsSet(known.venue, known.settings)

    @override
    async def forget(self, tenant_id: TenantId, venue_id: VenueId) -> None:
        await self._reads.forget(_key(tenant_id, venue_id))


def _key(tenant_id: TenantId, venue_id: VenueId) -> str:
    return f"venue:{tenant_id}:{venue_id}"
