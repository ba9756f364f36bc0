"""Plans from documents and grids, their order, their prices, and when they may be sold from."""

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryIds
from core.seating.errors import InvalidPlanError, InvalidPriceTiersError, PlanNotActiveError, PlanNotReadyError
from core.seating.grid import GridSection, lay_out_grid
from core.seating.layout import (
    SEATS_MAX,
    SECTIONS_MAX,
    Layout,
    are_side_by_side,
    in_natural_order,
    with_ids,
)
from core.seating.plan_import import read_plan
from core.seating.plans import PlanStatus, PricingMode
from core.seating.pricing import TierRequest, price_layout
from core.seating.reports import PROBLEMS_MAX, Report
from core.shared.errors import Problem
from core.shared.ids import PriceTierId, SeatId, SectionId
from core.shared.money import Money
from tests.seating_world import a_plan

HALL = Path(__file__).parents[2] / "src/adapters/embedded/data/riethsporthalle.json"
NOW = a_plan()[0].created_at


def a_document(**changes: Any) -> dict[str, Any]:
    """Return a small plan: one zone at (100, 200) with the rows 10 and 2 of two seats each."""
    rows = [
        {
            "row_number": name,
            "position": {"x": 10, "y": y},
            "seats": [
                {
                    "seat_guid": f"{name}-{number}",
                    "seat_number": str(number),
                    "position": {"x": number, "y": 0.5},
                    "category": "Stalls",
                }
                for number in (1, 2)
            ],
        }
        for name, y in (("10", 0), ("2", 30))
    ]
    return {
        "name": "Hall",
        "size": {"width": 100, "height": 50},
        "categories": [{"name": "Stalls", "color": "#fff"}],
        "zones": [{"name": "Block A", "zone_id": "A", "position": {"x": 100, "y": 200}, "rows": rows}],
    } | changes


def seats_of(document: dict[str, Any], row: int = 0) -> list[dict[str, Any]]:
    seats: list[dict[str, Any]] = document["zones"][0]["rows"][row]["seats"]
    return seats


def faults(document: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlanError) as refused:
        read_plan(document, pointer="")
    return [(problem.pointer, problem.message) for problem in refused.value.problems]


