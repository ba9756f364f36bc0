"""A layout that is written and read again is the same layout, wherever it came from."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from adapters.memory.clock import MemoryIds
from core.seating.arena import Arena, lay_out_arena
from core.seating.grid import GaSection, GridSection, lay_out_grid
from core.seating.layout import LayoutDraft, with_ids, without_ids
from core.seating.plan_export import write_plan
from core.seating.plan_import import read_plan
from tests.layout_builders import a_plan_of, a_seat, a_zone, documents

HALL = Path(__file__).parents[2] / "src/adapters/embedded/data/riethsporthalle.json"


def again(draft: LayoutDraft) -> LayoutDraft:
    """Return the layout after it was stored, written, sent as JSON and read."""
    layout = with_ids(draft, new_id=MemoryIds().new, price_minor=1)
    stored = without_ids(layout, categories=draft.categories, drawing=draft.drawing, focus=draft.focus)
    return read_plan(json.loads(json.dumps(write_plan("Hall", stored)))).draft


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_import_then_export_then_import_is_the_identity(document: dict[str, Any]) -> None:
    draft = read_plan(document).draft
    assert again(draft) == draft


@pytest.mark.parametrize(
    "draft",
    [
        lay_out_grid([GridSection("Stalls", 2, 3)]),
        lay_out_grid([GridSection("Stalls 2", 11, 2, "1", "A"), GaSection("Pit", 10), GridSection("Circle", 1, 1)]),
        lay_out_arena(100),
        lay_out_arena(Arena(seats=3_000, sections=50, tiers=3, accessible=60, standing=GaSection("Floor", 500))),
        read_plan(json.loads(HALL.read_text())).draft,
    ],
    ids=["grid", "grid with everything", "arena", "arena with everything", "riethsporthalle"],
)
def test_generated_and_real_layouts_come_back_as_they_were(draft: LayoutDraft) -> None:
    assert again(draft) == draft


def test_a_plain_plan_needs_our_member_only_to_keep_its_order() -> None:
    document = write_plan("Hall", read_plan(a_plan_of(a_zone("A", a_seat("1-1"), a_seat("1-2")))).draft)
    text = json.dumps(document)
    assert text.count("x-fairseat") == 1 and document["x-fairseat"] == {"ordered": True}


def test_what_editors_know_stays_in_their_own_members() -> None:
    row = {"row_number": "1", "row_label": "One", "seat_label": "Chair %s", "row_number_position": "both"}
    seats = [a_seat("1-1", radius=9, start_direction=">"), a_seat("1-2")]
    stage = {"shape": "text", "text": {"text": "Stage", "position": {"x": 0, "y": 0}}}
    zone = a_zone("A", zone_id="a", rows=[{**row, "seats": seats}], areas=[stage], position={"x": 10, "y": 0.5})
    document: Any = write_plan("Hall", read_plan(a_plan_of(zone)).draft)
    [written] = document["zones"]
    assert written["zone_id"] == "a" and written["areas"] == [stage] and written["position"] == {"x": 10, "y": 0.5}
    [back] = written["rows"]
    assert {name: back[name] for name in row} == row
    assert [seat.get("radius") for seat in back["seats"]] == [9, None]
    assert back["seats"][0]["start_direction"] == ">"
    assert back["seats"][0]["position"] == {"x": 25, "y": 0}


def test_a_name_with_control_characters_is_written_so_that_it_can_be_read() -> None:
    document = write_plan("Two\nlines", lay_out_grid([GridSection("A", 1, 1)]))
    assert read_plan(document).name == "Two lines"
