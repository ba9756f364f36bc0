"""Mark verifications whose time has come."""

from contextlib import suppress
from dataclasses import dataclass

from core.resale.errors import VerificationDecidedError
from core.shared.errors import StaleVersionError
from ports.clock import Clock
from ports.resale import ResaleTransactions
from ports.resale.verifications import ExpiredVerifications
from usecases.resale.verification_news import announce

BATCH_MAX = 200


@dataclass(frozen=True, slots=True)
class ExpireVerifications:
    """A sweep that tidies, and tells of it: a verification counts for nothing from its end on, marked or not."""

    transactions: ResaleTransactions
    expired: ExpiredVerifications
    clock: Clock

    async def __call__(self) -> int:
        """Mark up to BATCH_MAX of them, each in a transaction of its own; return how many were found."""
        now = self.clock.now()
        due = await self.expired.due(now=now, verifications_max=BATCH_MAX)
        for tenant_id, verification_id in due:
            # Somebody took it back meanwhile: then there is nothing to mark.
            with suppress(StaleVersionError, VerificationDecidedError):
                async with self.transactions.begin(tenant_id) as tx:
                    stored = await tx.verifications.get(verification_id)
                    ended = stored.expired(now=now)
                    await tx.verifications.save(ended)
                    await announce(tx, stored, ended, now=now)
        return len(due)
