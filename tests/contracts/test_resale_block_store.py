"""What the store of blocks on persons promises, in memory and on PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.resale.errors import BlockNotFoundError
from core.resale.trust.blocks import Block
from core.shared.ids import AccountId, ResaleBlockId, TenantId
from ports.paging import PageRequest
from ports.resale import ResaleTransactions
from tests.database_roles import act, refused
from tests.resale_stores import resale_stores
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
ANN, BEN, STAFF = (AccountId(UUID(int=number)) for number in (1, 2, 3))


def block(number: int, *, of: AccountId = ANN, until: datetime | None = None) -> Block:
    return Block(
        id=ResaleBlockId(UUID(int=number)),
        account_id=of,
        reason="sold the same pass twice „sofort“",
        blocked_by=STAFF,
        blocked_at=NOW,
        until=until,
    )


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[ResaleTransactions]:
    server: PostgresServer | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    async with resale_stores(server) as stores:
        yield stores.transactions


async def add(store: ResaleTransactions, *blocks: Block) -> None:
    async with store.begin(OURS) as tx:
        for one in blocks:
            await tx.blocks.add(one)


async def end(store: ResaleTransactions, number: int, *, tenant_id: TenantId = OURS, now: datetime = NOW) -> Block:
    async with store.begin(tenant_id) as tx:
        ended = (await tx.blocks.lock(ResaleBlockId(UUID(int=number)))).ended(by=BEN, now=now)
        await tx.blocks.end(ended)
    return ended


async def holding(store: ResaleTransactions, now: datetime, *, tenant_id: TenantId = OURS) -> list[Block]:
    async with store.begin(tenant_id) as tx:
        return list(await tx.blocks.holding(ANN, now=now))


async def test_a_block_holds_until_its_end_and_one_without_for_good(store: ResaleTransactions) -> None:
    timed, for_good = block(1, until=LATER), block(2)
    await add(store, timed, for_good, block(3, of=BEN))
    assert await holding(store, LATER - timedelta(microseconds=1)) == [timed, for_good]
    assert await holding(store, LATER) == [for_good]
    assert await holding(store, NOW + timedelta(days=36_500)) == [for_good]


async def test_a_block_that_was_ended_stays_with_who_ended_it(store: ResaleTransactions) -> None:
    await add(store, block(1))
    ended = await end(store, 1, now=LATER)
    assert (ended.ended_by, ended.ended_at) == (BEN, LATER)
    assert await holding(store, NOW) == []
    assert await end(store, 1, now=LATER + timedelta(days=1)) == ended
    async with store.begin(OURS) as tx:
        assert (await tx.blocks.page(PageRequest(), account_id=None)).items == (ended,)


async def test_the_list_is_paged(store: ResaleTransactions) -> None:
    await add(store, *(block(number, of=ANN if number % 2 else BEN) for number in range(1, 6)))
    async with store.begin(OURS) as tx:
        first = await tx.blocks.page(PageRequest(limit=2), account_id=None)
        rest = await tx.blocks.page(PageRequest(limit=3, after=first.next_after), account_id=None)
        anns = await tx.blocks.page(PageRequest(limit=3), account_id=ANN)
    assert [one.id.int for one in (*first.items, *rest.items)] == [1, 2, 3, 4, 5]
    assert rest.next_after is None
    assert [one.id.int for one in anns.items] == [1, 3, 5]


async def test_another_tenants_blocks_are_not_there(store: ResaleTransactions) -> None:
    await add(store, block(1))
    assert await holding(store, NOW, tenant_id=THEIRS) == []
    with pytest.raises(BlockNotFoundError):
        await end(store, 1, tenant_id=THEIRS)
    assert await holding(store, NOW) == [block(1)]


async def test_a_block_can_not_be_deleted(postgres: PostgresServer) -> None:
    async with resale_stores(postgres) as stores:
        await add(stores.transactions, block(1))
        assert stores.database is not None
        async with connected(stores.database.app_url) as app, app.transaction():
            await act(app, tenant=OURS)
            await refused(app, "delete from resale_blocks")
