"""A layout that is written and read again is the same layout, wherever it came from."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from adapters.memory.clock import MemoryIds
from core.seating.arena import Arena, lay_out_arena
from core.seating.grid import GaSection, GridSection, lay_out_grid
from core.seating.layout import LayoutDraft, SeatDraft, SectionDraft, with_ids, without_ids
from core.seating.plan_export import write_plan
from core.seating.plan_import import read_plan
from tests.layout_builders import a_plan_of, a_seat, a_zone, documents

HALL = Path(__file__).parents[2] / "src/adapters/embedded/data/riethsporthalle.json"


def again(draft: LayoutDraft) -> LayoutDraft:
    """Return the layout after it was stored, written, sent as JSON and read."""
    layout = with_ids(draft, new_id=MemoryIds().new, price_minor=1)
    stored = without_ids(layout, categories=draft.categories, drawing=draft.drawing, focus=draft.focus)
    return read_plan(json.loads(json.dumps(write_plan("Hall", stored)))).draft


def one_row(*seats: SeatDraft, x: float = 0.0) -> LayoutDraft:
    """Return a layout of one section at this place, with these seats in one row."""
    return LayoutDraft(
        sections=(SectionDraft(name="A", seats=seats),), drawing={"zones": [{"position": {"x": x, "y": x}}]}
    )


def written_row(draft: LayoutDraft) -> dict[str, Any]:
    document: Any = write_plan("Hall", draft)
    row: dict[str, Any] = document["zones"][0]["rows"][0]
    return row


def a_draft(
    number: str = "1", *, column: int = 1, x: float = 0.0, y: float = 0.0, **attributes: str | float
) -> SeatDraft:
    guid = f"a-{column}"
    return SeatDraft(
        guid=guid, label=f"1-{number}", row="1", number=number, column=column, x=x, y=y, attributes=attributes
    )


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


def test_shapes_stay_in_their_own_zone_where_two_have_one_name() -> None:
    circle, text = {"shape": "circle"}, {"shape": "text"}
    plan = a_plan_of(a_zone("A", a_seat("1-1"), areas=[circle]), a_zone("A", a_seat("1-2"), areas=[text]))
    document: Any = write_plan("Hall", read_plan(plan).draft)
    assert [zone["areas"] for zone in document["zones"]] == [[circle], [text]]


@pytest.mark.parametrize(
    ("labels", "pattern"),
    [
        ({"1": "Chair 1", "2": "Chair 2"}, "Chair %s"),
        ({"1": "Box", "2": "Box"}, "Box"),
        ({"": "Box"}, "Box"),
        ({"12": "L" * 98 + "12"}, "L" * 98 + "%s"),
        ({"1": "L" * 99 + "1"}, "L" * 99 + "1"),
        ({"1": "L" * 99 + "1", "2": "L" * 99 + "2"}, None),
        ({"1": "Left", "2": "Right"}, None),
        ({"1": "", "2": ""}, None),
        ({"1": 7.0}, None),
    ],
    ids=["numbered", "alike", "no number", "longest", "%s too long", "too long", "none", "empty", "number"],
)
def test_a_row_has_a_seat_label_where_one_text_names_all_its_seats(
    labels: dict[str, str | float], pattern: str | None
) -> None:
    draft = one_row(*(a_draft(number, column=at, label=label) for at, (number, label) in enumerate(labels.items(), 1)))
    row = written_row(draft)
    assert row.get("seat_label") == pattern
    kept = [{"attributes": {"label": label}} if pattern is None else None for label in labels.values()]
    assert [seat.get("x-fairseat") for seat in row["seats"]] == kept
    assert again(draft).sections == draft.sections


@pytest.mark.parametrize(("direction", "is_told"), [("", False), (">", True), ("<>", True), ("<<>", False)])
def test_a_direction_has_the_formats_member_where_it_fits_there(direction: str, is_told: bool) -> None:
    draft = one_row(a_draft(startDirection=direction))
    [seat] = written_row(draft)["seats"]
    ours = {"attributes": {"startDirection": direction}}
    assert (seat.get("start_direction"), seat.get("x-fairseat")) == ((direction, None) if is_told else (None, ours))
    assert again(draft).sections == draft.sections


def test_a_seat_has_its_exact_position_beside_it_where_the_sum_would_be_a_little_off() -> None:
    draft = one_row(a_draft("1", x=0.3, y=2.5), a_draft("2", column=2, x=2.5, y=0.3), x=1.1)
    assert [seat.get("x-fairseat") for seat in written_row(draft)["seats"]] == [
        {"position": {"x": 0.3, "y": 2.5}},
        {"position": {"x": 2.5, "y": 0.3}},
    ]
    assert again(draft).sections == draft.sections


def test_whole_numbers_are_written_without_a_point() -> None:
    seat = a_draft(x=25.0, y=-0.5, radius=9.0, legroom=80.0, pitch=2.5)
    [written] = written_row(one_row(seat))["seats"]
    told = {name: written[name] for name in ("position", "radius", "x-fairseat")}
    ours = '{"attributes": {"legroom": 80, "pitch": 2.5}}'
    assert json.dumps(told) == f'{{"position": {{"x": 25, "y": -0.5}}, "radius": 9, "x-fairseat": {ours}}}'
