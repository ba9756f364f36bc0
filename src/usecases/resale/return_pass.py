"""Give a pass back to the organiser."""

from dataclasses import dataclass

from core.resale.law.facts import Where
from core.resale.law.rule import AppliesAt
from core.resale.market.listed import ListingTerms, closing_time, restrictions_of
from core.resale.market.listing import Listing
from core.resale.market.listing_errors import NotReturnableError, UnlawfulResaleError
from core.resale.market.listing_status import ListingKind
from core.resale.market.market_terms import MarketTerms
from core.resale.policies.policy import Channel
from core.resale.policies.returns import chain_of
from core.shared.callers import Caller
from core.shared.ids import ListingId, PassId, TicketId, VenueId
from core.shared.money import Money
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.admission import AdmissionApi, PassFacts
from ports.published.orders import OrdersApi
from ports.published.refusals import RefusedError
from ports.published.venues import VenuesApi
from ports.resale import ResaleTransactions
from usecases.resale.create_listing import NewListing
from usecases.resale.judging import Judge
from usecases.resale.listed_passes import listed_pass
from usecases.resale.open_listing import OpenListing
from usecases.resale.persons import must_be_free, must_have_room
from usecases.resale.policy_of import PolicyOf
from usecases.resale.purchases import begun, purchase_of


@dataclass(frozen=True, slots=True)
class ReturnPass:
    """Open to whoever bought the pass in the first sale and has it still, guests too: the money goes the way it came.

    The price is what the admission itself has cost, fees apart. Nobody is paid before somebody buys it; until then its
    holder may take it back, and keeps it when the time to sell it is over.
    """

    resale: ResaleTransactions
    admission: AdmissionApi
    orders: OrdersApi
    venues: VenuesApi
    judge: Judge
    policy_of: PolicyOf
    open: OpenListing
    clock: Clock
    ids: IdSource
    terms: MarketTerms

    async def __call__(self, caller: Caller, pass_id: PassId) -> NewListing:
        """Return the listing, which is on the market, and whose pass admits nobody any more until it comes back.

        Raises NotReturnableError for a pass that the caller did not buy or that cost nothing, and what CreateListing
        raises, but for the price.
        """
        facts = await self.admission.pass_facts(tenant_id=caller.tenant_id, pass_id=pass_id)
        if facts.account_id != caller.account_id:
            raise RefusedError("admission.pass_not_found", "There is no such pass.")
        price = await self._price(caller, facts)
        async with self.resale.begin(caller.tenant_id) as tx:
            await must_be_free(tx, caller.account_id, now=self.clock.now())
        whole = await self.policy_of(caller.tenant_id, VenueId(facts.venue_id), TicketId(facts.ticket_id))
        venue = await self.venues.venue(tenant_id=caller.tenant_id, venue_id=facts.venue_id)
        place = Where(country=venue.country, subdivision=venue.subdivision)
        chain, now = chain_of(Channel.RETURN, whole), self.clock.now()
        judged = await self.judge(
            caller.tenant_id,
            pass_facts=facts,
            price=price,
            seller=caller.account_id,
            buyer_place=None,
            moment=AppliesAt.LISTING,
            now=now,
            channel=Channel.RETURN,
        )
        if not judged.verdict.allowed:
            raise UnlawfulResaleError.of(judged.verdict.reasons)
        listing = Listing.begin(
            ListingId(self.ids.new()),
            kind=ListingKind.RETURN,
            subject=listed_pass(facts, place),
            seller_id=caller.account_id,
            price=price,
            terms=ListingTerms(
                verdict_id=judged.verdict_id,
                closes_at=closing_time(facts.event_starts_at, chain),
                duties=judged.verdict.duties,
                restrictions=restrictions_of(chain),
            ),
            now=now,
        )
        async with self.resale.begin(caller.tenant_id) as tx:
            await must_be_free(tx, caller.account_id, now=now)
            await must_have_room(tx, listing, self.terms)
            await tx.listings.add(listing)
            # After the listing, as whoever completes one locks it before the history of its pass.
            await begun(tx.history, purchase_of(facts, place=place))
        return NewListing(await self.open(caller.tenant_id, listing.id), judged.verdict)

    async def _price(self, caller: Caller, facts: PassFacts) -> Money:
        if facts.lineage_id != facts.pass_id:
            raise NotReturnableError("The pass was bought of somebody else: list it for sale instead.")
        order = await self.orders.order(tenant_id=caller.tenant_id, order_id=facts.order_id)
        if order.account_id != caller.account_id:
            raise NotReturnableError("The pass was paid for by somebody else, who alone can get the money back.")
        price_minor = facts.face_minor - (facts.discount_minor or 0)
        if price_minor <= 0:
            raise NotReturnableError("The pass has cost nothing, so there is nothing to give back for it.")
        return Money(price_minor, facts.currency)
