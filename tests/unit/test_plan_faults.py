"""What a document that is no plan is told: every fault and every oddity, word for word, each with its pointer."""

from typing import Any

import pytest

from core.seating.errors import InvalidPlanError
from core.seating.plan_import import read_plan
from core.shared.errors import Problem
from tests.layout_builders import a_plan_of, a_seat, a_zone

PLAIN = a_zone("A", a_seat("a-1"))
A_TEXT: list[Any] = ["zone"]

FAULTS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "members of the plan": (
        a_plan_of(
            PLAIN,
            name=None,
            size={"width": "wide"},
            categories=[
                {"name": "Loge"},
                {"name": "Loge"},
                {"name": ""},
                {"name": "x" * 101},
                {"name": "C", "color": "x" * 41},
                7,
            ],
        ),
        [
            ("/name", "name is missing."),
            ("/categories/1/name", "Category 'Loge' is there twice."),
            ("/categories/2/name", "name is empty."),
            ("/categories/3/name", "name is longer than 100 characters."),
            ("/categories/3/name", "Category '' is there twice."),
            ("/categories/4/color", "color is longer than 40 characters."),
            ("/categories/5", "An object belongs here, not a number."),
            ("/categories/5/name", "name is missing."),
            ("/categories/5/name", "Category '' is there twice."),
            ("/size/width", "A number belongs here, not a text."),
            ("/size/height", "height is missing."),
        ],
    ),
    "kinds of values": (
        a_plan_of(PLAIN, name=7, size=[], categories={"a": 1}),
        [
            ("/name", "A text belongs here, not a number."),
            ("/categories", "A list belongs here, not an object."),
            ("/size", "An object belongs here, not a list."),
            ("/size/width", "width is missing."),
            ("/size/height", "height is missing."),
        ],
    ),
    "zones": (
        a_plan_of(
            PLAIN,
            {"name": True, "zone_id": [], "uuid": {}, "position": None, "rows": None, "areas": 1.5},
            {"zone_id": "x" * 101},
            *A_TEXT,
        ),
        [
            ("/zones/1/uuid", "A text belongs here, not an object."),
            ("/zones/1/zone_id", "A text belongs here, not a list."),
            ("/zones/1/name", "A text belongs here, not true or false."),
            ("/zones/1/areas", "A list belongs here, not a number."),
            ("/zones/2/zone_id", "zone_id is longer than 100 characters."),
            ("/zones/2/position", "position is missing."),
            ("/zones/2/rows", "rows is missing."),
            ("/zones/3", "An object belongs here, not a text."),
            ("/zones/3/position", "position is missing."),
            ("/zones/3/rows", "rows is missing."),
        ],
    ),
    "rows": (
        a_plan_of(
            PLAIN,
            a_zone(
                "B",
                rows=[
                    {"row_number": None, "seats": None},
                    {
                        "row_number": "x" * 41,
                        "row_label": "y" * 41,
                        "seat_label": "z" * 101,
                        "row_number_position": "middle",
                        "position": {"x": 1e10, "y": True},
                        "seats": [],
                    },
                    {"row_number": "a\nb"},
                ],
            ),
        ),
        [
            ("/zones/1/rows/0/row_number", "row_number is missing."),
            ("/zones/1/rows/1/row_number", "row_number is longer than 40 characters."),
            ("/zones/1/rows/1/row_label", "row_label is longer than 40 characters."),
            ("/zones/1/rows/1/seat_label", "seat_label is longer than 100 characters."),
            ("/zones/1/rows/1/row_number_position", "One of both, end, start belongs here."),
            ("/zones/1/rows/1/position/x", "x is too large."),
            ("/zones/1/rows/1/position/y", "A number belongs here, not true or false."),
            ("/zones/1/rows/2/row_number", "row_number has control characters."),
            ("/zones/1/rows/2/seats", "seats is missing."),
        ],
    ),
    "seats": (
        a_plan_of(
            PLAIN,
            a_zone(
                "B",
                {"seat_guid": "", "seat_number": None, "category": "Loge", "position": None},
                a_seat("a-1", radius="r", start_direction="<<<", accessible="yes"),
                {"seat_guid": "x" * 201, "seat_number": "y" * 41, "category": "z" * 101, "position": {"y": None}},
            ),
        ),
        [
            ("/zones/1/rows/0/seats/0/seat_guid", "seat_guid is empty."),
            ("/zones/1/rows/0/seats/0/seat_number", "seat_number is missing."),
            ("/zones/1/rows/0/seats/0/category", "Seat '' is in the category 'Loge', which the plan does not define."),
            ("/zones/1/rows/0/seats/1/seat_guid", "Seat id 'a-1' is used twice, first at /zones/0/rows/0/seats/0."),
            ("/zones/1/rows/0/seats/1/radius", "A number belongs here, not a text."),
            ("/zones/1/rows/0/seats/1/start_direction", "start_direction is longer than 2 characters."),
            ("/zones/1/rows/0/seats/1/accessible", "true or false belongs here, not a text."),
            ("/zones/1/rows/0/seats/2/seat_guid", "seat_guid is longer than 200 characters."),
            ("/zones/1/rows/0/seats/2/seat_number", "seat_number is longer than 40 characters."),
            ("/zones/1/rows/0/seats/2/category", "category is longer than 100 characters."),
            ("/zones/1/rows/0/seats/2/position/x", "x is missing."),
            ("/zones/1/rows/0/seats/2/position/y", "y is missing."),
        ],
    ),
    "what is ours": (
        a_plan_of(
            PLAIN,
            a_zone(
                "B",
                a_seat(
                    "b-1",
                    ours={"label": "x" * 101, "column": 0, "position": {"x": 0}, "table": "t" * 41, "attributes": []},
                ),
                a_seat("b-2", ours={"column": 150_001}),
                ours={
                    "floor": "x" * 101,
                    "zone": "y" * 101,
                    "kind": "ga",
                    "capacity": 0,
                    "ticketId": "x" * 37,
                    "tables": {},
                },
            ),
            **{"x-fairseat": {"focalPoint": [], "ordered": "yes"}},
        ),
        [
            ("/x-fairseat/focalPoint", "An object belongs here, not a list."),
            ("/x-fairseat/focalPoint/x", "x is missing."),
            ("/x-fairseat/focalPoint/y", "y is missing."),
            ("/x-fairseat/ordered", "true or false belongs here, not a text."),
            ("/zones/1/x-fairseat/floor", "floor is longer than 100 characters."),
            ("/zones/1/x-fairseat/zone", "zone is longer than 100 characters."),
            ("/zones/1/x-fairseat/capacity", "A whole number from 1 to 1000000 belongs here."),
            ("/zones/1/x-fairseat/ticketId", "ticketId is longer than 36 characters."),
            ("/zones/1/x-fairseat/capacity", "A zone for general admission says how many people it takes."),
            ("/zones/1/rows", "A zone for general admission has no rows of seats."),
            ("/zones/1/x-fairseat/tables", "A list belongs here, not an object."),
            ("/zones/1/rows/0/seats/0/x-fairseat/label", "label is longer than 100 characters."),
            ("/zones/1/rows/0/seats/0/x-fairseat/column", "A whole number from 1 to 150000 belongs here."),
            ("/zones/1/rows/0/seats/0/x-fairseat/position/y", "y is missing."),
            ("/zones/1/rows/0/seats/0/x-fairseat/table", "table is longer than 40 characters."),
            ("/zones/1/rows/0/seats/0/x-fairseat/attributes", "An object belongs here, not a list."),
            ("/zones/1/rows/0/seats/1/x-fairseat/column", "A whole number from 1 to 150000 belongs here."),
        ],
    ),
    "tables": (
        a_plan_of(
            a_zone(
                "A",
                a_seat("a-1"),
                ours={
                    "tables": [
                        {"name": "T1", "sold": "whole"},
                        {"name": "T1"},
                        {"name": "T2", "sold": "half"},
                        {},
                        {"name": "t" * 41},
                    ],
                    "capacity": 5,
                    "ticketId": "one",
                },
            )
        ),
        [
            ("/zones/0/x-fairseat/ticketId", "The id of a ticket is a UUID."),
            ("/zones/0/x-fairseat/capacity", "Only a zone for general admission has a capacity."),
            ("/zones/0/x-fairseat/ticketId", "Only a zone for general admission has a ticketId."),
            ("/zones/0/x-fairseat/tables/1/name", "Table 'T1' is there twice."),
            ("/zones/0/x-fairseat/tables/2/sold", "One of by_seat, whole belongs here."),
            ("/zones/0/x-fairseat/tables/3/name", "name is missing."),
            ("/zones/0/x-fairseat/tables/4/name", "name is longer than 40 characters."),
            ("/zones/0/x-fairseat/tables/4/name", "Table '' is there twice."),
        ],
    ),
    "general admission": (
        a_plan_of(PLAIN, a_zone("Pit", a_seat("b-1"), ours={"kind": "ga"})),
        [
            ("/zones/1/x-fairseat/capacity", "A zone for general admission says how many people it takes."),
            ("/zones/1/rows", "A zone for general admission has no rows of seats."),
        ],
    ),
    "attributes": (
        a_plan_of(
            a_zone(
                "A",
                a_seat(
                    "a-1",
                    ours={
                        "attributes": {
                            "aisle": "yes",
                            "companionOf": 7,
                            "rake": [1],
                            "far": 1e10,
                            "note": "x" * 201,
                            "": 1,
                            "x" * 41: 1,
                        }
                    },
                ),
                a_seat("a-2", ours={"attributes": {str(n): 1 for n in range(31)}}),
                a_seat("a-3", ours={"attributes": {"companionOf": "x" * 201}}),
            )
        ),
        [
            ("/zones/0/rows/0/seats/0/x-fairseat/attributes/aisle", "true or false belongs here, not a text."),
            ("/zones/0/rows/0/seats/0/x-fairseat/attributes/companionOf", "A text belongs here, not a number."),
            ("/zones/0/rows/0/seats/0/x-fairseat/attributes/rake", "A text belongs here, not a list."),
            ("/zones/0/rows/0/seats/0/x-fairseat/attributes/far", "A text belongs here, not a number."),
            ("/zones/0/rows/0/seats/0/x-fairseat/attributes/note", "note is longer than 200 characters."),
            (
                "/zones/0/rows/0/seats/0/x-fairseat/attributes",
                "The name of an attribute has 1 to 40 printable characters.",
            ),
            (
                "/zones/0/rows/0/seats/0/x-fairseat/attributes",
                "The name of an attribute has 1 to 40 printable characters.",
            ),
            ("/zones/0/rows/0/seats/1/x-fairseat/attributes", "A seat has at most 30 attributes."),
            ("/zones/0/rows/0/seats/2/x-fairseat/attributes/companionOf", "companionOf is longer than 200 characters."),
        ],
    ),
    "companions": (
        a_plan_of(
            a_zone(
                "A",
                a_seat("a-1"),
                a_seat("a-2", ours={"attributes": {"companionOf": "a-1"}}),
                a_seat("a-3", ours={"attributes": {"companionOf": "a-3"}}),
                a_seat("a-4", ours={"attributes": {"companionOf": "a-9"}}),
            )
        ),
        [
            (
                "/zones/0/rows/0/seats/1/x-fairseat/attributes/companionOf",
                "Seat 'a-2' is for the companion of 'a-1', which is no accessible place beside it.",
            ),
            (
                "/zones/0/rows/0/seats/2/x-fairseat/attributes/companionOf",
                "Seat 'a-3' is for the companion of 'a-3', which is no accessible place beside it.",
            ),
            (
                "/zones/0/rows/0/seats/3/x-fairseat/attributes/companionOf",
                "Seat 'a-4' is for the companion of 'a-9', which the plan does not have.",
            ),
        ],
    ),
    "areas": (
        a_plan_of(a_zone("A", a_seat("a-1"), areas=[{"shape": "circle", "circle": {"radius": 1e10}}, 5])),
        [
            (
                "/zones/0/areas/0/circle",
                "circle holds a number or a text that cannot be drawn, or is nested too deeply.",
            ),
            ("/zones/0/areas/1", "An object belongs here, not a number."),
        ],
    ),
}


