"""List the members of an organisation."""

from dataclasses import dataclass

from core.identity.organisation import Member
from core.shared.ids import TenantId
from ports.identity import IdentityTransactions
from ports.paging import Page, PageRequest
from ports.published.identity import VerifiedToken
from usecases.identity.members import membership_behind


@dataclass(frozen=True, slots=True)
class ListMembers:
    """For every member of the organisation."""

    identity: IdentityTransactions

    async def __call__(self, bearer: VerifiedToken, page: PageRequest, *, organisation_id: TenantId) -> Page[Member]:
        """Return a page of members by account id; raises OrganisationNotFoundError."""
        async with self.identity.begin(tenant_id=organisation_id) as tx:
            await membership_behind(bearer, tx, tenant_id=organisation_id)
            return await tx.memberships.of_tenant(organisation_id, page)
