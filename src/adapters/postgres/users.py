"""People on PostgreSQL: each transaction sees the rows of one of them."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import override
from uuid import UUID

import asyncpg

from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pool import Connection, Pool, rows_touched
from adapters.postgres.transactions import person_transaction
from adapters.postgres.users_requests import PostgresDataRequestStore
from core.shared.ids import AccountId
from core.users.billing_address import BillingAddress, PostalAddress
from core.users.preferences import Preferences, Wishes
from core.users.profile import Profile, ProfileFacts
from ports.events import Inbox, Outbox
from ports.ids import IdSource
from ports.users import DataRequestStore, PersonStore, UserTransaction, UserTransactions

NO_TENANT = UUID(int=0)
"""Stands in the inbox for the tenant: people belong to none."""


class PostgresPersonStore(PersonStore):
    """The rows of one account in an open transaction; row-level security shows no other."""

    def __init__(self, connection: Connection, account_id: AccountId) -> None:
        self._connection = connection
        self._account_id = account_id

    @override
    async def profile(self) -> Profile | None:
        row = await self._connection.fetchrow(
            "select * from user_profiles where account_id = $1 for update", self._account_id
        )
        return None if row is None else _profile_of(row)

    @override
    async def put_profile(self, profile: Profile) -> Profile:
        row = await self._connection.fetchrow(
            """
            insert into user_profiles as mine
                (account_id, display_name, locale, time_zone, version, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (account_id) do update
            set (display_name, locale, time_zone, version, updated_at)
              = (excluded.display_name, excluded.locale, excluded.time_zone, excluded.version, excluded.updated_at)
            where mine.version < excluded.version
            returning *
            """,
            profile.account_id,
            profile.facts.display_name,
            profile.facts.locale,
            profile.facts.time_zone,
            profile.version,
            profile.created_at,
            profile.updated_at,
        )
        return _profile_of(row) if row is not None else await self.profile() or profile

    @override
    async def preferences(self) -> Preferences | None:
        row = await self._connection.fetchrow(
            "select * from user_preferences where account_id = $1 for update", self._account_id
        )
        return None if row is None else _preferences_of(row)

    @override
    async def put_preferences(self, preferences: Preferences) -> Preferences:
        wishes = preferences.wishes
        row = await self._connection.fetchrow(
            """
            insert into user_preferences as mine
                (account_id, marketing_opt_in, order_updates, product_updates, version, updated_at)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (account_id) do update
            set (marketing_opt_in, order_updates, product_updates, version, updated_at)
              = (excluded.marketing_opt_in, excluded.order_updates, excluded.product_updates,
                 excluded.version, excluded.updated_at)
            where mine.version < excluded.version
            returning *
            """,
            preferences.account_id,
            wishes.marketing_opt_in,
            wishes.order_updates,
            wishes.product_updates,
            preferences.version,
            preferences.updated_at,
        )
        return _preferences_of(row) if row is not None else await self.preferences() or preferences

    @override
    async def billing_address(self) -> BillingAddress | None:
        row = await self._connection.fetchrow(
            "select * from billing_addresses where account_id = $1 for update", self._account_id
        )
        return None if row is None else _address_of(row)

    @override
    async def put_billing_address(self, address: BillingAddress) -> BillingAddress:
        lines = address.address
        row = await self._connection.fetchrow(
            """
            insert into billing_addresses as mine
                (account_id, line1, line2, city, postal_code, country, version, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (account_id) do update
            set (line1, line2, city, postal_code, country, version, updated_at)
              = (excluded.line1, excluded.line2, excluded.city, excluded.postal_code, excluded.country,
                 excluded.version, excluded.updated_at)
            where mine.version < excluded.version
            returning *
            """,
            address.account_id,
            lines.line1,
            lines.line2,
            lines.city,
            lines.postal_code,
            lines.country,
            address.version,
            address.updated_at,
        )
        return _address_of(row) if row is not None else await self.billing_address() or address

    @override
    async def forget(self) -> Mapping[str, int]:
        counts = {
            kind: rows_touched(await self._connection.execute(statement, self._account_id))
            for kind, statement in (
                ("profile", "delete from user_profiles where account_id = $1"),
                ("preferences", "delete from user_preferences where account_id = $1"),
                ("billingAddress", "delete from billing_addresses where account_id = $1"),
                ("exports", "delete from personal_data_requests where account_id = $1 and kind = 'export'"),
            )
        }
        return {kind: count for kind, count in counts.items() if count}

    @override
    async def is_erased(self) -> bool:
        found = await self._connection.fetchval(
            "select true from personal_data_requests where account_id = $1 and kind = 'erasure' limit 1",
            self._account_id,
        )
        return found is True


def _profile_of(row: asyncpg.Record) -> Profile:
    return Profile(
        account_id=AccountId(row["account_id"]),
        facts=ProfileFacts(display_name=row["display_name"], locale=row["locale"], time_zone=row["time_zone"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _preferences_of(row: asyncpg.Record) -> Preferences:
    return Preferences(
        account_id=AccountId(row["account_id"]),
        wishes=Wishes(
            marketing_opt_in=row["marketing_opt_in"],
            order_updates=row["order_updates"],
            product_updates=row["product_updates"],
        ),
        version=row["version"],
        updated_at=row["updated_at"],
    )


def _address_of(row: asyncpg.Record) -> BillingAddress:
    return BillingAddress(
        account_id=AccountId(row["account_id"]),
        address=PostalAddress(
            line1=row["line1"],
            line2=row["line2"],
            city=row["city"],
            postal_code=row["postal_code"],
            country=row["country"],
        ),
        version=row["version"],
        updated_at=row["updated_at"],
    )


@dataclass(slots=True)
class PostgresUserTransaction(UserTransaction):
    """The stores of one person in an open transaction."""

    person: PersonStore
    requests: DataRequestStore
    outbox: Outbox
    inbox: Inbox


class PostgresUserTransactions(UserTransactions):
    """Transactions on user_db as its app role, which sees the rows of the transaction's account only."""

    def __init__(self, pool: Pool, ids: IdSource) -> None:
        self._pool = pool
        self._ids = ids

    @override
    @asynccontextmanager
    async def begin(self, account_id: AccountId) -> AsyncGenerator[UserTransaction]:
        async with person_transaction(self._pool, account_id) as connection:
            yield PostgresUserTransaction(
                person=PostgresPersonStore(connection, account_id),
                requests=PostgresDataRequestStore(connection, account_id),
                outbox=PostgresOutbox(connection, tenant_id=None, ids=self._ids),
                inbox=PostgresInbox(connection, tenant_id=NO_TENANT),
            )
