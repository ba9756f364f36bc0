"""What a document can say beyond rows of seats: floors, zones, general admission, tables, attributes, a focus."""

from typing import Any
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryIds
from core.seating.attributes import companions_of, place_of
from core.seating.checks import size_warnings
from core.seating.errors import InvalidPlanError, InvalidPriceTiersError
from core.seating.hall import Hall
from core.seating.layout import GA_CAPACITY_MAX, Layout, LayoutDraft, with_ids
from core.seating.places import Point, SectionKind, Table, TableSale
from core.seating.plan_import import read_plan
from core.seating.pricing import TierRequest, price_layout
from core.seating.reports import Report
from core.seating.tables import incomplete_tables, whole_tables
from core.shared.errors import Problem
from core.shared.ids import PriceTierId, SeatId
from core.shared.money import Money
from tests.layout_builders import GA_TICKET, a_plan_of, a_seat, a_zone


def draft_of(*zones: dict[str, Any], **changes: Any) -> LayoutDraft:
    return read_plan(a_plan_of(*zones, **changes), pointer="").draft


def report_of(*zones: dict[str, Any]) -> Report:
    return read_plan(a_plan_of(*zones), pointer="").report


def fault_pointers(*zones: dict[str, Any], **changes: Any) -> list[str]:
    with pytest.raises(InvalidPlanError) as refused:
        draft_of(*zones, **changes)
    return [problem.pointer for problem in refused.value.problems]


def laid_out(draft: LayoutDraft) -> Layout:
    return with_ids(draft, new_id=MemoryIds().new, price_minor=1000)


class TestFloorsAndZones:
    def test_sections_sort_naturally_by_floor_then_zone_then_name(self) -> None:
        places = [("10", "A", "1"), ("2", "B", "10"), ("2", "B", "9"), ("2", "A", "30"), (None, None, "99")]
        zones = [
            a_zone(name, a_seat(f"{at}-1"), ours={"floor": floor, "zone": zone})
            for at, (floor, zone, name) in enumerate(places)
        ]
        sections = draft_of(*zones).sections
        assert [(section.floor, section.zone, section.name) for section in sections] == [
            (None, None, "99"),
            ("2", "A", "30"),
            ("2", "B", "9"),
            ("2", "B", "10"),
            ("10", "A", "1"),
        ]

    def test_an_ordered_plan_is_left_in_its_order(self) -> None:
        zones = a_zone("2", a_seat("b-1")), a_zone("1", a_seat("a-1"))
        ordered = draft_of(*zones, **{"x-fairseat": {"ordered": True}})
        assert [section.name for section in ordered.sections] == ["2", "1"]

    def test_two_zones_of_one_name_stay_two_sections_and_look_odd(self) -> None:
        zones = a_zone("A", a_seat("a-1")), a_zone("A", a_seat("b-1"))
        assert [len(section.seats) for section in draft_of(*zones).sections] == [1, 1]
        assert [problem.pointer for problem in report_of(*zones).warnings] == ["/zones/1/name"]


