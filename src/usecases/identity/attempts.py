"""How use cases count attempts at guessing."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from core.identity.errors import TooManyAttemptsError
from core.identity.throttling import LIMITS, Guarded, spenders
from ports.clock import Clock
from ports.identity.throttle import Throttle
from ports.ids import IdSource


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was counted, and for whom."""

    id: UUID
    spenders: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Attempts:
    """For the use cases of identity, each before it looks at what was sent."""

    throttle: Throttle
    ids: IdSource
    clock: Clock

    async def begin(self, what: Guarded, *, account: str | None, address: str | None) -> Attempt:
        """Count an attempt at an account, which need not exist, from an address; raises TooManyAttemptsError."""
        attempt = Attempt(self.ids.new(), spenders(what, account=account, address=address))
        wait_s = await self.throttle.take(
            attempt.id, attempt.spenders, window_s=LIMITS[what].window_s, now=self.clock.now()
        )
        if wait_s:
            raise TooManyAttemptsError(wait_s)
        return attempt

    async def forgive(self, attempt: Attempt) -> None:
        """Count it no more: it was right."""
        await self.throttle.give_back(attempt.id, attempt.spenders)
