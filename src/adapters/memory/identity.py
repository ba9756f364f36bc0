"""Identity in memory: the twin of the PostgreSQL adapter, for tests and demonstrations."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import override
from uuid import UUID

from adapters.memory.api_keys import MemoryApiKeys
from adapters.memory.identity_letters import MemoryLetterQueue, MemoryLetters, MemoryMailTokens, Waiting
from adapters.memory.identity_refreshes import MemoryRefreshes
from adapters.memory.identity_totp import MemoryTotp, TotpRows
from adapters.memory.messaging import MemoryMessages
from core.identity.account import Account
from core.identity.api_keys import ApiKey
from core.identity.errors import AlreadyMemberError, EmailTakenError
from core.identity.mail_tokens import MailToken
from core.identity.organisation import Member, Membership, Organisation, OrganisationRole
from core.identity.sessions import RefreshFamily, RefreshToken
from core.shared.emails import Email
from core.shared.ids import AccountId, ApiKeyId, TenantId
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
from ports.identity.letters import LetterQueue, Letters, MailTokenStore
from ports.identity.second_factor import TotpStore
from ports.paging import Page, PageRequest


@dataclass(slots=True)
class _Rows:
    accounts: dict[AccountId, Account] = field(default_factory=dict[AccountId, Account])
    families: dict[UUID, RefreshFamily] = field(default_factory=dict[UUID, RefreshFamily])
    tokens: dict[bytes, RefreshToken] = field(default_factory=dict[bytes, RefreshToken])
    organisations: dict[TenantId, Organisation] = field(default_factory=dict[TenantId, Organisation])
    memberships: dict[tuple[TenantId, AccountId], Membership] = field(
        default_factory=dict[tuple[TenantId, AccountId], Membership]
    )
    api_keys: dict[ApiKeyId, ApiKey] = field(default_factory=dict[ApiKeyId, ApiKey])
    mail_tokens: dict[bytes, MailToken] = field(default_factory=dict[bytes, MailToken])
    letters: dict[UUID, Waiting] = field(default_factory=dict[UUID, Waiting])
    totp: TotpRows = field(default_factory=TotpRows)

    def copy(self) -> "_Rows":
        return _Rows(
            dict(self.accounts),
            dict(self.families),
            dict(self.tokens),
            dict(self.organisations),
            dict(self.memberships),
            dict(self.api_keys),
            dict(self.mail_tokens),
            dict(self.letters),
            self.totp.copy(),
        )


@dataclass(frozen=True, slots=True)
class _View:
    """What row-level security lets a transaction see and write."""

    tenant_id: TenantId | None
    account_id: AccountId | None

    def sees(self, membership: Membership) -> bool:
        return membership.tenant_id == self.tenant_id or membership.account_id == self.account_id

    def must_write(self, tenant_id: TenantId) -> None:
        if tenant_id != self.tenant_id:
            raise ValueError("a transaction writes only what belongs to its tenant")

    def must_write_account(self, account_id: AccountId) -> None:
        if account_id != self.account_id:
            raise ValueError("a transaction writes only the account that it names")


class _Accounts(AccountStore):
    def __init__(self, rows: _Rows, view: _View) -> None:
        self._rows = rows
        self._view = view

    @override
    async def add(self, account: Account) -> None:
        self._view.must_write_account(account.id)
        if await self.by_email(account.email) is not None:
            raise EmailTakenError("An account with this e-mail address exists.")
        self._rows.accounts[account.id] = account

    @override
    async def by_id(self, account_id: AccountId) -> Account | None:
        return self._rows.accounts.get(account_id)

    @override
    async def by_email(self, email: Email) -> Account | None:
        return next((found for found in self._rows.accounts.values() if found.email.key == email.key), None)

    @override
    async def lock(self, account_id: AccountId) -> Account | None:
        return self._rows.accounts.get(account_id) if account_id == self._view.account_id else None

    @override
    async def set_email_verified(self, account_id: AccountId, *, at: datetime) -> None:
        account = await self.lock(account_id)
        if account is not None and account.email_verified_at is None:
            self._rows.accounts[account_id] = replace(account, email_verified_at=at, updated_at=at)

    @override
    async def set_password_hash(self, account_id: AccountId, password_hash: str, *, at: datetime) -> None:
        account = self._rows.accounts.get(account_id)
        if account is not None and account_id == self._view.account_id:
            self._rows.accounts[account_id] = replace(account, password_hash=password_hash, updated_at=at)


class _Organisations(OrganisationStore):
    def __init__(self, rows: _Rows, view: _View) -> None:
        self._rows = rows
        self._view = view

    @override
    async def add(self, organisation: Organisation) -> None:
        self._view.must_write(organisation.id)
        self._rows.organisations[organisation.id] = organisation

    @override
    async def find(self, tenant_id: TenantId) -> Organisation | None:
        seen = tenant_id == self._view.tenant_id or any(
            self._view.sees(one) for one in self._rows.memberships.values() if one.tenant_id == tenant_id
        )
        return self._rows.organisations.get(tenant_id) if seen else None

    @override
    async def set_requires_totp(self, tenant_id: TenantId, *, required: bool) -> None:
        self._view.must_write(tenant_id)
        self._rows.organisations[tenant_id] = replace(self._rows.organisations[tenant_id], requires_totp=required)

    @override
    async def of_account(self, account_id: AccountId, page: PageRequest) -> Page[OrganisationRole]:
        found = sorted(
            (
                OrganisationRole(organisation=self._rows.organisations[membership.tenant_id], role=membership.role)
                for membership in self._rows.memberships.values()
                if membership.account_id == account_id and self._view.sees(membership)
            ),
            key=lambda one: one.organisation.id,
        )
        rest = [one for one in found if page.after is None or one.organisation.id > page.after]
        shown = tuple(rest[: page.limit])
        return Page(shown, shown[-1].organisation.id if len(rest) > page.limit else None)


class _Memberships(MembershipStore):
    def __init__(self, rows: _Rows, view: _View) -> None:
        self._rows = rows
        self._view = view

    @override
    async def add(self, membership: Membership) -> None:
        self._view.must_write(membership.tenant_id)
        key = (membership.tenant_id, membership.account_id)
        if key in self._rows.memberships:
            raise AlreadyMemberError("This account is a member already.")
        self._rows.memberships[key] = membership

    @override
    async def find(self, tenant_id: TenantId, account_id: AccountId) -> Membership | None:
        found = self._rows.memberships.get((tenant_id, account_id))
        return found if found is not None and self._view.sees(found) else None

    @override
    async def lock_all(self, tenant_id: TenantId) -> Sequence[Membership]:
        found = [one for one in self._rows.memberships.values() if one.tenant_id == tenant_id and self._view.sees(one)]
        return sorted(found, key=lambda membership: membership.account_id)

    @override
    async def of_tenant(self, tenant_id: TenantId, page: PageRequest) -> Page[Member]:
        found = await self.lock_all(tenant_id)
        rest = [membership for membership in found if page.after is None or membership.account_id > page.after]
        shown = tuple(self._member(membership) for membership in rest[: page.limit])
        return Page(shown, shown[-1].membership.account_id if len(rest) > page.limit else None)

    def _member(self, membership: Membership) -> Member:
        account = self._rows.accounts[membership.account_id]
        return Member(membership=membership, display_name=account.display_name, email=account.email.address)

    @override
    async def set_role(self, membership: Membership) -> None:
        self._view.must_write(membership.tenant_id)
        self._rows.memberships[membership.tenant_id, membership.account_id] = membership

    @override
    async def remove(self, tenant_id: TenantId, account_id: AccountId) -> None:
        self._view.must_write(tenant_id)
        self._rows.memberships.pop((tenant_id, account_id), None)


@dataclass(frozen=True, slots=True)
class _MemoryIdentityTransaction(IdentityTransaction):
    accounts: AccountStore
    refreshes: RefreshStore
    organisations: OrganisationStore
    memberships: MembershipStore
    api_keys: ApiKeyStore
    mail_tokens: MailTokenStore
    letters: Letters
    totp: TotpStore
    outbox: Outbox


class MemoryIdentityTransactions(IdentityTransactions):
    """One transaction at a time, under the lock of the service's messages; rolled back when its block raises."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._rows = _Rows()
        self.letters: LetterQueue = MemoryLetterQueue(lambda: self._rows.letters)

    @override
    def begin(
        self, *, tenant_id: TenantId | None = None, account_id: AccountId | None = None
    ) -> AbstractAsyncContextManager[IdentityTransaction]:
        return self._begin(_View(tenant_id, account_id))

    @asynccontextmanager
    async def _begin(self, view: _View) -> AsyncGenerator[IdentityTransaction]:
        async with self._messages.transaction():
            # The block works on a copy, which takes the place of the rows only when it ends well.
            rows = self._rows.copy()
            yield _MemoryIdentityTransaction(
                accounts=_Accounts(rows, view),
                refreshes=MemoryRefreshes(rows.families, rows.tokens),
                organisations=_Organisations(rows, view),
                memberships=_Memberships(rows, view),
                api_keys=MemoryApiKeys(rows.api_keys, tenant_id=view.tenant_id, account_id=view.account_id),
                mail_tokens=MemoryMailTokens(rows.mail_tokens, account_id=view.account_id),
                letters=MemoryLetters(rows.letters, account_id=view.account_id),
                totp=MemoryTotp(rows.totp, account_id=view.account_id),
                outbox=self._messages.outbox(view.tenant_id),
            )
            self._rows = rows
