"""Each service has a database and roles of its own: no other service's role gets in, or could read anything there."""

import itertools
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from adapters.postgres.migrator import Database
from tests.servers import DATABASE_KINDS, PostgresServer, connected


@pytest.fixture
async def migrated(postgres: PostgresServer) -> list[Database]:
    """Every database as `fairseat migrate` makes it."""
    for kind in DATABASE_KINDS:
        if kind not in postgres.templates:
            await postgres.fresh(kind)
    return [postgres.templates[kind] for kind in DATABASE_KINDS]


async def test_no_role_of_a_service_can_connect_to_another_database(migrated: list[Database]) -> None:
    tried = 0
    for own, other in itertools.permutations(migrated, 2):
        for url in (own.app_url, own.relay_url):
            async with connected(url):
                pass
            foreign = urlunsplit(urlsplit(url)._replace(path=urlsplit(other.admin_url).path))
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
                async with connected(foreign) as connection:
                    await connection.fetch("select * from outbox")
            tried += 1
    assert tried == 2 * len(migrated) * (len(migrated) - 1)


async def test_no_role_of_a_service_may_read_a_table_of_another_even_where_it_got_in(migrated: list[Database]) -> None:
    for database in migrated:
        own = {database.roles.owner, database.roles.app, database.roles.relay}
        async with connected(database.admin_url) as admin:
            found = await admin.fetch(
                """
                select role.rolname, class.relname
                from pg_class as class
                join pg_namespace as schema on schema.oid = class.relnamespace and schema.nspname = 'public'
                cross join pg_roles as role
                where role.rolname like 'fairseat%' and not role.rolname = any ($1)
                    and class.relkind in ('r', 'v', 'p', 'm')
                    and (has_table_privilege(role.oid, class.oid, 'select, insert, update, delete, truncate')
                        or has_any_column_privilege(role.oid, class.oid, 'select, insert, update'))
                """,
                list(own),
            )
            assert found == [], database.name
            assert await admin.fetchval("select count(*) from pg_class where relname = 'outbox'"), database.name


async def test_no_role_of_a_service_is_a_member_of_another_or_above_the_others(migrated: list[Database]) -> None:
    async with connected(migrated[0].admin_url) as admin:
        members = await admin.fetch(
            """
            select member.rolname, role.rolname from pg_auth_members
            join pg_roles as member on member.oid = member join pg_roles as role on role.oid = roleid
            where member.rolname like 'fairseat%'
            """
        )
        mighty = await admin.fetch(
            """
            select rolname from pg_roles where rolname like 'fairseat%'
                and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
            """
        )
    assert (members, mighty) == ([], [])
