"""Make an API key."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.identity.api_keys import ApiKey, PresentedKey, must_be_allowed_to_manage_keys, must_leave_room
from core.shared.callers import ApiScope
from core.shared.ids import ApiKeyId, TenantId
from ports.clock import Clock
from ports.identity import ApiKeySecrets, IdentityTransactions
from ports.ids import IdSource
from ports.published.identity import VerifiedToken
from usecases.identity.members import membership_behind


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeApiKey:
    """A new key, and its text, which nobody can ever be shown again."""

    key: ApiKey
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """For owners and managers."""

    identity: IdentityTransactions
    secrets: ApiKeySecrets
    ids: IdSource
    clock: Clock

    async def __call__(
        self,
        bearer: VerifiedToken,
        *,
        organisation_id: TenantId,
        name: str,
        scopes: Sequence[ApiScope],
        expires_at: datetime | None = None,
    ) -> MadeApiKey:
        """Return the new key with its text.

        Raises OrganisationNotFoundError, ForbiddenError, InvalidInputError, and TooManyApiKeysError when the
        organisation has 50 that work.
        """
        now = self.clock.now()
        presented = PresentedKey(id=ApiKeyId(self.ids.new()), secret=self.secrets.new())
        async with self.identity.begin(tenant_id=organisation_id) as tx:
            # Of two who make the fiftieth key at once, the second waits here, and counts the first one's.
            await tx.memberships.lock_all(organisation_id)
            maker = await membership_behind(bearer, tx, tenant_id=organisation_id)
            must_be_allowed_to_manage_keys(maker.role)
            key = ApiKey.issued(
                presented,
                tenant_id=organisation_id,
                name=name,
                scopes=scopes,
                by=maker.account_id,
                now=now,
                expires_at=expires_at,
            )
            must_leave_room(live_keys=await tx.api_keys.live(organisation_id, now=now))
            await tx.api_keys.add(key)
        return MadeApiKey(key=key, text=presented.text)
