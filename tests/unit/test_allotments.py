"""Allotments of a plan: what is wrong with one, which seats it keeps, and from whom."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core.seating.allotments import SEATS_PER_ALLOTMENT_MAX, Access, Allotment, Allotments, code_digest
from core.seating.errors import InvalidAllotmentError
from core.shared.errors import Problem
from core.shared.ids import AccountId, AllotmentId, PlanId, SeatId
from tests.seating_world import a_plan

PLAN, LAYOUT = a_plan(rows=1, columns=3)
THEN = PLAN.updated_at + timedelta(hours=1)
ONE, OTHER = UUID(int=1), UUID(int=2)
KNOWN = tuple(seat.id for seat in LAYOUT.seats)


def an_allotment(number: int, *seat_ids: SeatId, **changes: Any) -> Allotment:
    facts: dict[str, Any] = {"id": AllotmentId(UUID(int=number)), "name": str(number), "seat_ids": seat_ids}
    return Allotment(**(facts | changes))


def faults(new: Allotment, *others: Allotment) -> Sequence[Problem]:
    with pytest.raises(InvalidAllotmentError) as refused:
        Allotments(others).with_one(new, known=KNOWN, now=THEN)
    assert refused.value.message == refused.value.problems[0].message
    return list(refused.value.problems)


def test_faults_of_an_allotment_are_told_one_by_one() -> None:
    stranger = SeatId(UUID(int=99))
    other = an_allotment(1, KNOWN[0], name="Club")
    new = an_allotment(2, KNOWN[1], KNOWN[1], stranger, KNOWN[0], name="Club", releases_at=THEN)
    assert faults(new, other) == [
        Problem("/name", "There is an allotment named 'Club'."),
        Problem("/releasesAt", "An allotment is released in the future."),
        Problem("/seatIds/1", f"Seat {KNOWN[1]} is named twice."),
        Problem("/seatIds/2", f"The plan has no seat {stranger}."),
        Problem("/seatIds/3", f"Seat {KNOWN[0]} is in the allotment 'Club'."),
    ]
    assert faults(an_allotment(2)) == [Problem("/seatIds", "An allotment has 1 to 20000 seats.")]
    hundred = [an_allotment(number, name=str(number)) for number in range(3, 103)]
    assert faults(an_allotment(2, KNOWN[1]), *hundred) == [Problem("", "A plan has at most 100 allotments.")]
    assert len(Allotments(tuple(hundred[1:])).with_one(an_allotment(2, KNOWN[1]), known=KNOWN, now=THEN).each) == 100


def test_an_allotment_keeps_its_place_and_seats_of_one_that_is_over_are_anybodys() -> None:
    first, second = an_allotment(1, KNOWN[0]), an_allotment(2, KNOWN[1])
    both = Allotments((first,)).with_one(second, known=KNOWN, now=THEN)
    assert both == Allotments((first, second))
    renamed = replace(first, name="Press")
    assert both.with_one(renamed, known=KNOWN, now=THEN) == Allotments((renamed, second))
    over = Allotments((replace(first, releases_at=THEN),))
    again = an_allotment(3, KNOWN[0])
    assert over.with_one(again, known=KNOWN, now=THEN).each[1] == again
    assert both.without(first.id) == Allotments((second,))
    assert both.without_seats(frozenset(KNOWN[:1])) == Allotments((second,))
    wide = an_allotment(4, *KNOWN)
    assert Allotments((wide,)).without_seats(frozenset(KNOWN[:1])).each == (replace(wide, seat_ids=KNOWN[1:]),)


def test_an_allotment_admits_its_accounts_whoever_knows_a_code_and_staff() -> None:
    ann, ben = AccountId(ONE), AccountId(OTHER)
    kept = an_allotment(1, codes=frozenset({b"a", b"b"}), account_ids=frozenset({ann}))
    assert kept.admits(Access(ann)) and not kept.admits(Access(ben))
    assert kept.admits(Access(ben, frozenset({b"b", b"c"}))) and not kept.admits(Access(ben, frozenset({b"c"})))
    assert kept.admits(Access(ben, sells=True))


def test_a_code_is_kept_as_a_digest_that_is_worth_nothing_for_another_plan() -> None:
    here, there = PlanId(ONE), PlanId(OTHER)
    assert code_digest(here, " Straße ") == code_digest(here, "STRASSE")
    assert code_digest(here, "FAN2026") != code_digest(there, "FAN2026") != code_digest(there, "FAN2027")
    assert code_digest(here, "fan2026").hex() == "8b6cbffcd4a42c4879f1c8e63216b91153348264779f06b25e0ee5b5e9af359f"


def test_an_allotment_has_so_many_seats_and_no_more() -> None:
    many = tuple(SeatId(UUID(int=number)) for number in range(SEATS_PER_ALLOTMENT_MAX + 1))
    assert Allotments().with_one(an_allotment(1, *many[1:]), known=many, now=THEN).each[0].seat_ids == many[1:]
    with pytest.raises(InvalidAllotmentError, match="20000"):
        Allotments().with_one(an_allotment(1, *many), known=many, now=THEN)
