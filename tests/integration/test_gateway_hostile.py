"""Requests that two servers could read differently, that have no end, or that want what is not there."""

import asyncio

import pytest

from adapters.gateway import server
from adapters.gateway.headers import HEADER_BYTES_MAX, HEADERS_MAX
from tests.gateway_world import Edge, edge

_SECOND = b"GET /api/v1/venues HTTP/1.1\r\nHost: smuggled\r\n\r\n"


async def sent(at: Edge, *lines: str | bytes, body: bytes = b"", first: str = "POST /api/v1/venues HTTP/1.1") -> bytes:
    """Return what the gateway answers to a request of these lines; it ends the connection."""
    authorization = (await at.headers())["Authorization"]
    head = [first, "Host: h", f"Authorization: {authorization}", *lines]
    return await at.raw(
        b"\r\n".join(line.encode() if isinstance(line, str) else line for line in head) + b"\r\n\r\n" + body
    )


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 4", "Transfer-Encoding: chunked"], b"0\r\n\r\n" + _SECOND),
        (["Transfer-Encoding: chunked", "Content-Length: 4"], b"0\r\n\r\n" + _SECOND),
        (["Content-Length: 4", "Content-Length: 60"], b"four" + _SECOND),
        (["Content-Length: 4", "Content-Length: 4"], b"four" + _SECOND),
        (["Content-Length: 4, 4"], b"four" + _SECOND),
        (["Content-Length: +4"], b"four" + _SECOND),
        (["Content-Length: -1"], _SECOND),
        (["Content-Length: 0x4"], b"four" + _SECOND),
        (["Content-Length: "], _SECOND),
        (["Content-Length : 4"], b"four" + _SECOND),
        (["Transfer-Encoding: gzip, chunked"], b"0\r\n\r\n" + _SECOND),
        (["Transfer-Encoding: identity"], _SECOND),
        (["Transfer-Encoding: chunked, chunked"], b"0\r\n\r\n" + _SECOND),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], b"0\r\n\r\n" + _SECOND),
        (["Transfer-Encoding: xchunked"], b"0\r\n\r\n" + _SECOND),
        (["Transfer-Encoding:\x0bchunked"], b"0\r\n\r\n" + _SECOND),
        ([" Transfer-Encoding: chunked"], b"0\r\n\r\n" + _SECOND),
        (["Transfer-Encoding: chunked"], b"zz\r\nabc\r\n0\r\n\r\n" + _SECOND),
        (["Transfer-Encoding: chunked"], b"3;\nabc\r\n0\r\n\r\n" + _SECOND),
        (["Host: other"], _SECOND),
    ],
)
async def test_what_two_servers_could_read_differently_is_read_by_none(lines: list[str], body: bytes) -> None:
    async with edge() as at:
        answered = await sent(at, *lines, body=body)
        assert answered.startswith(b"HTTP/1.1 400 "), answered
        assert answered.count(b"HTTP/1.1 ") == 1, "something was read after a request whose end is in doubt"
        assert b"content-type: application/problem+json" in answered
        assert not [asked for asked in at.service.asked if asked.values("host") == ["smuggled"]]


async def test_a_header_that_no_server_should_see_is_not_passed_on() -> None:
    async with edge() as at:
        for line in (
            "X-Name: a\x01b",
            "X-Name: a\x7fb",
            b"X-Name: a\x00b",
            "X Name: a",
            "X-Name: a\rContent-Length: 4",
        ):
            answered = await sent(at, line, "Connection: close")
            assert answered.startswith(b"HTTP/1.1 400 "), (line, answered)
        assert not at.service.asked


async def test_a_request_without_a_host_is_none() -> None:
    async with edge() as at:
        answered = await at.raw(b"GET /api/v1/venues HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert answered.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("over", [False, True])
async def test_headers_have_a_limit_in_number_and_in_bytes(over: bool) -> None:
    async with edge() as at:
        host_and_token = (
            len("hosth") + len("authorization" + (await at.headers())["Authorization"]) + len("connectionclose")
        )
        many = [f"X-{number}: a" for number in range(HEADERS_MAX - 3 + over)]
        large = f"X: {'a' * (HEADER_BYTES_MAX - host_and_token - 1 + over)}"
        for lines in (many, [large]):
            answered = await sent(at, *lines, "Connection: close", first="GET /api/v1/venues HTTP/1.1")
            assert answered.startswith(b"HTTP/1.1 431 " if over else b"HTTP/1.1 200 "), answered[:200]


async def test_headers_without_an_end_are_not_kept() -> None:
    async with edge() as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\nX: ")
        async with asyncio.timeout(10):
            with pytest.raises(ConnectionError):  # it is cut while this still writes
                while True:
                    writer.write(b"a" * 8_192)
                    await writer.drain()
        with pytest.raises(ConnectionError):
            while await reader.read(1_000):
                continue
        writer.close()


async def test_a_head_that_comes_drop_by_drop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_PATIENCE_S", 0.2)
    async with edge() as at:
        assert (await at.raw(b"GET /api/v1/venues HTTP/1.1\r\nHo")).startswith(b"HTTP/1.1 408 ")
        assert await at.raw(b"") == b""  # it said nothing, so nothing is answered
        answered = await at.raw(b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\nGET /hea")
        assert [answered.count(b" 200 OK"), answered.count(b" 408 Request")] == [1, 1]


async def test_what_comes_amid_an_answer_does_not_stand_in_it() -> None:
    async with edge() as at:
        ask = b"POST /api/v1/webhooks/stripe HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
        answered = await at.raw(ask + b"\x00 no request\r\n\r\n")
        assert answered.count(b"HTTP/1.1 ") <= 1 or answered.index(b" 400 ") > answered.index(b"{}")


async def test_there_are_no_websockets() -> None:
    async with edge() as at:
        upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: a")
        answered = await sent(at, *upgrade, first="GET /api/v1/venues HTTP/1.1")
        assert answered.startswith(b"HTTP/1.1 400 ")
        assert b"server-sent events" in answered
        other = await sent(at, "Connection: Upgrade, close", "Upgrade: h2c", first="GET /api/v1/venues HTTP/1.1")
        assert other.startswith(b"HTTP/1.1 200 ")
        assert not at.service.last.values("upgrade") + at.service.last.values("connection")


@pytest.mark.parametrize(
    "target",
    [
        "http://elsewhere.example/api/v1/venues",
        "//elsewhere.example/api/v1/venues",
        "/api/v1/../v1/venues",
        "/api/v1/venues/%2e%2e",
    ],
)
async def test_a_target_leads_nowhere_else(target: str) -> None:
    """What is asked for may be there or not, but it is asked of no other server, and not read in two ways."""
    async with edge() as at:
        await sent(at, "Connection: close", first=f"GET {target} HTTP/1.1")
        for asked in at.service.asked:
            assert asked.target in (b"/api/v1/venues", b"/api/v1/venues/%2e%2e")
            assert asked.values("host") == ["h"]
