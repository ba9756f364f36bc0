"""Builders for tests of seating: plans of a few seats, buyers, a clock, and the stores in memory or on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import override
from uuid import UUID, uuid4

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.seating import MemorySeatingTransactions
from adapters.memory.seating_holds import MemoryHolds
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresExpiredReservations, PostgresSeatingTransactions
from adapters.postgres.seating_batches import BatchedHolds
from adapters.postgres.seating_holds import PostgresHolds
from adapters.system.ids import Uuid7Source
from core.seating.grid import GridSection, lay_out_grid
from core.seating.layout import Layout, with_ids
from core.seating.plans import AssignmentMode, OrphanRule, PlannedSeat, PlanStatus, PricingMode, SeatingPlan
from core.seating.reservations import HoldRequest
from core.seating.ticket_sale import TicketSale
from core.shared.callers import Caller, Role
from core.shared.holders import Holder
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId, TenantId, TicketId, VenueId
from core.shared.money import Money
from ports.clock import Clock
from ports.hold_tokens import HoldTokens
from ports.ids import IdSource
from ports.published.ticketing import TicketingApi
from ports.seating import ExpiredReservations, Holds, SeatingTransactions
from tests.published_builders import AlwaysOnSale
from tests.servers import PostgresServer
from usecases.seating.catalogues import Catalogues
from usecases.seating.grant_hold import GrantHold
from usecases.seating.looking import Pictures
from usecases.seating.ticket_sales import TicketSales

TTL_S = 600
ON_SALE = TicketSale(published=True, ends_at=datetime(2096, 12, 11, 20, 30, tzinfo=UTC))
"""What a ticket says that is on sale without a window, to an event that no clock has reached."""


class CountedTokens(HoldTokens):
    """Hold tokens that can be foretold."""

    def __init__(self) -> None:
        self.count = 0

    @override
    def new(self) -> str:
        self.count += 1
        return f"token-{self.count}"


@dataclass(slots=True)
class SeatingStores:
    """The ports of seating over one kind of storage, and the holds of one process over them."""

    transactions: SeatingTransactions
    expired: ExpiredReservations
    holds: Holds
    grant: GrantHold
    admin_url: str = ""


def granting(holds: Holds, transactions: SeatingTransactions, ticketing: TicketingApi | None = None) -> GrantHold:
    """Return the command of a process that remembers no plan yet; without `ticketing` every ticket is on sale."""
    return GrantHold(holds, transactions, Catalogues(transactions), TicketSales(ticketing or AlwaysOnSale()))


def memory_stores() -> SeatingStores:
    transactions = MemorySeatingTransactions(MemoryMessages(ids=MemoryIds()))
    holds = MemoryHolds(transactions)
    return SeatingStores(transactions, transactions, holds, granting(holds, transactions))


@asynccontextmanager
async def postgres_stores(
    postgres: PostgresServer | Database, *, connections_max: int = 4, batching: bool = False
) -> AsyncIterator[SeatingStores]:
    """Yield the stores on a database, or on a fresh one of the server."""
    database = await postgres.fresh("venue_db") if isinstance(postgres, PostgresServer) else postgres
    async with (
        await open_pool(database.app_url, connections_max=connections_max) as pool,
        await open_pool(database.relay_url, connections_max=1) as relay,
    ):
        ids = Uuid7Source()
        transactions = PostgresSeatingTransactions(pool, ids)
        alone = PostgresHolds(pool, ids, transactions)
        holds = BatchedHolds(pool, ids, alone=alone) if batching else alone
        expired = PostgresExpiredReservations(relay)
        yield SeatingStores(transactions, expired, holds, granting(holds, transactions), database.admin_url)


def pictures_of(stores: SeatingStores, clock: Clock) -> Pictures:
    """Return the pictures of a process of its own."""
    return Pictures(stores.transactions, Catalogues(stores.transactions), clock)


def a_tenant() -> TenantId:
    return TenantId(uuid4())


def a_buyer(tenant: TenantId, *, role: Role | None = None) -> Caller:
    return Caller(AccountId(uuid4()), tenant, role)


def a_plan(
    *,
    rows: int = 2,
    columns: int = 5,
    status: PlanStatus = PlanStatus.ACTIVE,
    seats_max_per_order: int = 10,
    max_per_user: int = 20,
    hold_ttl_s: int = TTL_S,
    ids: IdSource | None = None,
    clock: MemoryClock | None = None,
) -> tuple[SeatingPlan, Layout]:
    """Return a plan of one section called Stalls, whose seats R1S1, R1S2, … cost 75.00 EUR."""
    ids = ids or Uuid7Source()
    now = (clock or MemoryClock()).now()
    draft = lay_out_grid([GridSection("Stalls", rows, columns)])
    layout = with_ids(draft, new_id=ids.new, price_minor=7500)
    plan = SeatingPlan(
        id=PlanId(ids.new()),
        venue_id=VenueId(ids.new()),
        ticket_id=TicketId(ids.new()),
        name="Plan",
        status=status,
        assignment_mode=AssignmentMode.MANUAL,
        pricing_mode=PricingMode.SINGLE,
        orphan_rule=OrphanRule.OFF,
        seats_max_per_order=seats_max_per_order,
        max_per_user=max_per_user,
        ticket_price=Money(7500, "EUR"),
        hold_ttl_s=hold_ttl_s,
        sections_count=1,
        seats_count=rows * columns,
        seats_without_tier=rows * columns,
        categories=draft.categories,
        layout=draft.drawing,
        warnings=(),
        version=1,
        created_at=now,
        updated_at=now,
        version_number=None if status is PlanStatus.DRAFT else 1,
    )
    return plan, layout


def seat_ids(layout: Layout, *labels: str) -> tuple[SeatId, ...]:
    """Return the ids of seats such as R1S1, in the order that they are named."""
    by_label: dict[str, PlannedSeat] = {seat.label: seat for seat in layout.seats}
    return tuple(by_label[label].id for label in labels)


def a_request(
    plan: SeatingPlan, seats: tuple[SeatId, ...], *, by: Caller, reservation_id: UUID | None = None, token: bytes = b"t"
) -> HoldRequest:
    return HoldRequest(
        plan_id=plan.id,
        reservation_id=ReservationId(reservation_id or uuid4()),
        seat_ids=seats,
        holder=Holder(by.account_id),
        new_token_sha256=token,
    )
