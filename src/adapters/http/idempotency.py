"""Idempotency-Key on POST: the first answer is kept for a day and given again to the same caller."""

import hashlib
from collections.abc import Sequence
from typing import Any, Self, cast, override
from uuid import UUID

from dishka import AsyncContainer
from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from adapters.http.streamed import is_streaming
from core.shared.errors import DomainError
from ports.clock import Clock
from ports.idempotency import Fresh, IdempotencyScope, IdempotencyStore, Mismatch, Replay, Running, StoredAnswer
from ports.published.identity import VerifiedToken

KEEP_S = 24 * 60 * 60
LEASE_S = 60
KEY_LENGTH_MAX = 200
_BODY_KEPT_BYTES_MAX = 1_000_000
_REPEATED_HEADERS = frozenset({b"content-type", b"location", b"etag"})
_NOT_KEPT = frozenset({401, 408, 409, 425, 429})
"""Answers that may be different a moment later, so that the client should be able to try again with the same key."""


class RequestRunningError(DomainError):
    """The same request is still being worked on; its answer may be asked for again in `retry_after_s`."""

    code = "request.still_running"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"The first request with this Idempotency-Key is still running; ask again in {retry_after_s} s."
        )
        self.retry_after_s = retry_after_s


class IdempotencyKeyReusedError(DomainError):
    """The key was used before, with another request."""

    code = "request.idempotency_key_reused"


class InvalidIdempotencyKeyError(DomainError):
    """The key is empty, too long, or holds control characters."""

    code = "request.invalid_idempotency_key"


class IdempotentPosts(ASGIMiddleware):
    """Stands in front of the POST handlers of one service, with that service's own store."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, container: AsyncContainer, clock: Clock) -> None:
        self._container = container
        self._clock = clock

    def __deepcopy__(self, _: object) -> Self:
        """Return itself: Litestar copies handlers with their middleware, and there is one container."""
        return self

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer a replay, or pass on and keep the answer."""
        request: Request[Any, Any, Any] = Request(scope, receive=receive, send=send)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        token = cast("dict[str, object]", scope).get("user")  # not there on routes that need no token
        if key is None or not isinstance(token, VerifiedToken):
            await next_app(scope, receive, send)
            return
        if not 1 <= len(key) <= KEY_LENGTH_MAX or not key.isprintable():
            raise InvalidIdempotencyKeyError(f"An Idempotency-Key has 1 to {KEY_LENGTH_MAX} printable characters.")
        owner = IdempotencyScope(tenant_id=_tenant(request, token), account_id=token.account_id, key=key)
        store = await self._container.get(IdempotencyStore)
        claim = await store.claim(
            owner, request_hash=await _hash(request), now=self._clock.now(), lease_s=LEASE_S, keep_s=KEEP_S
        )
        match claim:
            case Replay(answer):
                await _send_again(answer, send)
            case Running(retry_after_s):
                raise RequestRunningError(retry_after_s)
            case Mismatch():
                raise IdempotencyKeyReusedError("This Idempotency-Key was used with another request.")
            case Fresh():
                await self._first(store, owner, scope, receive, send, next_app)

    async def _first(
        self,
        store: IdempotencyStore,
        owner: IdempotencyScope,
        scope: Scope,
        receive: Receive,
        send: Send,
        next_app: ASGIApp,
    ) -> None:
        recorded = _Recorded()

        async def record(message: Message) -> None:
            recorded.take(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                # Kept before the last byte goes out: a client that saw the end can rely on the replay.
                await self._keep(store, owner, recorded)
            await send(message)

        try:
            await next_app(scope, receive, record)
        except BaseException:
            await store.abandon(owner)
            raise

    async def _keep(self, store: IdempotencyStore, owner: IdempotencyScope, recorded: "_Recorded") -> None:
        answer = recorded.answer()
        too_large = len(answer.body) > _BODY_KEPT_BYTES_MAX
        if answer.status >= 500 or answer.status in _NOT_KEPT or too_large or recorded.secret:
            await store.abandon(owner)
        else:
            await store.complete(owner, answer, now=self._clock.now())


class _Recorded:
    """What a handler sends, while it passes by."""

    def __init__(self) -> None:
        self._status = 500
        self._headers: Sequence[tuple[bytes, bytes]] = ()
        self._body = bytearray()

    def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = [(bytes(name), bytes(value)) for name, value in message["headers"]]
        elif message["type"] == "http.response.body":
            self._body += message["body"]

    @property
    def secret(self) -> bool:
        """Whether the answer must not be stored anywhere (Cache-Control: no-store), such as one with a token."""
        return any(name.lower() == b"cache-control" and b"no-store" in value for name, value in self._headers)

    def answer(self) -> StoredAnswer:
        kept = tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self._headers
            if name.lower() in _REPEATED_HEADERS
        )
        return StoredAnswer(status=self._status, headers=kept, body=bytes(self._body))


async def _hash(request: Request[Any, Any, Any]) -> bytes:
    digest = hashlib.sha256()
    digest.update(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    if is_streaming(request.route_handler):
        # Such a body can be read once, and not by us: how long it is must do to tell it from another.
        digest.update(request.headers.get("content-length", "").encode())
    else:
        digest.update(await request.body())
    return digest.digest()


def _tenant(request: Request[Any, Any, Any], token: VerifiedToken) -> UUID | None:
    if token.tenant_id is not None:
        return token.tenant_id
    try:
        return UUID(request.headers.get("x-tenant-id", ""))
    except ValueError:
        return None


async def _send_again(answer: StoredAnswer, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    headers += [(b"idempotent-replayed", b"true"), (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
