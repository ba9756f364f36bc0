"""The Litestar application: routers of services, one way to sign in, one shape of errors, one OpenAPI document."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, override

from dishka import AsyncContainer
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware, DefineMiddleware
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import ScalarRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, Contact, License, SecurityScheme, Server
from litestar.types import ASGIApp, ControllerRouterHandler, Receive, Scope, Send

from adapters.http.callers import Authentication, provide_caller, provide_identity
from adapters.http.documented import ClosedStructs, DocumentedHandlers, Tuples
from adapters.http.health import GetChecks, health_controller
from adapters.http.idempotency import IdempotentPosts
from adapters.http.metrics import Exposition, metrics_controller
from adapters.http.observing import note_service
from adapters.http.paging import provide_page
from adapters.http.problems import EXCEPTION_HANDLERS
from adapters.http.rate_limits import LimitedRequests, RequestLimits, asker_of
from adapters.http.texts import refuse_nul
from ports.clock import Clock
from ports.published.identity import TokenVerifier

API_BASE = "/api/v1"
DOCUMENT_PATH = "/schema"
SERVICE_OPT = "service"
"""Names the service of a handler in its `opt`."""


@dataclass(frozen=True, slots=True)
class ServiceRoutes:
    """What one service serves, and the container that its handlers take their use cases from."""

    name: str
    container: AsyncContainer
    controllers: Sequence[ControllerRouterHandler]
    root_controllers: Sequence[ControllerRouterHandler] = ()


class ServiceScope(ASGIMiddleware):
    """Gives the handlers of a service its own container; use cases live as long as the application."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, service: str, container: AsyncContainer) -> None:
        self._service = service
        self._container = container

    def __deepcopy__(self, _: object) -> Self:
        """Return itself: Litestar copies handlers with their middleware, and there is one container."""
        return self

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        state: dict[str, Any] = scope["state"]
        state["dishka_container"] = self._container
        note_service(self._service, scope["path_params"])
        await next_app(scope, receive, send)


def create_app(
    services: Sequence[ServiceRoutes],
    *,
    verifier: Callable[[], Awaitable[TokenVerifier]],
    clock: Clock,
    checks: GetChecks,
    request_bytes_max: int,
    version: str,
    limits: RequestLimits | None = None,
    metrics: Exposition | None = None,
) -> Litestar:
    """Build the application; nothing is connected before the first request that needs it.

    Without `limits` everybody may ask as often as they like, which is for what stands behind another door.
    """
    routers = [
        Router(
            path=path,
            route_handlers=handlers,
            middleware=[ServiceScope(service.name, service.container), IdempotentPosts(service.container, clock)],
            opt={SERVICE_OPT: service.name},
        )
        for service in services
        for path, handlers in ((API_BASE, service.controllers), ("/", service.root_controllers))
        if handlers
    ]
    return Litestar(
        route_handlers=[*routers, health_controller(checks), metrics_controller(metrics)],
        middleware=[
            DefineMiddleware(Authentication, verifier=verifier),
            *([DefineMiddleware(LimitedRequests, limits=limits, who=asker_of)] if limits is not None else []),
        ],
        dependencies={
            "caller": Provide(provide_caller),
            "identity": Provide(provide_identity),
            "page": Provide(provide_page),
        },
        before_request=refuse_nul,
        exception_handlers=EXCEPTION_HANDLERS,
        plugins=[DocumentedHandlers(), ClosedStructs(), Tuples()],
        request_max_body_size=request_bytes_max,
        openapi_config=_document(version),
        logging_config=None,  # the command line sets logging up, once a process
        debug=False,
    )


def _document(version: str) -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Fairseat",
        version=version,
        summary="Ticketing that venues run themselves: reserved seating, holds, orders, payments and passes.",
        description=(
            "Money is in minor units with an ISO 4217 code, times are RFC 3339 in UTC, errors are RFC 9457 problem "
            "details with a stable `code`. Creating POSTs take an `Idempotency-Key`, updates an `If-Match`. A token "
            "of a fan names the organisation in `X-Tenant-ID`; staff tokens and API keys carry it. `RateLimit-Policy` "
            "and `RateLimit` tell how many requests of a kind one may send, and how many are left; one too many gets "
            "429 with `Retry-After`."
        ),
        contact=Contact(name="Fairseat"),
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        servers=[Server(url="/")],
        path=DOCUMENT_PATH,
        render_plugins=[ScalarRenderPlugin(), SwaggerRenderPlugin()],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                "apiKey": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    bearer_format="fsk_…",
                    description="A key of another service, for the operations that name one of its scopes.",
                ),
            }
        ),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
    )