class TestDocument:
    def test_the_riethsporthalle_has_its_1221_seats_in_three_categories(self) -> None:
        plan = read_plan(json.loads(HALL.read_text()))
        assert plan.name == "Riethsporthalle Erfurt"
        assert plan.draft.seats_count == 1221
        assert [category.name for category in plan.draft.categories] == ["Kategorie I", "Kategorie II", "VIP"]
        assert [section.name for section in plan.draft.sections] == [f"Block {letter}" for letter in "ABCDEF"]
        assert plan.report == Report()

    def test_rows_sort_naturally(self) -> None:
        seats = read_plan(a_document()).draft.sections[0].seats
        assert [seat.label for seat in seats] == ["2-1", "2-2", "10-1", "10-2"]

    def test_positions_add_up(self) -> None:
        first = read_plan(a_document()).draft.sections[0].seats[0]
        assert (first.x, first.y) == (100 + 10 + 1, 200 + 30 + 0.5)

    def test_an_unknown_field_is_a_warning_and_left_out(self) -> None:
        document = a_document(colour_scheme="dark")
        seats_of(document)[0]["wheel/chair"] = True
        warnings = [problem.pointer for problem in read_plan(document, pointer="").report.warnings]
        assert warnings == ["/colour_scheme", "/zones/0/rows/0/seats/0/wheel~1chair"]

    def test_a_seat_id_that_is_used_twice_is_an_error_that_names_it(self) -> None:
        document = a_document()
        seats_of(document)[1]["seat_guid"] = "10-1"
        [(pointer, message)] = faults(document)
        assert pointer == "/zones/0/rows/0/seats/1/seat_guid"
        assert "'10-1'" in message and "/zones/0/rows/0/seats/0" in message

    def test_a_category_that_is_not_defined_is_an_error_that_names_it(self) -> None:
        document = a_document()
        seats_of(document)[0]["category"] = "Loge"
        [(pointer, message)] = faults(document)
        assert pointer == "/zones/0/rows/0/seats/0/category" and "'Loge'" in message

    def test_every_fault_is_told_at_once(self) -> None:
        document = a_document()
        seats = seats_of(document)
        seats[0]["position"] = {"x": "left", "y": True}
        seats[1]["seat_number"] = 7
        del document["zones"][0]["position"]
        assert [pointer for pointer, _ in faults(document)] == [
            "/zones/0/position",
            "/zones/0/rows/0/seats/0/position/x",
            "/zones/0/rows/0/seats/0/position/y",
            "/zones/0/rows/0/seats/1/seat_number",
        ]

    @pytest.mark.parametrize(
        "document", [None, [], "plan", {}, a_document(zones=[]), a_document(zones=None), a_document(categories={})]
    )
    def test_what_is_no_plan_or_has_no_seats_is_an_error(self, document: object) -> None:
        assert faults(document)

    @pytest.mark.parametrize("text", ["", "x" * 201, "a\x00b", "a\nb"])
    def test_a_seat_id_is_a_printable_text_of_some_length(self, text: str) -> None:
        document = a_document()
        seats_of(document)[0]["seat_guid"] = text
        assert [pointer for pointer, _ in faults(document)] == ["/zones/0/rows/0/seats/0/seat_guid"]

    @pytest.mark.parametrize("number", [1e10, 10**400, float("inf")])
    def test_a_coordinate_is_a_number_that_can_be_drawn(self, number: float) -> None:
        document = a_document()
        seats_of(document)[0]["position"]["x"] = number
        assert [pointer for pointer, _ in faults(document)] == ["/zones/0/rows/0/seats/0/position/x"]

    def test_sections_have_a_maximum(self) -> None:
        document = a_document()
        document["zones"] = [deepcopy(document["zones"][0]) for _ in range(SECTIONS_MAX + 1)]
        assert faults(document)[0][0] == "/zones"

    def test_a_report_has_a_maximum_and_says_how_many_more_there_are(self) -> None:
        document = a_document(**{f"extra{number}": 1 for number in range(PROBLEMS_MAX + 5)})
        warnings = read_plan(document).report.warnings
        assert len(warnings) == PROBLEMS_MAX + 1 and warnings[-1].message == "There are 5 more."

    def test_labels_of_rows_and_seats_are_kept(self) -> None:
        document = a_document()
        document["zones"][0]["rows"][0] |= {"row_label": "Ten", "seat_label": "Chair %s"}
        seat = read_plan(document).draft.sections[0].seats[-1]
        assert (seat.row, seat.label, seat.attributes["label"]) == ("Ten", "Ten-2", "Chair 2")

    def test_a_uuid_that_is_used_twice_is_only_odd(self) -> None:
        document = a_document()
        for seat in seats_of(document):
            seat["uuid"] = "u"
        assert len(read_plan(document).report.warnings) == 1


