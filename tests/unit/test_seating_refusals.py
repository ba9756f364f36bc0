"""What seating says when it refuses: the words are read by buyers, and the pointers by clients, so both are kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core.seating import ledger
from core.seating.catalogue import Catalogue
from core.seating.hold_rules import claim_of, objections
from core.seating.ledger import Change, Claim, Happening, Picture
from core.seating.plans import PlanStatus, PricingMode
from core.seating.price_tiers import PriceTier
from core.seating.pricing import TierRequest, price_layout
from core.seating.reports import Report
from core.seating.reservations import SEATS_PER_HOLD_MAX, HoldRequest, Reservation
from core.seating.seats import Available, Held, Reserved, SeatState, Sold
from core.shared.errors import DomainError, InvalidInputError, Problem
from core.shared.holders import Holder
from core.shared.ids import PriceTierId, SeatId, SectionId
from core.shared.money import Money
from tests.seating_world import ON_SALE, a_plan
from tests.small_world import (
    BUYERS,
    FOREIGN_ORDER,
    IDS,
    NOW,
    ORDERS,
    PLAN,
    PRICE_NOW,
    RULES,
    SEATS,
    TICK,
    Entry,
    request_for,
    reservation_of,
    seat_at,
)  # fmt: skip

ANN, BEN = Holder(BUYERS[0]), Holder(BUYERS[1])
ORDER, LATER, SOON = ORDERS[0], NOW + 5 * TICK, NOW + 2 * TICK
HELD = reservation_of(Entry(0, "HELD", 2, 6, False, False, 1, 1), 0)
RESERVED = reservation_of(Entry(0, "RESERVED", 2, 0, True, False, 1, 1), 0)
SOLD = reservation_of(Entry(0, "SOLD", 0, 0, True, True, 1, 1), 0)
RETURNED = reservation_of(Entry(0, "RELEASED", 0, 0, True, True, 1, 0), 0)
RELEASED = reservation_of(Entry(0, "RELEASED", 0, 0, True, False, 1, 0), 0)
AT_CEILING = replace(HELD, expires_at=SOON, ceiling_at=SOON)
WITH_ANN: Picture = {SEATS[0]: Held(IDS[0], SOON)}
FOR_ORDER: Picture = {SEATS[0]: Reserved(IDS[0], SOON)}
BOUGHT: Picture = {SEATS[0]: Sold(IDS[0])}
ELSEWHERE: Picture = {SEATS[0]: Sold(IDS[1])}


def hold(count: int = 1, *, owned: int = 0, **rules: Any) -> Change:
    places = tuple(range(count))
    seats = tuple(seat_at(place, PRICE_NOW) for place in places)
    claim = Claim(request_for(0, 0, places), replace(RULES, **rules), seats)
    return ledger.hold(claim, states=dict.fromkeys(SEATS[:count], Available()), owned=owned, now=NOW)


REFUSALS: list[tuple[Callable[[], object], str]] = [
    (
        lambda: hold(2, owned=3, max_per_user=4),
        "One buyer may have 4 seats of this ticket. You have 3 and asked for 2 more.",
    ),
    (
        lambda: ledger.hold_again(HELD, request_for(0, 0, (1,)), now=NOW),
        "This reservation id stands for other seats or another buyer. Make a new id.",
    ),
    (
        lambda: ledger.hold_again(HELD, request_for(0, 0, (0,)), now=LATER),
        "This hold has ended. Hold the seats again under a new reservation id.",
    ),
    (
        lambda: ledger.extend(RESERVED, by=ANN, seats=FOR_ORDER, now=NOW),
        "The seats belong to an order by now, so the hold cannot be extended.",
    ),
    (
        lambda: ledger.extend(AT_CEILING, by=ANN, seats=WITH_ANN, now=NOW),
        "The hold was extended as long as it may be, and ends at its time.",
    ),
    (
        lambda: ledger.release_hold(RESERVED, by=ANN, seats=FOR_ORDER, now=NOW),
        "The seats belong to an order by now. Cancel the order instead.",
    ),
    (
        lambda: ledger.reclaim(RETURNED, order_id=ORDER, seats={SEATS[0]: Available()}, now=NOW),
        "These seats were sold and given back. They cannot be claimed again.",
    ),
    (
        lambda: ledger.release(SOLD, order_id=ORDER, seats=BOUGHT, now=NOW),
        "The seats are sold. Only a refund gives them back.",
    ),
    (lambda: ledger.extend(HELD, by=BEN, seats=WITH_ANN, now=NOW), "These seats are held by somebody else."),
    (
        lambda: ledger.finalise(RESERVED, order_id=FOREIGN_ORDER, seats=FOR_ORDER, now=NOW),
        "The reservation does not belong to this order.",
    ),
    (
        lambda: ledger.extend(HELD, by=ANN, seats=WITH_ANN, now=LATER),
        "The reservation has ended, and its seats are free for others.",
    ),
    (
        lambda: ledger.extend(HELD, by=ANN, seats=ELSEWHERE, now=NOW + TICK),
        "The reservation has ended, and one of its seats went to somebody else.",
    ),
]


@pytest.mark.parametrize(("refused", "words"), REFUSALS, ids=[words[:40] for _, words in REFUSALS])
def test_a_refusal_says_what_is_the_matter_and_what_to_do(refused: Callable[[], object], words: str) -> None:
    with pytest.raises(DomainError) as refusal:
        refused()
    assert refusal.value.message == words


def test_a_reclaim_that_comes_too_late_points_at_the_seats_that_are_gone() -> None:
    two = reservation_of(Entry(0, "RELEASED", 0, 0, True, False, 3, 0), 0)
    seats: dict[SeatId, SeatState] = {SEATS[0]: Available(), SEATS[1]: Sold(IDS[1])}
    with pytest.raises(DomainError) as refusal:
        ledger.reclaim(two, order_id=ORDER, seats=seats, now=NOW)
    assert list(refusal.value.problems) == [Problem("/seatIds/1", "Seat Stalls R1S2 is taken.")]


def test_a_hold_keeps_what_it_was_made_under() -> None:
    entry = hold(2).reservation
    assert (entry.ticket_id, entry.currency, entry.held_at) == (RULES.ticket_id, "EUR", NOW)
    assert (entry.hold_ttl_s, entry.plan_id, entry.account_id) == (RULES.hold_ttl_s, PLAN, BUYERS[0])


NOTHING: list[tuple[Callable[[], Change], Reservation]] = [
    (lambda: ledger.extend(HELD, by=ANN, seats=WITH_ANN, now=NOW), HELD),
    (lambda: ledger.protect(SOLD, order_id=ORDER, until=LATER, seats=BOUGHT, now=NOW), SOLD),
    (lambda: ledger.protect(RESERVED, order_id=ORDER, until=SOON, seats=FOR_ORDER, now=NOW), RESERVED),
    (lambda: ledger.finalise(SOLD, order_id=ORDER, seats=BOUGHT, now=NOW), SOLD),
    (lambda: ledger.release(RELEASED, order_id=ORDER, seats={}, now=NOW), RELEASED),
    (lambda: ledger.give_back(RELEASED, order_id=ORDER, seats={}, now=NOW), RELEASED),
    (lambda: ledger.expire(SOLD, seats=BOUGHT, now=LATER), SOLD),
]


@pytest.mark.parametrize(("repeated", "entry"), NOTHING)
def test_a_command_that_does_nothing_returns_the_entry_as_it_is(
    repeated: Callable[[], Change], entry: Reservation
) -> None:
    assert repeated() == Change(entry)


def test_what_a_command_did_is_told_apart() -> None:
    protected = ledger.protect(RESERVED, order_id=ORDER, until=LATER, seats=FOR_ORDER, now=NOW)
    assert (protected.what, protected.seats) == (Happening.EXTENDED, {SEATS[0]: Reserved(IDS[0], LATER)})
    cancelled = ledger.release(RESERVED, order_id=ORDER, seats=FOR_ORDER, now=NOW)
    assert (cancelled.what, cancelled.seats) == (Happening.RELEASED, {SEATS[0]: Available()})
    given_up = ledger.give_back(RESERVED, order_id=ORDER, seats=FOR_ORDER, now=NOW)
    assert given_up.what is Happening.RELEASED
    claimed = ledger.reclaim(RELEASED, order_id=ORDER, seats={SEATS[0]: Available()}, now=LATER)
    assert (claimed.what, claimed.reservation.sold_at) == (Happening.SOLD, LATER)
    untimely = ledger.give_back(RESERVED, order_id=ORDER, seats=FOR_ORDER, now=RESERVED.expires_at)
    assert untimely == Change(RESERVED)


def test_an_end_leaves_the_seats_of_others_alone_whatever_their_order() -> None:
    two = reservation_of(Entry(0, "HELD", 2, 6, False, False, 3, 2), 0)
    freed = ledger.expire(two, seats={SEATS[0]: Sold(IDS[1]), SEATS[1]: Held(IDS[0], SOON)}, now=SOON)
    assert freed.seats == {SEATS[1]: Available()}


def a_request(*seats: int) -> HoldRequest:
    return replace(request_for(0, 0, (0,)), seat_ids=tuple(SeatId(UUID(int=seat)) for seat in seats))


@pytest.mark.parametrize("count", [0, SEATS_PER_HOLD_MAX + 1])
def test_a_hold_of_no_seat_or_too_many_says_how_many_there_may_be(count: int) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        a_request(*range(count))
    words = f"A hold has 1 to 100 seats, not {count}."
    assert (refusal.value.message, list(refusal.value.problems)) == (words, [Problem("/seatIds", words)])


def test_a_hold_of_one_seat_or_a_hundred_is_fine() -> None:
    assert len(a_request(1).seat_ids) == 1
    assert len(a_request(*range(SEATS_PER_HOLD_MAX)).seat_ids) == 100


def test_each_seat_that_is_named_twice_is_pointed_at() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        a_request(1, 2, 1, 2)
    assert refusal.value.message == "A seat is named twice."
    assert list(refusal.value.problems) == [
        Problem("/seatIds/2", f"Seat {UUID(int=1)} is named twice."),
        Problem("/seatIds/3", f"Seat {UUID(int=2)} is named twice."),
    ]


def test_a_plan_says_why_it_is_not_ready_or_not_on_sale() -> None:
    draft, _ = a_plan(rows=1, columns=3)
    dear = replace(draft, pricing_mode=PricingMode.SEAT)
    words = "3 seats are in no price tier and cost the ticket's 75.00 EUR."
    assert dear.check() == Report((), (Problem("/priceTiers", words),))
    free = replace(dear, ticket_price=Money(0, "EUR"))
    assert free.check() == Report((Problem("/priceTiers", "3 seats have no price."),), ())
    with pytest.raises(DomainError, match=r"\AThe plan was changed meanwhile\.\Z"):
        draft.must_be(9)
    with pytest.raises(DomainError, match=r"\AThe plan cannot go on sale yet\.\Z"):
        replace(free, status=PlanStatus.DRAFT, version_number=None).activate(next_number=1, now=NOW)
    with pytest.raises(DomainError, match=r"\AThe plan is a draft, so it is not on sale\.\Z"):
        replace(draft, status=PlanStatus.DRAFT, version_number=None).deactivate(now=NOW)


def test_a_report_lists_two_hundred_problems_and_counts_the_rest() -> None:
    problems = [Problem(f"/seats/{number}", "no") for number in range(203)]
    assert Report.of(problems[:200], []).errors == tuple(problems[:200])
    assert Report.of(problems, []).errors == (*problems[:200], Problem("", "There are 3 more."))


def test_a_plan_that_changes_says_when() -> None:
    (active, _), later = a_plan(), timedelta(hours=1)
    then = active.updated_at + later
    gone = active.deactivate(now=then)
    assert (gone.updated_at, gone.version) == (then, 2)
    back = gone.activate(next_number=1, now=then + later)
    assert (back.updated_at, back.version, back.seats_version) == (then + later, 3, 1)
    priced = back.priced(seats_without_tier=7, now=then)
    assert (priced.seats_without_tier, priced.version, priced.seats_version, priced.updated_at) == (7, 4, 2, then)


def test_price_tiers_that_are_wrong_are_pointed_at_one_by_one() -> None:
    plan, layout = a_plan(rows=1, columns=2)
    section, seat, nobody = layout.sections[0].id, layout.seats[0].id, UUID(int=9)
    first = TierRequest(
        id=PriceTierId(UUID(int=1)),
        name="Stalls",
        price=Money(0, "EUR"),
        section_ids=(section,),
        seat_ids=(seat, SeatId(nobody)),
        categories=("Loge",),
    )
    second = TierRequest(
        id=PriceTierId(UUID(int=2)),
        name="Stalls",
        price=Money(100, "USD"),
        section_ids=(SectionId(nobody), section),
        seat_ids=(seat,),
    )
    with pytest.raises(DomainError) as refusal:
        price_layout([first, second], layout=layout, ticket_price=plan.ticket_price)
    assert refusal.value.message == "Price tier 'Stalls' is there twice."
    assert list(refusal.value.problems) == [
        Problem("/1/name", "Price tier 'Stalls' is there twice."),
        Problem("/1/price/currency", "The ticket is sold in EUR, not in USD."),
        Problem("/1/sectionIds/0", f"The plan has no {nobody} among its sectionIds that a tier can price."),
        Problem("/1/sectionIds/1", f"{section} is in two price tiers."),
        Problem("/0/seatIds/1", f"The plan has no {nobody} among its seatIds that a tier can price."),
        Problem("/1/seatIds/0", f"{seat} is in two price tiers."),
        Problem("/0/categories/0", "The plan has no Loge among its categories that a tier can price."),
    ]


def some_tiers(count: int) -> list[TierRequest]:
    return [
        TierRequest(id=PriceTierId(UUID(int=number)), name=str(number), price=Money(0, "EUR"))
        for number in range(1, count + 1)
    ]


def test_a_plan_has_a_hundred_price_tiers_and_no_more() -> None:
    plan, layout = a_plan(rows=1, columns=2)
    priced = price_layout(some_tiers(100), layout=layout, ticket_price=plan.ticket_price)
    assert len(priced.tiers) == 100
    with pytest.raises(DomainError) as refusal:
        price_layout(some_tiers(101), layout=layout, ticket_price=plan.ticket_price)
    assert list(refusal.value.problems) == [Problem("", "A plan has at most 100 price tiers.")]


def test_tiers_are_kept_and_stand_on_their_sections_and_seats() -> None:
    plan, layout = a_plan(rows=1, columns=2)
    of_section = TierRequest(
        id=PriceTierId(UUID(int=1)), name="Stalls", price=Money(5000, "EUR"), section_ids=(layout.sections[0].id,)
    )
    of_seat = TierRequest(
        id=PriceTierId(UUID(int=2)), name="Best", price=Money(9000, "EUR"), seat_ids=(layout.seats[1].id,)
    )
    priced = price_layout([of_section, of_seat], layout=layout, ticket_price=plan.ticket_price)
    assert priced.tiers == tuple(PriceTier(tier.id, tier.name, tier.price) for tier in (of_section, of_seat))
    assert [section.price_tier_id for section in priced.layout.sections] == [of_section.id]
    assert [(seat.price_tier_id, seat.price_minor) for seat in priced.layout.seats] == [
        (None, 5000),
        (of_seat.id, 9000),
    ]
    assert priced.seats_without_tier == 0


def test_a_plan_objects_to_a_hold_with_every_reason_that_it_has() -> None:
    plan, layout = a_plan(rows=1, columns=2, seats_max_per_order=1)
    request = replace(request_for(0, 0, (0,)), seat_ids=(layout.seats[0].id, SEATS[0]))
    on_sale, gone = Catalogue.of(plan, layout, ()), Catalogue.of(plan.deactivate(now=NOW), layout, ())
    too_many, unknown = objections(claim_of(request, on_sale), on_sale, sale=ON_SALE, now=NOW)
    assert too_many.message == "At most 1 seats can be held at once."
    assert [problem.pointer for problem in unknown.problems] == ["/seatIds/1"]
    [off_sale] = objections(claim_of(request, gone), gone, sale=ON_SALE, now=NOW)
    assert off_sale.message == "The seating plan is not on sale."
    alone = replace(request, seat_ids=request.seat_ids[:1])
    assert objections(claim_of(alone, on_sale), on_sale, sale=ON_SALE, now=NOW) == []


def test_a_claim_has_the_seats_that_the_plan_knows_in_the_order_of_the_hall() -> None:
    plan, layout = a_plan(rows=1, columns=3)
    catalogue = Catalogue.of(plan, layout, ())
    request = replace(request_for(0, 0, (0,)), seat_ids=(layout.seats[2].id, SEATS[0], layout.seats[0].id))
    claim = claim_of(request, catalogue)
    assert (claim.request, claim.rules) == (request, plan.rules)
    assert claim.seats == (catalogue.lines[layout.seats[0].id], catalogue.lines[layout.seats[2].id])
