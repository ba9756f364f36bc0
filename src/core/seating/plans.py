"""Seating plans: the seats of one ticket, from draft to sale."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from core.seating.drawn import Category, DrawnPlan, HoldRules
from core.seating.errors import (
    PlanNotActiveError,
    PlanNotReadyError,
    PlanPublishedError,
)
from core.seating.places import Point, SectionKind, Table
from core.seating.reports import Report
from core.seating.writing import PlanBeingWrittenError
from core.shared.errors import Problem, StaleVersionError
from core.shared.ids import OperationId, PlanId, PriceTierId, SeatId, SectionId, TicketId, VenueId
from core.shared.money import Money

ACCESSIBLE = "accessible"
"""A seat with this attribute is kept for those who ask for an accessible one."""


class PlanStatus(StrEnum):
    """Where a plan stands; seats can be held from an active one only."""

    DRAFT = "draft"
    ACTIVE = "active"
    INACTIVE = "inactive"


class AssignmentMode(StrEnum):
    """Who chooses the seats: the buyer, or Fairseat."""

    MANUAL = "manual"
    AUTO = "auto"


class PricingMode(StrEnum):
    """Where prices are meant to come from: the ticket alone, tiers on sections, or tiers on seats."""

    SINGLE = "single"
    SECTION = "section"
    SEAT = "seat"


class OrphanRule(StrEnum):
    """What becomes of a choice that leaves a single seat between taken ones."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the plan; `price_tier_id` prices its seats that have no tier of their own.

    `floor` and `zone` are names of what it stands on and in. A general-admission section has a `capacity` and no seats;
    `ticket_id` is the general-admission ticket that sells it, whose quota says how many places are left.
    """

    id: SectionId
    name: str
    row_count: int
    column_count: int
    display_order: int
    price_tier_id: PriceTierId | None = None
    floor: str | None = None
    zone: str | None = None
    kind: SectionKind = SectionKind.SEATED
    capacity: int | None = None
    ticket_id: TicketId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSeat:
    """A seat as the plan describes it. `column` counts in its row from 1; x and y are in the plan's own units.

    `guid` is the seat's name in the file that it was read from, unique in the plan. `price_minor` counts before the
    first change of its tier's price; the seats of a catalogue have the price of the catalogue's time. `position` is its
    place in the hall; None for all seats of a plan whose order is that of their ids.
    """

    id: SeatId
    section_id: SectionId
    guid: str
    label: str
    row: str
    number: str
    column: int
    category: str | None
    x: float
    y: float
    price_minor: int
    price_tier_id: PriceTierId | None = None
    attributes: Mapping[str, str | float] = field(default_factory=dict[str, str | float])
    table: Table | None = None
    position: int | None = None


def is_accessible(seat: PlannedSeat) -> bool:
    """Tell whether a seat is kept for those who ask for an accessible one."""
    return bool(seat.attributes.get(ACCESSIBLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatingPlan:
    """The plan of one ticket; price and `max_per_user` are the ticket's as they were when the plan was made.

    `version` grows with each change, `seats_version` with those that change seats or prices. `layout` is what drawing
    needs beside the seats, `focus` where everybody looks. A plan is published by its first activation, which gives it
    the next `version_number` of its ticket; from then on its seats and sections stay as they are, unless an operation
    changes it to another version: `changing_by` is that operation, and nothing can be held meanwhile.

    Until `accessible_releases_at`, None for always, accessible seats are for those who ask for them, and companions'
    seats go with them; from that time on both are seats like any other.

    As long as a long operation writes it, `written_by` names that, and the plan is a draft that nobody else may change.
    """

    id: PlanId
    venue_id: VenueId
    ticket_id: TicketId
    name: str
    status: PlanStatus
    assignment_mode: AssignmentMode
    pricing_mode: PricingMode
    orphan_rule: OrphanRule
    seats_max_per_order: int
    max_per_user: int
    ticket_price: Money
    hold_ttl_s: int
    sections_count: int
    seats_count: int
    seats_without_tier: int
    categories: tuple[Category, ...]
    layout: Mapping[str, object]
    warnings: tuple[Problem, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    seats_version: int = 1
    version_number: int | None = None
    ga_capacity: int = 0
    focus: Point | None = None
    accessible_releases_at: datetime | None = None
    written_by: OperationId | None = None
    changing_by: UUID | None = None

    def __post_init__(self) -> None:
        if self.written_by is not None and self.status is not PlanStatus.DRAFT:
            raise ValueError("a plan that is being written is a draft")
        if (self.status is PlanStatus.DRAFT) is not (self.version_number is None):
            raise ValueError("a plan has a version number as soon as it is no draft, and not before")

    @property
    def rules(self) -> HoldRules:
        return HoldRules(
            version=self.version,
            ticket_id=self.ticket_id,
            active=self.status is PlanStatus.ACTIVE and self.changing_by is None,
            seats_max_per_order=self.seats_max_per_order,
            max_per_user=self.max_per_user,
            hold_ttl_s=self.hold_ttl_s,
            currency=self.ticket_price.currency,
            changing=self.status is PlanStatus.ACTIVE and self.changing_by is not None,
        )

    def must_be(self, expected_version: int | None) -> None:
        """Raise StaleVersionError when the caller read another version than this; None means any will do."""
        if expected_version is not None and expected_version != self.version:
            raise StaleVersionError("The plan was changed meanwhile.")

    def must_be_whole(self) -> None:
        """Raise PlanBeingWrittenError as long as an operation writes the plan."""
        if self.written_by is not None:
            raise PlanBeingWrittenError

    def written(self, *, now: datetime) -> Self:
        """Give the plan that an operation wrote to everybody, as a draft like any other."""
        return replace(
            self, written_by=None, version=self.version + 1, seats_version=self.seats_version + 1, updated_at=now
        )

    def check(self) -> Report:
        """Say what forbids selling from the plan, and what looks odd about it."""
        errors: list[Problem] = []
        if self.written_by is not None:
            errors.append(Problem("", "An operation is still writing the plan."))
        warnings = list(self.warnings)
        if self.seats_count == 0:
            errors.append(Problem("/seats", "The plan has no seats."))
        if self.pricing_mode is not PricingMode.SINGLE and self.seats_without_tier:
            if self.ticket_price.amount_minor == 0:
                errors.append(Problem("/priceTiers", f"{self.seats_without_tier} seats have no price."))
            else:
                text = (
                    f"{self.seats_without_tier} seats are in no price tier and cost the ticket's {self.ticket_price}."
                )
                warnings.append(Problem("/priceTiers", text))
        return Report.of(errors, warnings)

    def activate(self, *, next_number: int, now: datetime) -> Self:
        """Put the plan on sale; an active plan stays as it is. Raises PlanNotReadyError with what is wrong.

        `next_number` becomes its version number, unless it was published before: then it keeps the one it has. Raises
        PlanBeingWrittenError too.
        """
        self.must_be_whole()
        if self.status is PlanStatus.ACTIVE:
            return self
        errors = self.check().errors
        if errors:
            raise PlanNotReadyError("The plan cannot go on sale yet.", errors)
        number = next_number if self.version_number is None else self.version_number
        return replace(self, status=PlanStatus.ACTIVE, version_number=number, version=self.version + 1, updated_at=now)

    def must_be_draft(self) -> None:
        """Raise PlanPublishedError when the plan was ever on sale, for then its layout stays as it is.

        And PlanBeingWrittenError while an operation writes it.
        """
        self.must_be_whole()
        if self.status is not PlanStatus.DRAFT:
            raise PlanPublishedError(
                "The plan was published, so its seats stay as they are. Make a new draft from it instead."
            )

    def redrawn(self, drawn: DrawnPlan, *, now: datetime) -> Self:
        """Give a draft another layout, without price tiers; raises PlanPublishedError once it was on sale."""
        self.must_be_draft()
        return replace(
            self,
            sections_count=drawn.sections_count,
            seats_count=drawn.seats_count,
            seats_without_tier=drawn.seats_count,
            ga_capacity=drawn.ga_capacity,
            categories=drawn.categories,
            layout=drawn.layout,
            focus=drawn.focus,
            warnings=drawn.warnings,
            version=self.version + 1,
            seats_version=self.seats_version + 1,
            updated_at=now,
        )

    def deactivate(self, *, now: datetime) -> Self:
        """Take the plan off sale; holds and reservations that live go on. A draft was never on sale."""
        if self.status is PlanStatus.INACTIVE:
            return self
        if self.status is PlanStatus.DRAFT:
            raise PlanNotActiveError("The plan is a draft, so it is not on sale.")
        return replace(self, status=PlanStatus.INACTIVE, version=self.version + 1, updated_at=now)

    def allotted(self, *, now: datetime) -> Self:
        """Record that the allotments were changed; raises PlanBeingWrittenError."""
        self.must_be_whole()
        return replace(self, version=self.version + 1, updated_at=now)

    def accessible_is_released(self, now: datetime) -> bool:
        """Tell whether accessible seats are anybody's; the time of release itself is."""
        return self.accessible_releases_at is not None and now >= self.accessible_releases_at

    def releasing_accessible(self, at: datetime | None, *, now: datetime) -> Self:
        """Let accessible seats be anybody's from a time on, at once where it has passed, or never (None).

        Raises PlanBeingWrittenError.
        """
        self.must_be_whole()
        if at == self.accessible_releases_at:
            return self
        return replace(self, accessible_releases_at=at, version=self.version + 1, updated_at=now)

    def priced(self, *, seats_without_tier: int, now: datetime) -> Self:
        """Record that the price tiers and their changes were replaced; holds made before keep their prices.

        Raises PlanBeingWrittenError.
        """
        self.must_be_whole()
        return replace(
            self,
            seats_without_tier=seats_without_tier,
            version=self.version + 1,
            seats_version=self.seats_version + 1,
            updated_at=now,
        )
