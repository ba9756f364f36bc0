"""What a process remembers of tickets: asked once, again before it is old, and what it does while nobody answers."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import override
from uuid import UUID, uuid4

import pytest

from adapters.memory.clock import MemoryClock
from core.seating.ticket_sale import TicketSale
from core.shared.errors import UnavailableError
from core.shared.ids import TenantId, TicketId
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.ticketing import TicketingApi, TicketOnSale, TicketStatus
from tests.published_builders import a_ticket_on_sale
from usecases.seating import ticket_sales
from usecases.seating.ticket_sales import LAG_MAX, OUTAGE_MAX, READ_AHEAD_AFTER, TicketSales

A_MOMENT = timedelta(microseconds=1)
TENANT, TICKET = TenantId(uuid4()), TicketId(uuid4())
OPENS, CLOSES = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)


@dataclass
class Counter(TicketingApi):
    """Counts the questions; answers each only while `open` is set, and refuses or is away when it is told to."""

    status: TicketStatus = "published"
    sales_from: datetime | None = OPENS
    failure: Exception | None = None
    asked: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        self.asked += 1
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return a_ticket_on_sale(
            ticket_id, venue_id=uuid4(), status=self.status, sales_from=self.sales_from, sales_until=CLOSES
        )


class Desk:
    """A process that sells tickets of one tenant."""

    def __init__(self) -> None:
        self.clock = MemoryClock()
        self.ticketing = Counter()
        self.ticketing.open.set()
        self.sales = TicketSales(self.ticketing)

    async def ask(self, ticket_id: TicketId = TICKET, *, tenant_id: TenantId = TENANT) -> TicketSale:
        return await self.sales.of(tenant_id, ticket_id, now=self.clock.now())

    def pass_(self, time: timedelta) -> None:
        self.clock.moment += time

    async def settle(self) -> None:
        """Let a reading in the background come to its end."""
        for _ in range(5):
            await asyncio.sleep(0)


async def test_a_ticket_is_read_as_ticketing_tells_it() -> None:
    desk = Desk()
    sale = await desk.ask()
    ends_at = a_ticket_on_sale(TICKET, venue_id=uuid4()).event.ends_at
    assert sale == TicketSale(published=True, ends_at=ends_at, sales_from=OPENS, sales_until=CLOSES)
    draft = Desk()
    draft.ticketing.status, draft.ticketing.sales_from = "draft", None
    assert await draft.ask() == TicketSale(published=False, ends_at=ends_at, sales_until=CLOSES)


async def test_however_many_ask_at_once_ticketing_is_asked_once() -> None:
    desk = Desk()
    answers = await asyncio.gather(*(desk.ask() for _ in range(100)))
    assert desk.ticketing.asked == 1 and all(answer is answers[0] for answer in answers)
    await desk.ask(TicketId(uuid4()))
    await desk.ask(tenant_id=TenantId(uuid4()))
    assert desk.ticketing.asked == 3, "each ticket of each tenant has an answer of its own"


async def test_somebody_who_gives_up_takes_the_answer_from_nobody() -> None:
    desk = Desk()
    desk.ticketing.open.clear()
    first, second = asyncio.create_task(desk.ask()), asyncio.create_task(desk.ask())
    await desk.settle()
    first.cancel()
    await desk.settle()
    desk.ticketing.open.set()
    assert (await second).published and desk.ticketing.asked == 1


async def test_while_a_plan_is_selling_ticketing_is_asked_ahead_and_nobody_waits() -> None:
    desk = Desk()
    first = await desk.ask()
    desk.pass_(READ_AHEAD_AFTER - A_MOMENT)
    assert await desk.ask() is first and desk.ticketing.asked == 1
    desk.ticketing.status = "draft"
    desk.ticketing.open.clear()
    desk.pass_(A_MOMENT)
    assert await desk.ask() is first and await desk.ask() is first, "nobody waits for the answer that was asked for"
    await desk.settle()
    assert desk.ticketing.asked == 2
    desk.ticketing.open.set()
    await desk.settle()
    assert not (await desk.ask()).published and desk.ticketing.asked == 2


async def test_a_change_of_the_ticket_shows_after_the_longest_lag_at_the_latest() -> None:
    for waited, published in ((LAG_MAX - A_MOMENT, True), (LAG_MAX, False)):
        desk = Desk()
        await desk.ask()
        desk.ticketing.status = "draft"
        desk.pass_(waited)
        assert (await desk.ask()).published is published


async def test_a_clock_that_was_put_back_makes_no_answer_young() -> None:
    desk = Desk()
    await desk.ask()
    desk.pass_(-timedelta(milliseconds=5))
    await desk.ask()
    assert desk.ticketing.asked == 1, "a request may have taken its time just before another asked"
    desk.pass_(-timedelta(hours=1))
    await desk.ask()
    assert desk.ticketing.asked == 2


async def test_the_last_answer_counts_while_ticketing_is_away_and_for_ten_minutes_only() -> None:
    desk = Desk()
    first = await desk.ask()
    desk.ticketing.failure = LinkUnavailableError("ticketing")
    desk.pass_(LAG_MAX)
    assert await desk.ask() is first
    desk.pass_(OUTAGE_MAX - LAG_MAX - A_MOMENT)
    assert await desk.ask() is first
    await desk.settle()
    desk.pass_(A_MOMENT)
    with pytest.raises(UnavailableError):
        await desk.ask()
    desk.ticketing.failure = None
    assert (await desk.ask()).published


async def test_nobody_waits_for_a_ticketing_that_is_known_to_be_away() -> None:
    desk = Desk()
    first = await desk.ask()
    desk.ticketing.failure = LinkUnavailableError("ticketing")
    desk.pass_(READ_AHEAD_AFTER)
    await desk.ask()
    await desk.settle()
    desk.ticketing.open.clear()
    desk.pass_(LAG_MAX)
    assert await desk.ask() is first and await desk.ask() is first
    await desk.settle()
    assert desk.ticketing.asked == 3, "one try at a time goes on in the background"
    desk.ticketing.failure, desk.ticketing.status = None, "draft"
    desk.ticketing.open.set()
    await desk.settle()
    assert not (await desk.ask()).published


async def test_of_a_ticket_that_was_never_told_nothing_is_assumed() -> None:
    desk = Desk()
    desk.ticketing.failure = LinkUnavailableError("ticketing")
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await desk.ask()
    assert desk.ticketing.asked == 2


async def test_a_ticketing_that_says_nothing_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_sales, "READING_MAX_S", 0.0)
    desk = Desk()
    desk.ticketing.open.clear()
    with pytest.raises(LinkUnavailableError):
        await desk.ask()


async def test_a_ticket_that_ticketing_does_not_have_is_not_on_sale() -> None:
    desk = Desk()
    desk.ticketing.failure = RefusedError("ticketing.not_found", "There is no such ticket.")
    assert not (await desk.ask()).published
    other = Desk()
    other.ticketing.failure = RefusedError("ticketing.other", "Another reason.")
    with pytest.raises(RefusedError):
        await other.ask()


async def test_the_ticket_that_was_read_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_sales, "TICKETS_MAX", 2)
    desk = Desk()
    one, two, three = (TicketId(uuid4()) for _ in range(3))
    for ticket_id in (one, two, three, three, two):
        await desk.ask(ticket_id)
    assert desk.ticketing.asked == 3
    await desk.ask(one)
    assert desk.ticketing.asked == 4


def test_a_reading_ahead_ends_before_the_answer_is_too_old() -> None:
    assert READ_AHEAD_AFTER + timedelta(seconds=ticket_sales.READING_MAX_S) < LAG_MAX < OUTAGE_MAX
