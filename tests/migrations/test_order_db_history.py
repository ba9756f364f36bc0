"""Orders and passes from before general admission are carried over by the migrations, there and back."""

from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError

from adapters.postgres.migrator import Database, downgrade, migrate, pending
from adapters.postgres.orders import PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.orders.reservations import ReservationKind
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId
from tests.database_roles import act, refused
from tests.servers import PostgresServer, connected

TENANT = TenantId(UUID(int=0xA))
ANN = AccountId(UUID(int=0xACC))
ORDER = OrderId(UUID(int=0x0D))
PENDING = OrderId(UUID(int=0x0E))
FIRST, SECOND = ReservationId(UUID(int=1)), ReservationId(UUID(int=2))
EVENT = (
    '{"title": "Match", "starts_at": "2026-12-01T18:00:00Z", "ends_at": "2026-12-01T20:00:00Z", '
    '"time_zone": "Europe/Berlin", "venue_id": "00000000-0000-0000-0000-00000000007e", "venue_name": "Hall"}'
)


async def old_rows(database: Database) -> None:
    async with connected(database.admin_url) as admin:
        for order_id, reservation_id, status in ((ORDER, FIRST, "CONFIRMED"), (PENDING, SECOND, "PENDING")):
            content = (UUID(int=0x71), UUID(int=0x91), EVENT, 2_500, "EUR") if order_id == ORDER else (None,) * 5
            await admin.execute(
                "insert into orders (tenant_id, id, account_id, reservation_id, status, version, expires_at,"
                " created_at, updated_at, ticket_id, plan_id, event, total_minor, currency)"
                " values ($1, $2, $3, $4, $5, 2, now(), now(), now(), $6, $7, $8, $9, $10)",
                *(TENANT, order_id, ANN, reservation_id, status, *content),
            )
        await admin.execute(
            "insert into order_items values ($1, $2, $3, 1, $4, 1, 2500, 'EUR', array[$2::uuid], 'S1', 'A', '1', '1')",
            *(TENANT, uuid4(), ORDER, UUID(int=0x71)),
        )


async def test_orders_of_one_reservation_keep_it_their_items_and_their_event(postgres: PostgresServer) -> None:
    database = await postgres.fresh("order_db")
    await downgrade(database, revision="order_0001")
    await old_rows(database)

    await migrate(database)

    pool = await open_pool(database.app_url, connections_max=1)
    try:
        async with PostgresOrderTransactions(pool, Uuid7Source()).begin(TENANT) as tx:
            order = await tx.orders.get(ORDER)
            assert order is not None and order.content is not None
            assert order.reservation_ids == (FIRST,)
            assert order.reservations[0].kind is ReservationKind.SEATS
            assert (order.content.event.title, order.content.tickets[0].title) == ("Match", "Match")
            (item,) = order.content.items
            assert (item.reservation_id, item.unit_price, item.quantity) == (FIRST, order.total, 1)
            [pending] = await tx.orders.live_with([SECOND], ANN)
            assert (pending.id, pending.content) == (PENDING, None)
    finally:
        await pool.close()

    await downgrade(database, revision="order_0001")
    async with connected(database.admin_url) as admin:
        rows = await admin.fetch(
            "select id, reservation_id, ticket_id, plan_id, event->>'title' from orders order by id"
        )
        assert [tuple(row) for row in rows] == [
            (ORDER, FIRST, UUID(int=0x71), UUID(int=0x91), "Match"),
            (PENDING, SECOND, None, None, None),
        ]


async def test_an_order_without_seats_stops_the_way_back_and_loses_nothing(postgres: PostgresServer) -> None:
    database = await postgres.fresh("order_db")
    async with connected(database.admin_url) as admin:
        await admin.execute(
            "insert into orders (tenant_id, id, account_id, status, version, expires_at, created_at, updated_at)"
            " values ($1, $2, $3, 'CANCELLED', 3, now(), now(), now())",
            *(TENANT, ORDER, ANN),
        )
        await admin.execute(
            "insert into order_items (tenant_id, id, order_id, position, ticket_id, quantity, unit_price_minor,"
            " currency, seat_ids, reservation_id) values ($1, $2, $3, 1, $2, 4, 1500, 'EUR', '{}', $2)",
            *(TENANT, uuid4(), ORDER),
        )

    with pytest.raises(IntegrityError):
        await downgrade(database, revision="order_0001")

    assert not await pending(database)
    async with connected(database.admin_url) as admin:
        assert await admin.fetchval("select quantity from order_items") == 4


async def test_an_order_for_a_resold_pass_stops_the_way_back_and_loses_nothing(postgres: PostgresServer) -> None:
    database = await postgres.fresh("order_db")
    async with connected(database.admin_url) as admin:
        await admin.execute(
            "insert into orders (tenant_id, id, account_id, status, version, expires_at, created_at, updated_at)"
            " values ($1, $2, $3, 'CANCELLED', 3, now(), now(), now())",
            *(TENANT, ORDER, ANN),
        )
        await admin.execute(
            "insert into order_reservations values ($1, $2, 1, $3, 'CANCELLED', 'resale', $4)",
            *(TENANT, ORDER, ANN, FIRST),
        )

    with pytest.raises(IntegrityError):
        await downgrade(database, revision="order_0006")

    assert not await pending(database)
    async with connected(database.admin_url) as admin:
        assert await admin.fetchval("select kind from order_reservations") == "resale"


async def test_passes_of_old_stay_as_they_were(postgres: PostgresServer) -> None:
    database = await postgres.fresh("admission_db")
    await downgrade(database, revision="admission_0001")
    async with connected(database.admin_url) as admin:
        await admin.execute(
            "insert into passes values ($1, $2, $2, $2, $2, $2, 'Match', now(), now(), 'UTC', $2, 'Hall',"
            " $2, 'S1', 'A', '1', '1', 2500, 'EUR', 'VALID', 1, now())",
            *(TENANT, uuid4()),
        )

    await migrate(database)
    async with connected(database.admin_url) as admin:
        row = await admin.fetchrow("select unit, ticket_title, seat_label from passes")
        assert row is not None and tuple(row) == (1, "Match", "S1")
    await downgrade(database, revision="admission_0001")


async def test_the_status_of_a_reservation_is_that_of_its_order_and_nobody_else_writes_it(order_db: Database) -> None:
    async with connected(order_db.app_url) as app, app.transaction():
        await act(app, tenant=TENANT)
        await app.execute(
            "insert into orders (tenant_id, id, account_id, status, version, expires_at, created_at, updated_at)"
            " values ($1, $2, $3, 'PENDING', 1, now(), now(), now())",
            *(TENANT, ORDER, ANN),
        )
        add = "insert into order_reservations values ($1, $2, 1, $3, $4, 'seats', $5)"
        for account_id, status in ((ANN, "CONFIRMED"), (uuid4(), "PENDING")):
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                async with app.transaction():
                    await app.execute(add, TENANT, ORDER, account_id, status, FIRST)
        await app.execute(add, TENANT, ORDER, ANN, "PENDING", FIRST)
        await app.execute("update orders set status = 'CANCELLED'")
        assert await app.fetchval("select status from order_reservations") == "CANCELLED"
        await refused(app, "update order_reservations set status = 'PENDING'")
        await refused(app, "delete from order_reservations")
