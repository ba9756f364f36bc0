"""200 buyers after the same 20 seats over HTTP, at four processes of the API, while Redis is gone, hangs or lies.

A worker beside them publishes the live map and sets timers, so that everything that uses Redis is under way. A few
rounds run with the other tests; `make fire` runs a thousand with Redis gone, and a thousand with one that answers
wrongly or not at all.
"""

import asyncio
import os
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from adapters.embedded.readiness import free_port
from adapters.embedded.stripe_fake.server import StripeFake
from tests.demo_books import fresh_databases
from tests.hold_process import BUYERS, Grant, wish
from tests.hold_rounds import HOT_SEATS, PROCESSES, Admin, audit, deadlocks
from tests.processes.test_serve_and_worker import SECRET_KEY, WEBHOOK_SECRET
from tests.redis_in_trouble import Mood, RedisInTrouble
from tests.running import clean_environment, fairseat
from tests.servers import PostgresServer

ROUNDS = int(os.environ.get("FAIRSEAT_TEST_FIRE_ROUNDS", "4"))
PER_ADDRESS_MAX = 100
READY_TIMEOUT_S = 180
_LOOK_EVERY = 20
_IDLE_MAX_S = 2.0

pytestmark = pytest.mark.timeout(400 + 12 * ROUNDS)


@dataclass(slots=True)
class Line:
    """A kept-alive connection of one buyer; it speaks just enough HTTP/1.1, since a full client would be the load."""

    port: int
    headers: str
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    used_at: float = 0.0

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return the connection, or a new one before the server would end one that was idle."""
        if self.reader is None or self.writer is None or time.monotonic() > self.used_at + _IDLE_MAX_S:
            self.close()
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.used_at = time.monotonic()
        return self.reader, self.writer

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Return status and body."""
        sent = msgspec.json.encode(body) if body is not None else b""
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        reader, writer = await self._connected()
        writer.write(
            f"{method} /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self.headers}{more}"
            f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n".encode()
            + sent
        )
        head = await reader.readuntil(b"\r\n\r\n")
        _, found, after = head.lower().partition(b"\r\ncontent-length:")
        answer = await reader.readexactly(int(after[: after.index(b"\r\n")])) if found else b""
        return int(head[9:12]), msgspec.json.decode(answer) if answer else None


@dataclass(slots=True)
class Arena:
    """Four processes of the API with a plan of 20 seats on sale, and 50 buyers at each."""

    admin: Admin
    redis: RedisInTrouble
    plan_id: str
    seats: dict[UUID, str]
    lines: list[Line]
    watchers: list[httpx.AsyncClient]
    round: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])

    async def fight(self, *, look: bool) -> None:
        """Let all buyers hold at once, audit what stands, and let those who got seats release them.

        `look`: read the live map at each process meanwhile.
        """
        self.round += 1
        looking = [asyncio.create_task(self._look(http)) for http in self.watchers if look]
        answers = await asyncio.gather(*(self._hold(number) for number in range(len(self.lines))))
        granted = {line: answer for line, answer in enumerate(answers) if isinstance(answer, Grant)}
        refused = [answer for answer in answers if not isinstance(answer, Grant)]
        self.counts.update(granted=len(granted), refused=len(refused))
        assert sum(len(grant.seats) for grant in granted.values()) == len(
            {seat for grant in granted.values() for seat in grant.seats}
        )
        await audit(self.admin, list(self.seats), list(granted.values()), refused, fastest_s=0.0)
        released = await asyncio.gather(
            *(self.lines[number].ask("DELETE", f"/holds/{grant.id}") for number, grant in granted.items())
        )
        assert {status for status, _ in released} == {204}
        await asyncio.gather(*looking)

    async def _hold(self, number: int) -> Grant | frozenset[UUID]:
        """Return what was granted, or the seats that the refusal names."""
        wanted = wish(list(self.seats), self.round, number % PROCESSES, number)
        body = {"reservationId": uuid4(), "seatIds": wanted}
        status, answer = await self.lines[number].ask("POST", f"/seating-plans/{self.plan_id}/holds", body)
        if status == 201:
            seats = frozenset(UUID(seat["id"]) for seat in answer["seats"])
            assert seats == frozenset(wanted) and UUID(answer["reservationId"]) == body["reservationId"]
            until, for_good = (datetime.fromisoformat(answer[name]) for name in ("expiresAt", "endsForGoodAt"))
            held_at = until - (for_good - until) / 2  # a hold may last three times its time
            return Grant(id=UUID(answer["reservationId"]), seats=seats, held_at=held_at, until=until)
        assert (status, answer["code"]) == (409, "seating.seat_taken"), answer
        named = {wanted[int(one["pointer"].removeprefix("/seatIds/"))]: one["message"] for one in answer["errors"]}
        assert named and all(f" {self.seats[seat]} " in message for seat, message in named.items()), answer
        return frozenset(named)

    async def _look(self, http: httpx.AsyncClient) -> None:
        """Read the live map, which asks Redis where a reader may go on; without Redis there is a map all the same."""
        answer = await http.get(f"/seating-plans/{self.plan_id}/seats")
        assert answer.status_code == 200 and len(answer.json()["seats"]) == HOT_SEATS, answer.text


