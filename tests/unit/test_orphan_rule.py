"""What a choice that leaves single seats behind is told, and when it is refused: each rule from both sides."""

from dataclasses import replace

import pytest

from adapters.memory.clock import MemoryIds
from core.seating.errors import SeatLeftAloneError
from core.seating.grid import GridSection, lay_out_grid
from core.seating.hall import Hall
from core.seating.hall_masks import HallMasks, mask_of
from core.seating.layout import Layout, with_ids
from core.seating.orphan_rule import judge_choice
from core.seating.plans import ACCESSIBLE, OrphanRule


def a_layout(*sections: GridSection, accessible: frozenset[str] = frozenset()) -> Layout:
    layout = with_ids(lay_out_grid(sections), new_id=MemoryIds().new, price_minor=1000)
    seats = tuple(
        replace(seat, attributes={ACCESSIBLE: "yes"}) if seat.label in accessible else seat for seat in layout.seats
    )
    return replace(layout, seats=seats)


def judged(
    layout: Layout, *chosen: str, taken: str = "", rule: OrphanRule = OrphanRule.ENFORCE, section: int = 0
) -> str | None:
    """Judge a choice in one of the sections; `taken` are labels of it by blanks."""
    own = layout.sections[section].id
    by_label = {seat.label: seat.id for seat in layout.seats if seat.section_id == own}
    masks = HallMasks.of(
        Hall.of(layout.sections, layout.seats), {seat.id: place for place, seat in enumerate(layout.seats)}
    )
    gone = {by_label[label] for label in taken.split()}
    free = mask_of(masks.bits_for(seat.id for seat in layout.seats if seat.id not in gone))
    return judge_choice(masks, free, [by_label[label] for label in chosen], rule=rule)


ROWS = a_layout(GridSection("Stalls", 2, 6))


def test_each_rule_does_what_its_name_says() -> None:
    alone = "R1S2", "R1S3"
    assert judged(ROWS, *alone, rule=OrphanRule.OFF) is None
    assert judged(ROWS, *alone, rule=OrphanRule.WARN) == "Single seats stay behind: Stalls R1S1."
    with pytest.raises(SeatLeftAloneError) as refused:
        judged(ROWS, *alone)
    assert refused.value.message == ("This choice would leave single seats: Stalls R1S1. Take them too, or move along.")


@pytest.mark.parametrize("chosen", [("R1S1", "R1S2"), ("R1S5", "R1S6"), ("R1S3", "R1S4"), ("R1S1",), ("R1S6",)])
def test_a_choice_at_the_end_of_a_row_or_with_two_beside_it_leaves_nobody_alone(chosen: tuple[str, ...]) -> None:
    assert judged(ROWS, *chosen) is None


@pytest.mark.parametrize("chosen", [("R1S2",), ("R1S5",), ("R1S4", "R1S5"), ("R2S2",)])
def test_a_choice_one_seat_from_the_end_leaves_it_alone(chosen: tuple[str, ...]) -> None:
    with pytest.raises(SeatLeftAloneError):
        judged(ROWS, *chosen)


def test_two_groups_of_which_only_the_second_leaves_somebody_alone_are_judged_by_its_size() -> None:
    """The whole row of four is no place for a pair that strands nobody; the three of the other group would find one."""
    layout = a_layout(GridSection("Stalls", 3, 4))
    first_row = "R1S1", "R1S2", "R1S3", "R1S4"
    with pytest.raises(SeatLeftAloneError, match="R2S1"):
        judged(layout, *first_row, "R2S2")
    # Three in a row of four always leave one: there is no better place for them, and for the four there is.
    told = judged(layout, *first_row, "R2S2", "R2S3", "R2S4")
    assert told == "Single seats stay behind: Stalls R2S1."
    with pytest.raises(SeatLeftAloneError, match="R3S1"):
        judged(layout, "R2S2", "R2S3", "R2S4", "R3S2")


def test_a_group_that_leaves_one_alone_behind_it_is_at_fault_too() -> None:
    with pytest.raises(SeatLeftAloneError, match="R1S6"):
        judged(ROWS, "R1S4", "R1S5")
    row = a_layout(GridSection("Stalls", 1, 3))
    assert judged(row, "R1S1", "R1S2") == "Single seats stay behind: Stalls R1S3."
    assert judged(row, "R1S2", "R1S3") == "Single seats stay behind: Stalls R1S1."


def test_a_place_in_another_section_does_not_make_the_choice_avoidable() -> None:
    layout = a_layout(GridSection("Stalls", 1, 3), GridSection("Circle", 1, 8))
    assert judged(layout, "R1S1", "R1S2") == "Single seats stay behind: Stalls R1S3."
    with pytest.raises(SeatLeftAloneError, match="Circle R1S1"):
        judged(layout, "R1S2", "R1S3", section=1)


def test_a_seat_that_was_alone_before_is_not_the_choices_fault() -> None:
    assert judged(ROWS, "R1S3", "R1S4", taken="R1S2") is None
    assert judged(ROWS, "R1S4", taken="R1S5") is None


@pytest.mark.parametrize(("count", "ending"), [(20, "R20S1."), (21, "R20S1 and 1 more."), (23, "R20S1 and 3 more.")])
def test_so_many_single_seats_are_named_and_the_others_counted(count: int, ending: str) -> None:
    layout = a_layout(GridSection("Stalls", count, 3))
    rows = range(1, count + 1)
    told = judged(layout, *(f"R{row}S{column}" for row in rows for column in (2, 3)), rule=OrphanRule.WARN)
    assert told is not None and told.endswith(ending)
    assert told.startswith("Single seats stay behind: Stalls R1S1, Stalls R2S1, Stalls R3S1")


def test_accessible_seats_are_left_alone_and_leave_nobody_alone() -> None:
    layout = a_layout(GridSection("Stalls", 2, 6), accessible=frozenset({"R1S1", "R1S4"}))
    assert judged(layout, "R1S2", "R1S3") is None
    assert judged(layout, "R1S4") is None
