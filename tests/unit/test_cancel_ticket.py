"""Stopping the sale of a ticket: once, whoever changes it at the same moment."""

from typing import override
from uuid import uuid4

import pytest

from adapters.inprocess.ticketing import InProcessEventSales, InProcessTicketing
from adapters.memory.clock import MemoryClock
from adapters.memory.ticketing import MemoryTicketStore
from core.shared.errors import StaleVersionError
from core.shared.ids import TenantId, TicketId
from core.ticketing.ticket import Ticket
from ports.published.refusals import RefusedError
from ports.published.ticketing import EventCancellation
from tests.ticketing_builders import a_cancellation, a_published_ticket, paid_sales
from usecases.ticketing.cancel_ticket import CancelTicket
from usecases.ticketing.look_up_ticket import LookUpTicket

TENANT = TenantId(uuid4())
WANTED = EventCancellation(operation_id=uuid4(), by=uuid4(), reason="The singer is ill.", refund_fees=False)


class Busy(MemoryTicketStore):
    """Somebody else saves the ticket first, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    @override
    async def save(self, tenant_id: TenantId, ticket: Ticket, *, expected_version: int) -> None:
        if self.times:
            self.times -= 1
            raise StaleVersionError("The ticket was changed meanwhile.")
        await super().save(tenant_id, ticket, expected_version=expected_version)


async def test_what_others_read_of_a_cancelled_ticket_says_so() -> None:
    tickets, ticket = MemoryTicketStore(), a_published_ticket()
    await tickets.add(TENANT, ticket)
    sales = InProcessEventSales(CancelTicket(tickets), MemoryClock())
    for _ in range(2):
        assert await sales.cancel(tenant_id=TENANT, ticket_id=ticket.id, cancellation=WANTED) == WANTED
    read = InProcessTicketing(LookUpTicket(tickets, paid_sales()))
    found = await read.ticket(tenant_id=TENANT, ticket_id=ticket.id)
    assert (found.status, found.cancellation) == ("cancelled", WANTED)


async def test_a_ticket_that_is_not_there_is_refused() -> None:
    sales = InProcessEventSales(CancelTicket(MemoryTicketStore()), MemoryClock())
    with pytest.raises(RefusedError) as refused:
        await sales.cancel(tenant_id=TENANT, ticket_id=uuid4(), cancellation=WANTED)
    assert refused.value.refusal_code == "ticketing.not_found"


@pytest.mark.parametrize(("times", "cancelled"), [(4, True), (5, False)])
async def test_whoever_is_quicker_delays_it_and_no_more(times: int, *, cancelled: bool) -> None:
    tickets, ticket = Busy(times), a_published_ticket()
    await tickets.add(TENANT, ticket)
    cancel = CancelTicket(tickets)
    if not cancelled:
        with pytest.raises(StaleVersionError):
            await cancel(TENANT, TicketId(ticket.id), a_cancellation())
        return
    assert (await cancel(TENANT, TicketId(ticket.id), a_cancellation())).is_cancelled
