"""The seating routes as a client sees them, on a real venue_db; tickets and venues keep their promises in memory."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, override
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.http.allotments import AllotmentController
from adapters.http.app import ServiceRoutes
from adapters.http.holds import HoldController
from adapters.http.seat_blocks import SeatBlockController
from adapters.http.seat_map_answers import SeatMapAnswers
from adapters.http.seating import SeatingPlanController
from adapters.memory.clock import MemoryClock
from adapters.memory.hold_budget import MemoryHoldBudget
from adapters.memory.seat_map import MemorySeatMapFeed
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.postgres.seating_batches import BatchedHolds
from adapters.postgres.seating_holds import PostgresHolds
from adapters.system.hold_tokens import RandomHoldTokens
from adapters.system.ids import Uuid7Source
from core.seating.hold_budget import HoldTerms
from ports.idempotency import IdempotencyStore
from ports.ids import IdSource
from ports.published.identity import TokenVerifier, VerifiedToken
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.ticketing import TicketingApi, TicketOnSale
from tests.published_builders import Halls, a_ticket_on_sale
from tests.seating_world import granting
from tests.service_client import app_of, client_of, container_of
from usecases.seating.activate_plan import ActivatePlan, DeactivatePlan
from usecases.seating.allot_seats import (
    AllotSeats,
    ChangeAllotment,
    ListAllotments,
    ReadSeatAudit,
    ReleaseAllotment,
)
from usecases.seating.block_seats import BlockSeats, UnblockSeats
from usecases.seating.create_plan import CreatePlan
from usecases.seating.hold_best_available import HoldBestAvailable
from usecases.seating.hold_chosen_seats import HoldChosenSeats
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.looking import Pictures
from usecases.seating.manage_hold import ExtendHold, ReadHold, ReleaseHold
from usecases.seating.plan_sources import RequestLimit
from usecases.seating.read_plan import ListPlans, ReadPlan, ValidatePlan
from usecases.seating.release_accessible import ReleaseAccessible
from usecases.seating.replace_price_tiers import ReplacePriceTiers
from usecases.seating.seats_snapshot import SeatsSnapshot
from usecases.seating.spend_hold_budget import SpendHoldBudget

HALL: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "src/adapters/embedded/data/riethsporthalle.json").read_text()
)
TENANT = UUID("01935000-0000-7000-8000-000000000001")
OTHER_TENANT = UUID("01935000-0000-7000-8000-000000000002")
VENUE = UUID("01935000-0000-7000-8000-00000000000a")
ASSIGNED_TICKET = UUID("01935000-0000-7000-8000-00000000000b")


class NamedTokens(TokenVerifier):
    """Tokens such as `fan-1` and `manager`."""

    @override
    async def verify(self, token: str) -> VerifiedToken:
        kind, _, number = token.partition("-")
        if kind == "manager":
            return VerifiedToken(account_id=UUID(int=1), tenant_id=TENANT, role="manager")
        return VerifiedToken(account_id=UUID(int=100 + int(number)))


@dataclass
class AnyTicket(TicketingApi):
    """Every ticket of our tenant is a seat for 20.00 EUR, of the buyer's choice but for the one that is assigned."""

    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    away: bool = False

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        if tenant_id != TENANT:
            raise RefusedError("ticketing.not_found", "There is no such ticket.")
        if self.away:
            raise LinkUnavailableError("ticketing")
        kind = "SEATED_AUTO" if ticket_id == ASSIGNED_TICKET else "SEATED_MANUAL"
        return a_ticket_on_sale(ticket_id, venue_id=VENUE, price_minor=2000, ticket_type=kind, **self.facts)


@dataclass
class BoxOffice:
    client: httpx.AsyncClient
    clock: MemoryClock
    ticketing: AnyTicket

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "fan-1",
        tenant: UUID = TENANT,
        **headers: str,
    ) -> httpx.Response:
        named = {"Authorization": f"Bearer {token}", "X-Tenant-ID": str(tenant)} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=named)

    async def create(self, source: dict[str, Any], **more: Any) -> httpx.Response:
        body = {"ticketId": str(uuid4()), "venueId": str(VENUE), "name": "Match", "source": source, **more}
        return await self.send("POST", "/seating-plans", body, token="manager")

    async def on_sale(self) -> tuple[str, list[dict[str, Any]]]:
        plan = (await self.create({"format": "seating-plan", "plan": HALL})).json()
        answer = await self.send("POST", f"/seating-plans/{plan['id']}/activate", token="manager")
        assert answer.status_code == 200 and answer.json()["status"] == "active"
        seats = (await self.send("GET", f"/seating-plans/{plan['id']}/seats")).json()["seats"]
        return plan["id"], seats

    async def hold(self, plan: str, seats: list[dict[str, Any]], **more: Any) -> httpx.Response:
        body = {"reservationId": str(uuid4()), "seatIds": [seat["id"] for seat in seats]}
        return await self.send("POST", f"/seating-plans/{plan}/holds", body, **more)


