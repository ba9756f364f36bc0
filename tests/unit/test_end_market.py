"""What is on the market of an event that is cancelled, and its end."""

from uuid import UUID

import pytest

from adapters.inprocess.resale import InProcessEventMarket
from core.resale.market.listing_status import ListingStatus
from core.resale.waiting.waiting_entry import WaitingStatus
from ports.published.event_market import MarketOfEvent
from ports.published.resale import ListingEnded, WaitingListOfferEnded
from tests.waiting_world import Queue
from usecases.resale.end_market import EndMarket


@pytest.fixture
def queue() -> Queue:
    return Queue()


def market_of(queue: Queue) -> InProcessEventMarket:
    return InProcessEventMarket(EndMarket(queue.market.resale, queue.market.match, queue.clock))


async def ended(queue: Queue) -> int:
    total, tenant_id = 0, queue.market.tenant_id
    while count := await market_of(queue).end(tenant_id=tenant_id, ticket_id=queue.ticket_id, reason="called off"):
        total += count
    return total


async def standing(queue: Queue) -> MarketOfEvent:
    ids = (queue.ticket_id, UUID(int=1))
    return await market_of(queue).standing(tenant_id=queue.market.tenant_id, ticket_ids=ids)


async def test_listings_and_the_waiting_list_end(queue: Queue) -> None:
    offered = await queue.waits(queue.market.sale.stranger)
    [given_back] = await queue.gives_back(0)
    waits = await queue.waits(queue.market.sale.stranger)
    reserved = await queue.market.listed(number=1)
    await queue.market.bought(reserved)
    assert await standing(queue) == MarketOfEvent(listings=2, waiting=2)
    assert await ended(queue) == 4
    assert await standing(queue) == MarketOfEvent(listings=0, waiting=0)
    assert [(await queue.entry(each)).status for each in (offered, waits)] == [WaitingStatus.LAPSED] * 2
    assert [each.how for each in queue.market.told(WaitingListOfferEnded)] == ["withdrawn"]
    over = [(each.listing_id, each.how, each.reason) for each in queue.market.told(ListingEnded)]
    assert sorted(over) == sorted((id, "ended", "called off") for id in (given_back, reserved.id))
    assert await ended(queue) == 0


async def test_what_is_sold_is_left_to_the_orders(queue: Queue) -> None:
    listing = await queue.market.listed()
    await queue.market.sold(listing, UUID(int=0x0D))
    assert await standing(queue) == MarketOfEvent(listings=1, waiting=0)
    assert await ended(queue) == 0
    assert (await queue.market.now_is(listing.id)).status is ListingStatus.SOLD
