"""What the roles of auth_db may not do: each policy and grant proved by a refusal."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.postgres.migrator import Database, downgrade, drift, migrate
from adapters.postgres.pool import refuse_unsafe_role

ANN, BOB = uuid4(), uuid4()
HALL, CLUB = uuid4(), uuid4()

type Connection = asyncpg.Connection[asyncpg.Record]


async def act(connection: Connection, *, tenant: UUID | None = None, account: UUID | None = None) -> None:
    """Stand for this tenant and account until the transaction ends."""
    await connection.execute(
        "select set_config('app.tenant_id', $1, true), set_config('app.account_id', $2, true)",
        str(tenant or ""),
        str(account or ""),
    )


async def fill(connection: Connection) -> None:
    """Ann owns the hall and Bob the club; each has a session."""
    for person, organisation, name in ((ANN, HALL, "ann"), (BOB, CLUB, "bob")):
        async with connection.transaction():
            await act(connection, tenant=organisation, account=person)
            await connection.execute("insert into accounts values ($1, $2, $2, $2, 'hash', now(), now())", person, name)
            await connection.execute("insert into organisations values ($1, $2, now())", organisation, name)
            await connection.execute("insert into memberships values ($1, $2, 'owner', now())", organisation, person)
            family = uuid4()
            await connection.execute("insert into refresh_families values ($1, $2, now(), now())", family, person)
            await connection.execute(
                "insert into refresh_tokens values (sha256($1), $2, now(), now())", name.encode(), family
            )


@pytest.fixture
async def app(auth_db: Database) -> AsyncIterator[Connection]:
    connection: Connection = await asyncpg.connect(auth_db.app_url)
    await fill(connection)
    yield connection
    await connection.close()


@pytest.fixture
async def relay(app: Connection, auth_db: Database) -> AsyncIterator[Connection]:
    connection: Connection = await asyncpg.connect(auth_db.relay_url)
    yield connection
    await connection.close()


async def refused(connection: Connection, statement: str, *arguments: object) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with connection.transaction():
            await connection.execute(statement, *arguments)


async def test_the_tables_are_those_of_the_code(auth_db: Database) -> None:
    assert await drift(auth_db) == []


async def test_the_migrations_go_down_and_up_again(auth_db: Database) -> None:
    await downgrade(auth_db)
    connection: Connection = await asyncpg.connect(auth_db.admin_url)
    left = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    await connection.close()
    assert [row["tablename"] for row in left] == ["alembic_version"]
    await migrate(auth_db)
    assert await drift(auth_db) == []


async def test_every_table_forces_row_level_security(app: Connection) -> None:
    open_tables = await app.fetch(
        """
        select relname from pg_class
        where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and relname <> 'alembic_version'
          and not (relrowsecurity and relforcerowsecurity)
        """
    )
    assert list(open_tables) == []


async def test_the_roles_are_bound_by_the_policies(app: Connection, relay: Connection) -> None:
    await refuse_unsafe_role(app)
    await refuse_unsafe_role(relay)


@pytest.mark.parametrize(
    ("tenant", "account", "seen"),
    [
        (None, None, set[UUID]()),
        (HALL, None, {HALL}),
        (None, BOB, {CLUB}),
        (HALL, BOB, {HALL, CLUB}),
        (uuid4(), uuid4(), set[UUID]()),
    ],
)
async def test_organisations_show_to_their_tenant_and_their_members(
    app: Connection, tenant: UUID | None, account: UUID | None, seen: set[UUID]
) -> None:
    async with app.transaction():
        await act(app, tenant=tenant, account=account)
        for table in ("organisations", "memberships"):
            assert {row["tenant_id"] for row in await app.fetch(f"select tenant_id from {table}")} == seen


async def test_nothing_of_another_tenant_can_be_written(app: Connection) -> None:
    async with app.transaction():
        await act(app, tenant=HALL, account=BOB)
        await refused(app, "insert into organisations values ($1, 'mine', now())", uuid4())
        await refused(app, "insert into memberships values ($1, $2, 'owner', now())", CLUB, ANN)
        # Bob sees his own membership of the club, and still cannot write it while he acts for the hall.
        assert await app.execute("update memberships set role = 'scanner' where account_id = $1", BOB) == "UPDATE 0"
        assert await app.execute("delete from memberships where account_id = $1", BOB) == "DELETE 0"
        assert await app.execute("update memberships set role = 'scanner'") == "UPDATE 1"


async def test_a_member_cannot_be_moved_to_another_tenant_or_person(app: Connection) -> None:
    async with app.transaction():
        await act(app, tenant=HALL)
        await refused(app, "update memberships set tenant_id = $1", CLUB)
        await refused(app, "update memberships set account_id = $1", BOB)


async def test_an_account_is_written_only_by_who_acts_for_it(app: Connection) -> None:
    async with app.transaction():
        await act(app, account=ANN)
        assert await app.execute("update accounts set password_hash = 'new'") == "UPDATE 1"
        await refused(app, "insert into accounts values ($1, 'x', 'x', 'x', 'x', now(), now())", uuid4())
        await refused(app, "update accounts set email_key = 'bob2'")
        await refused(app, "delete from accounts")
    async with app.transaction():
        assert await app.execute("update accounts set password_hash = 'new'") == "UPDATE 0"


async def test_a_refresh_token_can_be_spent_and_not_rewritten(app: Connection) -> None:
    async with app.transaction():
        assert await app.execute("update refresh_tokens set spent_at = now()") == "UPDATE 2"
        for change in ("family_id = family_id", "issued_at = now()", "expires_at = 'infinity'"):
            await refused(app, f"update refresh_tokens set {change}")
        await refused(app, "update refresh_families set account_id = $1", BOB)
        await refused(app, "delete from refresh_tokens")


async def test_the_database_itself_refuses_what_makes_no_sense(app: Connection) -> None:
    async with app.transaction():
        await act(app, tenant=HALL, account=ANN)
        for statement in (
            "update memberships set role = 'king'",
            "insert into refresh_tokens values ('short', (select id from refresh_families limit 1), now(), now())",
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                async with app.transaction():
                    await app.execute(statement)


async def test_the_relay_sees_messages_and_nobodys_data(relay: Connection) -> None:
    assert await relay.fetch("select * from outbox") == []
    for table in ("accounts", "refresh_families", "refresh_tokens", "organisations", "memberships"):
        await refused(relay, f"select * from {table}")


async def test_the_app_role_cannot_change_the_tables_or_lift_the_policies(app: Connection) -> None:
    for statement in (
        "alter table accounts disable row level security",
        "drop policy tenant_isolation on memberships",
        "truncate memberships",
        "create table mine (id int)",
    ):
        await refused(app, statement)
