"""What every AdmissionTransactions promises of passes that change hands."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.admission import MemoryAdmissionTransactions
from adapters.memory.messaging import MemoryMessages
from adapters.postgres.admission import PostgresAdmissionTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.admission.errors import PassNotOfferedError, PassOfferedError
from core.admission.offers import Handover, OfferKind, PassOffer, Reissue
from core.admission.passes import FirstSale, Pass, PassStatus
from core.shared.ids import AccountId, ListingId, OrderId, OrderItemId, PassId, TenantId
from ports.admission import AdmissionTransactions
from ports.paging import PageRequest
from tests.admission_builders import NOON, Gatehouse, Sale, a_pass, resale_of
from tests.servers import PostgresServer

OURS = TenantId(uuid7())
THEIRS = TenantId(uuid7())
LATER = NOON + timedelta(hours=1)


@pytest.fixture(params=["memory", "postgres"])
async def admission(request: pytest.FixtureRequest) -> AsyncIterator[AdmissionTransactions]:
    if request.param == "memory":
        yield MemoryAdmissionTransactions(MemoryMessages(ids=Uuid7Source()))
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    database = await postgres.fresh("admission_db")
    pool = await open_pool(database.app_url, connections_max=10)
    yield PostgresAdmissionTransactions(pool, Uuid7Source())
    await pool.close()


async def test_a_changed_pass_is_read_back_equal_in_every_member(admission: AdmissionTransactions) -> None:
    first = a_pass()
    offered = replace(first, offer=PassOffer(uuid7(), OfferKind.RETURN, NOON))
    old = replace(
        a_pass(), first_sale=FirstSale(sold_at=NOON), paid_minor=None, resold_from=first.id, holder_name="Ada"
    )
    changes: list[Pass] = [
        replace(old, account_id=AccountId(uuid7()), revision=2, holder_name=None, scanned_at=LATER),
        old.frozen(at=LATER, reason="disputed"),
        old.voided(at=LATER, reason="resold"),
    ]
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([old, offered])
        assert await tx.passes.lock(offered.id) == offered
        await tx.passes.save(offered.withdrawn(uuid7()))
        assert await tx.passes.lock(offered.id) == offered
        assert await tx.passes.lock(PassId(uuid7())) is None
    for changed in changes:
        async with admission.begin(OURS) as tx:
            await tx.passes.save(changed)
        async with admission.begin(OURS) as tx:
            assert await tx.passes.get(old.id) == changed
    async with admission.begin(THEIRS) as tx:
        await tx.passes.save(old)
        assert await tx.passes.lock(old.id) is None
    async with admission.begin(OURS) as tx:
        assert await tx.passes.get(old.id) == changes[-1]


async def test_what_ends_loses_its_offer_and_what_is_frozen_keeps_it(admission: AdmissionTransactions) -> None:
    order_id = OrderId(uuid7())
    offer = PassOffer(uuid7(), OfferKind.LISTING, NOON)
    first, second = (replace(a_pass(order_id=order_id), offer=offer) for _ in range(2))
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([first, second])
        await tx.passes.freeze_order(order_id, reason="disputed", at=NOON)
        frozen = await tx.passes.get(first.id)
        assert frozen is not None and frozen.offer == offer
        await tx.passes.thaw_order(order_id)
        units = [(first.order_item_id, 1)]
        assert await tx.passes.void_units(order_id, units, reason="duplicate", at=LATER) == [first.id]
        assert await tx.passes.get(first.id) == first.voided(at=LATER, reason="duplicate")
        assert await tx.passes.get(second.id) == second
        assert await tx.passes.void_order(order_id, at=LATER) == [second.id]
        assert await tx.passes.get(second.id) == second.voided(at=LATER)


async def test_the_passes_of_an_account_come_in_pages_those_issued_last_first(admission: AdmissionTransactions) -> None:
    account_id = AccountId(uuid7())
    made = [replace(a_pass(number=number), account_id=account_id) for number in range(4)]
    made[2] = made[2].voided(at=NOON)
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([*made, a_pass()])
    async with admission.begin(OURS) as tx:
        first = await tx.passes.page(PageRequest(limit=2), account_id=account_id, status=None)
        rest = await tx.passes.page(PageRequest(limit=2, after=first.next_after), account_id=account_id, status=None)
        void = await tx.passes.page(PageRequest(), account_id=account_id, status=PassStatus.VOID)
    assert (first.items, first.next_after) == ((made[3], made[2]), made[2].id)
    assert (rest.items, rest.next_after) == ((made[1], made[0]), None)
    assert void.items == (made[2],)
    async with admission.begin(THEIRS) as tx:
        assert (await tx.passes.page(PageRequest(), account_id=account_id, status=None)).items == ()


async def test_how_a_pass_changed_hands_is_kept_for_good(admission: AdmissionTransactions) -> None:
    handover = Handover(
        offer_id=uuid7(),
        pass_id=PassId(uuid7()),
        from_account_id=AccountId(uuid7()),
        to_account_id=AccountId(uuid7()),
        revision=2,
        at=NOON,
    )
    sold, refused = (
        Reissue(
            order_item_id=OrderItemId(uuid7()),
            listing_id=ListingId(uuid7()),
            old_pass_id=PassId(uuid7()),
            pass_id=pass_id,
            refusal=refusal,
            at=LATER,
        )
        for pass_id, refusal in ((PassId(uuid7()), None), (None, "admission.pass_void"))
    )
    async with admission.begin(OURS) as tx:
        assert await tx.handovers.handover(handover.offer_id) is None
        assert await tx.handovers.reissue(sold.order_item_id) is None
        await tx.handovers.add_handover(handover)
        for each in (sold, refused):
            await tx.handovers.add_reissue(each)
    async with admission.begin(OURS) as tx:
        assert await tx.handovers.handover(handover.offer_id) == handover
        assert await tx.handovers.reissue(sold.order_item_id) == sold
        assert await tx.handovers.reissue(refused.order_item_id) == refused
    async with admission.begin(THEIRS) as tx:
        assert await tx.handovers.handover(handover.offer_id) is None
        assert await tx.handovers.reissue(sold.order_item_id) is None


async def test_of_many_offers_and_acceptances_at_once_one_gets_the_pass(admission: AdmissionTransactions) -> None:
    gate, sale = Gatehouse(admission), Sale(seats=1)
    await gate.issue(sale.completed, sale.delivery())
    [shown] = await gate.of_order(sale.buyer, sale.order_id)
    pass_id, offers = shown.admission.id, [uuid7() for _ in range(50)]

    async def offer(offer_id: UUID) -> UUID | None:
        try:
            await gate.offer(sale.tenant_id, pass_id, by=sale.account_id, offer_id=offer_id, kind=OfferKind.TRANSFER)
        except PassOfferedError:
            return None
        return offer_id

    async with asyncio.timeout(60):
        [tied] = [each for each in await asyncio.gather(*(offer(each) for each in offers)) if each is not None]

    async def accept(account_id: AccountId) -> bool:
        try:
            await gate.hand_over(sale.tenant_id, pass_id, offer_id=tied, to=account_id, holder_name=None)
        except PassNotOfferedError:
            return False
        return True

    async with asyncio.timeout(60):
        accepted = await asyncio.gather(*(accept(AccountId(uuid7())) for _ in range(50)))
    assert accepted.count(True) == 1
    assert (await gate.read(sale.staff(), pass_id)).admission.revision == 2


async def test_a_sale_of_a_listed_pass_and_its_withdrawal_at_once_leave_one_live_pass(
    admission: AdmissionTransactions,
) -> None:
    gate, listing = Gatehouse(admission), uuid7()
    sales = [Sale(seats=1) for _ in range(6)]
    resales = []
    for sale in sales:
        await gate.issue(sale.completed, sale.delivery())
        [shown] = await gate.of_order(sale.buyer, sale.order_id)
        old = await gate.offer(
            sale.tenant_id, shown.admission.id, by=sale.account_id, offer_id=listing, kind=OfferKind.LISTING
        )
        resales.append(resale_of(old, listing, tenant_id=sale.tenant_id))

    async with asyncio.timeout(60):
        await asyncio.gather(
            *(gate.issue(each.completed, each.delivery()) for each in resales for _ in range(2)),
            *(gate.withdraw(each.tenant_id, each.old.id, offer_id=listing) for each in resales),
        )

    for sale, resale in zip(sales, resales, strict=True):
        old_code = (await gate.read(sale.buyer, resale.old.id)).code
        bought = await gate.of_order(resale.buyer, resale.order_id)
        assert (old_code is None) == (len(bought) == 1)


async def test_a_sale_and_the_dispute_of_the_first_sale_at_once_never_leave_two_that_admit(
    admission: AdmissionTransactions,
) -> None:
    gate, listing = Gatehouse(admission), uuid7()
    sale = Sale(seats=4)
    await gate.issue(sale.completed, sale.delivery())
    resales = []
    for shown in await gate.of_order(sale.buyer, sale.order_id):
        old = await gate.offer(
            sale.tenant_id, shown.admission.id, by=sale.account_id, offer_id=listing, kind=OfferKind.LISTING
        )
        resales.append(resale_of(old, listing, tenant_id=sale.tenant_id))

    async with asyncio.timeout(60):
        await asyncio.gather(
            *(gate.issue(each.completed, each.delivery()) for each in resales),
            gate.decide(sale.decided("lost"), sale.delivery()),
        )

    for resale in resales:
        old = (await gate.read(sale.staff(), resale.old.id)).admission
        bought = await gate.of_order(resale.buyer, resale.order_id)
        assert old.status is PassStatus.VOID
        assert (old.void_reason == "resold") == (len(bought) == 1)
