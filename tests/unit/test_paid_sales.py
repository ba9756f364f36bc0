"""What costs something goes on sale only where it can be paid, and stops where it cannot any more."""

from dataclasses import replace
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.inprocess.ticketing import InProcessTicketing
from adapters.memory.clock import MemoryClock
from adapters.memory.ticketing import MemoryCharging, MemoryPlaces, MemoryTicketStore
from adapters.system.hold_tokens import RandomHoldTokens
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, ReservationId, TenantId
from core.shared.money import Money
from core.ticketing.errors import ChargesNotEnabledForVenueError, PaidSalesStoppedError
from core.ticketing.ticket import Ticket, TicketChange, TicketType
from ports.events import Delivery
from ports.published.payments import AccountChanged, ChargingState
from ports.published.refusals import LinkUnavailableError
from tests.ticketing_builders import NOON, VENUE, Accounts, OneVenue, a_draft, paid_sales
from usecases.ticketing.hold_places import HoldPlaces, NewPlacesHold
from usecases.ticketing.look_up_ticket import LookUpTicket
from usecases.ticketing.on_account_changed import NoteAccountChange
from usecases.ticketing.publish_ticket import PublishTicket
from usecases.ticketing.update_ticket import UpdateTicket

FREE = Money(0, "EUR")
NEVER_CONNECTED = ChargingState(charges_enabled=False, missing=(), disabled_reason=None, version=0)
INCOMPLETE = ChargingState(
    charges_enabled=False, missing=("company.tax_id",), disabled_reason="requirements.past_due", version=2
)
ABLE = ChargingState(charges_enabled=True, missing=(), disabled_reason=None, version=3)


class World:
    def __init__(self, *, needed: bool = True) -> None:
        self.tenant_id = TenantId(uuid7())
        self.tickets = MemoryTicketStore()
        self.accounts = Accounts()
        self.charging = MemoryCharging()
        paid = paid_sales(needed=needed, accounts=self.accounts, store=self.charging)
        clock, venues, places = MemoryClock(NOON), OneVenue(self.tenant_id), MemoryPlaces(self.tickets)
        self.publish = PublishTicket(self.tickets, paid, clock)
        self.update = UpdateTicket(self.tickets, places, venues, paid, clock)
        self.hold = HoldPlaces(self.tickets, places, venues, paid, RandomHoldTokens(), clock)
        self.ticketing = InProcessTicketing(LookUpTicket(self.tickets, paid))
        self.note = NoteAccountChange(self.charging)

    def caller(self, role: Role | None = None) -> Caller:
        return Caller(AccountId(uuid7()), self.tenant_id, role)

    async def drafted(self, price: Money = Money(1500, "EUR")) -> Ticket:  # noqa: B008  (frozen)
        ticket = replace(a_draft(), ticket_type=TicketType.GA, price=price)
        await self.tickets.add(self.tenant_id, ticket)
        return ticket

    async def published(self, price: Money = Money(1500, "EUR")) -> Ticket:  # noqa: B008  (frozen)
        return await self.publish(self.caller(Role.MANAGER), (await self.drafted(price)).id)

    async def heard(self, *, enabled: bool, version: int, deauthorized: bool = False) -> None:
        event = AccountChanged(
            venue_id=VENUE,
            stripe_account="acct_1",
            charges_enabled=enabled,
            payouts_enabled=enabled,
            deauthorized=deauthorized,
            missing=() if enabled else ("company.tax_id",),
            disabled_reason=None if enabled else "requirements.past_due",
            version=version,
        )
        await self.note(event, Delivery(event_id=UUID(int=version), tenant_id=self.tenant_id))

    async def held(
        self, ticket: Ticket, *, by: Caller | None = None, reservation_id: ReservationId | None = None
    ) -> NewPlacesHold:
        return await self.hold(ticket.id, reservation_id or ReservationId(uuid7()), 1, caller=by or self.caller())

    async def sells_paid(self, ticket: Ticket) -> bool:
        return (await self.ticketing.ticket(tenant_id=self.tenant_id, ticket_id=ticket.id)).sells_paid


@pytest.mark.parametrize(
    ("state", "said"), [(NEVER_CONNECTED, "not connected"), (INCOMPLETE, r"past_due.*company\.tax_id")]
)
async def test_what_costs_something_is_not_published_before_it_can_be_paid(state: ChargingState, said: str) -> None:
    world = World()
    ticket = await world.drafted()
    world.accounts.state = state
    with pytest.raises(ChargesNotEnabledForVenueError, match=said) as refused:
        await world.publish(world.caller(Role.OWNER), ticket.id)
    assert refused.value.problems
    world.accounts.state = ABLE
    assert (await world.publish(world.caller(Role.OWNER), ticket.id)).is_published


async def test_what_is_free_is_published_anywhere_and_while_payments_are_away() -> None:
    world = World()
    world.accounts.state = NEVER_CONNECTED
    assert (await world.published(FREE)).is_published
    world.accounts.away = True
    free = await world.published(FREE)
    assert (await world.held(free)).reservation.price == FREE
    with pytest.raises(LinkUnavailableError):
        await world.published()


async def test_where_no_account_is_needed_nobody_is_asked() -> None:
    world = World(needed=False)
    world.accounts.away = True
    ticket = await world.published()
    await world.heard(enabled=False, version=9)
    await world.held(ticket)
    assert await world.sells_paid(ticket)


async def test_what_is_on_sale_for_nothing_cannot_come_to_cost_something_there() -> None:
    world = World()
    world.accounts.state = INCOMPLETE
    free, staff = await world.published(FREE), world.caller(Role.MANAGER)
    dear = TicketChange(price=Money(100, "EUR"))
    with pytest.raises(ChargesNotEnabledForVenueError):
        await world.update(staff, free.id, dear, expected_version=free.version)
    world.accounts.state = ABLE
    assert (await world.update(staff, free.id, dear, expected_version=free.version)).price == dear.price


async def test_sales_stop_when_charging_is_lost_and_go_on_when_it_is_back() -> None:
    world = World()
    world.accounts.state = ABLE
    ticket = await world.published()
    assert await world.sells_paid(ticket)
    known = ReservationId(uuid7())
    buyer = world.caller()
    await world.held(ticket, by=buyer, reservation_id=known)
    await world.heard(enabled=False, version=4)
    assert not await world.sells_paid(ticket)
    with pytest.raises(PaidSalesStoppedError):
        await world.held(ticket)
    assert (await world.held(ticket, by=buyer, reservation_id=known)).reservation.id == known
    await world.held(ticket, by=world.caller(Role.BOX_OFFICE))
    await world.heard(enabled=True, version=5)
    assert await world.sells_paid(ticket)
    await world.held(ticket)


async def test_news_that_come_late_change_nothing() -> None:
    world = World()
    world.accounts.state = ABLE
    ticket = await world.published()
    await world.heard(enabled=False, version=2)
    await world.held(ticket)
    await world.heard(enabled=False, version=5)
    await world.heard(enabled=True, version=4)
    with pytest.raises(PaidSalesStoppedError):
        await world.held(ticket)


async def test_seats_of_a_free_ticket_that_cost_something_by_their_tier_need_an_account_too() -> None:
    world = World()
    world.accounts.state = NEVER_CONNECTED
    assert not await world.sells_paid(await world.published(FREE))


async def test_an_account_that_was_taken_back_is_said_so() -> None:
    world = World()
    await world.heard(enabled=False, version=2, deauthorized=True)
    found = await world.charging.of(world.tenant_id, VENUE)
    assert found is not None and found.disabled_reason == "deauthorized"
