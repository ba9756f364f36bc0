"""What a provider's list of events promises: in memory, and Stripe's own SDK against the stand-in."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import override
from uuid import UUID

import msgspec
import pytest

from adapters.embedded.stripe_fake.server import StripeFake
from adapters.embedded.stripe_fake.settings import EVENT_TYPES as SENT
from adapters.memory.event_readings import MemoryEventList
from adapters.stripe.client import open_stripe
from adapters.stripe.event_list import EVENT_TYPES, StripeEventList
from adapters.stripe.verifier import read_event
from core.shared.errors import UnavailableError
from core.shared.ids import TenantId
from ports.webhooks import EventList, EventPage

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
EVER = datetime(2100, 1, 1, tzinfo=UTC)
OURS = TenantId(UUID(int=0xA))


def an_event(event_id: str, *, at: datetime = NOW, kind: str = "refund.updated") -> dict[str, object]:
    about = {"id": "re_1", "object": "refund", "reason": "ü", "metadata": {"tenant_id": str(OURS)}}
    return {
        "id": event_id,
        "object": "event",
        "created": int(at.timestamp()),
        "type": kind,
        "livemode": False,
        "pending_webhooks": 0,
        "data": {"object": about},
    }


class Provider(ABC):
    """A list, and what happens at the provider."""

    events: EventList

    @abstractmethod
    def happened(self, event_id: str, *, at: datetime = NOW) -> None:
        """List an event; they are told in the order of their times."""

    @abstractmethod
    def forget(self, event_id: str) -> None:
        """List it no more."""

    @abstractmethod
    def go_away(self) -> None: ...


class InMemory(Provider):
    def __init__(self) -> None:
        self.events = self.memory = MemoryEventList()

    @override
    def happened(self, event_id: str, *, at: datetime = NOW) -> None:
        self.memory.happened(read_event(msgspec.json.encode(an_event(event_id, at=at))))

    @override
    def forget(self, event_id: str) -> None:
        self.memory.forget(event_id)

    @override
    def go_away(self) -> None:
        self.memory.away = True


class OnStripe(Provider):
    def __init__(self, fake: StripeFake, events: EventList) -> None:
        self.fake, self.events = fake, events

    @override
    def happened(self, event_id: str, *, at: datetime = NOW) -> None:
        self.fake.state.ledger.put("events", an_event(event_id, at=at))

    @override
    def forget(self, event_id: str) -> None:
        self.fake.state.ledger.remove("events", event_id)

    @override
    def go_away(self) -> None:
        self.fake.state.faults.calls = 100


@pytest.fixture(params=["memory", "stripe"])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    if request.param == "memory":
        yield InMemory()
        return
    async with StripeFake() as fake, open_stripe(fake.settings.secret_key, api_url=fake.url) as client:
        yield OnStripe(fake, StripeEventList(client))


async def page(
    provider: Provider, *, since: datetime = NOW, before: datetime = EVER, after: str | None = None
) -> EventPage:
    found = await provider.events.page(since=since, before=before, after=after)
    assert found is not None
    return found


async def test_an_event_is_what_its_webhook_would_have_been(provider: Provider) -> None:
    provider.happened("evt_1")
    (event,) = (await page(provider)).events
    assert (event.event_id, event.event_type, event.occurred_at) == ("evt_1", "refund.updated", NOW)
    assert (event.account, event.tenant_id) == (None, OURS)
    assert msgspec.json.decode(event.body) == an_event("evt_1")


async def test_the_newest_come_first_in_pages_of_a_hundred(provider: Provider) -> None:
    for number in range(201):
        provider.happened(f"evt_{number}", at=NOW + timedelta(seconds=number // 2))
    seen: list[str] = []
    sizes: list[int] = []
    more, after = True, None
    while more:
        found = await page(provider, after=after)
        seen += [event.event_id for event in found.events]
        sizes.append(len(found.events))
        more, after = found.more, seen[-1]
    assert sizes == [100, 100, 1]
    assert seen == [f"evt_{number}" for number in reversed(range(201))]


async def test_a_page_may_end_with_the_last_event(provider: Provider) -> None:
    for number in range(100):
        provider.happened(f"evt_{number}")
    assert not (await page(provider)).more


async def test_it_looks_from_a_second_until_before_another(provider: Provider) -> None:
    for number in range(5):
        provider.happened(f"evt_{number}", at=NOW + timedelta(seconds=number))
    until = NOW + timedelta(seconds=3, microseconds=900_000)
    found = await page(provider, since=NOW + timedelta(seconds=1, microseconds=500_000), before=until)
    assert [event.event_id for event in found.events] == ["evt_2", "evt_1"]
    assert (await page(provider, since=NOW + timedelta(seconds=5))).events == []


async def test_it_says_when_the_place_to_go_on_from_is_gone(provider: Provider) -> None:
    provider.happened("evt_1")
    provider.happened("evt_2")
    assert [event.event_id for event in (await page(provider, after="evt_2")).events] == ["evt_1"]
    provider.forget("evt_2")
    assert await provider.events.page(since=NOW, before=EVER, after="evt_2") is None


async def test_an_outage_is_told(provider: Provider) -> None:
    provider.go_away()
    with pytest.raises(UnavailableError):
        await page(provider)


async def test_only_what_is_handled_is_asked_for() -> None:
    assert frozenset(EVENT_TYPES) == SENT
    async with StripeFake() as fake, open_stripe(fake.settings.secret_key, api_url=fake.url) as client:
        for number, kind in enumerate((*EVENT_TYPES, "charge.succeeded", "customer.created")):
            fake.state.ledger.put("events", an_event(f"evt_{number}", kind=kind))
        found = await StripeEventList(client).page(since=NOW, before=EVER, after=None)
        assert found is not None
        assert [event.event_type for event in found.events] == list(reversed(EVENT_TYPES))
