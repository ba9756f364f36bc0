"""What the order use cases need: a place for orders and for what comes on top of them, what is due, and taxes."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.orders.content import OrderContent, Tax
from core.orders.fee_schedule import FeeSchedule, FeeScheduleChange
from core.orders.order import Order
from core.orders.passing_on import PassedOn
from core.orders.refund_policy import RefundPolicy
from core.orders.refunds import OrderRefund, RefundStatus
from core.orders.shares import Unit
from core.orders.taxes import TaxRate
from core.orders.voucher_misses import Misses
from core.orders.vouchers import Uses, Voucher, VoucherChange
from core.shared.ids import AccountId, OrderId, OrderItemId, RefundId, ReservationId, TenantId, TicketId, VoucherId
from ports.events import Inbox, Outbox
from ports.paging import Page, PageRequest


class OrderStore(Protocol):
    """The orders of one tenant, each with its items and its history."""

    @abstractmethod
    async def add(self, order: Order) -> None:
        """Store a new order.

        Raises ReservationOrderedError when the same account has a live order for one of its reservations, however many
        try at once; nothing else may be done in the transaction then.
        """

    @abstractmethod
    async def get(self, order_id: OrderId) -> Order | None:
        """Return the order, or None for none in this tenant."""

    @abstractmethod
    async def locked(self, order_id: OrderId) -> Order | None:
        """Return the order and keep every other transaction from changing it until this one ends."""

    @abstractmethod
    async def locked_with_origins(self, order_id: OrderId) -> Order | None:
        """As `locked`, with the orders that its resold items come from and were first sold by; all by their ids.

        Whoever locks several orders locks them like this, so that no two wait for one another.
        """

    @abstractmethod
    async def save(self, order: Order) -> None:
        """Store a changed order; history is only ever added to, and items are, but that seats can replace others.

        `order.version` is the stored version plus one, otherwise StaleVersionError is raised (also for an order that
        this tenant does not have).
        """

    @abstractmethod
    async def live_with(self, reservation_ids: Collection[ReservationId], account_id: AccountId) -> Sequence[Order]:
        """Return the account's PENDING, AWAITING_PAYMENT or CONFIRMED orders for any of the reservations, by id."""

    @abstractmethod
    async def page(self, page: PageRequest, *, account_id: AccountId | None) -> Page[Order]:
        """Return orders in the order of their ids, which is that of placing them; of one account, or of all."""

    @abstractmethod
    async def page_of_tickets(self, page: PageRequest, ticket_ids: Collection[TicketId]) -> Page[Order]:
        """Return orders with an item of one of the tickets, whatever became of them, in the order of their ids."""

    @abstractmethod
    async def box_office_page(self, page: PageRequest) -> Page[Order]:
        """Return the orders that were sold at the box office, in the order of their ids."""


class VoucherStore(Protocol):
    """The vouchers of one tenant, who changed them, and which order uses which.

    An order uses its voucher for as long as it is PENDING, AWAITING_PAYMENT or CONFIRMED: a use follows the status of
    its order by itself, there and back.
    """

    @abstractmethod
    async def add(self, voucher: Voucher, change: VoucherChange) -> None:
        """Store a new voucher; raises VoucherCodeTakenError, and nothing else may be done in the transaction then."""

    @abstractmethod
    async def get(self, voucher_id: VoucherId) -> Voucher | None:
        """Return the voucher, or None for none in this tenant."""

    @abstractmethod
    async def locked(self, voucher_id: VoucherId) -> Voucher | None:
        """Return the voucher; whoever asks for it like this meanwhile waits until this transaction ends."""

    @abstractmethod
    async def with_code(self, code: str) -> Voucher | None:
        """Return the voucher with this code in its normal form, or None for none in this tenant."""

    @abstractmethod
    async def save(self, voucher: Voucher, change: VoucherChange) -> None:
        """Store a changed voucher; raises StaleVersionError unless the stored version is the one before."""

    @abstractmethod
    async def page(self, page: PageRequest) -> Page[Voucher]:
        """Return vouchers in the order of their ids, which is that of making them."""

    @abstractmethod
    async def changes(self, voucher_id: VoucherId) -> Sequence[VoucherChange]:
        """Return the last CHANGES_SHOWN_MAX changes, the oldest of them first."""

    @abstractmethod
    async def uses_in_all(self, voucher_ids: Collection[VoucherId]) -> Mapping[VoucherId, int]:
        """Return for each voucher how many live orders use it."""

    @abstractmethod
    async def uses(self, voucher_id: VoucherId, account_id: AccountId) -> Uses:
        """Return how many live orders use the voucher; exact until the transaction ends if the voucher is locked."""

    @abstractmethod
    async def use(self, voucher_id: VoucherId, order_id: OrderId) -> None:
        """Note that a stored order uses the voucher; an order uses one at most. The voucher is locked by the caller."""

    @abstractmethod
    async def misses(self, account_id: AccountId) -> Misses | None:
        """Return how often the account gave unknown codes, or None for never."""

    @abstractmethod
    async def note_misses(self, account_id: AccountId, misses: Misses, *, forget_before: datetime) -> None:
        """Store the count, and forget some of those of others whose windows began before then."""


class FeeScheduleStore(Protocol):
    """The fees and tax rates of one tenant; each version stays as it was set."""

    @abstractmethod
    async def current(self) -> FeeSchedule:
        """Return the newest version, or an empty one (version 0) when none was ever set."""

    @abstractmethod
    async def add(self, change: FeeScheduleChange) -> None:
        """Store a new version beside the earlier ones.

        Raises StaleVersionError unless its version is the newest one plus one, however many try at once; nothing else
        may be done in the transaction then.
        """

    @abstractmethod
    async def changes(self, *, changes_max: int) -> Sequence[FeeScheduleChange]:
        """Return the newest versions, the newest first."""


