"""What every PersonalData and PersonMessages promises; the plans of the databases run on the databases themselves."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Protocol
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.clock import MemoryClock
from adapters.memory.messaging import MemoryMessages
from adapters.memory.personal_data import MemoryPersonalData, MemoryPersonalDataAnswers, MemoryPersonMessages
from adapters.mongo.outbox import MongoOutboxQueue, prepare_outbox
from adapters.mongo.personal_data import MongoPersonalDataAnswers, MongoPersonMessages
from adapters.postgres.outbox import PostgresOutboxQueue
from adapters.postgres.personal_data import (
    PostgresPersonalData,
    PostgresPersonalDataAnswers,
    PostgresPersonMessages,
)
from adapters.postgres.personal_data_plans import ORDERS
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.transactions import person_transaction, tenant_transaction
from adapters.system.ids import Uuid7Source
from core.shared.ids import AccountId
from ports.events import Event, OutboxQueue
from ports.personal_data import Person, PersonalData, PersonalDataAnswers, PersonMessages
from ports.stores import StoreUnavailableError
from tests.mongo_databases import fresh_database
from tests.servers import PostgresServer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OURS, THEIRS = uuid7(), uuid7()
ANN = Person(AccountId(uuid7()), "ann@mail.example.com")
BEN = Person(AccountId(uuid7()), "ben@mail.example.com")


class Orders(Protocol):
    """What orders name: a way to put one, and to read its contact back."""

    @property
    def data(self) -> PersonalData: ...

    async def put(self, person: Person, *, tenant: UUID, email: str | None) -> UUID: ...

    async def email_of(self, order_id: UUID, *, tenant: UUID) -> str | None: ...


@dataclass
class OrdersInMemory:
    data: MemoryPersonalData

    async def put(self, person: Person, *, tenant: UUID, email: str | None) -> UUID:
        order: dict[str, object] = {"id": str(uuid7()), "contact_email": email, "organisation": str(tenant)}
        self.data.records.setdefault(person.account_id, {}).setdefault("orders", []).append(order)
        return UUID(str(order["id"]))

    async def email_of(self, order_id: UUID, *, tenant: UUID) -> str | None:
        every = [order for kinds in self.data.records.values() for order in kinds["orders"]]
        [email] = [order["contact_email"] for order in every if order["id"] == str(order_id)]
        return None if email is None else str(email)


@dataclass
class OrdersInPostgres:
    data: PostgresPersonalData
    pool: Pool

    async def put(self, person: Person, *, tenant: UUID, email: str | None) -> UUID:
        order_id = uuid7()
        async with tenant_transaction(self.pool, tenant) as connection:
            await connection.execute(
                """
                insert into orders (tenant_id, id, account_id, contact_email, contact_name, status, version, expires_at,
                    created_at, updated_at)
                values ($1, $2, $3, $4, $4, 'PENDING', 1, $5, $5, $5)
                """,
                tenant,
                order_id,
                person.account_id,
                email,
                NOON,
            )
        return order_id

    async def email_of(self, order_id: UUID, *, tenant: UUID) -> str | None:
        async with tenant_transaction(self.pool, tenant) as connection:
            found: str | None = await connection.fetchval("select contact_email from orders where id = $1", order_id)
        return found


@pytest.fixture
async def order_pool(postgres: PostgresServer) -> AsyncIterator[Pool]:
    database = await postgres.fresh("order_db")
    pool = await open_pool(database.app_url, connections_max=4)
    yield pool
    await pool.close()


@pytest.fixture(params=["memory", "postgres"])
def orders(request: pytest.FixtureRequest) -> Orders:
    if request.param == "memory":
        return OrdersInMemory(MemoryPersonalData(cleared={"orders": ("contact_email",)}, kept=ORDERS.kept))
    pool: Pool = request.getfixturevalue("order_pool")
    return OrdersInPostgres(PostgresPersonalData(pool, ORDERS), pool)


async def test_a_person_is_found_in_every_organisation_and_nobody_else_with_them(orders: Orders) -> None:
    mine = {await orders.put(ANN, tenant=tenant, email=ANN.email) for tenant in (OURS, THEIRS)}
    await orders.put(BEN, tenant=OURS, email=BEN.email)
    found = await orders.data.collect(ANN)
    assert {UUID(each["id"]) for each in found["orders"]} == mine
    assert {each["organisation"] for each in found["orders"]} == {str(OURS), str(THEIRS)}
    assert set(found) == {"orders"}


async def test_an_erasure_leaves_the_record_without_the_person_and_others_as_they_are(orders: Orders) -> None:
    mine = await orders.put(ANN, tenant=OURS, email=ANN.email)
    another = await orders.put(ANN, tenant=THEIRS, email=ANN.email)
    bens = await orders.put(BEN, tenant=OURS, email=BEN.email)
    erasure = await orders.data.erase(ANN)
    assert erasure.removed == {"orders": 2}
    assert erasure.kept
    assert await orders.email_of(mine, tenant=OURS) is await orders.email_of(another, tenant=THEIRS) is None
    assert await orders.email_of(bens, tenant=OURS) == BEN.email
    assert (await orders.data.erase(ANN)).removed == {}


async def test_who_kept_nothing_is_shown_nothing(orders: Orders) -> None:
    await orders.put(BEN, tenant=OURS, email=BEN.email)
    assert await orders.data.collect(ANN) == {}
    assert (await orders.data.erase(ANN)).removed == {}


async def test_others_rows_that_name_a_proved_address_lose_it_and_show_nothing_else(order_pool: Pool) -> None:
    orders = OrdersInPostgres(PostgresPersonalData(order_pool, ORDERS), order_pool)
    bens = await orders.put(BEN, tenant=OURS, email="Ann@Mail.Example.com")
    unproved = Person(ANN.account_id)
    assert await orders.data.collect(unproved) == {}
    await orders.data.erase(unproved)
    assert await orders.email_of(bens, tenant=OURS) == "Ann@Mail.Example.com"
    [named] = (await orders.data.collect(ANN))["ordersThatNameMe"]
    assert set(named) == {"id", "contact_email", "contact_name"}
    assert (await orders.data.erase(ANN)).removed == {"ordersThatNameMe": 1}
    assert await orders.email_of(bens, tenant=OURS) is None


async def test_the_policy_of_persons_shows_their_rows_and_lets_nothing_be_written(order_pool: Pool) -> None:
    orders = OrdersInPostgres(PostgresPersonalData(order_pool, ORDERS), order_pool)
    mine = await orders.put(ANN, tenant=OURS, email=ANN.email)
    await orders.put(BEN, tenant=OURS, email=BEN.email)
    async with person_transaction(order_pool, ANN.account_id, email=ANN.email) as connection:
        assert [row["id"] for row in await connection.fetch("select id from orders")] == [mine]
        assert await connection.execute("update orders set contact_name = 'x'") == "UPDATE 0"
        for table in ("order_items", "outbox", "inbox", "idempotency_keys", "vouchers", "fee_schedules"):
            assert await connection.fetchval(f"select count(*) from {table}") == 0
    # The next user of the connection is nobody again.
    async with tenant_transaction(order_pool, None) as connection:
        assert await connection.fetchval("select count(*) from orders") == 0
        assert await connection.fetchval("select current_setting('app.account_id', true)") in ("", None)


class Named(Event, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "test.person.named"

    account_id: UUID
    email: str | None = None


@dataclass
class Messages:
    people: PersonMessages
    answers: PersonalDataAnswers
    queue: OutboxQueue

    async def send(self, *events: Event) -> None:
        await self.answers.send(events, about=ANN.account_id)

    async def publish_all(self) -> int:
        claimed = await self.queue.claim(now=NOON, events_max=100, lease_s=10)
        await self.queue.mark_published([each.id for each in claimed], at=NOON)
        return len(claimed)

    async def left(self) -> int:
        """Return how many published events are there, by forgetting them."""
        return await self.queue.prune(published_before=NOON.replace(year=2027), events_max=100)


@pytest.fixture(params=["memory", "postgres", "mongo"])
async def messages(request: pytest.FixtureRequest) -> AsyncIterator[Messages]:
    clock = MemoryClock(NOON)
    if request.param == "memory":
        memory = MemoryMessages(ids=Uuid7Source())
        yield Messages(MemoryPersonMessages(memory), MemoryPersonalDataAnswers(memory, clock), memory.queue)
    elif request.param == "mongo":
        async with fresh_database(request.getfixturevalue("mongodb_url")) as mongo:
            await prepare_outbox(mongo)
            queue = MongoOutboxQueue(mongo, source="fairseat/test")
            yield Messages(MongoPersonMessages(mongo), MongoPersonalDataAnswers(mongo, Uuid7Source(), clock), queue)
    else:
        postgres: PostgresServer = request.getfixturevalue("postgres")
        database = await postgres.fresh("order_db")
        app = await open_pool(database.app_url, connections_max=2)
        relay = await open_pool(database.relay_url, connections_max=2)
        answers = PostgresPersonalDataAnswers(app, Uuid7Source(), clock, tenant_owned=True)
        yield Messages(PostgresPersonMessages(relay), answers, PostgresOutboxQueue(relay, source="fairseat/test"))
        await app.close()
        await relay.close()


async def test_events_that_name_the_person_go_once_they_were_sent(messages: Messages) -> None:
    stranger = uuid4()
    await messages.send(
        Named(account_id=ANN.account_id),
        Named(account_id=stranger, email="Ann@Mail.Example.com"),
        Named(account_id=stranger, email=BEN.email),
    )
    assert await messages.publish_all() == 3
    await messages.people.forget(ANN, may_wait=())
    assert await messages.left() == 1


async def test_an_event_that_was_not_sent_yet_is_waited_for_unless_it_may_wait(messages: Messages) -> None:
    await messages.send(Named(account_id=ANN.account_id))
    with pytest.raises(StoreUnavailableError):
        await messages.people.forget(ANN, may_wait=())
    await messages.people.forget(BEN, may_wait=())
    await messages.people.forget(ANN, may_wait={Named.event_type})
    assert await messages.publish_all() == 1
    await messages.people.forget(ANN, may_wait=())
    assert await messages.left() == 0
