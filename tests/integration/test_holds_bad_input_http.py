"""What somebody gets wrong, or tries on purpose, when holding seats: over HTTP, with real tokens, on a real venue_db.

Whatever is not the caller's looks exactly like what does not exist, so that nobody learns what there is elsewhere.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, override
from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer, Provider, Scope, provide

from adapters.memory.clock import MemoryClock
from adapters.postgres.migrator import Database
from adapters.system.signing_keys import SigningKeys
from adapters.system.tokens import JwtTokenSigner, JwtTokenVerifier, TokenTerms
from bootstrap.containers.service import Links, build_container
from bootstrap.containers.venue import venue_service
from core.identity.access import fan_access, staff_access
from core.shared.callers import Role
from core.shared.ids import AccountId, TenantId
from ports.clock import Clock
from ports.published.seating import SeatingApi
from ports.published.ticketing import TicketingApi, TicketOnSale
from tests.published_builders import a_ticket_on_sale
from tests.service_client import app_of, client_of, container_of, routes_of, settings_with

HALL, CLUB = TenantId(uuid4()), TenantId(uuid4())
MANAGER, ANN, BEN = (AccountId(uuid4()) for _ in range(3))
TERMS = TokenTerms(issuer="https://fairseat.test", audience="fairseat")
ROWS, COLUMNS = 12, 10
MAX = 10
"""Seats in one order, as the plans of these tests have it; the API's own limit for a hold is 100."""


class TicketOfAnyVenue(TicketingApi):
    """Every ticket is a seat in the venue that was opened last."""

    venue = UUID(int=0)

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        return a_ticket_on_sale(ticket_id, venue_id=self.venue, max_per_user=1000)


@dataclass(frozen=True, slots=True)
class Plan:
    id: str
    seats: tuple[str, ...]


@dataclass(slots=True)
class House:
    """The venue service, and whoever has a token for it."""

    client: httpx.AsyncClient
    container: AsyncContainer
    clock: MemoryClock
    keys: SigningKeys
    tickets: TicketOfAnyVenue

    async def token(
        self, account: AccountId, *, staff_of: TenantId | None = None, issued: datetime | None = None
    ) -> str:
        now = issued or self.clock.now()
        if staff_of is None:
            claims = fan_access(token_id=uuid4(), account_id=account, now=now)
        else:
            claims = staff_access(token_id=uuid4(), account_id=account, tenant_id=staff_of, role=Role.MANAGER, now=now)
        return await JwtTokenSigner(self.keys, TERMS).sign(claims)

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: AccountId = ANN,
        tenant: TenantId = HALL,
        token: str | None = None,
        hold_token: str | None = None,
    ) -> httpx.Response:
        token = token or await self.token(by, staff_of=tenant if by == MANAGER else None)
        headers = {"Authorization": f"Bearer {token}", "X-Tenant-ID": str(tenant)}
        if hold_token is not None:
            headers["X-Hold-Token"] = hold_token
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=headers)

    async def hold(self, plan: Plan, seats: tuple[str, ...], *, id: str | None = None, **more: Any) -> httpx.Response:
        body = {"reservationId": id or str(uuid4()), "seatIds": list(seats)}
        return await self.send("POST", f"/seating-plans/{plan.id}/holds", body, **more)

    async def best(self, plan: Plan, quantity: object, **more: Any) -> httpx.Response:
        body = {"reservationId": str(uuid4()), "bestAvailable": {"quantity": quantity}}
        return await self.send("POST", f"/seating-plans/{plan.id}/holds", body, **more)

    async def block(self, plan: Plan, seats: tuple[str, ...], *, reason: str) -> httpx.Response:
        body = {"seatIds": list(seats), "reason": reason}
        return await self.send("POST", f"/seating-plans/{plan.id}/seats/block", body, by=MANAGER)

    async def open(self, tenant: TenantId = HALL, *, max_seats: int = MAX) -> Plan:
        """Put a plan of 120 seats on sale."""
        address = {"line1": "Weg 1", "city": "Erfurt", "postalCode": "99084", "country": "DE", "subdivision": "DE-TH"}
        hall = {"name": "Halle", "timeZone": "Europe/Berlin", "capacity": 200, "address": address}
        venue = (await self.send("POST", "/venues", hall, by=MANAGER, tenant=tenant)).json()
        self.tickets.venue = UUID(venue["id"])
        body = {
            "ticketId": str(uuid4()),
            "venueId": venue["id"],
            "name": "Match",
            "source": {"format": "grid", "sections": [{"name": "A", "rows": ROWS, "columns": COLUMNS}]},
            "maxSeatsPerOrder": max_seats,
            "orphanRule": "off",
        }
        made = await self.send("POST", "/seating-plans", body, by=MANAGER, tenant=tenant)
        assert made.status_code == 201, made.text
        path = f"/seating-plans/{made.json()['id']}"
        assert (await self.send("POST", f"{path}/activate", by=MANAGER, tenant=tenant)).status_code == 200
        seats = (await self.send("GET", f"{path}/seats", tenant=tenant)).json()["seats"]
        return Plan(made.json()["id"], tuple(seat["id"] for seat in seats))

    async def statuses(self, plan: Plan, tenant: TenantId = HALL) -> set[str]:
        seats = (await self.send("GET", f"/seating-plans/{plan.id}/seats?fields=status", tenant=tenant)).json()["seats"]
        return {seat["status"] for seat in seats}