class TestGeneralAdmission:
    seated = a_zone("A", a_seat("a-1"))

    def test_a_zone_for_general_admission_has_a_capacity_and_a_ticket_and_no_seats(self) -> None:
        pit = a_zone("Pit", ours={"kind": "ga", "capacity": 300, "ticketId": str(GA_TICKET)})
        draft = draft_of(self.seated, pit)
        section = draft.sections[1]
        assert (section.kind, section.capacity, section.ticket_id) == (SectionKind.GA, 300, GA_TICKET)
        assert (draft.seats_count, draft.ga_capacity) == (1, 300)

    @pytest.mark.parametrize(
        ("ours", "pointers"),
        [
            ({"kind": "ga"}, ["capacity"]),
            ({"kind": "ga", "capacity": 0}, ["capacity", "capacity"]),
            ({"kind": "ga", "capacity": GA_CAPACITY_MAX + 1}, ["capacity", "capacity"]),
            ({"kind": "ga", "capacity": True}, ["capacity", "capacity"]),
            ({"kind": "standing"}, ["kind"]),
            ({"kind": "ga", "capacity": 1, "ticketId": "one"}, ["ticketId"]),
            ({"capacity": 1}, ["capacity"]),
            ({"ticketId": str(GA_TICKET)}, ["ticketId"]),
        ],
    )
    def test_faults_are_pointed_at(self, ours: dict[str, Any], pointers: list[str]) -> None:
        found = fault_pointers(self.seated, a_zone("Pit", ours=ours))
        assert found == [f"/zones/1/x-fairseat/{pointer}" for pointer in pointers]

    def test_seats_have_no_place_in_it(self) -> None:
        pit = a_zone("Pit", a_seat("b-1"), ours={"kind": "ga", "capacity": 1})
        assert fault_pointers(self.seated, pit) == ["/zones/1/rows"]

    def test_a_plan_needs_a_seat_beside_it(self) -> None:
        assert fault_pointers(a_zone("Pit", ours={"kind": "ga", "capacity": 1})) == ["/zones"]

    def test_its_capacity_counts_beside_the_seats(self) -> None:
        draft = draft_of(self.seated, a_zone("Pit", ours={"kind": "ga", "capacity": 9, "ticketId": str(GA_TICKET)}))
        assert size_warnings(draft, quota=1, venue_capacity=10, seats_max_per_order=1) == []
        [warning] = size_warnings(draft, quota=1, venue_capacity=9, seats_max_per_order=1)
        assert warning == Problem(
            "/seats", "The plan has 1 seats and takes 9 people beside them, and the venue admits 9 people."
        )

    def test_one_that_no_ticket_sells_looks_odd(self) -> None:
        draft = draft_of(self.seated, a_zone("Pit", ours={"kind": "ga", "capacity": 9}))
        [warning] = size_warnings(draft, quota=1, venue_capacity=10, seats_max_per_order=1)
        assert warning.pointer == "/sections/1/ticketId"

    def test_a_price_tier_cannot_price_it(self) -> None:
        layout = laid_out(draft_of(self.seated, a_zone("Pit", ours={"kind": "ga", "capacity": 9})))
        face = Money(1000, "EUR")
        tier = TierRequest(
            id=PriceTierId(uuid4()),
            name="A",
            price=face,
            section_ids=tuple(section.id for section in layout.sections),
        )
        with pytest.raises(InvalidPriceTiersError) as refused:
            price_layout([tier], layout=layout, ticket_price=face)
        assert [problem.pointer for problem in refused.value.problems] == ["/0/sectionIds/1"]


class TestTables:
    @staticmethod
    def banquet() -> LayoutDraft:
        seats = [
            a_seat(f"a-{number}", ours={"table": table})
            for number, table in enumerate(["T1", "T1", "T1", "T2", "T2"], start=1)
        ]
        tables = [{"name": "T1", "sold": "whole"}]
        return draft_of(
            a_zone("A", *seats, a_seat("a-6"), ours={"tables": tables}),
            a_zone("B", a_seat("b-1", ours={"table": "T1"}), ours={"tables": tables}),
        )

    def test_a_table_is_sold_by_seat_unless_it_says_otherwise(self) -> None:
        seats = self.banquet().sections[0].seats
        whole, by_seat = Table("T1", TableSale.WHOLE), Table("T2", TableSale.BY_SEAT)
        assert [seat.table for seat in seats] == [whole, whole, whole, by_seat, by_seat, None]

    def test_a_choice_has_all_seats_of_a_whole_table_or_none(self) -> None:
        layout = laid_out(self.banquet())
        ids: dict[str, SeatId] = {seat.guid: seat.id for seat in layout.seats}
        tables = whole_tables(layout.seats)

        def missing(*guids: str) -> list[list[str]]:
            found = incomplete_tables([ids[guid] for guid in guids], tables=tables)
            return [[seat.guid for seat in table.missing] for table in found]

        assert missing() == []
        assert missing("a-4", "a-6") == []
        assert missing("a-1", "a-2", "a-3") == []
        assert missing("a-3", "a-1") == [["a-2"]]
        assert missing("a-1", "b-1") == [["a-2", "a-3"]], "a table of the same name elsewhere is another one"
        assert incomplete_tables([SeatId(uuid4())], tables=tables) == ()

    def test_a_table_is_named_once_and_sold_in_one_of_two_ways(self) -> None:
        tables = [{"name": "T1", "sold": "whole"}, {"name": "T1"}, {"name": "T2", "sold": "half"}, {}]
        found = fault_pointers(a_zone("A", a_seat("a-1"), ours={"tables": tables}))
        assert found == [f"/zones/0/x-fairseat/tables/{rest}" for rest in ("1/name", "2/sold", "3/name")]

    def test_a_table_without_seats_looks_odd(self) -> None:
        [warning] = report_of(a_zone("A", a_seat("a-1"), ours={"tables": [{"name": "T9"}]})).warnings
        assert warning.pointer == "/zones/0/x-fairseat" and "'T9'" in warning.message

    def test_a_whole_table_that_is_larger_than_an_order_looks_odd(self) -> None:
        draft = self.banquet()
        assert size_warnings(draft, quota=7, venue_capacity=7, seats_max_per_order=3) == []
        [warning] = size_warnings(draft, quota=7, venue_capacity=7, seats_max_per_order=2)
        assert warning.pointer == "/maxSeatsPerOrder" and "'T1' in section 'A'" in warning.message


