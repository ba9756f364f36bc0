"""The `fairseat` command, with one more route: a POST that is signed in, read and checked as a hold, and answered.

What the HTTP stack costs without what a hold does: `POST /api/v1/benchmarks/{plan_id}/trivial`.
"""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters.http.hold_bodies import HoldBody
from bootstrap import cli, runtime
from bootstrap.needs import SERVICES
from bootstrap.settings import Settings
from bootstrap.topology import Platform, build_platform
from core.shared.callers import Caller


class TrivialController(Controller):
    """Answers at once."""

    @post("/benchmarks/{plan_id:uuid}/trivial")
    async def answer(
        self, plan_id: FromPath[UUID], data: JSONBody[HoldBody], caller: NamedDependency[Caller]
    ) -> Response[dict[str, object]]:
        """Say back what was asked for, and by whom."""
        data.seats()
        view = {"id": data.reservation_id, "planId": plan_id, "accountId": caller.account_id, "status": "HELD"}
        return Response(view, status_code=201, headers={"Location": f"/api/v1/holds/{data.reservation_id}"})


def with_trivial_route(settings: Settings, services: Collection[str] = SERVICES) -> Platform:
    """Build the platform as the command does; the route goes where holds are served."""
    platform = build_platform(settings, services)
    routed = tuple(
        replace(service, controllers=(*service.controllers, TrivialController)) if service.name == "venue" else service
        for service in platform.services
    )
    return replace(platform, services=routed)


if __name__ == "__main__":
    vars(runtime)["build_platform"] = with_trivial_route  # the command line leaves no other way in, and should not
    cli.main()