@pytest.fixture
async def office(venue_db: Database) -> AsyncIterator[BoxOffice]:
    clock, ids = MemoryClock(), Uuid7Source()
    app_pool = await open_pool(venue_db.app_url, connections_max=4)
    relay_pool = await open_pool(venue_db.relay_url, connections_max=1)
    store = PostgresSeatingTransactions(app_pool, ids)
    holds = BatchedHolds(app_pool, ids, alone=PostgresHolds(app_pool, ids, store))
    ticketing = AnyTicket()
    grant = granting(holds, store, ticketing)
    catalogues = grant.catalogues
    hold = HoldSeats(grant, RandomHoldTokens(), clock)
    pictures = Pictures(store, catalogues, clock)
    made: dict[Any, object] = {
        CreatePlan: CreatePlan(store, ticketing, Halls(), clock, ids, RequestLimit()),
        ReadPlan: ReadPlan(store, clock),
        ListPlans: ListPlans(store),
        ValidatePlan: ValidatePlan(store),
        ReplacePriceTiers: ReplacePriceTiers(store, clock),
        ActivatePlan: ActivatePlan(store, clock),
        DeactivatePlan: DeactivatePlan(store, clock),
        SeatsSnapshot: SeatsSnapshot(store, catalogues, MemorySeatMapFeed(), clock),
        SeatMapAnswers: SeatMapAnswers(),
        BlockSeats: BlockSeats(store, clock),
        AllotSeats: AllotSeats(store, catalogues, clock, ids),
        ListAllotments: ListAllotments(store),
        ChangeAllotment: ChangeAllotment(store, catalogues, clock),
        ReleaseAllotment: ReleaseAllotment(store, clock),
        ReleaseAccessible: ReleaseAccessible(store, catalogues, clock),
        ReadSeatAudit: ReadSeatAudit(store),
        UnblockSeats: UnblockSeats(store, clock),
        HoldChosenSeats: HoldChosenSeats(store, pictures, hold),
        HoldBestAvailable: HoldBestAvailable(store, pictures, hold),
        SpendHoldBudget: SpendHoldBudget(MemoryHoldBudget(60), HoldTerms(0, 0), clock),
        ReadHold: ReadHold(store, clock),
        ExtendHold: ExtendHold(store, clock),
        ReleaseHold: ReleaseHold(store, clock),
        IdSource: ids,
        IdempotencyStore: PostgresIdempotencyStore(app_pool, relay_pool),
    }
    container = container_of(made)
    routes = ServiceRoutes(
        "venue", container, (SeatingPlanController, SeatBlockController, AllotmentController, HoldController)
    )
    app = app_of(routes, verifier=NamedTokens(), clock=clock, request_bytes_max=1_000_000)
    try:
        async with client_of(app, timeout_s=60) as client:
            yield BoxOffice(client, clock, ticketing)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["code"]


async def test_the_riethsporthalle_is_imported_priced_and_put_on_sale(office: BoxOffice) -> None:
    answer = await office.create({"format": "seating-plan", "plan": HALL}, pricingMode="section")
    plan = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/seating-plans/{plan['id']}"
    assert (plan["seatsCount"], plan["version"], plan["report"]["errors"]) == (1221, 1, [])
    tiers = [
        {"name": name, "price": {"amount": amount, "currency": "EUR"}, "categories": [name]}
        for name, amount in (("Kategorie I", 2500), ("Kategorie II", 1800), ("VIP", 9900))
    ]
    path = f"/seating-plans/{plan['id']}"
    assert problem(await office.send("PUT", f"{path}/price-tiers", tiers, token="manager"))[0] == 428
    stale = await office.send("PUT", f"{path}/price-tiers", tiers, token="manager", If_Match='"v9"')
    assert problem(stale) == (412, "request.stale_version")
    priced = await office.send("PUT", f"{path}/price-tiers", tiers, token="manager", If_Match=answer.headers["etag"])
    assert priced.status_code == 200 and priced.headers["etag"] == '"v2"'
    assert (await office.send("POST", f"{path}/validate", token="manager")).json() == {"errors": [], "warnings": []}
    active = await office.send("POST", f"{path}/activate", token="manager", If_Match='"v2"')
    assert active.json()["status"] == "active"
    seats = (await office.send("GET", f"{path}/seats")).json()
    assert seats["planVersion"] == 3 and len(seats["seats"]) == 1221
    first = seats["seats"][0]
    assert (first["label"], first["row"], first["status"], first["price"]) == (
        "1-1",
        "1",
        "AVAILABLE",
        {"amount": 1800, "currency": "EUR"},
    )