async def plan_on_sale(http: httpx.AsyncClient) -> tuple[str, str, dict[UUID, str]]:
    """Return the ids of a new organisation and plan, and the ids of its twenty seats with their labels."""

    async def post(path: str, body: object, **headers: str) -> Any:
        answer = await http.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    account = {"email": "owner@fire.example.com", "password": "not-a-secret-2026"}
    await post("/auth/register", account | {"displayName": "Owner"})
    http.headers["Authorization"] = f"Bearer {(await post('/auth/login', account))['accessToken']}"
    organisation_id = (await post("/organisations", {"name": "Fire"}))["id"]
    token = await post("/auth/token", {"organisationId": organisation_id})
    http.headers["Authorization"] = f"Bearer {token['accessToken']}"
    address = {"line1": "Am Platz 1", "city": "Erfurt", "postalCode": "99084", "country": "DE"}
    venue = {"name": "Hall", "timeZone": "Europe/Berlin", "capacity": HOT_SEATS, "address": address}
    venue_id = (await post("/venues", venue))["id"]
    starts_at = datetime.now(UTC) + timedelta(days=60)
    event = {
        "title": "Match",
        "startsAt": starts_at.isoformat(),
        "endsAt": (starts_at + timedelta(hours=2)).isoformat(),
        "timeZone": "Europe/Berlin",
        "venueId": venue_id,
        "kind": "sport",
    }
    price = {"amount": 4500, "currency": "EUR"}
    ticket: dict[str, object] = {
        "title": "Seat",
        "ticketType": "SEATED_MANUAL",
        "price": price,
        "quota": HOT_SEATS,
        "event": event,
    }
    ticket["maxPerUser"] = 10
    ticket_id = (await post("/tickets", ticket))["id"]
    await post(f"/tickets/{ticket_id}/publish", {})
    source = {"format": "grid", "sections": [{"name": "Stalls", "rows": 2, "columns": HOT_SEATS // 2}]}
    plan = {"ticketId": ticket_id, "venueId": venue_id, "name": "Hall", "source": source}
    plan_id = (await post("/seating-plans", plan))["id"]
    etag = (await http.get(f"/seating-plans/{plan_id}")).headers["ETag"]
    await post(f"/seating-plans/{plan_id}/activate", {}, **{"If-Match": etag})
    seats = (await http.get(f"/seating-plans/{plan_id}/seats")).json()["seats"]
    return organisation_id, plan_id, {UUID(seat["id"]): seat["label"] for seat in seats}


async def is_ready(http: httpx.AsyncClient, port: int, until: float) -> None:
    """Return when the process answers that it is ready."""
    while True:
        try:
            if (await http.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200:
                return
        except httpx.TransportError:
            assert time.monotonic() < until, f"nobody listens after {READY_TIMEOUT_S} s"
        await asyncio.sleep(0.1)
        assert time.monotonic() < until, f"not ready in {READY_TIMEOUT_S} s"


@asynccontextmanager
async def all_started(
    folder: Path, environment: dict[str, str], commands: list[tuple[str, ...]]
) -> AsyncIterator[None]:
    """Run all the commands while the block lasts, and see them all end in good order."""
    running: list[subprocess.Popen[bytes]] = []
    logs = [folder / f"{number}.log" for number in range(len(commands))]
    try:
        for command, log in zip(commands, logs, strict=True):
            with log.open("wb") as output:
                running.append(subprocess.Popen(fairseat(*command), env=environment, stdout=output, stderr=output))
        yield
    finally:
        for process in running:
            process.terminate()
        # In threads: what they wait for may be served by this one.
        statuses = await asyncio.gather(*(asyncio.to_thread(process.wait, 60) for process in running))
    assert statuses == [0] * len(running), "\n".join(log.read_text() for log in logs)


def _client(port: int) -> httpx.AsyncClient:
    """Return a client that keeps no connection, since the server ends those that are idle."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30, limits=limits)


@asynccontextmanager
async def arena(
    postgres: PostgresServer, valkey_url: str, mongodb_url: str, folder: Path, redis: RedisInTrouble
) -> AsyncIterator[Arena]:
    stripe = StripeFake(secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET)
    async with AsyncExitStack() as exits:
        fake = await exits.enter_async_context(stripe)
        databases = await fresh_databases(postgres)
        environment = databases.environment(postgres, redis.url, mongodb_url, fake.url, mail_folder=folder / "mail") | {
            "FAIRSEAT_VENUE_DATABASE_CONNECTIONS_MAX": "6",
            "FAIRSEAT_SEATING_HOLD_BUDGET_PER_ACCOUNT": "0",
            "FAIRSEAT_SEATING_HOLD_BUDGET_PER_ADDRESS": str(PER_ADDRESS_MAX),
            "FAIRSEAT_HTTP_TRUSTED_PROXIES": "127.0.0.1",
            "FAIRSEAT_STRIPE_CONNECT": "off",
        }
        ports = [free_port() for _ in range(PROCESSES)]
        commands = [("worker",), *(("serve", "--port", str(port)) for port in ports)]
        await exits.enter_async_context(all_started(folder, clean_environment(**environment), commands))
        apis = [await exits.enter_async_context(_client(port)) for port in ports]
        until = time.monotonic() + READY_TIMEOUT_S
        await asyncio.gather(*(is_ready(http, port, until) for http, port in zip(apis, ports, strict=True)))
        organisation_id, plan_id, seats = await plan_on_sale(apis[0])
        lines: list[Line] = []
        for number in range(PROCESSES * BUYERS):
            token = (await apis[number % PROCESSES].post("/auth/guest", json={})).json()["accessToken"]
            # A guest's token lasts two hours, which is longer than a thousand rounds take.
            apis[number % PROCESSES].headers.update(
                {"Authorization": f"Bearer {token}", "X-Tenant-ID": organisation_id}
            )
            lines.append(
                Line(ports[number % PROCESSES], f"Authorization: Bearer {token}\r\nX-Tenant-ID: {organisation_id}\r\n")
            )
            exits.callback(lines[-1].close)
        admin = await asyncpg.connect(databases.by_service["venue"].admin_url)
        exits.push_async_callback(admin.close)
        yield Arena(admin, redis, plan_id, seats, lines, apis)
        plans = {(await http.get(f"/seating-plans/{plan_id}/seats")).status_code for http in apis}
        assert plans == {200}, "every process is alive"
        assert await deadlocks(admin) == 0


async def test_holds_are_right_whatever_redis_does(
    postgres: PostgresServer, valkey_url: str, mongodb_url: str, tmp_path: Path
) -> None:
    async with (
        RedisInTrouble(urlsplit(valkey_url).port or 0) as redis,
        arena(postgres, valkey_url, mongodb_url, tmp_path, redis) as going,
    ):
        some, half = max(1, ROUNDS // 10), ROUNDS // 2
        for mood, rounds in ((Mood.WELL, some), (Mood.STOPPED, ROUNDS), (Mood.LYING, half), (Mood.HANGING, half)):
            await redis.be(mood)
            going.counts.clear()
            began = time.monotonic()
            for number in range(rounds):
                await going.fight(look=number % _LOOK_EVERY == 0)
            print(f"Redis {mood.value}: {rounds} rounds in {time.monotonic() - began:.1f} s: {dict(going.counts)}")
        # That nobody asked would be no proof. One who is stopped counts nothing.
        assert all(redis.asked[mood] for mood in (Mood.WELL, Mood.LYING, Mood.HANGING)), redis.asked
        await redis.be(Mood.WELL)
        await an_address_has_one_budget_at_all_processes(going)


async def an_address_has_one_budget_at_all_processes(going: Arena) -> None:
    """The client's address is what the trusted proxy says, and what one process granted, the others know soon."""
    path = f"/seating-plans/{going.plan_id}/holds"

    async def ask(process: int, address: str) -> int:
        body = {"reservationId": uuid4(), "seatIds": [uuid4()]}
        status, answer = await going.lines[process].ask("POST", path, body, X_Forwarded_For=f"127.0.0.9, {address}")
        assert (status, answer["code"]) in {(422, "seating.unknown_seat"), (429, "seating.too_many_holds")}, answer
        return status

    assert [await ask(0, "198.51.99.1") for _ in range(PER_ADDRESS_MAX)] == [422] * PER_ADDRESS_MAX
    assert await ask(0, "198.51.99.1") == 429
    asked = 0
    while await ask(1, "198.51.99.1") != 429:
        asked += 1
        assert asked < PER_ADDRESS_MAX, "the second process never heard of the first"
        await asyncio.sleep(0.1)
    assert await ask(1, "198.51.99.2") == 422
