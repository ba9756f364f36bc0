"""Whether MongoDB answers."""

from typing import override

from adapters.mongo.client import Database, check_database
from ports.health import HealthCheck, HealthReport


class MongoHealth(HealthCheck):
    """Sends a ping."""

    def __init__(self, database: Database) -> None:
        self.name = database.name
        self._database = database

    @override
    async def check(self) -> HealthReport:
        await check_database(self._database)
        return HealthReport(self.name, ok=True)
