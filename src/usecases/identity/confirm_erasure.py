"""Make sure that a person wants their own account to end, and that it may."""

from dataclasses import dataclass

from core.identity.errors import LastOwnerError
from core.shared.callers import Role
from core.shared.ids import AccountId, TenantId
from ports.identity import IdentityTransactions
from ports.paging import PageRequest
from usecases.identity.attempts import Attempts
from usecases.identity.own_password import ConfirmPassword, must_still_be
from usecases.identity.second_factor import SecondFactor

_PAGE = 100


@dataclass(frozen=True, slots=True)
class ConfirmErasure:
    """For the service that keeps people's own data, on behalf of the person whose token it has."""

    identity: IdentityTransactions
    confirm: ConfirmPassword
    factor: SecondFactor
    attempts: Attempts

    async def __call__(
        self, account_id: AccountId, *, password: str, totp_code: str | None = None, address: str | None = None
    ) -> None:
        """Return when it may end; the code is spent then, and only then.

        Guesses are counted with those at signing in. Raises InvalidTokenError when the account is gone,
        WrongPasswordError, TooManyAttemptsError, TotpRequiredError, TotpWrongError, and LastOwnerError for the only
        owner of an organisation that has other members: they could not run it any more.
        """
        account = await self.confirm.of(account_id, password, address=address)
        attempt = await self.factor.begin(account, totp_code, address=address)
        await self._must_not_leave_others_without_owner(account_id)
        async with self.identity.begin(account_id=account_id) as tx:
            await must_still_be(account, tx)
            await self.factor.spend(account, totp_code, tx)
        if attempt is not None:
            await self.attempts.forgive(attempt)

    async def _must_not_leave_others_without_owner(self, account_id: AccountId) -> None:
        after = None
        while True:
            async with self.identity.begin(account_id=account_id) as tx:
                page = await tx.organisations.of_account(account_id, PageRequest(limit=_PAGE, after=after))
            for each in page.items:
                if each.role is Role.OWNER:
                    await self._must_not_be_the_last(account_id, each.organisation.id, each.organisation.name)
            after = page.next_after
            if after is None:
                return

    async def _must_not_be_the_last(self, account_id: AccountId, tenant_id: TenantId, name: str) -> None:
        async with self.identity.begin(tenant_id=tenant_id) as tx:
            others = [each for each in await tx.memberships.lock_all(tenant_id) if each.account_id != account_id]
        if others and all(each.role is not Role.OWNER for each in others):
            raise LastOwnerError(
                f"You are the only owner of {name}, which has other members; make one of them an owner."
            )
