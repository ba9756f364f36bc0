"""Fees, taxes and quotes as clients see them, on a real order_db."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.orders import OrderController
from adapters.http.orders_fees import OrderFeesController
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.orders import PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from adapters.taxes.vat import OrganisationVat
from core.shared.callers import Caller, Role
from ports.idempotency import IdempotencyStore
from tests.orders_neighbours import TICKET
from tests.orders_world import OTHER_TENANT, TENANT, World
from tests.service_client import SpelledOutTokens, app_of, client_of, container_of, headers_of
from usecases.orders.cancel_order import CancelOrder
from usecases.orders.charge_order import ChargeOrder
from usecases.orders.list_orders import ListOrders
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import PlaceOrder
from usecases.orders.price_order import PriceOrder
from usecases.orders.quote_order import QuoteOrder
from usecases.orders.read_order import ReadOrder
from usecases.orders.settle_payment import SettlePayment
from usecases.orders.tune_fees import TuneFees

PATH = f"/api/v1/organisations/{TENANT}/order-fees"
BOOKING = {
    "kind": "fixed",
    "code": "booking",
    "name": "Booking fee",
    "amount": {"amount": 150, "currency": "EUR"},
    "per": "admission",
    "passedOn": True,
}
ABSORBED = {"kind": "percentage", "code": "card", "name": "Card", "rateBasisPoints": 125, "passedOn": False}
VAT = {"code": "vat", "name": "VAT", "rateBasisPoints": 1_900, "included": True, "country": None}
FEES = {"fees": [BOOKING, ABSORBED], "taxes": [VAT]}


@dataclass
class Shop:
    world: World
    client: httpx.AsyncClient

    async def ask(
        self, method: str, path: str, body: object = None, *, caller: Caller | None = None, **headers: str
    ) -> httpx.Response:
        sent = headers_of(caller or self.world.staff(Role.MANAGER)) | headers
        return await self.client.request(method, path, json=body, headers=sent)

    async def put(self, body: object, *, version: int = 0, caller: Caller | None = None) -> httpx.Response:
        return await self.ask("PUT", PATH, body, caller=caller, **{"If-Match": f'"v{version}"'})

    async def placed(self) -> dict[str, Any]:
        buyer = self.world.buyer()
        hold = self.world.held(buyer)
        body = {"reservations": [{"kind": "seats", "reservationId": str(hold.reservation_id)}]}
        answer = await self.ask("POST", "/api/v1/orders", body, caller=buyer)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def quote(self, *items: object, caller: Caller | None = None) -> httpx.Response:
        return await self.ask("POST", "/api/v1/orders/quote", {"items": items}, caller=caller or self.world.buyer())


@pytest.fixture
async def shop(order_db: Database) -> AsyncIterator[Shop]:
    world = World()
    app_pool = await open_pool(order_db.app_url, connections_max=4)
    relay_pool = await open_pool(order_db.relay_url, connections_max=2)
    transactions = PostgresOrderTransactions(app_pool, world.ids)
    charge = ChargeOrder(transactions, OrganisationVat(world.venues))
    world.price = PriceOrder(world.ticketing, charge, world.ids)
    settle = SettlePayment(transactions, world.reservations, world.payments, world.clock, world.terms)
    made: dict[Any, object] = {
        PlaceOrder: world.placing(transactions),
        QuoteOrder: QuoteOrder(world.ticketing, charge, world.ids),
        TuneFees: TuneFees(transactions, world.clock),
        ReadOrder: ReadOrder(transactions),
        ListOrders: ListOrders(transactions),
        PayOrder: PayOrder(transactions, world.reservations, world.payments, world.clock, world.terms),
        CancelOrder: CancelOrder(transactions, world.payments, settle, world.clock),
        IdempotencyStore: PostgresIdempotencyStore(app_pool, relay_pool),
    }
    container = container_of(made)
    routes = ServiceRoutes("order", container, (OrderController, OrderFeesController))
    try:
        async with client_of(app_of(routes, verifier=SpelledOutTokens(), clock=world.clock)) as client:
            yield Shop(world, client)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


async def test_fees_and_taxes_are_set_and_read_with_their_version(shop: Shop) -> None:
    empty = await shop.ask("GET", PATH)
    assert (empty.status_code, empty.json(), empty.headers["etag"]) == (200, {"fees": [], "taxes": []}, '"v0"')
    changed = await shop.put(FEES)
    assert (changed.status_code, changed.json(), changed.headers["etag"]) == (200, FEES, '"v1"')
    found = await shop.ask("GET", PATH, caller=shop.world.staff(Role.SCANNER))
    assert (found.json(), found.headers["etag"]) == (FEES, '"v1"')


async def test_a_change_needs_the_version_that_was_read(shop: Shop) -> None:
    assert problem(await shop.ask("PUT", PATH, FEES)) == (428, "request.version_required")
    assert (await shop.put(FEES)).status_code == 200
    assert problem(await shop.put(FEES)) == (412, "request.stale_version")
    assert (await shop.put({"fees": [], "taxes": []}, version=1)).status_code == 200


async def test_managers_change_staff_read_and_others_have_no_such_organisation(shop: Shop) -> None:
    for caller in (shop.world.buyer(), shop.world.staff(Role.BOX_OFFICE)):
        assert problem(await shop.put(FEES, caller=caller)) == (403, "access.forbidden")
    assert problem(await shop.ask("GET", PATH, caller=shop.world.buyer())) == (403, "access.forbidden")
    stranger = Caller(shop.world.buyer().account_id, OTHER_TENANT, Role.OWNER)
    assert problem(await shop.ask("GET", PATH, caller=stranger)) == (404, "orders.fees_not_found")
    assert problem(await shop.put(FEES, caller=stranger)) == (404, "orders.fees_not_found")
    assert problem(await shop.ask("GET", f"{PATH}/history", caller=stranger)) == (404, "orders.fees_not_found")
    assert (await shop.client.get(PATH)).status_code == 401


async def test_the_history_says_who_set_what_for_managers(shop: Shop) -> None:
    await shop.put(FEES)
    await shop.put({"fees": [], "taxes": []}, version=1)
    page = (await shop.ask("GET", f"{PATH}/history")).json()
    assert [(each["version"], each["fees"], each["taxes"]) for each in page["items"]] == [
        (2, [], []),
        (1, FEES["fees"], FEES["taxes"]),
    ]
    assert {each["changedBy"] for each in page["items"]} == {str(shop.world.staff().account_id)}
    assert page["items"][0]["changedAt"] == "2026-11-21T18:00:00Z"
    assert problem(await shop.ask("GET", f"{PATH}/history", caller=shop.world.staff()))[0] == 403


async def test_the_total_of_an_order_is_all_in_and_later_fees_do_not_touch_it(shop: Shop) -> None:
    await shop.put(FEES)
    order = await shop.placed()
    assert order["fees"] == [
        {"code": "booking", "name": "Booking fee", "amount": {"amount": 300, "currency": "EUR"}, "passedOn": True}
    ]
    # 5,300 x 19 / 119 is 846.2.
    shown = {"code": "vat", "name": "VAT", "rateBasisPoints": 1_900, "included": True}
    assert order["taxes"] == [shown | {"amount": {"amount": 846, "currency": "EUR"}}]
    assert (order["discounts"], order["total"]) == ([], {"amount": 5_300, "currency": "EUR"})
    await shop.put({"fees": [], "taxes": []}, version=1)
    path = f"/api/v1/orders/{order['id']}"
    assert (await shop.ask("GET", path, caller=shop.world.buyer())).json() == order
    payment = await shop.ask("POST", f"{path}/payments", {"method": "CARD"}, caller=shop.world.buyer())
    assert payment.json()["amount"] == order["total"]


async def test_absorbed_fees_are_shown_to_staff_alone(shop: Shop) -> None:
    await shop.put(FEES)
    order = await shop.placed()
    path = f"/api/v1/orders/{order['id']}"
    seen = (await shop.ask("GET", path, caller=shop.world.staff())).json()
    card = {"code": "card", "name": "Card", "amount": {"amount": 63, "currency": "EUR"}, "passedOn": False}
    assert seen["fees"] == [*order["fees"], card]
    assert seen["total"] == order["total"]
    (listed,) = (await shop.ask("GET", "/api/v1/orders", caller=shop.world.staff())).json()["items"]
    assert listed["fees"] == seen["fees"]
    (mine,) = (await shop.ask("GET", "/api/v1/orders", caller=shop.world.buyer())).json()["items"]
    assert mine["fees"] == order["fees"]


async def test_a_quote_shows_the_all_in_price_before_anything_is_held(shop: Shop) -> None:
    await shop.put(FEES)
    seats = {"ticketId": str(TICKET), "quantity": 2, "unitPrice": {"amount": 4_000, "currency": "EUR"}}
    answer = await shop.quote(seats, {"ticketId": str(TICKET), "quantity": 1})
    assert answer.status_code == 200, answer.text
    quoted = answer.json()
    assert quoted["itemsTotal"] == {"amount": 10_500, "currency": "EUR"}
    assert [fee["amount"]["amount"] for fee in quoted["fees"]] == [450]
    assert [tax["amount"]["amount"] for tax in quoted["taxes"]] == [1_748]
    assert (quoted["discounts"], quoted["total"]["amount"]) == ([], 10_950)
    assert (await shop.ask("GET", "/api/v1/orders", caller=shop.world.staff())).json()["items"] == []
    for_staff = (await shop.quote(seats, caller=shop.world.staff())).json()
    assert [fee["code"] for fee in for_staff["fees"]] == ["booking", "card"]


async def test_what_cannot_be_quoted_is_refused(shop: Shop) -> None:
    ticket = {"ticketId": str(TICKET), "quantity": 1}
    yen = {"unitPrice": {"amount": 1, "currency": "JPY"}}
    assert problem(await shop.quote(ticket, ticket | yen)) == (422, "money.mixed_currencies")
    assert problem(await shop.quote(ticket | {"unitPrice": {"amount": 1, "currency": "XXQ"}})) == (
        422,
        "money.unknown_currency",
    )
    shop.world.ticketing.unknown = frozenset({UUID(int=0x404)})
    assert problem(await shop.quote({"ticketId": str(UUID(int=0x404)), "quantity": 1})) == (404, "ticketing.not_found")
    for bad in (
        (),
        (ticket | {"quantity": 0},),
        (ticket | {"quantity": 1_001},),
        (ticket | {"total": 1},),
        (ticket,) * 51,
    ):
        assert problem(await shop.quote(*bad)) == (400, "request.invalid")
    assert (await shop.quote(*[ticket | {"quantity": 1_000}] * 50)).status_code == 200
    anonymous = await shop.client.post("/api/v1/orders/quote", json={"items": [ticket]})
    assert anonymous.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fees": []},
        {"taxes": []},
        {"fees": [BOOKING] * 21, "taxes": []},
        {"fees": [BOOKING | {"kind": "free"}], "taxes": []},
        {"fees": [BOOKING | {"rateBasisPoints": 1}], "taxes": []},
        {"fees": [BOOKING | {"amount": {"amount": 1.5, "currency": "EUR"}}], "taxes": []},
        {"fees": [BOOKING | {"amount": {"amount": -1, "currency": "EUR"}}], "taxes": []},
        {"fees": [BOOKING | {"per": "seat"}], "taxes": []},
        {"fees": [BOOKING | {"code": "Not a code"}], "taxes": []},
        {"fees": [ABSORBED | {"rateBasisPoints": 0}], "taxes": []},
        {"fees": [ABSORBED | {"rateBasisPoints": 10_001}], "taxes": []},
        {"fees": [], "taxes": [VAT | {"country": "de"}]},
        {"fees": [], "taxes": [VAT | {"rateBasisPoints": 10_001}]},
        {"fees": [], "taxes": [{key: value for key, value in VAT.items() if key != "included"}]},
        {"fees": [], "taxes": [], "version": 1},
        [],
        "fees",
    ],
)
async def test_a_body_that_is_no_fees_is_refused(shop: Shop, body: object) -> None:
    assert problem(await shop.put(body)) == (400, "request.invalid")


async def test_fees_that_could_not_be_told_apart_are_refused_and_named(shop: Shop) -> None:
    answer = await shop.put({"fees": [BOOKING, BOOKING], "taxes": [VAT, VAT, VAT | {"country": "XX"}]})
    assert problem(answer) == (422, "orders.invalid_fees")
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/fees/1/code", "/taxes/1/country", "/taxes/2/country"
    ]  # fmt: skip
    unknown = BOOKING | {"amount": {"amount": 1, "currency": "XXQ"}}
    assert problem(await shop.put({"fees": [unknown], "taxes": []})) == (422, "money.unknown_currency")
    assert problem(await shop.ask("GET", f"/api/v1/organisations/{uuid4()}/order-fees"))[0] == 404
