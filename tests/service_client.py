"""One service as its clients see it: the real container and application, without a socket."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast, override
from uuid import UUID

import httpx
from dishka import AsyncContainer, Provider, Scope, make_async_container
from litestar import Litestar

from adapters.http.app import ServiceRoutes, create_app
from adapters.http.health import GetChecks
from adapters.system.clock import SystemClock
from bootstrap.containers.service import Links, Service, build_container
from bootstrap.settings import DATABASES, Settings, read_settings
from core.shared.callers import Caller
from ports.clock import Clock
from ports.health import HealthCheck
from ports.published.admission import AdmissionApi
from ports.published.identity import IdentityApi, TokenVerifier, VerifiedToken
from ports.published.orders import OrdersApi
from ports.published.payments import PaymentsApi
from ports.published.refusals import RefusedError
from ports.published.ticketing import EventSalesApi, TicketingApi


class SpelledOutTokens(TokenVerifier):
    """A token is `<account>`, `<account>.<tenant>.<role>` for staff, `<key>.<tenant>.for=<scope>,…` for services."""

    @override
    async def verify(self, token: str) -> VerifiedToken:
        try:
            account, *staff = token.split(".")
            if not staff:
                return VerifiedToken(account_id=UUID(account))
            tenant, role = staff
            if role.startswith("for="):
                scopes = tuple(role.removeprefix("for=").split(","))
                return VerifiedToken(account_id=UUID(account), tenant_id=UUID(tenant), scopes=scopes)
            return VerifiedToken(account_id=UUID(account), tenant_id=UUID(tenant), role=role)
        except ValueError:
            raise RefusedError("identity.invalid_token", "This is no token.") from None


def headers_of(caller: Caller) -> dict[str, str]:
    """Return what the caller sends along: staff and services by token alone, fans naming the tenant."""
    if caller.scopes is not None:
        return {"Authorization": f"Bearer {caller.account_id}.{caller.tenant_id}.for={','.join(sorted(caller.scopes))}"}
    if caller.role is not None:
        return {"Authorization": f"Bearer {caller.account_id}.{caller.tenant_id}.{caller.role}"}
    return {"Authorization": f"Bearer {caller.account_id}", "X-Tenant-ID": str(caller.tenant_id)}


def settings_with(**variables: str) -> Settings:
    """Return settings where everything that is not given points nowhere."""
    nowhere = "postgresql://nobody@127.0.0.1:1/nowhere"
    environment = {
        **{f"FAIRSEAT_{name.upper()}_DATABASE_{kind}URL": nowhere for name in DATABASES for kind in ("", "RELAY_")},
        "FAIRSEAT_TICKET_DATABASE_URL": "mongodb://127.0.0.1:1",
        "FAIRSEAT_CONTENT_DATABASE_URL": "mongodb://127.0.0.1:1",
        "FAIRSEAT_REDIS_URL": "redis://127.0.0.1:1",
        "FAIRSEAT_STRIPE_SECRET_KEY": "sk_test_nothing",
        # What is sold in tests needs no connected account, unless they are about those.
        "FAIRSEAT_STRIPE_CONNECT": "off",
        "FAIRSEAT_TOKEN_SIGNING_KEYS": "none",
        "FAIRSEAT_PASSES_KEY_SECRET": "for these tests alone, long enough",
    }
    return read_settings(environment | {f"FAIRSEAT_{name}": value for name, value in variables.items()})


def container_of(made: Mapping[Any, object]) -> AsyncContainer:
    """Return a container of what is made already, each by its type."""
    provider = Provider(scope=Scope.APP)
    for kind, value in made.items():
        provider.provide(_constant(value), provides=kind)
    return make_async_container(provider)


def routes_of(service: Service, container: AsyncContainer) -> ServiceRoutes:
    return ServiceRoutes(service.name, container, service.controllers, service.root_controllers)


async def no_checks() -> list[HealthCheck]:
    return []


@dataclass(slots=True)
class _Stage:
    """What an application plays with: another one for each test."""

    container: AsyncContainer
    verifier: TokenVerifier
    clock: Clock
    checks: GetChecks


class _Now(Clock):
    """The clock of whoever has the application at the time."""

    def __init__(self, lent: "_Lent") -> None:
        self._lent = lent

    @override
    def now(self) -> datetime:
        return self._lent.stage.clock.now()


class _Container:
    """The container of whoever has the application at the time."""

    def __init__(self, lent: "_Lent") -> None:
        self._lent = lent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lent.stage.container, name)


class _Lent:
    """An application that outlives a test: building one takes up to a fifth of a second, as much as many tests do.

    It keeps nothing of those who use it; whatever they bring is asked for at each request.
    """

    def __init__(self, stage: _Stage, routes: ServiceRoutes, request_bytes_max: int) -> None:
        self.stage = stage
        self.clients = 0

        async def verifier() -> TokenVerifier:
            return self.stage.verifier

        async def checks() -> Sequence[HealthCheck]:
            return await self.stage.checks()

        container = cast("AsyncContainer", _Container(self))
        self.app = create_app(
            [replace(routes, container=container)],
            verifier=verifier,
            clock=_Now(self),
            checks=checks,
            request_bytes_max=request_bytes_max,
            version="0",
        )


_FREE: dict[object, list[_Lent]] = {}
_OURS: dict[int, tuple[object, _Lent]] = {}
"""Every one that was built, by the identity of its application."""


def app_of(
    routes: ServiceRoutes,
    *,
    verifier: TokenVerifier,
    clock: Clock | None = None,
    checks: GetChecks = no_checks,
    request_bytes_max: int = 100_000,
) -> Litestar:
    """Return the application of one service, as a process that serves it alone would have it.

    It is nobody else's until the last client of `client_of` is closed, or until it is given back by `give_back`.
    """
    stage = _Stage(routes.container, verifier, clock or SystemClock(), checks)
    key = (routes.name, tuple(routes.controllers), tuple(routes.root_controllers), request_bytes_max)
    free = _FREE.setdefault(key, [])
    lent = free.pop() if free else _Lent(stage, routes, request_bytes_max)
    lent.stage = stage
    _OURS[id(lent.app)] = (key, lent)
    return lent.app


def give_back(app: Litestar) -> None:
    """Let others have an application of `app_of`, whom nobody asks any more."""
    key, lent = _OURS[id(app)]
    assert lent not in _FREE[key], "it is another's by now"
    _FREE[key].append(lent)


class _Transport(httpx.ASGITransport):
    """Gives the application back when its last client is closed."""

    def __init__(self, app: Litestar) -> None:
        super().__init__(app=app)  # type: ignore[arg-type]  # Litestar's own ASGI types are narrower
        self._app = app
        key, lent = _OURS[id(app)]
        assert lent not in _FREE[key], "it is another's by now"
        lent.clients += 1
        self._lent = lent

    @override
    async def aclose(self) -> None:
        self._lent.clients -= 1
        if not self._lent.clients:
            give_back(self._app)


def client_of(app: Litestar, *, timeout_s: float = 5) -> httpx.AsyncClient:
    """Return a client that calls the application without a socket; it has to be closed, and once."""
    transport = _Transport(app) if id(app) in _OURS else httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # as above
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=timeout_s)


@asynccontextmanager
async def served(
    service: Service, settings: Settings, apis: dict[type, object] | None = None
) -> AsyncIterator[tuple[httpx.AsyncClient, AsyncContainer]]:
    """Build the service, with these stand-ins for the published APIs that it calls."""
    elsewhere = container_of(apis or {})
    links = Links(served_by=dict.fromkeys(apis or {}, elsewhere))
    # The background work needs a publisher, and nobody runs it here.
    container = build_container(replace(service, jobs=()), settings, links)

    async def checks() -> list[HealthCheck]:
        return [await container.get(check) for check in service.checks]

    app = app_of(routes_of(service, container), verifier=SpelledOutTokens(), checks=checks)
    try:
        async with client_of(app) as client:
            yield client, container
    finally:
        await container.close()
        await elsewhere.close()


def _constant(value: object) -> Callable[[], object]:
    return lambda: value


VENUE_LINKS = (TicketingApi, EventSalesApi, AdmissionApi, OrdersApi, PaymentsApi, IdentityApi)
"""The published APIs that the venue service is linked to."""


def unasked(*apis: type) -> dict[type, object]:
    """Return published APIs that are linked and that nobody is expected to ask: whoever does gets an AttributeError."""
    return {api: object() for api in apis}
