"""What the histories of passes promise, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.resale.law.facts import PriceComponents, Where
from core.resale.transfers.history import START, HistoryEntry, HistoryKind, KeptEntry, Lineage, first_broken
from core.shared.ids import AccountId, PassId, TenantId, TicketId, VerdictId
from core.shared.money import Money
from ports.resale import ResaleTransactions
from tests.database_roles import act, refused
from tests.resale_stores import resale_stores
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
ANN, BEN, CAT = (AccountId(UUID(int=number)) for number in (1, 2, 3))
FIRST, SECOND, OTHER = (PassId(UUID(int=number)) for number in (11, 12, 13))
TICKET = TicketId(UUID(int=8))
TRANSFERS_MAX = 7


def euro(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


PURCHASE = HistoryEntry(
    lineage_id=FIRST,
    kind=HistoryKind.PURCHASE,
    at=NOW,
    ticket_id=TICKET,
    pass_id=FIRST,
    to_account=ANN,
    price=euro(5_500),
    components=PriceComponents(
        face=euro(5_000), mandatory_fees=euro(500), fee_printed=False, paid_by_seller=euro(5_500)
    ),
    place=Where(country="US", subdivision="US-ME"),
)
TRANSFER = HistoryEntry(
    lineage_id=FIRST,
    kind=HistoryKind.TRANSFER,
    at=NOW + timedelta(hours=1),
    ticket_id=TICKET,
    pass_id=FIRST,
    from_account=ANN,
    to_account=BEN,
)
RESALE = HistoryEntry(
    lineage_id=FIRST,
    kind=HistoryKind.RESALE,
    at=NOW + timedelta(hours=2),
    ticket_id=TICKET,
    pass_id=SECOND,
    old_pass_id=FIRST,
    from_account=BEN,
    to_account=CAT,
    price=euro(5_500),
    place=Where(country="DE"),
    verdict_id=VerdictId(UUID(int=99)),
)
RETURN = HistoryEntry(
    lineage_id=FIRST,
    kind=HistoryKind.RETURN,
    at=NOW + timedelta(hours=3),
    ticket_id=TICKET,
    pass_id=SECOND,
    from_account=CAT,
    price=euro(0),
)


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[ResaleTransactions]:
    server: PostgresServer | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    async with resale_stores(server) as stores:
        yield stores.transactions


async def appended(store: ResaleTransactions, *entries: HistoryEntry, tenant_id: TenantId = OURS) -> list[KeptEntry]:
    kept: list[KeptEntry] = []
    for entry in entries:
        async with store.begin(tenant_id) as tx:
            kept.append(await tx.history.append(entry))
    return kept


async def test_entries_come_back_as_a_whole_chain(store: ResaleTransactions) -> None:
    kept = await appended(store, PURCHASE, TRANSFER, RESALE, RETURN)
    async with store.begin(OURS) as tx:
        assert list(await tx.history.entries(FIRST)) == kept
        lineage = await tx.history.peek(FIRST)
    assert [one.entry for one in kept] == [PURCHASE, TRANSFER, RESALE, RETURN]
    assert [one.position for one in kept] == [1, 2, 3, 4]
    assert [one.prev_hash for one in kept] == [START, *(one.hash for one in kept[:-1])]
    assert lineage == Lineage(FIRST, entries_count=4, handed_on_count=2, head=kept[-1].hash)
    assert first_broken(kept, lineage) is None


async def test_only_transfers_and_resales_count(store: ResaleTransactions) -> None:
    counts: list[int] = []
    for entry in (PURCHASE, TRANSFER, RESALE, RETURN, replace(PURCHASE, kind=HistoryKind.REFUND)):
        await appended(store, entry)
        async with store.begin(OURS) as tx:
            counts.append(await tx.history.count(FIRST))
    assert counts == [0, 1, 2, 2, 2]


async def test_a_lineage_that_nobody_touched_is_empty(store: ResaleTransactions) -> None:
    async with store.begin(OURS) as tx:
        assert await tx.history.peek(FIRST) == Lineage(FIRST)
        assert await tx.history.lock(FIRST) == Lineage(FIRST)
        assert await tx.history.lock(FIRST) == Lineage(FIRST)
        assert list(await tx.history.entries(FIRST)) == []


async def test_another_tenants_history_is_not_there(store: ResaleTransactions) -> None:
    await appended(store, PURCHASE, RESALE)
    async with store.begin(THEIRS) as tx:
        assert list(await tx.history.entries(FIRST)) == []
        assert await tx.history.count(FIRST) == 0


async def test_what_a_person_gave_and_got_comes_newest_first(store: ResaleTransactions) -> None:
    purchase, transfer, resale = await appended(store, PURCHASE, TRANSFER, RESALE)
    (to_self,) = await appended(store, replace(PURCHASE, lineage_id=OTHER, pass_id=OTHER, from_account=ANN))
    async with store.begin(OURS) as tx:
        history = tx.history
        assert list(await history.of_account(BEN, since=NOW, entries_max=10)) == [resale, transfer]
        assert list(await history.of_account(BEN, since=NOW, entries_max=1)) == [resale]
        assert list(await history.of_account(BEN, since=RESALE.at, entries_max=9)) == [resale]
        assert list(await history.of_account(ANN, since=NOW, entries_max=9)) == [transfer, purchase, to_self]
    async with store.begin(THEIRS) as tx:
        assert list(await tx.history.of_account(BEN, since=NOW, entries_max=10)) == []


async def test_a_transaction_that_raises_tells_nothing(store: ResaleTransactions) -> None:
    await appended(store, PURCHASE)
    with pytest.raises(RuntimeError):
        async with store.begin(OURS) as tx:
            await tx.history.append(TRANSFER)
            raise RuntimeError
    async with store.begin(OURS) as tx:
        assert (await tx.history.peek(FIRST)).entries_count == 1


async def test_of_fifty_transfers_at_once_no_more_are_made_than_are_allowed(postgres: PostgresServer) -> None:
    async with resale_stores(postgres, connections_max=16) as stores:

        async def transfer(at: datetime) -> bool:
            async with stores.transactions.begin(OURS) as tx:
                if await tx.history.count(FIRST) >= TRANSFERS_MAX:
                    return False
                await asyncio.sleep(0)
                await tx.history.append(replace(TRANSFER, at=at))
                return True

        made = await asyncio.gather(*(transfer(NOW + timedelta(seconds=second)) for second in range(50)))
        async with stores.transactions.begin(OURS) as tx:
            entries, lineage = await tx.history.entries(FIRST), await tx.history.peek(FIRST)
    assert sum(made) == lineage.handed_on_count == len(entries) == TRANSFERS_MAX
    assert first_broken(entries, lineage) is None


async def test_no_entry_can_be_changed_or_deleted(postgres: PostgresServer) -> None:
    async with resale_stores(postgres) as stores:
        await appended(stores.transactions, PURCHASE)
        assert stores.database is not None
        async with connected(stores.database.app_url) as app, app.transaction():
            await act(app, tenant=OURS)
            assert await app.fetchval("select count(*) from transfer_history") == 1
            await refused(app, "update transfer_history set to_account_id = null")
            await refused(app, "delete from transfer_history")
            await refused(app, "delete from resale_lineages")


@pytest.mark.parametrize(
    ("sabotage", "broken"),
    [
        ("update transfer_history set to_account_id = from_account_id where position = 2", 2),
        ("update transfer_history set price_minor = price_minor - 1 where position = 3", 3),
        ("delete from transfer_history where position = 1", 1),
        ("delete from transfer_history where position = 4", 4),
        ("update transfer_history set position = position + 10 where position = 4", 4),
    ],
)
async def test_the_chain_shows_what_somebody_with_all_rights_did_to_it(
    postgres: PostgresServer, sabotage: str, broken: int
) -> None:
    async with resale_stores(postgres) as stores:
        await appended(stores.transactions, PURCHASE, TRANSFER, RESALE, RETURN)
        assert stores.database is not None
        async with connected(stores.database.admin_url) as admin:
            await admin.execute(sabotage)
        async with stores.transactions.begin(OURS) as tx:
            assert first_broken(await tx.history.entries(FIRST), await tx.history.peek(FIRST)) == broken
