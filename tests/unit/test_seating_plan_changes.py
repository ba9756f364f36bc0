"""What becomes of a plan with each change: its members, its versions and its time, and what it says against one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from core.seating.drawn import Category, DrawnPlan
from core.seating.errors import PlanPublishedError
from core.seating.places import Point
from core.seating.plans import PlanStatus, SeatingPlan
from core.seating.writing import PlanBeingWrittenError
from core.shared.errors import Problem
from core.shared.ids import OperationId
from tests.seating_world import a_plan

DRAFT, _ = a_plan(status=PlanStatus.DRAFT)
THEN = DRAFT.updated_at + timedelta(hours=1)
WRITTEN_BY = OperationId(UUID(int=7))
BEING_WRITTEN = replace(DRAFT, written_by=WRITTEN_BY)
DRAWN = DrawnPlan(
    sections_count=3,
    seats_count=40,
    ga_capacity=500,
    categories=(Category("Loge"),),
    layout={"name": "New"},
    focus=Point(1.0, 2.0),
    warnings=(Problem("/zones/0", "odd"),),
)


def test_a_plan_that_is_being_written_is_a_draft_and_only_others_have_a_number() -> None:
    with pytest.raises(ValueError, match=r"\Aa plan that is being written is a draft\Z"):
        replace(BEING_WRITTEN, status=PlanStatus.ACTIVE, version_number=1)
    number = r"\Aa plan has a version number as soon as it is no draft, and not before\Z"
    with pytest.raises(ValueError, match=number):
        replace(DRAFT, version_number=1)
    with pytest.raises(ValueError, match=number):
        replace(DRAFT, status=PlanStatus.INACTIVE)


def test_a_written_plan_is_everybodys_and_has_new_seats() -> None:
    written = BEING_WRITTEN.written(now=THEN)
    assert written == replace(DRAFT, version=2, seats_version=2, updated_at=THEN)


def test_a_plan_that_is_being_written_is_not_ready_and_not_changed() -> None:
    assert BEING_WRITTEN.check().errors == (Problem("", "An operation is still writing the plan."),)
    changes: list[Callable[[SeatingPlan], SeatingPlan]] = [
        lambda plan: plan.activate(next_number=1, now=THEN),
        lambda plan: plan.redrawn(DRAWN, now=THEN),
        lambda plan: plan.allotted(now=THEN),
        lambda plan: plan.releasing_accessible(THEN, now=THEN),
        lambda plan: plan.priced(seats_without_tier=0, now=THEN),
    ]
    for change in changes:
        with pytest.raises(PlanBeingWrittenError):
            change(BEING_WRITTEN)


def test_a_redrawn_draft_has_all_that_was_drawn_and_no_price_tier() -> None:
    redrawn = replace(DRAFT, seats_without_tier=0).redrawn(DRAWN, now=THEN)
    assert redrawn == replace(
        DRAFT,
        sections_count=3,
        seats_count=40,
        seats_without_tier=40,
        ga_capacity=500,
        categories=(Category("Loge"),),
        layout={"name": "New"},
        focus=Point(1.0, 2.0),
        warnings=(Problem("/zones/0", "odd"),),
        version=2,
        seats_version=2,
        updated_at=THEN,
    )


@pytest.mark.parametrize("status", [PlanStatus.ACTIVE, PlanStatus.INACTIVE])
def test_a_plan_that_was_published_is_not_redrawn(status: PlanStatus) -> None:
    words = r"\AThe plan was published, so its seats stay as they are\. Make a new draft from it instead\.\Z"
    with pytest.raises(PlanPublishedError, match=words):
        a_plan(status=status)[0].redrawn(DRAWN, now=THEN)


def test_new_allotments_and_a_release_are_a_change_of_the_plan_but_not_of_its_seats() -> None:
    assert DRAFT.allotted(now=THEN) == replace(DRAFT, version=2, updated_at=THEN)
    released = DRAFT.releasing_accessible(THEN, now=THEN)
    assert released == replace(DRAFT, accessible_releases_at=THEN, version=2, updated_at=THEN)
    later = THEN + timedelta(hours=1)
    assert released.releasing_accessible(THEN, now=later) is released
    assert released.releasing_accessible(None, now=later) == replace(DRAFT, version=3, updated_at=later)
