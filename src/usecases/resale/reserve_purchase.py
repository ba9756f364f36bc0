"""Turn a purchase into the reservation of an order, if the sale is lawful still."""

from dataclasses import dataclass
from datetime import datetime

from core.resale.market import market
from core.resale.market.listed import Purchase
from core.resale.market.listing import Listing
from core.resale.market.listing_errors import NotForSaleError, ResaleReservationNotFoundError
from core.shared.holders import holder_of
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.resale import ResaleTransactions
from ports.resale.listings import PurchaseEntry
from usecases.resale.examine_listing import ExamineListing, Finding
from usecases.resale.listing_news import save_and_announce
from usecases.resale.persons import must_be_free, seller_must_be_free
from usecases.resale.reconsider_listing import after_finding


@dataclass(frozen=True, slots=True)
class ReservePurchase:
    """For orders. Law and policy are asked again, since they may have changed since the pass was listed."""

    resale: ResaleTransactions
    examine: ExamineListing
    clock: Clock

    async def __call__(
        self,
        purchase_id: ReservationId,
        *,
        tenant_id: TenantId,
        order_id: OrderId,
        account_id: AccountId,
        hold_token: str | None,
        until: datetime,
    ) -> PurchaseEntry:
        """Return the listing with the order's reservation of it; the same again answers the same.

        Raises ResaleReservationNotFoundError, NotResaleHolderError, ResaleReservationConflictError,
        ResaleReservationExpiredError, PersonBlockedError, NotForSaleError, and UnlawfulResaleError or
        VerificationRequiredError with the reasons; the listing is SUSPENDED then.
        """
        by = holder_of(account_id, hold_token)
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            entry = await tx.listings.purchase(purchase_id)
            if entry is None:
                raise ResaleReservationNotFoundError
            if not market.must_be_reservable(entry.listing, entry.purchase, by=by, order_id=order_id, now=now):
                return entry
            await must_be_free(tx, account_id, now=now)
            await seller_must_be_free(tx, entry.listing, now=now)
        finding = await self.examine(tenant_id, entry.listing)
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            found = await tx.listings.locked_purchase(purchase_id)
            assert found is not None, "no purchase is ever deleted"
            listing = found.listing
            if finding.is_fine:
                after = market.reserve(listing, found.purchase, by=by, order_id=order_id, until=until, now=now)
            else:
                after = after_finding(listing, finding, now=now)
            after = await save_and_announce(tx, listing, after, now=now)
        _must_be_fine(finding)
        return PurchaseEntry(_purchase_of(after), after)


def _must_be_fine(finding: Finding) -> None:
    if finding.refusal is not None:
        raise finding.refusal
    if not finding.is_fine:
        raise NotForSaleError("This pass cannot be sold at the moment.")


def _purchase_of(listing: Listing) -> Purchase:
    assert listing.purchase is not None, "what is reserved has a buyer"
    return listing.purchase
