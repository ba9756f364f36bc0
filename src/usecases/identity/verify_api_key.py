"""Say for whom and what an API key is."""

from dataclasses import dataclass
from functools import partial

from core.identity.api_keys import USE_NOTED_EVERY, ApiKey, PresentedKey, unknown_key
from core.shared.ids import AccountId
from ports.clock import Clock
from ports.identity import ApiKeyCache, IdentityTransactions
from ports.published.identity import VerifiedToken


@dataclass(frozen=True, slots=True)
class VerifyApiKey:
    """For whoever brings a key. A key costs a query now and then only, and a wrong secret of a known key none."""

    identity: IdentityTransactions
    cache: ApiKeyCache
    clock: Clock

    async def __call__(self, text: str) -> VerifiedToken:
        """Return the organisation and the scopes of the key, with the key's own id for an account.

        Raises InvalidTokenError for a text that is no key, for an unknown key, and for one that has ended;
        UnavailableError when that cannot be looked up.
        """
        presented = PresentedKey.parse(text)
        key = await self.cache.get(presented.id, partial(self._read, presented))
        if key is None:
            raise unknown_key()
        key.must_admit(presented, now=self.clock.now())
        return VerifiedToken(
            account_id=key.id,
            tenant_id=key.tenant_id,
            expires_at=key.expires_at,
            scopes=tuple(sorted(key.scopes)),
        )

    async def _read(self, presented: PresentedKey) -> ApiKey | None:
        """Return the key; its use is noted on the way, and so not more often than it is read."""
        now = self.clock.now()
        async with self.identity.begin(account_id=AccountId(presented.id)) as tx:
            key = await tx.api_keys.find(presented.id)
            if key is not None and key.fits(presented) and key.is_live(now=now) and key.use_is_due(now=now):
                await tx.api_keys.note_use(key.id, at=now, every=USE_NOTED_EVERY)
        return key
