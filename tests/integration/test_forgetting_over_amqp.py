"""A copy of one's data and being forgotten over RabbitMQ: every service is asked, answers, and lets its messages go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.amqp.connection import rabbit_broker
from adapters.amqp.consumers import AmqpConsumers
from adapters.amqp.publisher import AmqpPublisher
from adapters.inprocess.own_data import OwnPersonalData
from adapters.memory.messaging import MemoryMessages
from adapters.memory.personal_data import MemoryPersonalData, MemoryPersonalDataAnswers, MemoryPersonMessages
from adapters.memory.users import MemoryUserTransactions
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7Source
from bootstrap.containers.personal_data import person_subscriptions
from core.shared.ids import AccountId, DataRequestId
from core.users.data_requests import SERVICES, DataRequest, RequestKind, RequestStatus
from ports.events import Subscription
from ports.personal_data import PersonalData, ServiceName
from ports.published.personal_data import PersonalDataCollected, PersonalDataErased
from tests.amqp_world import Queues
from tests.service_client import container_of
from usecases.messaging.relay_outbox import RelayOutbox
from usecases.personal_data.erase_person import ErasePerson, ForgetMessages
from usecases.personal_data.hand_over import HandOverPersonalData
from usecases.users.ask_for_erasure import ask_services_to_forget
from usecases.users.ask_for_export import ask_services
from usecases.users.gather_answers import GATHERS_ERASURES, GATHERS_PAGES, GatherErasure, GatherPage

ANN = AccountId(uuid7())
AT_MOST_S = 30
CLOCK = SystemClock()


@dataclass
class Member:
    """One service: what it keeps of Ann, and its messages."""

    name: str
    messages: MemoryMessages = field(default_factory=lambda: MemoryMessages(ids=Uuid7Source()))

    def __post_init__(self) -> None:
        self.kept = MemoryPersonalData({ANN: {"things": [{"of": self.name}]}})
        self.users = MemoryUserTransactions(self.messages)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        gathers = (
            Subscription(GATHERS_PAGES, PersonalDataCollected, GatherPage),
            Subscription(GATHERS_ERASURES, PersonalDataErased, GatherErasure),
        )
        return person_subscriptions(self.name) + (gathers if self.name == "user" else ())

    @asynccontextmanager
    async def working(self, url: str, publisher: AmqpPublisher) -> AsyncIterator[None]:
        service, data = ServiceName(self.name), self._data()
        messages = MemoryPersonMessages(self.messages)
        answers = MemoryPersonalDataAnswers(self.messages, CLOCK)
        container = container_of(
            {
                HandOverPersonalData: HandOverPersonalData(service, data, answers),
                ErasePerson: ErasePerson(service, data, messages, answers),
                ForgetMessages: ForgetMessages(messages),
                GatherPage: GatherPage(self.users, CLOCK),
                GatherErasure: GatherErasure(self.users, CLOCK),
            }
        )
        consumers = AmqpConsumers(rabbit_broker(url), container, self.subscriptions, retry_delays_s=(0.2, 0.4))
        relay = asyncio.create_task(_again_and_again(RelayOutbox(self.messages.queue, publisher, CLOCK)))
        try:
            await consumers.start()
            yield
        finally:
            relay.cancel()
            await asyncio.gather(relay, return_exceptions=True)
            await consumers.stop()
            await container.close()
            for each in self.subscriptions:
                await Queues(url, each.consumer).delete()

    def _data(self) -> PersonalData:
        return OwnPersonalData(self.users) if self.name == "user" else self.kept


async def _again_and_again(work: Callable[[], Awaitable[object]]) -> None:
    while True:
        await work()
        await asyncio.sleep(0.02)


@pytest.fixture
async def members(rabbitmq_url: str) -> AsyncIterator[dict[str, Member]]:
    every = {name: Member(name) for name in SERVICES}
    subscriptions = [each for member in every.values() for each in member.subscriptions]
    publisher = AmqpPublisher(rabbit_broker(rabbitmq_url), subscriptions=subscriptions)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(publisher.stop)
        for member in every.values():
            await stack.enter_async_context(member.working(rabbitmq_url, publisher))
        yield every


async def finished(user: Member, request_id: UUID) -> DataRequest:
    async with asyncio.timeout(AT_MOST_S):
        while True:
            async with user.users.begin(ANN) as tx:
                request = await tx.requests.get(DataRequestId(request_id))
            assert request is not None
            if request.status is RequestStatus.DONE:
                return request
            await asyncio.sleep(0.05)


def a_request(kind: RequestKind) -> DataRequest:
    return DataRequest.begun(
        DataRequestId(uuid7()), account_id=ANN, kind=kind, email="ann@mail.example.com", now=CLOCK.now()
    )


async def test_every_service_hands_over_and_forgets(members: dict[str, Member]) -> None:
    user = members["user"]
    copy, erasure = a_request(RequestKind.EXPORT), a_request(RequestKind.ERASURE)
    async with user.users.begin(ANN) as tx:
        assert await tx.requests.add(copy)
        await ask_services(tx, copy, at=CLOCK.now())
    await finished(user, copy.id)
    async with user.users.begin(ANN) as tx:
        bundle = await tx.requests.bundle(copy.id)
    assert bundle is not None
    others = set(SERVICES) - {"user"}
    assert {name for name, kept in bundle["services"].items() if kept == {"things": [{"of": name}]}} == others

    async with user.users.begin(ANN) as tx:
        assert await tx.requests.add(erasure)
        await ask_services_to_forget(tx, erasure, at=CLOCK.now())
    done = await finished(user, erasure.id)
    assert (done.missing, done.email) == ((), None)
    assert {name for name, part in done.parts.items() if part.removed == {"things": 1}} == others
    assert all(member.kept.records[ANN]["things"] == [] for name, member in members.items() if name != "user")
    async with asyncio.timeout(AT_MOST_S):
        # When it is over the messages that told of it go as well.
        while any(str(ANN).encode() in bytes(row.envelope.data) for row in members["order"].messages.rows.values()):
            await asyncio.sleep(0.05)
