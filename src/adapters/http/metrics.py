"""The measurements, for Prometheus; outside /api/v1, and for those who know the token where there is one."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from litestar import Controller, Litestar, Response, get
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.params import HeaderParameter

from adapters.http.health import health_controller
from adapters.http.problems import EXCEPTION_HANDLERS, problem_spec
from ports.health import HealthCheck

MEDIA_TYPE = "text/plain; version=0.0.4"  # the framework adds the charset


@dataclass(frozen=True, slots=True)
class Exposition:
    """What renders the measurements, and the token that whoever asks has to send; any may ask where it is empty."""

    render: Callable[[], Awaitable[bytes]]
    token: str = field(default="", repr=False)


def metrics_controller(exposition: Exposition | None) -> type[Controller]:
    """Return the controller that shows the measurements; without any it answers that there is nothing here."""

    class MetricsController(Controller):
        path = "/metrics"
        tags = ("Health",)
        opt = {"exclude_from_auth": True}  # noqa: RUF012  (Litestar reads it from the class)

        @get(
            summary="Measurements, in the text format of Prometheus",
            media_type=MEDIA_TYPE,
            responses={
                401: problem_spec("The measurements have a token of their own, and this was not it."),
                404: problem_spec("Nothing is measured, or it is told on a port of its own."),
            },
        )
        async def metrics(
            self, authorization: Annotated[str, HeaderParameter(name="Authorization", max_length=500)] = ""
        ) -> Response[bytes]:
            """Figures of this process since it began, and of what stands behind it. `FAIRSEAT_METRICS_…` opens it."""
            if exposition is None:
                raise NotFoundException("Nothing is measured here.")
            if exposition.token and not hmac.compare_digest(
                f"Bearer {exposition.token}".encode(), authorization.encode()
            ):
                raise NotAuthorizedException("Send the token of the measurements: Authorization: Bearer …")
            return Response(await exposition.render(), media_type=MEDIA_TYPE)

    return MetricsController


def create_metrics_app(exposition: Exposition) -> Litestar:
    """Build the application of a port of its own: the measurements, and whether the process is alive."""

    async def nothing() -> tuple[HealthCheck, ...]:
        return ()

    return Litestar(
        route_handlers=[metrics_controller(exposition), health_controller(nothing)],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        logging_config=None,
    )
