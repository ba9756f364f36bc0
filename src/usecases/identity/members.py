"""How the use cases about members find their caller."""

from core.identity.errors import OrganisationNotFoundError
from core.identity.organisation import Membership
from core.shared.ids import TenantId
from ports.identity import IdentityTransaction
from ports.published.identity import VerifiedToken
from usecases.identity.grants import account_behind


async def membership_behind(bearer: VerifiedToken, tx: IdentityTransaction, *, tenant_id: TenantId) -> Membership:
    """Return the caller's membership as it is stored now, which a role in an older token may contradict.

    Raises OrganisationNotFoundError for who is no member, and for a staff token of another organisation.
    """
    account_id = account_behind(bearer)
    foreign = bearer.tenant_id is not None and bearer.tenant_id != tenant_id
    membership = None if foreign else await tx.memberships.find(tenant_id, account_id)
    if membership is None:
        raise OrganisationNotFoundError("There is no such organisation, or you are no member of it.")
    return membership
