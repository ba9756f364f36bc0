"""Whether what costs something may be sold at a venue."""

from dataclasses import dataclass

from core.shared.errors import UnavailableError
from core.shared.ids import TenantId, VenueId
from core.ticketing.charging import ChargingTerms, VenueCharging, must_charge
from core.ticketing.ticket import Ticket
from ports.published.payments import VenueAccountsApi
from ports.ticketing import ChargingStore


@dataclass(frozen=True, slots=True)
class PaidSales:
    """Part of other use cases.

    Before something goes on sale payments are asked, and the answer is noted; from then on their news are followed,
    which may come late and in any order: the version tells. Where nothing is known sales go on, since a ticket that was
    published was asked about, and payments have the last word when an order is paid.
    """

    accounts: VenueAccountsApi
    store: ChargingStore
    terms: ChargingTerms

    async def must_be_possible(self, tenant_id: TenantId, ticket: Ticket) -> None:
        """Ask payments whether the ticket can be sold, and note what they say.

        Raises ChargesNotEnabledForVenueError for a ticket that costs something, and UnavailableError while payments
        cannot be asked; a free ticket goes on sale regardless.
        """
        if not self.terms.needed:
            return
        venue_id = ticket.event.venue_id
        try:
            state = await self.accounts.charging(tenant_id=tenant_id, venue_id=venue_id)
        except UnavailableError:
            if ticket.price.amount_minor == 0:
                return
            raise
        charging = VenueCharging(
            venue_id=venue_id,
            enabled=state.charges_enabled,
            missing=state.missing,
            disabled_reason=state.disabled_reason,
            version=state.version,
        )
        await self.store.note(tenant_id, charging)
        must_charge(ticket, charging)

    async def obstacle(self, tenant_id: TenantId, venue_id: VenueId) -> VenueCharging | None:
        """Return why nothing that costs something is sold at the venue now; None while it is."""
        if not self.terms.needed:
            return None
        charging = await self.store.of(tenant_id, venue_id)
        return charging if charging is not None and not charging.enabled else None
