"""Act in an organisation."""

from dataclasses import dataclass

from core.identity.access import staff_access
from core.identity.errors import NotAMemberError
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.identity import IdentityTransactions, TokenSigner
from ports.ids import IdSource
from ports.published.identity import VerifiedToken
from usecases.identity.grants import Grant, account_behind, grant_of
from usecases.identity.sign_in_rules import must_be_let_in


@dataclass(frozen=True, slots=True)
class IssueStaffToken:
    """For members of the organisation; the answer to others does not say whether it exists."""

    identity: IdentityTransactions
    signer: TokenSigner
    ids: IdSource
    clock: Clock

    async def __call__(self, bearer: VerifiedToken, *, organisation_id: TenantId) -> Grant:
        """Return an access token with the tenant and the caller's present role.

        Raises NotAMemberError, and TotpNeededHereError where the organisation wants a second factor.
        """
        account_id = account_behind(bearer)
        async with self.identity.begin(account_id=account_id) as tx:
            membership = await tx.memberships.find(organisation_id, account_id)
            if membership is None:
                raise NotAMemberError("You are no member of this organisation.")
            await must_be_let_in(await tx.organisations.find(organisation_id), tx, account_id)
        claims = staff_access(
            token_id=self.ids.new(),
            account_id=account_id,
            tenant_id=membership.tenant_id,
            role=membership.role,
            now=self.clock.now(),
            session_id=bearer.session_id,
        )
        return await grant_of(claims, signer=self.signer)
