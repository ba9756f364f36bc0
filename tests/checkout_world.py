"""A checkout with everything that belongs to it: seats, places, orders, money, passes, news, and processes that die."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from core.orders.box_office import Settlement
from core.orders.fee_schedule import FeeSchedule
from core.orders.fees import FixedFee, PercentageFee
from core.orders.order import Order
from core.orders.refund_decisions import RefundWish
from core.orders.refund_policy import RefundPolicy, RefundRule
from core.orders.refunds import OrderRefund
from core.orders.reservations import ReservationKind
from core.orders.taxes import TaxRate
from core.orders.vouchers import PercentOff, VoucherTerms
from core.payments.intent import Intent, IntentStatus
from core.resale.policies.policy import ResalePolicy
from core.resale.policies.settings import ORGANISATION
from core.seating.layout import Layout
from core.seating.plans import SeatingPlan
from core.seating.seats import Available, state_at
from core.shared.callers import Caller, Role
from core.shared.errors import DomainError
from core.shared.ids import AccountId, OrderId, RefundId, ReservationId, TenantId, VoucherId
from core.shared.money import Money
from core.ticketing.ticket import Ticket
from ports.ids import IdSource
from ports.orders import OrderTransactions
from ports.paging import PAGE_SIZE_MAX, PageRequest
from ports.published.webhooks import STRIPE
from ports.seating import SeatingTransactions
from ports.ticketing import TicketStore
from tests.checkout_faults import Blow, Fate, is_answer, is_death
from tests.checkout_plant import Command, Parcel, Plant, Post, Process
from tests.checkout_stores import Surroundings
from tests.places_world import a_ga_ticket
from tests.seating_world import a_plan
from tests.ticketing_builders import a_published_ticket
from usecases.orders.cancel_order import CancelOrder
from usecases.orders.edit_vouchers import EditVouchers
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import HoldToOrder, PlaceOrder
from usecases.orders.read_refunds import RetryRefund
from usecases.orders.request_refund import RequestRefund
from usecases.orders.sell_at_box_office import Sale, SellAtBoxOffice
from usecases.orders.tune_fees import TuneFees
from usecases.orders.tune_refund_policy import TuneRefundPolicy
from usecases.payments.retry_refund import RetryRefund as RetryRefundOfPayment
from usecases.resale.tune_policies import TunePolicies
from usecases.seating.hold_seats import HoldSeats
from usecases.ticketing.hold_places import HoldPlaces
from usecases.webhooks.receive_webhook import ReceiveWebhook

TENANT = TenantId(UUID(int=0xA))
STAFF = Caller(AccountId(UUID(int=0x57AFF)), TENANT, role=Role.MANAGER)
BUYERS = [Caller(AccountId(UUID(int=0xACC0 + number)), TENANT) for number in range(3)]
SEATS = 12
QUOTA = 8
VOUCHERS = {"GIFT": VoucherTerms(PercentOff(10_000), uses_max=2), "TENTH": VoucherTerms(PercentOff(1_000), uses_max=1)}
FEES = FeeSchedule(
    fees=(FixedFee("service", "Service", Money(50, "EUR")), PercentageFee("platform", "Platform", 250)),
    taxes=(TaxRate("vat", "VAT", 1_900, included=False),),
)
POLICY = RefundPolicy((RefundRule(10_000, 14), RefundRule(5_000, 3)))

MARKET_FEES = ResalePolicy(platform_fee_basis_points=500, royalty_basis_points=333)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a buyer asks for; asking for it again is asking for the same."""

    buyer: Caller
    holds: tuple[HoldToOrder, ...]
    voucher: str | None = None
    other_seats: bool = False
    settlement: Settlement | None = None


