"""How a client learns how often it may ask, and that it asked too often."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from litestar import Controller, Litestar, Response, get, post

from adapters.http.app import ServiceRoutes, create_app
from adapters.http.rate_limits import RequestLimits
from adapters.memory.clock import MemoryClock
from adapters.memory.idempotency import MemoryIdempotencyStore
from adapters.memory.rate_limits import MemoryRateLimiter
from core.shared.callers import Caller, Role
from core.shared.errors import UnavailableError
from core.shared.ids import AccountId, TenantId
from core.shared.rate_limits import RequestTerms, RouteClass
from ports.idempotency import IdempotencyStore
from ports.published.identity import TokenVerifier
from tests.service_client import SpelledOutTokens, container_of, headers_of, no_checks

ADDRESS = "198.51.99.1"


class ThingController(Controller):
    """Something to read and to write."""

    path = "/things"

    @get()
    async def read(self) -> dict[str, str]:
        return {}

    @post(status_code=201)
    async def write(self) -> dict[str, str]:
        return {"id": str(uuid4())}

    @get("/passed-on")
    async def passed_on(self) -> Response[dict[str, str]]:
        return Response({}, headers={"RateLimit": '"read";r=99;t=1', "X-Other": "stays"})

    @get("/away")
    async def away(self) -> dict[str, str]:
        raise UnavailableError("not today")


class DoorController(Controller):
    """What needs no token."""

    opt = {"exclude_from_auth": True}  # noqa: RUF012  (Litestar reads it from the class)

    @post("/auth/login", status_code=200)
    async def log_in(self) -> dict[str, str]:
        return {}

    @post("/webhooks/stripe", status_code=200)
    async def webhook(self) -> dict[str, str]:
        return {}


class House:
    """An application where callers may read three times a minute, and do the rest twice."""

    def __init__(self, app: Litestar, clock: MemoryClock) -> None:
        self._app = app
        self.clock = clock

    async def ask(
        self,
        method: str,
        path: str,
        caller: Caller | None = None,
        *,
        address: str = ADDRESS,
        more: dict[str, str] | None = None,
    ) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app, client=(address, 4711))  # type: ignore[arg-type]  # narrower
        sent = (headers_of(caller) if caller is not None else {}) | (more or {})
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, headers=sent)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    clock = MemoryClock()
    container = container_of({IdempotencyStore: MemoryIdempotencyStore()})
    terms = RequestTerms(
        {RouteClass.READ: 3, RouteClass.WRITE: 2, RouteClass.HOLD: 2, RouteClass.LOGIN: 1}, callers_per_address=2
    )

    async def verifier() -> TokenVerifier:
        return SpelledOutTokens()

    app = create_app(
        [ServiceRoutes("things", container, (ThingController, DoorController))],
        verifier=verifier,
        clock=clock,
        checks=no_checks,
        request_bytes_max=100_000,
        version="0",
        limits=RequestLimits(MemoryRateLimiter(), terms, clock),
    )
    yield House(app, clock)
    await container.close()


def a_fan() -> Caller:
    return Caller(AccountId(uuid4()), TenantId(uuid4()))


async def test_every_answer_tells_what_is_left_and_one_too_many_gets_429_and_when_to_ask_again(house: House) -> None:
    ann = a_fan()
    answers = [await house.ask("GET", "/api/v1/things", ann) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"read";q=3;w=60'}
    assert [answer.headers["ratelimit"] for answer in answers] == [f'"read";r={left};t=70' for left in (2, 1, 0)]
    refused = await house.ask("GET", "/api/v1/things", ann)
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert refused.json() == {
        "type": "urn:fairseat:problem:limits.too_many_requests",
        "title": "Too many requests",
        "status": 429,
        "detail": "Too many requests; ask again in 70 s.",
        "instance": "/api/v1/things",
        "code": "limits.too_many_requests",
    }
    assert (refused.headers["retry-after"], refused.headers["ratelimit"]) == ("70", '"read";r=0;t=70')
    house.clock.move(seconds=69)
    assert (await house.ask("GET", "/api/v1/things", ann)).status_code == 429
    house.clock.move(seconds=1)
    assert (await house.ask("GET", "/api/v1/things", ann)).status_code == 200


async def test_kinds_of_requests_and_callers_are_counted_apart(house: House) -> None:
    ann, ben = a_fan(), a_fan()
    for _ in range(4):
        await house.ask("GET", "/api/v1/things", ann)
    assert (await house.ask("POST", "/api/v1/things", ann)).status_code == 201
    assert (await house.ask("GET", "/api/v1/things", ben)).status_code == 200


async def test_an_account_has_a_budget_in_each_organisation_that_it_works_for(house: House) -> None:
    id = AccountId(uuid4())
    hall, club = (Caller(id, TenantId(uuid4()), Role.MANAGER) for _ in range(2))
    for _ in range(3):
        await house.ask("GET", "/api/v1/things", hall)
    assert (await house.ask("GET", "/api/v1/things", hall)).status_code == 429
    assert (await house.ask("GET", "/api/v1/things", club)).status_code == 200


async def test_a_fan_gets_no_new_budget_by_naming_another_organisation(house: House) -> None:
    ann = a_fan()
    answers = [
        (await house.ask("GET", "/api/v1/things", Caller(ann.account_id, TenantId(uuid4())))).status_code
        for _ in range(4)
    ]
    assert answers == [200, 200, 200, 429]


async def test_who_signs_in_is_counted_by_address_and_nobody_gets_another_by_naming_it(house: House) -> None:
    answers = [
        (await house.ask("POST", "/api/v1/auth/login", more={"X-Forwarded-For": f"198.51.98.{number}"})).status_code
        for number in range(3)
    ]
    assert answers == [200, 200, 429]
    assert (await house.ask("POST", "/api/v1/auth/login", address="198.51.99.2")).status_code == 200


async def test_webhooks_and_health_are_never_refused_and_tell_of_no_limit(house: House) -> None:
    for path, method in (("/api/v1/webhooks/stripe", "POST"), ("/health/live", "GET")):
        answers = [await house.ask(method, path) for _ in range(8)]
        assert {answer.status_code for answer in answers} == {200}
        assert not any("ratelimit" in answer.headers for answer in answers)


async def test_the_same_request_may_be_sent_again_with_its_key_when_the_wait_is_over(house: House) -> None:
    ann, key = a_fan(), {"Idempotency-Key": "again"}
    for _ in range(2):
        await house.ask("POST", "/api/v1/things", ann)
    assert (await house.ask("POST", "/api/v1/things", ann, more=key)).status_code == 429
    house.clock.move(seconds=70)
    first = await house.ask("POST", "/api/v1/things", ann, more=key)
    again = await house.ask("POST", "/api/v1/things", ann, more=key)
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())


async def test_an_answer_that_failed_tells_what_is_left_as_well_where_the_handler_was_asked(house: House) -> None:
    answer = await house.ask("GET", "/api/v1/things/away", a_fan())
    assert answer.status_code == 503
    assert answer.headers["ratelimit"] == '"read";r=2;t=70'
    assert (await house.ask("GET", "/api/v1/things")).status_code == 401


async def test_what_a_service_behind_a_gateway_says_of_its_own_limits_is_not_said_twice(house: House) -> None:
    answer = await house.ask("GET", "/api/v1/things/passed-on", a_fan())
    assert answer.headers.get_list("ratelimit") == ['"read";r=2;t=70']
    assert answer.headers["x-other"] == "stays"
