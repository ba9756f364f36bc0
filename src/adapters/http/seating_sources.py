"""Where the seats of a plan come from, as a request says it."""

import msgspec

from usecases.seating.plan_sources import FromDocument, PlanSource
from usecases.seating.source_params import (
    ArenaSource,
    ExistingPlanSource,
    GridSource,
    PointBody,
    VenueSectionsSource,
    short_source_of,
)


class DocumentSource(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="format", tag="seating-plan", forbid_unknown_fields=True
):
    """Seats as a document of the seating-plan format tells them; floors, tables and the like stand in `x-fairseat`."""

    plan: dict[str, object]


type SourceBody = GridSource | ArenaSource | VenueSectionsSource | DocumentSource | ExistingPlanSource


class ReplaceSourceBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Another layout for a draft."""

    source: SourceBody
    focal_point: PointBody | None = None


def source_of(body: SourceBody) -> PlanSource:
    """Return the source as the use cases know it; raises InvalidInputError."""
    return FromDocument(body.plan) if isinstance(body, DocumentSource) else short_source_of(body)
