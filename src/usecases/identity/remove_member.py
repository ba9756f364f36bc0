"""End a membership."""

from dataclasses import dataclass

from core.identity.organisation import must_be_removable
from core.shared.ids import AccountId, TenantId
from ports.identity import IdentityTransactions
from ports.published.identity import VerifiedToken
from usecases.identity.members import membership_behind


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """For owners and managers, and for everyone about themselves; one owner always stays."""

    identity: IdentityTransactions

    async def __call__(self, bearer: VerifiedToken, *, organisation_id: TenantId, account_id: AccountId) -> None:
        """End the membership.

        Raises OrganisationNotFoundError, MemberNotFoundError, ForbiddenError, LastOwnerError. Staff tokens that are out
        stay good until they expire, at most 15 minutes.
        """
        async with self.identity.begin(tenant_id=organisation_id) as tx:
            members = await tx.memberships.lock_all(organisation_id)
            remover = await membership_behind(bearer, tx, tenant_id=organisation_id)
            must_be_removable(members, account_id, remover=remover)
            await tx.memberships.remove(organisation_id, account_id)
