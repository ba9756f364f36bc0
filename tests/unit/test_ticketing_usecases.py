"""What staff and fans can do with tickets."""

from datetime import timedelta
from typing import override

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.clock import MemoryClock
from adapters.memory.ticketing import MemoryPlaces, MemoryTicketStore
from adapters.system.ids import Uuid7Source
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError, StaleVersionError
from core.shared.ids import AccountId, TenantId, TicketId, VenueId
from core.shared.money import Money
from core.ticketing.errors import TicketNotFoundError, TicketVenueNotFoundError
from core.ticketing.ticket import EventChange, Ticket, TicketChange, TicketType
from ports.paging import PageRequest
from tests.ticketing_builders import (
    FINAL_WHISTLE,
    KICK_OFF,
    NOON,
    VENUE,
    OneVenue,
    a_draft,
    a_published_ticket,
    paid_sales,
)
from usecases.ticketing.create_ticket import CreateTicket, NewEvent, NewTicket
from usecases.ticketing.list_tickets import ListTickets
from usecases.ticketing.look_up_ticket import LookUpTicket
from usecases.ticketing.publish_ticket import PublishTicket
from usecases.ticketing.read_ticket import ReadTicket
from usecases.ticketing.update_ticket import UpdateTicket

TENANT = TenantId(uuid7())
OTHER_TENANT = TenantId(uuid7())


def caller(role: Role | None = None, *, tenant_id: TenantId = TENANT) -> Caller:
    return Caller(account_id=AccountId(uuid7()), tenant_id=tenant_id, role=role)


MANAGER, FAN = caller(Role.MANAGER), caller()


class World:
    def __init__(self) -> None:
        self.tickets = MemoryTicketStore()
        self.clock = MemoryClock(NOON)
        venues = OneVenue(TENANT)
        self.venues = venues
        self.create = CreateTicket(self.tickets, venues, Uuid7Source(), self.clock)
        self.read = ReadTicket(self.tickets)
        self.list = ListTickets(self.tickets)
        self.update = UpdateTicket(self.tickets, MemoryPlaces(self.tickets), venues, paid_sales(), self.clock)
        self.publish = PublishTicket(self.tickets, paid_sales(), self.clock)
        self.look_up = LookUpTicket(self.tickets, paid_sales())


@pytest.fixture
def world() -> World:
    return World()


def new_ticket(venue_id: VenueId = VENUE) -> NewTicket:
    event = NewEvent("Erfurt : Jena", KICK_OFF, FINAL_WHISTLE, "Europe/Berlin", venue_id, "sport")
    return NewTicket("Seat", TicketType.SEATED_MANUAL, Money(2500, "EUR"), quota=1221, max_per_user=8, event=event)


async def test_a_new_ticket_is_a_draft_that_knows_the_name_of_its_venue(world: World) -> None:
    ticket = await world.create(MANAGER, new_ticket())

    assert not ticket.is_published
    assert ticket.event.venue_name == "Riethsporthalle"
    assert await world.read(MANAGER, ticket.id) == ticket


@pytest.mark.parametrize("role", [None, Role.SCANNER, Role.BOX_OFFICE])
async def test_only_owners_and_managers_change_the_catalogue(world: World, role: Role | None) -> None:
    ticket = await world.create(caller(Role.OWNER), new_ticket())

    with pytest.raises(ForbiddenError):
        await world.create(caller(role), new_ticket())
    with pytest.raises(ForbiddenError):
        await world.update(caller(role), ticket.id, TicketChange(title="x"), expected_version=1)
    with pytest.raises(ForbiddenError):
        await world.publish(caller(role), ticket.id)


async def test_a_ticket_cannot_be_for_the_venue_of_another_organisation(world: World) -> None:
    stranger = caller(Role.OWNER, tenant_id=OTHER_TENANT)

    with pytest.raises(TicketVenueNotFoundError):
        await world.create(stranger, new_ticket())
    with pytest.raises(TicketVenueNotFoundError):
        await world.create(MANAGER, new_ticket(VenueId(uuid7())))


async def test_fans_see_published_tickets_only_and_staff_all(world: World) -> None:
    draft, published = a_draft(), a_published_ticket()
    for ticket in (draft, published):
        await world.tickets.add(TENANT, ticket)

    assert await world.read(FAN, published.id) == published
    with pytest.raises(TicketNotFoundError):
        await world.read(FAN, draft.id)
    assert await world.read(caller(Role.SCANNER), draft.id) == draft
    assert (await world.list(FAN, PageRequest())).items == (published,)
    assert (await world.list(caller(Role.SCANNER), PageRequest())).items == (draft, published)


async def test_nothing_of_a_ticket_shows_in_another_organisation(world: World) -> None:
    ticket = a_published_ticket()
    await world.tickets.add(TENANT, ticket)
    stranger = caller(Role.OWNER, tenant_id=OTHER_TENANT)

    with pytest.raises(TicketNotFoundError):
        await world.read(stranger, ticket.id)
    with pytest.raises(TicketNotFoundError):
        await world.update(stranger, ticket.id, TicketChange(title="Mine"), expected_version=2)
    with pytest.raises(TicketNotFoundError):
        await world.publish(stranger, ticket.id)
    with pytest.raises(TicketNotFoundError):
        await world.look_up(OTHER_TENANT, ticket.id)
    assert (await world.list(stranger, PageRequest())).items == ()


async def test_of_two_who_read_the_same_version_the_second_to_save_is_refused(world: World) -> None:
    ticket = await world.create(MANAGER, new_ticket())

    changed = await world.update(MANAGER, ticket.id, TicketChange(title="First"), expected_version=1)
    with pytest.raises(StaleVersionError):
        await world.update(MANAGER, ticket.id, TicketChange(title="Second"), expected_version=1)

    assert await world.read(MANAGER, ticket.id) == changed


async def test_the_venue_is_asked_for_only_when_it_changes(world: World) -> None:
    ticket = await world.create(MANAGER, new_ticket())
    world.venues.name = "Renamed hall"

    same = await world.update(MANAGER, ticket.id, TicketChange(event=EventChange(venue_id=VENUE)), expected_version=1)
    assert same.event.venue_name == "Riethsporthalle"
    elsewhere = TicketChange(event=EventChange(venue_id=VenueId(uuid7())))
    with pytest.raises(TicketVenueNotFoundError):
        await world.update(MANAGER, ticket.id, elsewhere, expected_version=2)


async def test_publishing_twice_is_publishing_once(world: World) -> None:
    ticket = await world.create(MANAGER, new_ticket())

    first = await world.publish(MANAGER, ticket.id)
    world.clock.moment += timedelta(hours=1)
    second = await world.publish(MANAGER, ticket.id)

    assert first == second and first.version == 2


async def test_publishing_takes_up_a_change_that_was_made_meanwhile(world: World) -> None:
    class ChangedOnce(MemoryTicketStore):
        """Someone else saves between the read and the save."""

        meddled = False

        @override
        async def get(self, tenant_id: TenantId, ticket_id: TicketId) -> Ticket | None:
            found = await super().get(tenant_id, ticket_id)
            if found is not None and not self.meddled:
                self.meddled = True
                change = found.changed(TicketChange(title="Meanwhile"), now=world.clock.now())
                await self.save(tenant_id, change, expected_version=found.version)
            return found

    tickets = ChangedOnce()
    ticket = a_draft()
    await tickets.add(TENANT, ticket)

    published = await PublishTicket(tickets, paid_sales(), world.clock)(MANAGER, ticket.id)

    assert (published.title, published.is_published, published.version) == ("Meanwhile", True, 3)
