"""Value added tax at the rates that the organisation sets."""

from collections.abc import Sequence
from typing import override

from core.orders.content import OrderContent, Tax
from core.orders.taxes import TaxRate, taxes_on
from core.shared.ids import TenantId
from ports.orders import TaxRules
from ports.published.venues import VenuesApi


class OrganisationVat(TaxRules):
    """One rate for each country where events happen, or one for all; the core reckons.

    Venues are asked for their countries only where a rate depends on it. A venue that is not there any more is refused
    with `venues.not_found`: what cannot be taxed is not sold.
    """

    def __init__(self, venues: VenuesApi) -> None:
        self._venues = venues

    @override
    async def taxes(self, *, tenant_id: TenantId, content: OrderContent, rates: Sequence[TaxRate]) -> tuple[Tax, ...]:
        if not rates:
            return ()
        by_country = any(rate.country is not None for rate in rates)
        venue_ids = dict.fromkeys(ticket.event.venue_id for ticket in content.tickets)
        countries = {
            venue_id: (await self._venues.venue(tenant_id=tenant_id, venue_id=venue_id)).country if by_country else None
            for venue_id in venue_ids
        }
        return taxes_on(content, rates=rates, countries=countries)
