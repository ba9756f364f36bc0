"""The keys of the auth service in the gateway: fetched when they are needed, and not as often as somebody likes."""

from datetime import UTC, datetime, timedelta
from typing import override

import pytest

from adapters.gateway.keys import FetchedKeysVerifier
from adapters.system.signing_keys import SigningKeys
from core.shared.errors import UnavailableError
from ports.clock import Clock
from ports.published.refusals import RefusedError
from tests.gateway_world import TERMS, Keys


class Hands(Clock):
    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    @override
    def now(self) -> datetime:
        return self.time

    def pass_by(self, **how_long: float) -> None:
        self.time += timedelta(**how_long)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def verifier(keys: Keys, clock: Hands) -> FetchedKeysVerifier:
    return FetchedKeysVerifier(keys.fetch, TERMS, clock)


async def test_a_new_key_is_known_with_its_first_token(verifier: FetchedKeysVerifier, keys: Keys, clock: Hands) -> None:
    old = await keys.token()
    await verifier.verify(old)
    clock.pass_by(seconds=1)
    keys.keys = keys.keys.rotated()
    await verifier.verify(await keys.token())
    await verifier.verify(old)
    assert keys.fetched == 2


async def test_a_key_that_is_withdrawn_is_forgotten_within_minutes(
    verifier: FetchedKeysVerifier, keys: Keys, clock: Hands
) -> None:
    token = await keys.token(ttl_s=3600)
    await verifier.verify(token)
    keys.keys = SigningKeys.generate()
    clock.pass_by(minutes=5, microseconds=-1)
    await verifier.verify(token)
    clock.pass_by(microseconds=1)
    with pytest.raises(RefusedError):
        await verifier.verify(token)


async def test_nobody_can_have_the_keys_fetched_more_than_once_a_second(
    verifier: FetchedKeysVerifier, keys: Keys, clock: Hands
) -> None:
    strange = await Keys().token()
    for _ in range(20):
        with pytest.raises(RefusedError):
            await verifier.verify(strange)
        clock.pass_by(seconds=0.1)
    assert keys.fetched == 2
    await verifier.verify(await keys.token())
    assert keys.fetched == 2


async def test_keys_that_are_known_serve_while_the_auth_service_is_away(
    verifier: FetchedKeysVerifier, keys: Keys, clock: Hands
) -> None:
    token = await keys.token(ttl_s=7200)
    await verifier.verify(token)
    keys.away = True
    clock.pass_by(hours=1)
    await verifier.verify(token)


async def test_without_any_keys_nothing_is_said_about_a_token(
    verifier: FetchedKeysVerifier, keys: Keys, clock: Hands
) -> None:
    token, keys.away = await keys.token(), True
    with pytest.raises(UnavailableError):
        await verifier.verify(token)
    keys.away = False
    with pytest.raises(UnavailableError):  # asked a moment ago
        await verifier.verify(token)
    clock.pass_by(seconds=1)
    await verifier.verify(token)


@pytest.mark.parametrize(
    "answered", [b"", b"{}", b'{"keys":[{"kid":"a","x":"abc"}]}', b'{"keys":[{"kid":"a","x":"\xc3\xbc"}]}']
)
async def test_what_is_no_set_of_keys_changes_nothing(answered: bytes, keys: Keys, clock: Hands) -> None:
    answers = [await keys.fetch(), answered]

    async def fetch() -> bytes:
        return answers.pop(0)

    verifier = FetchedKeysVerifier(fetch, TERMS, clock)
    token = await keys.token(ttl_s=3600)
    await verifier.verify(token)
    clock.pass_by(minutes=6)
    await verifier.verify(token)
    assert not answers
