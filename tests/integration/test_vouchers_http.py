"""Vouchers, free orders and the box office as clients see them, on a real order_db."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, override
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.orders import OrderController
from adapters.http.orders_box_office import BoxOfficeController
from adapters.http.orders_vouchers import VoucherController
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.orders import PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from ports.idempotency import IdempotencyStore
from ports.published.identity import TokenVerifier, VerifiedToken
from tests.orders_world import OTHER_TENANT, TENANT, World
from tests.service_client import app_of, client_of, container_of
from usecases.orders.cancel_order import CancelOrder
from usecases.orders.edit_vouchers import EditVouchers
from usecases.orders.list_box_office_orders import ListBoxOfficeOrders
from usecases.orders.list_orders import ListOrders
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import PlaceOrder
from usecases.orders.quote_order import QuoteOrder
from usecases.orders.read_order import ReadOrder
from usecases.orders.read_vouchers import ReadVouchers
from usecases.orders.sell_at_box_office import SellAtBoxOffice
from usecases.orders.settle_payment import SettlePayment

STAFF = {"owner": UUID(int=0x57AF1), "box_office": UUID(int=0x57AFF), "scanner": UUID(int=0x57AF3)}
TENTH = {"code": "early-10", "reduction": {"kind": "percentage", "rateBasisPoints": 1_000}}
GIFT = {"code": "GIFT", "reduction": {"kind": "percentage", "rateBasisPoints": 10_000}}


class NamedTokens(TokenVerifier):
    """Tokens such as `fan-1`, `owner`, `box_office` and `scanner`; `stranger` owns another organisation."""

    @override
    async def verify(self, token: str) -> VerifiedToken:
        if token == "stranger":
            return VerifiedToken(account_id=UUID(int=0x57A9), tenant_id=OTHER_TENANT, role="owner")
        if token in STAFF:
            return VerifiedToken(account_id=STAFF[token], tenant_id=TENANT, role=token)
        return VerifiedToken(account_id=UUID(int=0xACC0 + int(token.removeprefix("fan-"))))


@dataclass
class Desk:
    world: World
    client: httpx.AsyncClient

    async def call(
        self, method: str, path: str, body: object = None, *, token: str = "owner", **headers: str
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if token.startswith("fan"):
            sent["X-Tenant-ID"] = str(TENANT)
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=sent)

    async def made(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.call("POST", "/vouchers", body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def named(self, number: int) -> list[dict[str, str]]:
        hold = self.world.held(self.world.buyer(number), number, first=10 * number)
        return [{"kind": "seats", "reservationId": str(hold.reservation_id)}]

    async def place(self, number: int = 1, **more: object) -> httpx.Response:
        body = {"reservations": self.named(number), **more}
        return await self.call("POST", "/orders", body, token=f"fan-{number}")

    async def sell(self, number: int = 1, *, token: str = "box_office", **more: object) -> httpx.Response:
        body = {
            "reservations": self.named(number),
            "settlement": "cash",
            "forAccountId": str(self.world.buyer(number).account_id),
            **more,
        }
        return await self.call("POST", "/box-office/orders", body, token=token)


@pytest.fixture
async def desk(order_db: Database) -> AsyncIterator[Desk]:
    world = World()
    app_pool = await open_pool(order_db.app_url, connections_max=4)
    relay_pool = await open_pool(order_db.relay_url, connections_max=2)
    transactions = PostgresOrderTransactions(app_pool, world.ids)
    settle = SettlePayment(transactions, world.reservations, world.payments, world.clock, world.terms)
    made: dict[Any, object] = {
        PlaceOrder: world.placing(transactions),
        SellAtBoxOffice: world.selling(transactions),
        ListBoxOfficeOrders: ListBoxOfficeOrders(transactions),
        EditVouchers: EditVouchers(transactions, world.clock, world.ids),
        ReadVouchers: ReadVouchers(transactions),
        ReadOrder: ReadOrder(transactions),
        ListOrders: ListOrders(transactions),
        QuoteOrder: QuoteOrder(world.ticketing, world.charge, world.ids),
        PayOrder: PayOrder(transactions, world.reservations, world.payments, world.clock, world.terms),
        CancelOrder: CancelOrder(transactions, world.payments, settle, world.clock),
        IdempotencyStore: PostgresIdempotencyStore(app_pool, relay_pool),
    }
    container = container_of(made)
    controllers = (OrderController, VoucherController, BoxOfficeController)
    app = app_of(ServiceRoutes("order", container, controllers), verifier=NamedTokens(), clock=world.clock)
    try:
        async with client_of(app) as client:
            yield Desk(world, client)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


def pointers(answer: httpx.Response) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


async def test_a_voucher_is_made_read_changed_and_deactivated(desk: Desk) -> None:
    answer = await desk.call("POST", "/vouchers", TENTH | {"usesMax": 2, "validUntil": "2026-12-01T00:00:00+01:00"})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/api/v1/vouchers/{made['id']}"
    assert answer.headers["etag"] == '"v1"'
    assert (made["code"], made["usesMax"], made["validUntil"], made["ticketIds"], made["uses"], made["active"]) == (
        "EARLY-10", 2, "2026-11-30T23:00:00Z", [], 0, True
    )  # fmt: skip
    path = f"/vouchers/{made['id']}"
    change = {"usesMax": None, "note": "for everybody", "reduction": {"kind": "fixed", "amount": eur(500)}}
    assert problem(await desk.call("PATCH", path, change)) == (428, "request.version_required")
    changed = await desk.call("PATCH", path, change, If_Match='"v1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    assert (changed.json()["usesMax"], changed.json()["reduction"]) == (
        None, {"kind": "fixed", "amount": eur(500)}
    )  # fmt: skip
    assert problem(await desk.call("PATCH", path, change, If_Match='"v1"')) == (412, "request.stale_version")
    assert (await desk.call("DELETE", path)).status_code == 204
    read = (await desk.call("GET", path, token="box_office")).json()
    assert (read["active"], read["version"]) == (False, 3)
    assert [(line["deed"], line["by"], line["changed"]) for line in read["history"]] == [
        ("created", str(STAFF["owner"]), []),
        ("changed", str(STAFF["owner"]), ["reduction", "usesMax", "note"]),
        ("deactivated", str(STAFF["owner"]), ["active"]),
    ]


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


async def test_vouchers_are_listed_in_pages_without_their_history(desk: Desk) -> None:
    ids = [(await desk.made(TENTH | {"code": f"CODE-{number}"}))["id"] for number in range(3)]
    first = (await desk.call("GET", "/vouchers?limit=2", token="box_office")).json()
    rest = (await desk.call("GET", f"/vouchers?limit=2&cursor={first['nextCursor']}")).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == ids
    assert rest["nextCursor"] is None
    assert "history" not in first["items"][0]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (TENTH | {"code": "--"}, "/code"),
        (TENTH | {"minimumTotal": {"amount": 0, "currency": "EUR"}}, "/minimumTotal"),
        (TENTH | {"validFrom": "2026-12-01T00:00:00Z", "validUntil": "2026-12-01T00:00:00Z"}, "/validUntil"),
    ],
)
async def test_a_voucher_that_could_not_be_meant_is_refused(desk: Desk, body: object, pointer: str) -> None:
    answer = await desk.call("POST", "/vouchers", body)
    assert problem(answer) == (422, "orders.invalid_voucher")
    assert pointers(answer) == [pointer]


@pytest.mark.parametrize(
    "more",
    [
        {"reduction": {"kind": "percentage", "rateBasisPoints": 10_001}},
        {"reduction": {"kind": "half"}},
        {"usesMax": 0},
        {"validFrom": "2026-12-01T00:00:00"},
        {"validFrom": "0001-01-01T00:00:00+23:00"},
        {"unknown": 1},
    ],
)
async def test_a_body_that_is_no_voucher_is_bad_input(desk: Desk, more: dict[str, object]) -> None:
    assert (await desk.call("POST", "/vouchers", TENTH | more)).status_code == 400


async def test_vouchers_are_for_the_staff_of_their_organisation(desk: Desk) -> None:
    made = await desk.made(TENTH)
    path = f"/vouchers/{made['id']}"
    for token in ("fan-1", "scanner"):
        for method, target in (("GET", "/vouchers"), ("GET", path), ("DELETE", path)):
            assert problem(await desk.call(method, target, token=token)) == (403, "access.forbidden")
    for token in ("fan-1", "scanner", "box_office"):
        assert problem(await desk.call("POST", "/vouchers", GIFT, token=token)) == (403, "access.forbidden")
    assert problem(await desk.call("POST", "/vouchers", TENTH)) == (409, "orders.voucher_code_taken")
    for method in ("GET", "DELETE"):
        assert problem(await desk.call(method, path, token="stranger")) == (404, "orders.voucher_not_found")
    assert (await desk.call("POST", "/vouchers", TENTH, token="stranger")).status_code == 201


async def test_a_code_takes_something_off_and_is_used_up(desk: Desk) -> None:
    made = await desk.made(TENTH | {"usesMax": 1})
    order = (await desk.place(1, voucherCode="Early-10")).json()
    assert (order["status"], order["total"]) == ("AWAITING_PAYMENT", eur(4_500))
    assert order["discounts"] == [{"code": "voucher:EARLY-10", "name": "EARLY-10", "amount": eur(500)}]
    assert (await desk.call("GET", f"/vouchers/{made['id']}")).json()["uses"] == 1
    refused = await desk.place(2, voucherCode="EARLY-10")
    assert problem(refused) == (409, "orders.voucher_used_up")
    assert pointers(refused) == ["/voucherCode"]
    cancelled = await desk.call("POST", f"/orders/{order['id']}/cancel", token="fan-1")
    assert cancelled.status_code == 200
    assert (await desk.place(2, voucherCode="EARLY-10")).json()["total"] == eur(4_500)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"active": False}, (422, "orders.voucher_unknown")),
        ({"validFrom": "2026-12-01T00:00:00Z"}, (409, "orders.voucher_not_started")),
        ({"validUntil": "2026-11-21T18:00:00Z"}, (409, "orders.voucher_expired")),
        ({"ticketIds": [str(uuid4())]}, (422, "orders.voucher_not_applicable")),
        ({"minimumTotal": eur(5_001)}, (422, "orders.voucher_minimum")),
    ],
)
async def test_a_code_that_does_not_count_is_refused_and_the_order_goes_on_without(
    desk: Desk, more: dict[str, object], refusal: tuple[int, str]
) -> None:
    await desk.made(TENTH | more)
    assert problem(await desk.place(voucherCode="EARLY-10")) == refusal
    assert (await desk.place()).json()["total"] == eur(5_000)


async def test_guessing_codes_is_slowed_down(desk: Desk) -> None:
    for number in range(10):
        assert problem(await desk.place(voucherCode=f"GUESS-{number}")) == (422, "orders.voucher_unknown")
    refused = await desk.place(voucherCode="GUESS-10")
    assert problem(refused) == (429, "orders.too_many_voucher_tries")
    assert refused.headers["retry-after"] == "900"


async def test_an_order_that_costs_nothing_is_confirmed_at_once(desk: Desk) -> None:
    await desk.made(GIFT)
    answer = await desk.place(voucherCode="GIFT")
    assert answer.status_code == 201
    order = answer.json()
    assert (order["status"], order["total"], order["fees"], order["taxes"]) == ("CONFIRMED", eur(0), [], [])
    pay = await desk.call("POST", f"/orders/{order['id']}/payments", {"method": "CARD"}, token="fan-1")
    assert problem(pay) == (409, "orders.not_payable")
    assert "nothing to pay" in pay.json()["detail"]
    again = await desk.call("POST", f"/orders/{order['id']}/cancel", token="fan-1")
    assert problem(again) == (403, "access.forbidden")


async def test_the_box_office_sells_for_cash_and_gives_back_by_hand(desk: Desk) -> None:
    answer = await desk.sell(note="row 1", contact={"email": "ann@example.org"})
    assert answer.status_code == 201
    sold = answer.json()
    order_path = f"/orders/{sold['order']['id']}"
    assert answer.headers["location"] == f"/api/v1{order_path}"
    assert (sold["order"]["status"], sold["taken"], sold["toReturn"], sold["soldBy"], sold["note"]) == (
        "CONFIRMED", eur(5_000), None, str(STAFF["box_office"]), "row 1"
    )  # fmt: skip
    assert sold["accountId"] == str(desk.world.buyer(1).account_id)
    customers = (await desk.call("GET", order_path, token="fan-1")).json()
    assert customers["status"] == "CONFIRMED"
    assert customers["history"][-1]["detail"] == "50.00 EUR taken in cash"
    assert problem(await desk.call("POST", f"{order_path}/cancel", token="fan-1")) == (403, "access.forbidden")
    assert (await desk.call("POST", f"{order_path}/cancel", token="box_office")).json()["status"] == "CANCELLED"
    (listed,) = (await desk.call("GET", "/box-office/orders", token="box_office")).json()["items"]
    assert (listed["taken"], listed["toReturn"]) == (None, eur(5_000))
    assert [step["step"] for step in listed["order"]["history"]] == [
        "placed", "reserved", "confirmed", "cash_to_return", "cancelled"
    ]  # fmt: skip


async def test_selling_again_answers_the_same_and_another_settlement_is_refused(desk: Desk) -> None:
    key = {"Idempotency_Key": "till-1"}
    body = {
        "reservations": desk.named(1),
        "settlement": "complimentary",
        "forAccountId": str(desk.world.buyer(1).account_id),
    }
    first = await desk.call("POST", "/box-office/orders", body, token="box_office", **key)
    assert (first.json()["order"]["total"], first.json()["taken"]) == (eur(0), None)
    assert first.json()["order"]["discounts"][0]["code"] == "complimentary"
    replayed = await desk.call("POST", "/box-office/orders", body, token="box_office", **key)
    assert (replayed.json(), replayed.headers["idempotent-replayed"]) == (first.json(), "true")
    again = await desk.call("POST", "/box-office/orders", body, token="owner")
    assert again.json()["order"]["id"] == first.json()["order"]["id"]
    for_cash = await desk.call("POST", "/box-office/orders", body | {"settlement": "cash"}, token="box_office")
    assert problem(for_cash) == (409, "orders.reservation_ordered")


async def test_the_box_office_is_for_those_who_sell_and_lists_in_pages(desk: Desk) -> None:
    for token in ("fan-1", "scanner"):
        assert problem(await desk.sell(token=token)) == (403, "access.forbidden")
        assert problem(await desk.call("GET", "/box-office/orders", token=token)) == (403, "access.forbidden")
    assert (await desk.sell(settlement="card")).status_code == 400
    assert (await desk.place(9)).status_code == 201
    ids = [(await desk.sell(number)).json()["order"]["id"] for number in (1, 2, 3)]
    first = (await desk.call("GET", "/box-office/orders?limit=2", token="owner")).json()
    rest = (await desk.call("GET", f"/box-office/orders?limit=2&cursor={first['nextCursor']}", token="owner")).json()
    assert [each["order"]["id"] for each in first["items"] + rest["items"]] == ids
    assert rest["nextCursor"] is None
    assert (await desk.call("GET", "/box-office/orders", token="stranger")).json()["items"] == []
