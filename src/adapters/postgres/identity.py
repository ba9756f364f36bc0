"""Identity on PostgreSQL, through Advanced Alchemy: accounts, sessions, organisations, members, API keys."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import override

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from adapters.postgres.identity_api_keys import PostgresApiKeys
from adapters.postgres.identity_letters import LetterSeal, PostgresLetters, PostgresMailTokens
from adapters.postgres.identity_organisations import PostgresMemberships, PostgresOrganisations
from adapters.postgres.identity_refreshes import PostgresRefreshes
from adapters.postgres.identity_totp import PostgresTotp, totp_seal
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.sessions import tenant_session
from adapters.postgres.tables.auth_db import AccountRow
from core.identity.account import Account
from core.identity.errors import EmailTakenError
from core.shared.emails import Email
from core.shared.ids import AccountId, TenantId
from ports.events import Outbox
from ports.identity import (
    AccountStore,
    ApiKeyStore,
    IdentityTransaction,
    IdentityTransactions,
    MembershipStore,
    OrganisationStore,
    RefreshStore,
)
from ports.identity.letters import Letters, MailTokenStore
from ports.identity.second_factor import TotpStore
from ports.ids import IdSource


class _AccountRows(SQLAlchemyAsyncRepository[AccountRow]):
    model_type = AccountRow


class _Accounts(AccountStore):
    def __init__(self, orm: AsyncSession) -> None:
        self._orm = orm
        self._rows = _AccountRows(session=orm, wrap_exceptions=False)

    @override
    async def add(self, account: Account) -> None:
        row = AccountRow(
            id=account.id,
            email=account.email.address,
            email_key=account.email.key,
            display_name=account.display_name,
            password_hash=account.password_hash,
            created_at=account.created_at,
            updated_at=account.updated_at,
            email_verified_at=account.email_verified_at,
        )
        try:
            await self._rows.add(row)
        except IntegrityError as error:
            raise EmailTakenError("An account with this e-mail address exists.") from error

    @override
    async def by_id(self, account_id: AccountId) -> Account | None:
        row = await self._rows.get_one_or_none(AccountRow.id == account_id)
        return None if row is None else _account_of(row)

    @override
    async def by_email(self, email: Email) -> Account | None:
        row = await self._rows.get_one_or_none(AccountRow.email_key == email.key)
        return None if row is None else _account_of(row)

    @override
    async def lock(self, account_id: AccountId) -> Account | None:
        row = await self._orm.scalar(
            select(AccountRow)
            .where(AccountRow.id == account_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return None if row is None else _account_of(row)

    @override
    async def set_email_verified(self, account_id: AccountId, *, at: datetime) -> None:
        await self._orm.execute(
            update(AccountRow)
            .where(AccountRow.id == account_id, AccountRow.email_verified_at.is_(None))
            .values(email_verified_at=at, updated_at=at)
        )

    @override
    async def set_password_hash(self, account_id: AccountId, password_hash: str, *, at: datetime) -> None:
        await self._orm.execute(
            update(AccountRow).where(AccountRow.id == account_id).values(password_hash=password_hash, updated_at=at)
        )


def _account_of(row: AccountRow) -> Account:
    return Account(
        id=AccountId(row.id),
        email=Email(address=row.email, key=row.email_key),
        display_name=row.display_name,
        password_hash=row.password_hash,
        created_at=row.created_at,
        updated_at=row.updated_at,
        email_verified_at=row.email_verified_at,
    )


@dataclass(frozen=True, slots=True)
class _PostgresIdentityTransaction(IdentityTransaction):
    accounts: AccountStore
    refreshes: RefreshStore
    organisations: OrganisationStore
    memberships: MembershipStore
    api_keys: ApiKeyStore
    mail_tokens: MailTokenStore
    letters: Letters
    totp: TotpStore
    outbox: Outbox


class PostgresIdentityTransactions(IdentityTransactions):
    """Transactions on auth_db, as its app role."""

    def __init__(self, engine: AsyncEngine, *, ids: IdSource, secret: bytes) -> None:
        """`secret` seals what must not be read in the database; raises ValueError for a short one."""
        self._engine = engine
        self._ids = ids
        self._letter_seal = LetterSeal(secret)
        self._totp_seal = totp_seal(secret)

    @override
    def begin(
        self, *, tenant_id: TenantId | None = None, account_id: AccountId | None = None
    ) -> AbstractAsyncContextManager[IdentityTransaction]:
        return self._begin(tenant_id, account_id)

    @asynccontextmanager
    async def _begin(
        self, tenant_id: TenantId | None, account_id: AccountId | None
    ) -> AsyncGenerator[IdentityTransaction]:
        async with tenant_session(self._engine, tenant_id, account_id=account_id) as session:
            yield _PostgresIdentityTransaction(
                accounts=_Accounts(session.orm),
                refreshes=PostgresRefreshes(session.orm),
                organisations=PostgresOrganisations(session.orm),
                memberships=PostgresMemberships(session.orm),
                api_keys=PostgresApiKeys(session.orm),
                mail_tokens=PostgresMailTokens(session.connection),
                letters=PostgresLetters(session.connection, self._letter_seal),
                totp=PostgresTotp(session.connection, self._totp_seal),
                outbox=PostgresOutbox(session.connection, tenant_id=tenant_id, ids=self._ids),
            )
