"""The ledger of general admission on MongoDB: each command in the steps of `adapters.mongo.place_steps`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import override
from uuid import UUID

from pymongo import ASCENDING, IndexModel

from adapters.mongo.client import Database, Document, driver_errors_translated
from adapters.mongo.place_documents import StoredEntry
from adapters.mongo.place_steps import ENTRIES, TICKETS, PlaceSteps
from adapters.mongo.place_work import Decision, Patience, PlaceWork
from core.shared.ids import ReservationId, TenantId, TicketId
from core.ticketing import general_admission
from core.ticketing.errors import PlacesNotFoundError, SoldOutError
from core.ticketing.general_admission import PlacesChange
from core.ticketing.places import TIMED, PlacesRequest, PlacesReservation, PlacesStatus, Stock
from core.ticketing.ticket import Ticket
from ports.ticketing import PlacesLedger, PlacesRule, PlacesUpkeep, TicketInTenant

_ROUNDS_MAX = 20
_TIDIED_AT_ONCE_MAX = 200
_STATUSES_TIMED = [status.value for status in TIMED]

_ENTRY_INDEXES = (
    IndexModel([("tenantId", ASCENDING), ("reservationId", ASCENDING)], name="reservations_id", unique=True),
    IndexModel(
        [("tenantId", ASCENDING), ("ticketId", ASCENDING), ("accountId", ASCENDING)], name="reservations_of_account"
    ),
    IndexModel(
        [("tenantId", ASCENDING), ("ticketId", ASCENDING), ("status", ASCENDING), ("expiresAt", ASCENDING)],
        name="reservations_due_of_ticket",
    ),
    # The sweep looks across tenants, so its two indexes do not begin with one.
    IndexModel([("status", ASCENDING), ("expiresAt", ASCENDING)], name="reservations_due"),
)
_WORK_INDEX = IndexModel([("inFlight.at", ASCENDING)], name="tickets_in_flight", sparse=True)


async def prepare_places(database: Database) -> None:
    """Make the indexes; safe to repeat."""
    async with driver_errors_translated():
        await database.get_collection(ENTRIES).create_indexes(list(_ENTRY_INDEXES))
        await database.get_collection(TICKETS).create_indexes([_WORK_INDEX])


@dataclass(frozen=True, slots=True)
class _Tidied:
    """How many entries were found to have ended, and how many of them this caller has tidied up."""

    found: int
    expired: int


class MongoPlaces(PlacesLedger, PlacesUpkeep):
    """The ledger beside the tickets, in a database that `prepare_places` has prepared."""

    def __init__(
        self, database: Database, *, steps: PlaceSteps | None = None, patience: Patience | None = None
    ) -> None:
        self._tickets = database.get_collection(TICKETS)
        self._entries = database.get_collection(ENTRIES)
        self._steps = steps or PlaceSteps(database)
        self._work = PlaceWork(self._steps, patience or Patience())

    @override
    async def hold(self, tenant_id: TenantId, request: PlacesRequest, *, ticket: Ticket, now: datetime) -> PlacesChange:
        at = TicketInTenant(tenant_id, ticket.id)
        accounts = frozenset({request.holder.account_id})

        async def look() -> PlacesChange:
            known = await self._find(tenant_id, request.reservation_id)
            if known is not None:
                return general_admission.hold_again(known.reservation, request, now=now)
            own = await self._of_account(at, request.holder.account_id)
            owned = general_admission.owned(own, now=now)
            return general_admission.hold(request, ticket=ticket, owned=owned, now=now)

        async def decide(_: frozenset[UUID]) -> list[Decision]:
            return [Decision(await look(), None)]

        async def attempt() -> PlacesChange:
            change = await look()
            if change.happened:
                # Most of those who come too late are told so without writing anything.
                picture = await self._steps.picture(at)
                if not picture.touching(accounts):
                    picture.stock.after(change.difference)
                [change], _ = await self._work.carry_out(at, accounts, decide, now=now)
            return change

        return await self._with_room(at, attempt, now=now)

    @override
    async def get(self, tenant_id: TenantId, reservation_id: ReservationId) -> PlacesReservation:
        found = await self._there(tenant_id, reservation_id)
        at = TicketInTenant(tenant_id, found.reservation.ticket_id)
        for work in (await self._steps.picture(at)).touching(frozenset({found.reservation.account_id})):
            await self._work.finish(at, work)
        return (await self._there(tenant_id, reservation_id)).reservation

    @override
    async def change(
        self, tenant_id: TenantId, reservation_id: ReservationId, rule: PlacesRule, *, now: datetime
    ) -> PlacesChange:
        found = (await self._there(tenant_id, reservation_id)).reservation
        at = TicketInTenant(tenant_id, found.ticket_id)

        async def decide(_: frozenset[UUID]) -> list[Decision]:
            stored = await self._there(tenant_id, reservation_id)
            return [Decision(rule(stored.reservation), stored)]

        async def attempt() -> PlacesChange:
            [change], _ = await self._work.carry_out(at, frozenset({found.account_id}), decide, now=now)
            return change

        return await self._with_room(at, attempt, now=now)

    @override
    async def expire(self, tenant_id: TenantId, ticket_id: TicketId, *, now: datetime, reservations_max: int) -> int:
        at = TicketInTenant(tenant_id, ticket_id)
        return (await self._tidy(at, now=now, reservations_max=reservations_max)).expired

    @override
    async def stock(self, tenant_id: TenantId, ticket_id: TicketId) -> Stock:
        return (await self._steps.picture(TicketInTenant(tenant_id, ticket_id))).stock

    @override
    async def due(self, *, now: datetime, reservations_max: int) -> Sequence[TicketInTenant]:
        named = {"tenantId": True, "ticketId": True}
        async with driver_errors_translated():
            found = await self._entries.find(_ended_by(now), named).sort("expiresAt").to_list(reservations_max)
        return tuple(
            dict.fromkeys(TicketInTenant(TenantId(each["tenantId"]), TicketId(each["ticketId"])) for each in found)
        )

    @override
    async def finish_interrupted(self, *, begun_before: datetime, changes_max: int) -> int:
        async with driver_errors_translated():
            found = await self._tickets.find(
                {"inFlight.at": {"$lt": begun_before}}, {"tenantId": True, "_id": True}
            ).to_list(changes_max)
        finished = 0
        for each in found:
            at = TicketInTenant(TenantId(each["tenantId"]), TicketId(each["_id"]))
            for work in (await self._steps.picture(at)).work:
                if finished < changes_max and work.begun_at < begun_before:
                    finished += await self._work.finish(at, work) or await self._steps.drop(at, work.id)
        return finished

    @override
    async def recount(self, tenant_id: TenantId, ticket_id: TicketId) -> bool:
        return await self._steps.recount(TicketInTenant(tenant_id, ticket_id))

    async def _with_room(
        self, at: TicketInTenant, attempt: Callable[[], Awaitable[PlacesChange]], *, now: datetime
    ) -> PlacesChange:
        """Attempt it until it succeeds, or is refused although nothing that has ended is left in its way."""
        for _ in range(_ROUNDS_MAX):
            try:
                return await attempt()
            except SoldOutError as error:
                tidied = await self._tidy(at, now=now, reservations_max=_TIDIED_AT_ONCE_MAX)
                # Others may have tidied up just before we looked: then nothing is found, and there is room.
                if not tidied.found and (await self._steps.picture(at)).stock.remaining < error.wanted:
                    raise
        return await attempt()

    async def _tidy(self, at: TicketInTenant, *, now: datetime, reservations_max: int) -> _Tidied:
        """Expire what has ended, waiting for those who are doing the same."""
        for work in (await self._steps.picture(at)).work:
            if any(each["status"] in _STATUSES_TIMED and each["expiresAt"] <= now for each in work.decided or ()):
                await self._work.finish(at, work)  # The entry may not be in the ledger yet, where it would be found.
        of_ticket = {"tenantId": at.tenant_id, "ticketId": at.ticket_id}
        named = {"reservationId": True, "accountId": True}
        async with driver_errors_translated():
            due = await (
                self._entries.find(of_ticket | _ended_by(now), named).sort("expiresAt").to_list(reservations_max)
            )

        async def decide(accounts: frozenset[UUID]) -> list[Decision]:
            ids = [each["reservationId"] for each in due if each["accountId"] in accounts]
            async with driver_errors_translated():
                found = await self._entries.find(of_ticket | {"reservationId": {"$in": ids}}).to_list()
            stored = [StoredEntry.of(each) for each in found]
            return [Decision(general_admission.expire(each.reservation, now=now), each) for each in stored]

        waiting = frozenset({each["accountId"] for each in due})
        expired = 0
        while waiting:
            changes, done = await self._work.carry_out(at, waiting, decide, now=now)
            expired += sum(change.happened for change in changes)
            waiting -= done
        return _Tidied(len(due), expired)

    async def _find(self, tenant_id: TenantId, reservation_id: ReservationId) -> StoredEntry | None:
        async with driver_errors_translated():
            found = await self._entries.find_one({"tenantId": tenant_id, "reservationId": reservation_id})
        return StoredEntry.of(found) if found is not None else None

    async def _there(self, tenant_id: TenantId, reservation_id: ReservationId) -> StoredEntry:
        found = await self._find(tenant_id, reservation_id)
        if found is None:
            raise PlacesNotFoundError
        return found

    async def _of_account(self, at: TicketInTenant, account_id: UUID) -> list[PlacesReservation]:
        named = {"tenantId": at.tenant_id, "ticketId": at.ticket_id, "accountId": account_id}
        worth = {"status": {"$in": [*_STATUSES_TIMED, PlacesStatus.FINALIZED.value]}}
        async with driver_errors_translated():
            found = await self._entries.find(named | worth).to_list()
        return [StoredEntry.of(each).reservation for each in found]


def _ended_by(now: datetime) -> Document:
    return {"status": {"$in": _STATUSES_TIMED}, "expiresAt": {"$lte": now}}
