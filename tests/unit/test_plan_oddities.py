"""What looks odd about a plan, word for word, and what a document becomes with all that it can say."""

from typing import Any

import pytest

from core.seating import plan_import
from core.seating.drawn import Category
from core.seating.errors import InvalidPlanError
from core.seating.layout import LayoutDraft, SeatDraft, SectionDraft
from core.seating.places import Point, SectionKind, Table, TableSale
from core.seating.plan_export import write_plan
from core.seating.plan_import import read_plan
from core.seating.reports import Report
from core.shared.errors import Problem
from core.shared.ids import TicketId
from tests.layout_builders import GA_TICKET, a_plan_of, a_seat, a_zone


def test_whatever_looks_odd_is_told_in_the_order_in_which_it_is_read() -> None:
    document = a_plan_of(
        a_zone(
            "A",
            a_seat("a-1", more=1, uuid="u", accessible=True),
            a_seat("a-2", uuid="u", ours={"more": 1, "attributes": {"companion": True}}),
            ours={"more": 1, "tables": [{"name": "T9", "more": 1}, {"name": "T10"}]},
            more=1,
            uuid="u",
            areas=[{"shape": "circle", "more": 1, "uuid": "u"}],
        ),
        a_zone(
            "A",
            position={"x": 0, "y": 0, "z": 0},
            rows=[
                {"row_number": "1", "seats": [a_seat("b-1")], "uuid": "u", "more": 1},
                {"row_number": "1", "seats": [a_seat("b-2")]},
                {"row_number": "2", "seats": []},
                {"row_number": "2", "seats": []},
            ],
        ),
        **{
            "x-fairseat": {"more": 1, "focalPoint": {"x": 0, "y": 0, "z": 0}},
            "more/~": 1,
            "m" * 101: 1,
            "size": {"width": 1, "height": 1, "more": 1},
            "categories": [{"name": "C", "more": 1}],
        },
    )
    warnings = read_plan(document, pointer="").report.warnings
    assert [(problem.pointer, problem.message) for problem in warnings] == [
        ("/more~1~0", "The field 'more/~' is not known and was left out."),
        (f"/{'m' * 100}", f"The field {'m' * 100!r} is not known and was left out."),
        ("/x-fairseat/more", "The field 'more' is not known and was left out."),
        ("/x-fairseat/focalPoint/z", "The field 'z' is not known and was left out."),
        ("/categories/0/more", "The field 'more' is not known and was left out."),
        ("/size/more", "The field 'more' is not known and was left out."),
        ("/zones/0/more", "The field 'more' is not known and was left out."),
        ("/zones/0/x-fairseat/more", "The field 'more' is not known and was left out."),
        ("/zones/0/x-fairseat/tables/0/more", "The field 'more' is not known and was left out."),
        ("/zones/0/areas/0/uuid", "The uuid u is used twice, first at /zones/0."),
        ("/zones/0/areas/0/more", "The field 'more' is not known and was left out."),
        ("/zones/0/rows/0/seats/0/more", "The field 'more' is not known and was left out."),
        ("/zones/0/rows/0/seats/0/uuid", "The uuid u is used twice, first at /zones/0."),
        ("/zones/0/rows/0/seats/1/uuid", "The uuid u is used twice, first at /zones/0."),
        ("/zones/0/rows/0/seats/1/x-fairseat/more", "The field 'more' is not known and was left out."),
        ("/zones/0/x-fairseat", "Table 'T10' has no seats."),
        ("/zones/0/x-fairseat", "Table 'T9' has no seats."),
        ("/zones/1/name", "There are two zones called 'A'."),
        ("/zones/1/position/z", "The field 'z' is not known and was left out."),
        ("/zones/1/rows/0/more", "The field 'more' is not known and was left out."),
        ("/zones/1/rows/0/uuid", "The uuid u is used twice, first at /zones/0."),
        ("/zones/1/rows/1/row_number", "Zone 'A' has two rows called '1'."),
        ("/zones/0/rows/0/seats/1/x-fairseat/attributes", "Seat 'a-2' does not say whose companion sits there."),
        ("/zones/0/rows/0/seats/0", "The accessible place 'a-1' has no companion's seat."),
    ]


