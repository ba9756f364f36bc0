"""Which policies of the organiser hold for a pass."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.resale.law.rights import Collision, RightInForce, collisions, giving_way, rights_in_force
from core.resale.policies.policy import PolicyChain, ResalePolicy
from core.resale.policies.policy_rules import combined
from core.resale.policies.settings import Setting, Target, targets_of
from core.shared.ids import TenantId, TicketId, VenueId
from ports.clock import Clock
from ports.published.ticketing import TicketOnSale
from ports.resale import ResaleTransactions
from ports.resale.rulebook import RulebookSource
from usecases.resale.grounds import Grounds


@dataclass(frozen=True, slots=True)
class Layer:
    """One policy of a chain as it was set, and its members that yield to a right."""

    setting: Setting[ResalePolicy]
    policy: ResalePolicy
    collisions: tuple[Collision, ...]


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """A chain, the widest policy first, and what it comes to under the rights of one rulebook."""

    layers: tuple[Layer, ...]
    policy: ResalePolicy
    rulebook_version: str


@dataclass(frozen=True, slots=True)
class PolicyOf:
    """Open to other use cases, and to everybody in the tenant: what is allowed with a pass is no secret.

    A policy that collides with a right is refused when it is set. One that was set before the right began, or before
    the organisation had a venue at its place, gives way when it is read: the member that collides is left out.
    """

    transactions: ResaleTransactions
    grounds: Grounds
    rulebooks: RulebookSource
    clock: Clock

    async def __call__(self, tenant_id: TenantId, venue_id: VenueId, ticket_id: TicketId) -> PolicyChain:
        """Return the policies that hold for passes of a ticket, each without what it may not take.

        Raises RefusedError for a ticket or a venue that is not the tenant's.
        """
        found = await self._settings(tenant_id, venue_id, ticket_id)
        if not found:
            return ()
        ticket = await self.grounds.ticketing.ticket(tenant_id=tenant_id, ticket_id=ticket_id)
        layers, _ = await self._under_rights(tenant_id, ticket, found)
        return tuple(layer.policy for layer in layers)

    async def effective(self, tenant_id: TenantId, ticket_id: TicketId) -> EffectivePolicy:
        """Return the chain of a ticket with where each policy gives way, and what results; raises as the call does."""
        ticket = await self.grounds.ticketing.ticket(tenant_id=tenant_id, ticket_id=ticket_id)
        found = await self._settings(tenant_id, VenueId(ticket.event.venue_id), ticket_id)
        layers, version = await self._under_rights(tenant_id, ticket, found)
        return EffectivePolicy(tuple(layers), combined(tuple(layer.policy for layer in layers)), version)

    async def _settings(
        self, tenant_id: TenantId, venue_id: VenueId, ticket_id: TicketId
    ) -> Sequence[Setting[ResalePolicy]]:
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.policies.of(targets_of(venue_id, ticket_id))

    async def _under_rights(
        self, tenant_id: TenantId, ticket: TicketOnSale, found: Sequence[Setting[ResalePolicy]]
    ) -> tuple[list[Layer], str]:
        target = Target(ticket_id=TicketId(ticket.ticket_id))
        (ground,) = await self.grounds.of_target(tenant_id, target, ticket)
        now = self.clock.now()
        rulebook = await self.rulebooks.at(now)
        rights = rights_in_force(rulebook, place=ground.place, known=ground.known, on=now.date())
        return [_layer(setting, rights) for setting in found], rulebook.version


def _layer(setting: Setting[ResalePolicy], rights: Sequence[RightInForce]) -> Layer:
    policy = setting.value or ResalePolicy()
    found = collisions(policy, rights)
    return Layer(setting, giving_way(policy, found), found)