class RefundStore(Protocol):
    """The refunds of one tenant's orders. What is refunded and how much never changes, only how far it has come.

    Refunds that count (`OrderRefund.counts`) never come to more than the total of their order, however many are stored
    at once: the one that would exceed it raises OrderRefundTooLargeError, and nothing else may be done in its
    transaction then. Whoever decides on one has locked the order.
    """

    @abstractmethod
    async def add(self, refund: OrderRefund) -> None:
        """Store a new refund of an order that is there."""

    @abstractmethod
    async def get(self, refund_id: RefundId) -> OrderRefund | None:
        """Return the refund, or None for none in this tenant."""

    @abstractmethod
    async def of_order(self, order_id: OrderId) -> Sequence[OrderRefund]:
        """Return the refunds of an order by id, which is the order they were asked for in."""

    @abstractmethod
    async def save(self, refund: OrderRefund) -> None:
        """Store a changed refund; its version is the stored one plus one, otherwise StaleVersionError is raised."""

    @abstractmethod
    async def page(self, page: PageRequest, *, status: RefundStatus | None) -> Page[OrderRefund]:
        """Return refunds of all orders by id; of one status, or of all."""


class PassedOnStore(Protocol):
    """Which admissions of one tenant's orders are other orders' by now. Whoever writes has locked both orders."""

    @abstractmethod
    async def add(self, passed_on: PassedOn) -> None:
        """Store that an admission was passed on.

        Raises PassedOnError when it was before, and nothing else may be done in the transaction then.
        """

    @abstractmethod
    async def save(self, passed_on: PassedOn) -> None:
        """Store how far it has come; nothing else of it ever changes."""

    @abstractmethod
    async def undo(self, to_item_id: OrderItemId) -> None:
        """Forget that an admission was passed on to this item: its origin has it again."""

    @abstractmethod
    async def by_order(self, order_id: OrderId) -> Sequence[PassedOn]:
        """Return what the order passed on, by item and unit."""

    @abstractmethod
    async def to_order(self, order_id: OrderId) -> Sequence[PassedOn]:
        """Return what was passed on to the order, by the ids of its items."""

    @abstractmethod
    async def with_root(self, item_id: OrderItemId) -> Sequence[PassedOn]:
        """Return all that was passed on of the item that was sold first, from hand to hand."""

    @abstractmethod
    async def hand_over(self, order_id: OrderId, unit: Unit, *, to: AccountId, revision: int) -> None:
        """Store who has the pass of an admission now; news of an older revision of the pass change nothing."""

    @abstractmethod
    async def handed_over(self, order_id: OrderId) -> Mapping[Unit, AccountId]:
        """Return the admissions of the order whose passes were given to a person, and who has them now."""


class RefundPolicyStore(Protocol):
    """The refund policy of the transaction's tenant."""

    @abstractmethod
    async def get(self) -> RefundPolicy:
        """Return the policy that is set, or DEFAULT_POLICY."""

    @abstractmethod
    async def save(self, policy: RefundPolicy, *, at: datetime) -> None:
        """Store a policy whose version is the stored one plus one; raises StaleVersionError otherwise."""


class OrderTransaction(Protocol):
    """One transaction of one tenant on the orders database."""

    orders: OrderStore
    fee_schedules: FeeScheduleStore
    vouchers: VoucherStore
    refunds: RefundStore
    passed_on: PassedOnStore
    policies: RefundPolicyStore
    outbox: Outbox
    inbox: Inbox


class OrderTransactions(Protocol):
    """Opens transactions."""

    @abstractmethod
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[OrderTransaction]:
        """Commit when the block ends, roll back when it raises; nothing else commits.

        Raises StoreUnavailableError when the database cannot be reached or gave up waiting.
        """


@dataclass(frozen=True, slots=True)
class DueOrder:
    """An order that the sweep has to look at, and whose it is."""

    tenant_id: TenantId
    order_id: OrderId


class DueOrders(Protocol):
    """The sweep's view across all tenants; what to do about each order is decided in a transaction of its tenant."""

    @abstractmethod
    async def due(self, *, now: datetime, orders_max: int) -> Sequence[DueOrder]:
        """Return orders whose `due_at` has come, the longest overdue first; a hint that may be stale at once."""


class TaxRules(Protocol):
    """What is to be paid in taxes."""

    @abstractmethod
    async def taxes(self, *, tenant_id: TenantId, content: OrderContent, rates: Sequence[TaxRate]) -> tuple[Tax, ...]:
        """Return the taxes of an order that has its items, discounts and fees; `rates` are those of the organisation.

        All are in the order's currency, and those on top are on what the buyer pays without them. Raises RefusedError
        for an order that cannot be taxed. Others may be asked for it, so it is not for the inside of a transaction.
        """


@dataclass(frozen=True, slots=True)
class DueRefund:
    """A refund whose money has to be asked for, and whose it is."""

    tenant_id: TenantId
    order_id: OrderId
    refund_id: RefundId


class DueRefunds(Protocol):
    """The sweep's view of refunds across all tenants; it decides nothing."""

    @abstractmethod
    async def due(self, *, now: datetime, refunds_max: int) -> Sequence[DueRefund]:
        """Return refunds whose `due_at` has come, the longest overdue first; a hint that may be stale at once."""
