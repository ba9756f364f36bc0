"""List the organisations of an account."""

from dataclasses import dataclass

from core.identity.organisation import OrganisationRole
from ports.identity import IdentityTransactions
from ports.paging import Page, PageRequest
from ports.published.identity import VerifiedToken
from usecases.identity.grants import account_behind


@dataclass(frozen=True, slots=True)
class ListOrganisations:
    """For every account: the organisations it is a member of, across tenants."""

    identity: IdentityTransactions

    async def __call__(self, bearer: VerifiedToken, page: PageRequest) -> Page[OrganisationRole]:
        """Return a page of organisations with the caller's role in each, oldest first."""
        account_id = account_behind(bearer)
        async with self.identity.begin(account_id=account_id) as tx:
            return await tx.organisations.of_account(account_id, page)
