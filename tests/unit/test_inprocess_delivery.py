"""Delivery in one process means what a broker means: each consumer at least once, refusals settle, failures repeat."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import msgspec
import pytest

from adapters.inprocess.delivery import InProcessPublisher, Subscriber
from core.shared.errors import ForbiddenError
from ports.events import Consumer, Delivery, Envelope, Event, PublishError, Subscription
from ports.published.refusals import LinkUnavailableError

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TENANT = UUID(int=7)


class DoorOpened(Event, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "test.door.opened"

    number: int


class DoorClosed(Event, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "test.door.closed"


class Porter(Consumer[DoorOpened]):
    """Notes what it takes, and raises what it was told to."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.taken: list[tuple[int, Delivery]] = []
        self.trouble = trouble

    async def __call__(self, event: DoorOpened, delivery: Delivery) -> None:
        self.taken.append((event.number, delivery))
        if self.trouble:
            raise self.trouble


def publisher(*porters: Porter) -> InProcessPublisher:
    def subscriber(number: int, porter: Porter) -> Subscriber:
        async def resolve(kind: type[Consumer[Any]]) -> Consumer[Any]:
            assert kind is Porter
            return porter

        return Subscriber(Subscription(f"test.porter{number}", DoorOpened, Porter), resolve)

    return InProcessPublisher([subscriber(number, porter) for number, porter in enumerate(porters)])


def envelope(event: Event) -> Envelope:
    return Envelope.of(event, id=uuid4(), source="test", subject=str(uuid4()), time=NOW, tenant_id=TENANT)


async def test_every_consumer_of_the_type_gets_the_event_with_its_id_and_tenant() -> None:
    first, second = Porter(), Porter()
    opened = envelope(DoorOpened(number=4))
    await publisher(first, second).publish(opened)
    assert first.taken == second.taken == [(4, Delivery(event_id=opened.id, tenant_id=TENANT))]


async def test_an_event_of_another_type_is_nobodys_business() -> None:
    porter = Porter()
    await publisher(porter).publish(envelope(DoorClosed()))
    assert porter.taken == []


async def test_a_refusal_settles_the_matter() -> None:
    refusing, other = Porter(ForbiddenError("not this door")), Porter()
    await publisher(refusing, other).publish(envelope(DoorOpened(number=1)))
    assert len(refusing.taken) == len(other.taken) == 1


@pytest.mark.parametrize("trouble", [RuntimeError("broken"), LinkUnavailableError("seating is away")])
async def test_a_failure_is_told_to_the_relay_after_the_others_had_the_event(trouble: Exception) -> None:
    failing, other = Porter(trouble), Porter()
    with pytest.raises(PublishError, match=r"test\.porter0"):
        await publisher(failing, other).publish(envelope(DoorOpened(number=1)))
    assert len(other.taken) == 1


async def test_what_is_away_is_told_in_a_line_and_what_is_broken_with_the_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for trouble in (LinkUnavailableError("seating is away"), RuntimeError("broken")):
        with pytest.raises(PublishError):
            await publisher(Porter(trouble)).publish(envelope(DoorOpened(number=1)))
    away, broken = caplog.records
    assert (away.levelname, away.exc_info) == ("WARNING", None)
    assert broken.levelname == "ERROR" and broken.exc_info is not None


async def test_data_that_is_not_what_the_type_promises_is_a_failure() -> None:
    porter = Porter()
    bad = msgspec.structs.replace(envelope(DoorOpened(number=1)), data=msgspec.Raw(b'{"number": "four"}'))
    with pytest.raises(PublishError, match="UndecodableEventError"):
        await publisher(porter).publish(bad)
    assert porter.taken == []
