"""A payment that succeeds after somebody else bought the seats: orders over HTTP, real seats, payments and databases.

Stripe is its stand-in. News are handed over by the test, as soon as they are in an outbox.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.orders import OrderController
from adapters.inprocess.seating import InProcessSeating
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.orders import PostgresDueOrders, PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from core.orders.voucher_misses import MissTerms
from core.seating.layout import Layout
from core.seating.plans import SeatingPlan
from core.seating.seats import Sold
from core.shared.callers import Caller
from ports.events import Delivery, Event
from ports.idempotency import IdempotencyStore
from ports.published.orders import OrderCancelled
from ports.published.payments import PaymentRefunded, PaymentsApi, PaymentSucceeded
from tests.orders_world import TENANT, World
from tests.payment_service import RunningPayments, running_payments
from tests.seating_world import SeatingStores, a_plan, a_request, postgres_stores, seat_ids
from tests.servers import PostgresServer
from tests.service_client import SpelledOutTokens, app_of, client_of, container_of, headers_of
from usecases.orders.confirm_order import ConfirmOrder
from usecases.orders.expire_order import ExpireOrder
from usecases.orders.expire_orders import ExpireOrders
from usecases.orders.on_payment_refunded import OnPaymentRefunded
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import PlaceOrder
from usecases.orders.read_order import ReadOrder
from usecases.orders.redeem_voucher import RedeemVoucher
from usecases.orders.reservations import Reservations
from usecases.orders.settle_payment import SettlePayment
from usecases.seating.catalogues import Catalogues
from usecases.seating.on_order_cancelled import ReleaseCancelledOrder
from usecases.seating.replace_seats import ReplaceSeats
from usecases.seating.reserve_seats import (
    FinaliseReservation,
    ProtectReservation,
    ReclaimSeats,
    ReleaseReservation,
    ReserveSeats,
)

type Hear = Callable[[Any, Delivery], Any]


@dataclass
class Town:
    """Buyers at a hall of two rows of five."""

    world: World
    stores: SeatingStores
    plan: SeatingPlan
    layout: Layout
    payments: RunningPayments
    client: httpx.AsyncClient
    sweep: ExpireOrders
    hears: list[tuple[str, type[Event], Hear]]
    heard: set[UUID] = field(default_factory=set[UUID])

    async def order(self, buyer: Caller, *labels: str, **more: object) -> dict[str, Any]:
        request = a_request(self.plan, seat_ids(self.layout, *labels), by=buyer)
        held = (await self.stores.grant(TENANT, request, now=self.world.clock.now())).reservation
        body = {"reservations": [{"kind": "seats", "reservationId": str(held.id)}], **more}
        return await self.ask("POST", "/orders", buyer, body)

    async def pay(self, buyer: Caller, order: dict[str, Any], method: str) -> str:
        """Start the payment and confirm it as the browser does; return the PaymentIntent's id."""
        started = await self.ask("POST", f"/orders/{order['id']}/payments", buyer, {"method": "CARD"})
        intent_id = started["stripePaymentIntentId"]
        async with httpx.AsyncClient() as browser:
            confirmed = await browser.post(
                f"{self.payments.fake.url}/v1/payment_intents/{intent_id}/confirm",
                data={"payment_method": method, "client_secret": started["clientSecret"]},
                headers={"authorization": f"Bearer {self.payments.fake.settings.publishable_key}"},
            )
        assert confirmed.status_code == 200, confirmed.text
        return str(intent_id)

    async def read(self, buyer: Caller, order: dict[str, Any]) -> dict[str, Any]:
        return await self.ask("GET", f"/orders/{order['id']}", buyer)

    async def ask(self, method: str, path: str, buyer: Caller, body: object = None) -> dict[str, Any]:
        answer = await self.client.request(method, f"/api/v1{path}", json=body, headers=headers_of(buyer))
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def news(self) -> None:
        """Process what Stripe has told, and hand over all events that nobody has heard of, until there are none."""
        await self.payments.process()
        while await self._handed_over():
            continue

    async def _handed_over(self) -> int:
        count = 0
        for url, kind, hear in self.hears:
            connection = await asyncpg.connect(url)
            try:
                rows = await connection.fetch(
                    "select id, payload::text as payload from outbox where event_type = $1 order by id", kind.event_type
                )
            finally:
                await connection.close()
            for row in rows:
                if row["id"] not in self.heard:
                    self.heard.add(row["id"])
                    count += 1
                    event = msgspec.json.decode(row["payload"], type=kind)
                    await hear(event, Delivery(event_id=row["id"], tenant_id=TENANT))
        return count

    async def owners(self) -> dict[str, UUID]:
        async with self.stores.transactions.begin(TENANT) as tx:
            seats = await tx.seats.seat_map(self.plan.id)
        return {seat.label: state.reservation_id for seat, state in seats if isinstance(state, Sold)}


