"""Liveness and readiness, for those who operate Fairseat; outside /api/v1 and without a token."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec
from litestar import Controller, Response, get
from litestar.openapi import ResponseSpec

from core.shared.errors import UnavailableError
from ports.health import HealthCheck, HealthReport

_CHECK_TIMEOUT_S = 3.0
_log = logging.getLogger(__name__)

type GetChecks = Callable[[], Awaitable[Sequence[HealthCheck]]]


class LiveBody(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class DependencyBody(msgspec.Struct, frozen=True):
    """How one dependency stands, with figures: counts, and seconds where the name ends in `_s`.

    One that is not `needed` makes things late while it is away, and nothing else.
    """

    ok: bool
    needed: bool
    facts: dict[str, float | str]


class ReadyBody(msgspec.Struct, frozen=True):
    """How everything behind this process stands.

    `unavailable` while something is away that is needed, `degraded` while something else is not as it should be.
    """

    status: Literal["ok", "degraded", "unavailable"]
    dependencies: dict[str, DependencyBody]


def health_controller(checks: GetChecks) -> type[Controller]:
    """Return the controller that asks these checks."""

    class HealthController(Controller):
        path = "/health"
        tags = ("Health",)
        opt = {"exclude_from_auth": True}  # noqa: RUF012  (Litestar reads it from the class)
        security = ({},)

        @get("/live", summary="Is the process alive?")
        async def live(self) -> LiveBody:
            """Answers as long as the process does; asks nobody else."""
            return LiveBody()

        @get(
            "/ready",
            summary="Can it serve?",
            responses={
                503: ResponseSpec(ReadyBody, description="Something that is needed is away.", generate_examples=False)
            },
        )
        async def ready(self) -> Response[ReadyBody]:
            """200 when all that is needed can be used, else 503; with backlog and age of outboxes and webhooks."""
            due = await checks()
            reports = await asyncio.gather(*(asked(check) for check in due))
            able = all(report.ok or not check.needed for check, report in zip(due, reports, strict=True))
            fine = all(report.ok for report in reports)
            body = ReadyBody(
                "ok" if fine else "degraded" if able else "unavailable",
                {
                    report.name: DependencyBody(report.ok, check.needed, dict(report.facts))
                    for check, report in zip(due, reports, strict=True)
                },
            )
            return Response(body, status_code=200 if able else 503)

    return HealthController


async def asked(check: HealthCheck) -> HealthReport:
    """Return how it stands; one that does not answer in time, or cannot be reached, does not stand well."""
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT_S):
            return await check.check()
    except (UnavailableError, TimeoutError, OSError) as error:
        _log.warning("health: %s: %s", check.name, error)
        return HealthReport(check.name, ok=False, facts={"error": type(error).__name__})
