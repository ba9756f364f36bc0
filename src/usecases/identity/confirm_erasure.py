"""Make sure that a person wants their own account to end, and that it may."""

from dataclasses import dataclass

from core.identity.errors import LastOwnerError
from core.shared.callers import Role
from core.shared.ids import AccountId, TenantId
from ports.identity import IdentityTransactions
from ports.paging import PageRequest
from ports.published.identity import VerifiedToken
from usecases.identity.own_password import ConfirmPassword

_PAGE = 100


@dataclass(frozen=True, slots=True)
class ConfirmErasure:
    """For the service that keeps people's own data, on behalf of the person whose token it has."""

    identity: IdentityTransactions
    confirm: ConfirmPassword

    async def __call__(self, account_id: AccountId, *, password: str) -> None:
        """Return when it may end.

        Raises WrongPasswordError, TooManyAttemptsError, InvalidTokenError when the account is gone, and LastOwnerError
        for the only owner of an organisation that has other members: they could not run it any more.
        """
        await self.confirm(VerifiedToken(account_id=account_id), password, address=None)
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
