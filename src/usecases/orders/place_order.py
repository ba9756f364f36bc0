"""Place an order for what is held."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.orders.contact import Contact
from core.orders.errors import ContactRequiredError, OrderExpiredError, ReservationOrderedError
from core.orders.order import Order
from core.orders.reservations import OrderedReservation, ReservationKind
from core.orders.statuses import LIVE, OrderStatus
from core.orders.terms import OrderTerms
from core.shared.callers import Caller
from core.shared.errors import DomainError, Problem
from core.shared.ids import OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.ids import IdSource
from ports.orders import OrderTransaction, OrderTransactions
from ports.published.general_admission import PlacesReserved
from ports.published.refusals import RefusedError
from ports.published.seating import SeatsReserved
from usecases.orders.access import locked_order
from usecases.orders.announcements import created, ended
from usecases.orders.price_order import PriceOrder
from usecases.orders.reservations import Reservations


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

    The order is recorded first, then everything is reserved under its id, then it awaits its payment. Placing it again
    answers the same order, and goes on where an earlier try was cut off. Only all of it is ordered, or nothing.
    """

    transactions: OrderTransactions
    reservations: Reservations
    price: PriceOrder
    clock: Clock
    ids: IdSource
    terms: OrderTerms

    async def __call__(self, caller: Caller, holds: Sequence[HoldToOrder], contact: Contact | None) -> Order:
        """Return the order that awaits its payment.

        Raises ContactRequiredError, DuplicateReservationError, ReservationOrderedError (a live order of the buyer has
        some of the reservations, but not just these), OrderExpiredError, MixedCurrenciesError, and RefusedError with
        what seating or ticketing says and which of the holds it is about; the order is CANCELLED after a refusal, and
        what was reserved is free again.
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
        )
        order = await self._recorded(caller.tenant_id, fresh)
        if order.status is not OrderStatus.PENDING:
            return order
        if order.is_due(self.clock.now()):
            raise OrderExpiredError
        try:
            reserved = await self._reserve(caller.tenant_id, order, holds)
            content = await self.price(caller.tenant_id, reserved)
        except DomainError as refusal:
            code = refusal.refusal_code if isinstance(refusal, RefusedError) else refusal.code
            await self._refused(caller.tenant_id, order, code)
            raise
        async with self.transactions.begin(caller.tenant_id) as tx:
            order = await locked_order(tx, order.id)
            if order.status is OrderStatus.PENDING:
                now = self.clock.now()
                order = order.await_payment(content, now=now)
                await tx.orders.save(order)
                await tx.outbox.add(created(order, content), subject=order.id, at=now)
        await self._give_up_if_ended(caller.tenant_id, order)
        return order

    async def _recorded(self, tenant_id: TenantId, fresh: Order) -> Order:
        try:
            async with self.transactions.begin(tenant_id) as tx:
                earlier = await _earlier(tx, fresh)
                if earlier is not None:
                    return earlier
                await tx.orders.add(fresh)
        except ReservationOrderedError:
            # Perhaps another request of the same buyer was quicker, and its order is the very one.
            async with self.transactions.begin(tenant_id) as tx:
                earlier = await _earlier(tx, fresh)
            if earlier is None:
                raise
            return earlier
        return fresh

    async def _reserve(
        self, tenant_id: TenantId, order: Order, holds: Sequence[HoldToOrder]
    ) -> list[SeatsReserved | PlacesReserved]:
        asked = {hold.reservation_id: (position, hold) for position, hold in enumerate(holds)}
        reserved: list[SeatsReserved | PlacesReserved] = []
        for each in order.reservations:
            position, hold = asked[each.id]
            try:
                reserved.append(await self.reservations.reserve(tenant_id, order, each, hold_token=hold.hold_token))
            except RefusedError as refusal:
                problem = Problem(f"/reservations/{position}", refusal.message)
                raise RefusedError(refusal.refusal_code, refusal.message, [problem]) from refusal
        return reserved

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
    """Return the buyer's live order for the same reservations; raises ReservationOrderedError for one with others."""
    earlier = await tx.orders.live_with(fresh.reservation_ids, fresh.account_id)
    if len(earlier) == 1 and set(earlier[0].reservations) == set(fresh.reservations):
        return earlier[0]
    ordered = {id for order in earlier for id in order.reservation_ids}
    if ordered:
        raise ReservationOrderedError([n for n, id in enumerate(fresh.reservation_ids) if id in ordered])
    return None
