"""Read and change the resale policies of an organisation, its venues and its tickets."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.resale.errors import InvalidResalePolicyError, PolicyCollidesError
from core.resale.law.rights import collisions, rights_in_force
from core.resale.policies.policy import ResalePolicy
from core.resale.policies.policy_rules import faults_of
from core.resale.policies.settings import Setting, Target
from core.shared.callers import MANAGERS, STAFF, Caller
from core.shared.errors import Problem
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.published.resale import ResalePolicyChanged
from ports.published.ticketing import TicketOnSale
from ports.resale import ResaleTransactions
from ports.resale.rulebook import RulebookSource
from usecases.resale.grounds import Grounds
from usecases.resale.versions import next_version

CHANGES_MAX = 100


@dataclass(frozen=True, slots=True)
class TunePolicies:
    """Staff may read; managers may change what they have read, and see who changed what.

    A policy that takes a right away is refused, with the rule that gives the right. A ticket's is held against the
    rules of its venue's place, a venue's against those of its own, an organisation's against those of every venue that
    it has; what nobody declared about an event counts as bringing a rule in. `PolicyOf` holds policies against the
    rules again whenever they are read, so that neither a new venue nor a new rule is forgotten.
    """

    transactions: ResaleTransactions
    grounds: Grounds
    rulebooks: RulebookSource
    clock: Clock

    async def current(self, target: Target, *, caller: Caller) -> Setting[ResalePolicy] | None:
        """Return the newest version, None for what was never set.

        Raises ForbiddenError, and RefusedError for a venue or ticket that is not there.
        """
        caller.must_be_one_of(STAFF)
        await self.grounds.must_be_there(caller.tenant_id, target)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.policies.find(target)

    async def change(
        self, target: Target, policy: ResalePolicy, *, expected_version: int, caller: Caller
    ) -> Setting[ResalePolicy]:
        """Set the policy in place of the one before.

        Raises InvalidResalePolicyError, PolicyCollidesError, StaleVersionError, ForbiddenError, and RefusedError for a
        venue or ticket that is not there.
        """
        caller.must_be_one_of(MANAGERS)
        ticket = await self.grounds.ticket_of(caller.tenant_id, target)
        faults = faults_of(policy, currency=ticket.currency if ticket is not None else None)
        if faults:
            raise InvalidResalePolicyError(faults)
        problems = await self._collisions(caller.tenant_id, target, policy, ticket)
        if problems:
            raise PolicyCollidesError(problems)
        return await self._put(target, policy, expected_version=expected_version, caller=caller)

    async def remove(self, target: Target, *, expected_version: int, caller: Caller) -> None:
        """Take the policy back, so that the wider ones hold; nothing happens where there is none.

        Raises StaleVersionError, ForbiddenError, and RefusedError for a venue or ticket that is not there.
        """
        caller.must_be_one_of(MANAGERS)
        await self.grounds.must_be_there(caller.tenant_id, target)
        async with self.transactions.begin(caller.tenant_id) as tx:
            stored = await tx.policies.find(target)
        if stored is not None and stored.value is not None:
            await self._put(target, None, expected_version=expected_version, caller=caller)

    async def changes(self, target: Target, *, caller: Caller) -> Sequence[Setting[ResalePolicy]]:
        """Return the last CHANGES_MAX versions, the newest first.

        Raises ForbiddenError, and RefusedError for a venue or ticket that is not there.
        """
        caller.must_be_one_of(MANAGERS)
        await self.grounds.must_be_there(caller.tenant_id, target)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.policies.changes(target, changes_max=CHANGES_MAX)

    async def _collisions(
        self, tenant_id: TenantId, target: Target, policy: ResalePolicy, ticket: TicketOnSale | None
    ) -> Sequence[Problem]:
        now = self.clock.now()
        rulebook = await self.rulebooks.at(now)
        problems: dict[Problem, None] = {}
        for ground in await self.grounds.of_target(tenant_id, target, ticket):
            rights = rights_in_force(rulebook, place=ground.place, known=ground.known, on=now.date())
            problems |= {Problem(found.pointer, found.message): None for found in collisions(policy, rights)}
        return list(problems)

    async def _put(
        self, target: Target, policy: ResalePolicy | None, *, expected_version: int, caller: Caller
    ) -> Setting[ResalePolicy]:
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            stored = await tx.policies.find(target)
            changed = next_version(stored, target, policy, expected_version=expected_version, caller=caller, at=now)
            await tx.policies.put(changed)
            told = ResalePolicyChanged(venue_id=target.venue_id, ticket_id=target.ticket_id, version=changed.version)
            await tx.outbox.add(told, subject=target.ticket_id or target.venue_id or caller.tenant_id, at=now)
        return changed
