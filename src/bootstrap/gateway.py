"""The gateway as a process: which service serves what, where the services are, and one address in front of them."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import uvicorn
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from adapters.gateway.app import Gateway, Layer, Local
from adapters.gateway.asgi import ASGIApp
from adapters.gateway.forwarding import Patience
from adapters.gateway.health import PATH as HEALTH_PATH
from adapters.gateway.health import GatewayHealth
from adapters.gateway.routes import Route, RouteTable
from adapters.gateway.server import BoundedHttp
from adapters.gateway.tokens import ShownTokenKeys, token_verifier
from adapters.gateway.upstreams import UpstreamLimits, Upstreams
from adapters.http.app import DOCUMENT_PATH, SERVICE_OPT
from adapters.http.rate_limits import LimitedRequests, RequestLimits, asker_of
from adapters.http.sse import MEDIA_TYPE as EVENT_STREAM
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7Source
from adapters.system.tokens import TokenTerms
from bootstrap.limits import door_of
from bootstrap.needs import SERVICES
from bootstrap.runtime import Server, raise_open_files, trusted_proxies
from bootstrap.settings import PREFIX, Settings, SettingsError
from bootstrap.signals import stop_signal
from bootstrap.web import create_openapi_app

_GRACE_S = 10


def routes_of(app: Litestar) -> RouteTable:
    """Return which service serves which operation of the application."""
    return RouteTable(
        Route(
            service=handler.opt[SERVICE_OPT],
            method=method,
            path=route.path,
            open=bool(handler.opt.get("exclude_from_auth")),
            streams=handler.media_type == EVENT_STREAM,
        )
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in sorted(handler.http_methods)
        if method != "OPTIONS" and _is_of_a_service(handler)
    )


def create_gateway(settings: Settings, *, layers: Sequence[Layer] = ()) -> Gateway:
    """Build the gateway; nothing is connected before the first request. Raises SettingsError."""
    described = create_openapi_app()
    table = routes_of(described)
    upstreams = Upstreams(
        _addresses(settings, table),
        UpstreamLimits(
            connections_max=settings.gateway.connections_max,
            streams_max=settings.gateway.streams_max,
        ),
    )
    terms = TokenTerms(issuer=settings.token.issuer, audience=settings.token.audience)
    return Gateway(
        table,
        upstreams,
        verifier=token_verifier(ShownTokenKeys(upstreams["auth"]), terms, SystemClock()),
        ids=Uuid7Source(),
        local=(Local(HEALTH_PATH, GatewayHealth(upstreams)), Local(DOCUMENT_PATH, _asgi(described))),
        layers=layers,
        patience=Patience(answer_s=settings.gateway.answer_timeout_s),
        request_bytes_max=settings.gateway.request_bytes_max,
    )


def counting(limits: RequestLimits) -> tuple[Layer, ...]:
    """Return what counts requests at the edge, where callers are known and no service was asked yet."""
    return (cast("Layer", partial(LimitedRequests, limits=limits, who=asker_of)),)


async def run_gateway(settings: Settings, listening: socket.socket, *, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; requests under way may end, streams are ended."""
    raise_open_files()
    door = door_of(settings, SystemClock())
    gateway = create_gateway(settings, layers=counting(door.limits) if door is not None else ())
    proxies = trusted_proxies(settings)
    server = Server(
        uvicorn.Config(
            gateway,
            http=BoundedHttp,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(proxies),  # else uvicorn believes whoever calls from this machine
            forwarded_allow_ips=proxies,
            timeout_graceful_shutdown=_GRACE_S,
            lifespan="on",
        )
    )
    stop = stop_signal()
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    stopping = asyncio.create_task(stop.wait())
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        on_ready()
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        gateway.end_streams()
        server.should_exit = True
        stopping.cancel()
        await serving
        if door is not None:
            await door.close()


def _is_of_a_service(handler: HTTPRouteHandler) -> bool:
    """Tell that it is neither health nor the document, which every process has."""
    return SERVICE_OPT in handler.opt


def _addresses(settings: Settings, table: RouteTable) -> dict[str, str]:
    """Return where the services are; raises SettingsError with a line for each that answers something, and is not."""
    missing = sorted(name for name in table.services if not settings.gateway.url(name))
    if missing:
        raise SettingsError("\n".join(f"{PREFIX}GATEWAY_{name.upper()} is missing." for name in missing))
    return {name: url for name in SERVICES if (url := settings.gateway.url(name))}


def _asgi(app: Litestar) -> ASGIApp:
    """Return the application as ASGI has it; Litestar names the members of the same dictionaries."""
    return cast("ASGIApp", app)
