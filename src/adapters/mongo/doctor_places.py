"""What ticket_db says of general admission, and which events of a database on MongoDB were given up."""

from collections.abc import Collection, Mapping, Sequence
from typing import override

from pymongo import ASCENDING

from adapters.mongo.client import Database, Document, driver_errors_translated
from adapters.mongo.outbox import COLLECTION as OUTBOX
from adapters.mongo.place_steps import ENTRIES, TICKETS
from core.doctor.facts import FIRST_ID, Key, QuotaFacts, ReservationFacts, Span, StuckFacts
from core.shared.time import utc
from ports.doctor import Facts, Pages

_TAKING: Document = {"status": {"$in": ["HELD", "RESERVED", "FINALIZED"]}}
_ENTRY = ("tenantId", "reservationId", "ticketId", "orderId", "status", "quantity", "heldAt", "soldAt", "expiresAt")


class MongoPlacesFacts(Facts[ReservationFacts]):
    """The entries that hold, keep or have places."""

    def __init__(self, database: Database) -> None:
        self._entries = database.get_collection(ENTRIES)

    @override
    async def page(self, span: Span, *, facts_max: int) -> Sequence[ReservationFacts]:
        found: list[Document] = []
        async with driver_errors_translated():
            for part in _parts(span, id="reservationId"):
                room = facts_max - len(found)
                if room:
                    cursor = self._entries.find(part | _TAKING, dict.fromkeys(_ENTRY, True))
                    found += await cursor.sort(_by("reservationId")).limit(room).to_list()
        return [_entry(each) for each in found]

    @override
    async def of(self, keys: Collection[Key]) -> Mapping[Key, ReservationFacts]:
        by_tenant: dict[object, list[object]] = {}
        for key in keys:
            by_tenant.setdefault(key.tenant_id, []).append(key.id)
        found: list[Document] = []
        async with driver_errors_translated():
            for tenant_id, ids in by_tenant.items():
                named = {"tenantId": tenant_id, "reservationId": {"$in": ids}}
                found += await self._entries.find(named | _TAKING, dict.fromkeys(_ENTRY, True)).to_list()
        return {each.key: each for each in map(_entry, found)}


class MongoQuotas(Pages[QuotaFacts]):
    """The tickets that are sold without seats, with what their entries add up to.

    Numbers and entries are read one after the other: who compares them looks twice.
    """

    def __init__(self, database: Database) -> None:
        self._tickets = database.get_collection(TICKETS)
        self._entries = database.get_collection(ENTRIES)

    @override
    async def page(self, span: Span, *, facts_max: int) -> Sequence[QuotaFacts]:
        wanted = dict.fromkeys(("tenantId", "reserved", "sold", "inFlight._id"), True)
        tickets: list[Document] = []
        async with driver_errors_translated():
            for part in _parts(span, id="_id"):
                room = facts_max - len(tickets)
                if room:
                    tickets += await self._tickets.find(part, wanted).sort(_by("_id")).limit(room).to_list()
        return [await self._counted(ticket) for ticket in tickets]

    async def _counted(self, ticket: Document) -> QuotaFacts:
        key = Key(ticket["tenantId"], ticket["_id"])
        async with driver_errors_translated():
            sums = await self._entries.aggregate(
                [
                    {"$match": {"tenantId": key.tenant_id, "ticketId": key.id} | _TAKING},
                    {"$group": {"_id": "$status", "places": {"$sum": "$quantity"}}},
                ]
            )
            places = {each["_id"]: int(each["places"]) async for each in sums}
        return QuotaFacts(
            key=key,
            reserved=ticket.get("reserved", 0),
            sold=ticket.get("sold", 0),
            entries_reserved=places.get("HELD", 0) + places.get("RESERVED", 0),
            entries_sold=places.get("FINALIZED", 0),
            busy=bool(ticket.get("inFlight")),
        )


class MongoDeadEvents(Pages[StuckFacts]):
    """The events of the database's outbox that the relay has given up."""

    def __init__(self, database: Database) -> None:
        self._events = database.get_collection(OUTBOX)

    @override
    async def page(self, span: Span, *, facts_max: int) -> Sequence[StuckFacts]:
        dead: Document = {"publishedAt": None, "deadAt": {"$ne": None}}
        async with driver_errors_translated():
            # They are few, and may be of no organisation.
            found = await self._events.find(dead, {"payload": False}).to_list()
        facts = sorted(map(_dead, found), key=lambda each: each.key)
        return [each for each in facts if span.after < each.key <= span.until][:facts_max]


def _parts(span: Span, *, id: str) -> tuple[Document, ...]:
    """Return the span as conditions that an index on the organisation and the id serves, in their order."""
    after, until = span.after, span.until
    if after.tenant_id == until.tenant_id:
        return ({"tenantId": after.tenant_id, id: {"$gt": after.id, "$lte": until.id}},)
    return (
        {"tenantId": after.tenant_id, id: {"$gt": after.id}},
        {"tenantId": {"$gt": after.tenant_id, "$lt": until.tenant_id}},
        {"tenantId": until.tenant_id, id: {"$lte": until.id}},
    )


def _by(id: str) -> list[tuple[str, int]]:
    return [("tenantId", ASCENDING), (id, ASCENDING)]


def _entry(document: Document) -> ReservationFacts:
    held_at, sold_at = utc(document["heldAt"]), document["soldAt"]
    return ReservationFacts(
        key=Key(document["tenantId"], document["reservationId"]),
        order_id=document["orderId"],
        ticket_id=document["ticketId"],
        status=document["status"],
        expires_at=utc(document["expiresAt"]),
        touched_at=utc(sold_at) if sold_at is not None else held_at,
        quantity=document["quantity"],
    )


def _dead(document: Document) -> StuckFacts:
    return StuckFacts(
        key=Key(document["tenantId"] or FIRST_ID, document["_id"]),
        what=document["eventType"],
        since=utc(document["deadAt"]),
        told=document["lastError"] or "",
    )
