"""List the API keys of an organisation."""

from dataclasses import dataclass

from core.identity.api_keys import ApiKey, must_be_allowed_to_manage_keys
from core.shared.ids import TenantId
from ports.identity import IdentityTransactions
from ports.paging import Page, PageRequest
from ports.published.identity import VerifiedToken
from usecases.identity.members import membership_behind


@dataclass(frozen=True, slots=True)
class ListApiKeys:
    """For owners and managers."""

    identity: IdentityTransactions

    async def __call__(self, bearer: VerifiedToken, page: PageRequest, *, organisation_id: TenantId) -> Page[ApiKey]:
        """Return a page of keys, the oldest first, with those that ended; raises OrganisationNotFoundError."""
        async with self.identity.begin(tenant_id=organisation_id) as tx:
            reader = await membership_behind(bearer, tx, tenant_id=organisation_id)
            must_be_allowed_to_manage_keys(reader.role)
            return await tx.api_keys.of_tenant(organisation_id, page)