FULL: dict[str, Any] = {
    "name": "N" * 120,
    "size": {"width": 300, "height": 200.5},
    "categories": [{"name": "C" * 100, "color": "c" * 40}, {"name": "Loge"}],
    "zones": [
        {
            "zone_id": "Z" * 100,
            "name": "A",
            "uuid": "u" * 200,
            "position": {"x": 100, "y": 50},
            "areas": [
                {
                    "shape": "circle",
                    "circle": {"radius": 5},
                    "color": "red",
                    "border_color": "blue",
                    "rotation": 1,
                    "position": {"x": 1, "y": 2},
                }
            ],
            "rows": [
                {
                    "row_number": "r" * 40,
                    "row_label": "R" * 40,
                    "seat_label": "Chair %s",
                    "row_number_position": "both",
                    "position": {"x": 0.5, "y": 0.25},
                    "seats": [
                        {
                            "seat_guid": "g" * 200,
                            "seat_number": "n" * 40,
                            "position": {"x": 1, "y": 2},
                            "category": "Loge",
                            "radius": 7,
                            "start_direction": "<>",
                            "accessible": True,
                        },
                        {
                            "seat_guid": "a-2",
                            "seat_number": "2",
                            "position": {"x": 26, "y": 2},
                            "category": "",
                            "x-fairseat": {
                                "label": "L" * 100,
                                "column": 150_000,
                                "position": {"x": -1, "y": -2.5},
                                "table": "t" * 40,
                                "attributes": {"companionOf": "g" * 200, "aisle": True, "n" * 40: "v" * 200},
                            },
                        },
                    ],
                },
                {
                    "row_number": "",
                    "seats": [
                        {"seat_guid": "a-3", "seat_number": "3", "position": {"x": 0, "y": 9}, "category": ""},
                        {"seat_guid": "a-4", "seat_number": "", "position": {"x": 0, "y": 8}, "category": ""},
                    ],
                },
            ],
            "x-fairseat": {
                "floor": "f" * 100,
                "zone": "z" * 100,
                "tables": [{"name": "t" * 40, "sold": "whole"}],
            },
        },
        {
            "position": {"x": 0, "y": 0},
            "rows": [],
            "x-fairseat": {"kind": "ga", "capacity": 1_000_000, "ticketId": str(GA_TICKET)},
        },
    ],
    "x-fairseat": {"focalPoint": {"x": 150, "y": -10}, "ordered": True},
}

A_TABLE = Table("t" * 40, TableSale.WHOLE)
DRAFT = LayoutDraft(
    sections=(
        SectionDraft(
            name="A",
            floor="f" * 100,
            zone="z" * 100,
            seats=(
                SeatDraft(
                    guid="g" * 200,
                    label=f"{'R' * 40}-{'n' * 40}",
                    row="R" * 40,
                    number="n" * 40,
                    column=1,
                    category="Loge",
                    x=101.5,
                    y=52.25,
                    attributes={
                        "radius": 7.0,
                        "startDirection": "<>",
                        "accessible": "yes",
                        "label": f"Chair {'n' * 40}",
                    },
                ),
                SeatDraft(
                    guid="a-2",
                    label="L" * 100,
                    row="R" * 40,
                    number="2",
                    column=150_000,
                    x=-1.0,
                    y=-2.5,
                    attributes={
                        "label": "Chair 2",
                        "companionOf": "g" * 200,
                        "aisle": "yes",
                        "n" * 40: "v" * 200,
                        "companion": "yes",
                    },
                    table=A_TABLE,
                ),
                SeatDraft(guid="a-3", label="3", row="", number="3", column=1, x=100.0, y=59.0),
                SeatDraft(guid="a-4", label="a-4", row="", number="", column=2, x=100.0, y=58.0),
            ),
        ),
        SectionDraft(name="Zone 2", kind=SectionKind.GA, capacity=1_000_000, ticket_id=TicketId(GA_TICKET)),
    ),
    categories=(Category("C" * 100, "c" * 40), Category("Loge")),
    drawing={
        "size": {"width": 300.0, "height": 200.5},
        "areas": [
            {
                "section": "A",
                "zone": 0,
                "origin": {"x": 100.0, "y": 50.0},
                "shape": FULL["zones"][0]["areas"][0],
            }
        ],
        "zones": [
            {
                "rows": {"R" * 40: {"number": "r" * 40, "numberPosition": "both"}},
                "id": "Z" * 100,
                "position": {"x": 100.0, "y": 50.0},
            },
            {},
        ],
    },
    focus=Point(150.0, -10.0),
)


