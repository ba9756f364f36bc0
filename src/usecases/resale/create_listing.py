"""List a pass for sale."""

from dataclasses import dataclass

from core.resale.law.facts import Where
from core.resale.law.rule import AppliesAt
from core.resale.market.listed import ListingTerms, closing_time, restrictions_of
from core.resale.market.listing import Listing
from core.resale.market.market_terms import MarketTerms
from core.resale.market.sellable import refusal_of
from core.resale.policies.split import fees_of
from core.resale.verdicts.verdict import Verdict
from core.shared.callers import Caller
from core.shared.errors import ForbiddenError
from core.shared.ids import ListingId, PassId, TicketId, VenueId
from core.shared.money import MixedCurrenciesError, Money
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.admission import AdmissionApi
from ports.published.refusals import RefusedError
from ports.published.venues import VenuesApi
from ports.resale import ResaleTransactions
from usecases.resale.judging import Judge
from usecases.resale.listed_passes import listed_pass
from usecases.resale.open_listing import OpenListing
from usecases.resale.persons import must_be_free, must_have_room
from usecases.resale.policy_of import PolicyOf
from usecases.resale.purchases import begun, purchase_of


@dataclass(frozen=True, slots=True)
class NewListing:
    """A listing, and the verdict that it is lawful by."""

    listing: Listing
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class CreateListing:
    """Open to the holder of a pass who has an account; the price is lawful, or nothing is listed."""

    resale: ResaleTransactions
    admission: AdmissionApi
    venues: VenuesApi
    judge: Judge
    policy_of: PolicyOf
    open: OpenListing
    clock: Clock
    ids: IdSource
    terms: MarketTerms

    async def __call__(
        self, caller: Caller, pass_id: PassId, price: Money, *, seller_trader: bool | None = None
    ) -> NewListing:
        """Return the listing, which is on the market and whose pass admits nobody any more until it comes back.

        Raises RefusedError of admission for a pass that is not the caller's or cannot be offered, UnlawfulResaleError
        with the verdict's reasons, VerificationRequiredError, PersonBlockedError, TooManyListingsError,
        AlreadyListedError, MixedCurrenciesError, and ForbiddenError for a guest, who could not be paid.
        """
        if caller.guest:
            raise ForbiddenError("Only an account can be paid for a pass: sign in to sell.")
        facts = await self.admission.pass_facts(tenant_id=caller.tenant_id, pass_id=pass_id)
        if facts.account_id != caller.account_id:
            raise RefusedError("admission.pass_not_found", "There is no such pass.")
        if price.currency != facts.currency:
            raise MixedCurrenciesError(f"The pass was sold in {facts.currency}, so it is listed in {facts.currency}.")
        async with self.resale.begin(caller.tenant_id) as tx:
            await must_be_free(tx, caller.account_id, now=self.clock.now())
        chain = await self.policy_of(caller.tenant_id, VenueId(facts.venue_id), TicketId(facts.ticket_id))
        venue = await self.venues.venue(tenant_id=caller.tenant_id, venue_id=facts.venue_id)
        place = Where(country=venue.country, subdivision=venue.subdivision)
        now = self.clock.now()
        judged = await self.judge(
            caller.tenant_id,
            pass_facts=facts,
            price=price,
            seller=caller.account_id,
            buyer_place=None,
            moment=AppliesAt.LISTING,
            now=now,
            seller_trader=seller_trader,
        )
        if (refusal := refusal_of(judged.verdict, pointer="/price")) is not None:
            raise refusal
        listing = Listing.begin(
            ListingId(self.ids.new()),
            subject=listed_pass(facts, place),
            seller_id=caller.account_id,
            price=price,
            terms=ListingTerms(
                verdict_id=judged.verdict_id,
                closes_at=closing_time(facts.event_starts_at, chain),
                duties=judged.verdict.duties,
                restrictions=restrictions_of(chain),
                fees=fees_of(chain),
                seller_trader=seller_trader,
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
