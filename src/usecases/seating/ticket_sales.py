"""When the tickets of plans are on sale, as ticketing told this process a moment ago."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from core.seating.ticket_sale import TicketSale
from core.shared.errors import UnavailableError
from core.shared.ids import TenantId, TicketId
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.ticketing import TicketingApi

LAG_MAX = timedelta(seconds=5)
"""For so long after it was asked, ticketing's answer is used; a change of the ticket shows no later."""

READ_AHEAD_AFTER = timedelta(seconds=2)
"""From this age on a hold has ticketing asked again in the background, so that while a plan is selling nobody waits."""

READING_MAX_S = 2.0
"""Ticketing has so long for an answer; with READ_AHEAD_AFTER it stays below LAG_MAX."""

OUTAGE_MAX = timedelta(minutes=10)
"""The last answer is used for so long while ticketing cannot be reached."""

TICKETS_MAX = 10_000
"""Tickets that are remembered in one process, some 0.5 KB each; what was read longest ago goes first."""

NO_TICKET = TicketSale(published=False, ends_at=datetime.max.replace(tzinfo=UTC))
"""What is known of a ticket that ticketing does not have: it is not on sale."""

_A_LITTLE_BEFORE = timedelta(seconds=-1)

type _Key = tuple[TenantId, TicketId]


@dataclass(slots=True)
class _Answer:
    """What ticketing said when it was asked at `asked_at`, and whether it could not be asked again since."""

    sale: TicketSale
    asked_at: datetime
    unreachable: bool = False


@dataclass(slots=True)
class TicketSales:
    """Asks ticketing once, however many want to know at the same moment, and remembers what it said.

    Only what the ticket says is remembered, never whether it is on sale: that is decided at the moment of each hold, so
    that sales begin and end exactly at their times.
    """

    ticketing: TicketingApi
    _known: OrderedDict[_Key, _Answer] = field(
        default_factory=OrderedDict[_Key, _Answer], init=False, repr=False, compare=False
    )
    _reading: dict[_Key, asyncio.Task[_Answer]] = field(
        default_factory=dict[_Key, "asyncio.Task[_Answer]"], init=False, repr=False, compare=False
    )

    async def of(self, tenant_id: TenantId, ticket_id: TicketId, *, now: datetime) -> TicketSale:
        """Return what the ticket says; never to be asked inside a transaction.

        Raises UnavailableError while ticketing cannot be reached and nothing that is young enough is known.
        """
        key = tenant_id, ticket_id
        known = self._known.get(key)
        if known is not None:
            age = now - known.asked_at
            # Whoever took `now` a little before the asking is answered too; a clock put far back makes no answer young.
            if _A_LITTLE_BEFORE < age < READ_AHEAD_AFTER:
                return known.sale
            if READ_AHEAD_AFTER <= age < (OUTAGE_MAX if known.unreachable else LAG_MAX):
                self._begin(key, now)
                return known.sale
        try:
            return (await asyncio.shield(self._begin(key, now))).sale
        except UnavailableError:
            if known is None or now - known.asked_at >= OUTAGE_MAX:
                raise
            return known.sale

    def _begin(self, key: _Key, now: datetime) -> asyncio.Task[_Answer]:
        """Return the reading that runs, or begin one."""
        reading = self._reading.get(key)
        if reading is None:
            reading = asyncio.create_task(self._read(key, now), name=f"asking about ticket {key[1]}")
            self._reading[key] = reading
            reading.add_done_callback(lambda task: self._end(key, task))
        return reading

    def _end(self, key: _Key, task: asyncio.Task[_Answer]) -> None:
        del self._reading[key]
        failed = task.cancelled() or task.exception() is not None  # nobody may be waiting for a reading ahead
        known = self._known.get(key)
        if failed and known is not None:
            known.unreachable = True

    async def _read(self, key: _Key, now: datetime) -> _Answer:
        tenant_id, ticket_id = key
        try:
            async with asyncio.timeout(READING_MAX_S):
                ticket = await self.ticketing.ticket(tenant_id=tenant_id, ticket_id=ticket_id)
        except RefusedError as refused:
            if refused.refusal_code != "ticketing.not_found":
                raise
            sale = NO_TICKET
        except TimeoutError:
            raise LinkUnavailableError(f"Ticketing said nothing of ticket {ticket_id} in {READING_MAX_S} s.") from None
        else:
            sale = TicketSale(
                published=ticket.status == "published",
                ends_at=ticket.event.ends_at,
                sales_from=ticket.sales_from,
                sales_until=ticket.sales_until,
                sells_paid=ticket.sells_paid,
                cancelled=ticket.status == "cancelled",
            )
        answer = self._known[key] = _Answer(sale, now)
        self._known.move_to_end(key)
        while len(self._known) > TICKETS_MAX:
            self._known.popitem(last=False)
        return answer
