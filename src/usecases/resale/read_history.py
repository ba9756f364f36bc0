"""How a pass changed hands, for its holder and for staff, and whether its chain is whole."""

from dataclasses import dataclass

from core.resale.errors import PassHistoryNotFoundError
from core.resale.history import HistoryEntry, KeptEntry, Lineage, first_broken
from core.shared.callers import SELLERS, Caller
from core.shared.ids import PassId, TenantId
from ports.resale import ResaleTransactions
from ports.resale.history import HistoryStore


@dataclass(frozen=True, slots=True)
class PassHistory:
    """The chain from its first entry on. `broken_at` is the first position that is not as it was written."""

    entries: tuple[KeptEntry, ...]
    broken_at: int | None


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """The present holder of a pass, and staff who may act for customers; to others the pass has no history.

    A history begins when a pass is first offered: with its purchase, which is written then.
    """

    transactions: ResaleTransactions

    async def __call__(self, pass_id: PassId, *, caller: Caller) -> PassHistory:
        """Return the history of a pass, and of the ones before it; raises PassHistoryNotFoundError."""
        history = await self.verified(caller.tenant_id, pass_id)
        holder = history.entries[-1].entry
        holds = holder.to_account == caller.account_id and holder.pass_id == pass_id
        if caller.role not in SELLERS and not holds:
            raise PassHistoryNotFoundError
        return history

    async def verified(self, tenant_id: TenantId, pass_id: PassId) -> PassHistory:
        """Return the history with every hash of it reckoned again; raises PassHistoryNotFoundError."""
        async with self.transactions.begin(tenant_id) as tx:
            lineage_id = await tx.history.lineage_of(pass_id)
            if lineage_id is None:
                raise PassHistoryNotFoundError
            lineage = await tx.history.peek(lineage_id)
            entries = await tx.history.entries(lineage_id)
        # What was added between the two reads is checked when somebody reads next.
        known = entries[: lineage.entries_count]
        return PassHistory(tuple(known), first_broken(known, lineage))


async def begun(history: HistoryStore, purchase: HistoryEntry) -> Lineage:
    """Lock a lineage and return where it ends, after writing how its first pass was bought, unless that stands there.

    Whoever offers a pass, or hands one on, does this first and in the same transaction.
    """
    lineage = await history.lock(purchase.lineage_id)
    return lineage if lineage.entries_count else lineage.after(await history.append(purchase))
