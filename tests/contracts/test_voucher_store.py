"""The contract of the stores of vouchers, and of their limits while many order at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.orders import MemoryOrderTransactions
from adapters.postgres.orders import PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.orders.box_office import BoxOfficeSale, Settlement
from core.orders.content import Discount, EventSnapshot, OrderContent, OrderedTicket, PlacesLine
from core.orders.history import Step
from core.orders.order import Order
from core.orders.reservations import OrderedReservation, ReservationKind
from core.orders.statuses import OrderStatus
from core.orders.terms import OrderTerms
from core.orders.voucher_errors import VoucherCodeTakenError, VoucherUsedByAccountError, VoucherUsedUpError
from core.orders.voucher_misses import Misses
from core.orders.vouchers import CHANGES_SHOWN_MAX, AmountOff, PercentOff, Uses, Voucher, VoucherTerms
from core.shared.errors import ForbiddenError, StaleVersionError
from core.shared.ids import AccountId, OrderId, OrderItemId, ReservationId, TenantId, TicketId, VenueId, VoucherId
from core.shared.money import Money
from ports.orders import OrderTransactions
from ports.paging import PageRequest
from ports.published.refusals import LinkUnavailableError
from tests.orders_world import TENANT, World
from tests.servers import PostgresServer
from usecases.orders.cancel_order import CancelOrder

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TENANT, TenantId(UUID(int=0xB))
ANN, BEN, BOSS = (AccountId(UUID(int=number)) for number in (1, 2, 3))
IDS = Uuid7Source()
TICKET = TicketId(UUID(int=0x71))
TENTH = VoucherTerms(PercentOff(1_000))
EVERYTHING = VoucherTerms(
    AmountOff(Money(1_500, "KWD")),
    ticket_ids=frozenset({TICKET, TicketId(UUID(int=0x72))}),
    minimum_total=Money(3_000, "KWD"),
    valid_from=NOW,
    valid_until=NOW + timedelta(days=1),
    uses_max=10,
    uses_per_account_max=2,
    active=False,
    note="Für „Freunde“",
)


def made(code: str, terms: VoucherTerms = TENTH) -> Voucher:
    return Voucher.created(VoucherId(IDS.new()), code=code, terms=terms, now=NOW)


@dataclass
class Stores:
    transactions: OrderTransactions

    async def added(self, voucher: Voucher, *, tenant_id: TenantId = OURS) -> Voucher:
        async with self.transactions.begin(tenant_id) as tx:
            await tx.vouchers.add(voucher, voucher.change_from(None, by=BOSS))
        return voucher

    async def saved(self, before: Voucher, terms: VoucherTerms, *, tenant_id: TenantId = OURS) -> Voucher:
        changed = before.changed(terms, expected_version=before.version, now=NOW + timedelta(hours=1))
        async with self.transactions.begin(tenant_id) as tx:
            await tx.vouchers.save(changed, changed.change_from(before.terms, by=ANN))
        return changed

    async def using(self, voucher: Voucher, account_id: AccountId = ANN, *, tenant_id: TenantId = OURS) -> Order:
        """An order that awaits its payment and uses the voucher."""
        order = placed(account_id)
        async with self.transactions.begin(tenant_id) as tx:
            await tx.orders.add(order)
            order = order.await_payment(CONTENT, now=NOW)
            await tx.orders.save(order)
            assert await tx.vouchers.locked(voucher.id) == voucher
            await tx.vouchers.use(voucher.id, order.id)
        return order

    async def order_saved(self, order: Order) -> Order:
        async with self.transactions.begin(OURS) as tx:
            await tx.orders.save(order)
        return order

    async def uses(self, voucher: Voucher, account_id: AccountId = ANN, *, tenant_id: TenantId = OURS) -> Uses:
        async with self.transactions.begin(tenant_id) as tx:
            found = await tx.vouchers.uses(voucher.id, account_id)
            assert (await tx.vouchers.uses_in_all([voucher.id]))[voucher.id] == found.in_all
        return found


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield Stores(MemoryOrderTransactions(MemoryMessages(ids=IDS)))
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("order_db")
    pool = await open_pool(database.app_url, connections_max=8)
    try:
        yield Stores(PostgresOrderTransactions(pool, IDS))
    finally:
        await pool.close()


EVENT = EventSnapshot("Match", NOW, NOW, "Europe/Berlin", VenueId(UUID(int=0x7E)), "Hall")
CONTENT = OrderContent(
    (OrderedTicket(TICKET, "Standing", EVENT),),
    (PlacesLine(OrderItemId(UUID(int=0x17E)), ReservationId(UUID(int=0x4E5)), TICKET, 1, Money(2_000, "EUR")),),
    discounts=(Discount("voucher:TENTH", "TENTH", Money(200, "EUR")),),
)


def placed(account_id: AccountId, sale: BoxOfficeSale | None = None) -> Order:
    reservation = OrderedReservation(ReservationKind.GENERAL_ADMISSION, ReservationId(IDS.new()))
    return Order.place(
        OrderId(IDS.new()),
        account_id=account_id,
        reservations=[reservation],
        contact=None,
        now=NOW,
        terms=OrderTerms(),
        sale=sale,
    )


async def test_a_voucher_comes_back_as_it_was_stored(stores: Stores) -> None:
    plain, full = await stores.added(made("PLAIN")), await stores.added(made("FULL", EVERYTHING))
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.vouchers.get(plain.id) == await tx.vouchers.with_code("PLAIN") == plain
        assert await tx.vouchers.locked(full.id) == await tx.vouchers.with_code("FULL") == full
        assert await tx.vouchers.with_code("full") is None
        assert await tx.vouchers.get(VoucherId(UUID(int=404))) is None
        assert await tx.vouchers.locked(VoucherId(UUID(int=404))) is None
    changed = await stores.saved(full, TENTH)
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.vouchers.get(full.id) == changed


async def test_a_voucher_of_another_tenant_is_not_there(stores: Stores) -> None:
    ours = await stores.added(made("SAME"))
    theirs = await stores.added(made("SAME"), tenant_id=THEIRS)
    await stores.using(ours)
    async with stores.transactions.begin(THEIRS) as tx:
        assert await tx.vouchers.get(ours.id) is None
        assert await tx.vouchers.with_code("SAME") == theirs
        assert (await tx.vouchers.page(PageRequest())).items == (theirs,)
        assert list(await tx.vouchers.changes(ours.id)) == []
    assert await stores.uses(ours, tenant_id=THEIRS) == Uses(0, 0)
    with pytest.raises(StaleVersionError):
        await stores.saved(ours, EVERYTHING, tenant_id=THEIRS)


async def test_a_code_is_there_once(stores: Stores) -> None:
    first = await stores.added(made("ONCE", replace(TENTH, active=False)))
    results = await asyncio.gather(*(stores.added(made("ONCE")) for _ in range(6)), return_exceptions=True)
    assert [type(result) for result in results] == [VoucherCodeTakenError] * 6
    async with stores.transactions.begin(OURS) as tx:
        assert (await tx.vouchers.page(PageRequest())).items == (first,)


async def test_of_many_changes_of_one_version_one_is_stored(stores: Stores) -> None:
    voucher = await stores.added(made("ONCE"))
    results = await asyncio.gather(
        *(stores.saved(voucher, replace(TENTH, uses_max=n)) for n in range(1, 7)), return_exceptions=True
    )
    (won,) = [result for result in results if isinstance(result, Voucher)]
    assert [type(result) for result in results if result is not won] == [StaleVersionError] * 5
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.vouchers.get(voucher.id) == won
        changes = await tx.vouchers.changes(voucher.id)
    assert [(change.version, change.by, change.deed.value, change.members) for change in changes] == [
        (1, BOSS, "created", ()), (2, ANN, "changed", ("uses_max",))
    ]  # fmt: skip


async def test_the_last_changes_are_told_the_oldest_of_them_first(stores: Stores) -> None:
    voucher = await stores.added(made("BUSY"))
    for number in range(CHANGES_SHOWN_MAX + 1):
        voucher = await stores.saved(voucher, replace(TENTH, note=str(number)))
    async with stores.transactions.begin(OURS) as tx:
        versions = [change.version for change in await tx.vouchers.changes(voucher.id)]
    assert versions == list(range(3, CHANGES_SHOWN_MAX + 3))


async def test_pages_follow_one_another_without_gaps(stores: Stores) -> None:
    vouchers = [await stores.added(made(f"CODE-{number}")) for number in range(5)]
    found: list[Voucher] = []
    after: UUID | None = None
    async with stores.transactions.begin(OURS) as tx:
        for expected in (2, 2, 1):
            page = await tx.vouchers.page(PageRequest(limit=2, after=after))
            assert len(page.items) == expected
            found += page.items
            after = page.next_after
        assert await tx.vouchers.uses_in_all([]) == {}
    assert (found, after) == (vouchers, None)


async def test_a_use_follows_the_status_of_its_order_there_and_back(stores: Stores) -> None:
    voucher = await stores.added(made("TENTH"))
    first, _ = await stores.using(voucher), await stores.using(voucher, BEN)
    assert (await stores.uses(voucher), await stores.uses(voucher, BOSS)) == (Uses(2, 1), Uses(2, 0))
    first = await stores.order_saved(first.cancel(now=NOW))
    assert await stores.uses(voucher) == Uses(1, 0)
    first = await stores.order_saved(first.confirm(reclaimed=True, now=NOW))
    assert await stores.uses(voucher) == Uses(2, 1)
    await stores.order_saved(first.refunded("requested", now=NOW))
    assert await stores.uses(voucher) == Uses(1, 0)
    third = await stores.using(voucher)
    await stores.order_saved(third.expire(now=NOW))
    assert await stores.uses(voucher) == Uses(1, 0)


async def test_a_transaction_that_raises_uses_nothing_and_stores_nothing(stores: Stores) -> None:
    voucher = await stores.added(made("TENTH"))
    order = placed(ANN)
    other = made("OTHER")
    with pytest.raises(RuntimeError):
        async with stores.transactions.begin(OURS) as tx:
            await tx.orders.add(order)
            await tx.vouchers.use(voucher.id, order.id)
            await tx.vouchers.add(other, other.change_from(None, by=BOSS))
            await tx.vouchers.note_misses(ANN, Misses(1, NOW), forget_before=NOW)
            raise RuntimeError
    assert await stores.uses(voucher) == Uses(0, 0)
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.vouchers.get(other.id) is None
        assert await tx.vouchers.misses(ANN) is None


async def test_of_many_who_guess_at_once_none_is_forgotten(stores: Stores) -> None:
    async def miss() -> None:
        async with stores.transactions.begin(OURS) as tx:
            before = await tx.vouchers.misses(ANN)
            await asyncio.sleep(0)
            after = Misses(before.count + 1 if before else 1, NOW)
            await tx.vouchers.note_misses(ANN, after, forget_before=NOW)

    await asyncio.gather(*(miss() for _ in range(12)))
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.vouchers.misses(ANN) == Misses(12, NOW)
        assert await tx.vouchers.misses(BEN) is None
    async with stores.transactions.begin(THEIRS) as tx:
        assert await tx.vouchers.misses(ANN) is None


async def test_old_misses_are_forgotten_when_others_miss(stores: Stores) -> None:
    later = NOW + timedelta(hours=1)
    async with stores.transactions.begin(OURS) as tx:
        await tx.vouchers.note_misses(ANN, Misses(3, NOW), forget_before=NOW)
    async with stores.transactions.begin(OURS) as tx:
        await tx.vouchers.note_misses(BEN, Misses(1, later), forget_before=NOW)
        assert await tx.vouchers.misses(ANN) == Misses(3, NOW)
    async with stores.transactions.begin(OURS) as tx:
        await tx.vouchers.note_misses(BEN, Misses(2, later), forget_before=later)
        assert await tx.vouchers.misses(ANN) is None
        assert await tx.vouchers.misses(BEN) == Misses(2, later)


async def test_orders_of_the_box_office_come_back_as_they_were_stored_and_are_listed_apart(stores: Stores) -> None:
    sales = [BoxOfficeSale(BOSS, settlement, note) for settlement, note in zip(Settlement, ("", "Ü"), strict=True)]
    sold = [placed(ANN, sale) for sale in [*sales, sales[0]]]
    async with stores.transactions.begin(OURS) as tx:
        await tx.orders.add(placed(BEN))
        for order in sold:
            await tx.orders.add(order)
    async with stores.transactions.begin(THEIRS) as tx:
        assert (await tx.orders.box_office_page(PageRequest())).items == ()
    async with stores.transactions.begin(OURS) as tx:
        first = await tx.orders.box_office_page(PageRequest(limit=2))
        rest = await tx.orders.box_office_page(PageRequest(limit=2, after=first.next_after))
        assert await tx.orders.get(sold[1].id) == sold[1]
    assert ([*first.items, *rest.items], rest.next_after) == (sold, None)


@pytest.mark.parametrize("off", [1_000, 10_000], ids=["to be paid", "free"])
async def test_fifty_orders_at_once_on_a_code_with_ten_uses_are_ten(stores: Stores, off: int) -> None:
    world = World()
    place = world.placing(stores.transactions)
    voucher = await stores.added(made("TEN", VoucherTerms(PercentOff(off), uses_max=10)))

    async def order(number: int) -> Order:
        caller = world.buyer(number)
        hold = world.held(caller, number, first=10 * number)
        return await place(caller, [hold], None, voucher_code="TEN")

    async with asyncio.timeout(60):
        results = await asyncio.gather(*(order(number) for number in range(1, 51)), return_exceptions=True)
    assert Counter(type(result) for result in results) == {Order: 10, VoucherUsedUpError: 40}
    won = [result for result in results if isinstance(result, Order)]
    expected = OrderStatus.CONFIRMED if off == 10_000 else OrderStatus.AWAITING_PAYMENT
    assert {(order.status, order.total) for order in won} == {(expected, Money(5_000 - 5_000 * off // 10_000, "EUR"))}
    assert (await stores.uses(voucher)).in_all == 10
    if off == 1_000:
        await stores.order_saved(won[0].cancel(now=NOW))
        again = await asyncio.gather(*(order(number) for number in range(51, 56)), return_exceptions=True)
        assert Counter(type(result) for result in again) == {Order: 1, VoucherUsedUpError: 4}


async def test_one_account_at_once_uses_a_code_as_often_as_it_may(stores: Stores) -> None:
    world = World()
    place = world.placing(stores.transactions)
    voucher = await stores.added(made("TWICE", replace(TENTH, uses_per_account_max=2)))
    caller = world.buyer()

    async def order(number: int) -> Order:
        return await place(caller, [world.held(caller, number, first=10 * number)], None, voucher_code="TWICE")

    async with asyncio.timeout(60):
        results = await asyncio.gather(*(order(number) for number in range(1, 13)), return_exceptions=True)
    assert Counter(type(result) for result in results) == {Order: 2, VoucherUsedByAccountError: 10}
    assert await stores.uses(voucher, caller.account_id) == Uses(2, 2)


async def test_a_free_order_that_is_settled_by_many_at_once_is_confirmed_once(stores: Stores) -> None:
    world = World()
    await stores.added(made("GIFT", VoucherTerms(PercentOff(10_000))))
    caller = world.buyer()
    hold = world.held(caller)
    place = world.placing(stores.transactions)
    cancel = CancelOrder(stores.transactions, world.payments, place.settle, world.clock)
    world.seating.sells = False
    with pytest.raises(LinkUnavailableError):
        await place(caller, [hold], None, voucher_code="GIFT")
    world.seating.sells = True
    async with stores.transactions.begin(OURS) as tx:
        (order,) = (await tx.orders.page(PageRequest(), account_id=caller.account_id)).items
    async with asyncio.timeout(60):
        results = await asyncio.gather(
            *(place.settle(OURS, order.id) for _ in range(8)),
            *(place(caller, [hold], None, voucher_code="GIFT") for _ in range(4)),
            *(cancel(caller, order.id) for _ in range(4)),
            return_exceptions=True,
        )
    confirmed = {result for result in results if isinstance(result, Order)}
    assert {(each.id, each.status) for each in confirmed} == {(order.id, OrderStatus.CONFIRMED)}
    assert Counter(type(result) for result in results) == {Order: 12, ForbiddenError: 4}
    async with stores.transactions.begin(OURS) as tx:
        found = await tx.orders.get(order.id)
    assert found is not None
    assert [entry.step for entry in found.history].count(Step.CONFIRMED) == 1
