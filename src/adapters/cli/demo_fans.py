"""Simulated fans: each looks for seats, holds them, orders, pays, and waits for the passes."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from uuid import UUID, uuid4

from adapters.cli.demo_http import ApiRefusedError, DemoHttp, Json, Latencies, Session, UnreachableError

HOLD_TRIES_MAX = 30
POLL_FIRST_S = 0.1
POLL_MAX_S = 1.0
CARD = "pm_card_visa"
DECLINED_CARD = "pm_card_chargeDeclined"
_PASSWORD = "a long walk to the hall"  # noqa: S105  (of accounts that are made up here)


class Outcome(StrEnum):
    """How it ended for a fan."""

    BOUGHT = "bought"
    ABANDONED = "abandoned"
    SOLD_OUT = "sold out"
    FAILED = "failed"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Habits:
    """How fans behave: shares from 0 to 1, seats at most, and how long one waits for the passes, in seconds."""

    seats_max: int = 4
    registered_share: float = 0.1
    abandon_share: float = 0.1
    decline_share: float = 0.1
    patience_s: float = 90.0


@dataclass(slots=True)
class FreeSeats:
    """The map that all fans look at: asked for again when it is older than `age_max_s`, so it lags like a real one."""

    http: DemoHttp
    plan_id: UUID
    session: Session
    age_max_s: float = 2.0
    _free: list[str] = field(default_factory=list[str])
    _read_at: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def choose(self, random: Random, seats_max: int) -> Sequence[str]:
        """Return up to `seats_max` seats that lie together in the order of the map; none when it is sold out."""
        async with self._lock:
            if not self._free or time.monotonic() - self._read_at > self.age_max_s:
                seat_map: Json = await self.http.get(
                    f"/seating-plans/{self.plan_id}/seats?fields=status", session=self.session
                )
                self._free = [seat["id"] for seat in seat_map["seats"] if seat["status"] == "AVAILABLE"]
                self._read_at = time.monotonic()
        if not self._free:
            return ()
        wanted = random.randint(1, min(seats_max, len(self._free)))
        start = random.randrange(len(self._free) - wanted + 1)
        return self._free[start : start + wanted]

    def taken(self, seats: Sequence[str]) -> None:
        """Stop offering seats of which at least one is taken; the next map shows those that are free."""
        gone = set(seats)
        self._free = [seat for seat in self._free if seat not in gone]


@dataclass(frozen=True, slots=True)
class Fan:
    """One fan, with a will of their own that the seed decides."""

    number: int
    http: DemoHttp
    free_seats: FreeSeats
    tenant_id: UUID
    habits: Habits
    random: Random

    async def go(self) -> Outcome:
        """Live through the sale; raises ApiRefusedError and UnreachableError when something is not as promised."""
        began = time.perf_counter()
        registered = self.random.random() < self.habits.registered_share
        async with self._latencies.timed("token"):
            session = Session(await (self._register() if registered else self._guest()), self.tenant_id)
        reservation_id = await self._hold(session)
        if reservation_id is None:
            return Outcome.SOLD_OUT
        if self.random.random() < self.habits.abandon_share:
            await self._walk_away(session, reservation_id)
            return Outcome.ABANDONED
        order: Json = await self._order(session, reservation_id)
        await self._pay(session, order["id"])
        await self._wait_for_passes(session, order["id"], seats=len(order["items"]))
        self._latencies.by_step["whole purchase"].append(time.perf_counter() - began)
        return Outcome.BOUGHT

    @property
    def _latencies(self) -> Latencies:
        return self.http.latencies

    async def _guest(self) -> str:
        return str((await self.http.post("/auth/guest", {}))["accessToken"])

    async def _register(self) -> str:
        email = f"fan-{uuid4().hex}@demo.example.com"
        name = f"Fan {self.number}"
        await self.http.post("/auth/register", {"email": email, "password": _PASSWORD, "displayName": name})
        return str((await self.http.post("/auth/login", {"email": email, "password": _PASSWORD}))["accessToken"])

    async def _hold(self, session: Session) -> str | None:
        for _ in range(HOLD_TRIES_MAX):
            seats = await self.free_seats.choose(self.random, self.habits.seats_max)
            if not seats:
                return None
            reservation_id = str(uuid4())
            try:
                async with self._latencies.timed("hold"):
                    await self.http.post(
                        f"/seating-plans/{self.free_seats.plan_id}/holds",
                        {"reservationId": reservation_id, "seatIds": seats},
                        session=session,
                    )
            except ApiRefusedError as refusal:
                if refusal.code != "seating.seat_taken":
                    raise
                self.free_seats.taken(seats)
                continue
            self.free_seats.taken(seats)
            return reservation_id
        return None

    async def _walk_away(self, session: Session, reservation_id: str) -> None:
        if self.random.random() < 0.5:
            await self.http.delete(f"/holds/{reservation_id}", session=session)

    async def _order(self, session: Session, reservation_id: str) -> Json:
        body = {
            "reservations": [{"kind": "seats", "reservationId": reservation_id}],
            "contact": {"email": f"fan-{self.number}@demo.example.com", "name": f"Fan {self.number}"},
        }
        async with self._latencies.timed("order"):
            return await self.http.post("/orders", body, session=session)

    async def _pay(self, session: Session, order_id: str) -> None:
        cards = [CARD]
        if self.random.random() < self.habits.decline_share:
            cards = [DECLINED_CARD, CARD]
        for card in cards:
            async with self._latencies.timed("pay"):
                payment: Json = await self.http.post(
                    f"/orders/{order_id}/payments", {"method": "CARD"}, session=session
                )
            try:
                async with self._latencies.timed("stripe"):
                    await self.http.confirm_at_stripe(
                        payment["stripePaymentIntentId"], client_secret=payment["clientSecret"], method=card
                    )
            except ApiRefusedError as refusal:
                if refusal.status != 402 or card != DECLINED_CARD:
                    raise

    async def _wait_for_passes(self, session: Session, order_id: str, *, seats: int) -> None:
        async with asyncio.timeout(self.habits.patience_s):
            async with self._latencies.timed("confirmed"):
                pause_s = POLL_FIRST_S
                while (await self.http.get(f"/orders/{order_id}", session=session))["status"] != "CONFIRMED":
                    pause_s = await _paused(pause_s)
            async with self._latencies.timed("passes"):
                pause_s = POLL_FIRST_S
                while await self._passes_of(session, order_id) < seats:
                    pause_s = await _paused(pause_s)

    async def _passes_of(self, session: Session, order_id: str) -> int:
        try:
            return len((await self.http.get(f"/orders/{order_id}/passes", session=session))["items"])
        except ApiRefusedError as refusal:
            # Admission may not have heard of the order yet.
            if refusal.status != 404:
                raise
            return 0


async def outcome_of(fan: Fan) -> tuple[Outcome, str]:
    """Return how it ended for the fan, and why where something failed."""
    try:
        return await fan.go(), ""
    except TimeoutError:
        return Outcome.FAILED, f"fan {fan.number}: not confirmed, or no passes, within {fan.habits.patience_s:g} s"
    except (ApiRefusedError, UnreachableError) as error:
        return Outcome.FAILED, f"fan {fan.number}: {error}"
    except (KeyError, TypeError) as error:
        return Outcome.FAILED, f"fan {fan.number}: an answer is not shaped as the API promises: {error!r}"


async def _paused(pause_s: float) -> float:
    await asyncio.sleep(pause_s)
    return min(POLL_MAX_S, pause_s * 1.5)
