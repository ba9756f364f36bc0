"""The order routes as a client sees them, on a real order_db; the other contexts keep their promises in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, override
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.orders import OrderController
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.orders import PostgresDueOrders, PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from core.shared.ids import ReservationId
from ports.idempotency import IdempotencyStore
from ports.published.identity import TokenVerifier, VerifiedToken
from ports.published.refusals import RefusedError
from tests.orders_world import TENANT, World
from tests.service_client import app_of, client_of, container_of
from usecases.orders.cancel_order import CancelOrder
from usecases.orders.confirm_order import ConfirmOrder
from usecases.orders.expire_order import ExpireOrder
from usecases.orders.expire_orders import ExpireOrders
from usecases.orders.list_orders import ListOrders
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import HoldToOrder, PlaceOrder
from usecases.orders.read_order import ReadOrder
from usecases.orders.settle_payment import SettlePayment


class NamedTokens(TokenVerifier):
    """Tokens such as `fan-1`, `guest-2`, `staff` and `service-orders:read`."""

    @override
    async def verify(self, token: str) -> VerifiedToken:
        kind, _, number = token.partition("-")
        if kind == "staff":
            return VerifiedToken(account_id=UUID(int=0x57AFF), tenant_id=TENANT, role="box_office")
        if kind == "service":
            return VerifiedToken(account_id=UUID(int=0x5E2), tenant_id=TENANT, scopes=(number,))
        if kind not in {"fan", "guest"}:
            raise RefusedError("identity.invalid_token", "not a token")
        return VerifiedToken(account_id=UUID(int=0xACC0 + int(number)), guest=kind == "guest")


@dataclass
class Shop:
    world: World
    client: httpx.AsyncClient
    confirm: ConfirmOrder
    sweep: ExpireOrders

    def held(self, number: int = 1) -> HoldToOrder:
        return self.world.held(self.world.buyer(number), number)

    async def post(self, path: str, body: object, *, token: str = "fan-1", **headers: str) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self.headers(token) | headers)

    async def get(self, path: str, *, token: str = "fan-1", tenant: UUID = TENANT) -> httpx.Response:
        return await self.client.get(path, headers=self.headers(token, tenant))

    async def place(self, number: int = 1, **more: object) -> httpx.Response:
        body = {"reservations": [{"kind": "seats", "reservationId": str(self.held(number).reservation_id)}], **more}
        return await self.post("/api/v1/orders", body, token=f"fan-{number}")

    @staticmethod
    def headers(token: str, tenant: UUID = TENANT) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", "X-Tenant-ID": str(tenant)}


@pytest.fixture
async def shop(order_db: Database) -> AsyncIterator[Shop]:
    world = World()
    app_pool = await open_pool(order_db.app_url, connections_max=4)
    relay_pool = await open_pool(order_db.relay_url, connections_max=2)
    transactions = PostgresOrderTransactions(app_pool, world.ids)
    settle = SettlePayment(transactions, world.reservations, world.payments, world.clock, world.terms)
    expire = ExpireOrder(transactions, world.reservations, world.payments, settle, world.clock, world.terms)
    made: dict[Any, object] = {
        PlaceOrder: world.placing(transactions),
        ReadOrder: ReadOrder(transactions),
        ListOrders: ListOrders(transactions),
        PayOrder: PayOrder(transactions, world.reservations, world.payments, world.clock, world.terms),
        CancelOrder: CancelOrder(transactions, world.payments, settle, world.clock),
        IdempotencyStore: PostgresIdempotencyStore(app_pool, relay_pool),
    }
    container = container_of(made)
    app = app_of(ServiceRoutes("order", container, (OrderController,)), verifier=NamedTokens(), clock=world.clock)
    try:
        async with client_of(app) as client:
            sweep = ExpireOrders(PostgresDueOrders(relay_pool), transactions, expire, world.clock, world.terms)
            yield Shop(world, client, ConfirmOrder(settle), sweep)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


async def test_an_order_is_placed_paid_confirmed_and_read_with_its_history(shop: Shop) -> None:
    answer = await shop.place()
    assert answer.status_code == 201
    order = answer.json()
    assert answer.headers["location"] == f"/api/v1/orders/{order['id']}"
    assert answer.headers["etag"] == '"v2"'
    assert (order["status"], order["total"], order["fees"]) == (
        "AWAITING_PAYMENT",
        {"amount": 5_000, "currency": "EUR"},
        [],
    )
    assert [item["label"] for item in order["items"]] == ["R1S1", "R1S2"]
    assert order["expiresAt"] == "2026-11-21T18:15:00Z"
    paid = await shop.post(f"/api/v1/orders/{order['id']}/payments", {"method": "CARD"})
    assert paid.status_code == 201
    assert set(paid.json()) == {"paymentId", "clientSecret", "stripePaymentIntentId", "amount"}
    assert paid.json()["amount"] == {"amount": 5_000, "currency": "EUR"}
    await confirm(shop, order)
    found = await shop.get(f"/api/v1/orders/{order['id']}")
    assert found.json()["status"] == "CONFIRMED"
    assert [step["step"] for step in found.json()["history"]] == [
        "placed", "reserved", "payment_started", "confirmed"
    ]  # fmt: skip


async def confirm(shop: Shop, order: dict[str, Any]) -> None:
    stored = World()
    event = stored.succeeded(await stored.placed())
    shop.world.payments.status[UUID(order["id"])] = "succeeded"
    await shop.confirm(type(event)(
        payment_id=event.payment_id,
        order_id=UUID(order["id"]),
        amount_minor=order["total"]["amount"],
        currency=order["total"]["currency"],
        succeeded_at=event.succeeded_at,
    ), stored.delivery())  # fmt: skip


async def test_lists_show_buyers_their_own_and_staff_all_without_the_history(shop: Shop) -> None:
    first, second = (await shop.place(1)).json(), (await shop.place(2)).json()
    mine = (await shop.get("/api/v1/orders")).json()
    assert [order["id"] for order in mine["items"]] == [first["id"]]
    assert "history" not in mine["items"][0]
    page = (await shop.get("/api/v1/orders?limit=1", token="staff")).json()
    rest = (await shop.get(f"/api/v1/orders?limit=1&cursor={page['nextCursor']}", token="staff")).json()
    assert [order["id"] for order in page["items"] + rest["items"]] == [first["id"], second["id"]]
    assert rest["nextCursor"] is None


async def test_an_order_of_another_buyer_or_tenant_is_not_there(shop: Shop) -> None:
    order = (await shop.place(1)).json()
    path = f"/api/v1/orders/{order['id']}"
    assert problem(await shop.get(path, token="fan-2")) == (404, "orders.not_found")
    assert problem(await shop.get(path, tenant=uuid4())) == (404, "orders.not_found")
    assert problem(await shop.post(f"{path}/cancel", {}, token="fan-2")) == (404, "orders.not_found")
    assert problem(await shop.post(f"{path}/payments", {"method": "CARD"}, token="fan-2"))[0] == 404
    assert (await shop.get(path, token="staff")).status_code == 200


async def test_a_service_reads_every_order_with_its_key_and_neither_buys_nor_changes_any(shop: Shop) -> None:
    order = (await shop.place()).json()
    path, reads = f"/api/v1/orders/{order['id']}", "service-orders:read"
    as_staff = await shop.get(path, token="staff")

    assert (await shop.get(path, token=reads)).json() == as_staff.json()
    assert [each["id"] for each in (await shop.get("/api/v1/orders", token=reads)).json()["items"]] == [order["id"]]
    assert (await shop.get(path, token=reads, tenant=uuid4())).status_code == 403
    assert problem(await shop.get(path, token="service-resale:read")) == (403, "access.forbidden")
    hold = {"reservations": [{"kind": "seats", "reservationId": str(shop.held(2).reservation_id)}]}
    for answer in (
        await shop.post("/api/v1/orders", hold, token=reads),
        await shop.post(f"{path}/cancel", {}, token=reads),
        await shop.post(f"{path}/payments", {"method": "CARD"}, token=reads),
    ):
        assert problem(answer) == (403, "access.forbidden")
    assert (await shop.get(path)).json()["status"] == "AWAITING_PAYMENT"


async def test_cancelling_answers_the_cancelled_order_and_a_paid_one_is_refused(shop: Shop) -> None:
    order = (await shop.place(1)).json()
    cancelled = await shop.post(f"/api/v1/orders/{order['id']}/cancel", {})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "CANCELLED")
    order = (await shop.place(2)).json()
    shop.world.payments.status[UUID(order["id"])] = "succeeded"
    answer = await shop.post(f"/api/v1/orders/{order['id']}/cancel", {}, token="fan-2")
    assert problem(answer) == (409, "orders.already_paid")


async def test_an_order_past_its_time_cannot_be_paid_and_is_swept(shop: Shop) -> None:
    order = (await shop.place()).json()
    shop.world.clock.advance(900)
    answer = await shop.post(f"/api/v1/orders/{order['id']}/payments", {"method": "CARD"})
    assert problem(answer) == (409, "orders.expired")
    assert await shop.sweep() == 1
    assert (await shop.get(f"/api/v1/orders/{order['id']}")).json()["status"] == "EXPIRED"


async def test_a_guest_has_to_say_whom_to_write_to(shop: Shop) -> None:
    seats = {"kind": "seats", "reservationId": str(shop.held(3).reservation_id)}
    body: dict[str, object] = {"reservations": [seats]}
    answer = await shop.post("/api/v1/orders", body, token="guest-3")
    assert problem(answer) == (422, "orders.contact_required")
    assert answer.json()["errors"][0]["pointer"] == "/contact/email"
    wrong = await shop.post("/api/v1/orders", body | {"contact": {"email": "nobody"}}, token="guest-3")
    assert problem(wrong) == (400, "orders.invalid_contact")
    right = await shop.post("/api/v1/orders", body | {"contact": {"email": "ann@example.org"}}, token="guest-3")
    assert (right.status_code, right.json()["contact"]) == (201, {"email": "ann@example.org", "name": None})


def named(*holds: HoldToOrder) -> list[dict[str, str]]:
    return [{"kind": hold.kind.value, "reservationId": str(hold.reservation_id)} for hold in holds]


async def test_seats_and_general_admission_are_one_order_from_placing_to_confirmation(shop: Shop) -> None:
    holds = shop.world.held_mix(shop.world.buyer())
    body = {"reservations": named(*holds)}
    answer = await shop.post("/api/v1/orders", body)
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert order["reservationIds"] == [str(hold.reservation_id) for hold in holds]
    assert order["reservations"] == body["reservations"]
    assert order["total"] == {"amount": 12_000, "currency": "EUR"}
    seat, _, places, away = order["items"]
    assert (seat["kind"], seat["quantity"], seat["label"], seat["row"]) == ("seats", 1, "R1S1", "R1")
    assert (places["kind"], places["quantity"], places["unitPrice"]["amount"]) == ("general-admission", 3, 1_500)
    assert [places[name] for name in ("seatId", "label", "section", "row", "number")] == [None] * 5
    titles = {ticket["id"]: ticket["event"]["title"] for ticket in order["tickets"]}
    assert [titles[item["ticketId"]] for item in (seat, places, away)] == ["Home match", "Home match", "Away match"]
    assert order["event"] == order["tickets"][0]["event"]
    again = await shop.post("/api/v1/orders", {"reservations": body["reservations"][::-1]})
    assert (again.status_code, again.json()) == (201, order)
    paid = await shop.post(f"/api/v1/orders/{order['id']}/payments", {"method": "CARD"})
    assert paid.json()["amount"] == {"amount": 12_000, "currency": "EUR"}
    await confirm(shop, order)
    assert (await shop.get(f"/api/v1/orders/{order['id']}")).json()["status"] == "CONFIRMED"
    assert shop.world.general_admission.reservations[holds[1].reservation_id].state == "sold"


async def test_general_admission_alone_can_be_ordered(shop: Shop) -> None:
    hold = shop.world.held_places(shop.world.buyer(), quantity=1)
    order = (await shop.post("/api/v1/orders", {"reservations": named(hold)})).json()
    assert (order["status"], len(order["items"]), order["total"]["amount"]) == ("AWAITING_PAYMENT", 1, 1_500)


async def test_a_refusal_points_at_the_reservation_and_nothing_stays_reserved(shop: Shop) -> None:
    held = shop.world.held_places(shop.world.buyer())
    gone = HoldToOrder(ReservationId(uuid4()))
    answer = await shop.post("/api/v1/orders", {"reservations": named(held, gone)})
    assert problem(answer) == (404, "seating.reservation_not_found")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/reservations/1"]
    assert shop.world.general_admission.left == shop.world.general_admission.quota
    (order,) = (await shop.get("/api/v1/orders")).json()["items"]
    assert (order["status"], order["items"], order["tickets"]) == ("CANCELLED", [], [])
    assert (order["total"], order["event"]) == (None, None)


async def test_a_reservation_of_another_kind_or_buyer_or_organisation_cannot_be_ordered(shop: Shop) -> None:
    seats, places = shop.held(), shop.world.held_places(shop.world.buyer())
    swapped = [HoldToOrder(seats.reservation_id, kind=places.kind), HoldToOrder(places.reservation_id)]
    answer = await shop.post("/api/v1/orders", {"reservations": named(*swapped)})
    assert answer.json()["code"] == "ticketing.reservation_not_found"
    answer = await shop.post("/api/v1/orders", {"reservations": named(seats, places)}, token="fan-2")
    assert problem(answer) == (403, "seating.not_holder")
    assert (await shop.post("/api/v1/orders", {"reservations": named(seats, places)})).status_code == 201


async def test_mixed_currencies_are_refused_and_everything_is_released(shop: Shop) -> None:
    shop.world.general_admission.currency = "CHF"
    holds = shop.world.held_mix(shop.world.buyer())
    answer = await shop.post("/api/v1/orders", {"reservations": named(*holds)})
    assert problem(answer) == (422, "money.mixed_currencies")
    assert shop.world.general_admission.left == shop.world.general_admission.quota
    assert shop.world.seating.owner_of(UUID(int=1)) is None


async def test_a_reservation_twice_is_refused_and_named(shop: Shop) -> None:
    seats, places = shop.held(), shop.world.held_places(shop.world.buyer())
    again = HoldToOrder(seats.reservation_id, kind=places.kind)
    for twice in ([seats, places, seats], [seats, places, again]):
        answer = await shop.post("/api/v1/orders", {"reservations": named(*twice)})
        assert problem(answer) == (422, "orders.duplicate_reservation")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/reservations/2/reservationId"]
    assert (await shop.get("/api/v1/orders")).json()["items"] == []


async def test_another_set_that_overlaps_with_a_live_order_is_refused_and_named(shop: Shop) -> None:
    seats, places = shop.held(), shop.world.held_places(shop.world.buyer())
    order = (await shop.post("/api/v1/orders", {"reservations": named(seats)})).json()
    answer = await shop.post("/api/v1/orders", {"reservations": named(places, seats)})
    assert problem(answer) == (409, "orders.reservation_ordered")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/reservations/1"]
    await shop.post(f"/api/v1/orders/{order['id']}/cancel", {})
    assert (await shop.post("/api/v1/orders", {"reservations": named(places)})).status_code == 201


async def test_an_order_takes_ten_reservations_and_not_eleven(shop: Shop) -> None:
    holds = [shop.world.held_places(shop.world.buyer(), number, quantity=1) for number in range(1, 11)]
    eleven = {"reservations": [*named(*holds), {"kind": "seats", "reservationId": str(uuid4())}]}
    assert problem(await shop.post("/api/v1/orders", eleven)) == (400, "request.invalid")
    answer = await shop.post("/api/v1/orders", {"reservations": named(*holds)})
    assert (answer.status_code, len(answer.json()["items"])) == (201, 10)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reservations": []},
        {"reservations": [{"kind": "seats"}]},
        {"reservations": [{"kind": "standing", "reservationId": str(uuid4())}]},
        {"reservations": [{"kind": "seats", "reservationId": "1"}]},
        {"reservations": [{"kind": "seats", "reservationId": str(uuid4())}], "discount": 1},
        {"reservations": [{"kind": "general-admission", "reservationId": str(uuid4()), "quantity": 2}]},
        {"reservations": [{"kind": "general_admission", "reservationId": str(uuid4())}]},
        {"reservations": [{"kind": "general-admission", "reservationId": str(uuid4()), "holdToken": ""}]},
        {"reservations": [{"kind": None, "reservationId": str(uuid4())}]},
        {"reservations": {"kind": "seats", "reservationId": str(uuid4())}},
        {"reservations": [[]]},
        [],
        "seats",
    ],
)
async def test_a_body_that_is_not_an_order_is_refused(shop: Shop, body: object) -> None:
    assert problem(await shop.post("/api/v1/orders", body)) == (400, "request.invalid")


async def test_the_same_idempotency_key_gives_the_first_answer_again(shop: Shop) -> None:
    body = {"reservations": [{"kind": "seats", "reservationId": str(shop.held().reservation_id)}]}
    key = {"Idempotency-Key": "k1"}
    first = await shop.post("/api/v1/orders", body, **key)
    again = await shop.post("/api/v1/orders", body, **key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