class Checkout:
    """One organisation with a hall of twelve seats, eight places beside them, vouchers and fees; three buyers."""

    def __init__(self, plant: Plant, around: Surroundings, *, fees: bool = True) -> None:
        self.plant, self.around = plant, around
        self.clock, self.gateway = around.clock, around.gateway
        self.fate = Fate()
        self.post = Post(plant.services)
        self.process = plant.start(around.made, self.post, self.fate)
        self.observer = plant.start(around.made, self.post, Fate())
        """Sees everything, and never dies."""
        self.wishes: list[Wish] = []
        self.reservation_ids: list[ReservationId] = []
        self.vouchers: dict[str, VoucherId] = {}
        self.count: Counter[str] = Counter()
        self.told = 0
        self.fees = fees
        self.owed: set[str] = set()
        """Intents of whose refunds nothing but the provider's news can tell: it repeats them until they are taken."""

    async def open(self) -> None:
        """Put everything on sale."""
        ids = await self.observer.get("venue", IdSource)
        seated = a_published_ticket(id=ids.new(), max_per_user=8)
        self.standing: Ticket = a_ga_ticket(id=ids.new(), quota=QUOTA)
        tickets = await self.observer.get("ticket", TicketStore)
        for ticket in (seated, self.standing):
            await tickets.add(TENANT, ticket)
        plan, layout = a_plan(rows=2, columns=SEATS // 2, ids=ids)
        self.plan: SeatingPlan = replace(plan, ticket_id=seated.id)
        self.layout: Layout = layout
        async with (await self.observer.get("venue", SeatingTransactions)).begin(TENANT) as tx:
            await tx.plans.add(self.plan, layout)
        edit = await self.observer.get("order", EditVouchers)
        for code, terms in VOUCHERS.items():
            self.vouchers[code] = (await edit.create(STAFF, code, terms)).id
        if self.fees:
            await (await self.observer.get("order", TuneFees)).change(STAFF, FEES, expected_version=0)
            await (await self.observer.get("order", TuneRefundPolicy)).change(STAFF, POLICY, expected_version=0)
            market = await self.observer.get("venue", TunePolicies)
            await market.change(ORGANISATION, MARKET_FEES, expected_version=0, caller=STAFF)

    async def attempt[T](self, what: str, command: Command[T], blow: Blow | None = None) -> T | None:
        """Let somebody try something; None for a refusal, an outage, and a death, after which a process starts anew."""
        self.fate.begin(blow)
        self.clock.moment += timedelta(milliseconds=1)  # no two commands are of one moment
        try:
            answer = await command(self.process)
        except BaseException as error:
            if is_death(error):
                self.count["deaths"] += 1
                await self.restart()
            elif not is_answer(error):
                raise
            else:
                self.count[f"{what}: {_told(error)}"] += 1
            return None
        finally:
            self.fate.begin(None)
        self.count[what] += 1
        return answer

    async def restart(self) -> None:
        """Begin a process that knows nothing of the last one; what that had begun ends with it."""
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with suppress(BaseException):
                await task
        await self.process.close()
        self.process = self.plant.start(self.around.made, self.post, self.fate)

    async def hold(self, buyer: Caller, *, seats: list[int], places: int) -> tuple[HoldToOrder, ...]:
        """Hold seats by their numbers, and so many places; what is taken is left out."""
        held: list[HoldToOrder] = []
        ids = await self.observer.get("venue", IdSource)
        wanted = tuple(self.layout.seats[number].id for number in seats)
        id = ReservationId(ids.new())
        if wanted:
            command: Command[Any] = asking("venue", HoldSeats, self.plan.id, id, wanted, caller=buyer)
            if await self.attempt("hold seats", command) is not None:
                held.append(HoldToOrder(id))
        id = ReservationId(ids.new())
        if places:
            command = asking("ticket", HoldPlaces, self.standing.id, id, places, caller=buyer)
            if await self.attempt("hold places", command) is not None:
                held.append(HoldToOrder(id, kind=ReservationKind.GENERAL_ADMISSION))
        self.reservation_ids += [each.reservation_id for each in held]
        return tuple(held)

    async def order(self, wish: Wish, blow: Blow | None = None) -> Order | None:
        """Order what is held, online or at the box office."""
        if wish.settlement is not None:
            sale = Sale(wish.holds, wish.settlement, for_account=wish.buyer.account_id)
            return await self.attempt("sell", asking("order", SellAtBoxOffice, STAFF, sale), blow)
        place = asking(
            "order",
            PlaceOrder,
            wish.buyer,
            wish.holds,
            None,
            voucher_code=wish.voucher,
            accept_other_seats=wish.other_seats,
        )
        return await self.attempt("place", place, blow)

    async def pay(self, order_id: OrderId, buyer: Caller, blow: Blow | None = None) -> None:
        await self.attempt("pay", asking("order", PayOrder, buyer, order_id, "CARD"), blow)

    async def cancel(self, order_id: OrderId, caller: Caller, blow: Blow | None = None) -> None:
        await self.attempt("cancel", asking("order", CancelOrder, caller, order_id), blow)

    async def refund(self, order_id: OrderId, wish: RefundWish, caller: Caller, blow: Blow | None = None) -> None:
        await self.attempt("refund", asking("order", RequestRefund, caller, order_id, wish), blow)

    async def retry(self, refund: OrderRefund, blow: Blow | None = None) -> None:
        """Let staff try a refund again that failed."""
        await self.attempt("retry", asking("order", RetryRefund, STAFF, refund.order_id, refund.id), blow)

    async def retry_payment(self, refund_id: RefundId) -> None:
        """Let staff try a refund again that nobody asked for by hand."""
        await self.attempt("retry payment", asking("payment", RetryRefundOfPayment, STAFF, refund_id))

    @property
    def intents(self) -> list[Intent]:
        """What the provider knows, oldest first."""
        return [self.gateway._known(intent_id) for intent_id in self.gateway._intents]

    async def tell(self, intent: Intent, kind: str, *, again: bool = False, blow: Blow | None = None) -> None:
        """Let the provider send an event about an intent, or the last one again."""
        await self.tell_of({"id": intent.id, "object": "payment_intent"}, kind, again=again, blow=blow)

    async def tell_of(self, about: dict[str, str], kind: str, *, again: bool = False, blow: Blow | None = None) -> None:
        """Let the provider send an event about this object of its, or the last one again."""
        self.told += not again
        event = {"id": f"evt_{self.told}", "object": "event", "type": kind, "created": 0, "data": {"object": about}}
        body = msgspec.json.encode(event)
        await self.attempt("tell", asking("payment", ReceiveWebhook, body, source=STRIPE, signature=None), blow)

    async def work(self, job: str, blow: Blow | None = None) -> int:
        """Do one round of background work."""
        return await self.attempt(job, lambda process: process.work(job), blow) or 0

    async def deliver(self, parcel: Parcel, blow: Blow | None = None, *, keep: bool = False) -> bool:
        """Give an event to its consumer; whether it was taken. With `keep` it will come again all the same."""
        taken = await self.attempt("deliver", lambda process: _taken(process, parcel), blow)
        if taken:
            self.post.taken[parcel.envelope.id, parcel.subscription.consumer] += 1
            if not keep:
                self.post.waiting.remove(parcel)
        return bool(taken)

    async def deliver_all(self, *, twice: bool = False) -> int:
        """Give out what waits, the newest first."""
        parcels = self.post.waiting[::-1]
        for parcel in parcels:
            if twice:
                await self.deliver(parcel, keep=True)
            await self.deliver(parcel)
        return len(parcels)

    async def free_seats(self) -> list[int]:
        """Return the numbers of the seats that nobody has."""
        async with (await self.observer.get("venue", SeatingTransactions)).begin(TENANT) as tx:
            found = await tx.seats.seat_map(self.plan.id)
        states = [state_at(state, self.clock.now()) for _, state in found]
        return [number for number, state in enumerate(states) if isinstance(state, Available)]

    async def orders(self) -> list[Order]:
        """Every order, oldest first."""
        return await orders_of(self.observer)


async def refunds_of(observer: Process, order_id: OrderId) -> list[OrderRefund]:
    async with (await observer.get("order", OrderTransactions)).begin(TENANT) as tx:
        return list(await tx.refunds.of_order(order_id))


async def _taken(process: Process, parcel: Parcel) -> bool:
    await process.take(parcel)
    return True


async def orders_of(observer: Process) -> list[Order]:
    async with (await observer.get("order", OrderTransactions)).begin(TENANT) as tx:
        return list((await tx.orders.page(PageRequest(PAGE_SIZE_MAX), account_id=None)).items)


def asking(service: str, usecase: type[Any], *args: Any, **kwargs: Any) -> Callable[[Process], Awaitable[Any]]:
    """Return what asks a use case of a process."""

    async def call(process: Process) -> Any:
        return await (await process.get(service, usecase))(*args, **kwargs)

    return call


def _told(error: BaseException) -> str:
    return error.code if isinstance(error, DomainError) else type(error).__name__


def undecided(intent: Intent) -> bool:
    return intent.status in {IntentStatus.AWAITING_BUYER, IntentStatus.PROCESSING}
