"""Row-level security as the migrations write it: who owns, who may, and whose rows they see.

Three roles a database: `owner` owns the tables and never logs in, `app` serves requests and is bound by the tenant
of its transaction, `relay` works across tenants on columns that are named: it drains the outbox, finds what has
expired, and sees for the doctor how things stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

TENANT = "(select nullif(current_setting('app.tenant_id', true), '')::uuid)"
"""The tenant of the transaction, evaluated once a statement. After a local setting ends it reads '', not NULL."""

ACCOUNT = "(select nullif(current_setting('app.account_id', true), '')::uuid)"
"""The person of the transaction; only what people ask about themselves sets it."""

EMAIL = "(select nullif(current_setting('app.person_email', true), ''))"
"""The e-mail address of that person in lower case, where they have proved that it is theirs."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The role names of one database."""

    owner: str
    app: str
    relay: str

    @classmethod
    def of(cls, database: str) -> Self:
        """Return the names for a database such as `venue_db`."""
        service = database.removesuffix("_db")
        return cls(*(f"fairseat_{service}_{kind}" for kind in ("owner", "app", "relay")))


def forced(table: str) -> list[str]:
    """Switch row-level security on, for the owner as well."""
    return [f"alter table {table} enable row level security", f"alter table {table} force row level security"]


def tenant_table(table: str, roles: Roles, *, grant: str = "select, insert, update, delete") -> list[str]:
    """Give the app role the rows of the transaction's tenant, to read and to write."""
    return [
        *forced(table),
        (
            f"create policy tenant_isolation on {table} to {roles.app} "
            f"using (tenant_id = {TENANT}) with check (tenant_id = {TENANT})"
        ),
        f"grant {grant} on {table} to {roles.app}",
    ]


def person_owned(table: str, roles: Roles) -> list[str]:
    """Give the app role the rows of the transaction's account, to read and to write; they belong to no tenant."""
    return [
        *forced(table),
        (
            f"create policy own_rows on {table} to {roles.app} "
            f"using (account_id = {ACCOUNT}) with check (account_id = {ACCOUNT})"
        ),
        f"grant select, insert, update, delete on {table} to {roles.app}",
    ]


def person_found(table: str, *, by: str, roles: Roles, name: str = "person_found") -> list[str]:
    """Let a transaction of a person see which rows of a tenant table are theirs, across tenants: to read, not to write.

    `by` compares columns of the table with ACCOUNT or EMAIL. Transactions of tenants name no person, so this shows
    them nothing more; what is done about the rows is done in transactions of their tenants.
    """
    return [f"create policy {name} on {table} for select to {roles.app} using ({by})"]


def relay_finds(table: str, roles: Roles, *, columns: Sequence[str]) -> list[str]:
    """Let the relay role read some columns across tenants, to find what is due; acting on it is the app role's."""
    return [
        f"create policy relay_finds on {table} for select to {roles.relay} using (true)",
        f"grant select ({', '.join(columns)}) on {table} to {roles.relay}",
    ]


def messaging(roles: Roles, *, tenant_owned: bool = True) -> list[str]:
    """Guard outbox, inbox and idempotency_keys; the relay drains the outbox and prunes all three."""
    tables = ("outbox", "inbox", "idempotency_keys")
    if tenant_owned:
        guarded = [statement for table in tables for statement in tenant_table(table, roles)]
    else:
        guarded = [
            statement
            for table in tables
            for statement in (
                *forced(table),
                f"create policy app_writes on {table} to {roles.app} using (true) with check (true)",
                f"grant select, insert, update, delete on {table} to {roles.app}",
            )
        ]
    relayed = [
        statement
        for table in tables
        for statement in (
            f"create policy relay_drains on {table} to {roles.relay} using (true) with check (true)",
            f"grant select, update, delete on {table} to {roles.relay}",
        )
    ]
    return guarded + relayed
