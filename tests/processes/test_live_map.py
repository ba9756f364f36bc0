"""The live map as a browser meets it: over HTTP, from a running Fairseat, cut off and taken up again."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.cli.demo_world import PASSWORD
from adapters.embedded.readiness import free_port
from adapters.embedded.valkey import EmbeddedValkey
from adapters.redis.rest import REST_S
from tests.running import OWNER, STOPS_WITHIN_S, Buyer, RunningFairseat

TOLD_WITHIN_S = 2.0
READERS = 200


@dataclass(frozen=True, slots=True)
class Told:
    """One event of the stream."""

    name: str
    id: str | None
    data: Any
    retry_ms: str | None

    @property
    def statuses(self) -> dict[str, str]:
        return {change["id"]: change["status"] for change in self.data["changes"]}


@pytest.fixture
def buyer(running: RunningFairseat) -> Iterator[Buyer]:
    with Buyer(running) as buyer:
        yield buyer


def path_of(running: RunningFairseat, buyer: Buyer) -> str:
    return f"{running.api}/seating-plans/{buyer.plan_id}/events"


@asynccontextmanager
async def watching(
    http: httpx.AsyncClient, url: str, headers: dict[str, str], *, after: str | None = None
) -> AsyncGenerator[AsyncIterator[Told]]:
    """Open the stream for the length of the block."""
    more = {"Last-Event-ID": after} if after is not None else {}
    async with http.stream("GET", url, headers=headers | more) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _events(response)


async def _events(response: httpx.Response) -> AsyncIterator[Told]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        elif "event" in fields:
            yield Told(fields["event"], fields.get("id"), json.loads(fields["data"]), fields.get("retry"))
            fields = {}


async def following(events: AsyncIterator[Told]) -> Told:
    async with asyncio.timeout(10):
        return await anext(events)


async def told_of(events: AsyncIterator[Told], seat: str, status: str) -> Told:
    """Return the first event that says so of the seat."""
    async with asyncio.timeout(10):
        while True:
            event = await anext(events)
            assert event.name == "seats", event
            if event.statuses.get(seat) == status:
                return event


async def said(running: RunningFairseat, words: str) -> None:
    """Wait until the log has the words."""
    async with asyncio.timeout(10):
        while words not in running.output:
            await asyncio.sleep(0.05)


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=None))


async def hold(buyer: Buyer) -> tuple[str, str]:
    """Hold a seat, and return the reservation and the seat."""
    reservation_id = await asyncio.to_thread(buyer.hold)
    held = await asyncio.to_thread(buyer.get, f"/holds/{reservation_id}")
    return reservation_id, held["seats"][0]["id"]


async def test_a_hold_and_its_release_are_seen_within_two_seconds(running: RunningFairseat, buyer: Buyer) -> None:
    async with client() as http, watching(http, path_of(running, buyer), buyer.headers) as events:
        first = await following(events)
        assert first.name == "snapshot" and first.data == {"eventId": first.id}
        reservation_id, seat = await hold(buyer)
        began = time.monotonic()
        await told_of(events, seat, "HELD")
        assert time.monotonic() - began < TOLD_WITHIN_S
        released = await http.delete(f"{running.api}/holds/{reservation_id}", headers=buyer.headers)
        assert released.is_success
        began = time.monotonic()
        await told_of(events, seat, "AVAILABLE")
        assert time.monotonic() - began < TOLD_WITHIN_S


async def test_who_comes_back_with_the_last_id_misses_nothing(running: RunningFairseat, buyer: Buyer) -> None:
    async with client() as http:
        async with watching(http, path_of(running, buyer), buyer.headers) as events:
            await following(events)
            _, seen = await hold(buyer)
            last = (await told_of(events, seen, "HELD")).id
        _, missed = await hold(buyer)
        async with watching(http, path_of(running, buyer), buyer.headers, after=last) as events:
            await told_of(events, missed, "HELD")


async def test_the_snapshots_event_id_is_where_the_changes_go_on(running: RunningFairseat, buyer: Buyer) -> None:
    await hold(buyer)
    snapshot = await asyncio.to_thread(buyer.get, f"/seating-plans/{buyer.plan_id}/seats")
    _, seat = await hold(buyer)
    async with (
        client() as http,
        watching(http, path_of(running, buyer), buyer.headers, after=snapshot["eventId"]) as events,
    ):
        await told_of(events, seat, "HELD")


@pytest.mark.parametrize("after", ["1-1", "no id", "99999999999999999999999-0"])
async def test_an_id_that_is_unknown_is_answered_with_resync_and_the_changes_go_on(
    running: RunningFairseat, buyer: Buyer, after: str
) -> None:
    async with client() as http, watching(http, path_of(running, buyer), buyer.headers, after=after) as events:
        first = await following(events)
        assert first.name == "resync" and first.data == {"eventId": first.id}
        _, seat = await hold(buyer)
        await told_of(events, seat, "HELD")


async def test_only_a_caller_of_the_tenant_may_watch(running: RunningFairseat, buyer: Buyer) -> None:
    async with client() as http:
        assert (await http.get(path_of(running, buyer))).status_code == 401
        other = buyer.headers | {"X-Tenant-ID": str(uuid4())}
        assert (await http.get(path_of(running, buyer), headers=other)).status_code == 404


async def test_two_hundred_readers_all_see_one_hold_and_leave_nothing_behind(
    running: RunningFairseat, buyer: Buyer
) -> None:
    async with client() as http:
        async with AsyncExitStack() as exits:
            streams = await asyncio.gather(
                *(
                    exits.enter_async_context(watching(http, path_of(running, buyer), buyer.headers))
                    for _ in range(READERS)
                )
            )
            assert {(await following(events)).name for events in streams} == {"snapshot"}
            _, seat = await hold(buyer)
            began = time.monotonic()
            await asyncio.gather(*(told_of(events, seat, "HELD") for events in streams))
            assert time.monotonic() - began < TOLD_WITHIN_S
        async with watching(http, path_of(running, buyer), buyer.headers) as events:
            assert (await following(events)).name == "snapshot"


@contextmanager
def staff(running: RunningFairseat, buyer: Buyer) -> Iterator[httpx.Client]:
    """Give a client with a token of the owner for the organisation."""
    with httpx.Client(base_url=running.api, timeout=30) as http:
        tokens = http.post("/auth/login", json={"email": OWNER, "password": PASSWORD}).json()
        http.headers["Authorization"] = f"Bearer {tokens['accessToken']}"
        answer = http.post("/auth/token", json={"organisationId": buyer.organisation_id})
        assert answer.is_success, answer.text
        http.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        yield http


async def test_a_plan_taken_off_sale_closes_its_live_map(running: RunningFairseat, buyer: Buyer) -> None:
    plan = f"/seating-plans/{buyer.plan_id}"
    async with client() as http:
        with staff(running, buyer) as manager:
            try:
                async with watching(http, path_of(running, buyer), buyer.headers) as events:
                    await following(events)
                    assert (await asyncio.to_thread(manager.post, f"{plan}/deactivate")).is_success
                    last = await following(events)
                    assert (last.name, last.id) == ("closed", "")
                    assert [event async for event in events] == []
                async with watching(http, path_of(running, buyer), buyer.headers) as events:
                    assert [event.name async for event in events] == ["closed"]
            finally:
                assert (await asyncio.to_thread(manager.post, f"{plan}/activate")).is_success
        async with watching(http, path_of(running, buyer), buyer.headers) as events:
            assert (await following(events)).name == "snapshot"


async def test_seats_that_the_box_office_blocks_and_puts_back_are_told(running: RunningFairseat, buyer: Buyer) -> None:
    path = f"/seating-plans/{buyer.plan_id}/seats"
    seats = (await asyncio.to_thread(buyer.get, f"{path}?fields=status"))["seats"]
    one, other = [seat["id"] for seat in seats if seat["status"] == "AVAILABLE"][-2:]
    with staff(running, buyer) as manager:

        async def say(deed: str, body: dict[str, object]) -> None:
            assert (await asyncio.to_thread(manager.post, f"{path}/{deed}", json=body)).is_success

        async with client() as http, watching(http, path_of(running, buyer), buyer.headers) as events:
            await following(events)
            await say("block", {"seatIds": [one, other], "reason": "camera"})
            assert (await told_of(events, one, "BLOCKED")).statuses[other] == "BLOCKED"
            await say("unblock", {"seatIds": [one]})
            assert other not in (await told_of(events, one, "AVAILABLE")).statuses
            await say("unblock", {"seatIds": [other]})
            await told_of(events, other, "AVAILABLE")


async def test_without_redis_the_stream_ends_seats_are_held_and_afterwards_the_map_lives_again(tmp_path: Path) -> None:
    port = free_port()
    valkey = EmbeddedValkey(tmp_path / "valkey", port)
    valkey.start()
    running = RunningFairseat(tmp_path / "up", environment={"FAIRSEAT_REDIS_URL": valkey.url})
    try:
        await asyncio.to_thread(running.start)
        with Buyer(running) as buyer:
            async with client() as http:
                async with watching(http, path_of(running, buyer), buyer.headers) as events:
                    await following(events)
                    await asyncio.to_thread(valkey.stop)
                    last = await following(events)
                    assert (last.name, last.id, last.retry_ms) == ("unavailable", "", "5000")
                began = time.monotonic()
                await hold(buyer)
                assert time.monotonic() - began < TOLD_WITHIN_S
                refused = await http.get(path_of(running, buyer), headers=buyer.headers)
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
                snapshot = await asyncio.to_thread(buyer.get, f"/seating-plans/{buyer.plan_id}/seats")
                assert snapshot["eventId"] is None
                await said(running, "misses a change")
                valkey = EmbeddedValkey(tmp_path / "valkey", port)
                await asyncio.to_thread(valkey.start)
                async with watching(http, path_of(running, buyer), buyer.headers) as events:
                    assert (await following(events)).name == "snapshot"
                    await asyncio.sleep(REST_S)  # so long it is left alone after a failed write
                    await hold(buyer)
                    assert (await following(events)).name == "resync", "the gap is marked by the next change"
                async with watching(http, path_of(running, buyer), buyer.headers) as events:
                    assert (await following(events)).name == "snapshot"
                    _, seat = await hold(buyer)
                    await told_of(events, seat, "HELD")
                    began = time.monotonic()
                    assert await asyncio.to_thread(running.stop) == 0
                    assert time.monotonic() - began < STOPS_WITHIN_S, "an open stream does not hold up the end"
    finally:
        running.stop()
        valkey.stop()
