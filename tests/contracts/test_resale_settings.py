"""What the stores of resale policies and declared facts promise, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale import MemoryResaleTransactions
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.system.ids import Uuid7Source
from core.resale.law.declared_facts import DeclaredFacts
from core.resale.law.facts import EventKind, VenueKind
from core.resale.policies.policy import Channel, ResalePolicy, VerificationKind
from core.resale.policies.settings import ORGANISATION, Setting, Target, targets_of
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, TenantId, TicketId, VenueId
from core.shared.money import Money
from ports.resale import ResaleTransactions
from tests.database_roles import act, refused
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
ANN, BEN = AccountId(UUID(int=1)), AccountId(UUID(int=2))
VENUE, TICKET = VenueId(UUID(int=7)), TicketId(UUID(int=8))
AT_VENUE, OF_TICKET = Target(venue_id=VENUE), Target(ticket_id=TICKET)
WHOLE = ResalePolicy(
    allowed=True,
    transfer_allowed=False,
    multiplier_basis_points=10_500,
    price_max=Money(12_000, "EUR"),
    price_min=Money(1, "EUR"),
    transfers_max=3,
    listing_cutoff=timedelta(hours=4, microseconds=1),
    resale_cutoff=timedelta(0),
    transfer_cutoff=timedelta(days=40),
    verifications=frozenset(VerificationKind),
    approved_channels=frozenset({Channel.RETURN, Channel.FAIRSEAT}),
    platform_fee_basis_points=250,
    royalty_basis_points=0,
    names_holders=True,
)


def version(number: int, value: ResalePolicy | None = WHOLE, *, target: Target = AT_VENUE) -> Setting[ResalePolicy]:
    changed_at = NOW + timedelta(seconds=number)
    return Setting(target=target, value=value, version=number, changed_by=ANN, changed_at=changed_at)


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[ResaleTransactions]:
    ids = Uuid7Source()
    if request.param == "memory":
        yield MemoryResaleTransactions(MemoryMessages(ids=ids))
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("venue_db")
    pool = await open_pool(database.app_url, connections_max=8)
    try:
        yield PostgresResaleTransactions(pool, ids)
    finally:
        await pool.close()


async def put(store: ResaleTransactions, *settings: Setting[ResalePolicy], tenant_id: TenantId = OURS) -> None:
    for setting in settings:
        async with store.begin(tenant_id) as tx:
            await tx.policies.put(setting)


async def found(
    store: ResaleTransactions, target: Target = AT_VENUE, *, tenant_id: TenantId = OURS
) -> Setting[ResalePolicy] | None:
    async with store.begin(tenant_id) as tx:
        return await tx.policies.find(target)


async def test_what_was_never_set_is_not_there(store: ResaleTransactions) -> None:
    async with store.begin(OURS) as tx:
        assert await tx.policies.find(ORGANISATION) is None
        assert list(await tx.policies.of(targets_of(VENUE, TICKET))) == []
        assert list(await tx.policies.changes(AT_VENUE, changes_max=10)) == []


@pytest.mark.parametrize("value", [WHOLE, ResalePolicy(), None], ids=["all members", "no member", "taken back"])
async def test_a_policy_comes_back_as_it_was_set(store: ResaleTransactions, value: ResalePolicy | None) -> None:
    await put(store, version(1, value))
    assert await found(store) == version(1, value)


async def test_declared_facts_come_back_as_they_were_declared(store: ResaleTransactions) -> None:
    facts = DeclaredFacts(
        event_kind=EventKind.SPORT, venue_kind=VenueKind.AMATEUR_SPORT, charity=False, event_declared=True
    )
    declared = Setting(target=OF_TICKET, value=facts, version=1, changed_by=BEN, changed_at=NOW)
    async with store.begin(OURS) as tx:
        await tx.facts.put(declared)
    async with store.begin(OURS) as tx:
        assert await tx.facts.find(OF_TICKET) == declared
        assert await tx.policies.find(OF_TICKET) is None


async def test_organisation_venue_and_ticket_are_set_apart_and_read_the_widest_first(store: ResaleTransactions) -> None:
    ticket = version(1, ResalePolicy(allowed=False), target=OF_TICKET)
    organisation = version(1, ResalePolicy(transfers_max=2), target=ORGANISATION)
    venue = version(1)
    elsewhere = version(1, target=Target(venue_id=VenueId(UUID(int=70))))
    await put(store, ticket, elsewhere, venue, organisation)
    async with store.begin(OURS) as tx:
        assert list(await tx.policies.of(targets_of(VENUE, TICKET))) == [organisation, venue, ticket]
    await put(store, version(2, None))
    async with store.begin(OURS) as tx:
        assert list(await tx.policies.of(targets_of(VENUE, TICKET))) == [organisation, ticket]


async def test_every_version_stays(store: ResaleTransactions) -> None:
    versions = [version(1), version(2, None), version(3, ResalePolicy(allowed=False))]
    await put(store, *versions, version(1, target=ORGANISATION))
    assert await found(store) == versions[-1]
    async with store.begin(OURS) as tx:
        assert list(await tx.policies.changes(AT_VENUE, changes_max=10)) == versions[::-1]
        assert list(await tx.policies.changes(AT_VENUE, changes_max=1)) == versions[2:]


@pytest.mark.parametrize("number", [1, 3])
async def test_a_version_that_is_not_the_next_one_is_refused(store: ResaleTransactions, number: int) -> None:
    await put(store, version(1))
    with pytest.raises(StaleVersionError):
        await put(store, version(number, ResalePolicy()))
    assert await found(store) == version(1)


async def test_the_first_version_of_what_was_never_set_is_1(store: ResaleTransactions) -> None:
    with pytest.raises(StaleVersionError):
        await put(store, version(2))
    assert await found(store) is None


@pytest.mark.parametrize("earlier", [0, 1])
@pytest.mark.parametrize("target", [ORGANISATION, AT_VENUE, OF_TICKET], ids=["organisation", "venue", "ticket"])
async def test_of_many_changes_of_one_version_at_once_one_is_kept(
    store: ResaleTransactions, target: Target, earlier: int
) -> None:
    await put(store, *(version(number + 1, target=target) for number in range(earlier)))
    wanted = version(earlier + 1, target=target)
    results = await asyncio.gather(*(put(store, wanted) for _ in range(12)), return_exceptions=True)
    assert sum(isinstance(result, StaleVersionError) for result in results) == 11
    assert await found(store, target) == wanted


async def test_another_tenant_sets_its_own(store: ResaleTransactions) -> None:
    await put(store, version(1))
    assert await found(store, tenant_id=THEIRS) is None
    with pytest.raises(StaleVersionError):
        await put(store, version(2), tenant_id=THEIRS)
    theirs = replace(version(1, ResalePolicy()), changed_by=BEN)
    await put(store, theirs, tenant_id=THEIRS)
    assert await found(store) == version(1)
    assert await found(store, tenant_id=THEIRS) == theirs


async def test_a_transaction_that_raises_sets_nothing(store: ResaleTransactions) -> None:
    with pytest.raises(RuntimeError):
        async with store.begin(OURS) as tx:
            await tx.policies.put(version(1))
            raise RuntimeError
    assert await found(store) is None


async def test_who_set_what_can_be_neither_changed_nor_deleted(postgres: PostgresServer) -> None:
    database = await postgres.fresh("venue_db")
    pool = await open_pool(database.app_url, connections_max=1)
    try:
        await put(PostgresResaleTransactions(pool, Uuid7Source()), version(1))
    finally:
        await pool.close()
    async with connected(database.app_url) as app, app.transaction():
        await act(app, tenant=OURS)
        assert await app.fetchval("select changed_by from resale_policy_changes") == ANN
        for table in ("resale_policy_changes", "resale_fact_changes"):
            await refused(app, f"update {table} set version = 7")
            await refused(app, f"delete from {table}")
        await refused(app, "delete from resale_policies")
