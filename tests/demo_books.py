"""The demo on databases of its own, and its books: for tests that look at everything when all is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from adapters.cli.demo_books import DemoSale, find_sale
from adapters.cli.demo_http import DemoHttp
from adapters.cli.demo_world import ORGANISATION, PASSWORD, STAFF, TICKET_TITLE
from adapters.postgres.migrator import Database
from bootstrap.settings import DATABASES
from tests.processes.test_serve_and_worker import settings
from tests.servers import PostgresServer

ENDS = frozenset(
    {
        ("CONFIRMED", None),
        ("CANCELLED", None),
        ("EXPIRED", None),
        ("CANCELLED", "done"),
        ("EXPIRED", "done"),
    }
)
"""Status and refund of orders that nobody has to look after any more."""


@dataclass(frozen=True, slots=True)
class FreshDatabases:
    """Every PostgreSQL database of ours, migrated and empty, by its service."""

    by_service: Mapping[str, Database]

    async def sum_of(self, query: str, *services: str) -> int:
        """Return the sum of what the query says in the databases of these services, or in all."""
        total = 0
        for service in services or self.by_service:
            connection = await asyncpg.connect(self.by_service[service].admin_url)
            try:
                total += await connection.fetchval(query) or 0
            finally:
                await connection.close()
        return total

    async def deadlocks(self) -> int:
        """Return how many deadlocks PostgreSQL has broken."""
        return await self.sum_of("select deadlocks from pg_stat_database where datname = current_database()")

    async def events_waiting(self) -> int:
        """Return how many events have not been published, or never will be."""
        return await self.sum_of("select count(*) from outbox where published_at is null")

    def environment(
        self, postgres: PostgresServer, valkey_url: str, mongodb_url: str, stripe_url: str, *, mail_folder: Path
    ) -> dict[str, str]:
        """Return an environment that names these and the other servers."""
        environment = settings(postgres, valkey_url, mongodb_url, stripe_url, mail_folder=mail_folder, world="books")
        for name, database in self.by_service.items():
            variable = f"FAIRSEAT_{name.upper()}_DATABASE"
            environment |= {f"{variable}_URL": database.app_url, f"{variable}_RELAY_URL": database.relay_url}
            environment.pop(f"{variable}_ADMIN_URL", None)
        return environment


async def fresh_databases(postgres: PostgresServer) -> FreshDatabases:
    return FreshDatabases({name: await postgres.fresh(f"{name}_db") for name in DATABASES})


async def demo_sale(http: DemoHttp) -> DemoSale:
    """Sign the staff in."""
    email = next(iter(STAFF))
    return await find_sale(http, email=email, password=PASSWORD, organisation=ORGANISATION, title=TICKET_TITLE)


async def every_order(http: DemoHttp, sale: DemoSale) -> dict[str, Any]:
    """Return all orders as the staff see them, by id."""
    found: dict[str, Any] = {}
    cursor = ""
    while True:
        page = await http.get(f"/orders?limit=200{cursor}", session=sale.staff)
        found |= {order["id"]: order for order in page["items"]}
        if page["nextCursor"] is None:
            return found
        cursor = f"&cursor={page['nextCursor']}"
