"""The gateway before the application itself: to those outside the two look alike."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from adapters.gateway.server import BoundedHttp
from bootstrap.gateway import create_gateway, routes_of
from bootstrap.needs import SERVICES
from bootstrap.settings import SettingsError, read_gateway_settings
from bootstrap.topology import build_platform
from bootstrap.web import create_openapi_app
from tests.gateway_world import Keys, serving
from tests.service_client import settings_with

pytestmark = pytest.mark.asyncio(loop_scope="module")

_AT_ONCE_MAX = 16
_DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


@dataclass(frozen=True, slots=True)
class Both:
    """One application, asked directly and through the gateway."""

    direct: httpx.AsyncClient
    gateway: httpx.AsyncClient
    keys: Keys

    async def ask(self, method: str, path: str, **headers: str) -> tuple[httpx.Response, httpx.Response]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.direct.request(method, path, headers=sent), await self.gateway.request(
            method, path, headers=sent
        )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def both() -> AsyncIterator[Both]:
    keys = Keys()
    # Its databases are nowhere: what is asked of them is answered with 503, here and there.
    platform = build_platform(settings_with(TOKEN_SIGNING_KEYS=keys.keys.to_pem().decode()))
    async with serving(platform.app()) as behind:
        addresses = {f"FAIRSEAT_GATEWAY_{name.upper()}": f"http://127.0.0.1:{behind}" for name in SERVICES}
        gateway = create_gateway(read_gateway_settings(addresses))
        async with (
            serving(gateway, http=BoundedHttp) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{behind}", timeout=20, trust_env=False) as direct,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client,
        ):
            yield Both(direct, client, keys)
        await gateway.close()
    await platform.close()


async def test_every_operation_refuses_strangers_in_the_same_words(both: Both) -> None:
    places = asyncio.Semaphore(_AT_ONCE_MAX)

    async def compare(method: str, path: str, **headers: str) -> None:
        async with places:
            direct, through = await both.ask(method, path, **headers)
        assert direct.status_code == 401, (method, path)
        assert (through.status_code, through.json()) == (direct.status_code, direct.json()), (method, path)
        assert through.headers["www-authenticate"] == direct.headers["www-authenticate"]

    closed = [route for route in routes_of(create_openapi_app()).routes if not route.open]
    assert len(closed) > 150
    async with asyncio.TaskGroup() as comparing:
        for number, route in enumerate(closed):
            path = "/".join(str(uuid4()) if part.startswith("{") else part for part in route.path.split("/"))
            token = {} if number % 2 else {"Authorization": "Bearer abc"}
            comparing.create_task(compare(route.method, path, **token))


async def test_what_is_not_there_is_told_in_the_same_words(both: Both) -> None:
    for method, path in (("GET", "/api/v1/nothing"), ("DELETE", "/api/v1/venues"), ("HEAD", "/api/v1/venues")):
        direct, through = await both.ask(method, path)
        assert (through.status_code, through.content) == (direct.status_code, direct.content)
        assert set(through.headers.get("allow", "").split(", ")) == set(direct.headers.get("allow", "").split(", "))


async def test_a_token_is_read_with_the_keys_that_the_application_shows(both: Both) -> None:
    direct, through = await both.ask("GET", "/.well-known/jwks.json")
    assert (through.status_code, through.content) == (200, direct.content)
    tenant = uuid4()
    token = f"Bearer {await both.keys.token(tenant)}"
    direct, through = await both.ask("GET", "/api/v1/venues", Authorization=token)
    assert (through.status_code, through.json()) == (direct.status_code, direct.json())
    assert through.json()["code"] == "service.unavailable"  # let in; its database is nowhere
    direct, through = await both.ask("GET", "/api/v1/venues", Authorization=token, X_Tenant_ID=str(uuid4()))
    assert (through.status_code, through.json()) == (direct.status_code, direct.json())
    assert through.status_code == 403


async def test_the_document_is_there_without_the_services(both: Both) -> None:
    document = await both.gateway.get("/schema/openapi.json")
    assert set(document.json()["paths"]) == set(json.loads(_DOCUMENT.read_text())["paths"])
    page = await both.gateway.get("/schema")
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")


async def test_readiness_tells_what_the_application_tells(both: Both) -> None:
    direct, through = await both.ask("GET", "/health/ready")
    assert through.status_code == direct.status_code == 503
    said = {"ok": False, "needed": True, "facts": {"status": "unavailable"}}
    assert through.json() == {"status": "unavailable", "dependencies": dict.fromkeys(SERVICES, said)}


async def test_a_gateway_needs_addresses_and_no_secrets() -> None:
    with pytest.raises(SettingsError) as told:
        create_gateway(read_gateway_settings({"FAIRSEAT_GATEWAY_VENUE": "http://venue:8000"}))
    missing = str(told.value).splitlines()
    assert "FAIRSEAT_GATEWAY_ORDER is missing." in missing
    assert not [line for line in missing if "VENUE" in line or "EXPIRATION" in line or "DATABASE" in line]


@pytest.mark.parametrize(
    "url", ["venue:8000", "http://venue/path", "http://user:word@venue", "ftp://venue", "http://a b"]
)
async def test_where_a_service_is_is_a_plain_address(url: str) -> None:
    with pytest.raises(SettingsError, match="FAIRSEAT_GATEWAY_VENUE"):
        read_gateway_settings({"FAIRSEAT_GATEWAY_VENUE": url})
