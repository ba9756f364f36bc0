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
HALLS_KEY, CLUBS_KEY = uuid4(), uuid4()


async def fill(connection: Connection) -> None:
    """Ann owns the hall and Bob the club; each has a session, and each organisation a key."""
    for person, organisation, name, key in ((ANN, HALL, "ann", HALLS_KEY), (BOB, CLUB, "bob", CLUBS_KEY)):
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
            await connection.execute(
                "insert into api_keys values ($1, $2, $3, '{resale:read}', sha256($3::text::bytea), $4, now())",
                organisation,
                key,
                name,
                person,
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
    async with app.transaction():
        assert await app.execute("update accounts set password_hash = 'new'") == "UPDATE 0"


async def test_an_account_is_ended_by_its_person_alone_and_takes_its_sessions_with_it(app: Connection) -> None:
    async with app.transaction():
        assert await app.execute("delete from accounts") == "DELETE 0"
        await act(app, tenant=HALL)
        assert await app.execute("delete from accounts") == "DELETE 0"
        sessions = await app.fetchval("select count(*) from refresh_families")
        await act(app, account=ANN)
        assert await app.execute("delete from accounts") == "DELETE 1"
        assert await app.fetchval("select count(*) from refresh_families where account_id = $1", ANN) == 0
        assert await app.fetchval("select count(*) from accounts") >= 1
        assert sessions > await app.fetchval("select count(*) from refresh_families")


async def test_a_refresh_token_can_be_spent_and_not_rewritten(app: Connection) -> None:
    async with app.transaction():
        assert await app.execute("update refresh_tokens set spent_at = now()") == "UPDATE 2"
        for change in ("family_id = family_id", "issued_at = now()", "expires_at = 'infinity'"):
            await refused(app, f"update refresh_tokens set {change}")
        await refused(app, "update refresh_families set account_id = $1", BOB)
        await refused(app, "delete from refresh_tokens")


@pytest.mark.parametrize(
    ("tenant", "account", "seen"),
    [
        (None, None, set[UUID]()),
        (HALL, None, {HALLS_KEY}),
        (None, CLUBS_KEY, {CLUBS_KEY}),
        (HALL, CLUBS_KEY, {HALLS_KEY, CLUBS_KEY}),
        (None, ANN, set[UUID]()),
    ],
)
async def test_a_key_shows_to_its_tenant_and_to_who_brings_it(
    app: Connection, tenant: UUID | None, account: UUID | None, seen: set[UUID]
) -> None:
    async with app.transaction():
        await act(app, tenant=tenant, account=account)
        assert {row["id"] for row in await app.fetch("select id from api_keys")} == seen
        assert await app.execute("update api_keys set last_used_at = now()") == f"UPDATE {len(seen)}"


async def test_what_a_key_is_cannot_be_changed_and_it_cannot_be_deleted(app: Connection) -> None:
    async with app.transaction():
        await act(app, tenant=HALL)
        for change in (
            "scopes = '{orders:read}'",
            "digest = sha256('mine')",
            "tenant_id = tenant_id",
            "expires_at = null",
            "created_by = created_by",
        ):
            await refused(app, f"update api_keys set {change}")
        await refused(app, "delete from api_keys")
        await refused(
            app, "insert into api_keys values ($1, $2, 'mine', '{orders:read}', sha256('a'), $2, now())", CLUB, uuid4()
        )


async def test_the_database_itself_refuses_what_makes_no_sense(app: Connection) -> None:
    async with app.transaction():
        await act(app, tenant=HALL, account=ANN)
        for statement in (
            "update memberships set role = 'king'",
            "insert into refresh_tokens values ('short', (select id from refresh_families limit 1), now(), now())",
            "update api_keys set revoked_at = now()",
            f"insert into api_keys values ('{HALL}', '{HALL}', 'x', '{{}}', sha256('a'), '{ANN}', now())",
            f"insert into api_keys values ('{HALL}', '{HALL}', 'x', '{{a}}', 'short', '{ANN}', now())",
            f"insert into api_keys values ('{HALL}', '{HALL}', 'x', '{{a}}', sha256('a'), '{ANN}', now(), now())",
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                async with app.transaction():
                    await app.execute(statement)


async def test_the_relay_sees_messages_and_nobodys_data(relay: Connection) -> None:
    assert await relay.fetch("select * from outbox") == []
    for table in ("accounts", "refresh_families", "refresh_tokens", "organisations", "memberships", "api_keys"):
        await refused(relay, f"select * from {table}")


async def letters_of(connection: Connection, person: UUID | None) -> None:
    async with connection.transaction():
        await act(connection, account=person)
        await connection.execute(
            "insert into mail_queue values ($1, $2, 'verify_email', 'sealed', now(), now(), now())", uuid4(), person
        )


async def test_letters_are_put_in_for_oneself_or_for_nobody_and_read_by_the_sender_alone(
    app: Connection, relay: Connection
) -> None:
    for person in (ANN, None):
        await letters_of(app, person)
    async with app.transaction():
        await act(app, account=ANN)
        for person in (BOB, None):
            await refused(app, "insert into mail_queue values ($1, $2, 'x', 'x', now(), now(), now())", uuid4(), person)
        for statement in ("select * from mail_queue", "delete from mail_queue", "update mail_queue set tries = 1"):
            await refused(app, statement)
    assert {row["account_id"] for row in await relay.fetch("select account_id from mail_queue")} == {ANN, None}
    await refused(relay, "update mail_queue set account_id = null")


async def test_mailed_tokens_are_found_by_anybody_and_written_by_their_account(app: Connection) -> None:
    for person in (ANN, BOB):
        async with app.transaction():
            await act(app, account=person)
            token = "insert into mail_tokens values (sha256($1::text::bytea), $2, 'verify_email', now(), now() + '1 h')"
            await app.execute(token, str(person), person)
    async with app.transaction():
        await act(app, account=ANN)
        assert len(await app.fetch("select * from mail_tokens")) == 2
        assert await app.execute("update mail_tokens set spent_at = now()") == "UPDATE 1"
        assert await app.execute("delete from mail_tokens") == "DELETE 0"  # none is old
        for change in ("expires_at = 'infinity'", "purpose = 'reset_password'", "account_id = account_id"):
            await refused(app, f"update mail_tokens set {change}")
        await refused(
            app, "insert into mail_tokens values (sha256('b'), $1, 'verify_email', now(), now() + '1 h')", BOB
        )


async def test_a_second_factor_is_seen_and_written_by_its_account(app: Connection, relay: Connection) -> None:
    for person in (ANN, BOB):
        async with app.transaction():
            await act(app, account=person)
            await app.execute("insert into totp_factors values ($1, 'sealed', now())", person)
            await app.execute("insert into totp_recovery_codes values ($1, sha256('code'))", person)
    async with app.transaction():
        await act(app, account=ANN)
        for table in ("totp_factors", "totp_recovery_codes"):
            assert {row["account_id"] for row in await app.fetch(f"select account_id from {table}")} == {ANN}
        assert await app.execute("update totp_recovery_codes set spent_at = now()") == "UPDATE 1"
        await refused(app, "update totp_factors set account_id = $1", BOB)
        assert await app.execute("delete from totp_factors") == "DELETE 1"
        assert await app.fetch("select * from totp_recovery_codes") == []
    for table in ("totp_factors", "totp_recovery_codes", "mail_tokens"):
        await refused(relay, f"select * from {table}")
