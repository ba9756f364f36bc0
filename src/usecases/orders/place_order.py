"""Place an order for what is held."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from core.orders.box_office import Settlement
from core.orders.contact import Contact
from core.orders.content import OrderContent, OrderLine
from core.orders.errors import ContactRequiredError, OrderEndedError, OrderExpiredError, ReservationOrderedError
from core.orders.order import Order
from core.orders.reservations import OrderedReservation, ReservationKind
from core.orders.statuses import LIVE, OrderStatus
from core.orders.terms import OrderTerms
from core.orders.voucher_errors import VoucherNotForResaleError
from core.orders.vouchers import discount_code, normalised
from core.shared.callers import Caller
from core.shared.errors import DomainError, Problem
from core.shared.ids import OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.ids import IdSource
from ports.orders import OrderTransaction, OrderTransactions
from ports.published.refusals import RefusedError
from ports.published.resale import ResaleReserved
from usecases.orders.access import locked_order
from usecases.orders.announcements import created, ended
from usecases.orders.pass_on import roots_of
from usecases.orders.price_order import PriceOrder
from usecases.orders.redeem_voucher import Quote, RedeemVoucher
from usecases.orders.reservations import Reservations, Reserved
from usecases.orders.settle_payment import SettlePayment


@dataclass(frozen=True, slots=True)
class HoldToOrder:
    """A hold that is to be ordered; the token proves the hold of someone without an account."""

    reservation_id: ReservationId
    hold_token: str | None = None
    kind: ReservationKind = ReservationKind.SEATS

    @property
    def reservation(self) -> OrderedReservation:
        return OrderedReservation(self.kind, self.reservation_id)


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Open to every signed-in buyer and guest; a guest has to give a contact.

    The order is recorded first, then everything is reserved under its id, then it awaits its payment; where nothing has
    to be paid by Stripe it is settled at once. Placing it again answers the same order, and goes on where an earlier
    try was cut off. Only all of it is ordered, or nothing.
    """

    transactions: OrderTransactions
    reservations: Reservations
    price: PriceOrder
    redeem: RedeemVoucher
    settle: SettlePayment
    clock: Clock
    ids: IdSource
    terms: OrderTerms

    async def __call__(
        self,
        caller: Caller,
        holds: Sequence[HoldToOrder],
        contact: Contact | None,
        *,
        voucher_code: str | None = None,
        accept_other_seats: bool = False,
    ) -> Order:
        """Return the order that awaits its payment, or is CONFIRMED where there is nothing to pay.

        With `accept_other_seats` the buyer will have seats that are as good, should the money come when the ordered
        ones have gone; what was said when the order was first placed counts.

        Raises ContactRequiredError, DuplicateReservationError, ResaleApartError, and what `take` raises.
        """
        if caller.guest and contact is None:
            raise ContactRequiredError
        fresh = Order.place(
            OrderId(self.ids.new()),
            account_id=caller.account_id,
            reservations=[hold.reservation for hold in holds],
            contact=contact,
            now=self.clock.now(),
            terms=self.terms,
            accept_other_seats=accept_other_seats,
        )
        return await self.take(caller.tenant_id, fresh, holds, voucher_code=voucher_code)

    async def take(
        self, tenant_id: TenantId, fresh: Order, holds: Sequence[HoldToOrder], *, voucher_code: str | None = None
    ) -> Order:
        """For the box office too: take a new order for these holds, and return it or the earlier one for them.

        Raises ReservationOrderedError (a live order of the buyer has some of the reservations, but not just these, or
        was sold otherwise, or without this code), OrderExpiredError, MixedCurrenciesError, OrderEndedError where
        nothing had to be paid but not everything could be sold, and RefusedError with what seating or ticketing says
        and which of the holds it is about; the order is CANCELLED after a refusal, and what was reserved is free again.

        Of passes that others had it raises VoucherNotForResaleError, and, where the seller has them no more,
        PassedOnError and OriginGoneError.

        Raises also what `RedeemVoucher` raises. Then the order is PENDING and keeps what is reserved, for its time: it
        can be placed again with another code, or without one.
        """
        if voucher_code is not None and fresh.is_resale:
            raise VoucherNotForResaleError
        order = await self._recorded(tenant_id, fresh)
        if order.status is OrderStatus.PENDING:
            order = await self._reserved(tenant_id, order, holds, voucher_code)
        elif voucher_code is not None and not _has(order, voucher_code):
            raise ReservationOrderedError
        if not order.is_uncharged or order.status is not OrderStatus.AWAITING_PAYMENT:
            return order
        settled = await self.settle(tenant_id, order.id)
        if settled.status not in LIVE:
            raise OrderEndedError(settled.status.value)
        return settled

    async def _reserved(
        self, tenant_id: TenantId, order: Order, holds: Sequence[HoldToOrder], voucher_code: str | None
    ) -> Order:
        if order.is_due(self.clock.now()):
            raise OrderExpiredError
        reserved = await self._or_refused(tenant_id, order, self._reserve(tenant_id, order, holds))
        items = await self._or_refused(tenant_id, order, self._items(tenant_id, reserved))
        quote = None if voucher_code is None else await self.redeem.quote(tenant_id, order, voucher_code, items)
        discounts = (quote.discount,) if quote else order.sale.discounts_on(items) if order.sale else ()
        content = await self._or_refused(tenant_id, order, self.price(tenant_id, items, discounts=discounts))
        order = await self._awaiting(tenant_id, order, content, quote)
        await self._give_up_if_ended(tenant_id, order)
        return order

    async def _awaiting(self, tenant_id: TenantId, seen: Order, content: OrderContent, quote: Quote | None) -> Order:
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_order(tx, seen.id)
            if order.status is not OrderStatus.PENDING:
                return order
            now = self.clock.now()
            order = order.await_payment(content, now=now)
            await tx.orders.save(order)
            if quote is not None:
                await self.redeem.use(tx, order, quote, now=now)
            await tx.outbox.add(created(order, content), subject=order.id, at=now)
        return order

    async def _or_refused[T](self, tenant_id: TenantId, order: Order, step: Awaitable[T]) -> T:
        """Return what the step gives; a refusal of it ends the order."""
        try:
            return await step
        except DomainError as refusal:
            code = refusal.refusal_code if isinstance(refusal, RefusedError) else refusal.code
            await self._refused(tenant_id, order, code)
            raise

    async def _recorded(self, tenant_id: TenantId, fresh: Order) -> Order:
        try:
            async with self.transactions.begin(tenant_id) as tx:
                earlier = await _earlier(tx, fresh)
                if earlier is not None:
                    return earlier
                fresh = fresh.under(await tx.policies.get())
                await tx.orders.add(fresh)
        except ReservationOrderedError:
            # Perhaps another request of the same buyer was quicker, and its order is the very one.
            async with self.transactions.begin(tenant_id) as tx:
                earlier = await _earlier(tx, fresh)
            if earlier is None:
                raise
            return earlier
        return fresh

    async def _reserve(self, tenant_id: TenantId, order: Order, holds: Sequence[HoldToOrder]) -> list[Reserved]:
        asked = {hold.reservation_id: (position, hold) for position, hold in enumerate(holds)}
        reserved: list[Reserved] = []
        for each in order.reservations:
            position, hold = asked[each.id]
            try:
                reserved.append(await self.reservations.reserve(tenant_id, order, each, hold_token=hold.hold_token))
            except RefusedError as refusal:
                problem = Problem(f"/reservations/{position}", refusal.message)
                raise RefusedError(refusal.refusal_code, refusal.message, [problem]) from refusal
        return reserved

    async def _items(self, tenant_id: TenantId, reserved: Sequence[Reserved]) -> tuple[OrderLine, ...]:
        resold = [each for each in reserved if isinstance(each, ResaleReserved)]
        if not resold:
            return self.price.items([each for each in reserved if not isinstance(each, ResaleReserved)])
        async with self.transactions.begin(tenant_id) as tx:
            roots = await roots_of(tx, resold)
        return self.price.resold(resold, roots)

    async def _refused(self, tenant_id: TenantId, seen: Order, code: str) -> None:
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_order(tx, seen.id)
            if order.status is OrderStatus.PENDING:
                now = self.clock.now()
                order = order.refuse(code, now=now)
                await tx.orders.save(order)
                # Told even if nothing was reserved just now: an earlier try may have been cut off.
                await tx.outbox.add(ended(order, "cancelled"), subject=order.id, at=now)
        await self._give_up_if_ended(tenant_id, order)

    async def _give_up_if_ended(self, tenant_id: TenantId, order: Order) -> None:
        # The order may have been cancelled while things were being reserved for it, and its news have come too early.
        if order.status not in LIVE:
            await self.reservations.give_up(tenant_id, order, order.reservations)


async def _earlier(tx: OrderTransaction, fresh: Order) -> Order | None:
    """Return the buyer's live order for the same reservations.

    Raises ReservationOrderedError for one with others, and for one that was not sold in the same way: nobody shall
    finish the order of the box office online, nor take cash for one that is being paid online.
    """
    earlier = await tx.orders.live_with(fresh.reservation_ids, fresh.account_id)
    is_this = len(earlier) == 1 and set(earlier[0].reservations) == set(fresh.reservations)
    if is_this and _settlement(earlier[0]) is _settlement(fresh):
        return earlier[0]
    ordered = {id for order in earlier for id in order.reservation_ids}
    if ordered:
        raise ReservationOrderedError([n for n, id in enumerate(fresh.reservation_ids) if id in ordered])
    return None


def _settlement(order: Order) -> Settlement | None:
    return order.sale.settlement if order.sale else None


def _has(order: Order, voucher_code: str) -> bool:
    wanted = discount_code(normalised(voucher_code))
    return order.content is not None and any(discount.code == wanted for discount in order.content.discounts)