@pytest.fixture
async def house(venue_db: Database) -> AsyncIterator[House]:
    clock, keys, tickets = MemoryClock(), SigningKeys.generate(), TicketOfAnyVenue()

    class HandClock(Provider):
        scope = Scope.APP

        @provide
        def clock(self) -> Clock:
            return clock

    service = venue_service()
    links = Links(served_by={TicketingApi: container_of({TicketingApi: tickets})})
    settings = settings_with(VENUE_DATABASE_URL=venue_db.app_url, VENUE_DATABASE_RELAY_URL=venue_db.relay_url)
    container = build_container(replace(service, providers=(*service.providers, HandClock()), jobs=()), settings, links)
    verifier = JwtTokenVerifier.of_keys(keys.public_keys(), TERMS, clock)
    app = app_of(routes_of(service, container), verifier=verifier, clock=clock, request_bytes_max=1_000_000)
    try:
        async with client_of(app, timeout_s=60) as client:
            yield House(client, container, clock, keys, tickets)
    finally:
        await container.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["code"]


def told(answer: httpx.Response, *ids: str) -> str:
    """Return everything that the answer says, without ids that the caller sent or that name the request."""
    document = {
        name: value for name, value in answer.json().items() if name not in {"requestId", "traceId", "instance"}
    }
    text = f"{answer.status_code} {sorted(document.items())}"
    for number, id in enumerate(ids):
        text = text.replace(id, f"<{number}>")
    return text


async def test_a_hold_has_one_seat_to_as_many_as_the_plan_allows(house: House) -> None:
    plan = await house.open()
    for count, answer in (
        (0, (400, "request.invalid")),
        (MAX + 1, (422, "seating.too_many_seats")),
        (100, (422, "seating.too_many_seats")),
        (101, (400, "request.invalid")),
    ):
        assert problem(await house.hold(plan, plan.seats[:count])) == answer, count
    thousands = await house.hold(plan, tuple(str(uuid4()) for _ in range(10_000)))
    assert problem(thousands) == (400, "request.invalid")
    assert len(thousands.content) < 10_000
    assert await house.statuses(plan) == {"AVAILABLE"}
    assert (await house.hold(plan, plan.seats[:1])).status_code == 201
    assert (await house.hold(plan, plan.seats[1 : MAX + 1])).status_code == 201


async def test_a_hundred_seats_are_held_where_the_plan_allows_them(house: House) -> None:
    plan = await house.open(max_seats=100)
    assert problem(await house.hold(plan, plan.seats[:101])) == (400, "request.invalid")
    held = await house.hold(plan, plan.seats[:100])
    assert held.status_code == 201 and len(held.json()["seats"]) == 100


async def test_a_seat_that_is_named_twice_is_pointed_at(house: House) -> None:
    plan = await house.open()
    refused = await house.hold(plan, (plan.seats[0], plan.seats[1], plan.seats[0]))
    assert problem(refused) == (400, "request.invalid")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/seatIds/2"]
    assert (await house.hold(plan, (plan.seats[0].upper(), plan.seats[1]))).status_code == 201


async def test_seats_of_another_plan_or_tenant_look_like_seats_that_do_not_exist(house: House) -> None:
    plan, other, elsewhere = await house.open(), await house.open(), await house.open(CLUB)
    await house.hold(elsewhere, elsewhere.seats[1:2], tenant=CLUB)
    await house.hold(other, other.seats[1:2])
    strange = [str(uuid4()), other.seats[0], other.seats[1], elsewhere.seats[0], elsewhere.seats[1]]
    answers = [await house.hold(plan, (plan.seats[0], seat)) for seat in strange]
    assert {problem(answer) for answer in answers} == {(422, "seating.unknown_seat")}
    assert len({told(answer, seat) for answer, seat in zip(answers, strange, strict=True)}) == 1
    assert await house.statuses(plan) == {"AVAILABLE"}


