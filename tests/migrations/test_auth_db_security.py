"""What the roles of auth_db may not do: each policy and grant proved by a refusal."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.postgres.migrator import Database
from tests.database_roles import Connection, act, refused
from tests.servers import connected

ANN, BOB = uuid4(), uuid4()
HALL, CLUB = uuid4(), uuid4()


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
    async with connected(auth_db.app_url) as connection:
        await fill(connection)
        yield connection


@pytest.fixture
async def relay(app: Connection, auth_db: Database) -> AsyncIterator[Connection]:
    async with connected(auth_db.relay_url) as connection:
        yield connection


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
