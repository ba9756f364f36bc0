"""What a client is told while a service is away, slow or dies, and what the service notices of a client that leaves."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest
import uvloop

from adapters.gateway.asgi import Send
from adapters.gateway.forwarding import Patience
from adapters.gateway.upstreams import UpstreamLimits
from tests.gateway_world import QUICK, Asked, Edge, answer, edge

PATH = "/api/v1/venues"
EVENTS = f"/api/v1/seating-plans/{uuid4()}/events"

type Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Wire:
    """A service that speaks bytes: the n-th connection is answered by the n-th peer, and the last one by all others."""

    def __init__(self, *peers: Peer) -> None:
        self._peers = peers
        self.connections = 0

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = self._peers[min(self.connections, len(self._peers) - 1)]
        self.connections += 1
        await reader.readuntil(b"\r\n\r\n")
        await peer(reader, writer)
        writer.close()


async def dies(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End the connection without a word."""


def says(text: bytes) -> Peer:
    async def peer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await writer.drain()

    return peer


FINE = says(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine")


async def told(at: Edge, method: str = "GET", *, content: bytes | None = None) -> tuple[int, str]:
    got = await at.client.request(method, PATH, headers=await at.headers(), content=content)
    assert got.headers["content-type"] == "application/problem+json"
    assert got.json()["instance"] == PATH
    return got.status_code, got.json()["code"]


async def test_a_service_that_is_away_is_named_and_may_be_asked_again() -> None:
    async with edge(address="http://127.0.0.1:9") as at:
        assert await told(at) == (503, "gateway.service_away")
        got = await at.client.get(PATH, headers=await at.headers())
        assert got.headers["retry-after"] == "1"
        assert "venue" in got.json()["detail"]


async def test_a_service_that_dies_before_its_answer_is_told_of_and_not_asked_again() -> None:
    wire = Wire(dies)
    async with wire as url, edge(address=url) as at:
        assert await told(at, "POST", content=b"{}") == (502, "gateway.no_answer")
        assert wire.connections == 1


async def test_what_changes_nothing_is_asked_once_more() -> None:
    wire = Wire(dies, FINE)
    async with wire as url, edge(address=url) as at:
        got = await at.client.get(PATH, headers=await at.headers())
        assert (got.status_code, got.content, wire.connections) == (200, b"fine", 2)


async def test_but_not_more_than_once() -> None:
    wire = Wire(dies)
    async with wire as url, edge(address=url) as at:
        assert await told(at) == (502, "gateway.no_answer")
        assert wire.connections == 2


async def test_a_post_is_asked_once_more_only_with_an_idempotency_key() -> None:
    wire = Wire(dies, FINE)
    async with wire as url, edge(address=url) as at:
        headers = await at.headers() | {"Idempotency-Key": str(uuid4())}
        got = await at.client.post(PATH, content=b'{"name":"Hall"}', headers=headers)
        assert (got.status_code, wire.connections) == (200, 2)


@pytest.mark.parametrize("size", [65_536, 65_537])
async def test_a_large_body_is_not_kept_for_a_second_try(size: int) -> None:
    async def reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(size)

    wire = Wire(reads, FINE)
    async with wire as url, edge(address=url) as at:
        headers = await at.headers() | {"Idempotency-Key": str(uuid4())}
        got = await at.client.post(PATH, content=b"x" * size, headers=headers)
        assert got.status_code == (200 if size == 65_536 else 502)


@pytest.mark.parametrize(
    "text",
    [
        b"no http\r\n\r\n",
        b"HTTP/1.1 99 Odd\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nA B: c\r\n\r\n",
    ],
)
async def test_an_answer_that_is_none_is_not_passed_on(text: bytes) -> None:
    async with Wire(says(text)) as url, edge(address=url) as at:
        assert await told(at, "POST") == (502, "gateway.no_answer")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
async def test_an_answer_that_breaks_off_does_not_look_whole(head: bytes) -> None:
    async with Wire(says(head)) as url, edge(address=url) as at:
        with pytest.raises(httpx.RemoteProtocolError):
            await at.client.get(PATH, headers=await at.headers())
        assert (await at.client.get("/health/live")).status_code == 200


async def test_an_answer_whose_headers_hold_a_length_for_no_body_is_passed_on() -> None:
    text = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 120\r\nConnection: close\r\n\r\n'
    async with Wire(says(text)) as url, edge(address=url) as at:
        got = await at.client.get(PATH, headers=await at.headers())
        assert (got.status_code, got.headers["etag"]) == (304, '"1"')


async def test_a_service_that_is_slow_is_not_waited_for_without_end() -> None:
    async def handler(asked: Asked, send: Send) -> None:
        await asyncio.Event().wait()

    async with edge(handler, patience=QUICK) as at:
        assert await told(at, "POST", content=b"{}") == (504, "gateway.service_slow")
        assert len(at.service.asked) == 1


async def test_an_answer_that_stands_still_is_ended() -> None:
    async def handler(asked: Asked, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await asyncio.Event().wait()

    async with edge(handler, patience=QUICK) as at:
        with pytest.raises(httpx.RemoteProtocolError):
            await at.client.get(PATH, headers=await at.headers())


@pytest.mark.parametrize("path", [PATH, EVENTS], ids=["an answer", "events"])
async def test_a_service_is_left_when_its_client_leaves(path: str) -> None:
    """Before the answer and in its midst; the place is free afterwards."""
    asked_for, left = asyncio.Event(), asyncio.Event()

    async def handler(asked: Asked, send: Send) -> None:
        if path == EVENTS:
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
            )
            await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
        asked_for.set()
        while (await asked.receive())["type"] != "http.disconnect":
            continue
        left.set()

    async with edge(handler, limits=UpstreamLimits(connections_max=1, streams_max=1)) as at:
        for _ in range(3):
            _, writer = await asyncio.open_connection("127.0.0.1", at.port)
            authorization = (await at.headers())["Authorization"]
            writer.write(f"GET {path} HTTP/1.1\r\nHost: h\r\nAuthorization: {authorization}\r\n\r\n".encode())
            async with asyncio.timeout(5):
                await asked_for.wait()
                writer.close()
                await left.wait()
            asked_for.clear()
            left.clear()


async def test_a_service_is_asked_so_much_at_a_time_and_what_waits_is_bounded() -> None:
    open_up, waiting = asyncio.Event(), 0

    async def handler(asked: Asked, send: Send) -> None:
        nonlocal waiting
        waiting += 1
        await open_up.wait()
        await answer(send, 200, b"")

    async with edge(handler, limits=UpstreamLimits(connections_max=2)) as at:
        headers = await at.headers()
        at_once = [asyncio.create_task(at.client.get(PATH, headers=headers)) for _ in range(11)]
        done, _ = await asyncio.wait(at_once, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result().status_code for task in done] == [503]
        while waiting < 2:
            await asyncio.sleep(0.005)
        assert waiting == 2
        open_up.set()
        assert sorted(got.status_code for got in await asyncio.gather(*at_once)) == [200] * 10 + [503]


def test_no_place_is_lost_whatever_becomes_of_requests() -> None:
    """Answers that are read, answers that nobody waits for, and a service that breaks off, all at once.

    On the event loop of real processes: another one hides what happens at the same moment.
    """

    async def handler(asked: Asked, send: Send) -> None:
        if asked.scope["query_string"] == b"breaks":
            raise ConnectionAbortedError
        await asyncio.sleep(0.001)
        await answer(send, 200, b"x" * 1_000)

    async def many() -> None:
        async with edge(handler, limits=UpstreamLimits(connections_max=3)) as at:
            headers = await at.headers()
            head = f"GET {PATH} HTTP/1.1\r\nHost: h\r\nAuthorization: {headers['Authorization']}\r\n\r\n".encode()

            async def leaves(after_s: float) -> None:
                _, writer = await asyncio.open_connection("127.0.0.1", at.port)
                writer.write(head)
                await asyncio.sleep(after_s)
                writer.close()

            async with asyncio.TaskGroup() as group:
                for number in range(12):
                    for _ in range(5):
                        group.create_task(_read(at, headers))
                    group.create_task(leaves(number / 1_000))
                    group.create_task(at.client.get(f"{PATH}?breaks", headers=headers))
            async with asyncio.timeout(5):
                assert [await _read(at, headers) for _ in range(10)] == [200] * 10
            assert at.gateway.places_taken == 0

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(many())


async def _read(at: Edge, headers: dict[str, str]) -> int:
    return (await at.client.get(PATH, headers=headers)).status_code


async def test_events_pass_at_once_and_their_readers_take_nobodys_place() -> None:
    told_more = asyncio.Event()

    async def handler(asked: Asked, send: Send) -> None:
        if asked.scope["path"] == PATH:
            await answer(send, 200, b"bought")
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        await told_more.wait()
        await send({"type": "http.response.body", "body": b"data: 2\n\n", "more_body": False})

    readers = 40
    async with edge(handler, limits=UpstreamLimits(connections_max=1, streams_max=readers)) as at:
        headers = await at.headers()
        both = asyncio.Barrier(readers + 1)

        async def read() -> list[str]:
            async with at.client.stream("GET", EVENTS, headers=headers) as got:
                lines = got.aiter_lines()
                first = await anext(lines)  # before the service has said anything else
                await both.wait()
                return [first, *[line async for line in lines if line]]

        reading = [asyncio.create_task(read()) for _ in range(readers)]
        async with asyncio.timeout(20):
            await both.wait()
            assert (await at.client.get(PATH, headers=headers)).content == b"bought"
            assert (await at.client.get(EVENTS, headers=headers)).status_code == 503
            told_more.set()
            assert await asyncio.gather(*reading) == [["data: 1", "data: 2"]] * readers


async def test_a_gateway_that_stops_ends_its_streams_as_if_they_were_whole() -> None:
    async def handler(asked: Asked, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        while (await asked.receive())["type"] != "http.disconnect":
            continue

    async with edge(handler) as at, at.client.stream("GET", EVENTS, headers=await at.headers()) as got:
        pieces = got.aiter_bytes()
        assert await anext(pieces) == b"data: 1\n\n"
        at.gateway.end_streams()
        async with asyncio.timeout(5):
            assert [piece async for piece in pieces] == []


async def test_a_reader_that_does_not_read_is_left() -> None:
    left = asyncio.Event()

    async def handler(asked: Asked, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        sending = asyncio.create_task(_without_end(send))
        while (await asked.receive())["type"] != "http.disconnect":
            continue
        sending.cancel()
        left.set()

    async with edge(handler, patience=Patience(linger_s=0.3)) as at:
        _, writer = await asyncio.open_connection("127.0.0.1", at.port)
        authorization = (await at.headers())["Authorization"]
        writer.write(f"GET {EVENTS} HTTP/1.1\r\nHost: h\r\nAuthorization: {authorization}\r\n\r\n".encode())
        async with asyncio.timeout(10):
            await left.wait()
        writer.close()


async def _without_end(send: Send) -> None:
    while True:
        await send({"type": "http.response.body", "body": b":" + b"x" * 65_536 + b"\n\n", "more_body": True})
        await asyncio.sleep(0)


async def test_readiness_is_that_of_all_services() -> None:
    states = {"ok": b'{"status":"ok","dependencies":{"venue_db":{"ok":true,"needed":true,"facts":{"unpublished":0}}}}'}

    async def handler(asked: Asked, send: Send) -> None:
        state = next(iter(states))
        await answer(send, 503 if state == "unavailable" else 200, states[state])

    async with edge(handler) as at:
        got = await at.client.get("/health/ready")
        body = got.json()
        assert (got.status_code, body["status"]) == (200, "ok")
        assert set(body["dependencies"]) == {"venue", "payment", "content", "venue_db"}
        assert len(at.service.asked) == 1, "one address is asked once"
        states.clear()
        states["unavailable"] = (
            b'{"status":"unavailable","dependencies":{"venue_db":{"ok":false,"needed":true,"facts":{}}}}'
        )
        got = await at.client.get("/health/ready")
        assert (got.status_code, got.json()["status"]) == (503, "unavailable")
        assert (await at.client.get("/health/live")).json() == {"status": "ok"}
        assert (await at.client.post("/health/live")).status_code == 405
        assert (await at.client.get("/health")).status_code == 404


async def test_a_service_that_is_away_is_seen_in_readiness() -> None:
    async with edge(address="http://127.0.0.1:9") as at:
        got = await at.client.get("/health/ready")
        assert got.status_code == 503
        assert got.json()["dependencies"]["venue"] == {"ok": False, "needed": True, "facts": {"status": "away"}}
