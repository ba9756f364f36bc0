"""The expiration service whole: news over RabbitMQ, a timer in Redis, and the reminder back over RabbitMQ."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from dishka import AsyncContainer, Provider, Scope, make_async_container

from adapters.amqp.connection import rabbit_broker
from adapters.amqp.consumers import AmqpConsumers
from adapters.amqp.publisher import AmqpPublisher
from bootstrap.containers.expiration import expiration_service
from bootstrap.containers.service import Links, build_container
from bootstrap.settings import Settings, read_settings, variables
from ports.events import Consumer, Delivery, Envelope, EventPublisher, Subscription
from ports.expiration import Timers
from ports.published.expiration import TimerFired
from ports.published.seating import NewHold, SeatsHeld
from tests.amqp_world import TENANT, Queues
from usecases.expiration.fire_due_timers import FireDueTimers


class Owner(Consumer[TimerFired]):
    """Whoever wants to be reminded."""

    def __init__(self) -> None:
        self.reminded: list[tuple[TimerFired, Delivery]] = []

    async def __call__(self, event: TimerFired, delivery: Delivery) -> None:
        self.reminded.append((event, delivery))

    def reminded_of(self, subject_id: UUID) -> list[tuple[TimerFired, Delivery]]:
        """Return the reminders of this thing: others may have left timers on the server, and are reminded too."""
        return [each for each in self.reminded if each[0].subject_id == subject_id]


def settings_with(*, redis_url: str) -> Settings:
    unused = {name: "postgresql://nobody@127.0.0.1/unused" for name, _, _, required in variables() if required}
    return read_settings(unused | {"FAIRSEAT_REDIS_URL": redis_url})


@pytest.fixture
async def publisher(rabbitmq_url: str) -> AsyncIterator[AmqpPublisher]:
    publisher = AmqpPublisher(rabbit_broker(rabbitmq_url), subscriptions=expiration_service().subscriptions)
    yield publisher
    await publisher.stop()


@pytest.fixture
async def container(valkey_url: str, publisher: EventPublisher) -> AsyncIterator[AsyncContainer]:
    container = build_container(expiration_service(), settings_with(redis_url=valkey_url), Links(publisher=publisher))
    yield container
    await container.close()


async def test_a_hold_that_ends_is_told_to_its_owner(
    rabbitmq_url: str, publisher: AmqpPublisher, container: AsyncContainer
) -> None:
    owner, reservation_id = Owner(), uuid4()
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: owner, provides=Owner)
    owners = make_async_container(provider)
    name = f"test.owner_{uuid4().hex}"
    ended_at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    timer_service = AmqpConsumers(rabbit_broker(rabbitmq_url), container, expiration_service().subscriptions)
    owner_service = AmqpConsumers(rabbit_broker(rabbitmq_url), owners, [Subscription(name, TimerFired, Owner)])
    await owner_service.start()
    # The news is published before the expiration service ever ran: its queue is there all the same.
    await publisher.publish(held(reservation_id, until=ended_at))
    await timer_service.start()
    fire = await container.get(FireDueTimers)
    try:
        async with asyncio.timeout(10):
            while not owner.reminded_of(reservation_id):
                await fire()
                await asyncio.sleep(0.02)
    finally:
        await timer_service.stop()
        await owner_service.stop()
        await owners.close()
    [(reminder, delivery)] = owner.reminded_of(reservation_id)
    assert reminder == TimerFired(kind="reservation", subject_id=reservation_id, due_at=ended_at)
    assert delivery.tenant_id == TENANT
    timers = await container.get(Timers)
    left = await timers.claim_due(now=datetime.now(UTC) + timedelta(hours=1), timers_max=1_000, lease_s=1)
    assert reservation_id not in {timer.subject_id for timer in left}, "others may have left timers on this server"
    await Queues(rabbitmq_url, name).delete()


def held(reservation_id: UUID, *, until: datetime) -> Envelope:
    hold = NewHold(reservation_id=reservation_id, seat_ids=(uuid4(),), expires_at=until)
    event = SeatsHeld(plan_id=uuid4(), holds=(hold,))
    return Envelope.of(
        event, id=uuid4(), source="test", subject=str(reservation_id), time=datetime.now(UTC), tenant_id=TENANT
    )
