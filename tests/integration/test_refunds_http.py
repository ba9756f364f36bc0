"""The refund routes as a client sees them, on a real order_db; the other contexts keep their promises in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, override
from uuid import UUID

import httpx
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.orders import OrderController
from adapters.http.refunds import OrderRefundController, RefundController, RefundPolicyController
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.order_refunds import PostgresDueRefunds
from adapters.postgres.orders import PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from ports.idempotency import IdempotencyStore
from ports.published.identity import TokenVerifier, VerifiedToken
from ports.published.payments import PaymentSucceeded, RefundSettled
from tests.orders_world import TENANT, World
from tests.service_client import app_of, client_of, container_of
from usecases.orders.confirm_order import ConfirmOrder
from usecases.orders.finish_refund import FinishRefund
from usecases.orders.finish_refunds import FinishRefunds
from usecases.orders.on_refund_settled import OnRefundSettled
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import PlaceOrder
from usecases.orders.read_order import ReadOrder
from usecases.orders.read_refunds import ReadRefunds, RetryRefund
from usecases.orders.refund_money import RefundMoney
from usecases.orders.request_refund import PreviewRefund, RequestRefund
from usecases.orders.settle_payment import SettlePayment
from usecases.orders.tune_refund_policy import TuneRefundPolicy

RULE = {"percentBasisPoints": 5_000, "untilDaysBefore": 3}
POLICY = {"rules": [RULE], "feesRefundable": False}
POLICY_PATH = f"/api/v1/organisations/{TENANT}/refund-policy"


class RoleTokens(TokenVerifier):
    """Tokens such as `fan-1`, `manager` and `box_office`."""

    @override
    async def verify(self, token: str) -> VerifiedToken:
        kind, _, number = token.partition("-")
        if kind == "fan":
            return VerifiedToken(account_id=UUID(int=0xACC0 + int(number)))
        return VerifiedToken(account_id=UUID(int=0x57AFF), tenant_id=TENANT, role=kind)


@dataclass
class Desk:
    world: World
    client: httpx.AsyncClient
    confirm: ConfirmOrder
    settled: OnRefundSettled
    sweep: FinishRefunds

    async def send(
        self, method: str, path: str, body: object = None, *, token: str = "fan-1", **headers: str
    ) -> httpx.Response:
        headers |= {"Authorization": f"Bearer {token}", "X-Tenant-ID": str(TENANT)}
        return await self.client.request(method, path, json=body, headers=headers)

    async def bought(self, *, policy: object = POLICY) -> dict[str, Any]:
        """Two seats for 25.00 each, three places for 15.00 each."""
        if policy is not None:
            answer = await self.send("PUT", POLICY_PATH, policy, token="manager", **{"If-Match": '"v0"'})
            assert answer.status_code == 200, answer.text
        holds = [self.world.held(self.world.buyer()), self.world.held_places(self.world.buyer())]
        named = [{"kind": hold.kind.value, "reservationId": str(hold.reservation_id)} for hold in holds]
        order = (await self.send("POST", "/api/v1/orders", {"reservations": named})).json()
        await self.send("POST", f"/api/v1/orders/{order['id']}/payments", {"method": "CARD"})
        self.world.payments.status[UUID(order["id"])] = "succeeded"
        paid = PaymentSucceeded(
            payment_id=UUID(int=0x9A1),
            order_id=UUID(order["id"]),
            amount_minor=order["total"]["amount"],
            currency="EUR",
            succeeded_at=self.world.clock.now(),
        )
        await self.confirm(paid, self.world.delivery(90))
        read: dict[str, Any] = (await self.send("GET", f"/api/v1/orders/{order['id']}")).json()
        return read


@pytest.fixture
async def desk(order_db: Database) -> AsyncIterator[Desk]:
    world = World()
    app_pool = await open_pool(order_db.app_url, connections_max=6)
    relay_pool = await open_pool(order_db.relay_url, connections_max=2)
    transactions = PostgresOrderTransactions(app_pool, world.ids)
    finish = FinishRefund(transactions, RefundMoney(world.payments), world.clock)
    made: dict[Any, object] = {
        PlaceOrder: world.placing(transactions),
        ReadOrder: ReadOrder(transactions),
        PayOrder: PayOrder(transactions, world.reservations, world.payments, world.clock, world.terms),
        RequestRefund: RequestRefund(transactions, finish, world.clock, world.ids),
        PreviewRefund: PreviewRefund(transactions, world.clock),
        ReadRefunds: ReadRefunds(transactions),
        RetryRefund: RetryRefund(transactions, finish, world.clock),
        TuneRefundPolicy: TuneRefundPolicy(transactions, world.clock),
        IdempotencyStore: PostgresIdempotencyStore(app_pool, relay_pool),
    }
    settle = SettlePayment(transactions, world.reservations, world.payments, world.clock, world.terms)
    container = container_of(made)
    controllers = (OrderController, OrderRefundController, RefundController, RefundPolicyController)
    app = app_of(ServiceRoutes("order", container, controllers), verifier=RoleTokens(), clock=world.clock)
    try:
        async with client_of(app) as client:
            sweep = FinishRefunds(PostgresDueRefunds(relay_pool), finish, world.clock, world.terms)
            yield Desk(world, client, ConfirmOrder(settle), OnRefundSettled(transactions, world.clock), sweep)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


def refunds(order: dict[str, Any], path: str = "") -> str:
    return f"/api/v1/orders/{order['id']}/refunds{path}"


def asked(**body: object) -> dict[str, object]:
    return {"reason": "customer_request", **body}


async def test_a_buyer_looks_first_and_then_gives_a_seat_back(desk: Desk) -> None:
    order = await desk.bought()
    seat = order["items"][0]["id"]
    preview = await desk.send("GET", refunds(order, f"/preview?itemIds={seat}"))
    assert preview.status_code == 200, preview.text
    answer = await desk.send("POST", refunds(order), asked(itemIds=[seat]))
    assert answer.status_code == 201, answer.text
    refund = answer.json()
    assert refund["amount"] == preview.json()["amount"] == {"amount": 1_250, "currency": "EUR"}
    assert refund["explanation"] == preview.json()["explanation"]
    assert refund["explanation"]["tickets"][0]["rule"] == RULE
    assert [step["text"] for step in refund["explanation"]["steps"]] == ["1 x Home match", "of which 50 %", "goes back"]
    assert (refund["status"], refund["requestedBy"], "note" in refund) == ("succeeded", "buyer", False)
    assert refund["items"] == [{"itemId": seat, "quantity": 1}]
    read = await desk.send("GET", refunds(order))
    assert read.json() == {"items": [refund], "nextCursor": None}
    now = (await desk.send("GET", f"/api/v1/orders/{order['id']}")).json()
    assert (now["status"], [step["step"] for step in now["history"]][-2:]) == (
        "CONFIRMED",
        ["refund_requested", "items_returned"],
    )
    again = await desk.send("POST", refunds(order), asked(itemIds=[seat]))
    assert code(again) == (409, "orders.items_refunded")
    assert again.json()["errors"][0]["pointer"] == "/items/0"


async def test_places_are_refunded_by_quantity_and_then_the_rest(desk: Desk) -> None:
    order = await desk.bought()
    places = order["items"][2]["id"]
    part = await desk.send("POST", refunds(order), asked(items=[{"itemId": places, "quantity": 2}]))
    assert part.json()["amount"]["amount"] == 1_500
    too_many = await desk.send("POST", refunds(order), asked(items=[{"itemId": places, "quantity": 2}]))
    assert code(too_many) == (409, "orders.items_refunded")
    rest = await desk.send("POST", refunds(order), asked())
    assert [item["quantity"] for item in rest.json()["items"]] == [1, 1, 1]
    now = (await desk.send("GET", f"/api/v1/orders/{order['id']}")).json()
    assert (now["status"], now["refund"]) == ("CANCELLED", "done")
    assert code(await desk.send("POST", refunds(order), asked())) == (409, "orders.not_refundable")


async def test_without_a_policy_a_buyer_is_told_to_ask_and_staff_give_it_all(desk: Desk) -> None:
    order = await desk.bought(policy=None)
    refused = await desk.send("POST", refunds(order), asked())
    assert code(refused) == (409, "orders.refund_not_allowed")
    assert (await desk.send("GET", refunds(order, "/preview"))).json()["allowed"] is False
    given = await desk.send("POST", refunds(order), asked(), token="box_office")
    assert given.json()["amount"]["amount"] == 9_500
    assert given.json()["note"] == ""


async def test_managers_go_beyond_the_policy_and_say_why(desk: Desk) -> None:
    order = await desk.bought()
    seat = order["items"][0]["id"]
    beyond = asked(itemIds=[seat], percentBasisPoints=9_000)
    assert code(await desk.send("POST", refunds(order), beyond)) == (403, "access.forbidden")
    assert code(await desk.send("POST", refunds(order), beyond, token="box_office")) == (403, "access.forbidden")
    assert code(await desk.send("POST", refunds(order), beyond, token="manager")) == (400, "request.invalid")
    given = await desk.send("POST", refunds(order), beyond | {"note": "ill"}, token="manager")
    assert given.status_code == 201
    assert (given.json()["amount"]["amount"], given.json()["note"]) == (2_250, "ill")
    assert given.json()["accountId"] == str(UUID(int=0x57AFF))
    amount = {"amount": 100, "currency": "EUR"}
    kept = await desk.send(
        "POST", refunds(order), {"reason": "goodwill", "note": "cold", "amount": amount}, token="manager"
    )
    assert (kept.json()["items"], kept.json()["amount"]) == ([], amount)
    too_much = {"reason": "goodwill", "note": "cold", "amount": {"amount": 9_500, "currency": "EUR"}}
    assert code(await desk.send("POST", refunds(order), too_much, token="manager")) == (409, "orders.refund_too_large")
    cancelled = await desk.send("POST", refunds(order), {"reason": "event_cancelled"}, token="manager")
    assert cancelled.json()["amount"]["amount"] == 7_000


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": "boredom"},
        {"reason": "other", "itemIds": []},
        {"reason": "other", "items": [{"itemId": str(TENANT), "quantity": 0}]},
        {"reason": "other", "itemIds": [str(TENANT)], "items": [{"itemId": str(TENANT)}]},
        {"reason": "other", "percentBasisPoints": 10_001},
        {"reason": "other", "keepSeats": True},
        {"reason": "other", "amount": {"amount": 1, "currency": "EUR"}, "withFees": True},
        {"reason": "other", "amount": {"amount": 1, "currency": "EUR"}, "itemIds": [str(TENANT)]},
        {"reason": "other", "unknown": 1},
    ],
)
async def test_a_body_that_makes_no_sense_is_refused(desk: Desk, body: object) -> None:
    answer = await desk.send("POST", f"/api/v1/orders/{TENANT}/refunds", body, token="manager")
    assert answer.status_code == 400, answer.text


async def test_items_of_another_order_are_named(desk: Desk) -> None:
    order = await desk.bought()
    answer = await desk.send("POST", refunds(order), asked(itemIds=[order["items"][0]["id"], order["id"]]))
    assert code(answer) == (422, "orders.unknown_item")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/items/1"]


async def test_another_buyers_refunds_are_not_there(desk: Desk) -> None:
    order = await desk.bought()
    for method, path in (("POST", ""), ("GET", ""), ("GET", "/preview")):
        body = asked() if method == "POST" else None
        answer = await desk.send(method, refunds(order, path), body, token="fan-2")
        assert code(answer) == (404, "orders.not_found")
    assert code(await desk.send("GET", "/api/v1/orders/refunds")) == (403, "access.forbidden")


async def test_a_refund_that_failed_is_seen_by_buyer_and_staff_and_tried_again(desk: Desk) -> None:
    order = await desk.bought()
    refund = (await desk.send("POST", refunds(order), asked(itemIds=[order["items"][0]["id"]]))).json()
    news = RefundSettled(
        refund_id=UUID(refund["id"]),
        payment_id=UUID(int=0x9A1),
        order_id=UUID(order["id"]),
        amount_minor=1_250,
        currency="EUR",
        status="failed",
        reason="customer_request",
        failure="account_closed",
        all_refunded=False,
    )
    await desk.settled(news, desk.world.delivery(7))
    shown = (await desk.send("GET", refunds(order))).json()["items"][0]
    assert (shown["status"], shown["failure"]) == ("failed", "account_closed")
    now = (await desk.send("GET", f"/api/v1/orders/{order['id']}")).json()
    assert now["history"][-1]["step"] == "refund_failed"
    work = (await desk.send("GET", "/api/v1/orders/refunds?status=failed", token="box_office")).json()["items"]
    assert [each["id"] for each in work] == [refund["id"]]
    retry = refunds(order, f"/{refund['id']}/retry")
    assert code(await desk.send("POST", retry)) == (403, "access.forbidden")
    assert (await desk.send("POST", retry, token="box_office")).json()["status"] == "succeeded"
    assert (await desk.send("GET", "/api/v1/orders/refunds?status=failed", token="box_office")).json()["items"] == []
    assert code(await desk.send("POST", retry, token="box_office")) == (409, "orders.refund_not_retryable")
    assert code(await desk.send("POST", refunds(order, f"/{TENANT}/retry"), token="manager")) == (
        404,
        "orders.refund_not_found",
    )


async def test_what_could_not_be_asked_for_is_finished_by_the_sweep(desk: Desk) -> None:
    order = await desk.bought()
    desk.world.payments.reachable = False
    answer = await desk.send("POST", refunds(order), asked())
    assert (answer.status_code, answer.json()["status"]) == (201, "requested")
    desk.world.payments.reachable = True
    desk.world.clock.advance(30)
    assert await desk.sweep() == 1
    assert (await desk.send("GET", refunds(order))).json()["items"][0]["status"] == "succeeded"


async def test_the_same_idempotency_key_refunds_once(desk: Desk) -> None:
    order = await desk.bought()
    key = {"Idempotency-Key": "refund-1"}
    first = await desk.send("POST", refunds(order), asked(), **key)
    again = await desk.send("POST", refunds(order), asked(), **key)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_policy_is_read_by_all_and_replaced_by_managers_with_its_etag(desk: Desk) -> None:
    read = await desk.send("GET", POLICY_PATH)
    assert (read.json(), read.headers["etag"]) == ({"rules": [], "feesRefundable": False}, '"v0"')
    changed = await desk.send("PUT", POLICY_PATH, POLICY, token="manager", **{"If-Match": '"v0"'})
    assert (changed.json(), changed.headers["etag"]) == (POLICY, '"v1"')
    for token, headers, expected in (
        ("manager", {}, (428, "request.version_required")),
        ("manager", {"If-Match": '"v0"'}, (412, "request.stale_version")),
        ("box_office", {"If-Match": '"v1"'}, (403, "access.forbidden")),
        ("fan-1", {"If-Match": '"v1"'}, (403, "access.forbidden")),
    ):
        assert code(await desk.send("PUT", POLICY_PATH, POLICY, token=token, **headers)) == expected
    rising = {
        "rules": [{"percentBasisPoints": 1, "untilDaysBefore": 9}, {"percentBasisPoints": 2, "untilDaysBefore": 1}]
    }
    refused = await desk.send("PUT", POLICY_PATH, rising, token="manager", **{"If-Match": '"v1"'})
    assert code(refused) == (422, "orders.invalid_refund_policy")
    foreign = await desk.send("GET", f"/api/v1/organisations/{UUID(int=0xB)}/refund-policy")
    assert code(foreign) == (404, "orders.organisation_not_found")
