"""Follow what becomes of the accounts of venues."""

from dataclasses import dataclass

from core.shared.ids import TenantId, VenueId
from core.ticketing.charging import VenueCharging
from ports.events import Delivery
from ports.published.payments import AccountChanged
from ports.ticketing import ChargingStore


@dataclass(frozen=True, slots=True)
class NoteAccountChange:
    """Consumes `payments.account.changed`.

    There is no inbox, and none is needed: the same event a second time, or an older one, is no newer version.
    """

    store: ChargingStore

    async def __call__(self, event: AccountChanged, delivery: Delivery) -> None:
        """Note whether the venue can take payments."""
        if delivery.tenant_id is None:
            return
        charging = VenueCharging(
            venue_id=VenueId(event.venue_id),
            enabled=event.charges_enabled,
            missing=event.missing,
            disabled_reason="deauthorized" if event.deauthorized else event.disabled_reason,
            version=event.version,
        )
        await self.store.note(TenantId(delivery.tenant_id), charging)
