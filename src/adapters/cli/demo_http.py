"""The HTTP of the simulated fans: bounded retries under one idempotency key, and how long everything took."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

TRIES_MAX = 40
"""With the pauses between them about two minutes: longer than a restart, and than the lease of an idempotency key."""

PAUSE_MAX_S = 3.0
_TRY_LATER = frozenset({429, 502, 503, 504})
_STILL_RUNNING = "request.still_running"

type Json = Any
"""What a JSON document holds; each caller knows the shape that the API promises."""


class ApiRefusedError(Exception):
    """The API (or Stripe) answered with an error; `code` is the stable one of the problem details."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code


class UnreachableError(Exception):
    """There was no answer, however often it was tried."""


@dataclass(slots=True)
class Latencies:
    """Seconds by step, as the fans saw them; tries that failed are part of their step."""

    by_step: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    retries: int = 0

    @asynccontextmanager
    async def timed(self, step: str) -> AsyncIterator[None]:
        """Add the time of a block that ends well to the step."""
        began = time.perf_counter()
        yield
        self.by_step[step].append(time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in: the token, and the organisation that fans name."""

    token: str
    tenant_id: UUID | None = None

    def headers(self) -> dict[str, str]:
        """Return what every request of theirs carries."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.tenant_id is not None:
            headers["X-Tenant-ID"] = str(self.tenant_id)
        return headers


@dataclass(frozen=True, slots=True)
class DemoHttp:
    """Asks the API and the Stripe stand-in."""

    client: httpx.AsyncClient
    api_url: str
    stripe_url: str
    publishable_key: str
    latencies: Latencies
    pause_first_s: float = 0.2
    """Before the second try; each later pause is twice as long, up to `PAUSE_MAX_S`."""

    tries_max: int = TRIES_MAX

    async def get(self, path: str, *, session: Session, fresh: bool = False) -> Json:
        """Return the answer, `fresh` one that nothing has kept; raises ApiRefusedError, UnreachableError."""
        headers = session.headers() | ({"Cache-Control": "no-cache"} if fresh else {})
        return await self._send("GET", f"{self.api_url}{path}", headers=headers)

    async def post(self, path: str, body: Json, *, session: Session | None = None) -> Json:
        """Return the answer; every try has the same Idempotency-Key. Raises ApiRefusedError, UnreachableError."""
        headers = {"Idempotency-Key": str(uuid4())} | (session.headers() if session else {})
        return await self._send("POST", f"{self.api_url}{path}", headers=headers, json=body)

    async def delete(self, path: str, *, session: Session) -> None:
        """Raise ApiRefusedError, UnreachableError."""
        await self._send("DELETE", f"{self.api_url}{path}", headers=session.headers())

    async def confirm_at_stripe(self, intent_id: str, *, client_secret: str, method: str) -> None:
        """Do what Stripe's library does in a browser; raises ApiRefusedError with 402 for a declined card."""
        try:
            await self._send(
                "POST",
                f"{self.stripe_url}/v1/payment_intents/{intent_id}/confirm",
                headers={"Authorization": f"Bearer {self.publishable_key}", "Idempotency-Key": str(uuid4())},
                data={"payment_method": method, "client_secret": client_secret},
            )
        except ApiRefusedError as refusal:
            # The answer to an earlier try was lost: the money has been taken.
            if refusal.code != "payment_intent_unexpected_state" or "succeeded" not in str(refusal):
                raise

    async def stripe_totals(self) -> Json:
        """Return what the stand-in took and gave back in all."""
        return await self._send("GET", f"{self.stripe_url}/_fake/totals", headers={})

    async def _send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: Json = None,
        data: Mapping[str, str] | None = None,
    ) -> Json:
        why = ""
        for tried in range(self.tries_max):
            if tried:
                self.latencies.retries += 1
                await asyncio.sleep(min(PAUSE_MAX_S, self.pause_first_s * 2.0 ** min(tried - 1, 10)))
            try:
                answer = await self.client.request(method, url, headers=headers, json=json, data=data)
            except httpx.TransportError as error:
                why = f"{type(error).__name__}: {error}"
                continue
            if answer.is_success:
                return answer.json() if answer.content else None
            refusal = _refusal(answer)
            if answer.status_code not in _TRY_LATER and refusal.code != _STILL_RUNNING:
                raise refusal
            why = str(refusal)
        raise UnreachableError(f"{method} {url}: no answer after {self.tries_max} tries; {why}")


class _StripeError(msgspec.Struct):
    code: str = "stripe.error"
    message: str = ""


class _ErrorBody(msgspec.Struct):
    """Problem details, or an error of Stripe's."""

    code: str = "http.error"
    detail: str = ""
    error: _StripeError | None = None


def _refusal(answer: httpx.Response) -> ApiRefusedError:
    try:
        body = msgspec.json.decode(answer.content, type=_ErrorBody)
    except msgspec.DecodeError:
        return ApiRefusedError(answer.status_code, "http.error", answer.text[:200])
    if body.error is not None:
        return ApiRefusedError(answer.status_code, body.error.code, body.error.message)
    return ApiRefusedError(answer.status_code, body.code, body.detail)
