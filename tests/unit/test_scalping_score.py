"""The score of a seller: each factor at its limit and one above, and what it asks for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.resale.policies.policy import VerificationKind
from core.resale.transfers.history import HistoryEntry, HistoryKind
from core.resale.trust.scalping import FLIP_WITHIN, RESALES_WITHIN, FactorKind, Score, score
from core.shared.ids import AccountId, PassId, TicketId
from core.shared.money import Money

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SELLER, OTHER = AccountId(UUID(int=1)), AccountId(UUID(int=2))
LONG_AGO = NOW - timedelta(days=200)


def bought(number: int, *, ticket: int = 1, at: datetime = LONG_AGO, paid: Money | None = None) -> HistoryEntry:
    return HistoryEntry(
        lineage_id=PassId(UUID(int=number)),
        kind=HistoryKind.PURCHASE,
        at=at,
        ticket_id=TicketId(UUID(int=ticket)),
        pass_id=PassId(UUID(int=number)),
        to_account=SELLER,
        price=paid or Money(1_000, "EUR"),
    )


def resold(number: int, *, at: datetime = NOW - timedelta(days=100), asked: Money | None = None) -> HistoryEntry:
    return HistoryEntry(
        lineage_id=PassId(UUID(int=number)),
        kind=HistoryKind.RESALE,
        at=at,
        ticket_id=TicketId(UUID(int=number)),
        pass_id=PassId(UUID(int=1_000 + number)),
        from_account=SELLER,
        to_account=OTHER,
        price=asked or Money(1_000, "EUR"),
    )


def of(*entries: HistoryEntry) -> Score:
    return score(entries, account_id=SELLER, now=NOW)


def factor(found: Score, kind: FactorKind) -> tuple[int, int]:
    return next((one.value, one.points) for one in found.factors if one.kind is kind)


def test_who_did_nothing_has_no_points_and_every_factor_is_told() -> None:
    found = of()
    assert (found.points, found.requires, found.needs_review) == (0, (), False)
    assert [one.kind for one in found.factors] == list(FactorKind)


@pytest.mark.parametrize(("passes", "points"), [(5, 0), (6, 15), (10, 15), (11, 30)])
def test_many_passes_of_one_ticket(passes: int, points: int) -> None:
    entries = [bought(number) for number in range(passes)]
    assert factor(
        of(*entries, *(bought(100 + number, ticket=number) for number in range(2, 9))), FactorKind.BULK_BUYING
    ) == (passes, points)


@pytest.mark.parametrize(("resales", "points"), [(10, 0), (11, 10), (20, 10), (21, 20), (50, 20), (51, 40)])
def test_many_resales_within_a_month(resales: int, points: int) -> None:
    lately = NOW - RESALES_WITHIN + timedelta(microseconds=1)
    entries = [resold(number, at=lately) for number in range(resales)]
    before = [resold(100 + number, at=NOW - RESALES_WITHIN) for number in range(60)]
    assert factor(of(*entries, *before), FactorKind.RESALES) == (resales, points)


@pytest.mark.parametrize(
    ("asked", "markup", "points"),
    [(900, 0, 0), (1_500, 5_000, 0), (1_501, 5_010, 10), (2_000, 10_000, 10), (2_001, 10_010, 25)],
)
def test_a_high_markup_over_what_was_paid(asked: int, markup: int, points: int) -> None:
    found = of(bought(1), resold(1, asked=Money(asked, "EUR")))
    assert factor(found, FactorKind.MARKUP) == (markup, points)


def test_a_markup_that_nobody_can_reckon_does_not_count() -> None:
    free, yen, unknown = bought(1, paid=Money(0, "EUR")), bought(2, paid=Money(1, "JPY")), resold(3)
    assert factor(of(free, yen, resold(1), resold(2), unknown), FactorKind.MARKUP) == (0, 0)


@pytest.mark.parametrize(("flips", "points"), [(10, 0), (11, 20)])
def test_many_flips_within_a_day(flips: int, points: int) -> None:
    entries = [bought(number, ticket=number) for number in range(flips + 5)]
    quick = [resold(number, at=LONG_AGO + FLIP_WITHIN) for number in range(flips)]
    slow = [resold(number, at=LONG_AGO + FLIP_WITHIN + timedelta(microseconds=1)) for number in range(flips, flips + 5)]
    assert factor(of(*entries, *quick, *slow), FactorKind.FLIPS) == (flips, points)


def test_enough_points_ask_for_a_review_and_many_for_a_trader() -> None:
    bulk = [bought(number, at=NOW - timedelta(days=2)) for number in range(60)]
    dear = Money(2_001, "EUR")
    some = of(*bulk[:11], *(resold(number, at=NOW, asked=dear) for number in range(11)))
    assert (some.points, some.needs_review, some.requires) == (65, True, (VerificationKind.IDENTITY,))
    many = of(*bulk, *(resold(number, at=NOW, asked=dear) for number in range(51)))
    assert many.points == 95
    assert many.requires == (VerificationKind.IDENTITY, VerificationKind.TRADER_TRACEABILITY)


def test_the_order_of_the_entries_makes_no_difference() -> None:
    entries = [bought(1), resold(1, asked=Money(1_700, "EUR")), bought(2, at=NOW), resold(2, at=NOW)]
    assert of(*entries) == of(*entries[::-1])
