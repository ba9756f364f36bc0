"""Whether content_db has every index that is declared: without one it answers, but slowly, or twice."""

from typing import override

from adapters.mongo.client import Database
from adapters.mongo.content import CONTENT_DOCUMENTS, missing_indexes
from ports.health import HealthCheck, HealthReport


class ContentIndexes(HealthCheck):
    """Compares what is there with what the documents declare, and names what is missing."""

    name = "content_indexes"
    needed = False

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def check(self) -> HealthReport:
        missing = await missing_indexes(self._database, CONTENT_DOCUMENTS)
        return HealthReport(self.name, ok=not missing, facts={"missing": ", ".join(missing)} if missing else {})
