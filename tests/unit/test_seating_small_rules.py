"""Small rules of seating, word for word: stopped plans, areas, sizes, names in refusals, prices anew, other seats."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import pytest

from core.seating.areas import DEPTH_MAX, TEXT_LENGTH_MAX, area_of
from core.seating.arena_faults import arena_faults
from core.seating.checks import size_warnings
from core.seating.errors import (
    AccessibleSeatError,
    InvalidPriceTiersError,
    SalesStoppedError,
    SeatEventCancelledError,
    SeatKeptError,
    SeatTakenError,
    SeatTooDearError,
    TakenSeat,
    TooManyHoldsError,
    UnknownSeatError,
    all_of,
)
from core.seating.layout import LayoutDraft, SeatDraft, SectionDraft
from core.seating.places import SectionKind, Table, TableSale
from core.seating.plan_change_errors import PlanChangingError
from core.seating.plan_freeze import frozen, republished, thawed
from core.seating.plan_reading import Cursor, Findings
from core.seating.price_tiers import PriceChange
from core.seating.pricing import TierRequest, price_layout
from core.seating.repricing import NewPrice, is_repriced, reprice
from core.seating.ticket_sale import TicketSale
from core.seating.writing import Part, PlanBeingWrittenError, PlanDocumentNotFoundError, ids_of_parts
from core.shared.errors import DomainError, Problem
from core.shared.ids import PriceTierId
from core.shared.money import Money
from tests.seating_world import a_plan

PLAN, LAYOUT = a_plan(rows=1, columns=3)
THEN = PLAN.updated_at + timedelta(hours=1)
ONE, OTHER = UUID(int=1), UUID(int=2)


def test_a_plan_is_stopped_by_one_operation_at_a_time_and_goes_on_by_the_same() -> None:
    stopped = frozen(PLAN, ONE, now=THEN)
    assert stopped == replace(PLAN, changing_by=ONE, version=2, updated_at=THEN)
    assert frozen(stopped, ONE, now=THEN + timedelta(hours=1)) is stopped
    with pytest.raises(PlanChangingError) as refused:
        frozen(stopped, OTHER, now=THEN)
    assert refused.value.message == "The seating plan is being changed. Please try again in a moment."
    assert list(refused.value.problems) == []
    assert thawed(stopped, OTHER, now=THEN) is stopped
    assert thawed(PLAN, ONE, now=THEN) is PLAN
    later = THEN + timedelta(hours=1)
    assert thawed(stopped, ONE, now=later) == replace(PLAN, version=3, updated_at=later)
    assert republished(stopped, 7, now=later) == replace(
        PLAN, version_number=7, version=3, seats_version=2, updated_at=later
    )


def drawn(**members: Any) -> tuple[dict[str, object], list[str], list[str]]:
    findings = Findings()
    kept = area_of(Cursor(members, "", findings))
    return kept, [problem.pointer for problem in findings.errors], [problem.pointer for problem in findings.warnings]


def nested(depth: int) -> object:
    value: object = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def lists(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_areas_keep_what_can_be_drawn_and_stored_up_to_a_depth() -> None:
    fine: dict[str, Any] = {
        "polygon": nested(DEPTH_MAX),
        "shape": lists(DEPTH_MAX),
        "rectangle": {"a": None, "b": True, "c": 1, "d": -1.5},
        "text": {"text": "x" * TEXT_LENGTH_MAX, "n" * TEXT_LENGTH_MAX: ""},
        "ellipse": [],
        "circle": {},
        "color": "red",
    }
    assert drawn(**fine, uuid="u", more=1) == (fine | {"uuid": "u"}, [], ["/more"])


@pytest.mark.parametrize(
    "wrong",
    [
        nested(DEPTH_MAX + 1),
        lists(DEPTH_MAX + 1),
        {"a": nested(DEPTH_MAX)},
        [nested(DEPTH_MAX)],
        1e10,
        [0, float("nan")],
        "x" * (TEXT_LENGTH_MAX + 1),
        "a\x00b",
        {"x" * (TEXT_LENGTH_MAX + 1): 1},
        {"a": 1, "\x00": 1},
        b"bytes",
    ],
)
def test_an_area_that_cannot_be_drawn_or_stored_is_told(wrong: object) -> None:
    assert drawn(polygon=wrong, color="red")[1:] == (["/polygon"], [])


def a_seat(name: str, table: Table | None = None) -> SeatDraft:
    return SeatDraft(guid=name, label=name, row="1", number=name, column=1, table=table)


def test_numbers_that_do_not_fit_each_other_are_told() -> None:
    whole, single = Table("T", TableSale.WHOLE), Table("U", TableSale.BY_SEAT)
    draft = LayoutDraft(
        sections=(
            SectionDraft(name="A", seats=(a_seat("1", whole), a_seat("2", single), a_seat("3", single), a_seat("4"))),
            SectionDraft(name="B", seats=(a_seat("5", whole), a_seat("6", whole), a_seat("7", whole))),
            SectionDraft(name="Pit", kind=SectionKind.GA, capacity=5),
        )
    )
    found = size_warnings(draft, quota=8, venue_capacity=11, seats_max_per_order=2)
    table = "Table 'T' in section 'B' is sold as a whole and has 3 seats, and an order may have 2."
    assert found == [
        Problem("/seats", "The plan has 7 seats, and the ticket's quota is 8."),
        Problem("/seats", "The plan has 7 seats and takes 5 people beside them, and the venue admits 11 people."),
        Problem("/maxSeatsPerOrder", table),
        Problem("/sections/2/ticketId", "No ticket sells section 'Pit', which is for general admission."),
    ]
    seated = replace(draft, sections=draft.sections[:2])
    [small] = size_warnings(seated, quota=7, venue_capacity=6, seats_max_per_order=3)
    assert small == Problem("/seats", "The plan has 7 seats, and the venue admits 6 people.")
    assert size_warnings(seated, quota=7, venue_capacity=7, seats_max_per_order=3) == []


SEATS = [TakenSeat(index, "Stalls", f"R1S{index + 1}") for index in (2, 0)]


def test_refusals_name_seats_in_the_order_that_they_were_asked_for() -> None:
    names = "Stalls R1S1, Stalls R1S3"
    told: list[tuple[DomainError, str, str]] = [
        (SeatTakenError.of(SEATS), f"Already taken: {names}. No seat was held.", "Seat Stalls R1S{} is taken."),
        (SeatTakenError.of(SEATS, outcome="Sorry."), f"Already taken: {names}. Sorry.", "Seat Stalls R1S{} is taken."),
        (SeatTooDearError.of(SEATS), f"Dearer by now: {names}. No seat was held.", "Stalls R1S{} costs more."),
        (SeatKeptError.of(SEATS), f"Kept for others: {names}. No seat was held.", "Seat Stalls R1S{} is kept."),
        (
            AccessibleSeatError.of(SEATS),
            f"Kept for those who need them: {names}. No seat was held.",
            "Seat Stalls R1S{} is accessible. Say that it is needed, or take another.",
        ),
    ]
    for refusal, words, each in told:
        assert refusal.message == words
        assert list(refusal.problems) == [
            Problem("/seatIds/0", each.format(1)),
            Problem("/seatIds/2", each.format(3)),
        ]


@pytest.mark.parametrize(("count", "ending"), [(20, "S20. "), (21, "S20 and 1 more. "), (23, "S20 and 3 more. ")])
def test_twenty_seats_are_named_and_the_others_counted(count: int, ending: str) -> None:
    refusal = SeatTakenError.of(TakenSeat(index, "Stalls", f"S{index + 1}") for index in range(count))
    assert ending in refusal.message
    assert len(refusal.problems) == count


def test_refusals_say_what_is_the_matter() -> None:
    assert SeatEventCancelledError().message == "The event was cancelled."
    assert SalesStoppedError().message == "Sales are stopped: the venue cannot take payments at the moment."
    many = TooManyHoldsError(9)
    assert many.message == "That were too many holds in a short time. Please try again in 9 s."
    assert many.retry_after_s == 9
    unknown = UnknownSeatError.of([ONE, OTHER, UUID(int=3)], unknown=[OTHER, UUID(int=3)])
    assert unknown.message == "The plan does not have 2 of these seats."
    assert list(unknown.problems) == [
        Problem(f"/seatIds/{index}", f"The plan has no seat {UUID(int=index + 1)}.") for index in (1, 2)
    ]
    assert PlanBeingWrittenError().message == "An operation is writing the plan; it can be used when that is over."
    assert PlanDocumentNotFoundError().message == "There is no such document; documents are kept for some days only."


def test_a_draft_is_told_to_be_one_and_a_changing_plan_keeps_its_problems() -> None:
    [draft] = TicketSale(published=False, ends_at=THEN).objections(by_staff=True, now=PLAN.updated_at)
    assert draft.message == "The ticket is a draft, so it is not on sale yet."
    changing = PlanChangingError("Wait.", [Problem("/x", "y")])
    assert (changing.message, list(changing.problems)) == ("Wait.", [Problem("/x", "y")])


def test_one_refusal_speaks_for_all_and_bears_the_code_of_the_first() -> None:
    reasons: list[DomainError] = [SalesStoppedError(), SeatTakenError.of(SEATS), SeatKeptError.of(SEATS[:1])]
    assert all_of(reasons[:1]) is reasons[0]
    whole = all_of(reasons)
    assert (type(whole), whole.code) == (SalesStoppedError, "seating.sales_stopped")
    assert whole.message == " ".join(reason.message for reason in reasons)
    assert list(whole.problems) == [*reasons[1].problems, *reasons[2].problems]


@pytest.mark.parametrize(
    ("seats", "tiers", "sections", "accessible", "pointers"),
    [
        (100, 1, 1, 0, []),
        (100, 3, 4, 10, []),
        (150_000, 3, 499, 15_000, []),
        (99, 1, None, None, ["seats"]),
        (150_001, 1, None, None, ["seats"]),
        (100, 0, 1, None, ["tiers"]),
        (100, 4, None, None, ["tiers"]),
        (100, 2, 1, None, ["sections"]),
        (100, 1, 5, None, ["sections"]),
        (150_000, 1, 500, None, ["sections"]),
        (100, 1, None, -1, ["accessible"]),
        (100, 1, None, 11, ["accessible"]),
    ],
)
def test_each_number_of_an_arena_has_its_bounds(
    seats: int, tiers: int, sections: int | None, accessible: int | None, pointers: list[str]
) -> None:
    found = arena_faults(seats, tiers, sections, accessible, pointer="/x")
    assert [problem.pointer for problem in found] == [f"/x/{pointer}" for pointer in pointers]


def test_an_arena_is_told_its_bounds() -> None:
    assert arena_faults(100, 2, 9, 11, pointer="") == [
        Problem("/sections", "An arena of this size has from 2 to 4 sections."),
        Problem("/accessible", "An arena of this size has from 0 to 10 accessible."),
    ]
    assert arena_faults(99, 4, None, None, pointer="") == [
        Problem("/seats", "An arena of this size has from 100 to 150000 seats."),
        Problem("/tiers", "An arena of this size has from 1 to 3 tiers."),
    ]


def test_ids_of_an_operations_parts_are_pinned() -> None:
    operation = UUID("0193a000-1234-7abc-8def-0123456789ab")
    found = {part: next(ids_of_parts(operation, part)) for part in Part}
    assert {str(id)[:13] for id in found.values()} == {"0193a000-1234"}
    assert len(set(found.values())) == len(Part)
    assert {id.version for id in found.values()} == {7}
    assert str(found[Part.PLAN]) == "0193a000-1234-7385-9674-295dc5000000"
    first, second, *_ = islice(ids_of_parts(operation, Part.PLAN), 3)
    assert second.int - first.int == 1


TIER, CHEAP = (PriceTierId(UUID(int=number)) for number in (11, 12))


def test_new_prices_of_tiers_leave_what_they_are_for() -> None:
    dear = TierRequest(
        id=TIER, name="Dear", price=Money(9000, "EUR"), section_ids=(LAYOUT.sections[0].id,), seat_ids=()
    )
    cheap = TierRequest(id=CHEAP, name="Cheap", price=Money(100, "EUR"), seat_ids=(LAYOUT.seats[1].id,))
    before = price_layout([dear, cheap], layout=LAYOUT, ticket_price=PLAN.ticket_price)
    changes = (PriceChange(THEN, Money(1, "EUR")),)
    new = NewPrice("Dear", Money(8000, "EUR"), changes)
    after = reprice(before.tiers, before.layout, [new], ticket_price=PLAN.ticket_price)
    expected = price_layout(
        [replace(dear, price=Money(8000, "EUR"), changes=changes), cheap], layout=LAYOUT, ticket_price=PLAN.ticket_price
    )
    assert after == expected
    assert reprice(before.tiers, before.layout, [], ticket_price=PLAN.ticket_price) == before
    assert is_repriced(after.tiers, [new]) and not is_repriced(before.tiers, [new])
    assert is_repriced(after.tiers, []) and not is_repriced(after.tiers, [new, NewPrice("Other", new.price)])
    assert not is_repriced(after.tiers, [replace(new, changes=())])


def test_new_prices_for_what_the_plan_does_not_have_are_told() -> None:
    new = NewPrice("Dear", Money(1, "EUR"))
    with pytest.raises(InvalidPriceTiersError) as refused:
        reprice([], LAYOUT, [new, new], ticket_price=PLAN.ticket_price)
    assert refused.value.message == "The plan has no price tier 'Dear'."
    assert [problem.pointer for problem in refused.value.problems] == ["/0/tier", "/1/tier"]
    priced = price_layout(
        [TierRequest(id=TIER, name="Dear", price=new.price)], layout=LAYOUT, ticket_price=PLAN.ticket_price
    )
    with pytest.raises(InvalidPriceTiersError) as refused:
        reprice(priced.tiers, LAYOUT, [new, replace(new)], ticket_price=PLAN.ticket_price)
    assert list(refused.value.problems) == [Problem("/1/tier", "Price tier 'Dear' is there twice.")]
    assert refused.value.message == "Price tier 'Dear' is there twice."
