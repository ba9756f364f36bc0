"""From the core's types of seating to the bodies that are sent."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET

from adapters.http.money import MoneyBody
from adapters.http.seating_bodies import (
    CategoryBody,
    FindingBody,
    HeldSeatBody,
    HoldView,
    PlanBody,
    PlanSectionBody,
    PriceChangeView,
    PriceTierView,
    ReportBody,
)
from core.seating.layout import are_side_by_side
from core.seating.plans import SeatingPlan, Section
from core.seating.price_tiers import PriceTier
from core.seating.reports import Report
from core.seating.reservations import Reservation
from core.shared.errors import Problem
from usecases.seating.source_params import PointBody


def report_body(report: Report) -> ReportBody:
    return ReportBody(_findings(report.errors), _findings(report.warnings))


def _findings(problems: Sequence[Problem]) -> tuple[FindingBody, ...]:
    return tuple(FindingBody(problem.pointer, problem.message) for problem in problems)


def section_bodies(sections: Sequence[Section]) -> tuple[PlanSectionBody, ...]:
    return tuple(
        PlanSectionBody(
            id=section.id,
            name=section.name,
            row_count=section.row_count,
            column_count=section.column_count,
            display_order=section.display_order,
            price_tier_id=section.price_tier_id,
            floor=section.floor,
            zone=section.zone,
            kind=section.kind.value,
            capacity=section.capacity,
            ticket_id=section.ticket_id,
        )
        for section in sections
    )


def tier_views(tiers: Sequence[PriceTier], *, at: datetime) -> tuple[PriceTierView, ...]:
    """Return the tiers with their prices of a moment."""
    return tuple(
        PriceTierView(
            id=tier.id,
            name=tier.name,
            price=MoneyBody.of(tier.price_at(at)),
            changes=tuple(PriceChangeView(at=change.at, price=MoneyBody.of(change.price)) for change in tier.changes),
        )
        for tier in tiers
    )


def plan_body(
    plan: SeatingPlan,
    *,
    sections: Sequence[Section] | None = None,
    tiers: Sequence[PriceTierView] | None = None,
    with_report: bool = False,
) -> PlanBody:
    """Return the plan; with its sections and tiers where they are given, and then with its layout."""
    return PlanBody(
        id=plan.id,
        venue_id=plan.venue_id,
        ticket_id=plan.ticket_id,
        name=plan.name,
        status=plan.status.value,
        assignment_mode=plan.assignment_mode.value,
        pricing_mode=plan.pricing_mode.value,
        orphan_rule=plan.orphan_rule.value,
        max_seats_per_order=plan.seats_max_per_order,
        max_per_user=plan.max_per_user,
        price=MoneyBody.of(plan.ticket_price),
        hold_ttl_sec=plan.hold_ttl_s,
        sections_count=plan.sections_count,
        seats_count=plan.seats_count,
        ga_capacity=plan.ga_capacity,
        focal_point=PointBody(plan.focus.x, plan.focus.y) if plan.focus is not None else None,
        version_number=plan.version_number,
        accessible_releases_at=plan.accessible_releases_at,
        being_written=plan.written_by is not None,
        categories=tuple(CategoryBody(category.name, category.color) for category in plan.categories),
        version=plan.version,
        created_at=plan.created_at,
        updated_at=plan.updated_at,
        sections=section_bodies(sections) if sections is not None else UNSET,
        price_tiers=tuple(tiers) if tiers is not None else UNSET,
        layout=plan.layout if sections is not None else UNSET,
        report=report_body(plan.check()) if with_report else UNSET,
    )


def hold_view(
    reservation: Reservation,
    *,
    hold_token: str | None = None,
    adjacent: bool | None = None,
    explanation: str | None = None,
    warning: str | None = None,
) -> HoldView:
    """Return the hold; the token only to whoever has just made it. Seats that were chosen come with their reason."""
    currency = reservation.currency
    if adjacent is None:
        adjacent = are_side_by_side([(seat.section_id, seat.row, seat.column) for seat in reservation.seats])
    if explanation is None:
        explanation = (
            "The seats that were asked for." if adjacent else "The seats that were asked for, not all together."
        )
    return HoldView(
        reservation_id=reservation.id,
        plan_id=reservation.plan_id,
        ticket_id=reservation.ticket_id,
        status=reservation.status.value,
        seats=tuple(
            HeldSeatBody(
                id=seat.seat_id,
                label=seat.label,
                section=seat.section,
                section_id=seat.section_id,
                row=seat.row,
                number=seat.number,
                price=MoneyBody(amount=seat.price_minor, currency=currency),
            )
            for seat in reservation.seats
        ),
        total=MoneyBody(amount=sum(seat.price_minor for seat in reservation.seats), currency=currency),
        expires_at=reservation.expires_at,
        ends_for_good_at=reservation.ceiling_at,
        order_id=reservation.order_id,
        hold_token=hold_token,
        adjacent=adjacent,
        explanation=explanation if warning is None else f"{explanation} {warning}",
    )
