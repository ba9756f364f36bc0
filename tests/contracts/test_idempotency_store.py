"""What every IdempotencyStore promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adapters.memory.idempotency import MemoryIdempotencyStore
from adapters.mongo.idempotency import MongoIdempotencyStore, prepare_idempotency_keys
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.pool import open_pool
from ports.idempotency import (
    Fresh,
    IdempotencyClaim,
    IdempotencyScope,
    IdempotencyStore,
    Mismatch,
    Replay,
    Running,
    StoredAnswer,
)
from tests.mongo_databases import fresh_database
from tests.servers import PostgresServer

# Not in the past: MongoDB forgets keys by its own clock as well.
NOW = datetime.now(UTC).replace(microsecond=0)
LEASE_S, KEEP_S = 60, 86_400
LEASE, KEEP = timedelta(seconds=LEASE_S), timedelta(seconds=KEEP_S)
MOMENT = timedelta(milliseconds=1)
ANSWER = StoredAnswer(201, (("content-type", "application/json"), ("etag", '"v1"')), b'{"id": "\xc3\xa4\x00"}')


@pytest.fixture(params=["memory", "postgres", "mongodb"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[IdempotencyStore]:
    if request.param == "memory":
        yield MemoryIdempotencyStore()
    elif request.param == "postgres":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        database = await postgres.fresh("admission_db")
        app = await open_pool(database.app_url, connections_max=10)
        relay = await open_pool(database.relay_url, connections_max=1)
        yield PostgresIdempotencyStore(app, relay)
        await app.close()
        await relay.close()
    else:
        async with fresh_database(request.getfixturevalue("mongodb_url")) as mongo:
            await prepare_idempotency_keys(mongo)
            await prepare_idempotency_keys(mongo)
            yield MongoIdempotencyStore(mongo)


def a_scope() -> IdempotencyScope:
    return IdempotencyScope(tenant_id=uuid4(), account_id=uuid4(), key="order-1")


async def claim(
    store: IdempotencyStore, scope: IdempotencyScope, *, body: bytes = b"hash", at: datetime = NOW
) -> IdempotencyClaim:
    return await store.claim(scope, request_hash=body, now=at, lease_s=LEASE_S, keep_s=KEEP_S)


async def test_a_key_is_fresh_once_and_then_running(store: IdempotencyStore) -> None:
    scope = a_scope()

    assert await claim(store, scope) == Fresh()
    assert await claim(store, scope, at=NOW + timedelta(seconds=20)) == Running(retry_after_s=40)


async def test_a_completed_request_is_answered_with_the_very_same_answer(store: IdempotencyStore) -> None:
    scope = a_scope()
    await claim(store, scope)
    await store.complete(scope, ANSWER, now=NOW)

    assert await claim(store, scope) == Replay(ANSWER)
    assert await claim(store, scope, at=NOW + KEEP - MOMENT) == Replay(ANSWER)


async def test_another_request_with_the_key_is_a_mismatch_before_and_after_the_answer(store: IdempotencyStore) -> None:
    scope = a_scope()
    await claim(store, scope)

    assert await claim(store, scope, body=b"other") == Mismatch()
    assert await claim(store, scope, body=b"other", at=NOW + LEASE) == Mismatch()
    await store.complete(scope, ANSWER, now=NOW)
    assert await claim(store, scope, body=b"other") == Mismatch()


async def test_the_claim_of_a_process_that_died_is_free_exactly_when_its_lease_ends(store: IdempotencyStore) -> None:
    scope = a_scope()
    await claim(store, scope)

    assert isinstance(await claim(store, scope, at=NOW + LEASE - MOMENT), Running)
    assert await claim(store, scope, at=NOW + LEASE) == Fresh()
    assert isinstance(await claim(store, scope, at=NOW + LEASE), Running)


async def test_an_abandoned_key_is_fresh_again_and_a_completed_one_cannot_be_abandoned(store: IdempotencyStore) -> None:
    scope = a_scope()
    await claim(store, scope)
    await store.abandon(scope)
    assert await claim(store, scope, body=b"other") == Fresh()

    await store.complete(scope, ANSWER, now=NOW)
    await store.abandon(scope)
    assert await claim(store, scope, body=b"other") == Replay(ANSWER)


async def test_the_same_text_of_another_caller_or_in_another_tenant_is_another_key(store: IdempotencyStore) -> None:
    scope = a_scope()
    await claim(store, scope)
    await store.complete(scope, ANSWER, now=NOW)

    for other in (
        replace(scope, account_id=uuid4()),
        replace(scope, tenant_id=uuid4()),
        replace(scope, key="order-2"),
    ):
        assert await claim(store, other, body=b"other") == Fresh()


async def test_of_many_at_once_one_is_fresh_and_the_others_are_running(store: IdempotencyStore) -> None:
    scope = a_scope()

    claims = await asyncio.gather(*(claim(store, scope) for _ in range(20)))

    assert claims.count(Fresh()) == 1
    assert all(isinstance(each, Fresh | Running) for each in claims)


async def test_of_many_who_find_a_dead_claim_at_once_one_is_fresh(store: IdempotencyStore) -> None:
    scope = a_scope()
    await claim(store, scope)

    claims = await asyncio.gather(*(claim(store, scope, at=NOW + LEASE) for _ in range(20)))

    assert claims.count(Fresh()) == 1


async def test_a_key_is_forgotten_exactly_when_its_time_is_over(store: IdempotencyStore) -> None:
    scope = a_scope()
    await claim(store, scope)
    await store.complete(scope, ANSWER, now=NOW)

    assert await claim(store, scope, body=b"other", at=NOW + KEEP - MOMENT) == Mismatch()
    assert await claim(store, scope, body=b"other", at=NOW + KEEP) == Fresh()


async def test_pruning_forgets_no_more_than_it_may_and_only_what_is_over(store: IdempotencyStore) -> None:
    scopes = [a_scope() for _ in range(3)]
    for scope in scopes:
        await claim(store, scope)
        await store.complete(scope, ANSWER, now=NOW)

    assert await store.prune(now=NOW + KEEP - MOMENT, keys_max=10) == 0
    assert await store.prune(now=NOW + KEEP, keys_max=2) == 2
    assert await store.prune(now=NOW + KEEP, keys_max=2) == 1
    assert await store.prune(now=NOW + KEEP, keys_max=2) == 0
