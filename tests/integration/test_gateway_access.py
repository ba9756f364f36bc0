"""Whom the gateway lets in by the public keys of the auth service, and whose organisation a request is about."""

from uuid import UUID, uuid4

import pytest

from adapters.http.rate_limits import RequestLimits
from adapters.memory.rate_limits import MemoryRateLimiter
from adapters.system.clock import SystemClock
from bootstrap.gateway import counting
from core.shared.rate_limits import RequestTerms, RouteClass
from tests.gateway_world import Edge, Keys, edge

TENANT = UUID("01890000-0000-7000-8000-00000000000a")
PATH = "/api/v1/venues"


async def refused(at: Edge, headers: dict[str, str]) -> tuple[int, str]:
    asked = len(at.service.asked)
    answer = await at.client.get(PATH, headers=headers)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(at.service.asked) == asked, "the service was asked all the same"
    return answer.status_code, answer.json()["code"]


async def test_the_claim_of_a_token_becomes_the_tenant_of_the_request() -> None:
    async with edge() as at:
        staff = await at.headers(TENANT)
        assert (await at.client.get(PATH, headers=staff)).status_code == 200
        assert at.service.last.values("x-tenant-id") == [str(TENANT)]
        assert at.service.last.values("authorization") == [staff["Authorization"]]
        said = staff | {"X-Tenant-ID": str(TENANT).upper()}
        assert (await at.client.get(PATH, headers=said)).status_code == 200
        assert at.service.last.values("x-tenant-id") == [str(TENANT)]


async def test_a_header_that_contradicts_the_token_is_refused() -> None:
    async with edge() as at:
        staff = await at.headers(TENANT)
        assert await refused(at, staff | {"X-Tenant-ID": str(uuid4())}) == (403, "access.forbidden")
        assert await refused(at, staff | {"X-Tenant-ID": "none"}) == (400, "request.invalid")


async def test_a_fan_names_the_tenant() -> None:
    async with edge() as at:
        other = str(uuid4())
        await at.client.get(PATH, headers=await at.headers() | {"X-Tenant-ID": other})
        assert at.service.last.values("x-tenant-id") == [other]


async def test_nobody_comes_in_without_a_good_token() -> None:
    async with edge() as at:
        good = (await at.headers())["Authorization"]
        strange, old = Keys(), Keys(at.keys.keys)
        assert await refused(at, {}) == (401, "access.unauthenticated")
        for text in ("Basic abc", "Bearer", good.removeprefix("Bearer ")):
            assert await refused(at, {"Authorization": text}) == (401, "access.unauthenticated")
        for token in ("abc", "a.b.c", good[7:-4] + "AAAA", await strange.token(), await old.token(ttl_s=1)):
            assert await refused(at, {"Authorization": f"Bearer {token}"}) == (401, "identity.invalid_token")
        assert (await at.client.get(PATH)).headers["www-authenticate"] == "Bearer"


async def test_an_api_key_is_for_the_service_to_look_up() -> None:
    async with edge() as at:
        key = {"Authorization": "Bearer fsk_abc"}
        assert (await at.client.get(PATH, headers=key)).status_code == 200
        assert at.service.last.values("authorization") == ["Bearer fsk_abc"]
        assert at.service.last.values("x-tenant-id") == []
        assert at.keys.fetched == 0


async def test_open_routes_need_no_token_and_look_at_none() -> None:
    async with edge() as at:
        path = f"/api/v1/venues/{uuid4()}/content"
        assert (await at.client.get(path)).status_code == 200
        assert (await at.client.get(path, headers={"Authorization": "Bearer bad"})).status_code == 200
        assert at.keys.fetched == 0


async def test_keys_are_fetched_once_and_when_a_new_one_signs() -> None:
    async with edge() as at:
        for _ in range(3):
            assert (await at.client.get(PATH, headers=await at.headers())).status_code == 200
        assert at.keys.fetched == 1


async def test_while_no_keys_are_known_nobody_is_told_that_a_token_is_bad() -> None:
    async with edge() as at:
        at.keys.away = True
        assert await refused(at, await at.headers()) == (503, "gateway.service_away")


@pytest.mark.parametrize("header", ["Authorization", "X-Tenant-ID", "Idempotency-Key", "Stripe-Signature"])
async def test_a_header_that_may_stand_once_stands_once(header: str) -> None:
    async with edge() as at:
        token = (await at.headers(TENANT))["Authorization"]
        value = token if header == "Authorization" else str(TENANT)
        headers = [("Authorization", token), (header, value), (header, value)]
        answer = await at.client.get(PATH, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "request.invalid")
        assert not at.service.asked


async def test_who_asks_too_often_is_refused_at_the_edge_and_no_service_hears_of_it() -> None:
    limits = RequestLimits(MemoryRateLimiter(), RequestTerms({RouteClass.READ: 2}, 20), SystemClock())
    async with edge(layers=counting(limits)) as at:
        headers = await at.headers()
        first, second, third = [await at.client.get(PATH, headers=headers) for _ in range(3)]
        assert [first.status_code, second.status_code, third.status_code] == [200, 200, 429]
        assert third.json()["code"] == "limits.too_many_requests"
        assert 0 < int(third.headers["Retry-After"]) <= 70
        assert first.headers["RateLimit"].startswith('"read";r=1;')
        assert len(at.service.asked) == 2
