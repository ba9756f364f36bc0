"""General admission on MongoDB when whole processes of buyers are killed in the middle of what they do."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from typing import Any

import pytest
from pymongo.asynchronous.collection import AsyncCollection
from uuid_utils.compat import uuid7

from adapters.mongo.place_work import Patience
from adapters.mongo.places import MongoPlaces, prepare_places
from adapters.mongo.tickets import MongoTicketStore, prepare_tickets
from core.shared.ids import TenantId
from core.ticketing.places import Stock
from tests.mongo_databases import fresh_database
from tests.places_world import a_ga_ticket
from tests.ticketing_builders import NOON

ROUNDS = 2
COMMANDS_BEFORE_THE_KILL = 25
LOOKS_MAX = 200
MUCH_LATER = NOON + timedelta(days=10)


@pytest.mark.timeout(180)
async def test_killed_processes_neither_lose_nor_double_a_place(mongodb_url: str) -> None:
    tenant_id, ticket = TenantId(uuid7()), a_ga_ticket(quota=30)
    async with fresh_database(mongodb_url) as database:
        await prepare_tickets(database)
        await prepare_places(database)
        await MongoTicketStore().add(tenant_id, ticket)
        tickets, entries = database.get_collection("tickets"), database.get_collection("reservations")
        places = MongoPlaces(database, patience=Patience(given_up_after_s=0))
        left_behind = 0
        for number in range(ROUNDS):
            arguments = (mongodb_url, database.name, str(tenant_id), str(ticket.id), str(number))
            buyers = [await started(*arguments) for _ in range(2)]
            await asyncio.gather(*(lines(each, COMMANDS_BEFORE_THE_KILL) for each in buyers))
            await stopped_in_the_middle(buyers, tickets)
            for each in buyers:
                each.kill()
                await each.wait()
            found = await tickets.find_one({"_id": ticket.id})
            assert found is not None
            left_behind += len(found["inFlight"])
            assert found["reserved"] + found["sold"] <= 30

            await places.finish_interrupted(begun_before=MUCH_LATER, changes_max=100)

            taken = {"HELD": 0, "RESERVED": 0, "FINALIZED": 0}
            async for entry in entries.find({"status": {"$in": list(taken)}}):
                taken[entry["status"]] += entry["quantity"]
            stock = await places.stock(tenant_id, ticket.id)
            assert stock == Stock(30, reserved=taken["HELD"] + taken["RESERVED"], sold=taken["FINALIZED"])
        assert left_behind > 0, "nobody was killed in the middle of anything"
        while await places.expire(tenant_id, ticket.id, now=MUCH_LATER, reservations_max=100):
            continue
        assert (await places.stock(tenant_id, ticket.id)).reserved == 0


async def stopped_in_the_middle(
    buyers: list[asyncio.subprocess.Process], tickets: AsyncCollection[dict[str, Any]]
) -> None:
    """Stop all buyers at a moment when one of them has begun something that it has not finished."""
    for _ in range(LOOKS_MAX):
        for each in buyers:
            each.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.02)  # what was sent before the stop reaches the server meanwhile
        if await tickets.count_documents({"inFlight": {"$ne": []}}):
            return
        for each in buyers:
            each.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.005)


async def started(*arguments: str) -> asyncio.subprocess.Process:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.places_buyers", *arguments, stdout=asyncio.subprocess.PIPE, env=environment
    )


async def lines(process: asyncio.subprocess.Process, wanted: int) -> None:
    assert process.stdout is not None
    for _ in range(wanted):
        assert await process.stdout.readline(), "the buyers ended by themselves"
