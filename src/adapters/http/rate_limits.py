"""The door of the API: how often somebody may ask, and the headers that say so.

RateLimit and RateLimit-Policy are those of draft-ietf-httpapi-ratelimit-headers (from its eighth version on).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, cast

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from adapters.http.problems import MEDIA_TYPE, problem_of
from adapters.http.route_classes import route_class
from core.shared.errors import TooManyRequestsError
from core.shared.rate_limits import WINDOW_S, Asker, RequestTerms, RouteClass
from ports.clock import Clock
from ports.published.identity import VerifiedToken
from ports.rate_limits import Allowance, RateLimiter

type WhoAsks = Callable[[Scope], Asker]
type _Headers = list[tuple[bytes, bytes]]

_TOLD = (b"ratelimit", b"ratelimit-policy")


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How often callers may ask, and who counts."""

    limiter: RateLimiter
    terms: RequestTerms
    clock: Clock

    def __deepcopy__(self, _: object) -> Self:
        """Return itself: Litestar copies handlers with their middleware, and there is one count."""
        return self

    async def take(self, kind: RouteClass, asker: Asker) -> Allowance | None:
        """Count a request; None where it is not limited."""
        spender = self.terms.spender(kind, asker)
        if spender is None:
            return None
        return await self.limiter.take(spender.key, limit=spender.limit, window_s=WINDOW_S, now=self.clock.now())


class LimitedRequests:
    """ASGI middleware that counts a request before it is worked on, and answers 429 to one too many.

    It stands behind whatever reads the token; `who` says what that found. The answers that are let through tell what
    remains.
    """

    def __init__(self, app: ASGIApp, *, limits: RequestLimits, who: WhoAsks) -> None:
        self._app = app
        self._limits = limits
        self._who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        kind = _kind_of(scope)
        allowance = await self._limits.take(kind, self._who(scope)) if kind is not None else None
        if kind is None or allowance is None:
            await self._app(scope, receive, send)
            return
        told = _told(kind, allowance)
        if not allowance.allowed:
            await _refuse(scope["path"], allowance, told, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A service behind this process may have counted as well: what was said last, and outermost, stands.
                kept = (each for each in message.get("headers", ()) if each[0].lower() not in _TOLD)
                message["headers"] = [*kept, *told]
            await send(message)

        await self._app(scope, receive, tell)


def _kind_of(scope: Scope) -> RouteClass | None:
    if scope["type"] != ScopeType.HTTP:
        return None
    return route_class(scope["method"], scope["path"])


def asker_of(scope: Scope) -> Asker:
    """Return who asks, behind the middleware that verified the token; what needs no token is asked by nobody known."""
    known = cast("dict[str, object]", scope)
    client, token = known.get("client"), known.get("user")
    address = str(cast("Sequence[object]", client)[0]) if client else None
    if not isinstance(token, VerifiedToken):
        return Asker(address=address)
    return Asker(token.account_id, token.tenant_id, token.guest, address)


def _told(kind: RouteClass, allowance: Allowance) -> _Headers:
    return [
        (b"ratelimit-policy", f'"{kind}";q={allowance.limit};w={WINDOW_S}'.encode()),
        (b"ratelimit", f'"{kind}";r={allowance.remaining};t={allowance.reset_s}'.encode()),
    ]


async def _refuse(path: str, allowance: Allowance, told: _Headers, send: Send) -> None:
    error = TooManyRequestsError(allowance.reset_s)
    problem = problem_of(error, instance=path)
    body = msgspec.json.encode(problem)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(allowance.reset_s).encode()),
        *told,
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
