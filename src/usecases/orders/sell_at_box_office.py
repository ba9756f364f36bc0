"""Sell at the box office what staff hold for a customer."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.orders.box_office import BoxOfficeSale, Settlement
from core.orders.contact import Contact
from core.orders.errors import ResaleOnlineOnlyError
from core.orders.order import Order
from core.orders.terms import OrderTerms
from core.shared.callers import SELLERS, Caller
from core.shared.ids import AccountId, OrderId
from ports.clock import Clock
from ports.ids import IdSource
from usecases.orders.place_order import HoldToOrder, PlaceOrder


@dataclass(frozen=True, slots=True)
class Sale:
    """What is sold at the box office: to a customer's account, or to nobody in particular and then to the seller's."""

    holds: Sequence[HoldToOrder]
    settlement: Settlement
    note: str = ""
    contact: Contact | None = None
    for_account: AccountId | None = None


@dataclass(frozen=True, slots=True)
class SellAtBoxOffice:
    """Open to those who sell for the organisation. The order is confirmed at once, and says who sold it and how."""

    place: PlaceOrder
    clock: Clock
    ids: IdSource
    terms: OrderTerms

    async def __call__(self, caller: Caller, sale: Sale) -> Order:
        """Return the CONFIRMED order; selling the same again for the same settlement answers the same order.

        The holds are the account's that the order is for, or are proved by their tokens. Raises ForbiddenError,
        DuplicateReservationError, ResaleOnlineOnlyError, and what `PlaceOrder.take` raises.
        """
        caller.must_be_one_of(SELLERS)
        fresh = Order.place(
            OrderId(self.ids.new()),
            account_id=sale.for_account or caller.account_id,
            reservations=[hold.reservation for hold in sale.holds],
            contact=sale.contact,
            now=self.clock.now(),
            terms=self.terms,
            sale=BoxOfficeSale(caller.account_id, sale.settlement, sale.note),
        )
        if fresh.is_resale:
            raise ResaleOnlineOnlyError
        return await self.place.take(caller.tenant_id, fresh, sale.holds)
