"""End a session."""

from dataclasses import dataclass

from core.identity.sessions import digest_of
from ports.clock import Clock
from ports.identity import IdentityTransactions


@dataclass(frozen=True, slots=True)
class LogOut:
    """Open to whoever holds a refresh token of the session, spent or not; an unknown one changes nothing.

    Access tokens that are out stay good until they expire, at most 15 minutes.
    """

    identity: IdentityTransactions
    clock: Clock

    async def __call__(self, refresh_token: str) -> None:
        """End the session; ending it twice is fine."""
        async with self.identity.begin() as tx:
            found = await tx.refreshes.lock(digest_of(refresh_token))
            if found is not None:
                family, _ = found
                await tx.refreshes.revoke(family.id, at=self.clock.now())
