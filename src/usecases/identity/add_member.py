"""Make someone a member of an organisation."""

from dataclasses import dataclass

from core.identity.errors import AccountNotFoundError
from core.identity.organisation import Member, Membership, must_be_allowed_to_give
from core.shared.callers import Role
from core.shared.emails import Email
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.identity import IdentityTransactions
from ports.published.identity import VerifiedToken
from usecases.identity.members import membership_behind


@dataclass(frozen=True, slots=True)
class AddMember:
    """For owners and managers; only an owner makes owners."""

    identity: IdentityTransactions
    clock: Clock

    async def __call__(self, bearer: VerifiedToken, *, organisation_id: TenantId, email: str, role: Role) -> Member:
        """Return the new member.

        Raises OrganisationNotFoundError, ForbiddenError, InvalidInputError, AccountNotFoundError when nobody has
        registered with the e-mail and verified it, and AlreadyMemberError (a role is changed, not given twice).
        """
        parsed = Email.parse(email)
        async with self.identity.begin(tenant_id=organisation_id) as tx:
            giver = await membership_behind(bearer, tx, tenant_id=organisation_id)
            must_be_allowed_to_give(role, giver=giver.role)
            account = await tx.accounts.by_email(parsed)
            if account is None or account.email_verified_at is None:  # else whoever opened it first would get the role
                raise AccountNotFoundError("Nobody has confirmed this e-mail address as theirs; they must do so first.")
            membership = Membership(
                tenant_id=organisation_id, account_id=account.id, role=role, created_at=self.clock.now()
            )
            await tx.memberships.add(membership)
        return Member(membership=membership, display_name=account.display_name, email=account.email.address)
