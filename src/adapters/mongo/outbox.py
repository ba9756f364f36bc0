"""The outbox on MongoDB: one document an event, drained by the relay; no transaction holds it to what it tells of.

What changes is stored first and the event second. Who may die in between is called again with the same cause, and
repeats both: the id of an event is made of its cause, so the second one is the first.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import override
from uuid import UUID, uuid5

import msgspec
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from adapters.mongo.client import Database, Document, driver_errors_translated
from adapters.system.work_context import current_traceparent
from ports.events import Envelope, Event, Outbox, OutboxDepth, OutboxQueue
from ports.ids import IdSource

COLLECTION = "outbox"
_ERROR_LENGTH_MAX = 500
_EVENTS = UUID("5b1f6c7e-6d0b-5c0e-9a55-0d1f4f3f9f10")
"""The namespace of the events' ids (RFC 9562, version 5)."""

_WAITING: Document = {"publishedAt": None, "deadAt": None}
_INDEXES = (
    IndexModel([("publishedAt", ASCENDING), ("deadAt", ASCENDING), ("place", ASCENDING)], name="outbox_waiting"),
)


async def prepare_outbox(database: Database) -> None:
    """Make the indexes; safe to repeat."""
    async with driver_errors_translated():
        await database.get_collection(COLLECTION).create_indexes(list(_INDEXES))


class MongoOutbox(Outbox):
    """The events that one cause has: the id of the delivery that is answered, or of the thing and its new version.

    The same event about the same subject and of the same cause is stored once, however often it is added.
    """

    def __init__(self, database: Database, *, tenant_id: UUID | None, cause: str, ids: IdSource) -> None:
        self._events = database.get_collection(COLLECTION)
        self._tenant_id = tenant_id
        self._cause = cause
        self._ids = ids

    @override
    async def add(self, event: Event, *, subject: UUID, at: datetime) -> None:
        payload = msgspec.json.encode(event)
        name = f"{self._tenant_id}/{self._cause}/{event.event_type}/{subject}/".encode() + payload
        document = {
            "_id": uuid5(_EVENTS, name.hex()),
            "tenantId": self._tenant_id,
            "aggregateId": subject,
            "eventType": event.event_type,
            "payload": payload.decode(),
            "place": self._ids.new(),  # ids sort by the time they were made, so this is the order of adding
            "createdAt": at,
            "dueAt": at,
            "attempts": 0,
            "lastError": None,
            "publishedAt": None,
            "deadAt": None,
            "traceparent": current_traceparent(),
        }
        async with driver_errors_translated():
            try:
                await self._events.insert_one(document)
            except DuplicateKeyError:
                return  # told before


class MongoOutboxQueue(OutboxQueue):
    """The relay's view; a lease is a `dueAt` in the future, taken by one conditional update an event."""

    def __init__(self, database: Database, *, source: str) -> None:
        self._events = database.get_collection(COLLECTION)
        self._source = source

    @override
    async def claim(self, *, now: datetime, events_max: int, lease_s: float) -> Sequence[Envelope]:
        claimed: list[Envelope] = []
        async with driver_errors_translated():
            while len(claimed) < events_max:
                found = await self._events.find_one_and_update(
                    {**_WAITING, "dueAt": {"$lte": now}},
                    {"$set": {"dueAt": now + timedelta(seconds=lease_s)}},
                    sort=[("place", ASCENDING)],
                    return_document=ReturnDocument.AFTER,
                )
                if found is None:
                    break
                claimed.append(self._envelope(found))
        return claimed

    def _envelope(self, document: Document) -> Envelope:
        return Envelope(
            id=document["_id"],
            type=document["eventType"],
            source=self._source,
            subject=str(document["aggregateId"]),
            time=document["createdAt"],
            tenantid=document["tenantId"],
            data=msgspec.Raw(document["payload"].encode()),
            traceparent=document.get("traceparent"),  # not there in those of earlier versions
        )

    @override
    async def mark_published(self, ids: Sequence[UUID], *, at: datetime) -> None:
        async with driver_errors_translated():
            await self._events.update_many({"_id": {"$in": list(ids)}}, {"$set": {"publishedAt": at}})

    @override
    async def mark_failed(self, event_id: UUID, *, error: str, retry_at: datetime | None) -> None:
        failed: Document = {"lastError": error[:_ERROR_LENGTH_MAX]}
        async with driver_errors_translated():
            if retry_at is None:
                change: Document | list[Document] = [
                    {"$set": {**failed, "deadAt": "$$NOW", "attempts": {"$add": ["$attempts", 1]}}}
                ]
            else:
                change = {"$set": {**failed, "dueAt": retry_at}, "$inc": {"attempts": 1}}
            await self._events.update_one({"_id": event_id, "publishedAt": None}, change)

    @override
    async def revive(self, event_id: UUID, *, now: datetime) -> bool:
        dead: Document = {"_id": event_id, "publishedAt": None, "deadAt": {"$ne": None}}
        async with driver_errors_translated():
            done = await self._events.update_one(dead, {"$set": {"deadAt": None, "attempts": 0, "dueAt": now}})
        return done.matched_count == 1

    @override
    async def release(self, ids: Sequence[UUID]) -> None:
        async with driver_errors_translated():
            await self._events.update_many(
                {"_id": {"$in": list(ids)}, "publishedAt": None}, [{"$set": {"dueAt": "$createdAt"}}]
            )

    @override
    async def attempts(self, event_id: UUID) -> int:
        async with driver_errors_translated():
            found = await self._events.find_one({"_id": event_id}, {"attempts": True})
        return int(found["attempts"]) if found is not None else 0

    @override
    async def depth(self, *, now: datetime) -> OutboxDepth:
        async with driver_errors_translated():
            waiting = await self._events.count_documents(_WAITING)
            dead = await self._events.count_documents({"publishedAt": None, "deadAt": {"$ne": None}})
            oldest = await self._events.find_one(_WAITING, {"createdAt": True}, sort=[("place", ASCENDING)])
        age_s = (now - oldest["createdAt"]).total_seconds() if oldest is not None else 0.0
        return OutboxDepth(waiting=waiting, dead=dead, oldest_age_s=max(age_s, 0.0))

    @override
    async def prune(self, *, published_before: datetime, events_max: int) -> int:
        async with driver_errors_translated():
            found = (
                await self._events.find({"publishedAt": {"$ne": None, "$lt": published_before}}, {"_id": True})
                .limit(events_max)
                .to_list()
            )
            result = await self._events.delete_many({"_id": {"$in": [each["_id"] for each in found]}})
        return result.deleted_count
