"""Buyers over HTTP: a process of its own in which some buy one order after another, from the hold to the passes.

It reads a Buying as JSON from its standard input and writes a Bought to its standard output. Each purchase is that of
another guest, whose token was made before. Whoever waits asks again after a pause that grows from 25 to 200 ms.
"""

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import msgspec
import uvloop

from tests.benchmarks.arithmetic import Times
from tests.benchmarks.callers import drive
from tests.benchmarks.load import Connection

HOLD = "hold"
ORDER = "order"
PAYMENT = "payment"
CONFIRM = "confirmed at Stripe's stand-in"
CONFIRMED = "until the order is CONFIRMED"
PASSES = "until the passes can be read"
STEPS = (HOLD, ORDER, PAYMENT, CONFIRM, CONFIRMED, PASSES)

PAUSE_FIRST_S = 0.025
PAUSE_MAX_S = 0.2
PATIENCE_S = 30.0
WARM_UP_EACH = 2


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Whose purchase it is, and of which seats."""

    token: str
    seat_ids: tuple[UUID, ...]


class Buying(msgspec.Struct, frozen=True, kw_only=True):
    """What to buy, where, and for how long; purchases that were begun are ended."""

    port: int
    stripe_port: int
    publishable_key: str
    organisation_id: str
    plan_id: str
    buyers: int
    seconds_max: float
    wishes: list[Wish]


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """How long it took, as a whole and by step; orders and what was asked while waiting count the warm-up too."""

    times: Times
    steps_s: Mapping[str, list[float]]
    orders: int
    asked_again: int


class _Buyers:
    def __init__(self, buying: Buying, connections: list[Connection]) -> None:
        self._buying = buying
        self._connections = connections
        self.steps_s: dict[str, list[float]] = defaultdict(list)
        self.orders = 0
        self.asked_again = 0

    async def buy(self, number: int, wish: Wish) -> None:
        """Buy; raises RuntimeError when anything is refused, and TimeoutError when it does not come to an end."""
        purchase = _Purchase(self._connections[number], self._buying, wish)
        async with asyncio.timeout(PATIENCE_S):
            async with self._timed(HOLD):
                reservation_id = await purchase.hold()
            async with self._timed(ORDER):
                order_id = await purchase.order(reservation_id)
            async with self._timed(PAYMENT):
                payment = await purchase.pay(order_id)
            async with self._timed(CONFIRM):
                await purchase.confirm(payment)
            async with self._timed(CONFIRMED):
                await self._wait(lambda: purchase.is_confirmed(order_id))
            async with self._timed(PASSES):
                await self._wait(lambda: purchase.has_passes(order_id))
        self.orders += 1

    @asynccontextmanager
    async def _timed(self, step: str) -> AsyncIterator[None]:
        begun = time.perf_counter()
        yield
        self.steps_s[step].append(time.perf_counter() - begun)

    async def _wait(self, done: Callable[[], Awaitable[bool]]) -> None:
        pause_s = PAUSE_FIRST_S
        while not await done():
            self.asked_again += 1
            await asyncio.sleep(pause_s)
            pause_s = min(PAUSE_MAX_S, pause_s * 1.5)


class _Purchase:
    """What one guest asks of the API, and of Stripe's stand-in."""

    def __init__(self, connection: Connection, buying: Buying, wish: Wish) -> None:
        self._connection = connection
        self._buying = buying
        self._wish = wish
        self._head = (
            f"Host: 127.0.0.1\r\nAuthorization: Bearer {wish.token}\r\nX-Tenant-ID: {buying.organisation_id}\r\n"
        )

    async def hold(self) -> UUID:
        reservation_id = uuid4()
        body = {"reservationId": reservation_id, "seatIds": self._wish.seat_ids}
        await self._post(f"/seating-plans/{self._buying.plan_id}/holds", body)
        return reservation_id

    async def order(self, reservation_id: UUID) -> str:
        body = {
            "reservations": [{"kind": "seats", "reservationId": reservation_id}],
            "contact": {"email": "fan@bench.example.com", "name": "Fay Fan"},
        }
        return str((await self._post("/orders", body))["id"])

    async def pay(self, order_id: str) -> Any:  # Any: what a JSON document holds
        return await self._post(f"/orders/{order_id}/payments", {"method": "CARD"})

    async def confirm(self, payment: Any) -> None:  # as above
        """Do what Stripe's library does in a browser, which has no connection to Stripe before."""
        body = urlencode({"payment_method": "pm_card_visa", "client_secret": payment["clientSecret"]})
        stripe = Connection(*await asyncio.open_connection("127.0.0.1", self._buying.stripe_port))
        try:
            status, answer = await stripe.ask(
                f"POST /v1/payment_intents/{payment['stripePaymentIntentId']}/confirm HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer {self._buying.publishable_key}\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            )
        finally:
            stripe.close()
        _read(status, answer)

    async def is_confirmed(self, order_id: str) -> bool:
        status, answer = await self._get(f"/orders/{order_id}")
        return bool(_read(status, answer)["status"] == "CONFIRMED")

    async def has_passes(self, order_id: str) -> bool:
        status, answer = await self._get(f"/orders/{order_id}/passes")
        # Admission may not have heard of the order yet.
        return status != "404" and len(_read(status, answer)["items"]) == len(self._wish.seat_ids)

    async def _get(self, path: str) -> tuple[str, bytes]:
        return await self._connection.ask(f"GET /api/v1{path} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def _post(self, path: str, body: object) -> Any:  # Any: what a JSON document holds
        sent = msgspec.json.encode(body).decode()
        status, answer = await self._connection.ask(
            f"POST /api/v1{path} HTTP/1.1\r\n{self._head}Idempotency-Key: {uuid4()}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n{sent}".encode()
        )
        return _read(status, answer)


def _read(status: str, answer: bytes) -> Any:  # as above
    if not status.startswith("2"):
        raise RuntimeError(f"{status} {answer.decode()}")
    return msgspec.json.decode(answer)


async def buy(buying: Buying) -> Bought:
    """Let the buyers buy until the time is up; the first purchases of each are not counted."""
    connections = [Connection(*await asyncio.open_connection("127.0.0.1", buying.port)) for _ in range(buying.buyers)]
    buyers = _Buyers(buying, connections)
    first = buying.buyers * WARM_UP_EACH
    await drive(buyers.buy, buying.wishes[:first], callers=buying.buyers, seconds_max=buying.seconds_max, warm_up=False)
    buyers.steps_s.clear()
    times = await drive(
        buyers.buy, buying.wishes[first:], callers=buying.buyers, seconds_max=buying.seconds_max, warm_up=False
    )
    for connection in connections:
        connection.close()
    return Bought(times=times, steps_s=buyers.steps_s, orders=buyers.orders, asked_again=buyers.asked_again)


def main() -> None:
    buying = msgspec.json.decode(sys.stdin.buffer.read(), type=Buying)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(buy(buying))))


if __name__ == "__main__":
    main()
