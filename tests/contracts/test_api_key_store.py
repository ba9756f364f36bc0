"""What the store of API keys promises, in memory and on PostgreSQL alike."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.system.ids import Uuid7Source
from core.identity.api_keys import LIVE_KEYS_MAX, USE_NOTED_EVERY, ApiKey, PresentedKey
from core.identity.errors import TooManyApiKeysError
from core.identity.organisation import Organisation
from core.shared.callers import ApiScope
from core.shared.ids import AccountId, ApiKeyId, TenantId
from ports.ids import IdSource
from ports.paging import PageRequest
from tests.identity_world import IdentityWorld, account_id_of, memory_world, postgres_world
from tests.servers import PostgresServer

IDS: IdSource = Uuid7Source()
ANN = AccountId(IDS.new())


@pytest.fixture(params=["memory", "postgres"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[IdentityWorld]:
    if request.param == "memory":
        yield memory_world()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_world(await postgres.fresh("auth_db")) as world:
        yield world


async def organisation(world: IdentityWorld) -> TenantId:
    made = Organisation.founded(id=TenantId(IDS.new()), name="Hall", now=world.clock.now())
    async with world.transactions.begin(tenant_id=made.id) as tx:
        await tx.organisations.add(made)
    return made.id


def new_key(world: IdentityWorld, tenant_id: TenantId, *, lives_s: float | None = None) -> ApiKey:
    now = world.clock.now()
    return ApiKey.issued(
        PresentedKey(id=ApiKeyId(IDS.new()), secret=b"s" * 32),
        tenant_id=tenant_id,
        name="Resale market",
        scopes=[ApiScope.RESALE_VALIDATE, ApiScope.ORDERS_READ],
        by=ANN,
        now=now,
        expires_at=None if lives_s is None else now + timedelta(seconds=lives_s),
    )


async def stored(world: IdentityWorld, tenant_id: TenantId, *, lives_s: float | None = None) -> ApiKey:
    key = new_key(world, tenant_id, lives_s=lives_s)
    async with world.transactions.begin(tenant_id=tenant_id) as tx:
        await tx.api_keys.add(key)
    return key


async def test_a_key_is_read_as_it_was_stored(world: IdentityWorld) -> None:
    hall = await organisation(world)
    for key in (await stored(world, hall), await stored(world, hall, lives_s=60)):
        async with world.transactions.begin(tenant_id=hall) as tx:
            assert await tx.api_keys.find(key.id) == key
            assert await tx.api_keys.lock(hall, key.id) == key


async def test_a_key_is_seen_by_its_tenant_and_by_who_brings_it_alone(world: IdentityWorld) -> None:
    hall, club = await organisation(world), await organisation(world)
    key, other = await stored(world, hall), await stored(world, hall)
    async with world.transactions.begin(account_id=AccountId(key.id)) as tx:
        assert await tx.api_keys.find(key.id) == key
        assert await tx.api_keys.find(other.id) is None
    for begin in (
        world.transactions.begin(),
        world.transactions.begin(tenant_id=club),
        world.transactions.begin(tenant_id=club, account_id=ANN),
    ):
        async with begin as tx:
            assert await tx.api_keys.find(key.id) is None
            assert await tx.api_keys.lock(hall, key.id) is None
            assert await tx.api_keys.live(hall, now=world.clock.now()) == 0
            assert (await tx.api_keys.of_tenant(hall, PageRequest())).items == ()


async def test_a_key_of_another_organisation_is_not_locked(world: IdentityWorld) -> None:
    hall, club = await organisation(world), await organisation(world)
    key = await stored(world, hall)
    async with world.transactions.begin(tenant_id=hall) as tx:
        assert await tx.api_keys.lock(club, key.id) is None


async def test_a_key_is_stored_for_its_own_tenant_alone(world: IdentityWorld) -> None:
    hall, club = await organisation(world), await organisation(world)
    key = new_key(world, hall)
    with pytest.raises(Exception):  # noqa: B017, PT011 - which one is the adapter's own affair
        async with world.transactions.begin(tenant_id=club, account_id=AccountId(key.id)) as tx:
            await tx.api_keys.add(key)


async def test_keys_that_ended_do_not_count_as_live(world: IdentityWorld) -> None:
    hall, club = await organisation(world), await organisation(world)
    now = world.clock.now()
    await stored(world, club)
    await stored(world, hall)
    short = await stored(world, hall, lives_s=60)
    ended = await stored(world, hall)
    async with world.transactions.begin(tenant_id=hall) as tx:
        await tx.api_keys.revoke(ended.revoked(by=ANN, now=now))
        assert short.expires_at is not None
        assert await tx.api_keys.live(hall, now=short.expires_at - timedelta(microseconds=1)) == 2
        assert await tx.api_keys.live(hall, now=short.expires_at) == 1


async def test_keys_come_in_pages_the_oldest_first_with_those_that_ended(world: IdentityWorld) -> None:
    hall = await organisation(world)
    keys = [await stored(world, hall) for _ in range(3)]
    ended = keys[1].revoked(by=ANN, now=world.clock.now())
    async with world.transactions.begin(tenant_id=hall) as tx:
        await tx.api_keys.revoke(ended)
        first = await tx.api_keys.of_tenant(hall, PageRequest(limit=2))
        rest = await tx.api_keys.of_tenant(hall, PageRequest(limit=2, after=first.next_after))
    assert first.items + rest.items == (keys[0], ended, keys[2])
    assert (first.next_after, rest.next_after) == (keys[1].id, None)


async def test_a_use_is_noted_by_who_brings_the_key_at_most_once_in_a_while(world: IdentityWorld) -> None:
    hall, now = await organisation(world), world.clock.now()
    key = await stored(world, hall)
    just_before = now + USE_NOTED_EVERY - timedelta(microseconds=1)
    for at, noted in ((now, now), (just_before, now), (now + USE_NOTED_EVERY, now + USE_NOTED_EVERY)):
        async with world.transactions.begin(account_id=AccountId(key.id)) as tx:
            await tx.api_keys.note_use(key.id, at=at, every=USE_NOTED_EVERY)
        async with world.transactions.begin(tenant_id=hall) as tx:
            assert await tx.api_keys.find(key.id) == replace(key, last_used_at=noted)
    async with world.transactions.begin(account_id=ANN) as tx:
        await tx.api_keys.note_use(key.id, at=now + timedelta(days=1), every=USE_NOTED_EVERY)
    async with world.transactions.begin(tenant_id=hall) as tx:
        assert await tx.api_keys.find(key.id) == replace(key, last_used_at=now + USE_NOTED_EVERY)


async def test_of_two_who_make_the_last_key_at_once_one_does(world: IdentityWorld) -> None:
    olga = await world.bearer("olga")
    hall = (await world.create_organisation(olga, name="Hall")).id
    async with world.transactions.begin(tenant_id=hall) as tx:
        for _ in range(LIVE_KEYS_MAX - 1):
            await tx.api_keys.add(new_key(world, hall))
    answers = await asyncio.gather(*(world.key(olga, of=hall) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, TooManyApiKeysError) for answer in answers) == 3
    (made,) = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert (await world.verify_key(made.text)).tenant_id == hall


async def test_a_key_works_until_it_is_revoked_and_its_use_is_noted(world: IdentityWorld) -> None:
    olga = await world.bearer("olga")
    hall = (await world.create_organisation(olga, name="Hall")).id
    made = await world.key(olga, of=hall)
    now = world.clock.now()
    assert (await world.verifier.verify(made.text)).scopes == ("resale:validate",)
    await world.revoke_api_key(olga, organisation_id=hall, key_id=made.key.id)
    (listed,) = (await world.list_api_keys(olga, PageRequest(), organisation_id=hall)).items
    assert listed == replace(made.key, last_used_at=now, revoked_at=now, revoked_by=account_id_of(olga))