@pytest.fixture
async def town(
    postgres: PostgresServer, order_db: Database, payment_db: Database, valkey_url: str
) -> AsyncIterator[Town]:
    world = World()
    app_pool = await open_pool(order_db.app_url, connections_max=4)
    relay_pool = await open_pool(order_db.relay_url, connections_max=2)
    plan, layout = a_plan()
    async with postgres_stores(postgres) as stores, running_payments(payment_db, redis_url=valkey_url) as paying:
        store, clock = stores.transactions, world.clock
        async with store.begin(TENANT) as tx:
            await tx.plans.add(plan, layout)
        seating = InProcessSeating(
            ReserveSeats(store, clock),
            ProtectReservation(store, clock),
            FinaliseReservation(store, clock),
            ReclaimSeats(store, clock),
            ReplaceSeats(store, Catalogues(store), clock),
            ReleaseReservation(store, clock),
        )
        payments: PaymentsApi = await paying.container.get(PaymentsApi)
        transactions = PostgresOrderTransactions(app_pool, world.ids)
        reservations = Reservations(seating, world.general_admission, world.market)
        settle = SettlePayment(transactions, reservations, payments, clock, world.terms)
        expire = ExpireOrder(transactions, reservations, payments, settle, clock, world.terms)
        redeem = RedeemVoucher(transactions, clock, MissTerms())
        made: dict[Any, object] = {
            PlaceOrder: PlaceOrder(
                transactions, reservations, world.price, redeem, settle, clock, world.ids, world.terms
            ),
            ReadOrder: ReadOrder(transactions),
            PayOrder: PayOrder(transactions, reservations, payments, clock, world.terms),
            IdempotencyStore: PostgresIdempotencyStore(app_pool, relay_pool),
        }
        container = container_of(made)
        app = app_of(ServiceRoutes("order", container, (OrderController,)), verifier=SpelledOutTokens(), clock=clock)
        async with client_of(app) as client:
            yield Town(
                world,
                stores,
                plan,
                layout,
                paying,
                client,
                ExpireOrders(PostgresDueOrders(relay_pool), transactions, expire, clock, world.terms),
                [
                    (payment_db.relay_url, PaymentSucceeded, ConfirmOrder(settle)),
                    (payment_db.relay_url, PaymentRefunded, OnPaymentRefunded(transactions, clock)),
                    (order_db.relay_url, OrderCancelled, ReleaseCancelledOrder(store, clock)),
                ],
            )
        await container.close()
    await app_pool.close()
    await relay_pool.close()


async def paid_too_late(town: Town, ann: Caller, ben: Caller, **more: object) -> dict[str, Any]:
    """Ann's bank takes so long that her order ends, and Ben buys her seats; then her bank says yes."""
    order = await town.order(ann, "R1S3", "R1S4", **more)
    intent_id = await town.pay(ann, order, "pm_card_processing")
    await town.news()
    town.world.clock.advance(town.world.terms.lifetime_max_s)
    assert await town.sweep() == 1
    await town.news()
    assert (await town.read(ann, order))["status"] == "EXPIRED"
    bens = await town.order(ben, "R1S4", "R1S3")
    await town.pay(ben, bens, "pm_card_visa")
    await town.news()
    assert (await town.read(ben, bens))["status"] == "CONFIRMED"
    town.payments.fake.state.payments.decide(intent_id, succeed=True)
    await town.news()
    return await town.read(ann, order)


async def test_a_buyer_who_allowed_it_has_other_seats_and_sees_how_it_came(town: Town) -> None:
    ann, ben = town.world.buyer(1), town.world.buyer(2)
    order = await paid_too_late(town, ann, ben, acceptOtherSeats=True)
    assert (order["status"], order["refund"], order["acceptOtherSeats"]) == ("CONFIRMED", None, True)
    assert [step["step"] for step in order["history"]] == [
        "placed", "reserved", "payment_started", "expired", "paid_late", "other_seats", "confirmed",
    ]  # fmt: skip
    assert order["history"][-2]["detail"] == "Stalls R1S3, Stalls R1S4 → Stalls R1S1, Stalls R1S2"
    assert [item["label"] for item in order["items"]] == ["R1S1", "R1S2"]
    assert order["total"]["amount"] == 15_000
    owners = await town.owners()
    assert sorted(owners) == ["R1S1", "R1S2", "R1S3", "R1S4"]
    assert str(owners["R1S1"]) == order["items"][0]["reservationId"] == order["reservationIds"][0]
    assert list(town.payments.fake.state.ledger.all("refunds")) == []


async def test_a_buyer_who_did_not_has_the_money_back_and_sees_it(town: Town) -> None:
    ann, ben = town.world.buyer(1), town.world.buyer(2)
    order = await paid_too_late(town, ann, ben)
    assert (order["status"], order["refund"], order["acceptOtherSeats"]) == ("EXPIRED", "done", False)
    assert [step["step"] for step in order["history"][-4:]] == ["paid_late", "refund_due", "refund_asked", "refunded"]
    assert order["history"][-3]["detail"] == "seating.seat_taken"
    assert sorted(await town.owners()) == ["R1S3", "R1S4"]
    (refund,) = town.payments.fake.state.ledger.all("refunds")
    assert refund["amount"] == order["total"]["amount"]


async def test_where_no_other_seats_are_side_by_side_the_money_goes_back_all_the_same(town: Town) -> None:
    ann, ben, eve = (town.world.buyer(number) for number in (1, 2, 3))
    eves = await town.order(eve, "R1S1", "R2S2", "R2S4")
    await town.pay(eve, eves, "pm_card_visa")
    await town.news()
    order = await paid_too_late(town, ann, ben, acceptOtherSeats=True)
    assert (order["status"], order["refund"]) == ("EXPIRED", "done")
    assert order["history"][-3]["detail"] == "seating.no_other_seats"
    assert sorted(await town.owners()) == ["R1S1", "R1S3", "R1S4", "R2S2", "R2S4"]