async def test_a_price_changes_at_its_time_in_the_plan_the_map_and_the_holds(office: BoxOffice) -> None:
    plan, seats = await office.on_sale()
    path, noon = f"/seating-plans/{plan}", office.clock.now() + timedelta(hours=1)
    tier = {
        "name": "Front",
        "price": {"amount": 1500, "currency": "EUR"},
        "seatIds": [seats[0]["id"], seats[1]["id"]],
        "changes": [
            {"at": "2001-01-01T01:00:00+01:00", "price": {"amount": 1800, "currency": "EUR"}},
            {"at": noon.isoformat(), "price": {"amount": 2100, "currency": "EUR"}},
        ],
    }
    priced = await office.send("PUT", f"{path}/price-tiers", [tier], token="manager", If_Match='"v2"')
    changes = [
        {"at": "2001-01-01T00:00:00Z", "price": {"amount": 1800, "currency": "EUR"}},
        {"at": noon.isoformat().replace("+00:00", "Z"), "price": {"amount": 2100, "currency": "EUR"}},
    ]
    [shown] = priced.json()["priceTiers"]
    assert (shown["price"]["amount"], shown["changes"]) == (1800, changes)

    async def told(now: datetime) -> tuple[object, ...]:
        office.clock.moment = now
        at_hand = [(await office.send("GET", f"{path}{query}")).json() for query in ("", "/seats")]
        compact = (await office.send("GET", f"{path}/seats?format=compact")).json()
        assert [body["priceTiers"] for body in at_hand] == [compact["priceTiers"]] * 2
        assert compact["seats"]["price"][0] == at_hand[1]["seats"][0]["price"]["amount"]
        assert compact["pricesChangeAt"] == at_hand[1]["pricesChangeAt"]
        return compact["priceTiers"][0]["price"]["amount"], compact["seats"]["price"][0], compact["pricesChangeAt"]

    assert await told(noon - timedelta(microseconds=1)) == (1800, 1800, changes[1]["at"])
    before = await office.hold(plan, seats[:1])
    assert await told(noon) == (2100, 2100, None)
    after = await office.hold(plan, seats[1:2])
    assert [answer.json()["total"]["amount"] for answer in (before, after)] == [1800, 2100]
    wish = {"quantity": 1, "priceTierIds": [shown["id"]], "priceMax": {"amount": 2099, "currency": "EUR"}}
    body = {"reservationId": str(uuid4()), "bestAvailable": wish}
    refused = await office.send("POST", f"{path}/holds", body)
    assert problem(refused) == (409, "seating.not_enough_seats")


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ([("2030-01-01T00:00:00Z", 1), ("2030-01-01T01:00:00+01:00", 2)], 422, "/0/changes/1/at"),
        ([("2030-01-02T00:00:00Z", 1), ("2030-01-01T00:00:00Z", 2)], 422, "/0/changes/1/at"),
        ([("9999-12-31T23:59:59-23:59", 1)], 400, "/0/changes/0/at"),
        ([("2030-01-01T00:00:00", 1)], 400, "/0/changes/0/at"),
        ([("soon", 1)], 400, "/0/changes/0/at"),
        ([("2030-01-01T00:00:00Z", -1)], 400, "/0/changes/0/price/amount"),
        ([("2030-01-01T00:00:00Z", 1, "USD")], 422, "/0/changes/0/price/currency"),
        ([(f"20{year}-01-01T00:00:00Z", 1) for year in range(30, 51)], 400, "/0/changes"),
    ],
)
async def test_changes_of_a_price_that_cannot_be_are_refused_with_their_place(
    office: BoxOffice, changes: list[tuple[Any, ...]], status: int, pointer: str
) -> None:
    plan, seats = await office.on_sale()
    bodies = [
        {"at": at, "price": {"amount": amount, "currency": "".join(currency) or "EUR"}}
        for at, amount, *currency in changes
    ]
    tier = {"name": "A", "price": {"amount": 1, "currency": "EUR"}, "seatIds": [seats[0]["id"]], "changes": bodies}
    path = f"/seating-plans/{plan}/price-tiers"
    refused = await office.send("PUT", path, [tier], token="manager", If_Match='"v2"')
    assert problem(refused)[0] == status, refused.text
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


