"""Buyers in a process of their own, to be killed: `python -m tests.places_buyers URL DATABASE TENANT TICKET SEED`.

Each line that is printed is a command that was carried out or refused.
"""

import asyncio
import random
import sys
from datetime import timedelta
from functools import partial
from itertools import count
from uuid import UUID

from adapters.mongo.client import create_client, database_of
from adapters.mongo.places import MongoPlaces
from adapters.mongo.tickets import MongoTicketStore, prepare_tickets
from core.shared.errors import DomainError
from core.shared.holders import Holder
from core.shared.ids import TenantId, TicketId
from core.ticketing import general_admission
from core.ticketing.ticket import Ticket
from tests.places_world import TTL_S, a_wish, an_account, an_order
from tests.ticketing_builders import NOON

BUYERS = 8


async def buy(places: MongoPlaces, tenant_id: TenantId, ticket: Ticket, dice: random.Random) -> None:
    """Hold, and go on with it, or not, for ever."""
    for number in count():
        now = NOON + timedelta(seconds=number * TTL_S / 5)
        account, order_id = an_account(), an_order()
        later = now + timedelta(seconds=dice.choice([TTL_S / 5, TTL_S]))
        way = (
            partial(general_admission.reserve, by=Holder(account), until=later, order_id=order_id, now=now),
            partial(general_admission.finalise, order_id=order_id, now=now),
            partial(general_admission.give_back, order_id=order_id, now=now),
        )
        try:
            wish = a_wish(ticket, dice.randint(1, 3), by=account)
            held = (await places.hold(tenant_id, wish, ticket=ticket, now=now)).reservation
            for rule in way[: dice.choice([0, 1, 2, 3, 3, 3])]:
                await places.change(tenant_id, held.id, rule, now=now)
                sys.stdout.write(f"{rule.func.__name__}\n")
        except DomainError as error:
            sys.stdout.write(f"{error.code}\n")
        sys.stdout.flush()


async def main(url: str, database_name: str, tenant: str, ticket: str, seed: str) -> None:
    """Buy until killed."""
    async with create_client(url, connections_max=BUYERS) as client:
        database = database_of(client, database_name)
        await prepare_tickets(database)
        tenant_id = TenantId(UUID(tenant))
        on_sale = await MongoTicketStore().get(tenant_id, TicketId(UUID(ticket)))
        assert on_sale is not None
        dice = random.Random(seed)  # a game, no secret
        async with asyncio.TaskGroup() as group:
            for _ in range(BUYERS):
                group.create_task(buy(MongoPlaces(database), tenant_id, on_sale, dice))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
