"""The single steps on MongoDB of which each command on places is made. Each is atomic, and may be repeated.

A ticket's document has the numbers (`quota`, `reserved`, `sold`) and a marker for each piece of work under way
(`inFlight`); the entries are documents of their own. There are no transactions: a plain server has none. Instead

1. `begin` puts a marker with the accounts whose entries the work is about; work on the same account excludes it,
2. the entries are read and the rules decide,
3. `decide` moves the numbers and writes the entries, as they shall be, into the marker, all in one update, which
   fails when the quota does not allow it or when the marker is gone,
4. `write` carries the entries over to their own documents,
5. `end` removes the marker.

Whoever finds a marker can finish the work: one that is decided by steps 4 and 5, which do the same however often
they are done, since each entry is written over the version that was read; one that is not decided by removing it,
after which step 3 of its owner, if that lives, fails and begins anew. So a death between any two steps loses and
doubles nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pymongo import ReplaceOne
from pymongo.errors import DuplicateKeyError

from adapters.mongo.client import Database, Document, driver_errors_translated
from adapters.mongo.place_documents import QuotaPicture
from core.ticketing.errors import TicketNotFoundError
from core.ticketing.places import TIMED, Claims, PlacesStatus
from ports.ticketing import TicketInTenant

TICKETS = "tickets"
ENTRIES = "reservations"


class PlaceSteps:
    """The steps, in a database that `adapters.mongo.places.prepare_places` has prepared."""

    def __init__(self, database: Database) -> None:
        self._tickets = database.get_collection(TICKETS)
        self._entries = database.get_collection(ENTRIES)

    async def picture(self, at: TicketInTenant) -> QuotaPicture:
        """Return the ticket's numbers and the work under way; raises TicketNotFoundError."""
        wanted = ("quota", "reserved", "sold", "inFlight")
        async with driver_errors_translated():
            found = await self._tickets.find_one(_named(at), dict.fromkeys(wanted, True))
        if found is None:
            raise TicketNotFoundError
        return QuotaPicture.of(found)

    async def begin(self, at: TicketInTenant, work_id: UUID, accounts: frozenset[UUID], *, now: datetime) -> bool:
        """Put the marker; False when other work is on one of the accounts."""
        free = _named(at) | {"inFlight.accounts": {"$nin": list(accounts)}}
        marker = {"_id": work_id, "accounts": list(accounts), "at": now, "decided": None}
        async with driver_errors_translated():
            done = await self._tickets.update_one(free, {"$push": {"inFlight": marker}})
        return done.matched_count > 0

    async def decide(self, at: TicketInTenant, work_id: UUID, difference: Claims, entries: Sequence[Document]) -> bool:
        """Move the numbers and put the entries' documents into the marker.

        False when there is not as much left, or the marker is gone; nothing has changed then.
        """
        reserved, sold = (
            {"$add": [{"$ifNull": [f"${part}", 0]}, more]}
            for part, more in (("reserved", difference.reserved), ("sold", difference.sold))
        )
        allowed = {
            "$and": [
                {"$gte": [reserved, 0]},
                {"$gte": [sold, 0]},
                {"$lte": [{"$add": [reserved, sold]}, "$quota"]},
            ]
        }
        mine = {"inFlight": {"$elemMatch": {"_id": work_id, "decided": None}}}
        async with driver_errors_translated():
            done = await self._tickets.update_one(
                _named(at) | mine | {"$expr": allowed},
                {
                    "$inc": {"reserved": difference.reserved, "sold": difference.sold},
                    "$set": {"inFlight.$.decided": list(entries)},
                },
            )
        return done.matched_count > 0

    async def write(self, work_id: UUID, entries: Sequence[Document]) -> bool:
        """Carry decided entries over; False when a new one's id is another entry's by now.

        Each goes over the version before its own, and stays away where that is gone: it was written before.
        """
        if len(entries) == 1 and entries[0]["version"] == 1:
            return await self._write_new(entries[0], work_id)
        writes = [ReplaceOne(_over(document), document) for document in entries]
        async with driver_errors_translated():
            await self._entries.bulk_write(writes, ordered=False)
        return True

    async def end(self, at: TicketInTenant, work_id: UUID) -> None:
        """Remove the marker of work whose entries are written."""
        async with driver_errors_translated():
            await self._tickets.update_one(_named(at), {"$pull": {"inFlight": {"_id": work_id}}})

    async def drop(self, at: TicketInTenant, work_id: UUID) -> bool:
        """Remove the marker of work that is not decided; False when it is decided, or gone."""
        undecided = {"inFlight": {"$elemMatch": {"_id": work_id, "decided": None}}}
        async with driver_errors_translated():
            done = await self._tickets.update_one(
                _named(at) | undecided, {"$pull": {"inFlight": {"_id": work_id, "decided": None}}}
            )
        return done.matched_count > 0

    async def undo(self, at: TicketInTenant, work_id: UUID, *, quantity: int) -> None:
        """Give the places back and remove the marker, for a hold whose id was taken by another.

        Nothing else is ever undone: to take again what was freed could exceed the quota.
        """
        async with driver_errors_translated():
            await self._tickets.update_one(
                _named(at) | {"inFlight._id": work_id},
                {
                    "$inc": {"reserved": -quantity},
                    "$pull": {"inFlight": {"_id": work_id}},
                },
            )

    async def recount(self, at: TicketInTenant) -> bool:
        """Set the numbers to what the entries add up to; False while there is work, or when there is not as much.

        The entries are added up twice, before anybody could have begun and ended work between the two and the change:
        then the numbers are others, and nothing is changed.
        """
        async with driver_errors_translated():
            before = await self._tickets.find_one(_named(at), {"reserved": True, "sold": True})
            if before is None:
                raise TicketNotFoundError
            claims = await self._added_up(at)
            if claims != await self._added_up(at):
                return False
            unchanged = {part: before.get(part) for part in ("reserved", "sold")} | {"inFlight.0": {"$exists": False}}
            done = await self._tickets.update_one(
                _named(at) | unchanged | {"quota": {"$gte": claims.total}},
                {"$set": {"reserved": claims.reserved, "sold": claims.sold}},
            )
        return done.matched_count > 0

    async def _added_up(self, at: TicketInTenant) -> Claims:
        sums = await self._entries.aggregate(
            [
                {"$match": {"tenantId": at.tenant_id, "ticketId": at.ticket_id}},
                {"$group": {"_id": "$status", "places": {"$sum": "$quantity"}}},
            ]
        )
        places = {each["_id"]: int(each["places"]) async for each in sums}
        return Claims(
            reserved=sum(places.get(status.value, 0) for status in TIMED),
            sold=places.get(PlacesStatus.FINALIZED.value, 0),
        )

    async def _write_new(self, document: Document, work_id: UUID) -> bool:
        named = {name: document[name] for name in ("tenantId", "reservationId")}
        async with driver_errors_translated():
            try:
                await self._entries.insert_one(dict(document))  # the driver adds an id of its own
            except DuplicateKeyError:
                there = await self._entries.find_one(named, {"madeBy": True})
                return there is not None and there["madeBy"] == work_id
        return True


def _named(at: TicketInTenant) -> Document:
    return {"tenantId": at.tenant_id, "_id": at.ticket_id}


def _over(document: Document) -> Document:
    named = {name: document[name] for name in ("tenantId", "reservationId")}
    return named | {"version": document["version"] - 1}
