"""End an API key."""

from dataclasses import dataclass

from core.identity.api_keys import must_be_allowed_to_manage_keys
from core.identity.errors import ApiKeyNotFoundError
from core.shared.ids import ApiKeyId, TenantId
from ports.clock import Clock
from ports.identity import ApiKeyCache, IdentityTransactions
from ports.published.identity import VerifiedToken
from usecases.identity.members import membership_behind


@dataclass(frozen=True, slots=True)
class RevokeApiKey:
    """For owners and managers. This process refuses the key at once, others when what they keep is too old."""

    identity: IdentityTransactions
    cache: ApiKeyCache
    clock: Clock

    async def __call__(self, bearer: VerifiedToken, *, organisation_id: TenantId, key_id: ApiKeyId) -> None:
        """End the key; one that was revoked before stays as it was.

        Raises OrganisationNotFoundError, ForbiddenError, ApiKeyNotFoundError.
        """
        async with self.identity.begin(tenant_id=organisation_id) as tx:
            revoker = await membership_behind(bearer, tx, tenant_id=organisation_id)
            must_be_allowed_to_manage_keys(revoker.role)
            key = await tx.api_keys.lock(organisation_id, key_id)
            if key is None:
                raise ApiKeyNotFoundError("The organisation has no such API key.")
            revoked = key.revoked(by=revoker.account_id, now=self.clock.now())
            if revoked != key:
                await tx.api_keys.revoke(revoked)
        self.cache.forget(key_id)