class TestAttributes:
    def test_the_vocabulary_and_free_words_are_kept(self) -> None:
        flags = dict.fromkeys(("accessible", "restricted_view", "hearing_loop", "aisle", "by_the_bar"), True)
        ours = {"attributes": {**flags, "companion": False, "rake": 3, "legroom": "extra"}}
        seat = draft_of(a_zone("A", a_seat("a-1", ours=ours))).sections[0].seats[0]
        assert seat.attributes == {**dict.fromkeys(flags, "yes"), "rake": 3.0, "legroom": "extra"}

    @pytest.mark.parametrize(
        ("attributes", "pointer"),
        [
            ({"aisle": "yes"}, "/aisle"),
            ({"companionOf": 7}, "/companionOf"),
            ({"rake": [1]}, "/rake"),
            ({"rake": 1e10}, "/rake"),
            ({"note": "a\nb"}, "/note"),
            ({"note": "x" * 201}, "/note"),
            ({"": "x"}, ""),
            ({"x" * 41: "x"}, ""),
            ({str(number): 1 for number in range(31)}, ""),
        ],
    )
    def test_what_cannot_be_kept_is_pointed_at(self, attributes: dict[str, Any], pointer: str) -> None:
        found = fault_pointers(a_zone("A", a_seat("a-1", ours={"attributes": attributes})))
        assert found == [f"/zones/0/rows/0/seats/0/x-fairseat/attributes{pointer}"]

    def test_a_companion_goes_with_an_accessible_place_of_the_plan(self) -> None:
        place = a_seat("a-1", accessible=True)
        companion = a_seat("a-2", ours={"attributes": {"companionOf": "a-1"}})
        layout = laid_out(draft_of(a_zone("A", place, companion, a_seat("a-3"))))
        first, second, _ = (seat.id for seat in layout.seats)
        assert layout.seats[1].attributes == {"companion": "yes", "companionOf": "a-1"}
        assert companions_of(layout.seats) == {first: (second,)}
        assert place_of(companions_of(layout.seats)) == {second: first}
        assert report_of(a_zone("A", place, companion)) == Report()

    @pytest.mark.parametrize("of", ["a-1", "a-2", "a-9"])
    def test_a_companion_of_no_such_place_is_an_error(self, of: str) -> None:
        seats = a_seat("a-1"), a_seat("a-2", ours={"attributes": {"companionOf": of, "accessible": of == "a-2"}})
        found = fault_pointers(a_zone("A", *seats))
        assert found == ["/zones/0/rows/0/seats/1/x-fairseat/attributes/companionOf"]

    def test_a_place_without_companion_and_a_companion_without_place_look_odd(self) -> None:
        seats = a_seat("a-1", accessible=True), a_seat("a-2", ours={"attributes": {"companion": True}})
        assert [problem.pointer for problem in report_of(a_zone("A", *seats)).warnings] == [
            "/zones/0/rows/0/seats/1/x-fairseat/attributes",
            "/zones/0/rows/0/seats/0",
        ]


class TestFocus:
    def test_seats_are_near_or_far_from_the_plans_own_focus(self) -> None:
        seats = [a_seat(f"a-{at}", position={"x": 10 * at, "y": 0}) for at in range(3)]
        draft = draft_of(a_zone("A", *seats), **{"x-fairseat": {"focalPoint": {"x": 20, "y": 15}}})
        layout = laid_out(draft)
        assert draft.focus == Point(20, 15)
        [stretch] = Hall.of(layout.sections, layout.seats, focus=draft.focus).stretches
        assert list(stretch.distances) == pytest.approx([25.0, 18.03, 15.0], abs=0.01)
        [stretch] = Hall.of(layout.sections, layout.seats).stretches
        assert stretch.distances == (10.0, 0.0, 10.0)

    def test_it_is_a_point(self) -> None:
        zone = a_zone("A", a_seat("a-1"))
        assert fault_pointers(zone, **{"x-fairseat": {"focalPoint": {"x": 1}}}) == ["/x-fairseat/focalPoint/y"]


class TestAreas:
    @pytest.mark.parametrize(
        "shape", [{"radius": 1e10}, {"radius": float("inf")}, {"text": "a\x00"}, {"text": "x" * 1001}, {"\x00": 1}]
    )
    def test_an_area_that_cannot_be_drawn_or_stored_is_an_error(self, shape: dict[str, Any]) -> None:
        zone = a_zone("A", a_seat("a-1"), areas=[{"shape": "circle", "circle": shape}])
        assert fault_pointers(zone) == ["/zones/0/areas/0/circle"]

    def test_an_area_is_nested_only_so_deep(self) -> None:
        deep: Any = 1
        for _ in range(20):
            deep = [deep]
        assert fault_pointers(a_zone("A", a_seat("a-1"), areas=[{"polygon": deep}])) == ["/zones/0/areas/0/polygon"]
