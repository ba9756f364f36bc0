"""What the roles of admission_db may not do: each policy and grant proved by a refusal."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.postgres.migrator import Database
from tests.database_roles import Connection, act, refused
from tests.servers import connected

HALL, CLUB = uuid4(), uuid4()
TABLES = ("passes", "order_standings", "pass_keys")


async def add_pass(
    connection: Connection,
    *,
    tenant: UUID,
    status: str = "VALID",
    revision: int = 1,
    seat_id: UUID | None = CLUB,
    label: str | None = "A-1-1",
    unit: int = 1,
) -> str:
    return await connection.execute(
        """
        insert into passes
        values ($1, $2, $2, $2, $2, $2, 'Title', now(), now(), 'UTC', $2, 'Hall', $5, $6, 'A', '1', '1', 2500, 'EUR',
                $3, $4, now(), null, $7, 'Block A', null, null, null,
                now(), null, null, null, null, null, null, null, $2)
        """,
        tenant,
        uuid4(),
        status,
        revision,
        seat_id,
        label,
        unit,
    )


async def add_key(connection: Connection, *, tenant: UUID, key_id: bytes = b"12345678") -> str:
    return await connection.execute(
        "insert into pass_keys values ($1, $2, $3, $4, 'sealed', now())", tenant, key_id, uuid4(), bytes(32)
    )


@pytest.fixture
async def app(admission_db: Database) -> AsyncIterator[Connection]:
    """The app role; the hall and the club have a pass, a standing and a key each."""
    async with connected(admission_db.app_url) as connection:
        for tenant in (HALL, CLUB):
            async with connection.transaction():
                await act(connection, tenant=tenant)
                await add_pass(connection, tenant=tenant)
                await add_key(connection, tenant=tenant)
                await connection.execute("insert into order_standings values ($1, $2)", tenant, uuid4())
        yield connection


@pytest.fixture
async def relay(app: Connection, admission_db: Database) -> AsyncIterator[Connection]:
    async with connected(admission_db.relay_url) as connection:
        yield connection


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(("tenant", "seen"), [(None, []), (HALL, [HALL]), (CLUB, [CLUB]), (uuid4(), [])])
async def test_rows_show_to_their_tenant_only(
    app: Connection, table: str, tenant: UUID | None, seen: list[UUID]
) -> None:
    async with app.transaction():
        await act(app, tenant=tenant)
        assert [row["tenant_id"] for row in await app.fetch(f"select tenant_id from {table}")] == seen


async def test_nothing_of_another_tenant_can_be_written(app: Connection) -> None:
    async with app.transaction():
        await act(app, tenant=HALL)
        for statement in ("update passes set tenant_id = $1", "update order_standings set tenant_id = $1"):
            await refused(app, statement, CLUB)
        await refused(app, "insert into order_standings values ($1, $2)", CLUB, uuid4())
        for add in (add_pass, add_key):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with app.transaction():
                    await add(app, tenant=CLUB)
        assert await app.execute("update passes set seat_label = 'B'") == "UPDATE 1"


async def test_passes_are_never_deleted_and_keys_never_changed(app: Connection) -> None:
    async with app.transaction():
        await act(app, tenant=HALL)
        for table in TABLES:
            await refused(app, f"delete from {table}")
        await refused(app, "update pass_keys set sealed_private_key = 'mine'")


async def test_what_was_seen_and_who_gave_a_pass_to_whom_is_never_changed(app: Connection) -> None:
    async with app.transaction():
        await act(app, tenant=HALL)
        for table, column in (("scans", "gate"), ("handovers", "pass_id"), ("reissues", "refusal")):
            await refused(app, f"update {table} set {column} = null")
            await refused(app, f"delete from {table}")


async def test_a_pass_is_offered_or_used_and_never_both(app: Connection) -> None:
    async with app.transaction():
        await act(app, tenant=HALL)
        await app.execute("update passes set offer_id = id, offer_kind = 'listing', offered_at = now()")
        for change in (
            "scanned_at = now()",
            "status = 'VOID', voided_at = now()",
            "offered_at = null",
            "offer_kind = 'gift'",
            "inside_since = now(), offer_id = null, offer_kind = null, offered_at = null, scanned_at = 'infinity'",
            "paid_minor = -1",
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                async with app.transaction():
                    await app.execute(f"update passes set {change}")


async def test_the_database_itself_refuses_what_makes_no_sense(app: Connection) -> None:
    async with app.transaction():
        await act(app, tenant=HALL)
        for status, revision in (("LOST", 1), ("VOID", 1), ("VALID", 0), ("VALID", 65_536)):
            with pytest.raises(asyncpg.CheckViolationError):
                async with app.transaction():
                    await add_pass(app, tenant=HALL, status=status, revision=revision)
        for seat_id, label, unit in ((None, "A-1-1", 1), (CLUB, None, 1), (None, None, 1), (CLUB, "A-1-1", 0)):
            with pytest.raises(asyncpg.CheckViolationError):
                async with app.transaction():
                    await add_pass(app, tenant=HALL, seat_id=seat_id, label=label, unit=unit)
        with pytest.raises(asyncpg.CheckViolationError):
            async with app.transaction():
                await add_key(app, tenant=HALL, key_id=b"short")


async def test_the_relay_sees_messages_and_nobodys_data(relay: Connection) -> None:
    assert await relay.fetch("select * from outbox") == []
    for table in TABLES:
        await refused(relay, f"select * from {table}")
