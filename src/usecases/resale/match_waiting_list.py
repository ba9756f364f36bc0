"""Offer what was given back to those who wait for it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, override

from core.resale.market.listed import OfferedTo
from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingStatus
from core.resale.waiting.waiting_entry import PlacedOffer, WaitingEntry
from core.resale.waiting.waiting_list import Offer, OpenReturn, offers
from core.resale.waiting.waiting_terms import WaitingTerms
from core.shared.errors import DomainError, UnavailableError
from core.shared.ids import ListingId, TicketId, WaitingOfferId
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.ids import IdSource
from ports.published.resale import ListingOpened, WaitingListOffered, WaitingListOfferEnded
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.resale.waiting_list import DueWaitingLists
from usecases.resale.deliveries import tenant_of

type How = Literal["accepted", "declined", "lapsed", "withdrawn"]

_LOG = logging.getLogger("fairseat.resale")


@dataclass(frozen=True, slots=True)
class MatchReturns:
    """Part of the use cases that open a return, or let somebody have one: the waiting list comes first.

    It runs in their transaction, which has locked no listing yet. Offers that are over by their time, or whose returns
    are gone, end first; then the list is served in its order. What nobody on it can take is public.
    """

    ids: IdSource
    clock: Clock
    terms: WaitingTerms

    async def __call__(self, tx: ResaleTransaction, ticket_id: TicketId, *, gave_up: bool = False) -> None:
        """Serve the list of this ticket as it stands now; may be repeated.

        `gave_up` says that somebody just left who was offered something, so that there is work even without anybody
        else on the list.
        """
        if not await tx.waiting_list.locked(ticket_id):
            return
        now = self.clock.now()
        offered = await tx.waiting_list.offered(ticket_id)
        if not offered and not gave_up and not await self._waiting(tx, ticket_id, now=now):
            await tx.waiting_list.set_due(ticket_id, None)
            return
        returns = await self._locked_returns(tx, ticket_id, offered, now=now)
        live = [offer for each in offered if (offer := await self._tidied(tx, each, returns, now=now)) is not None]
        kept = {listing_id for offer in live for listing_id in offer.listing_ids}
        left = {id: each for id, each in returns.items() if id not in kept and each.is_for_sale(now)}
        live += await self._serve(tx, ticket_id, left, now=now)
        await tx.waiting_list.set_due(ticket_id, min((offer.until for offer in live), default=None))

    async def end_offer(
        self, tx: ResaleTransaction, before: WaitingEntry, after: WaitingEntry, how: How, *, now: datetime
    ) -> None:
        """Store the entry after its offer, and tell how that ended; the list is locked."""
        offer = before.offer
        assert offer is not None, "only an offer ends"
        await tx.waiting_list.save(after)
        told = WaitingListOfferEnded(
            offer_id=offer.id, ticket_id=before.ticket_id, account_id=before.account_id, how=how
        )
        await tx.outbox.add(told, subject=offer.id, at=now)

    async def _waiting(
        self, tx: ResaleTransaction, ticket_id: TicketId, *, now: datetime, after: int = 0, returns: int | None = None
    ) -> Sequence[WaitingEntry]:
        most = self.terms.page_entries
        fits = self.terms.returns_max if returns is None else returns
        return await tx.waiting_list.waiting(ticket_id, after=after, returns=fits, now=now, entries_max=most)

    async def _locked_returns(
        self, tx: ResaleTransaction, ticket_id: TicketId, offered: Sequence[WaitingEntry], *, now: datetime
    ) -> dict[ListingId, Listing]:
        """Return what is open, and what was offered, locked in the order of the ids."""
        ids = {id for each in offered if each.offer is not None for id in each.offer.listing_ids}
        ids |= set(await tx.listings.open_returns(ticket_id, now=now, listings_max=self.terms.returns_max))
        found = {id: await tx.listings.locked(id) for id in sorted(ids)}
        return {id: each for id, each in found.items() if each is not None}

    async def _tidied(
        self, tx: ResaleTransaction, entry: WaitingEntry, returns: Mapping[ListingId, Listing], *, now: datetime
    ) -> PlacedOffer | None:
        """End or narrow an offer that is over, or of which something is gone; return what is left of it."""
        offer = entry.offer
        assert offer is not None, "what is stored as offered has its offer"
        found = [returns[id] for id in offer.listing_ids if id in returns]
        there = tuple(each.id for each in found if each.is_for_sale(now))
        if any(_has_bought(each, entry) for each in found):
            await self.end_offer(tx, entry, entry.accepted(), "accepted", now=now)
        elif now >= entry.ends_at:
            await self.end_offer(tx, entry, entry.ended(), "lapsed", now=now)
        elif entry.offer_at(now) is None:
            place = await tx.waiting_list.next_sequence(entry.ticket_id)
            after = entry.unanswered(sequence=place, lapses_max=self.terms.lapses_max)
            await self.end_offer(tx, entry, after, "lapsed", now=now)
        elif there == offer.listing_ids:
            return offer
        elif there and entry.accept_fewer:
            await tx.waiting_list.save(entry.narrowed(there))
            return replace(offer, listing_ids=there)
        else:
            await self.end_offer(tx, entry, entry.withdrawn(), "withdrawn", now=now)
        return None

    async def _serve(
        self, tx: ResaleTransaction, ticket_id: TicketId, left: dict[ListingId, Listing], *, now: datetime
    ) -> list[PlacedOffer]:
        """Offer what is open along the list, page by page; let everybody buy what is left of it."""
        made: list[PlacedOffer] = []
        after = 0
        while left and (entries := await self._waiting(tx, ticket_id, now=now, after=after, returns=len(left))):
            by_id, after = {each.id: each for each in entries}, entries[-1].sequence
            opened = [OpenReturn(each.id, each.seller_id, each.terms.closes_at) for each in left.values()]
            for offer in offers(entries, opened, now, window=self.terms.offer_window):
                returns = [left.pop(id) for id in offer.listing_ids]
                made.append(await self._place(tx, by_id[offer.entry_id], offer, returns, now=now))
        for each in left.values():
            await _save(tx, each, each.offered_first(None, now))
        return made

    async def _place(
        self, tx: ResaleTransaction, entry: WaitingEntry, offer: Offer, returns: Sequence[Listing], *, now: datetime
    ) -> PlacedOffer:
        placed = PlacedOffer(WaitingOfferId(self.ids.new()), offer.listing_ids, offer.until)
        await tx.waiting_list.save(entry.offered(placed))
        for each in returns:
            await _save(tx, each, each.offered_first(OfferedTo(entry.account_id, offer.until), now))
        told = WaitingListOffered(
            offer_id=placed.id,
            ticket_id=entry.ticket_id,
            account_id=entry.account_id,
            listing_ids=placed.listing_ids,
            expires_at=placed.until,
        )
        await tx.outbox.add(told, subject=placed.id, at=now)
        return placed


@dataclass(frozen=True, slots=True)
class MatchOpened(Consumer[ListingOpened]):
    """For events: what comes (back) on the market is offered to the list. The same again finds the same."""

    resale: ResaleTransactions
    match: MatchReturns

    @override
    async def __call__(self, event: ListingOpened, delivery: Delivery) -> None:
        async with self.resale.begin(tenant_of(delivery)) as tx:
            await self.match(tx, TicketId(event.ticket_id))


@dataclass(frozen=True, slots=True)
class MatchWaitingLists:
    """Done by the worker, across tenants: passes on what nobody answered in time."""

    lists: DueWaitingLists
    resale: ResaleTransactions
    match: MatchReturns
    clock: Clock
    terms: WaitingTerms

    async def __call__(self) -> int:
        """Return how many lists were served; one that fails stays due."""
        done = 0
        for tenant_id, ticket_id in await self.lists.due(now=self.clock.now(), lists_max=self.terms.sweep_lists_max):
            try:
                async with self.resale.begin(tenant_id) as tx:
                    await self.match(tx, ticket_id)
            except (DomainError, UnavailableError) as error:
                _LOG.warning("the waiting list of ticket %s stays due: %s", ticket_id, error)
            else:
                done += 1
        return done


async def _save(tx: ResaleTransaction, before: Listing, after: Listing) -> None:
    if after is not before:
        await tx.listings.save(after)


def _has_bought(listing: Listing, entry: WaitingEntry) -> bool:
    """Tell whether somebody who was offered the return buys it by itself, or has."""
    bought = listing.status not in {ListingStatus.OPEN, ListingStatus.SUSPENDED}
    return bought and listing.purchase is not None and listing.purchase.account_id == entry.account_id
