"""Prices that change at set times: the core's arithmetic, and that nobody is shown or charged another time's price."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, override
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.content_codings import Coding
from adapters.http.seat_map_answers import SeatMapAnswers
from adapters.http.seat_map_texts import form_of
from adapters.memory.clock import MemoryClock
from adapters.memory.seat_map import MemorySeatMapFeed
from core.seating.best_available import SeatWish
from core.seating.catalogue import Catalogue
from core.seating.errors import InvalidPriceTiersError, NotEnoughSeatsError, SeatTakenError, SeatTooDearError
from core.seating.layout import Layout
from core.seating.price_tiers import PriceChange, PriceTier
from core.seating.pricing import CHANGES_BEFORE, CHANGES_FROM, CHANGES_PER_TIER_MAX, Pricing, TierRequest, price_layout
from core.shared.callers import Role
from core.shared.ids import PlanId, PriceTierId, ReservationId, SeatId
from core.shared.money import PRICE_MAX_MINOR, Money
from tests.seating_world import CountedTokens, a_buyer, a_plan, a_request, a_tenant, memory_stores, seat_ids
from usecases.seating import catalogues
from usecases.seating.hold_best_available import TRIES_MAX, HoldBestAvailable
from usecases.seating.hold_seats import HoldSeats, NewHold
from usecases.seating.looking import Pictures
from usecases.seating.replace_price_tiers import ReplacePriceTiers
from usecases.seating.seats_snapshot import SeatsSnapshot

NOW = MemoryClock().now()
NOON, EVENING = NOW + timedelta(seconds=60), NOW + timedelta(seconds=120)
INSTANT = timedelta(microseconds=1)


def euros(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


def changes(*steps: tuple[datetime, int]) -> tuple[PriceChange, ...]:
    return tuple(PriceChange(at, euros(amount_minor)) for at, amount_minor in steps)


def a_tier(name: str, amount_minor: int, *steps: tuple[datetime, int], **what: Any) -> TierRequest:
    return TierRequest(id=PriceTierId(uuid4()), name=name, price=euros(amount_minor), changes=changes(*steps), **what)


def test_a_price_changes_exactly_at_its_time_and_stays_until_the_next() -> None:
    tier = PriceTier(PriceTierId(uuid4()), "Front", euros(50), changes((NOON, 70), (EVENING, 40)))
    at = {NOON - INSTANT: 50, NOON: 70, EVENING - INSTANT: 70, EVENING: 40, EVENING + timedelta(days=900): 40}
    assert {now: tier.price_at(now).amount_minor for now in at} == at


@pytest.mark.parametrize(
    ("steps", "pointer"),
    [
        ([(NOON, 1), (NOON, 2)], "/0/changes/1/at"),
        ([(EVENING, 1), (NOON, 2)], "/0/changes/1/at"),
        ([(CHANGES_FROM - INSTANT, 1)], "/0/changes/0/at"),
        ([(CHANGES_FROM, 1), (CHANGES_BEFORE, 1)], "/0/changes/1/at"),
        ([(NOON, 1), (EVENING, -1)], "/0/changes/1/price/amount"),
        ([(NOON, PRICE_MAX_MINOR + 1)], "/0/changes/0/price/amount"),
        ([(NOON + number * INSTANT, 1) for number in range(CHANGES_PER_TIER_MAX + 1)], "/0/changes"),
    ],
)
def test_changes_that_cannot_be_are_refused_with_their_place(steps: list[tuple[datetime, int]], pointer: str) -> None:
    plan, layout = a_plan()
    with pytest.raises(InvalidPriceTiersError) as refused:
        price_layout([a_tier("Front", 50, *steps)], layout=layout, ticket_price=plan.ticket_price)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_a_change_is_in_the_tickets_currency() -> None:
    plan, layout = a_plan()
    tier = replace(a_tier("Front", 50), changes=(PriceChange(NOON, Money(50, "USD")),))
    with pytest.raises(InvalidPriceTiersError) as refused:
        price_layout([tier], layout=layout, ticket_price=plan.ticket_price)
    assert [problem.pointer for problem in refused.value.problems] == ["/0/changes/0/price/currency"]


def test_twenty_changes_of_any_price_some_of_them_past_are_taken() -> None:
    plan, layout = a_plan()
    steps = [(NOW + number * INSTANT, [0, PRICE_MAX_MINOR][number % 2]) for number in range(-5, 13)]
    steps = [(CHANGES_FROM, 1), *steps, (CHANGES_BEFORE - INSTANT, 1)]
    pricing = price_layout([a_tier("Front", 50, *steps)], layout=layout, ticket_price=plan.ticket_price)
    assert len(pricing.tiers[0].changes) == CHANGES_PER_TIER_MAX


moments = st.integers(-3, 3).map(lambda minutes: NOW + timedelta(minutes=minutes))
amounts = st.sampled_from([0, 10, 20, 7500])
schedules = st.lists(moments, unique=True, max_size=3).flatmap(
    lambda times: st.tuples(*(st.tuples(st.just(at), amounts) for at in sorted(times)))
)


@given(
    of_section=st.one_of(st.none(), st.tuples(amounts, schedules)),
    of_seats=st.tuples(amounts, schedules),
    of_others=st.tuples(amounts, schedules),
    nows=st.lists(st.tuples(moments, st.sampled_from([-INSTANT, timedelta(0), INSTANT])), min_size=1, max_size=4),
)
def test_a_catalogue_of_a_moment_is_as_if_its_prices_had_never_been_others(
    of_section: Any, of_seats: Any, of_others: Any, nows: list[tuple[datetime, timedelta]]
) -> None:
    plan, layout = a_plan(rows=2, columns=4)
    one, two = seat_ids(layout, "R1S1", "R1S3", "R2S2"), seat_ids(layout, "R1S4", "R2S4")
    tiers = [
        a_tier("A", of_seats[0], *of_seats[1], seat_ids=one),
        a_tier("B", of_others[0], *of_others[1], seat_ids=two),
    ]
    if of_section is not None:
        tiers.append(a_tier("C", of_section[0], *of_section[1], section_ids=(layout.sections[0].id,)))
    pricing = price_layout(tiers, layout=layout, ticket_price=plan.ticket_price)
    catalogue = Catalogue.of(plan, pricing.layout, pricing.tiers)
    near = catalogue.masks.nearness(2)
    for moment, offset in nows:  # to and fro in time
        now = moment + offset
        catalogue = catalogue.priced_for(now)
        assert catalogue.is_priced_for(now) and catalogue.priced_for(now) is catalogue
        still = [replace(tier, price=t.price_at(now), changes=()) for tier, t in zip(tiers, pricing.tiers, strict=True)]
        wanted = price_layout(still, layout=layout, ticket_price=plan.ticket_price).layout
        plain = Catalogue.of(plan, wanted, ())
        assert catalogue.seats == wanted.seats
        assert catalogue.lines == plain.lines
        assert (catalogue.masks.prices, catalogue.masks.priced) == (plain.masks.prices, plain.masks.priced)
        assert catalogue.masks.seats == plain.masks.seats
        assert catalogue.masks.nearness(2) is near, "what is known of places is kept"
        times = {change.at for tier in tiers for change in tier.changes}
        assert catalogue.prices_change_at == min((at for at in times if at > now), default=None)
        assert catalogue.prices_since_at(now) == catalogue.prices_since <= now


@dataclass
class House:
    """A plan of two rows: the first costs 50, 70 from noon on and 40 from the evening on; the second costs 75.00."""

    def __post_init__(self) -> None:
        self.clock, self.stores = MemoryClock(), memory_stores()
        self.manager = a_buyer(a_tenant(), role=Role.MANAGER)
        self.tenant = self.manager.tenant_id
        self.plan, self.layout = a_plan(rows=2, columns=4)
        self.front = seat_ids(self.layout, "R1S1", "R1S2", "R1S3", "R1S4")
        self.price = ReplacePriceTiers(self.stores.transactions, self.clock)
        self.known = self.stores.grant.catalogues
        self.pictures = Pictures(self.stores.transactions, self.known, self.clock)
        self.feed = MemorySeatMapFeed()
        self.snapshot = SeatsSnapshot(self.stores.transactions, self.known, self.feed, self.clock)
        self.hold: HoldSeats = HoldSeats(self.stores.grant, CountedTokens(), self.clock)

    async def open(self) -> "House":
        async with self.stores.transactions.begin(self.tenant) as tx:
            await tx.plans.add(self.plan, self.layout)
        await self.reprice(50, (NOON, 70), (EVENING, 40))
        return self

    async def reprice(self, amount_minor: int, *steps: tuple[datetime, int]) -> Pricing:
        tier = a_tier("Front", amount_minor, *steps, seat_ids=self.front)
        return (await self.price(self.plan.id, [tier], expected_version=None, caller=self.manager))[1]

    async def wish(self, quantity: int, price_max: int) -> list[tuple[str, int]]:
        best = HoldBestAvailable(self.stores.transactions, self.pictures, self.hold)
        wish = SeatWish(quantity=quantity, price_max=euros(price_max))
        held = await best(self.plan.id, ReservationId(uuid4()), wish, caller=a_buyer(self.tenant))
        return [(seat.label, seat.price_minor) for seat in held.new.reservation.seats]

    async def price_of_hold(self, label: str, now: datetime) -> int:
        request = a_request(self.plan, seat_ids(self.layout, label), by=a_buyer(self.tenant))
        return (await self.stores.grant(self.tenant, request, now=now)).reservation.seats[0].price_minor


@pytest.fixture
async def house() -> House:
    return await House().open()


def front_price(catalogue: Catalogue, layout: Layout) -> int:
    return catalogue.lines[layout.seats[0].id].price_minor


async def test_everybody_gets_the_prices_of_their_own_moment_without_another_reading(house: House) -> None:
    reads = house.known.transactions
    await house.known.of(house.tenant, house.plan.id, now=NOW)
    house.known.transactions = memory_stores().transactions  # there, the plan is not
    for now, price in [(NOON - INSTANT, 50), (NOON, 70), (NOON - INSTANT, 50), (EVENING, 40), (NOON, 70), (NOW, 50)]:
        found = await house.known.of(house.tenant, house.plan.id, now=now)
        assert front_price(found, house.layout) == price
        assert await house.known.of(house.tenant, house.plan.id, now=now) is found
    house.known.transactions = reads


async def test_those_just_before_and_just_after_a_change_do_not_take_turns_at_pricing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[datetime] = []
    priced_for = Catalogue.priced_for

    def counted(self: Catalogue, now: datetime) -> Catalogue:
        made.append(now)
        return priced_for(self, now)

    await house.known.of(house.tenant, house.plan.id, now=NOW)
    monkeypatch.setattr(Catalogue, "priced_for", counted)
    both = [NOON - INSTANT, NOON] * 50
    found = await asyncio.gather(*(house.known.of(house.tenant, house.plan.id, now=now) for now in both))
    assert [front_price(each, house.layout) for each in found] == [50, 70] * 50
    for now in both:
        await house.known.of(house.tenant, house.plan.id, now=now)
    assert made == [NOON]


async def test_prices_of_two_times_count_as_two_plans_of_what_may_be_remembered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "SEATS_MAX", 20)
    other, layout = a_plan(rows=2, columns=2)
    async with house.stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(other, layout)
    small = await house.known.of(house.tenant, other.id, now=NOW)
    await house.known.of(house.tenant, house.plan.id, now=NOW)
    assert await house.known.of(house.tenant, other.id, now=NOW) is small
    for now in (NOW, NOON):
        await house.known.of(house.tenant, house.plan.id, now=now)
    assert await house.known.of(house.tenant, other.id, now=NOW) is small, "8 + 8 + 4 seats are 20"
    monkeypatch.setattr(catalogues, "SEATS_MAX", 19)
    await house.known.of(house.tenant, house.plan.id, now=EVENING)
    assert await house.known.of(house.tenant, other.id, now=NOW) is not small


async def test_new_tiers_count_at_once_whatever_was_priced_before(house: House) -> None:
    assert await house.price_of_hold("R1S1", NOON) == 70
    assert await house.price_of_hold("R1S2", NOON - INSTANT) == 50
    await house.reprice(10, (EVENING, 20))
    assert await house.price_of_hold("R1S3", NOON) == 10
    assert await house.price_of_hold("R1S4", EVENING) == 20
    assert await house.price_of_hold("R2S1", EVENING) == 7500


async def test_the_best_available_seats_are_chosen_by_the_prices_of_the_moment(house: House) -> None:
    assert await house.wish(1, 60) == [("R1S1", 50)]
    house.clock.moment = NOON - INSTANT
    assert await house.wish(1, 60) == [("R1S2", 50)]
    house.clock.moment = NOON
    with pytest.raises(NotEnoughSeatsError):
        await house.wish(1, 69)
    assert await house.wish(1, 70) == [("R1S3", 70)]
    house.clock.moment = EVENING
    assert await house.wish(1, 40) == [("R1S4", 40)]


@dataclass(frozen=True, slots=True)
class Late(HoldSeats):
    """Holds seats after something else has happened, between the choice and the hold."""

    meanwhile: Any = None

    @override
    async def __call__(
        self,
        plan_id: PlanId,
        reservation_id: ReservationId,
        seat_ids: tuple[SeatId, ...],
        *,
        price_max_minor: int | None = None,
        **more: Any,
    ) -> NewHold:
        await self.meanwhile()
        hold = HoldSeats(self.grant, self.tokens, self.clock)
        return await hold(plan_id, reservation_id, seat_ids, price_max_minor=price_max_minor, **more)


async def test_a_price_that_rises_between_the_look_and_the_hold_is_not_charged_over_the_ceiling(house: House) -> None:
    async def noon_comes() -> None:
        house.clock.moment = NOON

    house.clock.moment = NOON - INSTANT
    house.hold = Late(house.stores.grant, CountedTokens(), house.clock, noon_comes)
    with pytest.raises(NotEnoughSeatsError):
        await house.wish(2, 69)
    assert await house.wish(2, 70) == [("R1S1", 70), ("R1S2", 70)]


async def test_a_plan_repriced_between_the_look_and_the_hold_gives_the_seats_that_are_within_the_ceiling_now(
    house: House,
) -> None:
    back = seat_ids(house.layout, "R2S1", "R2S2")

    async def repriced() -> None:
        tiers = [a_tier("Front", 80, seat_ids=house.front), a_tier("Corner", 55, seat_ids=back)]
        await house.price(house.plan.id, tiers, expected_version=None, caller=house.manager)

    house.hold = Late(house.stores.grant, CountedTokens(), house.clock, repriced)
    assert await house.wish(2, 60) == [("R2S1", 55), ("R2S2", 55)]


async def test_prices_that_rise_at_every_try_end_in_a_refusal_that_says_so(house: House) -> None:
    tries: list[int] = []

    async def up_and_down() -> None:
        tries.append(1)
        await house.reprice(80)
        await house.pictures.look(house.tenant, house.plan.id, fresh=True)

    async def cheap_again() -> None:
        await house.reprice(50)

    class Fickle(HoldSeats):
        @override
        async def __call__(self, *wish: Any, **more: Any) -> NewHold:
            await up_and_down()
            try:
                return await HoldSeats(house.stores.grant, CountedTokens(), house.clock)(*wish, **more)
            finally:
                await cheap_again()

    house.hold = Fickle(house.stores.grant, CountedTokens(), house.clock)
    with pytest.raises(SeatTooDearError) as refused:
        await house.wish(2, 60)
    assert len(tries) == TRIES_MAX and refused.value.message.startswith("Dearer by now: Stalls R1S")


async def test_a_ceiling_is_met_exactly_and_a_refusal_names_every_seat_above_it_and_whatever_else(house: House) -> None:
    ann, bob = a_buyer(house.tenant), a_buyer(house.tenant)
    ids = seat_ids(house.layout, "R2S1", "R1S1", "R1S2")
    await house.stores.grant(house.tenant, a_request(house.plan, ids[2:], by=ann), now=NOW)
    wish = replace(a_request(house.plan, ids, by=bob), price_max_minor=69)
    with pytest.raises(SeatTooDearError) as refused:
        await house.stores.grant(house.tenant, wish, now=NOON)
    assert [problem.pointer for problem in refused.value.problems] == [
        "/seatIds/0", "/seatIds/1", "/seatIds/2", "/seatIds/2",
    ]  # fmt: skip
    with pytest.raises(SeatTakenError):
        await house.stores.grant(house.tenant, replace(wish, price_max_minor=7500), now=NOON)
    exact = replace(wish, seat_ids=ids[1:2], price_max_minor=70)
    held = await house.stores.grant(house.tenant, exact, now=NOON)
    again = await house.stores.grant(house.tenant, replace(exact, price_max_minor=1), now=NOON)
    assert again.reservation == held.reservation, "a hold that is known keeps its price"


async def test_a_map_shows_the_prices_of_its_moment_and_says_when_they_change(house: House) -> None:
    answers, form, ann = SeatMapAnswers(), form_of("price", compact=True), a_buyer(house.tenant)
    tags: list[str] = []
    at = {NOON - INSTANT: (50, NOON), NOON: (70, EVENING), EVENING - INSTANT: (70, EVENING), EVENING: (40, None)}
    for now, (price, until) in at.items():
        house.clock.moment = now
        seen = await house.snapshot(house.plan.id, caller=ann)
        assert seen.catalogue.prices_change_at == until
        answer = await answers.of(house.tenant, seen, form, Coding.IDENTITY)
        end = f'"{until.isoformat().replace("+00:00", "Z")}"' if until is not None else "null"
        assert f'"pricesChangeAt":{end}'.encode() in answer.body
        assert b'"price":[%d,' % price in answer.body
        assert b'"price":{"amount":%d,"currency":"EUR"},"changes":[{' % price in answer.body
        tags.append(answer.tag)
    assert tags[1] == tags[2] and len(set(tags)) == 3


async def test_a_map_that_is_young_is_not_shown_again_after_prices_have_changed(house: House) -> None:
    ann = a_buyer(house.tenant)
    house.clock.moment = NOON - timedelta(milliseconds=300)
    first = await house.snapshot(house.plan.id, caller=ann)
    house.clock.moment = NOON - INSTANT
    assert await house.snapshot(house.plan.id, caller=ann) is first
    house.clock.moment = NOON
    assert front_price((await house.snapshot(house.plan.id, caller=ann)).catalogue, house.layout) == 70
