"""The arithmetic of the demo's audit."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from adapters.cli.demo_audit import BookedOrder, Books, IssuedPass, Money, audit, is_sound, percentile, repeated

A, B, C, D = (UUID(int=number) for number in range(1, 5))
FIRST, SECOND, THIRD = (UUID(int=number) for number in range(11, 14))


def sound() -> Books:
    return Books(
        seats={A: "SOLD", B: "SOLD", C: "HELD", D: "AVAILABLE"},
        orders=(
            BookedOrder(FIRST, "CONFIRMED", 7_700, (A, B)),
            BookedOrder(SECOND, "AWAITING_PAYMENT", 4_500, (C,)),
            BookedOrder(THIRD, "CANCELLED", 4_500, (D,)),
        ),
        passes=(
            IssuedPass(UUID(int=21), FIRST, A, "VALID"),
            IssuedPass(UUID(int=22), FIRST, B, "VALID"),
            IssuedPass(UUID(int=23), THIRD, D, "VOID"),
        ),
        money=Money(taken_minor=12_200, refunded_minor=4_500),
    )


def wrong(books: Books) -> set[str]:
    return {check.name for check in audit(books) if not check.adds_up}


def test_a_sale_without_faults_adds_up() -> None:
    assert is_sound(audit(sound()))
    assert wrong(sound()) == set()


def test_nothing_sold_adds_up() -> None:
    assert is_sound(audit(Books(seats={}, orders=(), passes=(), money=Money(0, 0))))


def with_seat_sold_twice(books: Books) -> Books:
    return replace(books, orders=(*books.orders, BookedOrder(UUID(int=14), "CONFIRMED", 0, (A,))))


def with_two_passes_for_a_seat(books: Books) -> Books:
    return replace(books, passes=(*books.passes, IssuedPass(UUID(int=24), FIRST, A, "VALID")))


def with_a_lost_pass(books: Books) -> Books:
    return replace(books, passes=books.passes[1:])


def with_a_pass_of_another_order(books: Books) -> Books:
    return replace(books, passes=(replace(books.passes[0], order_id=THIRD), *books.passes[1:]))


def with_a_seat_sold_without_an_order(books: Books) -> Books:
    return replace(books, seats={**books.seats, D: "SOLD"})


def with_the_wrong_seat_sold(books: Books) -> Books:
    return replace(books, seats={**books.seats, A: "AVAILABLE", D: "SOLD"})


def with_money_that_nobody_booked(books: Books) -> Books:
    return replace(books, money=Money(12_201, 4_500))


def with_a_refund_for_a_confirmed_order(books: Books) -> Books:
    return replace(books, money=Money(12_200, 12_200))


@pytest.mark.parametrize(
    "fault, told",
    [
        (with_seat_sold_twice, "seats sold twice, by orders"),
        (with_two_passes_for_a_seat, "seats sold twice, by passes"),
        (with_a_lost_pass, "valid passes = seats of confirmed orders"),
        (with_a_pass_of_another_order, "seats without their pass, and passes without their seat"),
        (with_a_seat_sold_without_an_order, "seats sold on the map = seats of confirmed orders"),
        (with_the_wrong_seat_sold, "seats that only one of map and orders calls sold"),
        (with_money_that_nobody_booked, "money taken = money booked"),
        (with_a_refund_for_a_confirmed_order, "money taken = money booked"),
    ],
)
def test_every_fault_is_told(fault: Callable[[Books], Books], told: str) -> None:
    broken = fault(sound())
    assert told in wrong(broken)
    assert not is_sound(audit(broken))


def test_a_fan_who_met_a_failure_is_a_fault() -> None:
    assert not is_sound(audit(sound(), fans_failed=1))
    assert is_sound(audit(sound(), fans_failed=0))


def test_a_seat_that_occurs_three_times_is_one_seat_sold_twice() -> None:
    assert repeated([A, A, A, B]) == 1
    assert repeated([A, B]) == 0


@pytest.mark.parametrize("share, expected", [(0.5, 5.0), (0.51, 6.0), (0.95, 10.0), (1.0, 10.0), (0.0, 1.0)])
def test_percentiles_are_by_nearest_rank(share: float, expected: float) -> None:
    assert percentile([float(number) for number in range(10, 0, -1)], share) == expected


def test_the_percentile_of_nothing_is_nought() -> None:
    assert percentile([], 0.99) == 0.0
