"""Idempotency keys on MongoDB: one document a key; a unique index decides between two at once."""

from datetime import datetime, timedelta
from typing import override

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from adapters.mongo.client import Database, Document, driver_errors_translated
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

_COLLECTION = "idempotencyKeys"
_INDEXES = (
    IndexModel(
        [("tenantId", ASCENDING), ("accountId", ASCENDING), ("key", ASCENDING)],
        name="idempotency_keys_scope",
        unique=True,
    ),
    # MongoDB itself forgets keys whose time is over, so no background work has to.
    IndexModel([("expiresAt", ASCENDING)], name="idempotency_keys_expires_at", expireAfterSeconds=0),
)


async def prepare_idempotency_keys(database: Database) -> None:
    """Make the indexes; safe to repeat."""
    async with driver_errors_translated():
        await database.get_collection(_COLLECTION).create_indexes(list(_INDEXES))


class MongoIdempotencyStore(IdempotencyStore):
    """Keys of one service, in its own database, once `prepare_idempotency_keys` has made the indexes."""

    def __init__(self, database: Database) -> None:
        self._keys = database.get_collection(_COLLECTION)

    @override
    async def claim(
        self, scope: IdempotencyScope, *, request_hash: bytes, now: datetime, lease_s: int, keep_s: int
    ) -> IdempotencyClaim:
        free = {
            **_named(scope),
            "$or": [
                {"expiresAt": {"$lte": now}},
                {"answer": None, "leasedUntil": {"$lte": now}, "requestHash": request_hash},
            ],
        }
        claimed = {
            "requestHash": request_hash,
            "leasedUntil": now + timedelta(seconds=lease_s),
            "expiresAt": now + timedelta(seconds=keep_s),
            "answer": None,
        }
        async with driver_errors_translated():
            try:
                # A key that is taken does not match, so the upsert tries to insert it again: the index refuses that.
                await self._keys.update_one(free, {"$set": claimed}, upsert=True)
            except DuplicateKeyError:
                taken = await self._keys.find_one(_named(scope))
            else:
                return Fresh()
        return _claim_of(taken, request_hash=request_hash, now=now, lease_s=lease_s)

    @override
    async def complete(self, scope: IdempotencyScope, answer: StoredAnswer, *, now: datetime) -> None:
        kept = {"status": answer.status, "headers": [list(pair) for pair in answer.headers], "body": answer.body}
        async with driver_errors_translated():
            await self._keys.update_one(_named(scope), {"$set": {"answer": kept, "leasedUntil": now}})

    @override
    async def abandon(self, scope: IdempotencyScope) -> None:
        async with driver_errors_translated():
            await self._keys.delete_one({**_named(scope), "answer": None})

    @override
    async def prune(self, *, now: datetime, keys_max: int) -> int:
        over = {"expiresAt": {"$lte": now}}
        async with driver_errors_translated():
            found = await self._keys.find(over, {"_id": True}).limit(keys_max).to_list()
            # The time is asked again: a key may have been claimed anew since it was found.
            result = await self._keys.delete_many({"_id": {"$in": [each["_id"] for each in found]}, **over})
        return result.deleted_count


def _named(scope: IdempotencyScope) -> Document:
    return {"tenantId": scope.tenant_id, "accountId": scope.account_id, "key": scope.key}


def _claim_of(taken: Document | None, *, request_hash: bytes, now: datetime, lease_s: int) -> IdempotencyClaim:
    if taken is None:  # abandoned between the two steps
        return Running(retry_after_s=1)
    if taken["requestHash"] != request_hash:
        return Mismatch()
    answer = taken["answer"]
    if answer is None:
        left_s = int((taken["leasedUntil"] - now).total_seconds())
        return Running(retry_after_s=max(1, min(lease_s, left_s)))
    headers = tuple((name, value) for name, value in answer["headers"])
    return Replay(StoredAnswer(status=answer["status"], headers=headers, body=bytes(answer["body"])))
