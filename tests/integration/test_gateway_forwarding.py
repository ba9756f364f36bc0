"""What the gateway passes on between a client and a service, over real sockets."""

import asyncio
import gzip
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import pytest

from adapters.gateway.asgi import ASGIApp, Receive, Scope, Send
from tests.gateway_world import BYTES_MAX, QUICK, Asked, answer, edge, fine

VENUE = f"/api/v1/venues/{uuid4()}"


async def test_a_request_and_its_answer_pass_as_they_are() -> None:
    async with edge() as at:
        got = await at.client.post(
            "/api/v1/venues?name=Gr%C3%BCn%20Hall&x=a+b;%2F", content=b"\x00 raw \xff", headers=await at.headers()
        )
        assert (got.status_code, got.content) == (200, b"\x00 raw \xff")
        assert got.headers["content-type"] == "application/octet-stream"
        assert (at.service.last.method, at.service.last.target) == (
            "POST",
            b"/api/v1/venues?name=Gr%C3%BCn%20Hall&x=a+b;%2F",
        )


async def test_what_belongs_to_one_connection_stays_on_it() -> None:
    async with edge() as at:
        sent = {
            "Connection": "close, X-Private, Authorization, X-Tenant-ID",
            "X-Private": "not for the service",
            "TE": "trailers",
            "Proxy-Authorization": "Basic abc",
            "Accept-Language": "de",
            "If-Match": '"3"',
        }
        got = await at.client.get("/api/v1/venues", headers=await at.headers() | sent)
        names = {name.decode() for name, _ in at.service.last.headers}
        assert not names & {"x-private", "te", "proxy-authorization", "upgrade"}
        assert {"accept-language", "if-match", "authorization"} <= names
        assert got.status_code == 200


async def test_answers_keep_their_headers_but_those_of_the_connection() -> None:
    async def handler(asked: Asked, send: Send) -> None:
        headers = (("set-cookie", "a=1"), ("set-cookie", "b=2"), ("etag", '"4"'), ("keep-alive", "timeout=9"))
        await answer(send, 201, b"made", (*headers, ("location", "/api/v1/venues/1"), ("x-request-id", "other")))

    async with edge(handler) as at:
        headers = await at.headers()
        got = await at.client.post("/api/v1/venues", headers=headers | {"X-Request-ID": "from-the-client"})
        again = await at.client.get("/api/v1/venues", headers=headers)
        assert got.headers.get_list("set-cookie") == ["a=1", "b=2"]
        assert (got.headers["etag"], got.headers["location"]) == ('"4"', "/api/v1/venues/1")
        assert "keep-alive" not in got.headers
        assert len(got.headers.get_list("date")) == 1
        assert got.headers.get_list("x-request-id") == ["from-the-client"] == at.service.asked[0].values("X-Request-ID")
        # The cookies are the client's own: what the gateway keeps of one would go out with the next one's request.
        assert at.service.asked[1].values("cookie") == ["a=1; b=2"]
        at.client.cookies.clear()
        await at.client.get("/api/v1/venues", headers=headers)
        assert at.service.last.values("cookie") == []
        assert len(again.headers["x-request-id"]) == 36


@pytest.mark.parametrize("sent", ["short", "with space", "line\tbreak", "x" * 129, "ümlaut"])
async def test_a_request_id_that_does_not_belong_into_logs_is_replaced(sent: str) -> None:
    async with edge() as at:
        headers = [*(await at.headers()).items(), ("X-Request-ID", sent)]
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        got = await at.client.get("/api/v1/venues", headers=encoded)
        assert len(got.headers["x-request-id"]) == 36
        assert at.service.last.values("x-request-id") == [got.headers["x-request-id"]]


async def test_nobody_makes_up_where_they_ask_from() -> None:
    lies = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Real-IP": "203.0.113.9",
        "Forwarded": "for=203.0.113.9",
    }
    async with edge() as at:
        await at.client.get("/api/v1/venues", headers=await at.headers() | lies)
        asked = at.service.last
        assert asked.values("x-forwarded-for") == ["127.0.0.1"]
        assert asked.values("x-forwarded-proto") == ["http"]
        assert not asked.values("x-forwarded-host") + asked.values("x-real-ip") + asked.values("forwarded")


async def test_a_proxy_that_is_trusted_says_where_a_client_is() -> None:
    told = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https"}
    async with edge(proxy_headers=True, forwarded_allow_ips=["127.0.0.0/8"]) as at:
        await at.client.get("/api/v1/venues", headers=await at.headers() | told)
        assert at.service.last.values("x-forwarded-for") == ["203.0.113.9"]
        assert at.service.last.values("x-forwarded-proto") == ["https"]


