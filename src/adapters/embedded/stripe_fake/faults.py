"""Faults on demand, to see what happens when the provider has a bad day."""

import asyncio
from dataclasses import dataclass
from typing import Any

from litestar import Request

from adapters.embedded.stripe_fake.errors import StripeFakeError

_SILENCE_MAX_S = 60


@dataclass(slots=True)
class Faults:
    """The next `calls` calls fail with `status`, and every call waits for `delay_s`.

    Only calls whose path after /v1/ begins with `path_prefix` are meant. `after` lets the work be done first, so that
    only its answer is lost. `silent` gives no answer at all, until the caller gives up. `kept` is a failure inside the
    work: it is the answer to the call's idempotency key for good.
    """

    calls: int = 0
    status: int = 503
    after: bool = False
    delay_s: float = 0.0
    path_prefix: str = ""
    silent: bool = False
    kept: bool = False

    async def before_work(self, request: Request[Any, Any, Any], path: str) -> None:
        """Wait as told, then raise when this call is to fail without having been worked on."""
        if not self.after:
            await self._strike(request, path)

    def during_work(self, path: str) -> None:
        """Raise when this call is to fail inside the work."""
        if self.kept and self._is_next(path):
            self.calls -= 1
            raise self._error()

    async def after_work(self, request: Request[Any, Any, Any], path: str) -> None:
        """Wait as told, then raise when the answer to this call is to be lost."""
        if self.after:
            await self._strike(request, path)

    async def _strike(self, request: Request[Any, Any, Any], path: str) -> None:
        if self.delay_s and path.startswith(self.path_prefix):
            await asyncio.sleep(self.delay_s)
        if self.kept or not self._is_next(path):
            return
        self.calls -= 1
        if self.silent:
            await _until_gone(request)
        raise self._error()

    def _is_next(self, path: str) -> bool:
        return self.calls > 0 and path.startswith(self.path_prefix)

    def _error(self) -> StripeFakeError:
        if self.status == 429:
            return StripeFakeError(
                429,
                kind="invalid_request_error",
                code="rate_limit",
                message="Request rate limit exceeded (asked for by a test).",
            )
        message = "Something went wrong on Stripe's end (asked for by a test)."
        return StripeFakeError(self.status, kind="api_error", message=message, kept=self.kept)


async def _until_gone(request: Request[Any, Any, Any]) -> None:
    """Return when the caller has closed the connection, or has been waiting for longer than any should."""
    try:
        async with asyncio.timeout(_SILENCE_MAX_S):
            while (await request.receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        return