async def test_the_plan_of_another_tenant_looks_like_one_that_does_not_exist(house: House) -> None:
    elsewhere = await house.open(CLUB)
    nowhere = Plan(str(uuid4()), elsewhere.seats)
    asks: list[Callable[[Plan], Awaitable[httpx.Response]]] = [
        lambda plan: house.hold(plan, plan.seats[:1]),
        lambda plan: house.best(plan, 1),
        lambda plan: house.send("GET", f"/seating-plans/{plan.id}/seats"),
        lambda plan: house.block(plan, plan.seats[:1], reason="camera"),
    ]
    for ask in asks:
        theirs, none = await ask(elsewhere), await ask(nowhere)
        assert problem(theirs) == (404, "seating.plan_not_found")
        assert told(theirs, elsewhere.id) == told(none, nowhere.id)


async def test_a_blocked_seat_looks_like_a_taken_one(house: House) -> None:
    plan = await house.open()
    assert (await house.block(plan, plan.seats[:1], reason="the mayor's seat")).status_code == 200
    blocked = await house.hold(plan, plan.seats[:1])
    assert problem(blocked) == (409, "seating.seat_taken")
    assert "mayor" not in blocked.text
    await house.send("POST", f"/seating-plans/{plan.id}/seats/unblock", {"seatIds": [plan.seats[0]]}, by=MANAGER)
    await house.hold(plan, plan.seats[:1], by=BEN)
    assert told(await house.hold(plan, plan.seats[:1])) == told(blocked)


async def test_a_reservation_id_means_nothing_in_another_tenant(house: House) -> None:
    plan, elsewhere = await house.open(), await house.open(CLUB)
    id = str(uuid4())
    ours = await house.hold(plan, plan.seats[:2], id=id)
    theirs = await house.hold(elsewhere, elsewhere.seats[:3], id=id, tenant=CLUB, by=BEN)
    assert (ours.status_code, theirs.status_code) == (201, 201)
    path = f"/holds/{id}"
    assert len((await house.send("GET", path)).json()["seats"]) == 2
    assert len((await house.send("GET", path, tenant=CLUB, by=BEN)).json()["seats"]) == 3
    assert problem(await house.send("DELETE", path, tenant=CLUB)) == (403, "seating.not_holder")
    assert (await house.send("DELETE", path)).status_code == 204
    assert (await house.send("GET", path, tenant=CLUB, by=BEN)).json()["status"] == "HELD"


async def test_a_hold_of_another_tenant_looks_like_one_that_does_not_exist(house: House) -> None:
    elsewhere = await house.open(CLUB)
    held = (await house.hold(elsewhere, elsewhere.seats[:1], tenant=CLUB)).json()
    theirs, nobodys = held["reservationId"], str(uuid4())
    for method, tail in (("GET", ""), ("POST", "/extend"), ("DELETE", "")):
        seen = await house.send(method, f"/holds/{theirs}{tail}", hold_token=held["holdToken"])
        none = await house.send(method, f"/holds/{nobodys}{tail}", hold_token=held["holdToken"])
        assert problem(seen) == (404, "seating.reservation_not_found")
        assert told(seen, theirs) == told(none, nobodys)


async def test_an_id_that_is_taken_tells_a_stranger_nothing_of_the_hold(house: House) -> None:
    plan = await house.open()
    id = str(uuid4())
    held = (await house.hold(plan, plan.seats[:1], id=id)).json()
    same, others = [await house.hold(plan, plan.seats[at : at + 1], id=id, by=BEN) for at in (0, 5)]
    assert problem(same) == (409, "seating.reservation_conflict")
    assert told(same) == told(others)
    assert held["holdToken"] not in same.text


@pytest.mark.parametrize("quantity", [-1, 0, 101, 10_000, 2**63, 2**70, 1.5, "two", None, True])
async def test_a_number_of_best_seats_that_is_none_is_refused(house: House, quantity: object) -> None:
    plan = await house.open()
    assert problem(await house.best(plan, quantity)) == (400, "request.invalid")
    assert await house.statuses(plan) == {"AVAILABLE"}


async def test_more_of_the_best_seats_than_are_left_or_allowed_are_refused(house: House) -> None:
    plan = await house.open(max_seats=100)
    assert (await house.best(plan, 100)).status_code == 409  # no hundred are side by side
    assert (await house.hold(plan, plan.seats[:100])).status_code == 201
    assert problem(await house.best(plan, 21, by=BEN)) == (409, "seating.not_enough_seats")
    body = {"reservationId": str(uuid4()), "bestAvailable": {"quantity": 20, "allowSplit": True}}
    assert (await house.send("POST", f"/seating-plans/{plan.id}/holds", body, by=BEN)).status_code == 201
    assert problem(await house.best(plan, 1, by=BEN)) == (409, "seating.not_enough_seats")
    small = await house.open()
    assert problem(await house.best(small, MAX + 1)) == (422, "seating.too_many_seats")


