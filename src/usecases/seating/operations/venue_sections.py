"""The sections of a plan that is imported, as sections of the venue's own layout."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, islice
from uuid import UUID

import msgspec

from core.seating.layout import SECTIONS_MAX, Layout
from core.seating.places import SectionKind
from core.seating.plans import Section
from core.seating.writing import Part, ids_of_parts
from core.shared.errors import StaleVersionError
from core.shared.ids import SectionId
from ports.published.operations import StepContext, Values
from ports.published.refusals import RefusedError
from ports.published.venues import PutSections, VenueSectionsApi, VenueSectionWish

_NOWHERE = (0.0, 0.0)


class PutResult(msgspec.Struct, frozen=True, rename="camel"):
    """The names of sections that were added, that the venue had, and that it cannot have, each with the reason."""

    added: tuple[str, ...]
    kept: tuple[str, ...]
    left_out: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class SectionsOfPlan:
    """Part of `plan-import`. Their ids follow from the operation's, so that it takes back its own, and only those."""

    venue: VenueSectionsApi

    async def put(self, context: StepContext, layout: Layout) -> Values:
        """Add those whose names the venue has not; raises StaleVersionError to be tried again, RefusedError."""
        wishes = _wishes(layout, _ids_of(context.operation_id))
        try:
            put = await self.venue.put_missing(tenant_id=context.tenant_id, venue_id=context.venue_id, sections=wishes)
        except RefusedError as refusal:
            if refusal.refusal_code == StaleVersionError.code:
                raise StaleVersionError(refusal.message) from refusal
            raise
        return _told(put)

    async def take_back(self, context: StepContext) -> None:
        """Take away what was added, except for what people changed since."""
        ids = frozenset(_ids_of(context.operation_id))
        await self.venue.take_back(tenant_id=context.tenant_id, venue_id=context.venue_id, section_ids=ids)


def _ids_of(operation_id: UUID) -> list[UUID]:
    return list(islice(ids_of_parts(operation_id, Part.VENUE_SECTION), SECTIONS_MAX))


def _wishes(layout: Layout, ids: Sequence[UUID]) -> list[VenueSectionWish]:
    """Return the sections in their order. Where two have one name, as on two floors, the second is called `A (2)`."""
    corners = _corners(layout)
    names: set[str] = set()
    wishes: list[VenueSectionWish] = []
    every = {section.name for section in layout.sections}
    for section_id, section in zip(ids, layout.sections, strict=False):
        name = section.name
        if name in names:
            name = next(free for n in count(2) if (free := f"{section.name} ({n})") not in names | every)
        names.add(name)
        wishes.append(_wish(section_id, name, section, corners.get(section.id, _NOWHERE)))
    return wishes


def _wish(section_id: UUID, name: str, section: Section, corner: tuple[float, float]) -> VenueSectionWish:
    is_ga = section.kind is SectionKind.GA
    return VenueSectionWish(
        section_id=section_id,
        name=name,
        kind="ga" if is_ga else "seated",
        row_count=section.row_count,
        column_count=section.column_count,
        display_order=section.display_order,
        position=corner,
        capacity=section.capacity if is_ga else None,
    )


def _corners(layout: Layout) -> dict[SectionId, tuple[float, float]]:
    """Return for each section with seats the least x and the least y of them."""
    corners: dict[SectionId, tuple[float, float]] = {}
    for seat in layout.seats:
        x, y = corners.get(seat.section_id, (seat.x, seat.y))
        corners[seat.section_id] = min(x, seat.x), min(y, seat.y)
    return corners


def _told(put: PutSections) -> Values:
    left_out = tuple({"name": each.name, "reason": each.reason} for each in put.left_out)
    result = PutResult(put.added, put.kept, left_out)
    return msgspec.json.decode(msgspec.json.encode(result), type=dict[str, object])
