"""Orders at which webhook, buyer, refund and expiry are at once, with every service in this process."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from adapters.cli.demo_audit import audit
from adapters.cli.demo_books import DemoSale, read_books
from adapters.cli.demo_fans import CARD, FreeSeats
from adapters.cli.demo_http import ApiRefusedError, DemoHttp, Latencies, Session
from adapters.cli.demo_world import load_demo_world
from adapters.embedded.stripe_fake.server import StripeFake
from bootstrap.listening import listen
from bootstrap.runtime import serving, working
from bootstrap.settings import read_settings
from bootstrap.topology import Platform, build_platform
from core.shared.errors import DomainError
from core.shared.ids import OrderId, TenantId
from ports.published.payments import PaymentsApi, whole_refund_id
from ports.published.refusals import RefusedError
from tests.demo_books import ENDS, FreshDatabases, demo_sale, every_order, fresh_databases
from tests.processes.test_serve_and_worker import SECRET_KEY, WEBHOOK_SECRET
from tests.servers import PostgresServer
from usecases.messaging.relay_outbox import RelayOutbox
from usecases.orders.expire_order import ExpireOrder
from usecases.orders.expire_orders import ExpireOrders
from usecases.payments.reconcile_day import ReconcileDay
from usecases.payments.record_payment_outcome import RecordPaymentOutcome

SEED = int(os.environ.get("FAIRSEAT_TEST_CRASH_SEED", "2026"))

ORDER_TTL_S = 5
WAIT_MAX_S = 30.0
HOLDS_MAX = 30
IDLE_MAX_S = 2.0
"""A kept connection that was idle for longer is not used again: the server may be closing it."""

_JITTER_S = 0.15


@dataclass(slots=True)
class Contention:
    """Orders, and all who are after them; `answers` counts what they were told, by who it was."""

    platform: Platform
    databases: FreshDatabases
    stripe: StripeFake
    http: DemoHttp
    sale: DemoSale
    free_seats: FreeSeats
    dice: Random
    orders: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """The PaymentIntent of each."""
    fizzled: int = 0
    answers: Counter[str] = field(default_factory=Counter[str])
    longest_s: float = 0.0
    slowest: str = ""

    async def usecase[T](self, service: str, kind: type[T]) -> T:
        found: T = await self.platform.containers[service].get(kind)
        return found

    async def fight(self) -> None:
        """Place an order, start its payment, and let all have a go at it when its time to pay is over."""
        token = await self.http.post("/auth/guest", {})
        buyer = Session(token["accessToken"], self.sale.tenant_id)
        body = {
            "reservations": [{"kind": "seats", "reservationId": await self._held(buyer)}],
            "contact": {"email": "buyer@demo.example.com"},
        }
        order = await self.http.post("/orders", body, session=buyer)
        self.orders[order["id"]] = None
        try:
            payment = await self.http.post(f"/orders/{order['id']}/payments", {"method": "CARD"}, session=buyer)
        except ApiRefusedError as refusal:
            if refusal.code not in {"orders.expired", "orders.not_payable"}:
                raise
            self.fizzled += 1  # this machine is too busy for so short a time to pay
            return
        self.orders[order["id"]] = payment["stripePaymentIntentId"]
        ends_at = (await self.http.get(f"/orders/{order['id']}", session=buyer))["expiresAt"]
        left_s = (datetime.fromisoformat(ends_at) - datetime.now(UTC)).total_seconds()
        await asyncio.sleep(max(0.0, left_s - 3 * _JITTER_S))
        await asyncio.gather(*(self._timed(who, work) for who, work in self._everybody(order, buyer, payment)))

    async def _held(self, buyer: Session) -> str:
        """Return a reservation; the map of free seats may be a second old."""
        for _ in range(HOLDS_MAX):
            seats = await self.free_seats.choose(self.dice, 2)
            self.free_seats.taken(seats)
            hold = {"reservationId": str(uuid4()), "seatIds": seats}
            try:
                await self.http.post(f"/seating-plans/{self.sale.plan_id}/holds", hold, session=buyer)
            except ApiRefusedError as refusal:
                if refusal.code != "seating.seat_taken":
                    raise
            else:
                return str(hold["reservationId"])
        raise AssertionError("no seats after many tries")

    def _everybody(self, order: Any, buyer: Session, payment: Any) -> list[tuple[str, Coroutine[Any, Any, object]]]:
        order_id = order["id"]
        path = f"/orders/{order_id}"
        a_seat = {"reason": "duplicate", "itemIds": [order["items"][0]["id"]]}
        return [
            ("card and webhook", self._webhook(payment)),
            ("webhook", self._record(payment["stripePaymentIntentId"])),
            ("buyer pays", self._ask("POST", f"{path}/payments", buyer, {"method": "CARD"})),
            ("buyer cancels", self._ask("POST", f"{path}/cancel", buyer)),
            ("buyer reads", self._ask("GET", path, buyer)),
            ("staff read", self._ask("GET", path, self.sale.staff)),
            ("refund", self._refund(order_id)),
            ("refund again", self._refund(order_id)),
            ("staff refund a seat", self._ask("POST", f"{path}/refunds", self.sale.staff, a_seat)),
            ("staff refund", self._ask("POST", f"{path}/refunds", self.sale.staff, {"reason": "duplicate"})),
            ("expiry", self._expire(order_id)),
            ("expiry again", self._expire(order_id)),
            ("sweep", self._sweep()),
        ]

    async def _timed(self, who: str, work: Coroutine[Any, Any, object]) -> None:
        await asyncio.sleep(self.dice.uniform(0.0, 6 * _JITTER_S))
        began = time.perf_counter()
        try:
            async with asyncio.timeout(WAIT_MAX_S):
                told = str(await work)
        except RefusedError as refusal:
            told = refusal.refusal_code
        except DomainError as refusal:
            told = refusal.code
        self.longest_s, self.slowest = max((self.longest_s, self.slowest), (time.perf_counter() - began, who))
        self.answers[f"{who}: {told}"] += 1

    async def _ask(self, method: str, path: str, who: Session, body: object = None) -> str:
        answer = await self.http.client.request(method, f"{self.http.api_url}{path}", json=body, headers=who.headers())
        assert answer.status_code < 500, answer.text
        return str(answer.status_code) if answer.is_success else f"{answer.status_code} {answer.json()['code']}"

    async def _webhook(self, payment: Any) -> str:
        """Pay at Stripe, and take the news of it before the webhook does."""
        answer = await self.http.client.post(
            f"{self.stripe.url}/v1/payment_intents/{payment['stripePaymentIntentId']}/confirm",
            data={"payment_method": CARD, "client_secret": payment["clientSecret"]},
            headers={"Authorization": f"Bearer {self.http.publishable_key}"},
        )
        assert answer.status_code < 500, answer.text
        await self._record(payment["stripePaymentIntentId"])
        for service in ("payment", "order"):
            await (await self.usecase(service, RelayOutbox))()
        return "paid" if answer.is_success else "too late"

    async def _record(self, intent_id: str) -> str:
        record = await self.usecase("payment", RecordPaymentOutcome)
        await asyncio.gather(record(intent_id), record(intent_id))
        return "recorded"

    async def _refund(self, order_id: str) -> str:
        """Give all the money back as orders do by themselves, which sells nothing and asks nobody."""
        payments = await self.usecase("payment", PaymentsApi)
        refunded = await payments.refund(
            tenant_id=self.sale.tenant_id,
            order_id=UUID(order_id),
            refund_id=whole_refund_id(UUID(order_id)),
            amount_minor=None,
            reason="requested",
        )
        return refunded.status

    async def _expire(self, order_id: str) -> str:
        expire = await self.usecase("order", ExpireOrder)
        return f"did something: {await expire(TenantId(self.sale.tenant_id), OrderId(UUID(order_id)))}"

    async def _sweep(self) -> str:
        await (await self.usecase("order", ExpireOrders))()
        return "swept"

    async def wrong(
        self,
    ) -> list[str]:
        """Return what does not add up by now."""
        books = await read_books(self.http, self.sale)
        wrong = [f"{check}" for check in audit(books) if not check.adds_up]
        orders = await every_order(self.http, self.sale)
        assert set(self.orders) == set(orders)
        owned = await self._owned()
        for order_id, order in orders.items():
            its_own = [item for item in order["items"] if owned.get(item["seatId"]) == item["reservationId"]]
            worth = sum(item["unitPrice"]["amount"] for item in its_own)
            kept = self._kept_minor(self.orders[order_id])
            if (order["status"], order["refund"]) not in ENDS:
                wrong.append(f"{order_id} is {order['status']}, its refund {order['refund']}")
            if kept != worth:
                wrong.append(f"{order_id}: {kept} was kept, and the seats that it owns are worth {worth}")
            if bool(its_own) != (order["status"] == "CONFIRMED"):
                wrong.append(f"{order_id} is {order['status']}, and owns {len(its_own)} seats")
        unbalanced = await self.databases.sum_of("select sum(amount_minor) from ledger_entries", "payment")
        if unbalanced:
            wrong.append(f"the ledger does not balance by {unbalanced}")
        reconciled = await (await self.usecase("payment", ReconcileDay))(datetime.now(UTC).date())
        wrong += [f"Stripe's balance and the ledger differ: {each}" for each in reconciled.differences]
        return wrong

    async def _owned(self) -> dict[str, str]:
        database = await asyncpg.connect(self.databases.by_service["venue"].admin_url)
        try:
            rows = await database.fetch("select seat_id, reservation_id from seat_states where status = 'SOLD'")
        finally:
            await database.close()
        return {str(row["seat_id"]): str(row["reservation_id"]) for row in rows}

    def _kept_minor(self, intent_id: str | None) -> int:
        charges = [one for one in self.stripe.state.ledger.all("charges") if one["payment_intent"] == intent_id]
        return sum(one["amount_captured"] - one["amount_refunded"] for one in charges)


@asynccontextmanager
async def contention(
    postgres: PostgresServer, valkey_url: str, mongodb_url: str, folder: Path
) -> AsyncIterator[Contention]:
    databases = await fresh_databases(postgres)
    listening = listen("127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with (
        StripeFake(
            secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET, webhook_url=f"{base_url}/api/v1/webhooks/stripe"
        ) as stripe,
        httpx.AsyncClient(
            timeout=WAIT_MAX_S, limits=httpx.Limits(max_connections=200, keepalive_expiry=IDLE_MAX_S)
        ) as client,
    ):
        stripe.state.sender.endpoint.copies = 2
        environment = databases.environment(postgres, valkey_url, mongodb_url, stripe.url, mail_folder=folder) | {
            "FAIRSEAT_ORDERS_TTL_S": str(ORDER_TTL_S),
            "FAIRSEAT_ORDERS_PAYMENT_PROTECTION_S": str(ORDER_TTL_S),
            "FAIRSEAT_ORDERS_LIFETIME_MAX_S": str(2 * ORDER_TTL_S),
        }
        configured = read_settings(environment)
        platform = build_platform(configured)
        await platform.connect()
        try:
            async with working(platform), serving(platform, listening):
                await load_demo_world(base_url, mail_folder=folder, stripe_url=stripe.url)
                http = DemoHttp(
                    client=client,
                    api_url=f"{base_url}/api/v1",
                    stripe_url=stripe.url,
                    publishable_key=stripe.settings.publishable_key,
                    latencies=Latencies(),
                )
                sale = await demo_sale(http)
                seats = FreeSeats(http, sale.plan_id, sale.staff)
                yield Contention(platform, databases, stripe, http, sale, seats, Random(SEED))
        finally:
            await platform.close()
