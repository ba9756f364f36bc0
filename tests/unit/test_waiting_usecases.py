"""Those who wait are offered what is given back before anybody else can buy it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.resale.market.listing_errors import NotForSaleError, PersonBlockedError, TooManyPurchasesError
from core.resale.market.listing_status import ListingStatus
from core.resale.market.market_terms import MarketTerms
from core.resale.waiting.waiting_entry import WaitingStatus
from core.resale.waiting.waiting_errors import (
    AlreadyWaitingError,
    NotWaitingError,
    TooManyWaitingListsError,
    TooManyWantedError,
    WaitingListClosedError,
    WaitingOfferNotFoundError,
)
from core.resale.waiting.waiting_terms import WaitingTerms
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId, TicketId, WaitingOfferId
from ports.paging import PageRequest
from ports.published.resale import ListingOpened, WaitingListOffered, WaitingListOfferEnded
from tests.published_builders import a_ticket_on_sale
from tests.waiting_world import WINDOW, Queue

SECOND = timedelta(seconds=1)
ORDER = UUID(int=0x0D)


@pytest.fixture
def queue() -> Queue:
    return Queue()


def fan(queue: Queue) -> Caller:
    return queue.market.sale.stranger


async def test_a_return_is_offered_to_who_waits_the_moment_it_opens(queue: Queue) -> None:
    ann, bob = fan(queue), fan(queue)
    await queue.waits(ann)
    await queue.waits(bob)
    [listing_id] = await queue.gives_back(0)
    found = await queue.offered(ann)
    assert found is not None and [each.id for each in found.listings] == [listing_id]
    assert found.offer.until == queue.clock.now() + WINDOW
    assert await queue.offered(bob) is None and not await queue.is_public(listing_id)
    [told] = queue.market.told(WaitingListOffered)
    assert (told.offer_id, told.account_id, told.listing_ids) == (found.offer.id, ann.account_id, (listing_id,))
    assert (await queue.standing(ann), await queue.standing(bob)) == (
        (WaitingStatus.OFFERED, 1),
        (WaitingStatus.WAITING, 2),
    )


async def test_without_anybody_waiting_a_return_is_public(queue: Queue) -> None:
    [listing_id] = await queue.gives_back(0)
    assert await queue.is_public(listing_id)
    await queue.market.bought(await queue.market.now_is(listing_id))


async def test_what_is_open_is_offered_to_who_joins(queue: Queue) -> None:
    [listing_id] = await queue.gives_back(0)
    assert (await queue.waits(fan(queue))).entry.status is WaitingStatus.OFFERED
    assert not await queue.is_public(listing_id)


async def test_only_whom_it_is_offered_to_buys_it_until_the_offer_ends(queue: Queue) -> None:
    ann = fan(queue)
    await queue.waits(ann)
    [listing_id] = await queue.gives_back(0)
    listing = await queue.market.now_is(listing_id)
    queue.clock.moment += WINDOW - SECOND
    with pytest.raises(NotForSaleError):
        await queue.market.bought(listing)
    queue.clock.moment += SECOND
    await queue.market.bought(listing)
    with pytest.raises(WaitingOfferNotFoundError):
        await queue.accept(ann, WaitingOfferId(queue.market.told(WaitingListOffered)[0].offer_id))


async def test_what_nobody_answered_goes_to_the_next_and_not_to_the_public(queue: Queue) -> None:
    ann, bob = fan(queue), fan(queue)
    await queue.waits(ann)
    await queue.waits(bob)
    [listing_id] = await queue.gives_back(0)
    queue.clock.moment += WINDOW
    with pytest.raises(NotForSaleError):
        await queue.market.bought(await queue.market.now_is(listing_id))
    assert await queue.sweep() == 1
    assert await queue.offered(ann) is None and await queue.offered(bob) is not None
    assert await queue.standing(ann) == (WaitingStatus.WAITING, 2)
    [ended] = queue.market.told(WaitingListOfferEnded)
    assert (ended.account_id, ended.how) == (ann.account_id, "lapsed")
    assert await queue.sweep() == 0


async def test_when_nobody_on_the_list_wants_it_it_is_public(queue: Queue) -> None:
    ann = fan(queue)
    await queue.waits(ann)
    [listing_id] = await queue.gives_back(0)
    await queue.decline(ann, await queue.offer_of(ann))
    assert await queue.is_public(listing_id)
    assert await queue.standing(ann) == (WaitingStatus.WAITING, 1)
    await queue.on_opened(_opened(queue, listing_id), queue.market.sale.delivery())
    assert await queue.offered(ann) is None
    [other_id] = await queue.gives_back(1)
    found = await queue.offered(ann)
    assert found is not None and found.offer.listing_ids == (other_id,)


async def test_the_second_offer_that_nobody_answers_ends_the_entry(queue: Queue) -> None:
    ann = fan(queue)
    await queue.waits(ann)
    for number in range(2):
        await queue.gives_back(number)
        queue.clock.moment += WINDOW
        await queue.sweep()
    with pytest.raises(NotWaitingError):
        await queue.standing(ann)
    assert (await queue.waits(ann)).ahead == 0


async def test_an_accepted_offer_is_kept_as_purchases_for_one_order(queue: Queue) -> None:
    ann = fan(queue)
    await queue.waits(ann, 2)
    ids = await queue.gives_back(0)
    assert await queue.offered(ann) is None and await queue.is_public(ids[0])
    ids += await queue.gives_back(1)
    made = await queue.accepted(ann)
    assert [each.listing.id for each in made] == ids
    assert len({each.hold_token for each in made}) == 1 and made[0].hold_token
    for new in made:
        await queue.market.reserved(new, ORDER)
    assert [(await queue.market.now_is(id)).status for id in ids] == [ListingStatus.ORDERED] * 2
    with pytest.raises(NotWaitingError):
        await queue.standing(ann)


async def test_accepting_again_answers_the_same_purchases_without_their_token(queue: Queue) -> None:
    ann = fan(queue)
    await queue.waits(ann)
    await queue.gives_back(0)
    offer_id = await queue.offer_of(ann)
    [first] = await queue.accept(ann, offer_id)
    [again] = await queue.accept(ann, offer_id)
    assert (again.purchase, again.hold_token) == (first.purchase, None)
    await queue.market.give_back(ann, first.purchase.id, hold_token=None)
    with pytest.raises(WaitingOfferNotFoundError):
        await queue.accept(ann, offer_id)


async def test_what_a_buyer_gives_back_is_offered_to_the_list_again(queue: Queue) -> None:
    ann, bob = fan(queue), fan(queue)
    await queue.waits(ann)
    await queue.waits(bob)
    [listing_id] = await queue.gives_back(0)
    [new] = await queue.accepted(ann)
    await queue.market.give_back(ann, new.purchase.id, hold_token=None)
    with pytest.raises(NotForSaleError):
        await queue.market.bought(await queue.market.now_is(listing_id))
    await queue.on_opened(_opened(queue, listing_id), queue.market.sale.delivery())
    assert await queue.offered(bob) is not None


async def test_nobody_buys_before_the_list_because_a_purchase_ended_by_its_time(queue: Queue) -> None:
    ann, bob = fan(queue), fan(queue)
    await queue.waits(ann)
    await queue.waits(bob)
    [listing_id] = await queue.gives_back(0)
    [new] = await queue.accepted(ann)
    queue.clock.moment = new.purchase.until
    with pytest.raises(NotForSaleError):
        await queue.market.bought(await queue.market.now_is(listing_id))
    await queue.market.bought(await queue.market.now_is(listing_id), bob)


async def test_an_offer_of_which_something_was_taken_back_is_withdrawn_and_keeps_the_place(queue: Queue) -> None:
    ann, bob = fan(queue), fan(queue)
    await queue.waits(ann, 2)
    await queue.waits(bob)
    ids = await queue.gives_back(0, 1)
    # Bob had the first one to himself while there was one; then it was Ann's turn to wait.
    assert (await queue.standing(ann))[0] is WaitingStatus.WAITING
    await queue.decline(bob, await queue.offer_of(bob))
    offer_id = await queue.offer_of(ann)
    await queue.market.cancel(queue.market.seller, ids[0])
    with pytest.raises(WaitingOfferNotFoundError):
        await queue.accept(ann, offer_id)
    assert await queue.standing(ann) == (WaitingStatus.WAITING, 1)
    found = await queue.offered(bob)
    assert found is not None and found.offer.listing_ids == (ids[1],)


async def test_who_accepts_fewer_keeps_what_is_left_of_an_offer(queue: Queue) -> None:
    ann = fan(queue)
    ids = await queue.gives_back(0, 1)
    await queue.waits(ann, 2, fewer=True)
    await queue.market.cancel(queue.market.seller, ids[0])
    assert [each.listing.id for each in await queue.accepted(ann)] == ids[1:]


async def test_who_buys_one_of_what_was_offered_leaves_the_rest_to_others(queue: Queue) -> None:
    ann, bob = fan(queue), fan(queue)
    ids = await queue.gives_back(0, 1)
    await queue.waits(ann, 2)
    await queue.waits(bob)
    await queue.market.bought(await queue.market.now_is(ids[0]), ann)
    with pytest.raises(NotWaitingError):
        await queue.standing(ann)
    found = await queue.offered(bob)
    assert found is not None and found.offer.listing_ids == (ids[1],)


async def test_who_leaves_gives_the_offer_to_the_next_or_to_the_public(queue: Queue) -> None:
    ann, bob = fan(queue), fan(queue)
    await queue.waits(ann)
    await queue.waits(bob)
    [listing_id] = await queue.gives_back(0)
    for caller in (ann, ann):
        await queue.leave(caller, queue.ticket_id)
    assert await queue.offered(bob) is not None
    await queue.leave(bob, queue.ticket_id)
    assert await queue.is_public(listing_id)
    await queue.leave(fan(queue), TicketId(uuid4()))


async def test_an_offer_is_nobody_elses_to_answer(queue: Queue) -> None:
    ann = fan(queue)
    await queue.waits(ann)
    await queue.gives_back(0)
    offer_id = await queue.offer_of(ann)
    for answer in (queue.accept, queue.decline):
        with pytest.raises(WaitingOfferNotFoundError):
            await answer(fan(queue), offer_id)
        with pytest.raises(WaitingOfferNotFoundError):
            await answer(ann, WaitingOfferId(uuid4()))


async def test_an_offer_that_has_ended_is_answered_no_more(queue: Queue) -> None:
    ann = fan(queue)
    await queue.waits(ann)
    await queue.gives_back(0)
    offer_id = await queue.offer_of(ann)
    queue.clock.moment += WINDOW
    assert await queue.offered(ann) is None
    with pytest.raises(WaitingOfferNotFoundError):
        await queue.decline(ann, offer_id)
    with pytest.raises(WaitingOfferNotFoundError):
        await queue.accept(ann, offer_id)


async def test_an_account_waits_once_for_a_ticket_and_for_few_at_once() -> None:
    queue = Queue(terms=WaitingTerms(lists_max=2, entries_max=2))
    ann = fan(queue)
    await queue.waits(ann)
    with pytest.raises(AlreadyWaitingError):
        await queue.waits(ann)
    await queue.join(ann, TicketId(uuid4()), quantity=1, accept_fewer=False)
    with pytest.raises(TooManyWaitingListsError):
        await queue.join(ann, TicketId(uuid4()), quantity=1, accept_fewer=False)
    await queue.waits(fan(queue))
    with pytest.raises(WaitingListClosedError, match="full"):
        await queue.waits(fan(queue))


async def test_nobody_waits_for_more_than_they_may_have(queue: Queue) -> None:
    most = min(a_ticket_on_sale(queue.ticket_id, venue_id=uuid4()).max_per_user, queue.terms.quantity_max)
    with pytest.raises(TooManyWantedError, match=f"At most {most}"):
        await queue.waits(fan(queue), most + 1)
    await queue.waits(fan(queue), most)


async def test_nobody_waits_once_the_event_has_begun(queue: Queue) -> None:
    ann, starts_at = fan(queue), a_ticket_on_sale(queue.ticket_id, venue_id=uuid4()).event.starts_at
    queue.clock.moment = starts_at - SECOND
    await queue.waits(ann)
    queue.clock.moment = starts_at
    with pytest.raises(WaitingListClosedError, match="begun"):
        await queue.waits(fan(queue))
    with pytest.raises(NotWaitingError):
        await queue.standing(ann)


async def test_guests_and_blocked_persons_do_not_wait(queue: Queue) -> None:
    with pytest.raises(ForbiddenError):
        await queue.waits(Caller(AccountId(uuid4()), queue.market.tenant_id, guest=True))
    ann = fan(queue)
    await queue.market.block(ann, until=None)
    with pytest.raises(PersonBlockedError):
        await queue.waits(ann)


async def test_an_offer_counts_among_what_is_kept_for_a_buyer() -> None:
    queue = Queue(seats=4)
    ann = fan(queue)
    await queue.waits(ann, 2)
    await queue.gives_back(0, 1)
    offer_id = await queue.offer_of(ann)
    with pytest.raises(TooManyPurchasesError):
        await replace(queue.accept, terms=MarketTerms(purchases_max=1))(ann, offer_id)
    assert len(await replace(queue.accept, terms=MarketTerms(purchases_max=2))(ann, offer_id)) == 2


async def test_staff_read_the_list_in_its_order(queue: Queue) -> None:
    people = [fan(queue) for _ in range(3)]
    for each in people:
        await queue.waits(each)
    staff = queue.market.sale.staff(Role.BOX_OFFICE)
    first = await queue.read.page(staff, queue.ticket_id, PageRequest(limit=2))
    rest = await queue.read.page(staff, queue.ticket_id, PageRequest(limit=2, after=first.next_after))
    assert [each.account_id for each in (*first.items, *rest.items)] == [each.account_id for each in people]
    assert rest.next_after is None
    with pytest.raises(ForbiddenError):
        await queue.read.page(queue.market.sale.staff(Role.SCANNER), queue.ticket_id, PageRequest())


async def test_a_list_of_another_ticket_is_left_alone(queue: Queue) -> None:
    ann = fan(queue)
    await queue.join(ann, TicketId(uuid4()), quantity=1, accept_fewer=False)
    [listing_id] = await queue.gives_back(0)
    assert await queue.is_public(listing_id) and await queue.offered(ann) is None


async def test_more_than_a_page_of_entries_that_cannot_be_served_holds_nobody_up() -> None:
    queue = Queue(terms=WaitingTerms(page_entries=2))
    unwilling = [fan(queue) for _ in range(3)]
    [listing_id] = await queue.gives_back(0)
    for each in unwilling:
        await queue.waits(each)
        await queue.decline(each, await queue.offer_of(each))
    assert await queue.is_public(listing_id)
    last = fan(queue)
    await queue.waits(last)
    assert await queue.offered(last) is not None


def _opened(queue: Queue, listing_id: UUID) -> ListingOpened:
    return next(each for each in queue.market.told(ListingOpened) if each.listing_id == listing_id)