async def test_a_map_is_sent_again_only_when_it_changed_and_with_the_fields_asked_for(office: BoxOffice) -> None:
    plan, seats = await office.on_sale()
    path = f"/seating-plans/{plan}/seats?fields=status"
    first = await office.send("GET", path)
    assert set(first.json()["seats"][0]) == {"id", "status"}
    again = await office.send("GET", path, If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    await office.hold(plan, seats[:1])
    changed = await office.send("GET", path, If_None_Match=first.headers["etag"], Cache_Control="no-cache")
    assert changed.status_code == 200 and changed.json()["seats"][0]["status"] == "HELD"
    assert problem(await office.send("GET", f"/seating-plans/{plan}/seats?fields=colour"))[0] == 400


async def test_a_map_comes_packed_as_the_client_likes_it_and_each_packing_has_a_tag(office: BoxOffice) -> None:
    plan, _ = await office.on_sale()
    path = f"/seating-plans/{plan}/seats"
    plain = await office.send("GET", path, Accept_Encoding="identity")
    tags: set[str] = set()
    for coding in ("identity", "gzip", "zstd"):
        answer = await office.send("GET", path, Accept_Encoding=coding)
        assert answer.headers.get("content-encoding", "identity") == coding
        assert (answer.headers["vary"], answer.headers["cache-control"]) == ("Accept-Encoding", "private, no-cache")
        assert answer.json() == plain.json(), "the client unpacks it by itself"
        tag = answer.headers["etag"]
        tags.add(tag)
        for known in (tag, f'"other", W/{tag}', "*"):
            again = await office.send("GET", path, Accept_Encoding=coding, If_None_Match=known)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert again.headers["vary"] == "Accept-Encoding"
    assert len(tags) == 3
    crossed = await office.send("GET", path, Accept_Encoding="gzip", If_None_Match=plain.headers["etag"])
    assert crossed.status_code == 200


async def test_a_map_comes_in_columns_and_then_as_letters_alone(office: BoxOffice) -> None:
    plan, seats = await office.on_sale()
    path = f"/seating-plans/{plan}/seats?format=compact"
    columns = (await office.send("GET", path)).json()
    assert columns["seats"]["id"] == [seat["id"] for seat in seats]
    assert columns["states"] == "A" * len(seats)
    await office.hold(plan, seats[1:3])
    states = (await office.send("GET", f"{path}&fields=status", Cache_Control="no-cache")).json()
    assert set(states) == {"planId", "planVersion", "pricesChangeAt", "eventId", "states"}
    assert states["states"] == "AHH" + "A" * (len(seats) - 3)
    office.clock.move(seconds=1)
    assert (await office.send("GET", path)).json()["states"] == states["states"]
    assert problem(await office.send("GET", f"/seating-plans/{plan}/seats?format=odd"))[0] == 400


async def test_a_map_that_was_just_sent_is_still_not_there_for_another_organisation(office: BoxOffice) -> None:
    plan, _ = await office.on_sale()
    path = f"/seating-plans/{plan}/seats"
    tag = (await office.send("GET", path)).headers["etag"]
    for headers in ({}, {"If_None_Match": tag}, {"If_None_Match": "*"}):
        stranger = await office.send("GET", path, tenant=uuid4(), **headers)
        assert problem(stranger) == (404, "seating.plan_not_found")


async def test_a_hold_is_made_repeated_read_extended_and_released(office: BoxOffice) -> None:
    plan, seats = await office.on_sale()
    body = {"reservationId": str(uuid4()), "seatIds": [seats[1]["id"], seats[0]["id"]]}
    answer = await office.send("POST", f"/seating-plans/{plan}/holds", body)
    hold = answer.json()
    assert answer.status_code == 201 and hold["holdToken"] and hold["adjacent"] is True
    assert [seat["label"] for seat in hold["seats"]] == ["1-1", "1-2"]
    assert hold["total"] == {"amount": 4000, "currency": "EUR"}
    again = await office.send("POST", f"/seating-plans/{plan}/holds", body)
    assert again.status_code == 201 and again.json() == hold | {"holdToken": None}
    path = f"/holds/{hold['reservationId']}"
    assert (await office.send("GET", path)).json()["expiresAt"] == hold["expiresAt"]
    assert problem(await office.send("GET", path, token="fan-2")) == (403, "seating.not_holder")
    assert (await office.send("GET", path, token="fan-2", X_Hold_Token=hold["holdToken"])).status_code == 200
    assert problem(await office.send("GET", path, tenant=OTHER_TENANT))[0] == 404
    office.clock.move(seconds=60)
    assert (await office.send("POST", f"{path}/extend")).json()["expiresAt"] > hold["expiresAt"]
    assert problem(await office.send("DELETE", path, token="fan-2")) == (403, "seating.not_holder")
    for _ in range(2):
        assert (await office.send("DELETE", path)).status_code == 204
    assert (await office.send("GET", path)).json()["status"] == "RELEASED"


@pytest.mark.parametrize(
    "facts, code, clerk_may",
    [
        ({"sales_from": MemoryClock().now() + timedelta(milliseconds=1)}, "seating.sales_not_open", True),
        ({"sales_from": MemoryClock().now()}, None, True),
        ({"sales_until": MemoryClock().now() + timedelta(milliseconds=1)}, None, True),
        ({"sales_until": MemoryClock().now()}, "seating.sales_closed", True),
        ({"status": "draft"}, "seating.ticket_not_on_sale", False),
    ],
)
async def test_seats_are_held_by_name_and_by_wish_while_the_ticket_is_on_sale(
    office: BoxOffice, facts: dict[str, Any], code: str | None, clerk_may: bool
) -> None:
    plan, seats = await office.on_sale()
    office.ticketing.facts = facts

    async def wish(**more: Any) -> httpx.Response:
        body = {"reservationId": str(uuid4()), "bestAvailable": {"quantity": 1}}
        return await office.send("POST", f"/seating-plans/{plan}/holds", body, **more)

    for answer in (await office.hold(plan, seats[:1]), await wish()):
        if code is None:
            assert answer.status_code == 201, answer.text
        else:
            assert problem(answer) == (409, code)
    for answer in (await office.hold(plan, seats[1:2], token="manager"), await wish(token="manager")):
        assert answer.status_code == (201 if clerk_may else 409), answer.text


async def test_a_hold_waits_for_a_word_from_ticketing_and_is_answered_503_without(office: BoxOffice) -> None:
    plan, seats = await office.on_sale()
    office.ticketing.away = True
    assert problem(await office.hold(plan, seats[:1])) == (503, "service.unavailable")
    office.ticketing.away = False
    assert (await office.hold(plan, seats[:1])).status_code == 201
    office.ticketing.away = True
    office.clock.move(seconds=30)
    assert (await office.hold(plan, seats[1:2])).status_code == 201


async def test_the_best_seats_are_held_on_a_wish_and_the_same_wish_gives_the_same(office: BoxOffice) -> None:
    plan, _ = await office.on_sale()
    path = f"/seating-plans/{plan}/holds"
    wish = {"quantity": 4, "priceMax": {"amount": 2000, "currency": "EUR"}}
    body = {"reservationId": str(uuid4()), "bestAvailable": wish}
    answer = await office.send("POST", path, body)
    hold = answer.json()
    assert answer.status_code == 201 and len(hold["seats"]) == 4 and hold["holdToken"]
    assert hold["adjacent"] is True and hold["explanation"].startswith("4 seats side by side in ")
    again = await office.send("POST", path, body)
    assert again.status_code == 201 and again.json() == hold | {"holdToken": None}
    other = await office.send("POST", path, {"reservationId": str(uuid4()), "bestAvailable": wish}, token="fan-2")
    assert not {seat["id"] for seat in other.json()["seats"]} & {seat["id"] for seat in hold["seats"]}


@pytest.mark.parametrize(
    ("wish", "answer"),
    [
        ({"quantity": 0}, (400, "request.invalid")),
        ({"quantity": 2, "sectionIds": []}, (400, "request.invalid")),
        ({"quantity": 11}, (422, "seating.too_many_seats")),
        ({"quantity": 1, "accessible": True}, (409, "seating.not_enough_seats")),
        ({"quantity": 1, "accessible": True, "companions": 1}, (409, "seating.not_enough_seats")),
        ({"quantity": 9, "accessible": True, "companions": 2}, (422, "seating.too_many_seats")),
        ({"quantity": 1, "companions": 1}, (400, "request.invalid")),
        ({"quantity": 1, "accessible": True, "companions": 101}, (400, "request.invalid")),
        ({"quantity": 1, "sectionIds": [str(VENUE)]}, (409, "seating.not_enough_seats")),
        ({"quantity": 1, "priceTierIds": [str(VENUE)]}, (409, "seating.not_enough_seats")),
        ({"quantity": 1, "priceMax": {"amount": 1999, "currency": "EUR"}}, (409, "seating.not_enough_seats")),
        ({"quantity": 1, "priceMax": {"amount": 2000, "currency": "USD"}}, (400, "request.invalid")),
    ],
)
async def test_a_wish_that_cannot_be_granted_is_refused_with_its_reason(
    office: BoxOffice, wish: dict[str, Any], answer: tuple[int, str]
) -> None:
    plan, _ = await office.on_sale()
    body = {"reservationId": str(uuid4()), "bestAvailable": wish}
    assert problem(await office.send("POST", f"/seating-plans/{plan}/holds", body)) == answer


async def test_a_hold_names_its_seats_or_wishes_for_the_best_and_not_both(office: BoxOffice) -> None:
    plan, seats = await office.on_sale()
    path, id = f"/seating-plans/{plan}/holds", str(uuid4())
    both = {"reservationId": id, "seatIds": [seats[0]["id"]], "bestAvailable": {"quantity": 1}}
    for body in (both, {"reservationId": id}):
        assert problem(await office.send("POST", path, body)) == (400, "request.invalid")


async def test_seats_of_a_plan_that_assigns_them_are_not_named_by_the_buyer(office: BoxOffice) -> None:
    grid = {"format": "grid", "sections": [{"name": "A", "rows": 2, "columns": 4}]}
    plan = (await office.create(grid, assignmentMode="auto")).json()["id"]
    await office.send("POST", f"/seating-plans/{plan}/activate", token="manager")
    seats = (await office.send("GET", f"/seating-plans/{plan}/seats")).json()["seats"]
    assert problem(await office.hold(plan, seats[:2])) == (422, "seating.seats_are_assigned")
    body = {"reservationId": str(uuid4()), "bestAvailable": {"quantity": 2}}
    held = await office.send("POST", f"/seating-plans/{plan}/holds", body)
    assert [seat["label"] for seat in held.json()["seats"]] == ["R1S1", "R1S2"]


@pytest.mark.parametrize(("ticket", "mode"), [(ASSIGNED_TICKET, "auto"), (uuid4(), "manual")])
async def test_the_kind_of_the_ticket_says_whether_buyers_may_name_seats_and_a_wish_is_granted_either_way(
    office: BoxOffice, ticket: UUID, mode: str
) -> None:
    grid = {"format": "grid", "sections": [{"name": "A", "rows": 2, "columns": 5}]}
    made = (await office.create(grid, ticketId=str(ticket))).json()
    assert made["assignmentMode"] == mode
    plan = made["id"]
    await office.send("POST", f"/seating-plans/{plan}/activate", token="manager")
    seats = (await office.send("GET", f"/seating-plans/{plan}/seats")).json()["seats"]
    named = await office.hold(plan, seats[5:7])
    if mode == "auto":
        assert problem(named) == (422, "seating.seats_are_assigned")
    else:
        assert named.status_code == 201
    body = {"reservationId": str(uuid4()), "bestAvailable": {"quantity": 3}}
    for fan in ("fan-2", "fan-2"):
        held = await office.send("POST", f"/seating-plans/{plan}/holds", body, token=fan)
        assert held.status_code == 201 and held.json()["adjacent"] is True
        assert [seat["label"] for seat in held.json()["seats"]] == ["R1S1", "R1S2", "R1S3"]
    path = f"/seating-plans/{plan}/seats?fields=status"
    shown = (await office.send("GET", path, Cache_Control="no-cache")).json()["seats"]
    taken = [seat["status"] for seat in shown].count("HELD")
    assert taken == (3 if mode == "auto" else 5)


@pytest.mark.parametrize(("rule", "status"), [("off", 201), ("warn", 201), ("enforce", 409)])
async def test_a_choice_that_leaves_a_single_seat_meets_the_rule_of_the_plan(
    office: BoxOffice, rule: str, status: int
) -> None:
    grid = {"format": "grid", "sections": [{"name": "A", "rows": 2, "columns": 6}]}
    plan = (await office.create(grid, orphanRule=rule)).json()["id"]
    await office.send("POST", f"/seating-plans/{plan}/activate", token="manager")
    seats = (await office.send("GET", f"/seating-plans/{plan}/seats")).json()["seats"]
    answer = await office.hold(plan, seats[1:3])
    assert answer.status_code == status
    if status == 409:
        assert problem(answer)[1] == "seating.seat_left_alone" and "A R1S1" in answer.json()["detail"]
    else:
        assert ("A R1S1" in answer.json()["explanation"]) == (rule == "warn")


async def test_a_taken_seat_is_a_conflict_that_names_it(office: BoxOffice) -> None:
    plan, seats = await office.on_sale()
    await office.hold(plan, seats[:2])
    refused = await office.hold(plan, [seats[2], seats[1]], token="fan-2")
    assert problem(refused) == (409, "seating.seat_taken")
    assert seats[1]["label"] in refused.json()["detail"]
    assert refused.json()["errors"] == [{"pointer": "/seatIds/1", "message": "Seat Block A 1-2 is taken."}]


async def test_the_box_office_blocks_seats_and_puts_them_back_on_sale(office: BoxOffice) -> None:
    plan, seats = await office.on_sale()
    path = f"/seating-plans/{plan}/seats"
    until = (office.clock.now() + timedelta(hours=1)).isoformat()
    body = {"seatIds": [seats[0]["id"], seats[1]["id"]], "reason": "camera", "until": until}
    assert problem(await office.send("POST", f"{path}/block", body)) == (403, "access.forbidden")
    answer = await office.send("POST", f"{path}/block", body, token="manager")
    assert answer.status_code == 200 and answer.json()["seatIds"] == body["seatIds"]
    assert (answer.json()["status"], answer.json()["planId"]) == ("BLOCKED", plan)
    shown = (await office.send("GET", f"{path}?fields=status", Cache_Control="no-cache")).json()["seats"]
    assert [seat["status"] for seat in shown[:3]] == ["BLOCKED", "BLOCKED", "AVAILABLE"]
    assert problem(await office.hold(plan, seats[1:3])) == (409, "seating.seat_taken")
    refused = await office.send("POST", f"{path}/block", body, token="manager")
    assert problem(refused) == (409, "seating.seat_taken")
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/seatIds/0", "/seatIds/1"]
    freed = await office.send("POST", f"{path}/unblock", {"seatIds": [seats[1]["id"], seats[2]["id"]]}, token="manager")
    assert freed.json() == {"planId": plan, "status": "AVAILABLE", "seatIds": [seats[1]["id"]], "until": None}
    assert (await office.hold(plan, seats[1:3])).status_code == 201


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"reason": " "}, {"seatIds": []}, {"until": "2020-01-01T00:00:00Z"}, {"until": "soon"}]
)
async def test_a_block_without_seats_a_reason_or_an_end_to_come_is_refused(
    office: BoxOffice, wrong: dict[str, Any]
) -> None:
    plan, seats = await office.on_sale()
    body = {"seatIds": [seats[0]["id"]], "reason": "camera"} | wrong
    assert problem(await office.send("POST", f"/seating-plans/{plan}/seats/block", body, token="manager"))[0] == 400


