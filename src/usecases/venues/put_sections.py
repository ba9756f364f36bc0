"""Give a venue's layout the sections that it has not, and take them back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from core.shared.errors import InvalidInputError, StaleVersionError
from core.shared.ids import TenantId, VenueId, VenueSectionId
from core.venues.errors import SectionNameTakenError
from core.venues.layout import SectionFacts, VenueSection
from ports.clock import Clock
from ports.published.venues import VenueSectionWish
from ports.venues import VenueTransactions

_VERSION_ADDED = 1
"""Any change of a section by people adds to it."""


@dataclass(slots=True)
class Put:
    """The names of what was added, what was there under its name, and what no layout can have, with the reason."""

    added: list[str] = field(default_factory=list[str])
    kept: list[str] = field(default_factory=list[str])
    left_out: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@dataclass(frozen=True, slots=True)
class PutMissingSections:
    """For operations that a manager of the tenant began. Repeating it changes nothing."""

    transactions: VenueTransactions
    clock: Clock

    async def __call__(self, tenant_id: TenantId, venue_id: VenueId, wishes: Sequence[VenueSectionWish]) -> Put:
        """Add sections with names that the venue has not; raises VenueNotFoundError, StaleVersionError."""
        put, now = Put(), self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            await tx.venues.get(venue_id)
            there = await tx.sections.of_venue(venue_id)
            ids, names = {section.id for section in there}, {section.facts.name for section in there}
            for wish in wishes:
                section_id = VenueSectionId(wish.section_id)
                if section_id in ids:
                    put.added.append(wish.name)
                    continue
                if wish.name in names:
                    put.kept.append(wish.name)
                    continue
                try:
                    facts = _facts_of(wish)
                except InvalidInputError as error:
                    put.left_out.append((wish.name, "; ".join(each.message for each in error.problems)))
                    continue
                section = VenueSection(
                    id=section_id,
                    venue_id=venue_id,
                    facts=facts,
                    version=_VERSION_ADDED,
                    created_at=now,
                    updated_at=now,
                )
                try:
                    await tx.sections.add(section)
                except SectionNameTakenError as error:
                    raise StaleVersionError("The venue's layout was changed at the same moment.") from error
                names.add(wish.name)
                put.added.append(wish.name)
        return put


@dataclass(frozen=True, slots=True)
class TakeBackSections:
    """For the same operations when they are undone. Repeating it changes nothing."""

    transactions: VenueTransactions

    async def __call__(self, tenant_id: TenantId, venue_id: VenueId, ids: Collection[VenueSectionId]) -> int:
        """Forget those of the venue that nobody changed since they were added; return how many there were."""
        async with self.transactions.begin(tenant_id) as tx:
            there = await tx.sections.of_venue(venue_id)
            ours = [section for section in there if section.id in ids and section.version == _VERSION_ADDED]
            return sum([await tx.sections.delete_unchanged(section) for section in ours])


def _facts_of(wish: VenueSectionWish) -> SectionFacts:
    return SectionFacts(
        name=wish.name,
        kind=wish.kind,
        row_count=wish.row_count,
        column_count=wish.column_count,
        position=wish.position,
        display_order=wish.display_order,
        capacity=wish.capacity,
    )