class TestGrid:
    def test_seats_are_called_by_row_and_column(self) -> None:
        [section] = lay_out_grid([GridSection("Stalls", 2, 3)]).sections
        assert [seat.label for seat in section.seats] == ["R1S1", "R1S2", "R1S3", "R2S1", "R2S2", "R2S3"]

    def test_row_r2_stands_before_row_r10(self) -> None:
        draft = in_natural_order(lay_out_grid([GridSection("Block 10", 11, 1), GridSection("Block 9", 1, 1)]))
        assert [section.name for section in draft.sections] == ["Block 9", "Block 10"]
        assert [seat.row for seat in draft.sections[1].seats][:3] == ["R1", "R2", "R3"]

    @pytest.mark.parametrize(
        "sections",
        [
            [GridSection("A", 1, 1), GridSection("A", 1, 1)],
            [GridSection(" ", 1, 1)],
            [GridSection("A", 0, 1)],
            [GridSection("A", 1000, 151)],
            [GridSection(str(number), 1, 1) for number in range(SECTIONS_MAX + 1)],
        ],
    )
    def test_a_grid_that_cannot_be_is_refused(self, sections: list[GridSection]) -> None:
        with pytest.raises(InvalidPlanError):
            lay_out_grid(sections)

    def test_the_largest_grid_is_laid_out(self) -> None:
        assert lay_out_grid([GridSection("A", 300, SEATS_MAX // 300)]).seats_count == SEATS_MAX

    def test_seats_side_by_side_have_no_seat_between_them(self) -> None:
        assert are_side_by_side([("A", "R1", 2), ("A", "R1", 1), ("A", "R1", 3)])
        assert not are_side_by_side([("A", "R1", 1), ("A", "R1", 3)])
        assert not are_side_by_side([("A", "R1", 1), ("A", "R2", 2)])


class TestPrices:
    layout: Layout = with_ids(replace(read_plan(a_document()).draft), new_id=MemoryIds().new, price_minor=1000)
    face = Money(1000, "EUR")

    def tier(self, name: str, amount: int, currency: str = "EUR", **what: Any) -> TierRequest:
        return TierRequest(id=PriceTierId(uuid4()), name=name, price=Money(amount, currency), **what)

    def test_a_seat_goes_before_its_category_before_its_section_before_the_ticket(self) -> None:
        section, seat = self.layout.sections[0].id, self.layout.seats[0].id

        def prices(*tiers: TierRequest) -> list[int]:
            priced = price_layout(tiers, layout=self.layout, ticket_price=self.face)
            return [place.price_minor for place in priced.layout.seats]

        of_section = self.tier("section", 2000, section_ids=(section,))
        of_category = self.tier("category", 3000, categories=("Stalls",))
        of_seat = self.tier("seat", 4000, seat_ids=(seat,))
        assert prices() == [1000] * 4
        assert prices(of_section) == [2000] * 4
        assert prices(of_section, of_category) == [3000] * 4
        assert prices(of_section, of_category, of_seat) == [4000, 3000, 3000, 3000]

    def test_seats_without_a_tier_are_counted(self) -> None:
        of_seat = self.tier("seat", 4000, seat_ids=(self.layout.seats[0].id,))
        assert price_layout([of_seat], layout=self.layout, ticket_price=self.face).seats_without_tier == 3

    @pytest.mark.parametrize(
        "what",
        [
            {"section_ids": (SectionId(uuid4()),)},
            {"seat_ids": (SeatId(uuid4()),)},
            {"categories": ("Loge",)},
            {"currency": "USD"},
            {"amount": -1},
        ],
    )
    def test_what_the_plan_does_not_have_is_refused(self, what: dict[str, Any]) -> None:
        tier = self.tier("A", **({"amount": 1} | what))
        with pytest.raises(InvalidPriceTiersError) as refused:
            price_layout([tier], layout=self.layout, ticket_price=self.face)
        assert len(refused.value.problems) == 1

    def test_two_tiers_cannot_claim_the_same_category_or_name(self) -> None:
        tiers = [self.tier("A", 1, categories=("Stalls",)), self.tier("A", 2, categories=("Stalls",))]
        with pytest.raises(InvalidPriceTiersError) as refused:
            price_layout(tiers, layout=self.layout, ticket_price=self.face)
        assert [problem.pointer for problem in refused.value.problems] == ["/1/name", "/1/categories/0"]


class TestPlan:
    def test_a_draft_is_activated_and_taken_off_and_put_on_again(self) -> None:
        draft = a_plan(status=PlanStatus.DRAFT)[0]
        active = draft.activate(next_number=3, now=NOW)
        assert (active.status, active.version) == (PlanStatus.ACTIVE, 2)
        assert active.version_number == 3
        assert active.activate(next_number=4, now=NOW) is active
        inactive = active.deactivate(now=NOW)
        assert (inactive.status, inactive.version) == (PlanStatus.INACTIVE, 3)
        assert inactive.activate(next_number=4, now=NOW).version_number == 3
        with pytest.raises(PlanNotActiveError):
            draft.deactivate(now=NOW)

    def test_a_plan_without_seats_is_not_ready(self) -> None:
        empty = replace(a_plan(status=PlanStatus.DRAFT)[0], seats_count=0)
        with pytest.raises(PlanNotReadyError) as refused:
            empty.activate(next_number=1, now=NOW)
        assert refused.value.problems == (Problem("/seats", "The plan has no seats."),)

    def test_seats_without_a_tier_cost_the_tickets_price_and_have_none_when_that_is_zero(self) -> None:
        plan = replace(a_plan(status=PlanStatus.DRAFT)[0], pricing_mode=PricingMode.SECTION, seats_without_tier=2)
        assert plan.check().errors == () and len(plan.check().warnings) == 1
        free = replace(plan, ticket_price=Money(0, "EUR"))
        assert len(free.check().errors) == 1
        assert replace(free, pricing_mode=PricingMode.SINGLE).check() == Report()
        assert replace(free, seats_without_tier=0).check() == Report()


def test_a_document_says_which_seats_are_accessible() -> None:
    document = a_document()
    first, second = document["zones"][0]["rows"][0]["seats"]
    first["accessible"], second["accessible"] = True, False
    seats = {seat.guid: seat for seat in read_plan(document).draft.sections[0].seats}
    assert [seats[guid].attributes.get("accessible") for guid in ("10-1", "10-2")] == ["yes", None]
    first["accessible"] = "yes"
    with pytest.raises(InvalidPlanError) as refusal:
        read_plan(document)
    assert [problem.pointer for problem in refusal.value.problems] == ["/source/plan/zones/0/rows/0/seats/0/accessible"]
