"""Tokens where identity is another process: read with keys that were fetched, and API keys asked about there."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import override
from uuid import UUID

import msgspec
import pytest

from adapters.memory.clock import MemoryClock
from adapters.system.signing_keys import SigningKeys, key_id, key_x
from adapters.system.token_keys import FetchedTokenVerifier
from adapters.system.tokens import JwtTokenSigner, TokenTerms
from core.identity.access import fan_access
from core.shared.ids import AccountId
from ports.published.identity import TokenKey, TokenKeysApi, TokenVerifier, VerifiedToken
from ports.published.refusals import LinkUnavailableError, RefusedError

TERMS = TokenTerms(issuer="https://fairseat.test", audience="fairseat")
ANN = AccountId(UUID(int=1))
API_KEY = "fsk_" + "a" * 68


@dataclass
class Identity(TokenKeysApi, TokenVerifier):
    """Identity in another process, which can be away; counts what it is asked."""

    keys: SigningKeys = field(default_factory=SigningKeys.generate)
    away: bool = False
    fetches: int = 0
    looked_up: int = 0
    answer: VerifiedToken | None = field(default_factory=lambda: VerifiedToken(account_id=UUID(int=2), scopes=()))

    @override
    async def token_keys(self) -> tuple[TokenKey, ...]:
        self.fetches += 1
        await asyncio.sleep(0)
        self._is_there()
        return tuple(TokenKey(kid=key_id(key), x=key_x(key)) for key in self.keys.public_keys())

    @override
    async def verify(self, token: str) -> VerifiedToken:
        self.looked_up += 1
        self._is_there()
        if self.answer is None:
            raise RefusedError("identity.invalid_token", "The API key is not valid.")
        return self.answer

    def _is_there(self) -> None:
        if self.away:
            raise LinkUnavailableError("Away.")


class Stand:
    def __init__(self) -> None:
        self.identity = Identity()
        self.clock = MemoryClock()
        self.verifier = FetchedTokenVerifier(self.identity, self.identity, TERMS, self.clock)

    async def token(self, keys: SigningKeys | None = None) -> str:
        signer = JwtTokenSigner(keys or self.identity.keys, TERMS)
        return await signer.sign(fan_access(account_id=ANN, token_id=UUID(int=9), now=self.clock.now()))

    async def accepts(self, token: str) -> None:
        assert (await self.verifier.verify(token)).account_id == ANN

    async def refuses(self, token: str) -> None:
        with pytest.raises(RefusedError) as refused:
            await self.verifier.verify(token)
        assert refused.value.refusal_code == "identity.invalid_token"

    async def cannot_tell(self, token: str) -> None:
        with pytest.raises(LinkUnavailableError):
            await self.verifier.verify(token)


@pytest.fixture
def stand() -> Stand:
    return Stand()


async def test_the_keys_are_fetched_once_for_many_tokens_at_once(stand: Stand) -> None:
    token = await stand.token()
    await asyncio.gather(*(stand.accepts(token) for _ in range(20)))
    assert stand.identity.fetches == 1


async def test_a_token_of_a_new_key_has_the_keys_fetched_again(stand: Stand) -> None:
    await stand.accepts(await stand.token())
    stand.identity.keys = SigningKeys.generate()
    stand.clock.move(seconds=10)
    await stand.accepts(await stand.token())
    assert stand.identity.fetches == 2


async def test_keys_that_somebody_makes_up_cause_one_fetch_in_ten_seconds(stand: Stand) -> None:
    await stand.accepts(await stand.token())
    for _ in range(5):
        await stand.refuses(await stand.token(SigningKeys.generate()))
    assert stand.identity.fetches == 1
    stand.clock.move(seconds=9.9)
    await stand.refuses(await stand.token(SigningKeys.generate()))
    assert stand.identity.fetches == 1
    stand.clock.move(seconds=0.1)
    for _ in range(5):
        await stand.refuses(await stand.token(SigningKeys.generate()))
    assert stand.identity.fetches == 2


async def test_what_is_no_token_has_nothing_fetched_again(stand: Stand) -> None:
    await stand.accepts(await stand.token())
    stand.clock.move(seconds=60)
    for each in ("", "x", "a.b.c", "." * 5_000, "\ud800"):
        await stand.refuses(each)
    assert stand.identity.fetches == 1


async def test_a_key_that_was_withdrawn_is_honoured_for_five_minutes_at_most(stand: Stand) -> None:
    old = stand.identity.keys
    await stand.accepts(await stand.token())
    stand.identity.keys = SigningKeys.generate()
    stand.clock.move(seconds=299.9)
    await stand.accepts(await stand.token(old))
    stand.clock.move(seconds=0.1)
    await stand.refuses(await stand.token(old))


async def test_known_keys_serve_on_while_identity_is_away(stand: Stand) -> None:
    await stand.accepts(await stand.token())
    stand.identity.away = True
    stand.clock.move(seconds=3_600)
    await stand.accepts(await stand.token())
    await stand.cannot_tell(await stand.token(SigningKeys.generate()))
    fetches = stand.identity.fetches
    await stand.accepts(await stand.token())
    assert stand.identity.fetches == fetches, "a second passes between tries"


async def test_before_identity_was_ever_asked_nothing_can_be_told(stand: Stand) -> None:
    stand.identity.away = True
    await stand.cannot_tell(await stand.token())
    stand.identity.away = False
    await stand.cannot_tell(await stand.token())
    stand.clock.move(seconds=1)
    await stand.accepts(await stand.token())


async def test_what_was_said_of_an_api_key_is_believed_for_ten_seconds(stand: Stand) -> None:
    answer = await stand.verifier.verify(API_KEY)
    stand.identity.answer = None  # it was revoked
    stand.clock.move(seconds=9.9)
    assert await stand.verifier.verify(API_KEY) == answer
    assert stand.identity.looked_up == 1
    stand.clock.move(seconds=0.1)
    await stand.refuses(API_KEY)


async def test_an_api_key_ends_at_its_time_also_where_it_is_remembered(stand: Stand) -> None:
    assert stand.identity.answer is not None
    ends_at = stand.clock.now() + timedelta(seconds=5)
    stand.identity.answer = msgspec.structs.replace(stand.identity.answer, expires_at=ends_at)
    await stand.verifier.verify(API_KEY)
    stand.clock.move(seconds=4.9)
    await stand.verifier.verify(API_KEY)
    assert stand.identity.looked_up == 1
    stand.clock.move(seconds=0.1)
    await stand.verifier.verify(API_KEY)
    assert stand.identity.looked_up == 2, "identity has the last word on it"


@pytest.mark.parametrize("text", ["fsk_" + "a" * 10_000, "fsk_é", "fsk_\ud800"])
async def test_what_is_no_api_key_is_asked_about_nowhere(stand: Stand, text: str) -> None:
    await stand.refuses(text)
    assert stand.identity.looked_up == 0


async def test_an_api_key_that_was_refused_is_asked_about_again(stand: Stand) -> None:
    stand.identity.answer = None
    for _ in range(2):
        await stand.refuses(API_KEY)
    assert stand.identity.looked_up == 2


async def test_a_clock_that_went_back_makes_nothing_last_longer(stand: Stand) -> None:
    await stand.accepts(await stand.token())
    await stand.verifier.verify(API_KEY)
    stand.clock.move(seconds=-3_600)
    await stand.accepts(await stand.token())
    await stand.verifier.verify(API_KEY)
    assert (stand.identity.fetches, stand.identity.looked_up) == (2, 2)
