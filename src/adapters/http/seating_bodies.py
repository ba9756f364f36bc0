"""What seating says over HTTP: plans, seat maps and holds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from adapters.http.moments import moment
from adapters.http.money import MoneyBody, PriceBody
from adapters.http.seating_sources import SourceBody, source_of
from core.seating.blocking import REASON_LENGTH_MAX, SEATS_PER_BLOCK_MAX
from core.seating.plans import AssignmentMode, OrphanRule, PricingMode
from core.seating.price_tiers import PriceChange
from core.seating.pricing import CHANGES_PER_TIER_MAX, TIER_NAME_LENGTH_MAX, TIERS_MAX, TierRequest
from core.seating.reservations import SEATS_PER_HOLD_MAX
from core.shared.ids import PriceTierId, SeatId, SectionId, TicketId, VenueId
from usecases.seating.plan_drafts import PlanFacts
from usecases.seating.source_params import PointBody

type Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
type SeatCount = Annotated[int, Meta(ge=1, le=SEATS_PER_HOLD_MAX)]


class CreatePlanBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A seating plan to be made for a ticket; what is left out is as the ticket and the venue's settings have it.

    `focalPoint` is where everybody looks: best available seats are near it. It goes before the source's own.
    """

    ticket_id: UUID
    venue_id: UUID
    name: Name
    source: SourceBody
    assignment_mode: Literal["manual", "auto"] | None = None
    pricing_mode: Literal["single", "section", "seat"] = "single"
    max_seats_per_order: SeatCount | None = None
    orphan_rule: Literal["off", "warn", "enforce"] | None = None
    focal_point: PointBody | None = None

    def facts(self) -> PlanFacts:
        """Return what the use case wants to know."""
        return PlanFacts(
            ticket_id=TicketId(self.ticket_id),
            venue_id=VenueId(self.venue_id),
            name=self.name,
            assignment_mode=AssignmentMode(self.assignment_mode) if self.assignment_mode is not None else None,
            pricing_mode=PricingMode(self.pricing_mode),
            orphan_rule=OrphanRule(self.orphan_rule) if self.orphan_rule is not None else None,
            seats_max_per_order=self.max_seats_per_order,
            source=source_of(self.source),
            focus=self.focal_point.point() if self.focal_point is not None else None,
        )


class PriceChangeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A price from a time on; at that very time it counts already."""

    at: Annotated[datetime, Meta(tz=True, description="RFC 3339, with an offset; it may have passed.")]
    price: PriceBody

    def change(self, pointer: str) -> PriceChange:
        """Return the change; raises UnknownCurrencyError, and InvalidInputError at `pointer`."""
        return PriceChange(moment(self.at, f"{pointer}/at"), self.price.money())


class PriceTierBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A price, and what it is for. A seat's own tier (by id, then by category) goes before its section's.

    `changes` come the earliest first; `price` counts before the first of them. Seats that are held keep their prices.
    """

    name: Annotated[str, Meta(min_length=1, max_length=TIER_NAME_LENGTH_MAX)]
    price: PriceBody
    section_ids: Annotated[tuple[UUID, ...], Meta(max_length=500)] = ()
    seat_ids: Annotated[tuple[UUID, ...], Meta(max_length=150_000)] = ()
    categories: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=100)] = ()
    changes: Annotated[tuple[PriceChangeBody, ...], Meta(max_length=CHANGES_PER_TIER_MAX)] = ()

    def request(self, tier_id: UUID, *, number: int) -> TierRequest:
        """Return the wish for a tier of this new id; `number` is its place in the list, for what is wrong with it.

        Raises UnknownCurrencyError and InvalidInputError.
        """
        return TierRequest(
            id=PriceTierId(tier_id),
            name=self.name,
            price=self.price.money(),
            section_ids=tuple(SectionId(id) for id in self.section_ids),
            seat_ids=tuple(SeatId(id) for id in self.seat_ids),
            categories=self.categories,
            changes=tuple(change.change(f"/{number}/changes/{place}") for place, change in enumerate(self.changes)),
        )


type PriceTierBodies = Annotated[tuple[PriceTierBody, ...], Meta(max_length=TIERS_MAX)]


type SeatIds = Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=SEATS_PER_BLOCK_MAX)]


class BlockBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Seats to be taken off sale; without `until` they stay so until they are unblocked."""

    seat_ids: SeatIds
    reason: Annotated[str, Meta(min_length=1, max_length=REASON_LENGTH_MAX, pattern=r"\S")]
    until: Annotated[datetime, Meta(tz=True, description="RFC 3339, with an offset; in the future.")] | None = None


class UnblockBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Seats to be put back on sale; those that are not blocked stay as they are."""

    seat_ids: SeatIds


class InterventionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The seats that were changed, and the word for their state now."""

    plan_id: UUID
    status: str
    seat_ids: tuple[UUID, ...]
    until: datetime | None


class FindingBody(msgspec.Struct, frozen=True):
    """One fault or oddity: a JSON pointer to it, and what it is."""

    pointer: str
    message: str


class ReportBody(msgspec.Struct, frozen=True):
    """Errors forbid selling from the plan; warnings only look odd."""

    errors: tuple[FindingBody, ...]
    warnings: tuple[FindingBody, ...]


class PlanSectionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A section of a plan. One of the kind `ga` has a capacity and no seats, and is sold by the ticket it names."""

    id: UUID
    name: str
    row_count: int
    column_count: int
    display_order: int
    price_tier_id: UUID | None
    floor: str | None
    zone: str | None
    kind: str
    capacity: int | None
    ticket_id: UUID | None


class PriceChangeView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A price from a time on."""

    at: datetime
    price: MoneyBody


class PriceTierView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A named price: what it is at this moment, and all its changes, those of the past too."""

    id: UUID
    name: str
    price: MoneyBody
    changes: tuple[PriceChangeView, ...]


class CategoryBody(msgspec.Struct, frozen=True):
    """A kind of seats, to which a price tier can be given."""

    name: str
    color: str | None


class PlanBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A seating plan. Sections, tiers and layout are given for one plan, not in lists.

    `versionNumber` counts the published plans of the ticket; a draft has none, and only its layout can be replaced.
    From `accessibleReleasesAt` on, null for never, accessible seats are anybody's.
    While `beingWritten` a long operation writes the plan, and nobody can change it or put it on sale.
    """

    id: UUID
    venue_id: UUID
    ticket_id: UUID
    name: str
    status: str
    assignment_mode: str
    pricing_mode: str
    orphan_rule: str
    max_seats_per_order: int
    max_per_user: int
    price: MoneyBody
    hold_ttl_sec: int
    sections_count: int
    seats_count: int
    ga_capacity: int
    focal_point: PointBody | None
    version_number: int | None
    accessible_releases_at: datetime | None
    being_written: bool
    categories: tuple[CategoryBody, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    sections: tuple[PlanSectionBody, ...] | UnsetType = UNSET
    price_tiers: tuple[PriceTierView, ...] | UnsetType = UNSET
    layout: Mapping[str, object] | UnsetType = UNSET
    report: ReportBody | UnsetType = UNSET


class TableBody(msgspec.Struct, frozen=True):
    """The table that a seat is at, and whether it is sold `by_seat` or `whole`."""

    name: str
    sold: str


class SeatBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A seat of the map; with `?fields=` only the id and the members that were asked for."""

    id: UUID
    label: str | UnsetType = UNSET
    row: str | UnsetType = UNSET
    number: str | UnsetType = UNSET
    column: int | UnsetType = UNSET
    section_id: UUID | UnsetType = UNSET
    status: str | UnsetType = UNSET
    price: MoneyBody | UnsetType = UNSET
    price_tier_id: UUID | UnsetType | None = UNSET
    category: str | UnsetType | None = UNSET
    x: float | UnsetType = UNSET
    y: float | UnsetType = UNSET
    attributes: Mapping[str, str | float] | UnsetType = UNSET
    table: TableBody | UnsetType | None = UNSET


class SeatMapBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All seats of a plan at one moment. `eventId` is where the live map goes on; null while it is away.

    `pricesChangeAt` is when a price changes next by itself, null for never: from then on this map's prices are old.
    """

    plan_id: UUID
    plan_version: int
    prices_change_at: datetime | None
    event_id: str | None
    sections: tuple[PlanSectionBody, ...]
    price_tiers: tuple[PriceTierView, ...]
    seats: tuple[SeatBody, ...]


class HeldSeatBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A seat of a hold, at the price that it was held for."""

    id: UUID
    label: str
    section: str
    section_id: UUID
    row: str
    number: str
    price: MoneyBody


class HoldView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A hold. `holdToken` is shown once, to whoever made it; `endsForGoodAt` is as far as it can be extended."""

    reservation_id: UUID
    plan_id: UUID
    ticket_id: UUID
    status: str
    seats: tuple[HeldSeatBody, ...]
    total: MoneyBody
    expires_at: datetime
    ends_for_good_at: datetime
    order_id: UUID | None
    hold_token: str | None
    adjacent: bool
    explanation: str
