"""API keys at every route of the whole application: refused unless the route names one of their scopes."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import override
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from adapters.http.app import ServiceRoutes, create_app
from adapters.http.callers import scope_of
from adapters.system.clock import SystemClock
from bootstrap.topology import build_platform
from core.shared.callers import ApiScope
from ports.published.identity import TokenVerifier, VerifiedToken
from tests.architecture.test_api_contract import with_plain_parameters
from tests.service_client import client_of, no_checks, settings_with

TENANT = UUID(int=0xA)
WRITES_WITH_A_KEY = {
    "POST /api/v1/resale/validate",
    "POST /api/v1/resale/validate/batch",
    "POST /api/v1/scans",
    "POST /api/v1/scans/batch",
}
"""What a key may be used for that is no GET, as `METHOD /path`: nothing that makes its id a buyer or a holder."""


class KeysOnly(TokenVerifier):
    """Each token is the list of its scopes, with commas; `-` has none."""

    @override
    async def verify(self, token: str) -> VerifiedToken:
        scopes = () if token == "-" else tuple(token.split(","))
        return VerifiedToken(account_id=UUID(int=0x5E2), tenant_id=TENANT, scopes=scopes)


def whole_application() -> Litestar:
    """Return all services with settings that lead nowhere, so that whoever is let in finds nothing behind the door."""
    platform = build_platform(settings_with())

    async def verifier() -> TokenVerifier:
        return KeysOnly()

    return create_app(
        [
            ServiceRoutes(one.name, platform.containers[one.name], one.controllers, one.root_controllers)
            for one in platform.services
        ],
        verifier=verifier,
        clock=SystemClock(),
        checks=no_checks,
        request_bytes_max=100_000,
        version="0",
    )


@dataclass(frozen=True, slots=True)
class GuardedRoute:
    """A handler that asks who is there."""

    method: str
    path: str
    scope: ApiScope | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def guarded_routes(app: Litestar) -> Iterator[GuardedRoute]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            open_to_all = bool(handler.opt.get("exclude_from_auth")) or route.path.startswith("/schema")
            for method in handler.http_methods - {"OPTIONS"}:
                if not open_to_all:
                    yield GuardedRoute(str(method), route.path, scope_of(handler))


@pytest.fixture(scope="module")
def app() -> Litestar:
    return whole_application()


@pytest.fixture(scope="module")
def routes(app: Litestar) -> list[GuardedRoute]:
    return sorted(guarded_routes(app), key=str)


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def is_refused(client: httpx.AsyncClient, route: GuardedRoute, scopes: Sequence[ApiScope]) -> bool:
    """Whether the door itself says no, whatever else is wrong with the request."""
    answer = await client.request(
        route.method,
        re.sub(r"\{[^}]*\}", str(UUID(int=1)), route.path),
        headers={"Authorization": f"Bearer {','.join(scopes) or '-'}", "Idempotency-Key": "one"},
        content=b"{}" if route.method in {"POST", "PUT", "PATCH"} else None,
    )
    return answer.status_code == 403 and answer.json()["code"] == "access.forbidden"


def test_the_walk_sees_the_routes(routes: list[GuardedRoute]) -> None:
    assert len(routes) > 80
    paths = {with_plain_parameters(route.path) for route in routes}
    assert paths > {"/api/v1/orders", "/api/v1/orders/{}", "/api/v1/holds/{}", "/api/v1/auth/me"}


async def test_a_key_without_the_scope_of_a_route_is_refused_there(
    client: httpx.AsyncClient, routes: list[GuardedRoute]
) -> None:
    let_in: list[str] = []
    for route in routes:
        others = [scope for scope in ApiScope if scope != route.scope]
        if not (await is_refused(client, route, others) and await is_refused(client, route, [])):
            let_in.append(str(route))
    assert let_in == []


async def test_a_key_with_the_scope_of_a_route_gets_past_the_door(
    client: httpx.AsyncClient, routes: list[GuardedRoute]
) -> None:
    for route in routes:
        if route.scope is not None:
            assert not await is_refused(client, route, [route.scope]), route


def test_a_key_changes_nothing_that_could_make_it_a_buyer(routes: list[GuardedRoute]) -> None:
    assert {str(route) for route in routes if route.scope is not None and route.method != "GET"} == WRITES_WITH_A_KEY


def test_a_scope_to_read_is_named_by_routes_that_read(routes: list[GuardedRoute]) -> None:
    assert [str(route) for route in routes if str(route.scope).endswith(":read") and route.method != "GET"] == []


def test_every_scope_is_accepted_somewhere(routes: list[GuardedRoute]) -> None:
    assert {route.scope for route in routes if route.scope is not None} == set(ApiScope)


def test_the_document_says_which_operations_accept_keys(app: Litestar, routes: list[GuardedRoute]) -> None:
    document: dict[str, dict[str, dict[str, list[dict[str, list[str]]]]]] = app.openapi_schema.to_schema()["paths"]
    documented = {
        (method.upper(), with_plain_parameters(path), scope)
        for path, operations in document.items()
        for method, operation in operations.items()
        for requirement in operation.get("security", [])
        for scope in requirement.get("apiKey", [])
    }
    accepted = {(one.method, with_plain_parameters(one.path), one.scope) for one in routes if one.scope is not None}
    assert documented == accepted != set()
