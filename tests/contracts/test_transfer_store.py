"""What the store of transfers promises, in memory and on PostgreSQL; and that of many at once one comes through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale import MemoryResaleTransactions
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.postgres.resale_transfers import PostgresDueTransfers
from adapters.system.ids import Uuid7Source
from core.resale.law.facts import Where
from core.resale.policies.policy import ResalePolicy
from core.resale.transfers.transfer import Transfer, TransferredPass
from core.resale.transfers.transfer_errors import TransferOpenError
from core.resale.transfers.transfer_status import TransferStatus
from core.shared.emails import Email
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, PassId, TenantId, TicketId, TransferId, VenueId
from ports.paging import PageRequest
from ports.resale import ResaleTransactions
from ports.resale.transfers import DueTransfers
from tests.database_roles import act, refused
from tests.servers import PostgresServer, connected
from tests.transfers_world import TransferWorld

NOW = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
ANN, BEN = AccountId(UUID(int=1)), AccountId(UUID(int=2))
TO_BEN, TO_CLEO = Email.parse("Ben@example.com"), Email.parse("cleo@example.com")


@dataclass(frozen=True)
class Stores:
    transactions: ResaleTransactions
    due: DueTransfers
    database: Database | None = None


@asynccontextmanager
async def opened(server: PostgresServer | None, *, connections_max: int = 4) -> AsyncIterator[Stores]:
    if server is None:
        memory = MemoryResaleTransactions(MemoryMessages(ids=Uuid7Source()))
        yield Stores(memory, memory.due_transfers)
        return
    database = await server.fresh("venue_db")
    pool = await open_pool(database.app_url, connections_max=connections_max)
    relay = await open_pool(database.relay_url, connections_max=1)
    try:
        yield Stores(PostgresResaleTransactions(pool, Uuid7Source()), PostgresDueTransfers(relay), database)
    finally:
        await relay.close()
        await pool.close()


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    server: PostgresServer | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    async with opened(server) as found:
        yield found


def begun(number: int, *, pass_number: int | None = None, to: Email = TO_BEN, at: datetime = NOW) -> Transfer:
    return Transfer.begin(
        TransferId(UUID(int=number)),
        subject=TransferredPass(
            pass_id=PassId(UUID(int=pass_number or number + 100)),
            lineage_id=PassId(UUID(int=10)),
            ticket_id=TicketId(UUID(int=12)),
            venue_id=VenueId(UUID(int=13)),
            event_title="Gala „unter Sternen“",
            event_starts_at=NOW + timedelta(days=20),
            event_time_zone="Europe/Berlin",
            seat_label=None,
            place=Where(country="DE", subdivision="DE-TH"),
        ),
        from_account=ANN,
        to_email=to,
        lapses_at=LATER,
        now=at,
    )


async def add(stores: Stores, *transfers: Transfer, tenant_id: TenantId = OURS) -> None:
    async with stores.transactions.begin(tenant_id) as tx:
        for one in transfers:
            await tx.transfers.add(one)


async def save(stores: Stores, *transfers: Transfer) -> None:
    async with stores.transactions.begin(OURS) as tx:
        for one in transfers:
            await tx.transfers.save(one)


async def found(stores: Stores, number: int, *, tenant_id: TenantId = OURS) -> Transfer | None:
    async with stores.transactions.begin(tenant_id) as tx:
        read = await tx.transfers.get(TransferId(UUID(int=number)))
        assert await tx.transfers.locked(TransferId(UUID(int=number))) == read
    return read


async def test_a_transfer_is_found_as_it_was_stored_in_every_state(stores: Stores) -> None:
    states = [begun(1)]
    states += [states[-1].offered(NOW)]
    states += [states[-1].accepting(BEN, holder_name="Ben „der Fan“", now=NOW)]
    states += [states[-1].accepted(LATER)]
    await add(stores, states[0])
    assert await found(stores, 1) == states[0]
    for state in states[1:]:
        await save(stores, state)
        assert await found(stores, 1) == state
    lapsed = begun(2).lapsed("the pass is over: refunded", NOW)
    await add(stores, begun(2))
    await save(stores, lapsed)
    await save(stores, lapsed.untied(LATER))
    assert await found(stores, 2) == lapsed.untied(LATER)
    assert await found(stores, 3) is None


async def test_a_pass_has_one_live_transfer(stores: Stores) -> None:
    first = begun(1, pass_number=7)
    await add(stores, first)
    async with stores.transactions.begin(OURS) as tx:
        with pytest.raises(TransferOpenError):
            await tx.transfers.add(begun(2, pass_number=7))
        await tx.transfers.add(begun(3, pass_number=8))  # the transaction goes on
    await save(stores, first.lapsed("void", NOW))
    await add(stores, begun(2, pass_number=7))
    async with stores.transactions.begin(OURS) as tx:
        live = await tx.transfers.live_of_passes([PassId(UUID(int=7)), PassId(UUID(int=8)), PassId(UUID(int=9))])
    assert [one.int for one in live] == [2, 3]


async def test_only_the_next_version_is_stored(stores: Stores) -> None:
    await add(stores, begun(1))
    offered = begun(1).offered(NOW)
    await save(stores, offered)
    for stale in (offered, replace(offered, version=4)):
        with pytest.raises(StaleVersionError):
            await save(stores, stale)


async def test_offers_of_a_day_are_counted_by_account(stores: Stores) -> None:
    await add(stores, begun(1, at=NOW), begun(2, at=NOW + timedelta(hours=1)), begun(3, at=NOW + timedelta(hours=2)))
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.transfers.made_since(ANN, NOW) == 2
        assert await tx.transfers.made_since(ANN, NOW - timedelta(microseconds=1)) == 3
        assert await tx.transfers.made_since(BEN, NOW - timedelta(days=1)) == 0


async def test_each_side_finds_its_own_page_by_page(stores: Stores) -> None:
    transfers = [begun(number, to=TO_BEN if number % 2 else TO_CLEO) for number in range(1, 6)]
    await add(stores, *transfers)
    await save(stores, *(one.offered(NOW) for one in transfers[:4]))  # the last was never offered
    async with stores.transactions.begin(OURS) as tx:
        first = await tx.transfers.sent(ANN, PageRequest(limit=2))
        rest = await tx.transfers.sent(ANN, PageRequest(limit=3, after=first.next_after))
        bens = await tx.transfers.received(Email.parse("BEN@example.com"), PageRequest(limit=2))
        nobodys = await tx.transfers.sent(BEN, PageRequest())
    assert [one.id.int for one in (*first.items, *rest.items)] == [1, 2, 3, 4, 5]
    assert rest.next_after is None
    assert ([one.id.int for one in bens.items], bens.next_after) == ([1, 3], None)
    assert nobodys.items == ()


async def test_the_sweep_finds_what_is_due_in_every_tenant_the_longest_first(stores: Stores) -> None:
    await add(stores, begun(1, at=NOW + timedelta(seconds=5)), begun(2))
    await add(stores, begun(3, at=NOW + timedelta(seconds=2)), tenant_id=THEIRS)
    await save(stores, begun(2).offered(NOW))
    soon = NOW + timedelta(seconds=65)
    assert await stores.due.due(now=soon - timedelta(seconds=4), transfers_max=10) == []
    assert await stores.due.due(now=soon, transfers_max=10) == [
        (THEIRS, TransferId(UUID(int=3))),
        (OURS, TransferId(UUID(int=1))),
    ]
    assert len(await stores.due.due(now=LATER, transfers_max=2)) == 2
    assert [one.int for _, one in await stores.due.due(now=LATER, transfers_max=10)] == [3, 1, 2]


async def test_another_tenants_transfers_are_not_there(stores: Stores) -> None:
    await add(stores, begun(1).offered(NOW))
    assert await found(stores, 1, tenant_id=THEIRS) is None
    async with stores.transactions.begin(THEIRS) as tx:
        assert (await tx.transfers.sent(ANN, PageRequest())).items == ()
        assert (await tx.transfers.received(TO_BEN, PageRequest())).items == ()
        assert await tx.transfers.live_of_passes([PassId(UUID(int=101))]) == []
        assert await tx.transfers.made_since(ANN, NOW - timedelta(days=1)) == 0
        with pytest.raises(StaleVersionError):
            await tx.transfers.save(begun(1).offered(NOW).declined(NOW))


async def test_what_is_given_never_changes_and_nothing_is_deleted(postgres: PostgresServer) -> None:
    async with opened(postgres) as stores:
        await add(stores, begun(1))
        assert stores.database is not None
        async with connected(stores.database.app_url) as app, app.transaction():
            await act(app, tenant=OURS)
            await refused(app, "delete from pass_transfers")
            await refused(app, "update pass_transfers set pass_id = gen_random_uuid()")
        async with connected(stores.database.relay_url) as relay:
            await refused(relay, "select to_email from pass_transfers")


async def test_on_servers_fifty_offers_of_one_pass_at_once_end_in_one(postgres: PostgresServer) -> None:
    async with opened(postgres, connections_max=8) as stores:
        world = TransferWorld(stores.transactions, stores.due)
        pass_id = (await world.passes())[0].id
        ends = await asyncio.gather(
            *(world.offer(world.sender, pass_id, f"fan{n}@example.com") for n in range(50)), return_exceptions=True
        )
        made = [end for end in ends if not isinstance(end, BaseException)]
        assert [one.status for one in made] == [TransferStatus.OFFERED]
        assert {type(end) for end in ends if isinstance(end, BaseException)} == {TransferOpenError}
        assert (await world.facts()).offer_id == made[0].id


async def test_on_servers_twenty_accepts_at_once_hand_the_pass_over_once(postgres: PostgresServer) -> None:
    async with opened(postgres, connections_max=8) as stores:
        world = TransferWorld(stores.transactions, stores.due)
        await world.set_policy(ResalePolicy(transfers_max=1))
        transfer = await world.offered()
        ends = await asyncio.gather(*(world.accept(world.recipient, transfer.id, holder_name=None) for _ in range(20)))
        assert {end.status for end in ends} == {TransferStatus.ACCEPTED}
        facts, history = await world.facts(), await world.past(world.recipient)
        assert (facts.account_id, facts.revision, facts.offer_id) == (world.recipient.account_id, 2, None)
        assert (len(history.entries), history.broken_at) == (2, None)


async def test_on_servers_of_many_ends_at_once_a_transfer_has_one(postgres: PostgresServer) -> None:
    async with opened(postgres, connections_max=8) as stores:
        world = TransferWorld(stores.transactions, stores.due)
        transfer = await world.offered()
        await asyncio.gather(
            *(world.accept(world.recipient, transfer.id, holder_name=None) for _ in range(4)),
            *(world.decline(world.recipient, transfer.id) for _ in range(4)),
            *(world.withdraw(world.sender, transfer.id) for _ in range(4)),
            return_exceptions=True,
        )
        stands, facts = await world.now_is(transfer.id), await world.facts()
        taken = stands.status is TransferStatus.ACCEPTED
        history = await world.past(world.recipient if taken else world.sender)
        assert stands.status in {TransferStatus.ACCEPTED, TransferStatus.DECLINED, TransferStatus.WITHDRAWN}
        assert facts.account_id == (world.recipient if taken else world.sender).account_id
        assert (facts.revision, len(history.entries)) == ((2, 2) if taken else (1, 1))
        assert (facts.offer_id, stands.due_at) == (None, None)