def told(document: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlanError) as refused:
        read_plan(document, pointer="")
    assert refused.value.message == f"The seating plan has {len(refused.value.problems)} faults."
    return [(problem.pointer, problem.message) for problem in refused.value.problems]


@pytest.mark.parametrize(("document", "problems"), FAULTS.values(), ids=FAULTS)
def test_every_fault_is_told_in_the_order_of_the_document(
    document: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    assert told(document) == problems


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (None, "null"),
        ([], "a list"),
        ("plan", "a text"),
        (True, "true or false"),
        (1, "a number"),
        (1.5, "a number"),
    ],
)
def test_a_plan_is_an_object_with_a_name_categories_and_zones_of_seats(document: object, what: str) -> None:
    missing = [(f"/{member}", f"{member} is missing.") for member in ("name", "categories", "zones")]
    assert told(document) == [
        ("", f"An object belongs here, not {what}."),
        *missing,
        ("/zones", "The plan has no seats."),
    ]
    assert told({}) == [*missing, ("/zones", "The plan has no seats.")]


def test_a_document_is_pointed_into_where_it_stands_in_the_request() -> None:
    with pytest.raises(InvalidPlanError) as refused:
        read_plan(None)
    assert refused.value.problems[0] == Problem("/source/plan", "An object belongs here, not null.")
