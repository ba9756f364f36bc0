"""Follow an organiser's change of how long holds last."""

from dataclasses import dataclass

from core.shared.ids import TenantId
from ports.clock import Clock
from ports.events import Delivery
from ports.published.venues import OrganiserSettingsChanged
from ports.seating import SeatingTransactions


@dataclass(frozen=True, slots=True)
class FollowOrganiserSettings:
    """Consumes `venue.organiser_settings.changed`; holds that live keep the time that they were promised."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, event: OrganiserSettingsChanged, delivery: Delivery) -> None:
        """Let new holds of all the tenant's plans last as long as the event says."""
        if delivery.tenant_id is None:
            return
        now = self.clock.now()
        async with self.transactions.begin(TenantId(delivery.tenant_id)) as tx:
            if await tx.inbox.accept(delivery.event_id, consumer="seating.follow_organiser_settings", at=now):
                await tx.plans.set_hold_ttl_s(event.hold_ttl_s, at=now)
