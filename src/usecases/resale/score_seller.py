"""How much a seller looks like a scalper."""

from dataclasses import dataclass

from core.resale.trust.scalping import HISTORY_OF, Score, score
from core.shared.callers import SELLERS, Caller
from core.shared.ids import AccountId, TenantId
from ports.clock import Clock
from ports.resale import ResaleTransactions

ENTRIES_MAX = 5_000


@dataclass(frozen=True, slots=True)
class ScoreSeller:
    """For staff who may act for customers, with reasons; and for use cases that ask a seller for verifications."""

    transactions: ResaleTransactions
    clock: Clock

    async def explained(self, account_id: AccountId, *, caller: Caller) -> Score:
        """Return the score of an account at the caller's organisation; raises ForbiddenError."""
        caller.must_be_one_of(SELLERS)
        return await self(caller.tenant_id, account_id)

    async def __call__(self, tenant_id: TenantId, account_id: AccountId) -> Score:
        """Return the score from the newest ENTRIES_MAX entries of the last year; 0 for who is not known."""
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            found = await tx.history.of_account(account_id, since=now - HISTORY_OF, entries_max=ENTRIES_MAX)
        return score([kept.entry for kept in found], account_id=account_id, now=now)
