"""Add, change and remove the sections of a venue's layout."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.shared.callers import MANAGERS, Caller
from core.shared.errors import StaleVersionError
from core.shared.ids import VenueId, VenueSectionId
from core.venues.errors import SectionNotFoundError
from core.venues.layout import SectionFacts, VenueSection
from ports.clock import Clock
from ports.ids import IdSource
from ports.venues import VenueTransaction, VenueTransactions


@dataclass(frozen=True, slots=True)
class EditLayout:
    """Open to managers. Seating plans are copies: editing the layout changes no plan that was made from it."""

    transactions: VenueTransactions
    clock: Clock
    ids: IdSource

    async def add(self, venue_id: VenueId, facts: SectionFacts, *, caller: Caller) -> VenueSection:
        """Return the new section; raises VenueNotFoundError, SectionNameTakenError, ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        now = self.clock.now()
        section = VenueSection(
            id=VenueSectionId(self.ids.new()),
            venue_id=venue_id,
            facts=facts,
            version=1,
            created_at=now,
            updated_at=now,
        )
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.venues.get(venue_id)
            await tx.sections.add(section)
        return section

    async def change(
        self,
        venue_id: VenueId,
        section_id: VenueSectionId,
        change: Callable[[SectionFacts], SectionFacts],
        *,
        expected_version: int,
        caller: Caller,
    ) -> VenueSection:
        """Return the changed section; raises SectionNotFoundError, StaleVersionError, SectionNameTakenError."""
        caller.must_be_one_of(MANAGERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            section = await self._section_of(tx, venue_id, section_id)
            if section.version != expected_version:
                raise StaleVersionError(f"The section is at version {section.version}; you read {expected_version}.")
            changed = replace(section, facts=change(section.facts), version=section.version + 1, updated_at=now)
            await tx.sections.save(changed)
        return changed

    async def remove(self, venue_id: VenueId, section_id: VenueSectionId, *, caller: Caller) -> None:
        """Forget the section; raises SectionNotFoundError, ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            await self._section_of(tx, venue_id, section_id)
            await tx.sections.delete(section_id)

    async def _section_of(self, tx: VenueTransaction, venue_id: VenueId, section_id: VenueSectionId) -> VenueSection:
        await tx.venues.get(venue_id)
        section = await tx.sections.get(section_id)
        if section.venue_id != venue_id:
            raise SectionNotFoundError("The venue has no such section.")
        return section
