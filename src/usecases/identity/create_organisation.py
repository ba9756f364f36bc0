"""Found an organisation."""

from dataclasses import dataclass

from core.identity.errors import InvalidTokenError
from core.identity.organisation import Organisation
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.identity import IdentityTransactions
from ports.ids import IdSource
from ports.published.identity import OrganisationCreated, VerifiedToken
from usecases.identity.grants import account_behind


@dataclass(frozen=True, slots=True)
class CreateOrganisation:
    """For every account, which becomes the organisation's first owner."""

    identity: IdentityTransactions
    ids: IdSource
    clock: Clock

    async def __call__(self, bearer: VerifiedToken, *, name: str) -> Organisation:
        """Return the new organisation, whose id is its tenant id; raises InvalidInputError, AccountNeededError."""
        account_id = account_behind(bearer)
        now = self.clock.now()
        organisation = Organisation.founded(id=TenantId(self.ids.new()), name=name, now=now)
        event = OrganisationCreated(
            organisation_id=organisation.id, name=organisation.name, owner_account_id=account_id
        )
        async with self.identity.begin(tenant_id=organisation.id, account_id=account_id) as tx:
            if await tx.accounts.by_id(account_id) is None:
                raise InvalidTokenError("The account of this access token does not exist.")
            await tx.organisations.add(organisation)
            await tx.memberships.add(organisation.owned_by(account_id))
            await tx.outbox.add(event, subject=organisation.id, at=now)
        return organisation
