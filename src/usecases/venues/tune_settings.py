"""Read and change the settings of a venue, and of an organiser."""

from dataclasses import dataclass, replace

from core.shared.callers import MANAGERS, STAFF, Caller
from core.shared.errors import StaleVersionError
from core.shared.ids import TenantId, VenueId
from core.venues.settings import OrganiserSettings, VenueSettings
from ports.clock import Clock
from ports.published.venues import OrganiserSettingsChanged, VenueSettingsChanged
from ports.venues import RememberedVenues, VenueTransactions


@dataclass(frozen=True, slots=True)
class TuneSettings:
    """Staff may read; managers may change what they have read."""

    transactions: VenueTransactions
    remembered: RememberedVenues
    clock: Clock

    async def of_venue(self, venue_id: VenueId, *, caller: Caller) -> VenueSettings:
        """Return the venue's settings; raises VenueNotFoundError, ForbiddenError."""
        caller.must_be_one_of(STAFF)
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.venues.get(venue_id)
            return await tx.settings.of_venue(venue_id)

    async def change_venue(
        self, venue_id: VenueId, settings: VenueSettings, *, expected_version: int, caller: Caller
    ) -> VenueSettings:
        """Replace the venue's settings, announced; raises VenueNotFoundError, StaleVersionError, ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.venues.get(venue_id)
            stored = await tx.settings.of_venue(venue_id)
            if stored.version != expected_version:
                raise StaleVersionError(f"The settings are at version {stored.version}; you read {expected_version}.")
            changed = replace(settings, version=expected_version + 1)
            await tx.settings.save_for_venue(venue_id, changed, at=now)
            await tx.outbox.add(VenueSettingsChanged(venue_id=venue_id), subject=venue_id, at=now)
        await self.remembered.forget(caller.tenant_id, venue_id)
        return changed

    async def of_organiser(self, tenant_id: TenantId) -> OrganiserSettings:
        """Return the tenant's settings."""
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.settings.of_organiser()

    async def change_organiser(
        self, settings: OrganiserSettings, *, expected_version: int, caller: Caller
    ) -> OrganiserSettings:
        """Replace the tenant's settings and announce them; raises StaleVersionError, ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            stored = await tx.settings.of_organiser()
            if stored.version != expected_version:
                raise StaleVersionError(f"The settings are at version {stored.version}; you read {expected_version}.")
            changed = replace(settings, version=expected_version + 1)
            await tx.settings.save_for_organiser(changed, at=now)
            await tx.outbox.add(
                OrganiserSettingsChanged(hold_ttl_s=changed.hold_ttl_s), subject=caller.tenant_id, at=now
            )
        return changed
