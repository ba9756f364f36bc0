"""What orders offers to whoever cancels an event: which orders are for it, and their end."""

from abc import abstractmethod
from typing import Literal, Protocol
from uuid import UUID

import msgspec

type OrderEnd = Literal["cancelled", "refunded", "pending", "failed", "processing", "disputed", "nothing"]


class EventEnded(msgspec.Struct, frozen=True, kw_only=True):
    """An event that does not take place: the tickets of it, by whose word, in which operation, and why.

    Without `refund_fees` the fees and taxes on top of the prices are kept.
    """

    operation_id: UUID
    ticket_ids: tuple[UUID, ...]
    by: UUID
    reason: str
    refund_fees: bool


class EndRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund that was made because the event ended; what was `refused` is not on its way, and `failure` says why."""

    refund_id: UUID
    amount_minor: int
    status: Literal["requested", "succeeded", "failed", "refused"]
    failure: str | None


class OrderOfEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An order for the event, as it stands. Amounts are in minor units of `currency`.

    `admissions` are those that it still has of the event, and `due_minor` what would go back for them now. `gone_minor`
    went back before, or is on its way, for whatever reason; `refunds` are those because of this end. `by_hand` says
    that its money is in the till, and `resale` that it is for passes that others had. `obstacle` is the code of why
    nothing goes back by itself.
    """

    order_id: UUID
    status: Literal["pending", "awaiting_payment", "confirmed", "cancelled", "expired"]
    admissions: int
    due_minor: int
    gone_minor: int
    currency: str
    by_hand: bool
    resale: bool
    obstacle: str | None
    refunds: tuple[EndRefund, ...]


class OrdersOfEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One page of them by id; `next_after` is None on the last one."""

    orders: tuple[OrderOfEvent, ...]
    next_after: UUID | None


class EndedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What became of ending an order; `failure` is the code of why its money did not go back.

    `cancelled`: it was not paid, and will not be. `refunded`, `pending`: its money is back, or on its way. `failed`:
    it did not go back (yet). `processing`: Stripe has not decided on its payment; it is refunded once it is confirmed.
    `disputed`: the buyer's bank has the money. `nothing`: it has nothing of the event, or ended before.
    """

    outcome: OrderEnd
    failure: str | None = None


class EventOrdersApi(Protocol):
    """Questions and commands about the orders for an event, from contexts that have asked who may.

    Orders that come to be sold although the event was cancelled (a payment that was under way) are ended by orders
    themselves, by what their tickets say.
    """

    @abstractmethod
    async def page(self, *, tenant_id: UUID, ended: EventEnded, after: UUID | None, limit: int) -> OrdersOfEvent:
        """Return orders that have, or had, something reserved of these tickets; `limit` is 1 to 200."""

    @abstractmethod
    async def end(self, *, tenant_id: UUID, order_id: UUID, ended: EventEnded) -> EndedOrder:
        """End what the order has of the event: an unpaid one is cancelled, of one that is sold the money goes back.

        The whole price goes back, whatever the refund policy says. May be repeated, by several at once: no admission is
        refunded twice. Raises RefusedError `orders.not_found`, and StaleVersionError when others change the order all
        the time.
        """
