"""Stopping the sales of a plan for an operation that changes its layout, and letting them go on."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from core.seating.plan_change_errors import PlanChangingError
from core.seating.plans import SeatingPlan


def frozen(plan: SeatingPlan, operation_id: UUID, *, now: datetime) -> SeatingPlan:
    """Stop sales for an operation that changes the layout; raises PlanChangingError while another one does."""
    if plan.changing_by == operation_id:
        return plan
    if plan.changing_by is not None:
        raise PlanChangingError
    return replace(plan, changing_by=operation_id, version=plan.version + 1, updated_at=now)


def thawed(plan: SeatingPlan, operation_id: UUID, *, now: datetime) -> SeatingPlan:
    """Let sales go on that this operation stopped; others stay stopped."""
    if plan.changing_by != operation_id:
        return plan
    return replace(plan, changing_by=None, version=plan.version + 1, updated_at=now)


def republished(plan: SeatingPlan, number: int, *, now: datetime) -> SeatingPlan:
    """Publish a layout that was changed as the ticket's version of this number, and let sales go on."""
    return replace(
        plan,
        changing_by=None,
        version_number=number,
        version=plan.version + 1,
        seats_version=plan.seats_version + 1,
        updated_at=now,
    )
