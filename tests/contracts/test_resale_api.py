"""What resale promises to orders, on memory, from another process, and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adapters.postgres.pool import open_pool
from adapters.postgres.resale_listings import PostgresDueListings
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.system.ids import Uuid7Source
from core.resale.market.listed import Cause
from core.resale.market.listing_status import ListingStatus
from core.shared.callers import Caller
from core.shared.money import Money
from ports.published.refusals import RefusedError
from ports.published.resale import ResaleApi, ResaleReserved
from tests.admission_builders import KICK_OFF
from tests.links_world import over_grpc
from tests.market_world import Market
from tests.servers import PostgresServer
from usecases.resale.buy_listing import NewPurchase

ORDER, OTHER_ORDER = UUID(int=0x0D), UUID(int=0x0E)


@pytest.fixture(params=["memory", "gRPC", "postgres"])
async def market(request: pytest.FixtureRequest) -> AsyncIterator[Market]:
    if request.param == "memory":
        yield Market()
        return
    if request.param == "gRPC":
        market = Market()
        async with over_grpc(ResaleApi, market.api) as market.api:
            yield market
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("venue_db")
    app = await open_pool(database.app_url, connections_max=8)
    relay = await open_pool(database.relay_url, connections_max=2)
    try:
        yield Market(PostgresResaleTransactions(app, Uuid7Source()), PostgresDueListings(relay))
    finally:
        await app.close()
        await relay.close()


async def a_purchase(market: Market) -> NewPurchase:
    return await market.bought(await market.listed())


async def reserve(
    market: Market,
    reservation_id: UUID,
    *,
    order_id: UUID = ORDER,
    by: Caller | None = None,
    hold_token: str | None = None,
    until: datetime | None = None,
) -> ResaleReserved:
    return await market.api.reserve(
        tenant_id=market.tenant_id,
        reservation_id=reservation_id,
        order_id=order_id,
        account_id=(by or market.buyer).account_id,
        hold_token=hold_token,
        until=until or market.clock.now() + timedelta(minutes=15),
    )


class Ordered:
    """The commands on one reservation of one order."""

    def __init__(self, market: Market, reservation_id: UUID, order_id: UUID = ORDER) -> None:
        self.market = market
        self.names = {"tenant_id": market.tenant_id, "reservation_id": reservation_id, "order_id": order_id}

    async def protect(self, until: datetime) -> None:
        await self.market.api.protect(**self.names, until=until)

    async def finalise(self) -> None:
        await self.market.api.finalise(**self.names)

    async def reclaim(self) -> None:
        await self.market.api.reclaim(**self.names)

    async def release(self) -> None:
        await self.market.api.release(**self.names)


async def status_of(market: Market, new: NewPurchase) -> ListingStatus:
    return (await market.now_is(new.listing.id)).status_at(market.clock.now())


async def test_a_purchase_becomes_the_reservation_of_an_order(market: Market) -> None:
    new = await a_purchase(market)
    until = market.clock.now() + timedelta(minutes=15)
    reserved = await reserve(market, new.purchase.id, until=until)
    [origin, *_] = await market.passes()
    assert origin.seat is not None
    assert reserved == ResaleReserved(
        reservation_id=new.purchase.id,
        listing_id=new.listing.id,
        pass_id=origin.id,
        ticket_id=origin.event.ticket_id,
        seat_id=origin.seat.seat_id,
        label=origin.seat.label,
        section="A",
        row="1",
        number=origin.seat.number,
        price_minor=3_000,
        currency="EUR",
        seller_account_id=market.seller.account_id,
        origin_order_id=market.sale.order_id,
        origin_order_item_id=origin.order_item_id,
        origin_unit=1,
        escrow=True,
        expires_at=until,
    )
    assert await reserve(market, new.purchase.id, until=until + timedelta(hours=1)) == reserved
    assert await status_of(market, new) is ListingStatus.ORDERED


async def test_a_reservation_is_refused_with_a_code_for_each_reason(market: Market) -> None:
    new = await a_purchase(market)
    for code, names in (
        ("resale.reservation_not_found", {"reservation_id": uuid4()}),
        ("resale.not_holder", {"reservation_id": new.purchase.id, "by": market.other}),
    ):
        with pytest.raises(RefusedError) as refused:
            await reserve(market, **names)
        assert refused.value.refusal_code == code
    await reserve(market, new.purchase.id, by=market.other, hold_token=new.hold_token)
    with pytest.raises(RefusedError) as refused:
        await reserve(market, new.purchase.id, order_id=OTHER_ORDER)
    assert refused.value.refusal_code == "resale.reservation_conflict"


async def test_a_purchase_whose_time_is_over_is_not_reserved(market: Market) -> None:
    new = await a_purchase(market)
    market.clock.moment = new.purchase.until
    with pytest.raises(RefusedError) as refused:
        await reserve(market, new.purchase.id)
    assert refused.value.refusal_code == "resale.reservation_expired"


async def test_what_is_not_lawful_any_more_is_not_sold_and_its_seller_is_told(market: Market) -> None:
    new = await a_purchase(market)
    market.law.price_max = Money(2_999, "EUR")
    with pytest.raises(RefusedError) as refused:
        await reserve(market, new.purchase.id)
    assert refused.value.refusal_code == "resale.unlawful"
    assert [problem.message.split(":")[0] for problem in refused.value.problems] == ["resale.price_too_high"]
    listing = await market.now_is(new.listing.id)
    assert listing.status is ListingStatus.SUSPENDED and listing.suspension is not None
    assert listing.suspension.cause is Cause.UNLAWFUL and "25.00 EUR" in listing.suspension.reason
    market.law.price_max = None
    resumed = await market.reconsider(market.tenant_id, listing.id)
    assert resumed is not None and resumed.status is ListingStatus.OPEN
    with pytest.raises(RefusedError) as refused:
        await reserve(market, new.purchase.id)
    assert refused.value.refusal_code == "resale.reservation_expired"


async def test_a_pass_that_is_void_is_not_sold(market: Market) -> None:
    new = await a_purchase(market)
    await market.gatehouse.void_on_cancelled(market.sale.refunded, market.sale.delivery())
    with pytest.raises(RefusedError) as refused:
        await reserve(market, new.purchase.id)
    assert refused.value.refusal_code == "resale.not_for_sale"
    assert await status_of(market, new) is ListingStatus.ENDED


async def test_a_reservation_lasts_longer_and_is_sold_once(market: Market) -> None:
    new = await a_purchase(market)
    reserved = await reserve(market, new.purchase.id)
    order = Ordered(market, new.purchase.id)
    later = reserved.expires_at + timedelta(minutes=5)
    await order.protect(later)
    market.clock.moment = later - timedelta(microseconds=1)
    for _ in range(2):
        await order.finalise()
    assert await status_of(market, new) is ListingStatus.SOLD
    market.clock.moment = KICK_OFF
    await order.finalise()
    for command in (order.release, Ordered(market, new.purchase.id, OTHER_ORDER).finalise):
        with pytest.raises(RefusedError) as refused:
            await command()
        assert refused.value.refusal_code == "resale.reservation_conflict"


async def test_what_has_ended_is_never_sold_silently_and_reclaimed_if_it_is_there(market: Market) -> None:
    new = await a_purchase(market)
    reserved = await reserve(market, new.purchase.id)
    order = Ordered(market, new.purchase.id)
    market.clock.moment = reserved.expires_at
    for command in (order.finalise, lambda: order.protect(KICK_OFF)):
        with pytest.raises(RefusedError) as refused:
            await command()
        assert refused.value.refusal_code == "resale.reservation_expired"
    await order.release()
    for _ in range(2):
        await order.reclaim()
    assert await status_of(market, new) is ListingStatus.SOLD


async def test_what_somebody_else_has_is_not_reclaimed(market: Market) -> None:
    new = await a_purchase(market)
    reserved = await reserve(market, new.purchase.id)
    market.clock.moment = reserved.expires_at
    taken = await market.bought(new.listing, market.other)
    with pytest.raises(RefusedError) as refused:
        await Ordered(market, new.purchase.id).reclaim()
    assert refused.value.refusal_code == "resale.not_for_sale"
    assert (await market.now_is(new.listing.id)).purchase == taken.purchase


async def test_an_unpaid_order_gives_the_pass_back_to_the_market(market: Market) -> None:
    new = await a_purchase(market)
    await reserve(market, new.purchase.id)
    for _ in range(2):
        await Ordered(market, new.purchase.id).release()
    assert await status_of(market, new) is ListingStatus.OPEN
    assert (await market.bought(new.listing, market.other)).purchase.id != new.purchase.id
    for command in ("protect", "finalise", "reclaim", "release"):
        missing = Ordered(market, uuid4())
        with pytest.raises(RefusedError) as refused:
            await (missing.protect(KICK_OFF) if command == "protect" else getattr(missing, command)())
        assert refused.value.refusal_code == "resale.reservation_not_found"


async def test_another_tenant_has_no_such_reservation(market: Market) -> None:
    new = await a_purchase(market)
    await reserve(market, new.purchase.id)
    order = Ordered(market, new.purchase.id)
    order.names["tenant_id"] = uuid4()
    with pytest.raises(RefusedError) as refused:
        await order.finalise()
    assert refused.value.refusal_code == "resale.reservation_not_found"


async def test_of_many_orders_at_once_one_has_the_purchase(market: Market) -> None:
    new = await a_purchase(market)
    orders = [uuid4() for _ in range(10)]
    tries = (reserve(market, new.purchase.id, order_id=order_id) for order_id in orders)
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, ResaleReserved) for result in results) == 1
    codes = {result.refusal_code for result in results if isinstance(result, RefusedError)}
    assert codes == {"resale.reservation_conflict"}
