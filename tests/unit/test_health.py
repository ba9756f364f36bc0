"""What /health/ready says while something behind it is away."""

from typing import override

from litestar import Litestar
from litestar.testing import AsyncTestClient

from adapters.http.health import health_controller
from ports.health import HealthCheck, HealthReport
from ports.stores import StoreUnavailableError


class Dependency(HealthCheck):
    def __init__(self, name: str, *, away: bool = False, needed: bool = True) -> None:
        self.name = name
        self.needed = needed
        self._away = away

    @override
    async def check(self) -> HealthReport:
        if self._away:
            raise StoreUnavailableError("nobody answers")
        return HealthReport(self.name, ok=True)


async def ready(*dependencies: Dependency) -> tuple[int, str, dict[str, bool]]:
    async def checks() -> tuple[Dependency, ...]:
        return dependencies

    async with AsyncTestClient(Litestar([health_controller(checks)], openapi_config=None)) as client:
        answer = await client.get("/health/ready")
    body = answer.json()
    return answer.status_code, body["status"], {name: it["ok"] for name, it in body["dependencies"].items()}


async def test_what_is_away_is_shown_under_its_own_name() -> None:
    answer = await ready(Dependency("venue_db", away=True), Dependency("order_db", away=True), Dependency("ticket_db"))
    assert answer == (503, "unavailable", {"venue_db": False, "order_db": False, "ticket_db": True})


async def test_what_is_not_needed_is_shown_and_does_not_make_it_unfit() -> None:
    answer = await ready(Dependency("venue_db"), Dependency("redis", away=True, needed=False))
    assert answer == (200, "degraded", {"venue_db": True, "redis": False})


async def test_all_is_ok_when_everything_is() -> None:
    assert await ready(Dependency("venue_db"), Dependency("redis", needed=False)) == (
        200,
        "ok",
        {"venue_db": True, "redis": True},
    )
