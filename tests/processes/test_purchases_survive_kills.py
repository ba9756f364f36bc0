"""Purchases under way while API and worker are killed, Redis is flushed and RabbitMQ starts anew: the books add up.

A kill of each runs with the other tests, under a buyer of every kind; `make crash` has 200 buyers and 20 kills. What is
printed says how it went, and the seed with which the buyers and the kills are the same again (their moments are never
quite).
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from adapters.cli.demo_audit import audit
from adapters.cli.demo_books import DemoSale, read_books
from adapters.cli.demo_fans import FreeSeats
from adapters.cli.demo_http import DemoHttp, Latencies
from adapters.cli.demo_world import load_demo_world
from adapters.embedded.rabbitmq import GIVEN_URL_VARIABLE, EmbeddedRabbit
from adapters.embedded.readiness import free_port
from adapters.embedded.stripe_fake.server import StripeFake
from tests.crash_buyers import ALL_OFF, MIX, TENTH_OFF, Acts, CrashBuyer, Wish
from tests.crash_programs import Program, Programs
from tests.demo_books import ENDS, FreshDatabases, demo_sale, every_order, fresh_databases
from tests.processes.test_serve_and_worker import SECRET_KEY, WEBHOOK_SECRET
from tests.servers import PostgresServer

KILLS = int(os.environ.get("FAIRSEAT_TEST_CRASH_KILLS", "2"))
SEED = int(os.environ.get("FAIRSEAT_TEST_CRASH_SEED", "2026"))
ACTS = KILLS // 2
BUYERS = 10 * KILLS
AT_LENGTH = KILLS >= 20

ORDER_TTL_S = 60 if AT_LENGTH else 12
KILLED_WITHIN_S = 3.0
# A webhook that a killed worker had in hand is free after 35 s, an event after 20 s, and a key of a request after 60 s.
HASTY_TRIES_MAX = 8
CLEAN_WITHIN_S = 60.0
LATE_AFTER_S = 90.0
PATIENCE_S = 120.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 40 * KILLS)]


@dataclass(slots=True)
class Stage:
    """Everything that a run has to do with; `log` is what happened, in seconds since the first act."""

    programs: Programs
    databases: FreshDatabases
    stripe: StripeFake
    rabbit: EmbeddedRabbit
    redis_url: str
    http: DemoHttp
    began: float = 0.0
    log: list[str] = field(default_factory=list[str])

    def note(self, what: str) -> None:
        self.log.append(f"{what} at {time.monotonic() - self.began:.1f} s")

    async def kill(self, program: Program, *, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self.note(f"{program.name} killed")
        await self.programs.kill(program)
        self.note(f"{program.name} works again")

    async def flush_redis(self) -> None:
        async with Redis.from_url(self.redis_url) as redis:
            await redis.flushall()
        self.note("Redis flushed")

    async def restart_rabbitmq(self) -> None:
        await asyncio.to_thread(self.rabbit.stop)
        self.note("RabbitMQ stopped")
        await asyncio.to_thread(self.rabbit.start)
        self.note("RabbitMQ started")


@asynccontextmanager
async def stage(
    postgres: PostgresServer, valkey_url: str, mongodb_url: str, rabbit: EmbeddedRabbit, folder: Path
) -> AsyncIterator[Stage]:
    port = free_port()
    databases = await fresh_databases(postgres)
    hook = f"http://127.0.0.1:{port}/api/v1/webhooks/stripe"
    async with (
        StripeFake(secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET, webhook_url=hook) as stripe,
        httpx.AsyncClient(timeout=10, limits=httpx.Limits(max_connections=2 * BUYERS)) as client,
    ):
        stripe.state.sender.endpoint.copies = 2
        environment = databases.environment(
            postgres, valkey_url, mongodb_url, stripe.url, mail_folder=folder / "mail"
        ) | {
            "FAIRSEAT_RABBITMQ_URL": rabbit.url,
            "FAIRSEAT_ORDERS_TTL_S": str(ORDER_TTL_S),
            "FAIRSEAT_ORDERS_PAYMENT_PROTECTION_S": str(ORDER_TTL_S),
            "FAIRSEAT_ORDERS_LIFETIME_MAX_S": str(2 * ORDER_TTL_S),
        }
        programs = Programs(folder, environment, port)
        try:
            await programs.start()
            await load_demo_world(programs.base_url, mail_folder=folder / "mail", stripe_url=stripe.url)
            http = DemoHttp(
                client=client,
                api_url=f"{programs.base_url}/api/v1",
                stripe_url=stripe.url,
                publishable_key=stripe.settings.publishable_key,
                latencies=Latencies(),
            )
            yield Stage(programs, databases, stripe, rabbit, valkey_url, http)
        finally:
            await asyncio.to_thread(programs.stop)


async def prepare(stage: Stage, sale: DemoSale) -> None:
    """Make the vouchers, and let buyers give everything back."""
    for code, basis_points in ((TENTH_OFF, 1_000), (ALL_OFF, 10_000)):
        body = {"code": code, "reduction": {"kind": "percentage", "rateBasisPoints": basis_points}}
        await stage.http.post("/vouchers", body, session=sale.staff)
    policy = f"{stage.http.api_url}/organisations/{sale.tenant_id}/refund-policy"
    read = await stage.http.client.get(policy, headers=sale.staff.headers())
    answer = await stage.http.client.put(
        policy,
        json={"rules": [{"percentBasisPoints": 10_000, "untilDaysBefore": 1}], "feesRefundable": True},
        headers=sale.staff.headers() | {"If-Match": read.headers["ETag"]},
    )
    assert answer.is_success, answer.text


def cast(stage: Stage, sale: DemoSale, acts: Acts, dice: Random) -> list[CrashBuyer]:
    """Return the buyers of the play."""
    free_seats = FreeSeats(stage.http, sale.plan_id, sale.staff)
    wishes = [MIX[number % len(MIX)] for number in range(BUYERS)]
    if AT_LENGTH:
        wishes[:: BUYERS // 8] = [Wish.PAY_LATE] * len(wishes[:: BUYERS // 8])
    dice.shuffle(wishes)
    return [
        CrashBuyer(
            number=number,
            wish=wish,
            http=stage.http,
            hasty=replace(stage.http, tries_max=HASTY_TRIES_MAX),
            free_seats=free_seats,
            tenant_id=sale.tenant_id,
            acts=acts,
            dice=Random(dice.getrandbits(64)),
            patience_s=PATIENCE_S,
        )
        for number, wish in enumerate(wishes)
    ]


async def play(stage: Stage, acts: Acts, dice: Random) -> None:
    """Kill both programs in each act, each at a moment of its own; flush Redis and restart RabbitMQ in one act each."""
    flushed_in, restarted_in = dice.randrange(ACTS), dice.randrange(max(1, ACTS - 1))
    restarting: asyncio.Task[None] | None = None
    for act in range(ACTS):
        await acts.begin(act)
        if act == restarted_in:
            restarting = asyncio.create_task(stage.restart_rabbitmq())
        async with asyncio.TaskGroup() as group:
            for program in (stage.programs.serve, stage.programs.worker):
                group.create_task(stage.kill(program, after_s=dice.uniform(0.1, KILLED_WITHIN_S)))
            if act == flushed_in:
                await asyncio.sleep(dice.uniform(0.1, KILLED_WITHIN_S))
                await stage.flush_redis()
    assert restarting is not None
    await restarting


async def decide_late_payments(stage: Stage, buyers: list[CrashBuyer]) -> Counter[str]:
    """Let the bank say yes to payments whose orders have ended meanwhile; return how those stood."""
    waiting = {buyer.order_id: buyer for buyer in buyers if buyer.ended == "will pay late"}
    until = time.monotonic() + 2 * ORDER_TTL_S + LATE_AFTER_S
    stood: Counter[str] = Counter()
    while waiting:
        assert time.monotonic() < until, f"{len(waiting)} orders never ended"
        for order in (await every_order(stage.http, await demo_sale(stage.http))).values():
            if order["id"] in waiting and order["status"] == "EXPIRED":
                stood[order["status"]] += 1
                intent_id = waiting.pop(order["id"]).intent_id
                assert intent_id is not None
                stage.stripe.state.payments.decide(intent_id, succeed=True)
        await asyncio.sleep(1)
    return stood


async def until_clean(wrong: Callable[[], Awaitable[list[str]]], *, within_s: float) -> float:
    """Return after how many seconds nothing was wrong any more; fails with what still is."""
    began = time.monotonic()
    while found := await wrong():
        assert time.monotonic() - began < within_s, "\n".join(found)
        await asyncio.sleep(0.5)
    return time.monotonic() - began


async def audited(stage: Stage) -> list[str]:
    """Return what does not add up, as `fairseat demo` sees it."""
    checks = audit(await read_books(stage.http, await demo_sale(stage.http)))
    return [f"{each.name}: {each.expected} expected, {each.found} found" for each in checks if not each.adds_up]


async def everything_left(stage: Stage, buyers: list[CrashBuyer]) -> list[str]:
    """Return what does not add up, what is not done, and what is not as somebody was told."""
    orders = await every_order(stage.http, await demo_sale(stage.http))
    wrong = [
        f"order {order_id} is {order['status']}, its refund {order['refund']}"
        for order_id, order in orders.items()
        if (order["status"], order["refund"]) not in ENDS
    ]
    for buyer in buyers:
        wrong += [] if buyer.order_id is None else contradictions(buyer, orders[buyer.order_id])
    waiting = await stage.databases.events_waiting()
    wrong += [f"{waiting} events wait in the outboxes"] if waiting else []
    return wrong + await audited(stage)


def contradictions(buyer: CrashBuyer, order: Any) -> list[str]:
    """Return where the order is not as its buyer was told."""
    expected: dict[str, set[tuple[str, str | None]]] = {
        "bought": {("CONFIRMED", None)},
        "cancelled": {("CANCELLED", None)},
        "left": {("EXPIRED", None)},
        "will pay late": {("CONFIRMED", None), ("EXPIRED", "done")},
        "refunded": {("CANCELLED", "done")},
        "refunded a part": {("CONFIRMED", None)},
        "too late": {("EXPIRED", None), ("CONFIRMED", None), ("EXPIRED", "done")},
    }
    stands = order["status"], order["refund"]
    if buyer.failed or stands in expected[buyer.ended]:
        return []
    return [f"buyer {buyer.number} ({buyer.wish}) was told {buyer.ended!r}, and the order is {stands}"]


async def test_purchases_survive_kills_of_everything_that_runs(
    postgres: PostgresServer, valkey_url: str, mongodb_url: str, rabbit: EmbeddedRabbit, tmp_path: Path
) -> None:
    if os.environ.get(GIVEN_URL_VARIABLE):
        pytest.skip("a node that was given is not ours to restart")
    print(f"\nseed {SEED} (FAIRSEAT_TEST_CRASH_SEED), {BUYERS} buyers, {KILLS} kills (FAIRSEAT_TEST_CRASH_KILLS)")
    dice = Random(SEED)
    async with stage(postgres, valkey_url, mongodb_url, rabbit, tmp_path) as all_of_it:
        sale = await demo_sale(all_of_it.http)
        await prepare(all_of_it, sale)
        acts = Acts(last=ACTS - 1)
        buyers = cast(all_of_it, sale, acts, dice)
        all_of_it.began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for buyer in buyers:
                group.create_task(buyer.go())
            await play(all_of_it, acts, dice)
            played_s = time.monotonic() - all_of_it.began
        bought_s = time.monotonic() - all_of_it.began
        assert not [buyer.ended for buyer in buyers if buyer.failed], all_of_it.log
        clean_s = await until_clean(lambda: audited(all_of_it), within_s=CLEAN_WITHIN_S)
        late = await decide_late_payments(all_of_it, buyers)
        done_s = await until_clean(
            lambda: everything_left(all_of_it, buyers), within_s=CLEAN_WITHIN_S + 2 * ORDER_TTL_S
        )
        print("\n".join(all_of_it.log))
        print(
            f"{sum(buyer.ended == 'bought' for buyer in buyers)} of {BUYERS} bought, in {bought_s:.1f} s; "
            f"{all_of_it.programs.serve.kills} kills of serve and {all_of_it.programs.worker.kills} of worker in "
            f"{played_s:.1f} s ({all_of_it.programs.worker.restarts} starts of worker without RabbitMQ); "
            f"{all_of_it.http.latencies.retries} requests tried again; "
            f"the audit is clean after {clean_s:.1f} s, and nothing left to do after {done_s:.1f} s more"
        )
        print(dict(Counter(buyer.ended for buyer in buyers)), "late:", dict(late))
        assert await all_of_it.databases.deadlocks() == 0
        assert all_of_it.programs.kills == KILLS
        assert sum(buyer.ended == "bought" for buyer in buyers) >= BUYERS // 3