async def test_what_cannot_be_held_is_refused_with_its_reason(office: BoxOffice) -> None:
    plan, seats = await office.on_sale()
    draft = (await office.create({"format": "grid", "sections": [{"name": "A", "rows": 1, "columns": 2}]})).json()
    assert problem(await office.hold(plan, [seats[0], seats[0]])) == (400, "request.invalid")
    assert problem(await office.hold(plan, [{"id": str(uuid4())}])) == (422, "seating.unknown_seat")
    assert problem(await office.hold(plan, seats[:11])) == (422, "seating.too_many_seats")
    assert problem(await office.hold(plan, seats[:9])) == (409, "seating.max_per_user_exceeded")
    assert problem(await office.hold(draft["id"], seats[:1])) == (409, "seating.plan_not_active")
    assert problem(await office.hold(plan, seats[:1], tenant=OTHER_TENANT)) == (404, "seating.plan_not_found")
    assert problem(await office.hold(plan, []))[0] == 400
    hold = (await office.hold(plan, seats[:1])).json()
    office.clock.move(seconds=600)
    extended = await office.send("POST", f"/holds/{hold['reservationId']}/extend")
    assert problem(extended) == (409, "seating.reservation_expired")


async def test_a_plan_with_faults_is_refused_with_each_of_them(office: BoxOffice) -> None:
    plan = json.loads(json.dumps(HALL))
    seats = plan["zones"][0]["rows"][0]["seats"]
    seats[1]["seat_guid"] = seats[0]["seat_guid"]
    seats[2]["category"] = "Loge"
    refused = await office.create({"format": "seating-plan", "plan": plan})
    assert problem(refused) == (422, "seating.plan_invalid")
    first, second = (item["message"] for item in refused.json()["errors"])
    assert seats[0]["seat_guid"] in first and "Loge" in second


