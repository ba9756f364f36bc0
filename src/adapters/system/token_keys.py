"""TokenVerifier where identity runs in another process: tokens are read here, and API keys are asked about there."""

import asyncio
import hashlib
import logging
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapters.system.tokens import JwtTokenVerifier, TokenTerms
from core.identity.api_keys import KEY_PREFIX
from core.identity.errors import InvalidTokenError
from core.shared.errors import UnavailableError
from ports.clock import Clock
from ports.published.identity import TokenKey, TokenKeysApi, TokenVerifier, VerifiedToken
from ports.published.refusals import LinkUnavailableError, RefusedError

REFRESH_S = 300.0
"""Public keys are fetched again after that time; one that was withdrawn is honoured for so long at most, or as long
as identity cannot be asked."""

FETCH_PAUSE_S = 10.0
"""The time between two fetches because of keys that nobody knows: whoever makes them up causes no more."""

RETRY_PAUSE_S = 1.0
"""The time after a fetch that failed."""

API_KEY_KEEP_S = 10.0
"""What identity said of an API key is believed for that long, so that a revoked one works no longer here than that
after it ended there."""

API_KEYS_MAX = 5_000

_API_KEY_CHARACTERS_MAX = 200
_LOG = logging.getLogger("fairseat.links")


@dataclass(frozen=True, slots=True)
class _Fetched:
    verifier: JwtTokenVerifier
    at: datetime


@dataclass(frozen=True, slots=True)
class _Known:
    answer: VerifiedToken
    at: datetime


class FetchedTokenVerifier(TokenVerifier):
    """Reads access tokens with public keys that it fetches, and asks for those again when a token names another one.

    While identity is away, tokens of the keys that were fetched are read as ever, and anything else is
    LinkUnavailableError.
    """

    def __init__(self, keys: TokenKeysApi, remote: TokenVerifier, terms: TokenTerms, clock: Clock) -> None:
        self._keys = keys
        self._remote = remote
        self._terms = terms
        self._clock = clock
        self._fetched: _Fetched | None = None
        self._next_fetch_at: datetime | None = None
        self._away = False
        self._fetching = asyncio.Lock()
        self._known: dict[bytes, _Known] = {}

    @override
    async def verify(self, token: str) -> VerifiedToken:
        if token.startswith(KEY_PREFIX):
            return await self._of_api_key(token)
        fetched = self._fetched
        # Where they are only old, one caller waits for new ones, and the others use those that there are.
        old = fetched is not None and self._is_old(fetched) and not self._fetching.locked()
        if fetched is None or old or fetched.verifier.key_is_unknown(token):
            fetched = await self._fetch(token)
        return await fetched.verifier.verify(token)

    async def _fetch(self, token: str) -> _Fetched:
        """Return the keys, fetched anew where that may help and is not too soon after the last time."""
        async with self._fetching:
            fetched = self._fetched
            unknown = fetched is None or fetched.verifier.key_is_unknown(token)
            if (unknown or self._is_old(fetched)) and self._may_fetch():
                fetched = await self._fetch_now(fetched)
            # `unknown` again: another call may have fetched the key while this one waited.
            if fetched is None or (self._away and fetched.verifier.key_is_unknown(token)):
                raise LinkUnavailableError("The keys of access tokens could not be fetched.")
            return fetched

    async def _fetch_now(self, before: _Fetched | None) -> _Fetched | None:
        now = self._clock.now()
        try:
            keys = {each.kid: _public_key(each) for each in await self._keys.token_keys()}
        except (UnavailableError, ValueError) as error:
            _LOG.warning("the keys of access tokens could not be fetched: %s", error)
            self._away = True
            self._next_fetch_at = now + timedelta(seconds=RETRY_PAUSE_S)
            return before
        self._away = False
        self._next_fetch_at = now + timedelta(seconds=FETCH_PAUSE_S)
        self._fetched = _Fetched(JwtTokenVerifier(keys, self._terms, self._clock), now)
        return self._fetched

    def _may_fetch(self) -> bool:
        now = self._clock.now()
        # A clock that went backwards must not make a pause any longer.
        longest = timedelta(seconds=FETCH_PAUSE_S)
        return self._next_fetch_at is None or not now < self._next_fetch_at <= now + longest

    def _is_old(self, fetched: _Fetched | None) -> bool:
        age = self._clock.now() - fetched.at if fetched is not None else timedelta.max
        return not timedelta() <= age < timedelta(seconds=REFRESH_S)

    async def _of_api_key(self, token: str) -> VerifiedToken:
        if not token.isascii() or len(token) > _API_KEY_CHARACTERS_MAX:
            raise RefusedError(InvalidTokenError.code, "The API key is not valid.")
        name = hashlib.sha256(token.encode()).digest()
        now = self._clock.now()
        known = self._known.pop(name, None)
        if known is None or not self._is_fresh(known, now):
            known = _Known(await self._remote.verify(token), now)
        while len(self._known) >= API_KEYS_MAX:
            del self._known[next(iter(self._known))]
        self._known[name] = known
        return known.answer

    @staticmethod
    def _is_fresh(known: _Known, now: datetime) -> bool:
        ends_at = known.answer.expires_at
        young = timedelta() <= now - known.at < timedelta(seconds=API_KEY_KEEP_S)
        return young and (ends_at is None or now < ends_at)


def _public_key(key: TokenKey) -> Ed25519PublicKey:
    """Read a key; raises ValueError for what is none."""
    return Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(key.x + "=" * (-len(key.x) % 4)))
