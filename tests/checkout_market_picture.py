"""The market of a checkout at one moment: listings, payouts, and the histories of passes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.payments.payment import Payment
from core.payments.payout import Payout
from core.resale.market.listing import Listing
from core.resale.market.listing_status import LIVE, TAKEN, ListingStatus
from core.resale.transfers.history import KeptEntry, Lineage
from core.shared.ids import OrderId, PassId
from ports.paging import PAGE_SIZE_MAX, PageRequest
from ports.payments import PaymentTransactions
from ports.resale import ResaleTransactions
from ports.resale.listings import ListingQuery
from tests.checkout_plant import Process
from tests.checkout_world import TENANT, Checkout


@dataclass(frozen=True)
class Market:
    """What is listed, and what came of it."""

    listings: tuple[Listing, ...]
    payouts: dict[OrderId, list[Payout]]
    histories: dict[PassId, tuple[Sequence[KeptEntry], Lineage]]

    def moments(self) -> Iterator[datetime]:
        """When something is to be looked at again; what only waits for a buyer is not."""
        waiting = LIVE - TAKEN - {ListingStatus.OPENING}
        yield from (each.due_at for each in self.listings if each.due_at and each.status not in waiting)
        yield from (each.check_at for payouts in self.payouts.values() for each in payouts if each.check_at)


async def market_of(checkout: Checkout, payments: Mapping[OrderId, Payment]) -> Market:
    listings = await listings_of(checkout.observer)
    payouts: dict[OrderId, list[Payout]] = {}
    histories: dict[PassId, tuple[Sequence[KeptEntry], Lineage]] = {}
    if listings:
        async with (await checkout.observer.get("payment", PaymentTransactions)).begin(TENANT) as money:
            for order_id, payment in payments.items():
                if payment.escrow:
                    payouts[order_id] = list(await money.payouts.of_payment(payment.id))
        async with (await checkout.observer.get("venue", ResaleTransactions)).begin(TENANT) as tx:
            for id in {each.subject.lineage_id for each in listings}:
                histories[id] = await tx.history.entries(id), await tx.history.peek(id)
    return Market(listings, payouts, histories)


async def listings_of(observer: Process) -> tuple[Listing, ...]:
    """Every listing, oldest first."""
    async with (await observer.get("venue", ResaleTransactions)).begin(TENANT) as tx:
        return tuple((await tx.listings.page(PageRequest(PAGE_SIZE_MAX), ListingQuery())).items)
