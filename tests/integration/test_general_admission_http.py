"""Places without seats as clients and the order service see them, on MongoDB; venues keeps its promise in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, override
from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer

from bootstrap.containers.ticket import ticket_service
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.events import Delivery
from ports.published.general_admission import GeneralAdmissionApi
from ports.published.orders import OrderCancelled
from ports.published.payments import VenueAccountsApi
from ports.published.venues import VenuesApi
from tests.mongo_databases import fresh_database
from tests.service_client import headers_of, served, settings_with
from tests.ticketing_builders import VENUE, Accounts, OneVenue
from usecases.ticketing.expire_places import ExpirePlaces
from usecases.ticketing.on_order_cancelled import ReleaseCancelledPlaces

TENANT, OTHER = TenantId(uuid4()), TenantId(uuid4())
ANN = AccountId(uuid4())
MANAGER = headers_of(Caller(AccountId(uuid4()), TENANT, Role.MANAGER))
SCANNER = headers_of(Caller(AccountId(uuid4()), TENANT, Role.SCANNER))
FAN, OTHER_FAN = headers_of(Caller(ANN, TENANT)), headers_of(Caller(AccountId(uuid4()), TENANT))
STRANGER = headers_of(Caller(AccountId(uuid4()), OTHER, Role.OWNER))
PATH = "/api/v1/tickets"


class VenueOfHours(OneVenue):
    """Its organiser lets holds last as long as the test says; a hold of 0 s has ended when it is there."""

    ttl_s = 600

    @override
    async def hold_ttl_s(self, *, tenant_id: UUID) -> int:
        return self.ttl_s


@dataclass
class Service:
    client: httpx.AsyncClient
    container: AsyncContainer
    venue: VenueOfHours

    async def ticket(self, *, publish: bool = True, **changes: Any) -> str:
        """Put a ticket on sale, and return its path."""
        body: dict[str, Any] = {
            "title": "Standing",
            "ticketType": "GA",
            "price": {"amount": 1500, "currency": "EUR"},
            "quota": 10,
            "maxPerUser": 6,
            "event": {
                "title": "Concert",
                "startsAt": "2096-12-11T19:30:00+01:00",
                "endsAt": "2096-12-11T21:30:00+01:00",
                "timeZone": "Europe/Berlin",
                "venueId": str(VENUE),
                "kind": "concert",
            },
        }
        made = await self.client.post(PATH, json=body | changes, headers=MANAGER)
        assert made.status_code == 201, made.text
        path: str = made.headers["location"]
        if publish:
            await self.client.post(f"{path}/publish", headers=MANAGER)
        return path

    async def hold(
        self, path: str, quantity: Any = 2, *, id: Any = None, headers: dict[str, str] = FAN
    ) -> httpx.Response:
        body = {"reservationId": str(id or uuid4()), "quantity": quantity}
        return await self.client.post(f"{path}/reservations", json=body, headers=headers)


@pytest.fixture
async def service(mongodb_url: str) -> AsyncIterator[Service]:
    venue = VenueOfHours(TENANT)
    async with fresh_database(mongodb_url) as database:
        settings = settings_with(TICKET_DATABASE_URL=mongodb_url, TICKET_DATABASE_NAME=database.name[:38])
        apis: dict[type, object] = {VenuesApi: venue, VenueAccountsApi: Accounts()}
        async with served(ticket_service(), settings, apis) as (client, container):
            yield Service(client, container, venue)
        await database.client.drop_database(settings.ticket_database.name)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


async def numbers(service: Service, path: str) -> tuple[int, int, int]:
    body = (await service.client.get(path, headers=MANAGER)).json()
    return body["remaining"], body["reserved"], body["sold"]


async def test_a_hold_outside_the_sales_window_is_refused_but_not_to_staff_who_sell(service: Service) -> None:
    early = await service.ticket(salesFrom="2096-12-01T10:00:00Z")
    late = await service.ticket(salesUntil="2026-01-01T10:00:00Z")

    for path, code, time in (
        (early, "ticketing.sales_not_open", "2096-12-01T10:00:00Z"),
        (late, "ticketing.sales_closed", "2026-01-01T10:00:00Z"),
    ):
        for headers in (FAN, SCANNER):
            refused = await service.hold(path, headers=headers)
            assert problem(refused) == (409, code) and time in refused.json()["detail"]
        assert (await service.hold(path, headers=MANAGER)).status_code == 201


async def test_a_hold_answers_what_was_held_for_how_much_and_until_when(service: Service) -> None:
    path = await service.ticket()
    id = uuid4()

    answer = await service.hold(path, 3, id=id)

    assert answer.status_code == 201, answer.text
    hold = answer.json()
    assert answer.headers["location"] == f"{path}/reservations/{id}"
    assert (hold["reservationId"], hold["ticketId"], hold["status"]) == (str(id), path.split("/")[-1], "HELD")
    assert (hold["quantity"], hold["price"], hold["total"]) == (
        3,
        {"amount": 1500, "currency": "EUR"},
        {"amount": 4500, "currency": "EUR"},
    )
    ends, for_good = (datetime.fromisoformat(hold[name]) for name in ("expiresAt", "endsForGoodAt"))
    assert for_good - ends == timedelta(seconds=1200)
    assert len(hold["holdToken"]) >= 40 and hold["orderId"] is None
    read = (await service.client.get(answer.headers["location"], headers=FAN)).json()
    assert read == hold | {"holdToken": None}


async def test_everybody_sees_what_remains_and_staff_what_is_taken(service: Service) -> None:
    path = await service.ticket()
    await service.hold(path, 3)

    for_fans = (await service.client.get(path, headers=FAN)).json()
    seated = await service.ticket(ticketType="SEATED_MANUAL")

    assert for_fans["remaining"] == 7 and not {"reserved", "sold"} & set(for_fans)
    assert await numbers(service, path) == (7, 3, 0)
    assert "remaining" not in (await service.client.get(seated, headers=MANAGER)).json()


@pytest.mark.parametrize(
    "quantity", [0, -1, 1_000_001, 10**30, 1.5, "two", None, [], {}, True], ids=lambda value: repr(value)[:12]
)
async def test_a_quantity_that_is_none_is_refused(service: Service, quantity: Any) -> None:
    path = await service.ticket()

    assert problem(await service.hold(path, quantity))[0] == 400
    assert await numbers(service, path) == (10, 0, 0)


async def test_bodies_that_are_none_are_refused(service: Service) -> None:
    path = await service.ticket()
    good = {"reservationId": str(uuid4()), "quantity": 1}

    for body in ({}, good | {"seatIds": []}, good | {"reservationId": "1"}, {"quantity": 1}, [good]):
        answer = await service.client.post(f"{path}/reservations", json=body, headers=FAN)
        assert problem(answer)[0] == 400, body
    assert (await service.client.post(f"{path}/reservations", json=good)).status_code == 401


async def test_more_than_are_left_or_allowed_are_refused_with_the_number(service: Service) -> None:
    path = await service.ticket()
    await service.hold(path, 6)

    more = await service.hold(path, 1)
    too_many = await service.hold(path, 5, headers=OTHER_FAN)
    huge = await service.hold(path, 1_000_000, headers=OTHER_FAN)
    rest = await service.hold(path, 4, headers=OTHER_FAN)
    gone = await service.hold(path, 1, headers=MANAGER)

    assert problem(more) == problem(huge) == (409, "ticketing.max_per_user_exceeded")
    assert problem(too_many) == problem(gone) == (409, "ticketing.sold_out")
    assert "Only 4 places are left" in too_many.json()["detail"]
    assert [error["pointer"] for error in too_many.json()["errors"]] == ["/quantity"]
    assert rest.status_code == 201
    assert await numbers(service, path) == (0, 10, 0)


async def test_the_same_id_is_the_same_hold_or_a_conflict(service: Service) -> None:
    path, other = await service.ticket(), await service.ticket()
    id = uuid4()
    first = (await service.hold(path, id=id)).json()

    again = await service.hold(path, id=id)
    by_token = await service.hold(path, id=id, headers=OTHER_FAN | {"X-Hold-Token": first["holdToken"]})

    assert again.status_code == by_token.status_code == 201
    assert again.json() == by_token.json() == first | {"holdToken": None}
    for reused in (
        await service.hold(path, 3, id=id),
        await service.hold(other, id=id),
        await service.hold(path, id=id, headers=OTHER_FAN),
    ):
        assert problem(reused) == (409, "ticketing.reservation_conflict")
    assert await numbers(service, path) == (8, 2, 0)
    assert await numbers(service, other) == (10, 0, 0)


async def test_a_repeated_post_with_its_key_gets_the_very_same_answer(service: Service) -> None:
    path, id = await service.ticket(), uuid4()

    first = await service.hold(path, id=id, headers=FAN | {"Idempotency-Key": "once"})
    replay = await service.hold(path, id=id, headers=FAN | {"Idempotency-Key": "once"})
    other = await service.hold(path, 3, id=id, headers=FAN | {"Idempotency-Key": "once"})

    assert replay.content == first.content and replay.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422


async def test_a_ticket_that_has_no_places_refuses(service: Service) -> None:
    seated, draft = await service.ticket(ticketType="SEATED_AUTO"), await service.ticket(publish=False)

    assert problem(await service.hold(seated)) == (422, "ticketing.ticket_is_seated")
    assert problem(await service.hold(draft)) == (404, "ticketing.not_found")
    assert problem(await service.hold(draft, headers=SCANNER)) == (409, "ticketing.not_on_sale")
    assert problem(await service.hold(f"{PATH}/{uuid4()}")) == (404, "ticketing.not_found")
    assert (await service.hold(f"{PATH}/ticket")).status_code == 404


async def test_an_event_that_is_over_by_now_sells_no_places(service: Service) -> None:
    path = await service.ticket()
    past = {"event": {"startsAt": "2020-01-01T10:00:00Z", "endsAt": "2020-01-01T12:00:00Z"}}
    moved = await service.client.patch(path, json=past, headers=MANAGER | {"If-Match": '"v2"'})
    assert moved.status_code == 200, moved.text

    assert problem(await service.hold(path)) == (409, "ticketing.event_over")


async def test_another_organisation_finds_nothing(service: Service) -> None:
    path, id = await service.ticket(), uuid4()
    hold = f"{path}/reservations/{id}"
    await service.hold(path, id=id)

    assert problem(await service.hold(path, headers=STRANGER)) == (404, "ticketing.not_found")
    for method, where in (("GET", hold), ("DELETE", hold), ("POST", f"{hold}/extend")):
        answer = await service.client.request(method, where, headers=STRANGER)
        assert problem(answer) == (404, "ticketing.reservation_not_found")
    assert await numbers(service, path) == (8, 2, 0)


async def test_only_the_holder_does_anything_with_a_hold(service: Service) -> None:
    path, id = await service.ticket(), uuid4()
    other = await service.ticket()
    where = f"{path}/reservations/{id}"
    token = (await service.hold(path, id=id)).json()["holdToken"]

    for method, url in (("GET", where), ("DELETE", where), ("POST", f"{where}/extend")):
        for headers in (OTHER_FAN, OTHER_FAN | {"X-Hold-Token": "guess"}):
            answer = await service.client.request(method, url, headers=headers)
            assert problem(answer) == (403, "ticketing.not_holder")
        elsewhere = url.replace(path, other)
        assert problem(await service.client.request(method, elsewhere, headers=FAN))[0] == 404
    extended = await service.client.post(f"{where}/extend", headers=OTHER_FAN | {"X-Hold-Token": token})
    assert (extended.status_code, extended.json()["status"]) == (200, "HELD")
    assert (await service.client.get(where, headers=MANAGER)).status_code == 200

    for _ in range(2):
        assert (await service.client.delete(where, headers=FAN)).status_code == 204
    assert (await service.client.get(where, headers=FAN)).json()["status"] == "RELEASED"
    assert await numbers(service, path) == (10, 0, 0)


async def test_a_hold_that_has_ended_is_over_and_keeps_nobody_out(service: Service) -> None:
    path, id = await service.ticket(quota=2, maxPerUser=2), uuid4()
    service.venue.ttl_s = 0
    await service.hold(path, id=id)
    service.venue.ttl_s = 600
    where = f"{path}/reservations/{id}"

    assert (await service.client.get(where, headers=FAN)).json()["status"] == "EXPIRED"
    extended = await service.client.post(f"{where}/extend", headers=FAN)
    assert problem(extended) == (409, "ticketing.reservation_expired")
    assert problem(await service.hold(path, id=id)) == (409, "ticketing.reservation_expired")
    assert (await service.hold(path, headers=OTHER_FAN)).status_code == 201
    assert (await service.client.delete(where, headers=FAN)).status_code == 204
    assert await numbers(service, path) == (0, 2, 0)


async def test_a_quota_is_changed_but_never_below_what_is_taken(service: Service) -> None:
    path = await service.ticket()
    await service.hold(path, 4)

    def quota(value: int, version: int) -> Any:
        change = {"quota": value, "maxPerUser": 1}
        return service.client.patch(path, json=change, headers=MANAGER | {"If-Match": f'"v{version}"'})

    low = await quota(3, 2)
    assert problem(low) == (409, "ticketing.quota_below_taken")
    assert "4 places are reserved and 0 are sold" in low.json()["detail"]
    assert [error["pointer"] for error in low.json()["errors"]] == ["/quota"]
    assert (await quota(4, 2)).status_code == 200
    assert await numbers(service, path) == (0, 4, 0)
    assert (await quota(5, 3)).status_code == 200
    assert await numbers(service, path) == (1, 4, 0)


async def test_a_change_of_the_ticket_forgets_no_hold(service: Service) -> None:
    path, id = await service.ticket(), uuid4()
    await service.hold(path, id=id)

    change = {"title": "Floor", "price": {"amount": 9900, "currency": "EUR"}}
    changed = await service.client.patch(path, json=change, headers=MANAGER | {"If-Match": '"v2"'})

    assert changed.status_code == 200
    assert await numbers(service, path) == (8, 2, 0)
    assert (await service.client.get(f"{path}/reservations/{id}", headers=FAN)).json()["price"]["amount"] == 1500
    assert (await service.hold(path, headers=OTHER_FAN)).json()["price"]["amount"] == 9900


async def test_an_order_buys_places_and_a_refund_gives_them_back(service: Service) -> None:
    path, id, order_id = await service.ticket(), uuid4(), uuid4()
    await service.hold(path, 3, id=id)
    api = await service.container.get(GeneralAdmissionApi)
    named: dict[str, Any] = {"tenant_id": TENANT, "reservation_id": id, "order_id": order_id}

    reserved = await api.reserve(
        **named, account_id=ANN, hold_token=None, until=datetime.now(UTC) + timedelta(minutes=20)
    )
    held = await service.client.delete(f"{path}/reservations/{id}", headers=FAN)
    await api.finalise(**named)
    sold = await numbers(service, path)
    on_cancelled = await service.container.get(ReleaseCancelledPlaces)
    event = OrderCancelled(order_id=order_id, reservation_ids=(uuid4(), id), reason="refunded")
    for _ in range(2):
        await on_cancelled(event, Delivery(event_id=uuid4(), tenant_id=TENANT))

    assert (reserved.quantity, reserved.price_minor, reserved.currency) == (3, 1500, "EUR")
    assert problem(held) == (409, "ticketing.reservation_conflict")
    assert sold == (7, 0, 3)
    assert await numbers(service, path) == (10, 0, 0)


async def test_the_sweep_tidies_up(service: Service) -> None:
    path = await service.ticket()
    service.venue.ttl_s = 0
    await service.hold(path, 3)
    sweep = await service.container.get(ExpirePlaces)

    assert [await sweep(), await sweep()] == [1, 0]
    assert await numbers(service, path) == (10, 0, 0)