async def test_what_stripe_signed_arrives_byte_for_byte() -> None:
    body, secret = '{"id":"evt_1",  "ü": "\\u00fc\\u0000", "n": 1.0}\r\n'.encode(), b"whsec_test"

    async def handler(asked: Asked, send: Send) -> None:
        signed = hmac.new(secret, await asked.body(), hashlib.sha256).hexdigest()
        await answer(send, 200 if asked.values("stripe-signature") == [signed] else 400, b"{}")

    async with edge(handler) as at:
        signature = {"Stripe-Signature": hmac.new(secret, body, hashlib.sha256).hexdigest()}
        got = await at.client.post("/api/v1/webhooks/stripe", content=body, headers=signature)
        assert got.status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "zstd", "br"])
async def test_answers_that_are_coded_are_passed_on_as_they_are(coding: str) -> None:
    coded = gzip.compress(b"a map of seats " * 100)

    async def handler(asked: Asked, send: Send) -> None:
        assert asked.values("accept-encoding") == [coding]
        await answer(send, 200, coded, (("content-encoding", coding), ("etag", '"1"'), ("vary", "accept-encoding")))

    async with edge(handler) as at:
        headers = await at.headers() | {"Accept-Encoding": coding}
        async with at.client.stream("GET", "/api/v1/venues", headers=headers) as got:
            raw = b"".join([piece async for piece in got.aiter_raw()])
        assert raw == coded
        assert (got.headers["content-encoding"], got.headers["vary"]) == (coding, "accept-encoding")