def test_a_document_becomes_a_layout_with_all_that_it_says() -> None:
    plan = read_plan(FULL)
    assert (plan.name, plan.draft, plan.report) == ("N" * 120, DRAFT, Report())


def test_a_layout_becomes_a_document_with_all_that_it_has() -> None:
    first, second = FULL["zones"][0]["rows"]
    row = {key: first[key] for key in ("row_number", "row_label", "seat_label", "row_number_position")}
    one = first["seats"][0] | {"position": {"x": 1.5, "y": 2.25}}
    del one["accessible"]
    one["x-fairseat"] = {"attributes": {"accessible": True}}
    two = first["seats"][1] | {"position": {"x": -101, "y": -52.5}}
    two["x-fairseat"] = {
        "label": "L" * 100,
        "column": 150_000,
        "table": "t" * 40,
        "attributes": {"companionOf": "g" * 200, "aisle": True, "n" * 40: "v" * 200, "companion": True},
    }
    zone = {key: value for key, value in FULL["zones"][0].items() if key not in {"uuid", "rows"}}
    zone["rows"] = [row | {"seats": [one, two]}, second]
    assert write_plan("N" * 120, DRAFT) == FULL | {"zones": [zone, FULL["zones"][1] | {"name": "Zone 2"}]}


def test_a_layout_that_was_never_drawn_is_as_large_as_its_seats_and_its_shapes_stand_in_their_sections() -> None:
    seat = SeatDraft(guid="a", label="1-1", row="1", number="1", column=1, x=30.0, y=10.0)
    shapes: list[dict[str, object]] = [
        {"section": "B", "shape": {"shape": "text"}},
        {"section": "C", "shape": {"shape": "circle"}},
    ]
    sections = SectionDraft(name="A", seats=(seat,)), SectionDraft(name="B")
    bare: dict[str, Any] = write_plan("Hall", LayoutDraft(sections=sections))
    assert bare["size"] == {"width": 55, "height": 35}
    assert [zone.keys() for zone in bare["zones"]] == [{"name", "position", "rows"}] * 2
    drawn: dict[str, Any] = write_plan("Hall", LayoutDraft(sections=sections, drawing={"areas": shapes}))
    assert [zone["areas"] for zone in drawn["zones"]] == [[{"shape": "circle"}], [{"shape": "text"}]]


def test_limits_are_met_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    attributes: dict[str, Any] = {str(number): "" for number in range(10)} | {f"n{number}": 1 for number in range(20)}
    plan = a_plan_of(
        a_zone("A", a_seat("a-1", ours={"attributes": attributes})),
        categories=[{"name": str(number)} for number in range(100)],
    )
    [section] = read_plan(plan).draft.sections
    assert section.seats[0].attributes == attributes
    with pytest.raises(InvalidPlanError) as refused:
        read_plan(plan | {"categories": [{"name": str(number)} for number in range(101)]}, pointer="")
    assert list(refused.value.problems) == [Problem("/categories", "categories has more than 100 entries.")]
    monkeypatch.setattr(plan_import, "SEATS_MAX", 2)
    two = a_zone("A", a_seat("a-1")), a_zone("B", a_seat("b-1"))
    assert read_plan(a_plan_of(*two)).draft.seats_count == 2
    with pytest.raises(InvalidPlanError) as refused:
        read_plan(a_plan_of(*two, a_zone("C", a_seat("c-1"))), pointer="")
    many = Problem("/zones", "A plan has at most 2 seats, and this one has 3.")
    assert list(refused.value.problems) == [many]
