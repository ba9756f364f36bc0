"""Connected accounts in memory: their rows, and a provider whose accounts' owners answer at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import override

from core.payments.accounts import AccountOwner, ConnectedAccount, ProviderAccount, Requirements
from core.payments.errors import AccountGoneError, ProviderRefusedError, ProviderUnavailableError
from core.payments.platform_fee import PlatformFee
from core.shared.ids import TenantId
from ports.payments.accounts import (
    AccountDirectory,
    AccountGateway,
    AccountRequest,
    AccountStore,
    OnboardingLink,
    Payout,
    PayoutPage,
)

_FIRST_QUESTIONS = ("business_profile.url", "external_account", "tos_acceptance.date")
_LINK_LASTS = timedelta(minutes=5)


@dataclass(slots=True)
class MemoryAccountRows:
    """The rows of all tenants, as `MemoryPayments` keeps them."""

    accounts: dict[AccountOwner, ConnectedAccount] = field(default_factory=dict[AccountOwner, ConnectedAccount])
    fees: dict[TenantId, PlatformFee] = field(default_factory=dict[TenantId, PlatformFee])

    def copy(self) -> "MemoryAccountRows":
        """Return the rows as they are now, to go back to."""
        return MemoryAccountRows(dict(self.accounts), dict(self.fees))


class MemoryAccountStore(AccountStore):
    """The accounts of one open transaction."""

    def __init__(self, tenant_id: TenantId, rows: MemoryAccountRows) -> None:
        self._tenant_id = tenant_id
        self._rows = rows

    @override
    async def add(self, account: ConnectedAccount) -> bool:
        if await self.find(account.owner) is not None:
            return False
        self._keep(account)
        return True

    @override
    async def find(self, owner: AccountOwner) -> ConnectedAccount | None:
        return self._rows.accounts.get(owner) if owner.tenant_id == self._tenant_id else None

    @override
    async def lock(self, owner: AccountOwner) -> ConnectedAccount | None:
        return await self.find(owner)

    @override
    async def save(self, account: ConnectedAccount) -> None:
        self._keep(account)

    @override
    async def platform_fee(self) -> PlatformFee | None:
        return self._rows.fees.get(self._tenant_id)

    @override
    async def agree_platform_fee(self, fee: PlatformFee | None, *, at: datetime) -> None:
        if fee is None:
            self._rows.fees.pop(self._tenant_id, None)
        else:
            self._rows.fees[self._tenant_id] = fee

    def _keep(self, account: ConnectedAccount) -> None:
        assert account.tenant_id == self._tenant_id, "a transaction writes its own tenant's rows only"
        self._rows.accounts[account.owner] = account


class MemoryAccountDirectory(AccountDirectory):
    """Looks through all the rows."""

    def __init__(self, rows: MemoryAccountRows) -> None:
        self._rows = rows

    @override
    async def owner(self, account_id: str) -> AccountOwner | None:
        for owner, account in self._rows.accounts.items():
            if account.account_id == account_id:
                return owner
        return None

    @override
    async def due(self, *, now: datetime, accounts_max: int) -> Sequence[AccountOwner]:
        silent = [
            (account.check_at, owner)
            for owner, account in self._rows.accounts.items()
            if account.check_at is not None and account.check_at <= now
        ]
        return [owner for _, owner in sorted(silent)[:accounts_max]]


class MemoryAccountGateway(AccountGateway):
    """A provider with owners: `onboard`, `disable` and `revoke` are what happens on its pages.

    Set `away` to let every call fail as if the network were down. Accounts in `countries` are made, others refused.
    """

    def __init__(self, *, countries: frozenset[str] = frozenset({"AT", "CH", "DE", "FR", "GB", "US"})) -> None:
        self._countries = countries
        self._accounts: dict[str, ProviderAccount] = {}
        self._made: dict[str, tuple[AccountRequest, str]] = {}
        self._revoked: set[str] = set()
        self._links = 0
        self.payouts: dict[str, list[Payout]] = {}
        self.away = False

    @property
    def accounts(self) -> tuple[ProviderAccount, ...]:
        """Every account that was made, oldest first."""
        return tuple(self._accounts.values())

    @override
    async def create_account(self, request: AccountRequest) -> ProviderAccount:
        await self._reach()
        if request.country not in self._countries:
            raise ProviderRefusedError(f"{request.country} is not served.")
        asked, account_id = self._made.get(request.key, (request, f"acct_{len(self._accounts) + 1:016d}"))
        if asked != request:
            raise ProviderRefusedError(f"The key {request.key} was used with another request.")
        if account_id not in self._accounts:
            self._made[request.key] = request, account_id
            self._accounts[account_id] = ProviderAccount(
                id=account_id,
                country=request.country,
                charges_enabled=False,
                payouts_enabled=False,
                details_submitted=False,
                requirements=Requirements(
                    currently_due=_FIRST_QUESTIONS,
                    eventually_due=_FIRST_QUESTIONS,
                    disabled_reason="requirements.past_due",
                ),
            )
        return self._accounts[account_id]

    @override
    async def retrieve_account(self, account_id: str) -> ProviderAccount:
        await self._reach()
        return self._known(account_id)

    @override
    async def link_account(self, account_id: str, *, return_url: str, refresh_url: str) -> OnboardingLink:
        await self._reach()
        self._known(account_id)
        self._links += 1
        return OnboardingLink(f"https://connect.example/{account_id}/{self._links}", datetime.now(UTC) + _LINK_LASTS)

    @override
    async def list_payouts(self, account_id: str, *, limit: int, after: str | None) -> PayoutPage:
        await self._reach()
        self._known(account_id)
        every = self.payouts.get(account_id, [])
        ids = [payout.id for payout in every]
        if after is not None and after not in ids:
            raise ProviderRefusedError(f"No such payout: {after!r}")
        rest = every[ids.index(after) + 1 :] if after is not None else every
        items = tuple(rest[:limit])
        return PayoutPage(items, items[-1].id if len(rest) > limit else None)

    def onboard(self, account_id: str) -> None:
        """Let the owner answer everything."""
        self._change(
            account_id,
            charges_enabled=True,
            payouts_enabled=True,
            details_submitted=True,
            transfers_enabled=True,
            requirements=Requirements(),
        )

    def disable(self, account_id: str, *fields: str, deadline: datetime | None = None) -> None:
        """Let the provider stop charges, since `fields` were not answered in time."""
        self._change(
            account_id,
            charges_enabled=False,
            payouts_enabled=False,
            transfers_enabled=False,
            requirements=Requirements(
                currently_due=fields, past_due=fields, deadline=deadline, disabled_reason="requirements.past_due"
            ),
        )

    def revoke(self, account_id: str) -> None:
        """Let the owner take the permission back."""
        self._revoked.add(account_id)

    def _change(self, account_id: str, **changes: object) -> None:
        self._accounts[account_id] = replace(self._known(account_id), **changes)  # type: ignore[arg-type]  # any member

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise ProviderUnavailableError("The provider is away.")

    def _known(self, account_id: str) -> ProviderAccount:
        if account_id not in self._accounts or account_id in self._revoked:
            raise AccountGoneError(f"Account {account_id} cannot be used.")
        return self._accounts[account_id]
