"""An organisation that sells without a pause leaves connections to everybody else of its process."""

import asyncio
from contextlib import suppress

from core.seating.errors import SeatTakenError
from tests.sales import NOW, on_sale
from tests.seating_world import a_tenant
from tests.servers import PostgresServer

CALLERS = 6
ANSWERS_BEFORE = 60
"""By then a line is under way that always has another batch to send."""


async def test_who_needs_the_only_connection_gets_it_between_two_batches(postgres: PostgresServer) -> None:
    async with on_sale(postgres, connections_max=1) as sale:
        holds, answers, stopped = sale.process(), 0, False

        async def ask(place: int) -> None:
            nonlocal answers
            while not stopped:
                with suppress(SeatTakenError):
                    await holds(sale.tenant, sale.wish(place), now=NOW)
                answers += 1

        async with asyncio.TaskGroup() as group, asyncio.timeout(20):
            for place in range(CALLERS):
                group.create_task(ask(place))
            while answers < ANSWERS_BEFORE:
                await asyncio.sleep(0)
            async with sale.transactions.begin(a_tenant()) as tx:
                assert await tx.seats.states(sale.plan.id, [seat.id for seat in sale.layout.seats]) == {}
            before = answers
            while answers == before:
                await asyncio.sleep(0)
            stopped = True
