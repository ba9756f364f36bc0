"""Which venues can take payments, on MongoDB: one document a venue."""

from typing import Any, override

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from adapters.mongo.client import Database, driver_errors_translated
from core.shared.ids import TenantId, VenueId
from core.ticketing.charging import VenueCharging
from ports.ticketing import ChargingStore


class MongoCharging(ChargingStore):
    """The venue's id is the document's, so that two that note at once make one document."""

    def __init__(self, database: Database) -> None:
        self._venues: AsyncCollection[dict[str, Any]] = database.get_collection("venueCharging")

    @override
    async def note(self, tenant_id: TenantId, charging: VenueCharging) -> bool:
        older = {"_id": charging.venue_id, "tenantId": tenant_id, "version": {"$lt": charging.version}}
        said = {
            "enabled": charging.enabled,
            "missing": list(charging.missing),
            "disabledReason": charging.disabled_reason,
            "version": charging.version,
        }
        async with driver_errors_translated():
            try:
                await self._venues.update_one(older, {"$set": said}, upsert=True)
            except DuplicateKeyError:
                return False  # what is noted is as new, or newer
        return True

    @override
    async def of(self, tenant_id: TenantId, venue_id: VenueId) -> VenueCharging | None:
        async with driver_errors_translated():
            found = await self._venues.find_one({"_id": venue_id, "tenantId": tenant_id})
        if found is None:
            return None
        return VenueCharging(
            venue_id=venue_id,
            enabled=found["enabled"],
            missing=tuple(found["missing"]),
            disabled_reason=found["disabledReason"],
            version=found["version"],
        )