async def test_unknown_fields_in_a_plan_are_reported_and_in_a_body_refused(office: BoxOffice) -> None:
    plan = HALL | {"curtain": "red"}
    answer = await office.create({"format": "seating-plan", "plan": plan})
    [warning] = answer.json()["report"]["warnings"]
    assert answer.status_code == 201 and warning["pointer"] == "/source/plan/curtain"
    assert problem(await office.create({"format": "grid", "sections": [], "curtain": "red"}))[0] == 400
    assert problem(await office.create({"format": "paper"}))[0] == 400


async def test_a_fan_makes_no_plan(office: BoxOffice) -> None:
    body = {"ticketId": str(uuid4()), "venueId": str(VENUE), "name": "x", "source": {"format": "venue-sections"}}
    assert problem(await office.send("POST", "/seating-plans", body)) == (403, "access.forbidden")


@pytest.mark.parametrize("idempotency", [{}, {"Idempotency-Key": "k"}])
async def test_a_plan_of_60_mb_is_too_large_and_one_nested_10000_deep_is_refused(
    office: BoxOffice, idempotency: dict[str, str]
) -> None:
    headers = {"Authorization": "Bearer manager", "Content-Type": "application/json"} | idempotency

    async def post(content: bytes) -> httpx.Response:
        return await office.client.post("/api/v1/seating-plans", content=content, headers=headers)

    start = b'{"source":{"format":"seating-plan","plan":{"a":'
    assert problem(await post(start + b"[" * 10_000 + b"]" * 10_000 + b"}}}"))[0] == 400
    large = start + b'"' + b"x" * 60_000_000 + b'"}}}'
    assert problem(await post(large)) == (413, "request.too_large")


