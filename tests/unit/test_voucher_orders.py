"""Orders with a voucher's code: what they cost, whose code counts, and when a use comes back."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from core.orders.errors import ReservationOrderedError
from core.orders.fee_schedule import FeeSchedule
from core.orders.fees import FixedFee
from core.orders.order import Order
from core.orders.statuses import OrderStatus
from core.orders.voucher_errors import (
    TooManyVoucherTriesError,
    VoucherCodeTakenError,
    VoucherMinimumError,
    VoucherNotApplicableError,
    VoucherNotFoundError,
    VoucherUnknownError,
    VoucherUsedByAccountError,
    VoucherUsedUpError,
)
from core.orders.vouchers import AmountOff, PercentOff, Voucher, VoucherTerms
from core.shared.callers import Caller, Role
from core.shared.errors import DomainError, ForbiddenError, StaleVersionError
from core.shared.ids import AccountId, TicketId, VoucherId
from core.shared.money import Money
from ports.paging import PageRequest
from tests.orders_neighbours import TICKET
from tests.orders_world import OTHER_TENANT, World

TENTH = VoucherTerms(PercentOff(1_000))
ONCE = replace(TENTH, uses_max=1)


async def voucher(world: World, terms: VoucherTerms = TENTH, code: str = "TENTH") -> Voucher:
    return await world.edit_vouchers.create(world.staff(Role.OWNER), code, terms)


async def ordered(world: World, buyer: int = 1, *, code: str | None = "TENTH", number: int | None = None) -> Order:
    """Each buyer holds other seats."""
    caller, number = world.buyer(buyer), number or buyer
    hold = world.held(caller, number, first=10 * number)
    return await world.place(caller, [hold], None, voucher_code=code)


async def uses(world: World, found: Voucher) -> int:
    used, _ = await world.read_vouchers.one(world.staff(), found.id)
    return used.uses


async def pending(world: World) -> Order:
    order = await world.only_order()
    assert (order.status, order.content) == (OrderStatus.PENDING, None)
    return order


async def test_a_code_takes_something_off_the_order() -> None:
    world = World()
    made = await voucher(world)
    order = await ordered(world, code=" tenth ")
    assert order.content is not None
    assert [(each.code, each.name) for each in order.content.discounts] == [("voucher:TENTH", "TENTH")]
    assert (order.content.items_total, order.total) == (Money(5_000, "EUR"), Money(4_500, "EUR"))
    assert await uses(world, made) == 1


async def test_fees_are_taken_on_what_is_left_and_none_where_nothing_is() -> None:
    world = World()
    schedule = FeeSchedule(fees=(FixedFee("booking", "Booking", Money(150, "EUR")),))
    await world.tune_fees.change(world.staff(Role.OWNER), schedule, expected_version=0)
    await voucher(world)
    await voucher(world, VoucherTerms(PercentOff(10_000)), "GIFT")
    assert (await ordered(world)).total == Money(4_650, "EUR")
    gift = await ordered(world, 2, code="GIFT")
    assert (gift.total, gift.status) == (Money(0, "EUR"), OrderStatus.CONFIRMED)


async def test_the_price_that_stripe_takes_is_the_one_after_the_discount() -> None:
    world = World()
    await voucher(world)
    order = await ordered(world)
    assert (await world.pay(world.buyer(), order.id, "CARD")).amount_minor == 4_500
    world.payments.status[order.id] = "succeeded"
    await world.confirm(world.succeeded(order), world.delivery())
    assert (await world.now(order)).status is OrderStatus.CONFIRMED


async def test_an_unknown_code_leaves_the_order_to_be_placed_with_another_one_or_none() -> None:
    world = World()
    await voucher(world)
    with pytest.raises(VoucherUnknownError) as refused:
        await ordered(world, code="NINTH")
    assert [problem.pointer for problem in refused.value.problems] == ["/voucherCode"]
    first = await pending(world)
    hold = world.held_once()
    assert world.seating.reservations[first.reservation_ids[0]].state == "reserved"
    with pytest.raises(VoucherUnknownError):
        await world.place(world.buyer(), hold, None, voucher_code="EIGHTH")
    order = await world.place(world.buyer(), hold, None, voucher_code="TENTH")
    assert (order.id, order.total) == (first.id, Money(4_500, "EUR"))


async def test_an_order_whose_code_was_refused_goes_on_without_one() -> None:
    world = World()
    with pytest.raises(VoucherUnknownError):
        await ordered(world, code="NINTH")
    order = await world.place(world.buyer(), world.held_once(), None)
    assert (order.status, order.total) == (OrderStatus.AWAITING_PAYMENT, Money(5_000, "EUR"))


async def test_an_order_whose_code_was_refused_ends_by_its_time() -> None:
    world = World()
    with pytest.raises(VoucherUnknownError):
        await ordered(world, code="NINTH")
    world.clock.advance(900)
    assert await world.sweep() == 1
    world.deliver()
    assert (await world.only_order()).status is OrderStatus.EXPIRED
    assert world.seating.owner_of(UUID(int=10)) is None


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        (replace(TENTH, active=False), VoucherUnknownError),
        (replace(TENTH, minimum_total=Money(5_001, "EUR")), VoucherMinimumError),
        (replace(TENTH, ticket_ids=frozenset({TicketId(UUID(int=404))})), VoucherNotApplicableError),
        (VoucherTerms(AmountOff(Money(1, "CHF"))), VoucherNotApplicableError),
    ],
)
async def test_a_code_that_is_not_for_this_order_is_refused(terms: VoucherTerms, refusal: type[DomainError]) -> None:
    world = World()
    made = await voucher(world, terms)
    with pytest.raises(refusal):
        await ordered(world)
    assert (await pending(world)).refund is None
    assert await uses(world, made) == 0


async def test_a_code_of_another_organisation_is_unknown_like_any_other() -> None:
    world = World()
    stranger = Caller(AccountId(UUID(int=7)), OTHER_TENANT, role=Role.OWNER)
    made = await world.edit_vouchers.create(stranger, "TENTH", TENTH)
    with pytest.raises(VoucherUnknownError) as theirs:
        await ordered(world)
    with pytest.raises(VoucherUnknownError) as nobodys:
        await world.place(world.buyer(), world.held_once(), None, voucher_code="NOBODYS")
    assert theirs.value.message == nobodys.value.message
    with pytest.raises(VoucherNotFoundError):
        await world.read_vouchers.one(world.staff(), made.id)


async def test_a_code_for_the_ticket_applies() -> None:
    world = World()
    await voucher(world, VoucherTerms(AmountOff(Money(700, "EUR")), ticket_ids=frozenset({TicketId(TICKET)})))
    assert (await ordered(world)).total == Money(4_300, "EUR")


async def test_a_use_is_gone_while_its_order_lives_and_comes_back_when_it_ends_unpaid() -> None:
    world = World()
    made = await voucher(world, ONCE)
    first = await ordered(world, 1)
    with pytest.raises(VoucherUsedUpError):
        await ordered(world, 2)
    await world.cancel(world.buyer(1), first.id)
    assert await uses(world, made) == 0
    second = await ordered(world, 2)
    world.clock.advance(900)
    await world.sweep()
    assert (await world.now(second)).status is OrderStatus.EXPIRED
    assert await uses(world, made) == 0


async def test_a_use_comes_back_when_all_the_money_went_back_and_is_taken_again_by_late_money() -> None:
    world = World()
    made = await voucher(world, ONCE)
    order = await world.paid(await ordered(world))
    await world.confirm(world.succeeded(order), world.delivery(1))
    assert await uses(world, made) == 1
    await world.on_refunded(world.refunded(order), world.delivery(2))
    assert await uses(world, made) == 0
    late = await ordered(world, 2)
    await world.cancel(world.buyer(2), late.id)
    assert await uses(world, made) == 0
    await world.confirm(world.succeeded(late), world.delivery(3))
    assert (await world.now(late)).status is OrderStatus.CONFIRMED
    assert await uses(world, made) == 1


async def test_late_money_confirms_an_order_at_its_discount_even_if_the_code_is_used_up_by_then() -> None:
    world = World()
    made = await voucher(world, ONCE)
    first = await ordered(world, 1)
    await world.cancel(world.buyer(1), first.id)
    await ordered(world, 2)
    await world.confirm(world.succeeded(first), world.delivery())
    late = await world.now(first)
    assert (late.status, late.total) == (OrderStatus.CONFIRMED, Money(4_500, "EUR"))
    assert await uses(world, made) == 2
    with pytest.raises(VoucherUsedUpError):
        await ordered(world, 3)


async def test_an_account_uses_a_code_as_often_as_it_may() -> None:
    world = World()
    made = await voucher(world, replace(TENTH, uses_per_account_max=1))
    await ordered(world, 1)
    with pytest.raises(VoucherUsedByAccountError):
        await ordered(world, 1, number=3)
    await ordered(world, 2)
    assert await uses(world, made) == 2


async def test_placing_again_uses_a_code_once_and_another_code_is_too_late() -> None:
    world = World()
    made = await voucher(world, ONCE)
    order = await ordered(world)
    hold = world.held_once()
    assert await world.place(world.buyer(), hold, None, voucher_code="tenth") == order
    assert await world.place(world.buyer(), hold, None) == order
    with pytest.raises(ReservationOrderedError):
        await world.place(world.buyer(), hold, None, voucher_code="OTHER")
    assert await uses(world, made) == 1


async def test_guessing_codes_has_an_end_for_a_while() -> None:
    world = World()
    await voucher(world)
    for _ in range(10):
        with pytest.raises(VoucherUnknownError):
            await world.place(world.buyer(), world.held_once(), None, voucher_code="no such code")
    with pytest.raises(TooManyVoucherTriesError) as refused:
        await world.place(world.buyer(), world.held_once(), None, voucher_code="TENTH")
    assert refused.value.retry_after_s == 900
    assert (await ordered(world, 2)).total == Money(4_500, "EUR")
    world.clock.advance(899)
    with pytest.raises(TooManyVoucherTriesError):
        await ordered(world, 1, number=3)
    world.clock.advance(1)
    assert (await ordered(world, 1, number=4)).total == Money(4_500, "EUR")


async def test_an_order_keeps_its_discount_when_the_voucher_changes() -> None:
    world = World()
    made = await voucher(world)
    order = await ordered(world)
    owner = world.staff(Role.OWNER)
    changed = await world.edit_vouchers.change(
        owner, made.id, lambda terms: replace(terms, reduction=PercentOff(5_000)), expected_version=1
    )
    assert changed.version == 2
    assert (await world.now(order)).total == Money(4_500, "EUR")
    assert (await ordered(world, 2)).total == Money(2_500, "EUR")


async def test_a_voucher_that_ends_while_the_order_is_being_placed_is_not_used() -> None:
    world = World()
    terms = replace(TENTH, valid_until=world.clock.now() + timedelta(seconds=1))
    made = await voucher(world, terms)
    await ordered(world)
    world.clock.advance(1)
    with pytest.raises(DomainError, match="expired"):
        await ordered(world, 2)
    assert await uses(world, made) == 1


async def test_managers_make_vouchers_and_the_box_office_reads_them() -> None:
    world = World()
    for caller in (world.buyer(), world.staff(Role.BOX_OFFICE), world.staff(Role.SCANNER)):
        with pytest.raises(ForbiddenError):
            await world.edit_vouchers.create(caller, "TENTH", TENTH)
    made = await world.edit_vouchers.create(world.staff(Role.MANAGER), "TENTH", TENTH)
    for caller in (world.buyer(), world.staff(Role.BOX_OFFICE)):
        with pytest.raises(ForbiddenError):
            await world.edit_vouchers.change(caller, made.id, lambda terms: terms, expected_version=1)
        with pytest.raises(ForbiddenError):
            await world.edit_vouchers.deactivate(caller, made.id)
    for caller in (world.buyer(), world.staff(Role.SCANNER)):
        with pytest.raises(ForbiddenError):
            await world.read_vouchers.one(caller, made.id)
        with pytest.raises(ForbiddenError):
            await world.read_vouchers.page(caller, PageRequest())
    used, changes = await world.read_vouchers.one(world.staff(Role.BOX_OFFICE), made.id)
    assert (used.voucher, used.uses) == (made, 0)
    assert [change.deed.value for change in changes] == ["created"]


async def test_a_deactivated_voucher_is_kept_and_can_be_made_active_again() -> None:
    world = World()
    made, owner = await voucher(world), world.staff(Role.OWNER)
    for _ in range(2):
        await world.edit_vouchers.deactivate(owner, made.id)
    with pytest.raises(VoucherUnknownError):
        await ordered(world)
    with pytest.raises(VoucherCodeTakenError):
        await voucher(world, code="tenth")
    with pytest.raises(StaleVersionError):
        await world.edit_vouchers.change(owner, made.id, lambda terms: terms, expected_version=1)
    await world.edit_vouchers.change(owner, made.id, lambda terms: replace(terms, active=True), expected_version=2)
    _, changes = await world.read_vouchers.one(owner, made.id)
    assert [(change.deed.value, change.members) for change in changes] == [
        ("created", ()), ("deactivated", ("active",)), ("changed", ("active",))
    ]  # fmt: skip
    assert {change.by for change in changes} == {owner.account_id}


async def test_a_voucher_that_does_not_exist_is_not_found() -> None:
    world, none = World(), VoucherId(UUID(int=404))
    with pytest.raises(VoucherNotFoundError):
        await world.edit_vouchers.change(world.staff(Role.OWNER), none, lambda terms: terms, expected_version=1)
    with pytest.raises(VoucherNotFoundError):
        await world.edit_vouchers.deactivate(world.staff(Role.OWNER), none)
