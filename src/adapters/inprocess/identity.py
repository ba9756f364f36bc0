"""TokenVerifier and the keys behind it, within one process."""

from collections.abc import Awaitable, Callable
from typing import override

from adapters.inprocess.refusals import refusals_translated
from core.identity.api_keys import KEY_PREFIX
from ports.published.identity import TokenKey, TokenKeysApi, TokenVerifier, VerifiedToken
from usecases.identity.read_published_keys import ReadPublishedKeys
from usecases.identity.verify_api_key import VerifyApiKey


class TokensAndKeys(TokenVerifier):
    """Reads API keys, known by their prefix, and has access tokens read by another verifier.

    What verifies keys is asked for with the first key, so that tokens can be read while auth_db is away.
    """

    def __init__(self, tokens: TokenVerifier, keys: Callable[[], Awaitable[VerifyApiKey]]) -> None:
        self._tokens = tokens
        self._keys = keys

    @override
    async def verify(self, token: str) -> VerifiedToken:
        if not token.startswith(KEY_PREFIX):
            return await self._tokens.verify(token)
        verify = await self._keys()
        async with refusals_translated():
            return await verify(token)


class InProcessTokenKeys(TokenKeysApi):
    """Calls the use case of identity."""

    def __init__(self, read: ReadPublishedKeys) -> None:
        self._read = read

    @override
    async def token_keys(self) -> tuple[TokenKey, ...]:
        async with refusals_translated():
            published = await self._read()
        return tuple(TokenKey(kid=key.kid, x=key.x) for key in published.keys)