async def test_a_plan_larger_than_other_bodies_may_be_is_taken(office: BoxOffice) -> None:
    plan = HALL | {"padding": ["x" * 1000] * 2500}
    assert (await office.create({"format": "seating-plan", "plan": plan})).status_code == 201


async def test_seats_are_kept_for_a_code_changed_and_given_back_over_http(office: BoxOffice) -> None:
    plan, seats = await office.on_sale()
    path = f"/seating-plans/{plan}/allotments"
    body = {"name": "Presale", "seatIds": [seats[0]["id"]], "codes": ["EARLY-2026"]}
    assert problem(await office.send("POST", path, body))[0] == 403
    assert problem(await office.send("POST", path, body | {"codes": ["short"]}, token="manager"))[0] == 400
    assert problem(await office.send("POST", path, body | {"seatIds": [str(uuid4())]}, token="manager")) == (
        422,
        "seating.allotment_invalid",
    )
    created = await office.send("POST", path, body, token="manager")
    kept = created.json()
    assert created.status_code == 201 and created.headers["location"] == f"/api/v1{path}/{kept['id']}"
    assert kept == {
        "id": kept["id"],
        "name": "Presale",
        "seatIds": body["seatIds"],
        "codesCount": 1,
        "accountIds": [],
        "releasesAt": None,
    }
    refused = await office.hold(plan, seats[:2])
    assert problem(refused) == (409, "seating.seat_kept")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/seatIds/0"]
    wish = {"reservationId": str(uuid4()), "seatIds": [seats[0]["id"]], "codes": ["EARLY-2026"]}
    assert (await office.send("POST", f"/seating-plans/{plan}/holds", wish)).status_code == 201
    changed = await office.send("PATCH", f"{path}/{kept['id']}", {"seatIds": [seats[1]["id"]]}, token="manager")
    assert changed.json()["seatIds"] == [seats[1]["id"]]
    assert (await office.send("GET", path, token="manager")).json() == {"items": [changed.json()]}
    assert (await office.send("DELETE", f"{path}/{kept['id']}", token="manager")).status_code == 204
    assert problem(await office.send("DELETE", f"{path}/{kept['id']}", token="manager"))[0] == 404
    for_customer = {"reservationId": str(uuid4()), "seatIds": [seats[1]["id"]], "forAccountId": str(uuid4())}
    assert problem(await office.send("POST", f"/seating-plans/{plan}/holds", for_customer))[0] == 403
    held = await office.send("POST", f"/seating-plans/{plan}/holds", for_customer, token="manager")
    assert held.status_code == 201
    audit = await office.send("GET", f"/seating-plans/{plan}/seats/{seats[1]['id']}/audit", token="manager")
    assert [line["what"] for line in audit.json()["items"]] == ["allotted", "released", "held_for"]


