"""Tidy up refresh tokens."""

from dataclasses import dataclass

from ports.clock import Clock
from ports.identity import IdentityTransactions

_FAMILIES_MAX = 500


@dataclass(frozen=True, slots=True)
class ForgetExpiredSessions:
    """Background work. Sessions end by the clock; this only frees the space they took."""

    identity: IdentityTransactions
    clock: Clock

    async def __call__(self) -> int:
        """Delete some expired sessions and return how many; 0 means that none is left."""
        async with self.identity.begin() as tx:
            return await tx.refreshes.forget_expired(now=self.clock.now(), families_max=_FAMILIES_MAX)
