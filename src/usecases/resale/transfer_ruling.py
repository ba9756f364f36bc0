"""What holds for giving a pass to somebody: the policies, and whether it bears a name."""

from dataclasses import dataclass

from core.resale.law.facts import Where
from core.resale.policies.policy import PolicyChain
from core.resale.policies.settings import Target
from core.resale.transfers.transfer_rules import why_named
from core.shared.ids import TenantId, TicketId, VenueId
from ports.clock import Clock
from ports.resale.rulebook import RulebookSource
from usecases.resale.grounds import Grounds
from usecases.resale.policy_of import PolicyOf


@dataclass(frozen=True, slots=True)
class Ruling:
    """The policies without what they may not take, where the event is, and why a name is needed, if it is."""

    chain: PolicyChain
    place: Where
    why_named: str | None


@dataclass(frozen=True, slots=True)
class RuleOnTransfer:
    """Part of offering and of accepting. No transaction is open while other contexts are asked."""

    policy_of: PolicyOf
    grounds: Grounds
    rulebooks: RulebookSource
    clock: Clock

    async def __call__(self, tenant_id: TenantId, venue_id: VenueId, ticket_id: TicketId) -> Ruling:
        """Return what holds at this moment; raises RefusedError for a venue or a ticket that is not the tenant's."""
        now = self.clock.now()
        chain = await self.policy_of(tenant_id, venue_id, ticket_id)
        ticket = await self.grounds.ticketing.ticket(tenant_id=tenant_id, ticket_id=ticket_id)
        (ground,) = await self.grounds.of_target(tenant_id, Target(ticket_id=ticket_id), ticket)
        rulebook = await self.rulebooks.at(now)
        why = why_named(chain, rulebook, place=ground.place, known=ground.known, on=now.date())
        return Ruling(chain, ground.place, why)