async def test_a_hold_token_opens_its_own_hold_alone_and_only_while_that_lives(house: House) -> None:
    plan = await house.open()
    mine = (await house.hold(plan, plan.seats[:1])).json()
    other = (await house.hold(plan, plan.seats[1:2])).json()
    path = f"/holds/{mine['reservationId']}"
    for wrong in (other["holdToken"], mine["holdToken"][:-1], mine["holdToken"].swapcase(), "x", None):
        for method, tail in (("GET", ""), ("POST", "/extend"), ("DELETE", "")):
            refused = await house.send(method, path + tail, by=BEN, hold_token=wrong)
            assert problem(refused) == (403, "seating.not_holder"), wrong
    too_long = await house.send("GET", path, by=BEN, hold_token="x" * 201)
    assert problem(too_long) == (400, "request.invalid")
    house.clock.move(seconds=60)
    assert (await house.send("POST", f"{path}/extend", by=BEN, hold_token=mine["holdToken"])).status_code == 200
    house.clock.move(seconds=600)
    ended = await house.send("POST", f"{path}/extend", by=BEN, hold_token=mine["holdToken"])
    assert problem(ended) == (409, "seating.reservation_expired")
    assert (await house.hold(plan, plan.seats[:1], by=BEN)).status_code == 201


async def test_access_tokens_that_are_over_or_foreign_hold_nothing(house: House) -> None:
    plan = await house.open()
    old = await house.token(ANN, issued=house.clock.now() - timedelta(minutes=15))
    foreign = await replace(house, keys=SigningKeys.generate()).token(ANN)
    staff_elsewhere = await house.token(ANN, staff_of=CLUB)
    for token, answer in (
        (old, (401, "identity.invalid_token")),
        (foreign, (401, "identity.invalid_token")),
        ("x", (401, "identity.invalid_token")),
        (staff_elsewhere, (403, "access.forbidden")),  # it names another tenant than the header does
    ):
        assert problem(await house.hold(plan, plan.seats[:1], token=token)) == answer
    assert await house.statuses(plan) == {"AVAILABLE"}
    still_good = await house.token(ANN, issued=house.clock.now() - timedelta(minutes=14, seconds=59))
    assert (await house.hold(plan, plan.seats[:1], token=still_good)).status_code == 201


async def test_a_plan_that_is_taken_off_sale_keeps_its_holds_and_gives_no_new_ones(house: House) -> None:
    plan = await house.open()
    held = (await house.hold(plan, plan.seats[:2])).json()
    id, path = held["reservationId"], f"/holds/{held['reservationId']}"
    gone = await house.send("POST", f"/seating-plans/{plan.id}/deactivate", by=MANAGER)
    assert gone.status_code == 200
    assert problem(await house.hold(plan, plan.seats[2:3])) == (409, "seating.plan_not_active")
    assert problem(await house.best(plan, 1, by=BEN)) == (409, "seating.plan_not_active")
    assert (await house.hold(plan, plan.seats[:2], id=id)).status_code == 201  # the same hold again
    house.clock.move(seconds=60)
    assert (await house.send("POST", f"{path}/extend")).status_code == 200
    seating = await house.container.get(SeatingApi)
    order, until = uuid4(), house.clock.now() + timedelta(minutes=15)
    reserved = await seating.reserve(
        tenant_id=HALL, reservation_id=UUID(id), order_id=order, account_id=ANN, hold_token=None, until=until
    )
    assert {str(seat.seat_id) for seat in reserved.seats} == set(plan.seats[:2])
    await seating.finalise(tenant_id=HALL, reservation_id=UUID(id), order_id=order)
    assert (await house.send("GET", path)).json()["status"] == "SOLD"


@pytest.mark.parametrize("odd", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2030-01-01T10:00:00"])
async def test_a_time_that_is_no_moment_in_utc_is_refused_by_its_pointer(house: House, odd: str) -> None:
    plan = await house.open()
    path, seats = f"/seating-plans/{plan.id}", list(plan.seats[:1])
    kept = {"name": "Club", "seatIds": seats}
    allotment = (await house.send("POST", f"{path}/allotments", kept, by=MANAGER)).json()["id"]
    for method, where, body, member in (
        ("POST", "seats/block", {"seatIds": seats, "reason": "camera"}, "until"),
        ("POST", "allotments", {"name": "Press", "seatIds": list(plan.seats[1:2])}, "releasesAt"),
        ("PATCH", f"allotments/{allotment}", {}, "releasesAt"),
        ("PUT", "accessible-release", {}, "releasesAt"),
    ):
        refused = await house.send(method, f"{path}/{where}", body | {member: odd}, by=MANAGER)
        assert problem(refused) == (400, "request.invalid"), where
        assert [each["pointer"] for each in refused.json()["errors"]] == [f"/{member}"]
