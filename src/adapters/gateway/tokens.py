"""Access tokens as the gateway reads them: with the keys that the auth service shows to everybody, and not twice."""

import asyncio
from datetime import datetime, timedelta
from typing import override

import httpx
import msgspec

from adapters.gateway.upstreams import Upstream
from adapters.system.token_keys import FetchedTokenVerifier
from adapters.system.tokens import TokenTerms
from core.identity.errors import InvalidTokenError
from ports.clock import Clock
from ports.identity import PublishedKeys
from ports.published.identity import TokenKey, TokenKeysApi, TokenVerifier, VerifiedToken
from ports.published.refusals import LinkUnavailableError, RefusedError

_KEYS_PATH = "/.well-known/jwks.json"
_KEYS_TIMEOUT_S = 3.0
_REMEMBERED_FOR = timedelta(seconds=60)
_REMEMBERED_MAX = 10_000


class ShownTokenKeys(TokenKeysApi):
    """Reads the JSON Web Key Set of the auth service."""

    def __init__(self, auth: Upstream) -> None:
        self._auth = auth

    @override
    async def token_keys(self) -> tuple[TokenKey, ...]:
        try:
            async with asyncio.timeout(_KEYS_TIMEOUT_S):
                answer = await self._auth.fetch(_KEYS_PATH)
            if answer.status_code != 200:
                raise LinkUnavailableError(f"the auth service answers {answer.status_code}")
            shown = msgspec.json.decode(answer.content, type=PublishedKeys)
        except (httpx.TransportError, TimeoutError, msgspec.DecodeError) as error:
            raise LinkUnavailableError(f"the auth service: {type(error).__name__}") from error
        return tuple(TokenKey(kid=key.kid, x=key.x) for key in shown.keys)


class RememberedTokens(TokenVerifier):
    """Remembers what tokens say for a minute at most, never past their own end: whoever buys asks often with one.

    A key that is withdrawn is honoured for that minute longer; a token that was refused is read anew each time.
    """

    def __init__(self, verifier: TokenVerifier, clock: Clock, *, remembered_max: int = _REMEMBERED_MAX) -> None:
        self._verifier = verifier
        self._clock = clock
        self._remembered: dict[str, tuple[VerifiedToken, datetime]] = {}
        self._remembered_max = remembered_max

    @override
    async def verify(self, token: str) -> VerifiedToken:
        now = self._clock.now()
        known = self._remembered.get(token)
        if known is not None and _is_good(*known, now=now):
            return known[0]
        self._remembered.pop(token, None)
        read = await self._verifier.verify(token)
        while len(self._remembered) >= self._remembered_max:
            del self._remembered[next(iter(self._remembered))]  # the one that was remembered first
        self._remembered[token] = (read, now)
        return read


class _NobodysApiKeys(TokenVerifier):
    """API keys are looked up by the services that are asked with them; here none is any good."""

    @override
    async def verify(self, token: str) -> VerifiedToken:
        raise RefusedError(InvalidTokenError.code, "The API key is not valid here.")


def token_verifier(keys: TokenKeysApi, terms: TokenTerms, clock: Clock) -> TokenVerifier:
    """Return what reads access tokens in a gateway."""
    return RememberedTokens(FetchedTokenVerifier(keys, _NobodysApiKeys(), terms, clock), clock)


def _is_good(read: VerifiedToken, at: datetime, *, now: datetime) -> bool:
    young = timedelta() <= now - at < _REMEMBERED_FOR
    return young and read.expires_at is not None and now < read.expires_at
