"""What the store of plans in writing, and that of their documents, promise; held by memory and by PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.plan_documents import MemoryPlanDocuments
from adapters.memory.seating import MemorySeatingTransactions
from adapters.postgres.plan_documents import PostgresDuePlanDocuments, PostgresPlanDocuments
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.system.ids import Uuid7Source
from core.seating.errors import PlanNotFoundError
from core.seating.layout import Layout
from core.seating.plans import PlanStatus, SeatingPlan
from core.seating.price_tiers import PriceTier
from core.seating.writing import PlanDocumentNotFoundError, PlanNotAsWrittenError
from core.shared.ids import AccountId, OperationId, PlanDocumentId, PriceTierId, TenantId, VenueId
from core.shared.money import Money
from ports.plan_documents import DueDocument, DuePlanDocuments, NewDocument, PlanDocument, PlanDocuments
from ports.seating import SeatingTransactions
from ports.seating.plan_writing import Writer, Written
from tests.seating_world import a_plan, a_tenant
from tests.servers import PostgresServer, connected

NOW = MemoryClock().now()
OPERATION = OperationId(UUID(int=0x51))
FIRST, SECOND = Writer(OPERATION, 3), Writer(OPERATION, 5)


@dataclass
class Stores:
    seating: SeatingTransactions
    documents: PlanDocuments
    due: DuePlanDocuments
    admin_url: str = ""


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        documents = MemoryPlanDocuments()
        yield Stores(MemorySeatingTransactions(MemoryMessages(ids=MemoryIds())), documents, documents)
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    database = await postgres.fresh("venue_db")
    async with (
        await open_pool(database.app_url, connections_max=2) as app,
        await open_pool(database.relay_url, connections_max=1) as relay,
    ):
        seating = PostgresSeatingTransactions(app, Uuid7Source())
        due = PostgresDuePlanDocuments(relay)
        yield Stores(seating, PostgresPlanDocuments(app), due, database.admin_url)


@pytest.fixture
def tenant() -> TenantId:
    return a_tenant()


def half_a_plan() -> tuple[SeatingPlan, Layout]:
    plan, layout = a_plan(status=PlanStatus.DRAFT)
    return replace(plan, written_by=OPERATION), layout


async def test_parts_are_stored_once_and_in_the_order_of_the_hall(stores: Stores, tenant: TenantId) -> None:
    plan, layout = half_a_plan()
    tier = PriceTier(PriceTierId(uuid4()), "All", Money(7500, "EUR"))
    async with stores.seating.begin(tenant) as tx:
        await tx.writing.begin(plan, fence=3)
        await tx.writing.begin(plan, fence=3)
        for seats in (layout.seats[6:], layout.seats[:8], layout.seats):
            await tx.writing.add_sections(plan.id, layout.sections)
            await tx.writing.add_seats(plan.id, seats)
            await tx.writing.add_tiers(plan.id, [tier])
    async with stores.seating.begin(tenant) as tx:
        assert await tx.plans.get(plan.id) == plan
        assert await tx.plans.layout(plan.id) == layout
        assert await tx.plans.tiers(plan.id) == (tier,)
        assert await tx.writing.written(plan.id) == Written(1, 10, 1)
        assert (await tx.seats.letters(plan.id, now=NOW)).letters == "A" * 10


async def test_a_worker_that_another_came_after_writes_nothing_more(stores: Stores, tenant: TenantId) -> None:
    plan, _ = half_a_plan()
    async with stores.seating.begin(tenant) as tx:
        await tx.writing.begin(plan, fence=FIRST.fence)
        await tx.writing.claim(plan.id, FIRST)
        await tx.writing.claim(plan.id, SECOND)
    for stranger in (FIRST, Writer(OperationId(UUID(int=0x52)), 9)):
        with pytest.raises(PlanNotAsWrittenError):
            async with stores.seating.begin(tenant) as tx:
                await tx.writing.claim(plan.id, stranger)
        with pytest.raises(PlanNotAsWrittenError):
            async with stores.seating.begin(tenant) as tx:
                await tx.writing.reclaim(plan.id, stranger, seats_version=2)
    with pytest.raises(PlanNotAsWrittenError):
        async with stores.seating.begin(tenant) as tx:
            await tx.writing.begin(plan, fence=FIRST.fence)
    with pytest.raises(PlanNotAsWrittenError):
        async with stores.seating.begin(a_tenant()) as tx:
            await tx.writing.claim(plan.id, SECOND)


async def test_a_whole_plan_is_nobodys_to_write_and_is_taken_back_unchanged_only(
    stores: Stores, tenant: TenantId
) -> None:
    plan, layout = half_a_plan()
    async with stores.seating.begin(tenant) as tx:
        await tx.writing.begin(plan, fence=FIRST.fence)
        await tx.writing.add_sections(plan.id, layout.sections)
        await tx.writing.add_seats(plan.id, layout.seats)
        await tx.plans.save(plan.written(now=NOW))
    with pytest.raises(PlanNotAsWrittenError):
        async with stores.seating.begin(tenant) as tx:
            await tx.writing.claim(plan.id, SECOND)
    async with stores.seating.begin(tenant) as tx:
        assert not await tx.writing.reclaim(plan.id, SECOND, seats_version=1)
        assert not await tx.writing.reclaim(plan.id, Writer(OPERATION, 2), seats_version=2), "an earlier worker"
        assert (await tx.plans.get(plan.id)).written_by is None
        assert await tx.writing.reclaim(plan.id, SECOND, seats_version=2)
        assert (await tx.plans.get(plan.id)).written_by == OPERATION
        assert await tx.writing.remove_seats(plan.id, seats_max=7) == 7
        assert await tx.writing.written(plan.id) == Written(1, 3, 0)
        assert await tx.writing.remove_seats(plan.id, seats_max=7) == 3
        await tx.writing.remove(plan.id)
    async with stores.seating.begin(tenant) as tx:
        assert not await tx.writing.reclaim(plan.id, SECOND, seats_version=2)
        assert await tx.writing.written(plan.id) == Written(0, 0, 0)
        with pytest.raises(PlanNotFoundError):
            await tx.plans.get(plan.id)


async def test_a_published_plan_is_not_taken_back(stores: Stores, tenant: TenantId) -> None:
    plan, layout = half_a_plan()
    async with stores.seating.begin(tenant) as tx:
        await tx.writing.begin(plan, fence=FIRST.fence)
        await tx.writing.add_sections(plan.id, layout.sections)
        await tx.writing.add_seats(plan.id, layout.seats)
        whole = plan.written(now=NOW)
        await tx.plans.save(whole)
        await tx.plans.save(whole.activate(next_number=1, now=NOW))
    async with stores.seating.begin(tenant) as tx:
        assert not await tx.writing.reclaim(plan.id, SECOND, seats_version=2)
        assert (await tx.plans.get(plan.id)).status is PlanStatus.ACTIVE


async def test_postgresql_itself_sells_no_half_of_a_plan(postgres: PostgresServer, tenant: TenantId) -> None:
    database = await postgres.fresh("venue_db")
    plan, _ = half_a_plan()
    async with (
        await open_pool(database.app_url, connections_max=1) as pool,
        PostgresSeatingTransactions(pool, Uuid7Source()).begin(tenant) as tx,
    ):
        await tx.writing.begin(plan, fence=1)
    async with connected(database.admin_url) as admin:
        with pytest.raises(asyncpg.CheckViolationError):
            await admin.execute("update seating_plans set status = 'active', version_number = 1 where id = $1", plan.id)


def a_document() -> NewDocument:
    return NewDocument(
        id=PlanDocumentId(uuid4()),
        venue_id=VenueId(uuid4()),
        sent_by=AccountId(uuid4()),
        created_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )


def complete(new: NewDocument) -> PlanDocument:
    return PlanDocument(
        id=new.id,
        venue_id=new.venue_id,
        sent_by=new.sent_by,
        created_at=new.created_at,
        expires_at=NOW + timedelta(days=1),
        bytes_count=6,
        sha256=b"s" * 32,
    )


async def test_a_document_is_there_when_it_was_sent_to_its_end(stores: Stores, tenant: TenantId) -> None:
    new, documents = a_document(), stores.documents
    await documents.begin(tenant, new)
    await documents.append(tenant, new.id, 1, b"def")
    await documents.append(tenant, new.id, 0, b"abc")
    for ask in (documents.get, documents.content):
        with pytest.raises(PlanDocumentNotFoundError):
            await ask(tenant, new.id)
    await documents.complete(tenant, complete(new))
    assert await documents.get(tenant, new.id) == complete(new)
    assert await documents.content(tenant, new.id) == b"abcdef"
    with pytest.raises(PlanDocumentNotFoundError):
        await documents.content(a_tenant(), new.id)
    await documents.remove(a_tenant(), new.id)
    assert await documents.content(tenant, new.id) == b"abcdef"
    await documents.remove(tenant, new.id)
    with pytest.raises(PlanDocumentNotFoundError):
        await documents.append(tenant, new.id, 2, b"ghi")
    with pytest.raises(PlanDocumentNotFoundError):
        await documents.complete(tenant, complete(new))


async def test_documents_are_due_at_their_time_of_all_tenants(stores: Stores, tenant: TenantId) -> None:
    whole, half, other = a_document(), a_document(), a_tenant()
    await stores.documents.begin(tenant, whole)
    await stores.documents.complete(tenant, complete(whole))
    await stores.documents.begin(other, half)
    hour, day = NOW + timedelta(hours=1), NOW + timedelta(days=1)
    assert list(await stores.due.due(now=hour - timedelta(seconds=1), documents_max=9)) == []
    assert list(await stores.due.due(now=hour, documents_max=9)) == [DueDocument(other, half.id)]
    both = [DueDocument(other, half.id), DueDocument(tenant, whole.id)]
    assert list(await stores.due.due(now=day, documents_max=9)) == both
    assert list(await stores.due.due(now=day, documents_max=1)) == both[:1]
