"""The ledger's rules, each from both sides, without any storage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from core.seating import ledger
from core.seating.drawn import HoldRules
from core.seating.errors import (
    HoldCeilingReachedError,
    MaxPerUserExceededError,
    NotHolderError,
    ReservationConflictError,
    ReservationExpiredError,
    SeatTakenError,
)
from core.seating.ledger import Change, Claim, Happening
from core.seating.reservations import (
    SEATS_PER_HOLD_MAX,
    HoldRequest,
    Reservation,
    ReservationSeat,
    ReservationStatus,
)
from core.seating.seats import Available, Blocked, Held, Reserved, SeatState, Sold, owner_of, state_at
from core.shared.errors import InvalidInputError
from core.shared.holders import Holder, token_digest
from core.shared.ids import AccountId, OrderId, PlanId, ReservationId, SeatId, SectionId, TicketId

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TTL = timedelta(seconds=600)
INSTANT = timedelta(microseconds=1)
ANN = Holder(AccountId(uuid4()))
BEN = Holder(AccountId(uuid4()))
ORDER = OrderId(uuid4())
OTHER_ORDER = OrderId(uuid4())
PLAN = PlanId(uuid4())
RULES = HoldRules(
    version=1,
    ticket_id=TicketId(uuid4()),
    active=True,
    seats_max_per_order=3,
    max_per_user=4,
    hold_ttl_s=600,
    currency="EUR",
)


def seat_id(number: int) -> SeatId:
    return SeatId(UUID(int=number))


def a_seat(number: int) -> ReservationSeat:
    return ReservationSeat(
        seat_id=seat_id(number),
        section_id=SectionId(UUID(int=99)),
        label=f"R1S{number}",
        section="Stalls",
        row="R1",
        number=str(number),
        column=number,
        price_minor=7500,
    )


def a_request(*numbers: int, by: Holder = ANN, id: ReservationId | None = None) -> HoldRequest:
    return HoldRequest(
        plan_id=PLAN,
        reservation_id=id or ReservationId(uuid4()),
        seat_ids=tuple(seat_id(number) for number in numbers),
        holder=by,
        new_token_sha256=token_digest("secret"),
    )


def a_claim(*numbers: int, by: Holder = ANN, rules: HoldRules = RULES) -> Claim:
    return Claim(a_request(*numbers, by=by), rules, tuple(a_seat(n) for n in sorted(numbers)))


def hold(
    *numbers: int,
    by: Holder = ANN,
    states: dict[int, SeatState] | None = None,
    owned: int = 0,
    rules: HoldRules = RULES,
) -> Change:
    """Hold seats at noon, of a plan with the seats 1 to 5, available unless `states` says otherwise."""
    stored = {seat_id(n): (states or {}).get(n, Available()) for n in numbers}
    return ledger.hold(a_claim(*numbers, by=by, rules=rules), states=stored, owned=owned, now=NOON)


def held(*numbers: int) -> Change:
    return hold(*(numbers or (1, 2)))


def reserved(*numbers: int, until: datetime = NOON + TTL) -> Change:
    change = held(*numbers)
    return ledger.reserve(change.reservation, by=ANN, order_id=ORDER, until=until, seats=change.seats, now=NOON)


def sold() -> Change:
    change = reserved()
    return ledger.finalise(change.reservation, order_id=ORDER, seats=change.seats, now=NOON)


class TestHold:
    def test_it_lasts_the_ttl_and_at_most_three_of_them(self) -> None:
        change = held(1)
        assert change.what is Happening.HELD
        assert change.reservation.expires_at == NOON + TTL
        assert change.reservation.ceiling_at == NOON + 3 * TTL
        assert change.seats == {seat_id(1): Held(change.reservation.id, NOON + TTL)}

    def test_it_takes_no_seat_when_one_is_taken_and_names_those_in_the_order_asked(self) -> None:
        other = ReservationId(uuid4())
        states: dict[int, SeatState] = {1: Sold(other), 3: Held(other, NOON + INSTANT)}
        with pytest.raises(SeatTakenError) as refused:
            hold(3, 2, 1, states=states)
        assert refused.value.message.startswith("Already taken: Stalls R1S3, Stalls R1S1.")
        assert [problem.pointer for problem in refused.value.problems] == ["/seatIds/0", "/seatIds/2"]

    @pytest.mark.parametrize(
        "state",
        [
            Held(ReservationId(uuid4()), NOON),
            Reserved(ReservationId(uuid4()), NOON),
            Blocked("camera", NOON),
            Available(),
        ],
    )
    def test_a_seat_whose_time_is_over_is_free(self, state: SeatState) -> None:
        assert hold(1, states={1: state}).what is Happening.HELD

    @pytest.mark.parametrize(
        "state",
        [
            Held(ReservationId(uuid4()), NOON + INSTANT),
            Reserved(ReservationId(uuid4()), NOON + INSTANT),
            Blocked("camera", NOON + INSTANT),
            Blocked("camera"),
            Sold(ReservationId(uuid4())),
        ],
    )
    def test_a_seat_that_somebody_has_is_taken(self, state: SeatState) -> None:
        with pytest.raises(SeatTakenError):
            hold(1, states={1: state})

    def test_seats_of_one_buyer_have_a_maximum(self) -> None:
        assert hold(1, 2, owned=2).what is Happening.HELD
        with pytest.raises(MaxPerUserExceededError):
            hold(1, 2, owned=3)

    def test_a_refusal_names_every_reason_and_seat_with_the_code_of_the_weightiest(self) -> None:
        with pytest.raises(MaxPerUserExceededError, match=r"You have 3.*Already taken: Stalls R1S2") as refused:
            hold(1, 2, owned=3, states={2: Sold(ReservationId(uuid4()))})
        assert [problem.pointer for problem in refused.value.problems] == ["/seatIds/1"]

    def test_a_seat_is_named_once(self) -> None:
        with pytest.raises(InvalidInputError) as refused:
            a_request(1, 2, 1)
        assert [problem.pointer for problem in refused.value.problems] == ["/seatIds/2"]

    @pytest.mark.parametrize("count", [0, SEATS_PER_HOLD_MAX + 1])
    def test_a_request_has_a_seat_and_not_too_many(self, count: int) -> None:
        with pytest.raises(InvalidInputError):
            a_request(*range(count))

    def test_a_message_names_twenty_seats_and_counts_the_rest(self) -> None:
        rules = replace(RULES, seats_max_per_order=50, max_per_user=50)
        sold: dict[int, SeatState] = {n: Sold(ReservationId(uuid4())) for n in range(1, 23)}
        with pytest.raises(SeatTakenError, match="and 2 more") as refused:
            hold(*range(1, 23), states=sold, rules=rules)
        assert len(refused.value.problems) == 22


class TestHoldAgain:
    def test_the_same_seats_in_any_order_are_the_same_hold(self) -> None:
        first = held(1, 2).reservation
        again = ledger.hold_again(first, a_request(2, 1, id=first.id), now=NOON + TTL - INSTANT)
        assert again == Change(first)
        assert not again.happened

    def test_it_is_the_same_hold_after_it_was_reserved_and_sold(self) -> None:
        for change in (reserved(), sold()):
            request = a_request(1, 2, id=change.reservation.id)
            assert ledger.hold_again(change.reservation, request, now=NOON).reservation == change.reservation

    @pytest.mark.parametrize("request_", [a_request(1), a_request(1, 2, 3), a_request(1, 2, by=BEN)])
    def test_other_seats_or_another_buyer_are_a_conflict(self, request_: HoldRequest) -> None:
        with pytest.raises(ReservationConflictError):
            ledger.hold_again(held(1, 2).reservation, request_, now=NOON)

    def test_a_hold_that_has_ended_is_not_given_again(self) -> None:
        with pytest.raises(ReservationExpiredError):
            ledger.hold_again(held(1, 2).reservation, a_request(1, 2), now=NOON + TTL)


class TestExtend:
    def test_a_hold_lasts_a_full_ttl_from_now(self) -> None:
        change = held()
        later = NOON + timedelta(seconds=60)
        longer = ledger.extend(change.reservation, by=ANN, seats=change.seats, now=later)
        assert longer.reservation.expires_at == later + TTL
        assert set(longer.seats.values()) == {Held(change.reservation.id, later + TTL)}

    def test_it_ends_for_good_at_the_ceiling(self) -> None:
        change = held()
        for _ in range(2):
            at = change.reservation.expires_at - INSTANT
            change = ledger.extend(change.reservation, by=ANN, seats=change.seats, now=at)
        change = ledger.extend(
            change.reservation, by=ANN, seats=change.seats, now=change.reservation.expires_at - INSTANT
        )
        assert change.reservation.expires_at == NOON + 3 * TTL
        with pytest.raises(HoldCeilingReachedError):
            ledger.extend(change.reservation, by=ANN, seats=change.seats, now=NOON + 2 * TTL)

    def test_extending_twice_in_one_moment_changes_nothing_more(self) -> None:
        change = held()
        assert not ledger.extend(change.reservation, by=ANN, seats=change.seats, now=NOON).happened

    def test_an_ended_hold_cannot_be_extended(self) -> None:
        change = held()
        with pytest.raises(ReservationExpiredError):
            ledger.extend(change.reservation, by=ANN, seats=change.seats, now=NOON + TTL)

    def test_a_reservation_of_an_order_is_not_extended_by_the_buyer(self) -> None:
        change = reserved()
        with pytest.raises(ReservationConflictError):
            ledger.extend(change.reservation, by=ANN, seats=change.seats, now=NOON)

    def test_a_hold_whose_seat_went_to_a_buyer_with_a_faster_clock_has_ended(self) -> None:
        change = held()
        later = NOON + timedelta(seconds=60)
        seats = {**change.seats, seat_id(2): Held(ReservationId(uuid4()), later)}
        with pytest.raises(ReservationExpiredError):
            ledger.extend(change.reservation, by=ANN, seats=seats, now=later)


class TestHolder:
    def test_only_the_account_or_the_token_may_extend_release_and_reserve(self) -> None:
        change = held()
        entry, seats = change.reservation, change.seats
        with_token = Holder(BEN.account_id, token_digest("secret"))
        later = NOON + timedelta(seconds=1)
        for wrong in (BEN, Holder(BEN.account_id, token_digest("guess"))):
            with pytest.raises(NotHolderError):
                ledger.extend(entry, by=wrong, seats=seats, now=later)
            with pytest.raises(NotHolderError):
                ledger.release_hold(entry, by=wrong, seats=seats, now=later)
            with pytest.raises(NotHolderError):
                ledger.reserve(entry, by=wrong, order_id=ORDER, until=NOON + TTL, seats=seats, now=later)
        assert ledger.extend(entry, by=with_token, seats=seats, now=later).happened
        assert ledger.release_hold(entry, by=with_token, seats=seats, now=later).happened
        assert ledger.reserve(entry, by=with_token, order_id=ORDER, until=NOON + TTL, seats=seats, now=later).happened


class TestRelease:
    def test_it_gives_every_seat_back(self) -> None:
        change = held()
        released = ledger.release_hold(change.reservation, by=ANN, seats=change.seats, now=NOON)
        assert released.what is Happening.RELEASED
        assert released.seats == {seat_id(1): Available(), seat_id(2): Available()}

    def test_what_is_released_or_ended_stays_as_it_is(self) -> None:
        change = held()
        released = ledger.release_hold(change.reservation, by=ANN, seats=change.seats, now=NOON)
        again = ledger.release_hold(released.reservation, by=ANN, seats=released.seats, now=NOON)
        assert again == Change(released.reservation)
        late = ledger.release_hold(change.reservation, by=ANN, seats=change.seats, now=NOON + TTL)
        assert late == Change(change.reservation)

    def test_the_buyer_cannot_release_what_an_order_has(self) -> None:
        for change in (reserved(), sold()):
            with pytest.raises(ReservationConflictError):
                ledger.release_hold(change.reservation, by=ANN, seats=change.seats, now=NOON)

    def test_an_order_gives_its_unpaid_seats_back_once(self) -> None:
        change = reserved()
        released = ledger.release(change.reservation, order_id=ORDER, seats=change.seats, now=NOON)
        assert released.reservation.status is ReservationStatus.RELEASED
        assert not ledger.release(released.reservation, order_id=ORDER, seats=released.seats, now=NOON).happened
        with pytest.raises(ReservationConflictError):
            ledger.release(change.reservation, order_id=OTHER_ORDER, seats=change.seats, now=NOON)

    def test_an_order_cannot_release_sold_seats_but_a_refund_returns_them(self) -> None:
        change = sold()
        with pytest.raises(ReservationConflictError):
            ledger.release(change.reservation, order_id=ORDER, seats=change.seats, now=NOON)
        back = ledger.give_back(change.reservation, order_id=ORDER, seats=change.seats, now=NOON)
        assert back.what is Happening.RETURNED
        assert set(back.seats.values()) == {Available()}
        assert not ledger.give_back(back.reservation, order_id=ORDER, seats=back.seats, now=NOON).happened


class TestOrders:
    def test_a_hold_becomes_the_reservation_of_one_order(self) -> None:
        until = NOON + timedelta(hours=1)
        change = reserved(until=until)
        assert change.reservation.expires_at == until
        assert set(change.seats.values()) == {Reserved(change.reservation.id, until)}
        again = ledger.reserve(
            change.reservation, by=ANN, order_id=ORDER, until=until + TTL, seats=change.seats, now=NOON
        )
        assert again == Change(change.reservation)
        with pytest.raises(ReservationConflictError):
            ledger.reserve(change.reservation, by=ANN, order_id=OTHER_ORDER, until=until, seats=change.seats, now=NOON)

    def test_an_ended_hold_cannot_be_reserved(self) -> None:
        change = held()
        with pytest.raises(ReservationExpiredError):
            ledger.reserve(
                change.reservation, by=ANN, order_id=ORDER, until=NOON + 2 * TTL, seats=change.seats, now=NOON + TTL
            )

    def test_protection_only_ever_lengthens(self) -> None:
        change = reserved()
        longer = ledger.protect(change.reservation, order_id=ORDER, until=NOON + 2 * TTL, seats=change.seats, now=NOON)
        assert longer.reservation.expires_at == NOON + 2 * TTL
        assert not ledger.protect(
            longer.reservation, order_id=ORDER, until=NOON + TTL, seats=longer.seats, now=NOON
        ).happened
        with pytest.raises(ReservationExpiredError):
            ledger.protect(change.reservation, order_id=ORDER, until=NOON + 2 * TTL, seats=change.seats, now=NOON + TTL)

    def test_finalising_sells_and_selling_twice_is_fine(self) -> None:
        change = sold()
        assert change.what is Happening.SOLD
        assert set(change.seats.values()) == {Sold(change.reservation.id)}
        much_later = NOON + timedelta(days=9)
        assert not ledger.finalise(change.reservation, order_id=ORDER, seats=change.seats, now=much_later).happened

    def test_finalising_is_refused_exactly_at_the_end(self) -> None:
        change = reserved()
        entry, seats = change.reservation, change.seats
        assert ledger.finalise(entry, order_id=ORDER, seats=seats, now=NOON + TTL - INSTANT).happened
        with pytest.raises(ReservationExpiredError):
            ledger.finalise(entry, order_id=ORDER, seats=seats, now=NOON + TTL)

    def test_only_the_order_of_the_reservation_finalises_it(self) -> None:
        with pytest.raises(ReservationConflictError):
            ledger.finalise(reserved().reservation, order_id=OTHER_ORDER, seats={}, now=NOON)
        with pytest.raises(ReservationConflictError):
            ledger.finalise(held().reservation, order_id=ORDER, seats={}, now=NOON)


class TestReclaim:
    def test_the_same_seats_are_sold_after_the_end_when_all_are_free(self) -> None:
        change = reserved()
        late = NOON + timedelta(days=1)
        claimed = ledger.reclaim(change.reservation, order_id=ORDER, seats=change.seats, now=late)
        assert claimed.what is Happening.SOLD
        expired = ledger.expire(change.reservation, seats=change.seats, now=late)
        claimed = ledger.reclaim(expired.reservation, order_id=ORDER, seats=expired.seats, now=late)
        assert set(claimed.seats.values()) == {Sold(change.reservation.id)}

    def test_none_is_sold_when_one_belongs_to_somebody_else(self) -> None:
        change = reserved()
        seats = {**change.seats, seat_id(2): Sold(ReservationId(uuid4()))}
        with pytest.raises(SeatTakenError, match="Stalls R1S2"):
            ledger.reclaim(change.reservation, order_id=ORDER, seats=seats, now=NOON + TTL)

    def test_a_live_reservation_is_simply_finalised_and_a_sold_one_stays(self) -> None:
        change = reserved()
        claimed = ledger.reclaim(change.reservation, order_id=ORDER, seats=change.seats, now=NOON)
        assert claimed.what is Happening.SOLD
        assert not ledger.reclaim(claimed.reservation, order_id=ORDER, seats=claimed.seats, now=NOON).happened

    def test_seats_that_were_refunded_are_not_claimed_again(self) -> None:
        change = sold()
        back = ledger.give_back(change.reservation, order_id=ORDER, seats=change.seats, now=NOON)
        with pytest.raises(ReservationExpiredError):
            ledger.reclaim(back.reservation, order_id=ORDER, seats=back.seats, now=NOON)


class TestExpire:
    def test_it_tidies_exactly_from_the_end_on(self) -> None:
        change = held()
        entry, seats = change.reservation, change.seats
        assert not ledger.expire(entry, seats=seats, now=NOON + TTL - INSTANT).happened
        expired = ledger.expire(entry, seats=seats, now=NOON + TTL)
        assert expired.reservation.status is ReservationStatus.EXPIRED
        assert set(expired.seats.values()) == {Available()}
        assert not ledger.expire(expired.reservation, seats=expired.seats, now=NOON + TTL).happened

    def test_it_leaves_seats_alone_that_somebody_holds_by_now(self) -> None:
        change = held()
        theirs = Held(ReservationId(uuid4()), NOON + 2 * TTL)
        expired = ledger.expire(change.reservation, seats={**change.seats, seat_id(1): theirs}, now=NOON + TTL)
        assert expired.seats == {seat_id(2): Available()}

    def test_sold_seats_never_expire(self) -> None:
        change = sold()
        assert not ledger.expire(change.reservation, seats=change.seats, now=NOON + timedelta(days=99)).happened

    def test_an_ended_hold_shows_as_expired_before_it_is_tidied(self) -> None:
        entry: Reservation = held().reservation
        assert entry.at(NOON + TTL - INSTANT).status is ReservationStatus.HELD
        assert entry.at(NOON + TTL).status is ReservationStatus.EXPIRED


def test_a_state_names_its_owner_even_when_it_has_ended() -> None:
    owner = ReservationId(uuid4())
    assert owner_of(Held(owner, NOON)) == owner_of(Reserved(owner, NOON)) == owner_of(Sold(owner)) == owner
    assert owner_of(Available()) is owner_of(Blocked("camera")) is None
    assert state_at(Held(owner, NOON), NOON) == Available()
    assert Blocked("camera").unblock() == Available()
