"""Say how the members of an organisation have to sign in."""

from dataclasses import dataclass

from core.identity.errors import TotpNeededHereError
from core.identity.organisation import Organisation
from core.shared.callers import Role
from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId, TenantId
from ports.identity import IdentityTransaction, IdentityTransactions
from ports.published.identity import VerifiedToken
from usecases.identity.members import membership_behind


@dataclass(frozen=True, slots=True)
class ReadSignInRules:
    """For members."""

    identity: IdentityTransactions

    async def __call__(self, bearer: VerifiedToken, *, organisation_id: TenantId) -> bool:
        """Return whether an authenticator app is needed to act here; raises OrganisationNotFoundError."""
        async with self.identity.begin(tenant_id=organisation_id) as tx:
            await membership_behind(bearer, tx, tenant_id=organisation_id)
            found = await tx.organisations.find(organisation_id)
        return found is not None and found.requires_totp


@dataclass(frozen=True, slots=True)
class SetSignInRules:
    """For owners, who must have an app themselves before they ask it of everybody."""

    identity: IdentityTransactions

    async def __call__(self, bearer: VerifiedToken, *, organisation_id: TenantId, requires_totp: bool) -> None:
        """Store the rule; it is asked whenever somebody begins to act in the organisation.

        Raises OrganisationNotFoundError, ForbiddenError, TotpNeededHereError.
        """
        account_id = AccountId(bearer.account_id)
        async with self.identity.begin(tenant_id=organisation_id, account_id=account_id) as tx:
            member = await membership_behind(bearer, tx, tenant_id=organisation_id)
            if member.role is not Role.OWNER:
                raise ForbiddenError("Only an owner decides how members sign in.")
            if requires_totp:
                await must_have_totp(tx, account_id)
            await tx.organisations.set_requires_totp(organisation_id, required=requires_totp)


async def must_be_let_in(organisation: Organisation | None, tx: IdentityTransaction, account_id: AccountId) -> None:
    """Raise TotpNeededHereError for a member without an authenticator app, where the organisation wants one."""
    if organisation is not None and organisation.requires_totp:
        await must_have_totp(tx, account_id)


async def must_have_totp(tx: IdentityTransaction, account_id: AccountId) -> None:
    """Raise TotpNeededHereError unless the account of the transaction has an app that counts."""
    factor = await tx.totp.find(account_id)
    if factor is None or not factor.counts:
        raise TotpNeededHereError("This needs an authenticator app; add one to your account first.")
