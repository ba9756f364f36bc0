"""The parameters and results of `plan-import`, as they are sent and stored."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.seating.errors import InvalidPlanError, InvalidPriceTiersError
from core.seating.layout import PLAN_NAME_LENGTH_MAX, SECTION_NAME_LENGTH_MAX, SECTIONS_MAX
from core.seating.plans import AssignmentMode, OrphanRule, PricingMode, Section
from core.seating.price_tiers import PriceChange
from core.seating.pricing import CHANGES_PER_TIER_MAX, TIER_NAME_LENGTH_MAX, TIERS_MAX, TierRequest
from core.seating.reservations import SEATS_PER_HOLD_MAX
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import PriceTierId, SectionId, TicketId, VenueId
from core.shared.time import utc
from ports.decoding import problem_in
from ports.published.operations import ParamsRefusedError, Values
from usecases.seating.operations.re_pricing_values import Change, Price
from usecases.seating.plan_drafts import PlanFacts
from usecases.seating.plan_sources import PlanSource
from usecases.seating.source_params import (
    ArenaSource,
    ExistingPlanSource,
    GridSource,
    PointBody,
    VenueSectionsSource,
    short_source_of,
)

_FAULTS_NAMED_MAX = 10

type _Name = Annotated[str, Meta(min_length=1, max_length=SECTION_NAME_LENGTH_MAX)]


class _Struct(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Plain JSON."""


class UploadSource(_Struct, frozen=True, tag_field="format", tag="upload"):
    """Seats as a document tells them that was sent to the venue before."""

    document_id: UUID


class TierWish(_Struct, frozen=True):
    """A price tier of the new plan, for sections by their names and for categories of seats."""

    name: Annotated[str, Meta(min_length=1, max_length=TIER_NAME_LENGTH_MAX)]
    price: Price
    sections: Annotated[tuple[_Name, ...], Meta(max_length=SECTIONS_MAX)] = ()
    categories: Annotated[tuple[_Name, ...], Meta(max_length=100)] = ()
    changes: Annotated[tuple[Change, ...], Meta(max_length=CHANGES_PER_TIER_MAX)] = ()

    def request(self, tier_id: UUID, section_ids: Sequence[SectionId]) -> TierRequest:
        """Return the tier as the core knows it; raises UnknownCurrencyError and OverflowError."""
        return TierRequest(
            id=PriceTierId(tier_id),
            name=self.name,
            price=self.price.money(),
            section_ids=tuple(section_ids),
            categories=self.categories,
            changes=tuple(PriceChange(utc(change.at), change.price.money()) for change in self.changes),
        )


class PlanImportParams(_Struct, frozen=True):
    """What is said of the new plan; what is left out is as the ticket and the venue's settings have it."""

    ticket_id: UUID
    name: Annotated[str, Meta(min_length=1, max_length=PLAN_NAME_LENGTH_MAX, pattern=r"\S")]
    source: UploadSource | GridSource | ArenaSource | VenueSectionsSource | ExistingPlanSource
    assignment_mode: Literal["manual", "auto"] | None = None
    pricing_mode: Literal["single", "section", "seat"] = "single"
    max_seats_per_order: Annotated[int, Meta(ge=1, le=SEATS_PER_HOLD_MAX)] | None = None
    orphan_rule: Literal["off", "warn", "enforce"] | None = None
    focal_point: PointBody | None = None
    price_tiers: Annotated[tuple[TierWish, ...], Meta(max_length=TIERS_MAX)] = ()
    venue_sections: bool = False
    activate: bool = False

    def facts(self, venue_id: UUID, source: PlanSource) -> PlanFacts:
        """Return what the plan is made of."""
        return PlanFacts(
            ticket_id=TicketId(self.ticket_id),
            venue_id=VenueId(venue_id),
            name=self.name,
            assignment_mode=AssignmentMode(self.assignment_mode) if self.assignment_mode is not None else None,
            pricing_mode=PricingMode(self.pricing_mode),
            orphan_rule=OrphanRule(self.orphan_rule) if self.orphan_rule is not None else None,
            seats_max_per_order=self.max_seats_per_order,
            source=source,
            focus=self.focal_point.point() if self.focal_point is not None else None,
        )

    def tiers(self, sections: Sequence[Section], ids: Iterator[UUID]) -> list[TierRequest]:
        """Return the price tiers for these sections; raises InvalidPriceTiersError for a name that none of them has."""
        problems: list[Problem] = []
        requests: list[TierRequest] = []
        for number, wish in enumerate(self.price_tiers):
            named: list[SectionId] = []
            for index, name in enumerate(wish.sections):
                found = [section.id for section in sections if section.name == name]
                named += found
                if not found:
                    problems.append(Problem(f"/{number}/sections/{index}", f"The plan has no section {name!r}."))
            requests.append(wish.request(next(ids), named))
        if problems:
            raise InvalidPriceTiersError(problems[0].message, problems)
        return requests


class Found(_Struct, frozen=True):
    """A fault, or what looks odd."""

    pointer: str
    message: str

    @classmethod
    def each(cls, problems: Sequence[Problem]) -> "tuple[Found, ...]":
        """Return them as they are stored."""
        return tuple(cls(problem.pointer, problem.message) for problem in problems)


class ReadPlanResult(_Struct, frozen=True):
    """The result of the first step, and the preview: what the plan will have, and its report.

    `errors` forbid selling from the plan, not writing it. `layout_sha256` tells later steps that it is the same layout.
    """

    name: str
    sections_count: int
    seats_count: int
    ga_capacity: int
    price_tiers: int
    layout_sha256: str
    errors: tuple[Found, ...]
    warnings: tuple[Found, ...]


def params_of(params: Values) -> Values:
    """Return parameters as they are stored; raises ParamsRefusedError and UnknownCurrencyError."""
    try:
        wanted = msgspec.convert(params, PlanImportParams)
        if not isinstance(wanted.source, UploadSource):
            short_source_of(wanted.source)
        for tier in wanted.price_tiers:
            tier.request(UUID(int=0), ())
    except msgspec.ValidationError as error:
        raise ParamsRefusedError(str(error), [problem_in(error, inside="/params")]) from None
    except InvalidInputError as error:
        raise ParamsRefusedError(error.message, in_params(error.problems)) from None
    except OverflowError:
        message = "A time lies outside the years 1 to 9999 in UTC."
        raise ParamsRefusedError(message, [Problem("/params/priceTiers", message)]) from None
    return plain(wanted)


def in_params(problems: Sequence[Problem], *, below: str = "") -> list[Problem]:
    """Return problems of a source with pointers into the parameters; those of a document point into that."""
    return [
        Problem(
            f"/params{below}{each.pointer}" if not each.pointer.startswith("/document") else each.pointer, each.message
        )
        for each in problems
    ]


def plain(value: PlanImportParams | ReadPlanResult) -> Values:
    """Return a value as JSON has it."""
    return msgspec.json.decode(msgspec.json.encode(value), type=dict[str, object])


def with_pointers(error: InvalidPlanError) -> InvalidPlanError:
    """Return it with the first faults in the message, which is all that is stored of an operation that failed."""
    problems = in_params(error.problems)
    named = "; ".join(f"{each.pointer}: {each.message}" for each in problems[:_FAULTS_NAMED_MAX])
    more = len(problems) - _FAULTS_NAMED_MAX
    rest = f"; and {more} more" if more > 0 else ""
    return InvalidPlanError(f"{error.message} {named}{rest}", problems)
