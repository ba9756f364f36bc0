"""Read and declare what rules ask for and nobody but the organiser knows."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.resale.law.declared_facts import DeclaredFacts
from core.resale.policies.settings import Setting, Target
from core.shared.callers import MANAGERS, STAFF, Caller
from ports.clock import Clock
from ports.published.resale import ResaleFactsChanged
from ports.resale import ResaleTransactions
from usecases.resale.grounds import Grounds
from usecases.resale.versions import next_version

CHANGES_MAX = 100


@dataclass(frozen=True, slots=True)
class DeclareFacts:
    """Staff may read; managers may declare, and see who declared what.

    What is declared of a ticket counts before what is declared of its venue.
    """

    transactions: ResaleTransactions
    grounds: Grounds
    clock: Clock

    async def current(self, target: Target, *, caller: Caller) -> Setting[DeclaredFacts] | None:
        """Return the newest version, None for nothing.

        Raises ForbiddenError, and RefusedError for a venue or ticket that is not there.
        """
        caller.must_be_one_of(STAFF)
        await self.grounds.must_be_there(caller.tenant_id, target)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.facts.find(target)

    async def declare(
        self, target: Target, facts: DeclaredFacts, *, expected_version: int, caller: Caller
    ) -> Setting[DeclaredFacts]:
        """Declare facts in place of all before.

        Raises StaleVersionError, ForbiddenError, and RefusedError for a venue or ticket that is not there.
        """
        caller.must_be_one_of(MANAGERS)
        await self.grounds.must_be_there(caller.tenant_id, target)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            stored = await tx.facts.find(target)
            changed = next_version(stored, target, facts, expected_version=expected_version, caller=caller, at=now)
            await tx.facts.put(changed)
            told = ResaleFactsChanged(venue_id=target.venue_id, ticket_id=target.ticket_id, version=changed.version)
            await tx.outbox.add(told, subject=target.ticket_id or target.venue_id or caller.tenant_id, at=now)
        return changed

    async def changes(self, target: Target, *, caller: Caller) -> Sequence[Setting[DeclaredFacts]]:
        """Return the last CHANGES_MAX versions, the newest first.

        Raises ForbiddenError, and RefusedError for a venue or ticket that is not there.
        """
        caller.must_be_one_of(MANAGERS)
        await self.grounds.must_be_there(caller.tenant_id, target)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.facts.changes(target, changes_max=CHANGES_MAX)
