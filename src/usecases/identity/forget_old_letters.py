"""Tidy up what was mailed long ago."""

from dataclasses import dataclass
from datetime import timedelta

from ports.clock import Clock
from ports.identity import IdentityTransactions
from ports.identity.letters import LetterQueue

_DEAD_KEPT = timedelta(days=30)
_TOKENS_KEPT = timedelta(days=1)
_MANY = 500


@dataclass(frozen=True, slots=True)
class ForgetOldLetters:
    """Background work. Tokens end by the clock; letters that were given up stay for a month, for people to see."""

    identity: IdentityTransactions
    queue: LetterQueue
    clock: Clock

    async def __call__(self) -> int:
        """Delete some of either and return how many; 0 means that none is left."""
        now = self.clock.now()
        async with self.identity.begin() as tx:
            tokens = await tx.mail_tokens.forget_expired(before=now - _TOKENS_KEPT, tokens_max=_MANY)
        return tokens + await self.queue.forget_dead(before=now - _DEAD_KEPT, letters_max=_MANY)
