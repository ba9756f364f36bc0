"""A small world around the order use cases, on the memory adapters."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import override
from uuid import UUID

from adapters.memory.messaging import MemoryMessages
from adapters.memory.orders import MemoryOrderTransactions
from adapters.taxes.vat import OrganisationVat
from core.orders.contact import Contact
from core.orders.fee_schedule import FeeSchedule
from core.orders.fees import FeeRule
from core.orders.history import Step
from core.orders.order import Order
from core.orders.reservations import ReservationKind
from core.orders.statuses import OrderStatus
from core.orders.taxes import TaxRate
from core.orders.terms import OrderTerms
from core.orders.voucher_misses import MissTerms
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId
from ports.events import Delivery
from ports.ids import IdSource
from ports.orders import OrderTransaction, OrderTransactions
from ports.paging import PageRequest
from ports.published.orders import OrderCancelled
from ports.published.payments import PaymentRefunded, PaymentSucceeded
from tests.general_admission_neighbour import GeneralAdmission
from tests.market_neighbour import Market
from tests.orders_neighbours import HandClock, Life, Payments, Seating, Ticketing
from tests.venues_neighbour import Venues
from usecases.orders.cancel_order import CancelOrder
from usecases.orders.charge_order import ChargeOrder
from usecases.orders.confirm_order import ConfirmOrder
from usecases.orders.edit_vouchers import EditVouchers
from usecases.orders.expire_order import ExpireOrder
from usecases.orders.expire_orders import ExpireOrders
from usecases.orders.list_box_office_orders import ListBoxOfficeOrders
from usecases.orders.list_orders import ListOrders
from usecases.orders.on_payment_refunded import OnPaymentRefunded
from usecases.orders.on_timer_fired import OnTimerFired
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import HoldToOrder, PlaceOrder
from usecases.orders.price_order import PriceOrder
from usecases.orders.quote_order import QuoteOrder
from usecases.orders.read_order import ReadOrder
from usecases.orders.read_vouchers import ReadVouchers
from usecases.orders.redeem_voucher import RedeemVoucher
from usecases.orders.reservations import Reservations
from usecases.orders.sell_at_box_office import SellAtBoxOffice
from usecases.orders.settle_payment import SettlePayment
from usecases.orders.tune_fees import TuneFees

TENANT = TenantId(UUID(int=0xA))
OTHER_TENANT = TenantId(UUID(int=0xB))
AWAY_TICKET = UUID(int=0x71D)


class CountingIds(IdSource):
    def __init__(self) -> None:
        self.count = 0

    @override
    def new(self) -> UUID:
        self.count += 1
        return UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + self.count)


class MortalTransactions(OrderTransactions):
    def __init__(self, inner: MemoryOrderTransactions, life: Life) -> None:
        self.inner = inner
        self.life = life

    @override
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[OrderTransaction]:
        return self._begin(tenant_id)

    @asynccontextmanager
    async def _begin(self, tenant_id: TenantId) -> AsyncGenerator[OrderTransaction]:
        async with self.inner.begin(tenant_id) as tx:
            yield tx
        self.life.step()


class World:
    """Every use case of orders over the memory adapters, and the worlds of the others."""

    def __init__(self, terms: OrderTerms | None = None) -> None:
        self.terms = terms or OrderTerms()
        self.clock = HandClock()
        self.ids = CountingIds()
        self.life = Life()
        self.messages = MemoryMessages(ids=self.ids)
        self.memory = MemoryOrderTransactions(self.messages)
        self.transactions = MortalTransactions(self.memory, self.life)
        self.seating = Seating(self.clock, self.life)
        self.payments = Payments(self.life)
        self.ticketing = Ticketing()
        self.general_admission = GeneralAdmission(self.clock, self.life)
        self.market = Market(self.clock, self.life)
        self.reservations = Reservations(self.seating, self.general_admission, self.market)
        self.venues = Venues()
        self.charge = ChargeOrder(self.transactions, OrganisationVat(self.venues))
        self.price = PriceOrder(self.ticketing, self.charge, self.ids)
        self.quote = QuoteOrder(self.ticketing, self.charge, self.ids)
        self.fees = TuneFees(self.transactions, self.clock)
        self.place = self.placing(self.transactions)
        self.sell = self.selling(self.transactions)
        self.sold = ListBoxOfficeOrders(self.transactions)
        self.tune_fees = TuneFees(self.transactions, self.clock)
        self.edit_vouchers = EditVouchers(self.transactions, self.clock, self.ids)
        self.read_vouchers = ReadVouchers(self.transactions)
        self.read = ReadOrder(self.transactions)
        self.list = ListOrders(self.transactions)
        self.pay = PayOrder(self.transactions, self.reservations, self.payments, self.clock, self.terms)
        self.settle = SettlePayment(self.transactions, self.reservations, self.payments, self.clock, self.terms)
        self.confirm = ConfirmOrder(self.settle)
        self.cancel = CancelOrder(self.transactions, self.payments, self.settle, self.clock)
        self.expire = ExpireOrder(
            self.transactions, self.reservations, self.payments, self.settle, self.clock, self.terms
        )
        self.sweep = ExpireOrders(self.memory, self.transactions, self.expire, self.clock, self.terms)
        self.on_timer = OnTimerFired(self.expire)
        self.on_refunded = OnPaymentRefunded(self.transactions, self.clock)
        self.delivered = 0
        self.mix: list[HoldToOrder] = []

    def buyer(self, number: int = 1, *, tenant_id: TenantId = TENANT, guest: bool = False) -> Caller:
        return Caller(AccountId(UUID(int=0xACC0 + number)), tenant_id, guest=guest)

    def staff(self, role: Role = Role.BOX_OFFICE) -> Caller:
        return Caller(AccountId(UUID(int=0x57AFF)), TENANT, role=role)

    def placing(self, transactions: OrderTransactions) -> PlaceOrder:
        redeem = RedeemVoucher(transactions, self.clock, MissTerms())
        settle = SettlePayment(transactions, self.reservations, self.payments, self.clock, self.terms)
        return PlaceOrder(transactions, self.reservations, self.price, redeem, settle, self.clock, self.ids, self.terms)

    def selling(self, transactions: OrderTransactions) -> SellAtBoxOffice:
        return SellAtBoxOffice(self.placing(transactions), self.clock, self.ids, self.terms)

    def held(self, caller: Caller, number: int = 1, *, seats: int = 2, first: int = 1) -> HoldToOrder:
        reservation_id = ReservationId(UUID(int=0x4E5E0 + number))
        self.seating.hold(reservation_id, caller.account_id, seats=seats, first=first)
        return HoldToOrder(reservation_id)

    def held_places(self, caller: Caller, number: int = 1, *, quantity: int = 3, ttl_s: int = 600) -> HoldToOrder:
        reservation_id = ReservationId(UUID(int=0x6A000 + number))
        self.general_admission.hold(reservation_id, caller.account_id, quantity=quantity, ttl_s=ttl_s)
        return HoldToOrder(reservation_id, kind=ReservationKind.GENERAL_ADMISSION)

    def held_mix(self, caller: Caller) -> list[HoldToOrder]:
        """Two seats, three places, and one more seat of another plan and event."""
        another = ReservationId(UUID(int=0x4E5EA))
        self.seating.hold(another, caller.account_id, seats=1, first=9, plan_id=UUID(int=0x91B), ticket_id=AWAY_TICKET)
        self.ticketing.titles[AWAY_TICKET] = "Away match"
        return [self.held(caller), self.held_places(caller), HoldToOrder(another)]

    def held_mix_once(self) -> list[HoldToOrder]:
        """As `held_once`."""
        if not self.seating.reservations:
            self.mix = self.held_mix(self.buyer())
        return self.mix

    def held_once(self) -> list[HoldToOrder]:
        """The hold that a repeated scenario starts from; it is made the first time only."""
        hold = HoldToOrder(ReservationId(UUID(int=0x4E5E0 + 1)))
        return [hold] if self.seating.reservations else [self.held(self.buyer())]

    async def set_fees(self, *fees: FeeRule, taxes: tuple[TaxRate, ...] = ()) -> FeeSchedule:
        manager = self.staff(Role.MANAGER)
        version = (await self.fees.current(manager)).version
        return await self.fees.change(manager, FeeSchedule(fees, taxes), expected_version=version)

    async def placed(
        self, caller: Caller | None = None, *, contact: Contact | None = None, other_seats: bool = False
    ) -> Order:
        caller = caller or self.buyer()
        return await self.place(caller, [self.held(caller)], contact, accept_other_seats=other_seats)

    async def placed_mix(self, *, other_seats: bool = False) -> Order:
        return await self.place(self.buyer(), self.held_mix(self.buyer()), None, accept_other_seats=other_seats)

    async def paid(self, order: Order | None = None) -> Order:
        """An order whose money Stripe has taken, before we have heard of it."""
        order = order or await self.placed()
        await self.pay(self.buyer(), order.id, "CARD")
        self.payments.status[order.id] = "succeeded"
        return await self.now(order)

    def succeeded(self, order: Order, *, amount_minor: int | None = None) -> PaymentSucceeded:
        assert order.total is not None
        return PaymentSucceeded(
            payment_id=UUID(int=0x9A1),
            order_id=order.id,
            amount_minor=order.total.amount_minor if amount_minor is None else amount_minor,
            currency=order.total.currency,
            succeeded_at=self.clock.now(),
        )

    def refunded(self, order: Order) -> PaymentRefunded:
        return PaymentRefunded(
            payment_id=UUID(int=0x9A1), order_id=order.id, amount_minor=5_000, currency="EUR", reason="requested"
        )

    def delivery(self, number: int = 1) -> Delivery:
        return Delivery(event_id=UUID(int=0xE0 + number), tenant_id=TENANT)

    async def now(self, order: Order) -> Order:
        """The order as it is stored at present, read past the life of the process."""
        async with self.memory.begin(TENANT) as tx:
            found = await tx.orders.get(OrderId(order.id))
        assert found is not None
        return found

    def published(self) -> list[str]:
        """The types of all events so far, with the reason of cancellations."""
        told: list[str] = []
        for envelope in self.messages.events:
            if envelope.type == OrderCancelled.event_type:
                told.append(f"{envelope.type}:{envelope.decode(OrderCancelled).reason}")
            else:
                told.append(envelope.type)
        return told

    async def only_order(self) -> Order:
        """The one order of the scenario, read past the life of the process."""
        async with self.memory.begin(TENANT) as tx:
            (order,) = (await tx.orders.page(PageRequest(), account_id=None)).items
        return order

    async def refused(self) -> bool:
        """Whether the orders that there are were cancelled; read past the life of the process."""
        async with self.memory.begin(TENANT) as tx:
            orders = (await tx.orders.page(PageRequest(), account_id=None)).items
        return bool(orders) and all(order.status is OrderStatus.CANCELLED for order in orders)

    async def picture(self) -> object:
        """What is left at the end, without how often something was tried.

        A reclaim that was cut off shows as an ordinary sale when it is repeated, so that step is left out.
        """
        async with self.memory.begin(TENANT) as tx:
            orders = (await tx.orders.page(PageRequest(), account_id=None)).items
        return (
            [(order.status, order.refund, order.total, order.due_at is None) for order in orders],
            [
                list(dict.fromkeys(entry.step for entry in order.history if entry.step is not Step.SEATS_RECLAIMED))
                for order in orders
            ],
            [(each.seats, each.state) for each in self.seating.reservations.values()],
            [(each.quantity, each.state) for each in self.general_admission.reservations.values()],
            [each.state for each in self.market.purchases.values()],
            list(self.payments.status.values()),
            list(self.payments.refunded.values()),
            self.published(),
        )

    def deliver(self) -> None:
        """Let seating and ticketing take the news of ended orders."""
        events = self.messages.events
        for envelope in events[self.delivered :]:
            if envelope.type == OrderCancelled.event_type:
                news = envelope.decode(OrderCancelled)
                self.seating.take_news(news)
                self.general_admission.take_news(news)
                self.market.take_news(news)
        self.delivered = len(events)
