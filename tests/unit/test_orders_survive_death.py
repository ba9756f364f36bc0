"""The process dies after each step in turn; repeating what was begun always comes to the same end."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

import pytest

from core.orders.box_office import Settlement
from core.orders.statuses import OrderStatus
from core.orders.vouchers import PercentOff, Voucher, VoucherTerms
from core.shared.ids import VoucherId
from ports.published.expiration import TimerFired
from ports.published.refusals import RefusedError
from tests.orders_neighbours import Killed
from tests.orders_world import TENANT, World
from usecases.orders.sell_at_box_office import Sale

STEPS_MAX = 50
type Act = Callable[[World], Awaitable[None]]


async def place(world: World) -> None:
    await world.place(world.buyer(), world.held_once(), None)


async def place_mix(world: World) -> None:
    await world.place(world.buyer(), world.held_mix_once(), None)


async def place_and_allow_other_seats(world: World) -> None:
    await world.place(world.buyer(), world.held_once(), None, accept_other_seats=True)


async def place_mix_and_allow_other_seats(world: World) -> None:
    await world.place(world.buyer(), world.held_mix_once(), None, accept_other_seats=True)


async def place_what_is_gone_in_part(world: World) -> None:
    """The last of the holds has ended before it is ordered; whoever finds the order refused does not order again."""
    if await world.refused():
        return
    holds = world.held_mix_once()
    last = holds[-1].reservation_id
    world.seating.reservations[last] = replace(world.seating.reservations[last], state="ended")
    with suppress(RefusedError):
        await world.place(world.buyer(), holds, None)


async def place_with_a_gift(world: World) -> None:
    await give(world)
    await world.place(world.buyer(), world.held_once(), None, voucher_code="GIFT")


async def place_mix_with_a_gift(world: World) -> None:
    await give(world)
    await world.place(world.buyer(), world.held_mix_once(), None, voucher_code="GIFT")


async def give(world: World) -> None:
    """Made past the life of the process, and once."""
    made = Voucher.created(
        VoucherId(UUID(int=0x61F7)),
        code="GIFT",
        terms=VoucherTerms(PercentOff(10_000), uses_max=1),
        now=world.clock.now(),
    )
    async with world.memory.begin(TENANT) as tx:
        if await tx.vouchers.with_code(made.code) is None:
            await tx.vouchers.add(made, made.change_from(None, by=world.staff().account_id))


async def sell_for_cash(world: World) -> None:
    sale = Sale(world.held_once(), Settlement.CASH, for_account=world.buyer().account_id)
    await world.sell(world.staff(), sale)


async def call_off(world: World) -> None:
    await world.cancel(world.staff(), (await world.only_order()).id)


async def pay(world: World) -> None:
    await world.pay(world.buyer(), (await world.only_order()).id, "CARD")


async def stripe_takes_the_money(world: World) -> None:
    world.payments.status[(await world.only_order()).id] = "succeeded"


async def time_passes(world: World) -> None:
    world.clock.advance(961)


async def others_buy_the_seats(world: World) -> None:
    world.seating.take_seats_of((await world.only_order()).reservation_ids[0])


async def no_seats_are_left(world: World) -> None:
    world.seating.others = False


async def others_buy_the_places(world: World) -> None:
    world.general_admission.sell_out()


async def others_buy_the_last_seats(world: World) -> None:
    world.seating.take_seats_of((await world.only_order()).reservation_ids[-1])


async def stripe_is_away(world: World) -> None:
    world.payments.reachable = False


async def stripe_is_back(world: World) -> None:
    world.payments.reachable = True


async def patience_ends(world: World) -> None:
    world.clock.advance(world.terms.lifetime_max_s + world.terms.outage_max_s)


async def hear_of_the_money(world: World) -> None:
    await world.confirm(world.succeeded(await world.only_order()), world.delivery(1))


async def hear_of_the_refund(world: World) -> None:
    await world.on_refunded(world.refunded(await world.only_order()), world.delivery(2))


async def cancel(world: World) -> None:
    await world.cancel(world.buyer(), (await world.only_order()).id)


async def sweep(world: World) -> None:
    await world.sweep()


async def timer_fires(world: World) -> None:
    order = await world.only_order()
    await world.on_timer(TimerFired(kind="order", subject_id=order.id, due_at=order.expires_at), world.delivery(3))


async def others_hear(world: World) -> None:
    world.deliver()


SCENARIOS: dict[str, list[Act]] = {
    "confirmed": [place, pay, stripe_takes_the_money, hear_of_the_money],
    "refunded later": [place, pay, stripe_takes_the_money, hear_of_the_money, hear_of_the_refund, others_hear],
    "the seats are gone": [
        place, pay, stripe_takes_the_money, time_passes, others_buy_the_seats, hear_of_the_money, hear_of_the_refund
    ],
    "found by the sweep": [place, pay, stripe_takes_the_money, time_passes, sweep, hear_of_the_money],
    "expired": [place, pay, time_passes, sweep, others_hear],
    "expired by its timer": [place, pay, time_passes, timer_fires, sweep, others_hear],
    "paid late": [place, time_passes, sweep, others_hear, stripe_takes_the_money, hear_of_the_money],
    "cancelled": [place, pay, cancel, others_hear],
    "cancelled, paid late, seats gone": [
        place, cancel, others_hear, others_buy_the_seats, stripe_takes_the_money, hear_of_the_money
    ],
}  # fmt: skip
UNCHARGED: dict[str, list[Act]] = {
    "free": [place_with_a_gift, sweep],
    "free, mixed": [place_mix_with_a_gift, sweep],
    "free, called off": [place_with_a_gift, call_off, others_hear],
    "sold for cash": [sell_for_cash, sweep],
    "sold for cash, called off": [sell_for_cash, call_off, others_hear],
}
MIXED: dict[str, list[Act]] = {
    f"mixed, {name}": [place_mix if act is place else act for act in acts] for name, acts in SCENARIOS.items()
} | {
    "mixed, refused in part": [place_what_is_gone_in_part, others_hear, others_hear],
    "mixed, the places are gone": [
        place_mix, pay, stripe_takes_the_money, time_passes, others_buy_the_places, hear_of_the_money, others_hear,
        hear_of_the_refund, others_hear,
    ],
    "mixed, the last seats are gone": [
        place_mix, pay, stripe_takes_the_money, time_passes, others_buy_the_last_seats, hear_of_the_money, others_hear,
        hear_of_the_refund, others_hear,
    ],
    "mixed, the last seats are gone, found by the sweep": [
        place_mix, pay, stripe_takes_the_money, time_passes, others_buy_the_last_seats, sweep, others_hear,
        hear_of_the_money, others_hear,
    ],
    "mixed, expired, paid late, the places are gone": [
        place_mix, time_passes, sweep, others_hear, others_buy_the_places, stripe_takes_the_money, hear_of_the_money,
        others_hear,
    ],
    "mixed, cancelled, paid late, the last seats are gone": [
        place_mix, cancel, others_hear, others_buy_the_last_seats, stripe_takes_the_money, hear_of_the_money,
        others_hear,
    ],
}  # fmt: skip
OTHER_SEATS: dict[str, list[Act]] = {
    "other seats": [
        place_and_allow_other_seats, pay, stripe_takes_the_money, time_passes, others_buy_the_seats, hear_of_the_money,
        others_hear,
    ],
    "other seats, found by the sweep": [
        place_and_allow_other_seats, pay, stripe_takes_the_money, time_passes, others_buy_the_seats, sweep,
        hear_of_the_money, others_hear,
    ],
    "other seats, expired and refunded later": [
        place_and_allow_other_seats, time_passes, sweep, others_hear, others_buy_the_seats, stripe_takes_the_money,
        hear_of_the_money, hear_of_the_refund, others_hear,
    ],
    "no other seats": [
        place_and_allow_other_seats, time_passes, sweep, others_hear, others_buy_the_seats, no_seats_are_left,
        stripe_takes_the_money, hear_of_the_money, others_hear, hear_of_the_refund, others_hear,
    ],
    "other seats, but the places are gone": [
        place_mix_and_allow_other_seats, pay, stripe_takes_the_money, time_passes, others_buy_the_seats,
        others_buy_the_places, hear_of_the_money, others_hear, hear_of_the_refund, others_hear,
    ],
    "expired while stripe was away, found to be paid by the sweep": [
        place_and_allow_other_seats, pay, stripe_takes_the_money, stripe_is_away, patience_ends, sweep, others_hear,
        stripe_is_back, others_buy_the_seats, time_passes, sweep, others_hear, hear_of_the_money,
    ],
    "mixed, other seats": [
        place_mix_and_allow_other_seats, cancel, others_hear, others_buy_the_seats, stripe_takes_the_money,
        hear_of_the_money, others_hear,
    ],
}  # fmt: skip


ALL = SCENARIOS | MIXED | OTHER_SEATS | UNCHARGED


async def run(acts: list[Act], *, dies_after: int | None) -> tuple[World, bool]:
    world = World()
    world.life.dies_after = dies_after
    died = False
    for act in acts:
        try:
            await act(world)
        except Killed:
            died = True
            await act(world)
    return world, died


@pytest.mark.parametrize("acts", ALL.values(), ids=ALL)
async def test_repeating_after_death_at_any_step_comes_to_the_same_end(acts: list[Act]) -> None:
    whole, _ = await run(acts, dies_after=None)
    expected = await whole.picture()
    deaths = 0
    for step in range(1, STEPS_MAX + 1):
        world, died = await run(acts, dies_after=step)
        assert await world.picture() == expected, f"died after step {step}"
        deaths += died
    assert deaths == whole.life.steps < STEPS_MAX, "the process died after every step once"


@pytest.mark.parametrize("place_free", [place_with_a_gift, sell_for_cash])
async def test_the_sweep_alone_finishes_an_order_without_payment_that_has_everything(place_free: Act) -> None:
    """Nobody asks again: the order is finished, or it expires where not everything was reserved for it."""
    for step in range(1, STEPS_MAX + 1):
        world = World()
        world.life.dies_after = step
        try:
            await place_free(world)
        except Killed:
            await world.sweep()
            world.clock.advance(900)
            await world.sweep()
        else:
            break
        world.deliver()
        order = await world.only_order()
        (reservation,) = world.seating.reservations.values()
        ends = {OrderStatus.CONFIRMED: "sold", OrderStatus.EXPIRED: "ended"}
        assert (order.due_at, world.seating.lives(reservation)) == (None, ends[order.status] == "sold")
    else:
        pytest.fail("the process dies for ever")
    assert step > 5
