"""API keys: what their text says, who makes and ends them, and when one is refused."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.clock import MemoryClock
from adapters.system.api_key_cache import KEEP_S, BoundedApiKeyCache
from core.identity import api_keys
from core.identity.api_keys import KEY_LIFE_MAX, KEY_PREFIX, LIVE_KEYS_MAX, ApiKey, PresentedKey
from core.identity.errors import (
    AccountNeededError,
    ApiKeyNotFoundError,
    InvalidTokenError,
    OrganisationNotFoundError,
    TooManyApiKeysError,
)
from core.identity.organisation import Organisation
from core.shared.callers import ApiScope, Caller, Role
from core.shared.errors import ForbiddenError, InvalidInputError
from core.shared.ids import AccountId, ApiKeyId, TenantId
from ports.paging import PageRequest
from ports.published.identity import VerifiedToken
from ports.published.refusals import RefusedError
from ports.stores import StoreUnavailableError
from tests.identity_world import IdentityWorld, memory_world

SOME_KEY = PresentedKey(id=ApiKeyId(UUID(int=7)), secret=b"s" * 32)


@pytest.fixture
def world() -> IdentityWorld:
    return memory_world()


async def hall_of(world: IdentityWorld) -> tuple[VerifiedToken, TenantId]:
    olga = await world.bearer("olga")
    hall: Organisation = await world.create_organisation(olga, name="Hall")
    return olga, hall.id


@given(st.uuids(), st.binary(min_size=32, max_size=32))
def test_the_text_of_a_key_says_its_id_and_its_secret_and_nothing_is_lost(key_id: ApiKeyId, secret: bytes) -> None:
    key = PresentedKey(id=key_id, secret=secret)
    assert PresentedKey.parse(key.text) == key
    assert len(key.text) == 72 and key.text.startswith(KEY_PREFIX)


@given(st.integers(min_value=0, max_value=71), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_text_with_any_other_character_is_no_key(place: int, character: str) -> None:
    text = SOME_KEY.text
    changed = text[:place] + character + text[place + 1 :]
    if changed != text:
        with pytest.raises(InvalidTokenError):
            PresentedKey.parse(changed)


@given(st.text(max_size=100))
def test_whatever_else_is_sent_is_refused_and_breaks_nothing(text: str) -> None:
    for each in (text, KEY_PREFIX + text):
        with pytest.raises(InvalidTokenError):
            PresentedKey.parse(each)


@pytest.mark.parametrize(
    "text",
    [
        SOME_KEY.text[:-1],
        SOME_KEY.text + "A",
        SOME_KEY.text + "=",
        SOME_KEY.text.upper(),
        SOME_KEY.text.lower(),
        SOME_KEY.text.removeprefix(KEY_PREFIX),
        KEY_PREFIX + SOME_KEY.text,
        " " + SOME_KEY.text[:-1],
        "\u00e4" * 72,
        "\ud800" * 72,
    ],
)
def test_a_text_of_another_length_case_or_prefix_is_no_key(text: str) -> None:
    with pytest.raises(InvalidTokenError):
        PresentedKey.parse(text)


async def test_a_key_says_its_organisation_and_scopes_and_no_role(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    made = await world.create_api_key(
        olga, organisation_id=hall, name=" Market ", scopes=[ApiScope.RESALE_READ, ApiScope.RESALE_VALIDATE]
    )
    verified = await world.verifier.verify(made.text)
    assert verified == VerifiedToken(
        account_id=made.key.id, tenant_id=hall, scopes=("resale:read", "resale:validate"), expires_at=None
    )
    assert (verified.role, verified.guest) == (None, False)
    assert (made.key.name, made.key.created_by) == ("Market", olga.account_id)


async def test_only_the_digest_of_the_secret_is_stored_and_neither_shows_in_a_text_for_people(
    world: IdentityWorld,
) -> None:
    olga, hall = await hall_of(world)
    made = await world.key(olga, of=hall)
    secret = PresentedKey.parse(made.text).secret
    assert made.key.digest == hashlib.sha256(secret).digest()
    assert made.text.startswith(made.key.prefix) and len(made.key.prefix) < 20
    hidden = (made.text[20:], repr(secret)[2:-1], secret.hex(), made.key.digest.hex(), repr(made.key.digest)[2:-1])
    for shown in (repr(made), str(made.key), repr(PresentedKey.parse(made.text)), made.key.prefix):
        assert not [each for each in hidden if each in shown]


async def test_the_prefix_that_is_shown_is_a_part_of_the_id(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    key = (await world.key(olga, of=hall)).key
    assert base64.urlsafe_b64decode(key.prefix.removeprefix(KEY_PREFIX)) == key.id.bytes[:9]


async def test_a_wrong_secret_of_a_right_id_is_refused_like_an_unknown_id(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    made = await world.key(olga, of=hall)
    wrong = PresentedKey(id=made.key.id, secret=b"x" * 32)
    unknown = PresentedKey(id=ApiKeyId(world.ids.new()), secret=PresentedKey.parse(made.text).secret)
    told: list[str] = []
    for presented in (wrong, unknown):
        with pytest.raises(InvalidTokenError) as caught:
            await world.verify_key(presented.text)
        told.append(caught.value.message)
    assert told[0] == told[1]
    await world.verify_key(made.text)


async def test_secrets_are_compared_in_constant_time(world: IdentityWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    olga, hall = await hall_of(world)
    made = await world.key(olga, of=hall)
    compared: list[tuple[bytes, bytes]] = []

    def spy(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(api_keys, "compare_digest", spy)
    wrong = PresentedKey(id=made.key.id, secret=b"x" * 32)
    with pytest.raises(InvalidTokenError):
        await world.verify_key(wrong.text)
    assert (made.key.digest, hashlib.sha256(b"x" * 32).digest()) in compared


async def test_a_key_ends_exactly_at_its_time(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    end = world.clock.now() + timedelta(hours=1)
    made = await world.create_api_key(
        olga, organisation_id=hall, name="Market", scopes=[ApiScope.RESALE_READ], expires_at=end
    )
    world.clock.moment = end - timedelta(microseconds=1)
    assert (await world.verify_key(made.text)).expires_at == end
    world.clock.moment = end
    with pytest.raises(InvalidTokenError, match="expired"):
        await world.verify_key(made.text)


async def test_a_key_expires_after_it_begins_and_within_ten_years(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    now = world.clock.now()
    end = datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))
    for expires_at in (now, now - timedelta(days=1), now + KEY_LIFE_MAX + timedelta(microseconds=1), end):
        with pytest.raises(InvalidInputError) as caught:
            await world.create_api_key(
                olga, organisation_id=hall, name="Market", scopes=[ApiScope.RESALE_READ], expires_at=expires_at
            )
        assert caught.value.problems[0].pointer == "/expiresAt"
    longest = await world.create_api_key(
        olga, organisation_id=hall, name="Market", scopes=[ApiScope.RESALE_READ], expires_at=now + KEY_LIFE_MAX
    )
    assert longest.key.expires_at == now + KEY_LIFE_MAX


@pytest.mark.parametrize(
    ("name", "scopes", "pointer"),
    [
        ("", [ApiScope.RESALE_READ], "/name"),
        ("a" * 101, [ApiScope.RESALE_READ], "/name"),
        ("a\u202eb", [ApiScope.RESALE_READ], "/name"),
        ("Market", [], "/scopes"),
    ],
)
async def test_a_key_has_a_name_and_a_scope(
    world: IdentityWorld, name: str, scopes: list[ApiScope], pointer: str
) -> None:
    olga, hall = await hall_of(world)
    with pytest.raises(InvalidInputError) as caught:
        await world.create_api_key(olga, organisation_id=hall, name=name, scopes=scopes)
    assert caught.value.problems[0].pointer == pointer


async def test_a_revoked_key_ends_at_once_and_stays_in_the_list_with_who_ended_it(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    mara = await world.member("mara", Role.MANAGER, of=hall, by=olga)
    made = await world.key(olga, of=hall)
    await world.verify_key(made.text)
    ended = world.clock.move(seconds=1)
    await world.revoke_api_key(mara, organisation_id=hall, key_id=made.key.id)
    with pytest.raises(InvalidTokenError, match="revoked"):
        await world.verify_key(made.text)
    world.clock.move(seconds=1)
    await world.revoke_api_key(olga, organisation_id=hall, key_id=made.key.id)
    (listed,) = (await world.list_api_keys(olga, PageRequest(), organisation_id=hall)).items
    assert (listed.revoked_by, listed.revoked_at) == (mara.account_id, ended)
    assert listed.created_by == olga.account_id


@pytest.mark.parametrize("role", [Role.BOX_OFFICE, Role.SCANNER])
async def test_only_owners_and_managers_have_to_do_with_keys(world: IdentityWorld, role: Role) -> None:
    olga, hall = await hall_of(world)
    made = await world.key(olga, of=hall)
    worker = await world.member("wim", role, of=hall, by=olga)
    with pytest.raises(ForbiddenError):
        await world.key(worker, of=hall)
    with pytest.raises(ForbiddenError):
        await world.list_api_keys(worker, PageRequest(), organisation_id=hall)
    with pytest.raises(ForbiddenError):
        await world.revoke_api_key(worker, organisation_id=hall, key_id=made.key.id)


async def test_keys_of_another_organisation_are_not_there(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    made = await world.key(olga, of=hall)
    bob = await world.bearer("bob")
    club = await world.create_organisation(bob, name="Club")
    with pytest.raises(OrganisationNotFoundError):
        await world.key(bob, of=hall)
    with pytest.raises(OrganisationNotFoundError):
        await world.list_api_keys(bob, PageRequest(), organisation_id=hall)
    with pytest.raises(ApiKeyNotFoundError):
        await world.revoke_api_key(bob, organisation_id=club.id, key_id=made.key.id)
    assert (await world.list_api_keys(bob, PageRequest(), organisation_id=club.id)).items == ()
    await world.verify_key(made.text)


async def test_an_organisation_has_at_most_fifty_keys_that_work(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    end = world.clock.now() + timedelta(hours=1)
    short = await world.create_api_key(
        olga, organisation_id=hall, name="Short", scopes=[ApiScope.RESALE_READ], expires_at=end
    )
    keys = [await world.key(olga, of=hall) for _ in range(LIVE_KEYS_MAX - 1)]
    with pytest.raises(TooManyApiKeysError):
        await world.key(olga, of=hall)
    await world.revoke_api_key(olga, organisation_id=hall, key_id=keys[0].key.id)
    await world.key(olga, of=hall)
    with pytest.raises(TooManyApiKeysError):
        await world.key(olga, of=hall)
    world.clock.moment = end
    await world.key(olga, of=hall)
    assert short.key.expires_at == end


async def test_a_key_outlives_the_membership_of_who_made_it(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    mara = await world.member("mara", Role.MANAGER, of=hall, by=olga)
    made = await world.key(mara, of=hall)
    await world.remove_member(olga, organisation_id=hall, account_id=AccountId(mara.account_id))
    assert (await world.verify_key(made.text)).tenant_id == hall


async def test_a_key_makes_no_organisation_member_or_key(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    bearer = await world.verify_key((await world.key(olga, of=hall)).text)
    with pytest.raises(AccountNeededError):
        await world.key(bearer, of=hall)
    with pytest.raises(AccountNeededError):
        await world.create_organisation(bearer, name="Mine")
    with pytest.raises(AccountNeededError):
        await world.issue_staff_token(bearer, organisation_id=hall)


async def test_the_use_of_a_key_is_noted_once_an_hour(world: IdentityWorld) -> None:
    olga, hall = await hall_of(world)
    made = await world.key(olga, of=hall)

    async def last_used() -> object:
        (listed,) = (await world.list_api_keys(olga, PageRequest(), organisation_id=hall)).items
        return listed.last_used_at

    assert await last_used() is None
    wrong = PresentedKey(id=made.key.id, secret=b"x" * 32)
    with pytest.raises(InvalidTokenError):
        await world.verify_key(wrong.text)
    assert await last_used() is None
    first = world.clock.move(seconds=KEEP_S)
    await world.verify_key(made.text)
    assert await last_used() == first
    world.clock.moment = first + timedelta(hours=1) - timedelta(microseconds=1)
    await world.verify_key(made.text)
    assert await last_used() == first
    later = world.clock.move(seconds=KEEP_S)
    await world.verify_key(made.text)
    assert await last_used() == later


async def test_an_access_token_is_still_read_beside_keys(world: IdentityWorld) -> None:
    bearer = await world.bearer("ann")
    assert bearer.scopes is None
    with pytest.raises(RefusedError) as caught:
        await world.verifier.verify("fsk_nonsense")
    assert caught.value.refusal_code == "identity.invalid_token"


def test_only_a_service_has_scopes() -> None:
    tenant, account = TenantId(SOME_KEY.id), AccountId(SOME_KEY.id)
    service = Caller(account, tenant, scopes=frozenset({ApiScope.ORDERS_READ}))
    assert service.may(ApiScope.ORDERS_READ) and not service.may(ApiScope.RESALE_READ)
    assert not any(Caller(account, tenant, role=role).may(ApiScope.ORDERS_READ) for role in (None, *Role))


class Shelf:
    """Keys to be read, and how often each was."""

    def __init__(self, *keys: ApiKey) -> None:
        self.keys = {key.id: key for key in keys}
        self.reads: list[ApiKeyId] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def reader(self, key_id: ApiKeyId) -> Callable[[], Awaitable[ApiKey | None]]:
        async def read() -> ApiKey | None:
            self.reads.append(key_id)
            found = self.keys.get(key_id)
            self.meanwhile()
            return found

        return read


def some_key(number: int) -> ApiKey:
    presented = PresentedKey(id=ApiKeyId(UUID(int=number)), secret=b"s" * 32)
    return ApiKey.issued(
        presented,
        tenant_id=TenantId(presented.id),
        name="Market",
        scopes=[ApiScope.RESALE_READ],
        by=AccountId(presented.id),
        now=MemoryClock().now(),
        expires_at=None,
    )


async def test_a_key_and_an_unknown_id_are_read_once_in_thirty_seconds() -> None:
    clock, key = MemoryClock(), some_key(1)
    cache, shelf = BoundedApiKeyCache(clock), Shelf(key)
    unknown = some_key(2).id
    for _ in range(3):
        assert await cache.get(key.id, shelf.reader(key.id)) == key
        assert await cache.get(unknown, shelf.reader(unknown)) is None
    clock.move(seconds=KEEP_S - 0.001)
    await cache.get(key.id, shelf.reader(key.id))
    assert shelf.reads == [key.id, unknown]
    clock.move(seconds=0.001)
    await cache.get(key.id, shelf.reader(key.id))
    assert shelf.reads == [key.id, unknown, key.id]


async def test_nothing_is_kept_longer_by_a_clock_that_goes_backwards() -> None:
    clock, key = MemoryClock(), some_key(1)
    cache, shelf = BoundedApiKeyCache(clock), Shelf(key)
    await cache.get(key.id, shelf.reader(key.id))
    clock.move(seconds=-3600)
    await cache.get(key.id, shelf.reader(key.id))
    assert shelf.reads == [key.id] * 2


async def test_made_up_ids_crowd_one_another_out_and_no_key() -> None:
    key, shelf = some_key(1), Shelf(some_key(1))
    cache = BoundedApiKeyCache(MemoryClock(), keys_max=10)
    await cache.get(key.id, shelf.reader(key.id))
    for number in range(2, 50):
        unknown = some_key(number).id
        assert await cache.get(unknown, shelf.reader(unknown)) is None
    await cache.get(key.id, shelf.reader(key.id))
    assert shelf.reads.count(key.id) == 1
    assert cache.size == 11


async def test_what_is_read_while_a_key_is_revoked_is_not_kept() -> None:
    key, shelf = some_key(1), Shelf(some_key(1))
    cache = BoundedApiKeyCache(MemoryClock())
    shelf.meanwhile = lambda: cache.forget(key.id)
    assert await cache.get(key.id, shelf.reader(key.id)) == key
    shelf.meanwhile = lambda: None
    del shelf.keys[key.id]
    assert await cache.get(key.id, shelf.reader(key.id)) is None


async def test_too_many_who_wait_for_a_lookup_are_told_so_and_a_failure_is_not_kept() -> None:
    key = some_key(1)
    cache = BoundedApiKeyCache(MemoryClock(), waiting_max=0)
    with pytest.raises(StoreUnavailableError):
        await cache.get(key.id, Shelf(key).reader(key.id))

    async def away() -> ApiKey | None:
        raise StoreUnavailableError("away")

    cache = BoundedApiKeyCache(MemoryClock())
    with pytest.raises(StoreUnavailableError):
        await cache.get(key.id, away)
    assert await cache.get(key.id, Shelf(key).reader(key.id)) == key
