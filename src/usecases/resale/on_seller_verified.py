"""Let a seller's listings go on once their evidence is accepted, and stop them when it does not count any more."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import override

from core.resale.market.listing_status import ListingStatus
from core.shared.errors import DomainError
from core.shared.ids import AccountId, ListingId, TenantId, VenueId
from ports.events import Consumer, Delivery
from ports.paging import PAGE_SIZE_MAX, PageRequest
from ports.published.resale import SellerVerificationChanged
from ports.resale import ResaleTransactions
from ports.resale.listings import ListingQuery
from usecases.resale.deliveries import tenant_of
from usecases.resale.reconsider_listing import ReconsiderListing

_LOG = logging.getLogger("fairseat.resale")
_JUDGED = frozenset({ListingStatus.OPEN, ListingStatus.RESERVED, ListingStatus.SUSPENDED})


@dataclass(frozen=True, slots=True)
class ReconsiderSeller(Consumer[SellerVerificationChanged]):
    """For events. Each listing of the seller, at the venue that the evidence is for or everywhere, is judged again.

    Each has transactions of its own, and the same again finds the same, so that no inbox is needed. One that cannot be
    judged does not stand in the way of the others: it stays as it is, and the checkout asks about it anyway.
    """

    resale: ResaleTransactions
    reconsider: ReconsiderListing

    @override
    async def __call__(self, event: SellerVerificationChanged, delivery: Delivery) -> None:
        tenant_id = tenant_of(delivery)
        query = ListingQuery(
            seller_id=AccountId(event.account_id),
            venue_id=VenueId(event.venue_id) if event.venue_id is not None else None,
            statuses=_JUDGED,
        )
        async for listing_id in self._found(tenant_id, query):
            try:
                await self.reconsider(tenant_id, listing_id)
            except DomainError as error:
                _LOG.warning("listing %s stays as it is: %s", listing_id, error)

    async def _found(self, tenant_id: TenantId, query: ListingQuery) -> AsyncIterator[ListingId]:
        page = PageRequest(limit=PAGE_SIZE_MAX)
        while True:
            async with self.resale.begin(tenant_id) as tx:
                found = await tx.listings.page(page, query)
            for listing in found.items:
                yield listing.id
            if found.next_after is None:
                return
            page = PageRequest(limit=PAGE_SIZE_MAX, after=found.next_after)