async def test_accessible_seats_are_asked_for_until_staff_release_them_over_http(office: BoxOffice) -> None:
    hall = json.loads(json.dumps(HALL))
    hall["zones"][0]["rows"][0]["seats"][0]["x-fairseat"] = {"attributes": {"accessible": True}}
    plan = (await office.create({"format": "seating-plan", "plan": hall})).json()["id"]
    await office.send("POST", f"/seating-plans/{plan}/activate", token="manager")
    path = f"/seating-plans/{plan}"
    seats = (await office.send("GET", f"{path}/seats")).json()["seats"]
    [seat] = [seat for seat in seats if "accessible" in seat["attributes"]]
    assert problem(await office.hold(plan, [seat])) == (409, "seating.accessible_seat")
    needed = {"reservationId": str(uuid4()), "seatIds": [seat["id"]], "accessible": True}
    held = await office.send("POST", f"{path}/holds", needed)
    assert held.status_code == 201
    assert (await office.send("DELETE", f"/holds/{needed['reservationId']}")).status_code == 204
    wish = {"reservationId": str(uuid4()), "bestAvailable": {"quantity": 1}, "accessible": True}
    assert problem(await office.send("POST", f"{path}/holds", wish))[0] == 400

    at = (office.clock.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    release = f"{path}/accessible-release"
    assert problem(await office.send("PUT", release, {"releasesAt": at}))[0] == 403
    assert problem(await office.send("PUT", release, {}, token="manager"))[0] == 400
    assert problem(await office.send("PUT", release, {"releasesAt": "2026-01-01T10:00:00"}, token="manager"))[0] == 400
    stale = await office.send("PUT", release, {"releasesAt": at}, token="manager", If_Match='"v9"')
    assert problem(stale) == (412, "request.stale_version")
    answer = await office.send("PUT", release, {"releasesAt": at}, token="manager", If_Match='"v2"')
    assert (answer.status_code, answer.headers["etag"], answer.json()["accessibleReleasesAt"]) == (200, '"v3"', at)
    assert (await office.send("GET", path)).json()["accessibleReleasesAt"] == at
    assert problem(await office.hold(plan, [seat])) == (409, "seating.accessible_seat")
    office.clock.move(seconds=3600)
    assert (await office.hold(plan, [seat])).status_code == 201
    [line] = (await office.send("GET", f"{path}/seats/{seat['id']}/audit", token="manager")).json()["items"]
    assert (line["what"], line["until"]) == ("release_set", at)
