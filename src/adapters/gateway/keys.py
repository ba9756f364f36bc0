"""The public keys of the auth service, kept, so that tokens are read without asking anybody."""

import asyncio
import logging
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import override

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapters.system.tokens import JwtTokenVerifier, TokenTerms
from core.shared.errors import UnavailableError
from ports.clock import Clock
from ports.identity import PublishedKeys
from ports.published.identity import TokenVerifier, VerifiedToken

_log = logging.getLogger(__name__)

_KEPT = timedelta(minutes=5)
_ASKED_AGAIN_AFTER = timedelta(seconds=1)

type FetchKeys = Callable[[], Awaitable[bytes]]
"""Returns a JSON Web Key Set; raises UnavailableError."""


class FetchedKeysVerifier(TokenVerifier):
    """Reads access tokens with keys that are fetched when the first token comes, and every few minutes.

    A token that names a key nobody knows has them fetched at once, though not more often than once a second,
    whatever is sent. While the keys cannot be fetched, those that are known are used: a gateway does not go down
    with the auth service.
    """

    def __init__(self, fetch: FetchKeys, terms: TokenTerms, clock: Clock) -> None:
        self._fetch = fetch
        self._terms = terms
        self._clock = clock
        self._known: JwtTokenVerifier | None = None
        self._ids: frozenset[str] = frozenset()
        self._asked_at: datetime | None = None
        self._fetched_at: datetime | None = None
        self._fetching = asyncio.Lock()

    @override
    async def verify(self, token: str) -> VerifiedToken:
        known = self._known
        if known is None or self._is_old() or _key_named(token) not in self._ids:
            known = await self._latest()
        return await known.verify(token)

    def _is_old(self) -> bool:
        return self._fetched_at is None or self._clock.now() - self._fetched_at >= _KEPT

    async def _latest(self) -> JwtTokenVerifier:
        if self._known is not None and (self._fetching.locked() or self._was_asked_just_now()):
            return self._known
        async with self._fetching:
            if not self._was_asked_just_now():
                self._asked_at = self._clock.now()
                await self._renew()
        if self._known is None:
            raise UnavailableError("the keys of access tokens are not known yet")
        return self._known

    def _was_asked_just_now(self) -> bool:
        return self._asked_at is not None and self._clock.now() - self._asked_at < _ASKED_AGAIN_AFTER

    async def _renew(self) -> None:
        try:
            found = msgspec.json.decode(await self._fetch(), type=PublishedKeys)
            keys = [_public_key(key.x) for key in found.keys]
        except (UnavailableError, msgspec.DecodeError, ValueError) as error:
            _log.warning("the keys of access tokens could not be fetched: %s", type(error).__name__)
            return
        self._known = JwtTokenVerifier.of_keys(keys, self._terms, self._clock)
        self._ids = frozenset(key.kid for key in found.keys)
        self._fetched_at = self._clock.now()


def _key_named(token: str) -> str | None:
    try:
        named = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return named if isinstance(named, str) else None


def _public_key(x: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(x + "=" * (-len(x) % 4)))
