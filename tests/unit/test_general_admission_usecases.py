"""What buyers, orders and the sweep do with places of general admission."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import override
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.inprocess.general_admission import InProcessGeneralAdmission
from adapters.memory.clock import MemoryClock
from adapters.memory.ticketing import MemoryPlaces, MemoryTicketStore
from adapters.system.hold_tokens import RandomHoldTokens
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, ReservationId, TenantId, TicketId
from core.ticketing.errors import (
    NotOnSaleError,
    NotPlacesHolderError,
    PlacesNotFoundError,
    QuotaBelowTakenError,
    TicketNotFoundError,
    TicketSalesClosedError,
)
from core.ticketing.places import PlacesReservation, PlacesStatus, Stock
from core.ticketing.ticket import Ticket, TicketChange, TicketType
from ports.events import Delivery
from ports.published.general_admission import GeneralAdmissionApi, PlacesReserved
from ports.published.orders import OrderCancelled
from ports.published.refusals import RefusedError
from tests.places_world import a_ga_ticket, an_account, an_order
from tests.ticketing_builders import NOON, OneVenue, a_draft, a_published_ticket, paid_sales
from usecases.ticketing.expire_places import ExpirePlaces
from usecases.ticketing.hold_places import HoldPlaces
from usecases.ticketing.manage_places import ExtendPlaces, ReadPlaces, ReleasePlaces
from usecases.ticketing.on_order_cancelled import ReleaseCancelledPlaces
from usecases.ticketing.read_stock import ReadStock
from usecases.ticketing.reserve_places import (
    FinalisePlaces,
    ProtectPlaces,
    ReclaimPlaces,
    ReleaseFromOrder,
    ReserveForOrder,
)
from usecases.ticketing.update_ticket import UpdateTicket

TENANT = TenantId(uuid7())
TTL_S = 120


class PatientVenue(OneVenue):
    """Its organiser gives holds two minutes."""

    @override
    async def hold_ttl_s(self, *, tenant_id: UUID) -> int:
        return TTL_S


def caller(role: Role | None = None, *, tenant_id: TenantId = TENANT, account: AccountId | None = None) -> Caller:
    return Caller(account_id=account or an_account(), tenant_id=tenant_id, role=role)


ANN, BOB, SELLER, SCANNER = caller(), caller(), caller(Role.BOX_OFFICE), caller(Role.SCANNER)


class World:
    def __init__(self) -> None:
        self.tickets = MemoryTicketStore()
        self.places = MemoryPlaces(self.tickets)
        self.clock = MemoryClock(NOON)
        venues = PatientVenue(TENANT)
        self.hold_places = HoldPlaces(self.tickets, self.places, venues, paid_sales(), RandomHoldTokens(), self.clock)
        self.read = ReadPlaces(self.places, self.clock)
        self.extend = ExtendPlaces(self.places, self.clock)
        self.release = ReleasePlaces(self.places, self.clock)
        self.expire = ExpirePlaces(self.places, self.places, self.clock)
        self.update = UpdateTicket(self.tickets, self.places, venues, paid_sales(), self.clock)
        self.stock = ReadStock(self.places)
        self.on_cancelled = ReleaseCancelledPlaces(self.places, self.clock)
        self.api: GeneralAdmissionApi = InProcessGeneralAdmission(
            ReserveForOrder(self.places, self.clock),
            ProtectPlaces(self.places, self.clock),
            FinalisePlaces(self.places, self.clock),
            ReclaimPlaces(self.places, self.clock),
            ReleaseFromOrder(self.places, self.clock),
        )

    async def ticket(self, ticket: Ticket | None = None) -> Ticket:
        ticket = ticket or a_ga_ticket()
        await self.tickets.add(TENANT, ticket)
        return ticket

    async def held(self, ticket: Ticket, quantity: int = 2, *, by: Caller = ANN) -> PlacesReservation:
        return (await self.hold_places(ticket.id, ReservationId(uuid7()), quantity, caller=by)).reservation

    async def reserved(self, entry: PlacesReservation, order_id: UUID, until: datetime) -> PlacesReserved:
        return await self.api.reserve(
            tenant_id=TENANT,
            reservation_id=entry.id,
            order_id=order_id,
            account_id=entry.account_id,
            hold_token=None,
            until=until,
        )

    async def bought(self, ticket: Ticket, order_id: UUID) -> PlacesReservation:
        entry = await self.held(ticket)
        await self.reserved(entry, order_id, NOON + timedelta(hours=1))
        await self.api.finalise(tenant_id=TENANT, reservation_id=entry.id, order_id=order_id)
        return entry


@pytest.fixture
def world() -> World:
    return World()


async def test_a_hold_lasts_as_long_as_the_organiser_says(world: World) -> None:
    ticket = await world.ticket()

    entry = await world.held(ticket)

    assert entry.expires_at == NOON + timedelta(seconds=TTL_S)
    assert await world.stock(TENANT, ticket) == Stock(20, reserved=2)


async def test_a_token_is_shown_once_and_kept_as_its_digest(world: World) -> None:
    ticket, id = await world.ticket(), ReservationId(uuid7())

    first = await world.hold_places(ticket.id, id, 2, caller=ANN)
    again = await world.hold_places(ticket.id, id, 2, caller=ANN)
    assert first.hold_token is not None and again.hold_token is None
    by_token = await world.hold_places(ticket.id, id, 2, caller=BOB, hold_token=first.hold_token)

    assert again.reservation == first.reservation == by_token.reservation
    assert first.hold_token.encode() not in first.reservation.token_sha256


async def test_a_draft_is_not_there_for_fans_and_not_on_sale_for_staff(world: World) -> None:
    draft = await world.ticket(a_draft(ticket_type=TicketType.GA))

    with pytest.raises(TicketNotFoundError):
        await world.held(draft)
    with pytest.raises(NotOnSaleError):
        await world.held(draft, by=SCANNER)
    with pytest.raises(TicketNotFoundError):
        await world.hold_places(TicketId(uuid7()), ReservationId(uuid7()), 1, caller=ANN)
    with pytest.raises(TicketNotFoundError):
        await world.held(await world.ticket(), by=caller(tenant_id=TenantId(uuid7())))


async def test_a_window_binds_everybody_but_staff_who_sell_and_no_hold_that_was_made_in_time(world: World) -> None:
    ticket, id = await world.ticket(a_ga_ticket(sales_until=NOON + timedelta(seconds=1))), ReservationId(uuid7())
    first = await world.hold_places(ticket.id, id, 2, caller=ANN)
    world.clock.move(seconds=1)

    assert (await world.hold_places(ticket.id, id, 2, caller=ANN)).reservation == first.reservation
    for buyer in (ANN, SCANNER):
        with pytest.raises(TicketSalesClosedError):
            await world.held(ticket, by=buyer)
    assert (await world.held(ticket, by=SELLER)).status is PlacesStatus.HELD
    assert (await world.extend(ticket.id, id, caller=ANN, hold_token=None)).expires_at > first.reservation.expires_at
    await world.reserved(first.reservation, an_order(), NOON + timedelta(hours=1))


async def test_a_hold_is_read_by_its_holder_and_by_who_sells(world: World) -> None:
    ticket = await world.ticket()
    entry = await world.held(ticket)

    assert await world.read(ticket.id, entry.id, caller=ANN, hold_token=None) == entry
    assert await world.read(ticket.id, entry.id, caller=SELLER, hold_token=None) == entry
    for stranger in (BOB, SCANNER):
        with pytest.raises(NotPlacesHolderError):
            await world.read(ticket.id, entry.id, caller=stranger, hold_token="guess")
    world.clock.move(seconds=TTL_S)
    assert (await world.read(ticket.id, entry.id, caller=ANN, hold_token=None)).status is PlacesStatus.EXPIRED


async def test_a_hold_is_found_under_its_own_ticket_only(world: World) -> None:
    ticket, other = await world.ticket(), await world.ticket()
    entry = await world.held(ticket)

    for usecase in (world.read, world.extend, world.release):
        with pytest.raises(PlacesNotFoundError):
            await usecase(other.id, entry.id, caller=ANN, hold_token=None)
    assert await world.read(ticket.id, entry.id, caller=ANN, hold_token=None) == entry


async def test_a_hold_is_extended_and_released_by_its_holder(world: World) -> None:
    ticket = await world.ticket()
    entry = await world.held(ticket)
    world.clock.move(seconds=30)

    extended = await world.extend(ticket.id, entry.id, caller=ANN, hold_token=None)
    with pytest.raises(NotPlacesHolderError):
        await world.release(ticket.id, entry.id, caller=BOB, hold_token=None)
    await world.release(ticket.id, entry.id, caller=ANN, hold_token=None)
    await world.release(ticket.id, entry.id, caller=ANN, hold_token=None)

    assert extended.expires_at == entry.expires_at + timedelta(seconds=30)
    assert await world.stock(TENANT, ticket) == Stock(20)


async def test_the_sweep_tidies_every_ticket_up_and_then_finds_nothing(world: World) -> None:
    one, two = await world.ticket(), await world.ticket()
    await world.held(one)
    await world.held(two)
    assert await world.expire() == 0
    world.clock.move(seconds=TTL_S)

    assert [await world.expire(), await world.expire()] == [2, 0]
    assert await world.stock(TENANT, one) == await world.stock(TENANT, two) == Stock(20)


async def test_a_ticket_to_seats_has_no_stock(world: World) -> None:
    assert await world.stock(TENANT, await world.ticket(a_published_ticket())) is None


async def test_a_smaller_quota_is_not_kept_up_by_holds_that_are_over(world: World) -> None:
    ticket = await world.ticket()
    await world.held(ticket, 8)
    manager, change = caller(Role.MANAGER), TicketChange(quota=7, max_per_user=7)

    with pytest.raises(QuotaBelowTakenError):
        await world.update(manager, ticket.id, change, expected_version=ticket.version)
    world.clock.move(seconds=TTL_S)
    changed = await world.update(manager, ticket.id, change, expected_version=ticket.version)

    assert await world.stock(TENANT, changed) == Stock(7)


async def test_an_order_reserves_protects_and_buys(world: World) -> None:
    ticket, order_id = await world.ticket(), an_order()
    entry = await world.held(ticket, 3)
    until = NOON + timedelta(minutes=30)

    reserved = await world.reserved(entry, order_id, until)
    later = until + timedelta(minutes=10)
    await world.api.protect(tenant_id=TENANT, reservation_id=entry.id, order_id=order_id, until=later)
    world.clock.move(seconds=35 * 60)
    await world.api.finalise(tenant_id=TENANT, reservation_id=entry.id, order_id=order_id)
    await world.api.finalise(tenant_id=TENANT, reservation_id=entry.id, order_id=order_id)

    assert reserved == PlacesReserved(
        reservation_id=entry.id,
        ticket_id=ticket.id,
        quantity=3,
        price_minor=1500,
        currency="EUR",
        expires_at=until,
    )
    assert await world.stock(TENANT, ticket) == Stock(20, sold=3)


async def test_an_order_is_refused_with_a_code(world: World) -> None:
    ticket, order_id = await world.ticket(a_ga_ticket(quota=4)), an_order()
    entry = await world.held(ticket, 4)

    async def code(reservation_id: UUID = entry.id, order: UUID = order_id, what: str = "finalise") -> str:
        with pytest.raises(RefusedError) as refused:
            await getattr(world.api, what)(tenant_id=TENANT, reservation_id=reservation_id, order_id=order)
        return refused.value.refusal_code

    with pytest.raises(RefusedError) as refused:
        await world.reserved(replace(entry, account_id=an_account()), order_id, NOON + timedelta(hours=1))
    assert refused.value.refusal_code == "ticketing.not_holder"
    await world.reserved(entry, order_id, NOON + timedelta(seconds=60))
    assert await code(uuid7()) == "ticketing.reservation_not_found"
    assert await code(order=an_order()) == "ticketing.reservation_conflict"
    world.clock.move(seconds=60)
    assert await code() == "ticketing.reservation_expired"
    await world.held(ticket, 1, by=BOB)
    assert await code(what="reclaim") == "ticketing.sold_out"
    world.clock.move(seconds=TTL_S)
    await world.api.reclaim(tenant_id=TENANT, reservation_id=entry.id, order_id=order_id)
    assert await code(what="release") == "ticketing.reservation_conflict"
    assert await world.stock(TENANT, ticket) == Stock(4, sold=4)


async def cancelled(
    world: World, order_id: UUID, ids: tuple[UUID, ...], reason: str, tenant: UUID | None = TENANT
) -> None:
    event = OrderCancelled(order_id=order_id, reservation_ids=ids, reason=reason)
    await world.on_cancelled(event, Delivery(event_id=uuid7(), tenant_id=tenant))


async def test_a_cancelled_order_gives_back_its_places_and_leaves_the_rest_alone(world: World) -> None:
    ticket, order_id = await world.ticket(), an_order()
    unpaid, others = await world.held(ticket), await world.held(ticket, by=BOB)
    await world.reserved(unpaid, order_id, NOON + timedelta(hours=1))
    await world.reserved(others, an_order(), NOON + timedelta(hours=1))
    a_seat = uuid7()

    for _ in range(2):
        await cancelled(world, order_id, (a_seat, others.id, unpaid.id), "cancelled")

    assert await world.stock(TENANT, ticket) == Stock(20, reserved=2)


@pytest.mark.parametrize(
    ("reason", "left"),
    [("refunded", Stock(20)), ("cancelled", Stock(20, sold=2)), ("expired", Stock(20, sold=2))],
)
async def test_sold_places_come_back_only_by_a_refund_and_once(world: World, reason: str, left: Stock) -> None:
    ticket, order_id = await world.ticket(), an_order()
    entry = await world.bought(ticket, order_id)

    for _ in range(2):
        await cancelled(world, order_id, (entry.id,), reason)

    assert await world.stock(TENANT, ticket) == left


async def test_an_event_of_no_tenant_or_another_one_changes_nothing(world: World) -> None:
    ticket, order_id = await world.ticket(), an_order()
    entry = await world.bought(ticket, order_id)

    await cancelled(world, order_id, (entry.id,), "refunded", tenant=None)
    await cancelled(world, order_id, (entry.id,), "refunded", tenant=uuid7())

    assert await world.stock(TENANT, ticket) == Stock(20, sold=2)
