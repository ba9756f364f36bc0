"""A small world around the order use cases: other contexts that keep their promises, a clock, and sudden death."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, override
from uuid import UUID

from adapters.memory.messaging import MemoryMessages
from adapters.memory.orders import MemoryOrderTransactions
from core.orders.contact import Contact
from core.orders.order import Order, Step
from core.orders.terms import OrderTerms
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.events import Delivery
from ports.ids import IdSource
from ports.orders import OrderTransaction, OrderTransactions
from ports.paging import PageRequest
from ports.published.orders import OrderCancelled
from ports.published.payments import (
    CancelOutcome,
    PaymentMethod,
    PaymentRefunded,
    PaymentsApi,
    PaymentStarted,
    PaymentSucceeded,
)
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.seating import ReservedSeat, SeatingApi, SeatsReserved
from ports.published.ticketing import EventFacts, TicketingApi, TicketOnSale
from usecases.orders.cancel_order import CancelOrder
from usecases.orders.confirm_order import ConfirmOrder
from usecases.orders.expire_order import ExpireOrder
from usecases.orders.expire_orders import ExpireOrders
from usecases.orders.list_orders import ListOrders
from usecases.orders.on_payment_refunded import OnPaymentRefunded
from usecases.orders.on_timer_fired import OnTimerFired
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import PlaceOrder, SeatsToOrder
from usecases.orders.read_order import ReadOrder
from usecases.orders.settle_payment import SettlePayment

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
TENANT = TenantId(UUID(int=0xA))
OTHER_TENANT = TenantId(UUID(int=0xB))
TICKET = UUID(int=0x71C)
PLAN = UUID(int=0x91A)


class Killed(BaseException):
    """The process died here; no handler of the code under test may catch it."""


class HandClock(Clock):
    def __init__(self) -> None:
        self.time = START

    @override
    def now(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class CountingIds(IdSource):
    def __init__(self) -> None:
        self.count = 0

    @override
    def new(self) -> UUID:
        self.count += 1
        return UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + self.count)


@dataclass
class Life:
    """Counts the steps that leave a trace, and ends the process after the one it is told."""

    steps: int = 0
    dies_after: int | None = None

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.dies_after:
            raise Killed


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


@dataclass(frozen=True)
class Reservation:
    holder: UUID
    seats: tuple[UUID, ...]
    state: Literal["held", "reserved", "sold", "ended"]
    until: datetime
    order_id: UUID | None = None


@dataclass
class Seating(SeatingApi):
    clock: HandClock
    life: Life
    reservations: dict[UUID, Reservation] = field(default_factory=dict)
    currencies: tuple[str, ...] = ("EUR", "EUR")

    def hold(self, reservation_id: ReservationId, holder: AccountId, *, seats: int = 2, ttl_s: int = 600) -> None:
        self.reservations[reservation_id] = Reservation(
            holder, tuple(UUID(int=n + 1) for n in range(seats)), "held", self.clock.now() + timedelta(seconds=ttl_s)
        )

    def owner_of(self, seat: UUID) -> UUID | None:
        for reservation_id, reservation in self.reservations.items():
            if seat in reservation.seats and self.lives(reservation):
                return reservation_id
        return None

    def lives(self, reservation: Reservation) -> bool:
        if reservation.state == "sold":
            return True
        return reservation.state != "ended" and self.clock.now() < reservation.until

    def take_seats_of(self, reservation_id: UUID) -> None:
        """Somebody else buys the seats of an ended reservation."""
        seats = self.reservations[reservation_id].seats
        assert all(self.owner_of(seat) is None for seat in seats)
        self.reservations[UUID(int=0xBAD)] = Reservation(UUID(int=0xBAD), seats, "sold", self.clock.now())

    def _found(self, reservation_id: UUID, order_id: UUID) -> Reservation:
        found = self.reservations.get(reservation_id)
        if found is None:
            raise RefusedError("seating.reservation_not_found", "no such reservation")
        if found.order_id not in {None, order_id}:
            raise RefusedError("seating.reservation_conflict", "another order's")
        return found

    @override
    async def reserve(
        self,
        *,
        tenant_id: UUID,
        reservation_id: UUID,
        order_id: UUID,
        account_id: UUID,
        hold_token: str | None,
        until: datetime,
    ) -> SeatsReserved:
        found = self._found(reservation_id, order_id)
        if found.holder != account_id:
            raise RefusedError("seating.not_holder", "held by somebody else")
        if not self.lives(found):
            raise RefusedError("seating.reservation_expired", "the hold has ended")
        if found.state == "held":
            found = replace(found, state="reserved", order_id=order_id, until=until)
            self.reservations[reservation_id] = found
        self.life.step()
        return SeatsReserved(
            reservation_id=reservation_id,
            plan_id=PLAN,
            ticket_id=TICKET,
            seats=tuple(
                ReservedSeat(
                    seat_id=seat,
                    label=f"R1S{number}",
                    section="A",
                    row="R1",
                    number=str(number),
                    price_minor=2_500,
                    currency=currency,
                )
                for number, (seat, currency) in enumerate(zip(found.seats, self.currencies, strict=False), start=1)
            ),
            expires_at=found.until,
        )

    @override
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        found = self._found(reservation_id, order_id)
        if not self.lives(found):
            raise RefusedError("seating.reservation_expired", "ended")
        self.reservations[reservation_id] = replace(found, until=max(found.until, until))
        self.life.step()

    @override
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if not self.lives(found):
            raise RefusedError("seating.reservation_expired", "ended")
        self.reservations[reservation_id] = replace(found, state="sold")
        self.life.step()

    @override
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if any(self.owner_of(seat) not in {None, reservation_id} for seat in found.seats):
            raise RefusedError("seating.seat_taken", "R1S1")
        self.reservations[reservation_id] = replace(found, state="sold")
        self.life.step()

    @override
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if found.state != "sold":
            self.reservations[reservation_id] = replace(found, state="ended")

    def take_news(self, event: OrderCancelled) -> None:
        for reservation_id in event.reservation_ids:
            found = self.reservations.get(reservation_id)
            if found and found.order_id == event.order_id and (found.state != "sold" or event.reason == "refunded"):
                self.reservations[reservation_id] = replace(found, state="ended")


@dataclass
class Payments(PaymentsApi):
    """One PaymentIntent an order; `status` is what Stripe would say."""

    life: Life
    status: dict[UUID, Literal["open", "processing", "succeeded", "cancelled"]] = field(default_factory=dict)
    refunded: Counter[UUID] = field(default_factory=Counter)
    reachable: bool = True

    @override
    async def start(
        self,
        *,
        tenant_id: UUID,
        order_id: UUID,
        account_id: UUID,
        amount_minor: int,
        currency: str,
        method: PaymentMethod,
        description: str,
    ) -> PaymentStarted:
        self._reach()
        if self.status.setdefault(order_id, "open") == "succeeded":
            raise RefusedError("payments.already_paid", "paid")
        self.life.step()
        return PaymentStarted(
            payment_id=UUID(int=0x9A1),
            client_secret=f"pi_{order_id.hex}_secret_x",
            stripe_payment_intent_id=f"pi_{order_id.hex}",
            amount_minor=amount_minor,
            currency=currency,
        )

    @override
    async def cancel(self, *, tenant_id: UUID, order_id: UUID) -> CancelOutcome:
        self._reach()
        status = self.status.get(order_id)
        if status is None:
            return CancelOutcome(outcome="none")
        if status == "open":
            status = self.status[order_id] = "cancelled"
        self.life.step()
        return CancelOutcome(outcome=status)

    @override
    async def refund(self, *, tenant_id: UUID, order_id: UUID, reason: str) -> None:
        self._reach()
        if self.status.get(order_id) != "succeeded":
            raise RefusedError("payments.not_paid", "nothing to give back")
        self.refunded[order_id] = 1
        self.life.step()

    def _reach(self) -> None:
        if not self.reachable:
            raise LinkUnavailableError("payments")


@dataclass
class Ticketing(TicketingApi):
    known: bool = True

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        if not self.known:
            raise RefusedError("ticketing.not_found", "no such ticket")
        return TicketOnSale(
            ticket_id=ticket_id,
            title="Regular",
            ticket_type="SEATED_MANUAL",
            status="published",
            price_minor=2_500,
            currency="EUR",
            quota=100,
            max_per_user=10,
            event=EventFacts(
                title="Home match",
                starts_at=START + timedelta(days=7),
                ends_at=START + timedelta(days=7, hours=2),
                time_zone="Europe/Berlin",
                venue_id=UUID(int=0x7E),
                venue_name="Riethsporthalle",
                kind="sport",
            ),
        )


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
        self.place = PlaceOrder(self.transactions, self.seating, self.ticketing, self.clock, self.ids, self.terms)
        self.read = ReadOrder(self.transactions)
        self.list = ListOrders(self.transactions)
        self.pay = PayOrder(self.transactions, self.seating, self.payments, self.clock, self.terms)
        self.settle = SettlePayment(self.transactions, self.seating, self.payments, self.clock, self.terms)
        self.confirm = ConfirmOrder(self.settle)
        self.cancel = CancelOrder(self.transactions, self.payments, self.settle, self.clock)
        self.expire = ExpireOrder(self.transactions, self.seating, self.payments, self.settle, self.clock, self.terms)
        self.sweep = ExpireOrders(self.memory, self.expire, self.clock, self.terms)
        self.on_timer = OnTimerFired(self.expire)
        self.on_refunded = OnPaymentRefunded(self.transactions, self.clock)
        self.delivered = 0

    def buyer(self, number: int = 1, *, tenant_id: TenantId = TENANT, guest: bool = False) -> Caller:
        return Caller(AccountId(UUID(int=0xACC0 + number)), tenant_id, guest=guest)

    def staff(self, role: Role = Role.BOX_OFFICE) -> Caller:
        return Caller(AccountId(UUID(int=0x57AFF)), TENANT, role=role)

    def held(self, caller: Caller, number: int = 1, *, seats: int = 2) -> SeatsToOrder:
        reservation_id = ReservationId(UUID(int=0x4E5E0 + number))
        self.seating.hold(reservation_id, caller.account_id, seats=seats)
        return SeatsToOrder(reservation_id)

    def held_once(self) -> SeatsToOrder:
        """The hold that a repeated scenario starts from; it is made the first time only."""
        reservation_id = ReservationId(UUID(int=0x4E5E0 + 1))
        return SeatsToOrder(reservation_id) if self.seating.reservations else self.held(self.buyer())

    async def placed(self, caller: Caller | None = None, *, contact: Contact | None = None) -> Order:
        caller = caller or self.buyer()
        return await self.place(caller, self.held(caller), contact)

    async def paid(self) -> Order:
        """An order whose money Stripe has taken, before we have heard of it."""
        order = await self.placed()
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
            list(self.payments.status.values()),
            list(self.payments.refunded.values()),
            self.published(),
        )

    def deliver(self) -> None:
        """Let seating take the news of ended orders."""
        events = self.messages.events
        for envelope in events[self.delivered :]:
            if envelope.type == OrderCancelled.event_type:
                self.seating.take_news(envelope.decode(OrderCancelled))
        self.delivered = len(events)
