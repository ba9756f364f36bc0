"""Small seating-plan documents for tests, and a Hypothesis strategy for all that such a document can say."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st

GA_TICKET = UUID("01935000-0000-7000-8000-0000000000aa")


def a_seat(guid: str, **changes: Any) -> dict[str, Any]:
    """Return a seat such as A-1-2; `ours` is its extension."""
    number = guid.rpartition("-")[2]
    seat: dict[str, Any] = {
        "seat_guid": guid,
        "seat_number": number,
        "position": {"x": 25 * len(number), "y": 0},
        "category": "",
    }
    if ours := changes.pop("ours", None):
        seat["x-fairseat"] = ours
    return seat | changes


def a_zone(name: str, *seats: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a zone of one row with these seats; `ours` is its extension."""
    zone: dict[str, Any] = {
        "name": name,
        "position": {"x": 0, "y": 0},
        "rows": [{"row_number": "1", "seats": list(seats)}] if seats else [],
    }
    if ours := changes.pop("ours", None):
        zone["x-fairseat"] = ours
    return zone | changes


def a_plan_of(*zones: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a document of these zones."""
    plan = {"name": "Hall", "categories": [], "size": {"width": 100, "height": 50}, "zones": list(zones)}
    return plan | changes


_text = st.sampled_from(
    ["A", "b", "é", "%s", "%", "01", "1", "R2", "R10", "a b", " x", "x/~0", "日本", "-", "1-2", "😀"]
)
_label = st.one_of(st.integers(0, 30).map(str), _text)
_coordinate = st.one_of(st.integers(-2000, 2000), st.floats(-1e6, 1e6, allow_nan=False))
_position = st.fixed_dictionaries({"x": _coordinate, "y": _coordinate})
_attributes = st.fixed_dictionaries(
    {},
    optional={
        "accessible": st.booleans(),
        "restricted_view": st.booleans(),
        "hearing_loop": st.booleans(),
        "aisle": st.booleans(),
        "legroom": st.one_of(_text, st.just(""), _coordinate, st.booleans()),
        "label": _text,
        "radius": _text,
    },
)
_seat_extension = st.fixed_dictionaries(
    {},
    optional={
        "label": _text,
        "column": st.integers(1, 40),
        "table": st.sampled_from(["T1", "T2", "10"]),
        "attributes": _attributes,
    },
)
_area = st.fixed_dictionaries(
    {"shape": st.just("circle"), "circle": st.fixed_dictionaries({"radius": _coordinate})},
    optional={"color": _text, "position": _position},
)


@st.composite
def _seats(draw: st.DrawFn, guids: list[str]) -> dict[str, Any]:
    guid = f"{draw(_text)}{len(guids)}"
    guids.append(guid)
    seat = draw(
        st.fixed_dictionaries(
            {
                "seat_number": st.one_of(_label, st.just("")),
                "position": _position,
                "category": st.sampled_from(["", "Stalls", "Circle"]),
            },
            optional={
                "radius": st.floats(1, 20),
                "start_direction": st.sampled_from(["<", ">", "<>"]),
                "accessible": st.booleans(),
                "x-fairseat": _seat_extension,
            },
        )
    )
    return {**seat, "seat_guid": guid}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Return a document without faults, with rows and zones in any order and of any name."""
    guids: list[str] = []
    zones: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 3))):
        rows = [
            {"seats": draw(st.lists(_seats(guids), max_size=3))}
            | draw(
                st.fixed_dictionaries(
                    {"row_number": st.one_of(_label, st.just(""))},
                    optional={
                        "row_label": _label,
                        "seat_label": st.sampled_from(["Chair %s", "Box", "%s%s"]),
                        "row_number_position": st.sampled_from(["start", "end", "both", None]),
                        "position": _position,
                    },
                )
            )
            for _ in range(draw(st.integers(0, 3)))
        ]
        ours = st.fixed_dictionaries(
            {},
            optional={
                "floor": _label,
                "zone": _label,
                "tables": st.just([{"name": "T1", "sold": "whole"}, {"name": "T2", "sold": "by_seat"}]),
            },
        )
        zone = st.fixed_dictionaries(
            {"position": _position, "rows": st.just(rows), "x-fairseat": ours},
            optional={"name": _label, "zone_id": _text, "areas": st.lists(_area, max_size=2)},
        )
        zones.append(draw(zone))
    if not guids:
        zones[0]["rows"] = [{"row_number": "1", "seats": [draw(_seats(guids))]}]
    if draw(st.booleans()):
        ours_ga = {"kind": "ga", "capacity": 500, "ticketId": str(GA_TICKET), "floor": "0"}
        zones.append({"name": "Pit", "position": {"x": 1.5, "y": 0}, "rows": [], "x-fairseat": ours_ga})
    places = [
        seat["seat_guid"]
        for zone in zones
        for row in zone["rows"]
        for seat in row["seats"]
        if seat.get("accessible") or seat.get("x-fairseat", {}).get("attributes", {}).get("accessible")
    ]
    if places:
        zones[0]["rows"].append(
            {"row_number": "C", "seats": [a_seat("comp", ours={"attributes": {"companionOf": places[0]}})]}
        )
    plan = st.fixed_dictionaries(
        {
            "name": _text,
            "categories": st.just([{"name": "Stalls", "color": "#fff"}, {"name": "Circle"}]),
            "zones": st.just(zones),
        },
        optional={
            "size": st.just({"width": 700.5, "height": 300}),
            "x-fairseat": st.fixed_dictionaries({}, optional={"focalPoint": _position, "ordered": st.booleans()}),
        },
    )
    return draw(plan)
