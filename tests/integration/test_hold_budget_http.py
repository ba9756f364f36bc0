"""How a client learns that it asked for too many holds."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.holds import HoldController
from adapters.memory.clock import MemoryClock
from adapters.memory.hold_budget import MemoryHoldBudget
from adapters.memory.idempotency import MemoryIdempotencyStore
from core.seating.hold_budget import HoldTerms
from core.shared.callers import Caller, Role
from core.shared.ids import PlanId
from ports.idempotency import IdempotencyStore
from tests.seating_world import CountedTokens, a_buyer, a_plan, a_tenant, memory_stores, pictures_of
from tests.service_client import SpelledOutTokens, app_of, container_of, give_back, headers_of
from usecases.seating.hold_best_available import HoldBestAvailable
from usecases.seating.hold_chosen_seats import HoldChosenSeats
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.manage_hold import ExtendHold, ReadHold, ReleaseHold
from usecases.seating.spend_hold_budget import SpendHoldBudget

TENANT = a_tenant()


class Shop:
    """A plan with twenty seats, and clients at addresses."""

    def __init__(self, app: Any, plan_id: PlanId, clock: MemoryClock) -> None:
        self._app = app
        self._plan_id = plan_id
        self.clock = clock

    async def hold(self, caller: Caller, *, address: str = "198.51.99.1", **headers: str) -> httpx.Response:
        """Ask for a seat that is not there: a refused hold is an attempt as well."""
        transport = httpx.ASGITransport(app=self._app, client=(address, 4711))
        body = {"reservationId": str(uuid4()), "seatIds": [str(uuid4())]}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.post(
                f"/api/v1/seating-plans/{self._plan_id}/holds", json=body, headers=headers_of(caller) | headers
            )


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    stores, clock = memory_stores(), MemoryClock()
    plan, layout = a_plan(columns=10)
    async with stores.transactions.begin(TENANT) as tx:
        await tx.plans.add(plan, layout)
    hold, pictures = HoldSeats(stores.grant, CountedTokens(), clock), pictures_of(stores, clock)
    container = container_of(
        {
            HoldChosenSeats: HoldChosenSeats(stores.transactions, pictures, hold),
            HoldBestAvailable: HoldBestAvailable(stores.transactions, pictures, hold),
            SpendHoldBudget: SpendHoldBudget(MemoryHoldBudget(60), HoldTerms(2, 5), clock),
            ReadHold: ReadHold(stores.transactions, clock),
            ExtendHold: ExtendHold(stores.transactions, clock),
            ReleaseHold: ReleaseHold(stores.transactions, clock),
            IdempotencyStore: MemoryIdempotencyStore(),
        }
    )
    routes = ServiceRoutes("venue", container, (HoldController,))
    app = app_of(routes, verifier=SpelledOutTokens(), clock=clock)
    yield Shop(app, plan.id, clock)
    give_back(app)
    await container.close()


async def test_too_many_holds_of_an_account_get_429_and_when_to_ask_again(shop: Shop) -> None:
    ann = a_buyer(TENANT)
    assert [(await shop.hold(ann)).status_code for _ in range(2)] == [422, 422]
    refused = await shop.hold(ann)
    assert (refused.status_code, refused.json()["code"]) == (429, "seating.too_many_holds")
    assert refused.headers["content-type"].startswith("application/problem+json")
    wait_s = int(refused.headers["retry-after"])
    shop.clock.move(seconds=wait_s - 1)
    assert (await shop.hold(ann)).status_code == 429
    shop.clock.move(seconds=1)
    assert (await shop.hold(ann)).status_code == 422


async def test_too_many_holds_from_an_address_get_429_whoever_asks(shop: Shop) -> None:
    for _ in range(5):
        assert (await shop.hold(a_buyer(TENANT))).status_code == 422
    assert (await shop.hold(a_buyer(TENANT))).status_code == 429
    assert (await shop.hold(a_buyer(TENANT), address="198.51.99.2")).status_code == 422


async def test_nobody_gets_another_address_by_naming_it(shop: Shop) -> None:
    """What X-Forwarded-For says is settled in front of the application, and only for proxies that are trusted."""
    answers = [
        (await shop.hold(a_buyer(TENANT), **{"X-Forwarded-For": f"198.51.98.{number}"})).status_code
        for number in range(6)
    ]
    assert answers == [422] * 5 + [429]


async def test_the_same_request_may_be_sent_again_with_its_key_when_the_wait_is_over(shop: Shop) -> None:
    ann, key = a_buyer(TENANT), {"Idempotency-Key": "again"}
    for _ in range(2):
        await shop.hold(ann)
    assert (await shop.hold(ann, **key)).status_code == 429
    shop.clock.move(seconds=70)
    assert (await shop.hold(ann, **key)).status_code == 422


async def test_the_box_office_has_no_budget(shop: Shop) -> None:
    clerk = a_buyer(TENANT, role=Role.BOX_OFFICE)
    assert {(await shop.hold(clerk)).status_code for _ in range(8)} == {422}
