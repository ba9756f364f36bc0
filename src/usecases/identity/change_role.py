"""Give a member another role."""

from dataclasses import dataclass

from core.identity.organisation import Membership, with_role
from core.shared.callers import Role
from core.shared.ids import AccountId, TenantId
from ports.identity import IdentityTransactions
from ports.published.identity import VerifiedToken
from usecases.identity.members import membership_behind


@dataclass(frozen=True, slots=True)
class ChangeRole:
    """For owners and managers; only an owner makes or unmakes owners, and one owner always stays."""

    identity: IdentityTransactions

    async def __call__(
        self, bearer: VerifiedToken, *, organisation_id: TenantId, account_id: AccountId, role: Role
    ) -> Membership:
        """Return the changed membership.

        Raises OrganisationNotFoundError, MemberNotFoundError, ForbiddenError, LastOwnerError. Staff tokens that are out
        keep the old role until they expire, at most 15 minutes.
        """
        async with self.identity.begin(tenant_id=organisation_id) as tx:
            # Locked before the caller's own role is read: two owners must not unmake one another at once.
            members = await tx.memberships.lock_all(organisation_id)
            giver = await membership_behind(bearer, tx, tenant_id=organisation_id)
            changed = with_role(members, account_id, role, giver=giver.role)
            await tx.memberships.set_role(changed)
        return changed