async def test_answers_without_a_body_have_none() -> None:
    async def handler(asked: Asked, send: Send) -> None:
        status = int(asked.scope["query_string"] or b"304")
        await send({"type": "http.response.start", "status": status, "headers": [(b"etag", b'"1"')]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with edge(handler) as at:
        headers = await at.headers()
        for status in (204, 304, 204):
            got = await at.client.get(f"/api/v1/venues?{status}", headers=headers)
            assert (got.status_code, got.content) == (status, b"")


async def test_a_large_upload_is_never_whole_in_the_gateway() -> None:
    """The service has read the first piece before the client has sent the second one."""
    read = asyncio.Event()

    async def handler(asked: Asked, send: Send) -> None:
        length = 0
        async for piece in asked.pieces():
            length += len(piece)
            read.set()
        await answer(send, 200, str(length).encode())

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a" * 100_000
        await read.wait()
        yield b"b" * 100_000

    async with edge(handler) as at:
        headers = await at.headers()
        path = f"{VENUE}/plan-documents"
        chunked = await at.client.post(path, content=pieces(), headers=headers)
        assert (chunked.status_code, chunked.content) == (200, b"200000")
        assert at.service.last.values("content-length") == []
        read.clear()
        sized = await at.client.post(path, content=pieces(), headers=headers | {"Content-Length": "200000"})
        assert (sized.status_code, sized.content) == (200, b"200000")
        assert at.service.last.values("transfer-encoding") == []


async def test_a_refusal_before_the_end_of_an_upload_reaches_the_client() -> None:
    async def handler(asked: Asked, send: Send) -> None:
        await answer(send, 413, b"too large", (("content-type", "application/problem+json"),))

    async with edge(handler) as at:
        got = await at.client.post(f"{VENUE}/plan-documents", content=b"x" * 900_000, headers=await at.headers())
        assert (got.status_code, got.content) == (413, b"too large")


async def test_a_body_has_an_end() -> None:
    async with edge() as at:
        headers = await at.headers()
        declared = await at.client.post("/api/v1/venues", content=b"x" * (BYTES_MAX + 1), headers=headers)
        assert (declared.status_code, declared.json()["code"]) == (413, "request.too_large")
        assert not at.service.asked
        exactly = await at.client.post("/api/v1/venues", content=b"x" * BYTES_MAX, headers=headers)
        assert exactly.status_code == 200


async def test_a_body_that_has_no_end_is_refused_while_it_comes() -> None:
    async with edge(lambda asked, send: _ignored(asked)) as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        head = f"POST /api/v1/venues HTTP/1.1\r\nHost: h\r\nAuthorization: {(await at.headers())['Authorization']}\r\n"
        writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(BYTES_MAX // 50_000 + 1):
            writer.write(b"c350\r\n" + b"x" * 50_000 + b"\r\n")
            await writer.drain()
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        writer.close()


async def _ignored(asked: Asked) -> None:
    with suppress(ConnectionResetError):
        await asked.body()


async def test_a_client_that_waits_to_be_asked_for_its_body_is_asked() -> None:
    async with edge() as at:
        head = (
            f"POST /api/v1/venues HTTP/1.1\r\nHost: h\r\nAuthorization: {(await at.headers())['Authorization']}\r\n"
            "Content-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(head.encode())
        assert (await reader.readline()) == b"HTTP/1.1 100 Continue\r\n"
        writer.write(b"body")
        assert (await reader.read()).endswith(b"body")
        writer.close()
        assert at.service.last.values("expect") == []


async def test_a_client_that_stops_sending_is_told_so() -> None:
    async with edge(patience=QUICK) as at:
        head = f"POST /api/v1/venues HTTP/1.1\r\nHost: h\r\nAuthorization: {(await at.headers())['Authorization']}\r\n"
        for length in (10, 100_000):  # kept, and passed on piece by piece
            answered = await at.raw(f"{head}Content-Length: {length}\r\n\r\nabc".encode())
            assert answered.startswith(b"HTTP/1.1 408 ")
            assert b'"code":"request.timeout"' in answered


async def test_a_client_that_leaves_its_upload_leaves_no_half_request_behind() -> None:
    ended = asyncio.Event()

    async def handler(asked: Asked, send: Send) -> None:
        with pytest.raises(ConnectionResetError):
            await asked.body()
        ended.set()

    async with edge(handler) as at:
        head = f"POST {VENUE}/plan-documents HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n"
        _, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(f"{head}Authorization: {(await at.headers())['Authorization']}\r\n\r\n".encode() + b"x" * 100_000)
        await writer.drain()
        while not at.service.asked:
            await asyncio.sleep(0.005)
        writer.close()
        async with asyncio.timeout(5):
            await ended.wait()


async def test_head_and_options_are_answered_as_by_one_process() -> None:
    async with edge() as at:
        asked = await at.client.options("/api/v1/venues")
        assert (asked.status_code, asked.headers["allow"]) == (204, "GET, POST, OPTIONS")
        head = await at.client.head("/api/v1/venues", headers=await at.headers())
        assert (head.status_code, head.headers["allow"], head.content) == (405, "GET, POST, OPTIONS", b"")
        nowhere = await at.client.options("/api/v1/nowhere")
        assert nowhere.status_code == 404
        assert not at.service.asked


async def test_what_is_not_there_is_a_problem_document() -> None:
    async with edge() as at:
        got = await at.client.get("/api/v2/venues", headers=await at.headers())
        assert (got.status_code, got.headers["content-type"]) == (404, "application/problem+json")
        assert (got.json()["code"], got.json()["instance"]) == ("request.not_found", "/api/v2/venues")
        wrong = await at.client.delete("/api/v1/venues", headers=await at.headers())
        assert (wrong.status_code, wrong.json()["code"]) == (405, "request.method_not_allowed")


async def test_requests_on_one_connection_are_answered_in_their_order() -> None:
    async def handler(asked: Asked, send: Send) -> None:
        await fine(asked, send)

    async with edge(handler) as at:
        line = f"Host: h\r\nAuthorization: {(await at.headers())['Authorization']}\r\n"
        one = f"POST /api/v1/venues HTTP/1.1\r\n{line}Content-Length: 3\r\n\r\none"
        two = f"POST /api/v1/venues HTTP/1.1\r\n{line}Content-Length: 3\r\nConnection: close\r\n\r\ntwo"
        answered = await at.raw((one + two).encode())
        assert answered.index(b"\r\n\r\none") < answered.index(b"\r\n\r\ntwo")
        assert len(at.service.asked) == 2


async def test_a_layer_sees_who_asks_and_what_for() -> None:
    seen: list[object] = []

    def layer(inner: ASGIApp) -> ASGIApp:
        async def around(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append((scope["path_template"], scope["user"] is not None))
            await inner(scope, receive, send)

        return around

    async with edge(layers=[layer]) as at:
        await at.client.get(f"{VENUE}/content")
        await at.client.get(VENUE, headers=await at.headers())
        await at.client.get(VENUE)
    assert seen == [("/api/v1/venues/{venue_id:uuid}/content", False), ("/api/v1/venues/{venue_id:uuid}", True)]
