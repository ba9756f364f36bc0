"""The market as clients see it, on a real venue_db."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.listings import ListingController
from adapters.http.returns import ReturnController
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_listings import PostgresDueListings
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.system.ids import Uuid7Source
from core.admission.offers import OfferKind
from core.resale.policies.policy import ResalePolicy, VerificationKind
from core.shared.callers import Caller, Role
from core.shared.ids import TenantId
from core.shared.money import Money
from ports.idempotency import IdempotencyStore
from tests.admission_builders import KICK_OFF
from tests.market_world import Market
from tests.service_client import SpelledOutTokens, app_of, client_of, container_of, headers_of
from usecases.resale.buy_listing import BuyListing, GiveBackPurchase
from usecases.resale.cancel_listing import CancelListing
from usecases.resale.create_listing import CreateListing
from usecases.resale.read_listings import ListListings, ReadListing
from usecases.resale.return_pass import ReturnPass

LISTINGS = "/api/v1/listings"


@dataclass
class Stand:
    market: Market
    client: httpx.AsyncClient

    async def ask(
        self, method: str, path: str, body: object = None, *, caller: Caller | None = None, **headers: str
    ) -> httpx.Response:
        sent = headers_of(caller or self.market.seller) | headers
        return await self.client.request(method, path, json=body, headers=sent)

    async def offer(
        self, number: int = 0, *, amount: object = 3_000, currency: str = "EUR", key: str | None = None
    ) -> httpx.Response:
        passes = await self.market.passes()
        body = {"passId": str(passes[number].id), "price": {"amount": amount, "currency": currency}}
        headers = {"Idempotency-Key": key} if key is not None else {}
        return await self.client.request("POST", LISTINGS, json=body, headers=headers_of(self.market.seller) | headers)

    async def listed(self, number: int = 0, *, amount: int = 3_000) -> dict[str, Any]:
        answer = await self.offer(number, amount=amount)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()["listing"]
        return found

    async def buy(self, listing_id: str, caller: Caller | None = None) -> httpx.Response:
        return await self.ask("POST", f"{LISTINGS}/{listing_id}/purchase", caller=caller or self.market.buyer)


@pytest.fixture
async def stand(venue_db: Database) -> AsyncIterator[Stand]:
    app_pool = await open_pool(venue_db.app_url, connections_max=4)
    relay_pool = await open_pool(venue_db.relay_url, connections_max=2)
    market = Market(PostgresResaleTransactions(app_pool, Uuid7Source()), PostgresDueListings(relay_pool))
    made: dict[Any, object] = {
        CreateListing: market.create,
        ReturnPass: market.return_pass,
        ListListings: market.list,
        ReadListing: market.read,
        CancelListing: market.cancel,
        BuyListing: market.buy,
        GiveBackPurchase: market.give_back,
        IdempotencyStore: PostgresIdempotencyStore(app_pool, relay_pool),
    }
    container = container_of(made)
    routes = ServiceRoutes("venue", container, (ListingController, ReturnController))
    try:
        async with client_of(app_of(routes, verifier=SpelledOutTokens(), clock=market.clock), timeout_s=30) as client:
            yield Stand(market, client)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


async def test_a_pass_is_listed_with_the_verdict_and_what_the_seller_gets(stand: Stand) -> None:
    await stand.market.set_policy(ResalePolicy(platform_fee_basis_points=500, royalty_basis_points=200))
    stand.market.law.price_max = Money(3_300, "EUR")
    answer = await stand.offer()
    assert answer.status_code == 201, answer.text
    made = answer.json()
    listing = made["listing"]
    assert answer.headers["location"] == f"{LISTINGS}/{listing['id']}"
    assert made["maxPrice"] == {"amount": 3_300, "currency": "EUR"}
    assert (made["duties"], made["verifications"]) == (["disclose_face_value"], [])
    assert made["receiptId"] == listing["seller"]["receiptId"]
    assert (listing["status"], listing["price"]["amount"], listing["faceValue"]["amount"]) == ("OPEN", 3_000, 2_500)
    own = listing["seller"]
    assert (own["youReceive"]["amount"], own["royalty"]["amount"], own["platformFee"]["amount"]) == (2_790, 60, 150)
    assert [step["step"] for step in own["history"]] == ["listed", "opened"]
    assert (own["suspension"], own["payout"]) == (None, None)


async def test_the_same_idempotency_key_lists_once(stand: Stand) -> None:
    first, again = [await stand.offer(key="list this pass") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json() and again.headers["idempotent-replayed"] == "true"
    assert problem(await stand.offer()) == (409, "resale.already_listed")


async def test_an_unlawful_price_names_the_reasons(stand: Stand) -> None:
    stand.market.law.price_max = Money(2_500, "EUR")
    answer = await stand.offer(amount=2_501)
    assert problem(answer) == (422, "resale.unlawful")
    message = "resale.price_too_high: The law allows 25.00 EUR at most."
    assert answer.json()["errors"] == [{"pointer": "/price", "message": message}]


async def test_absurd_prices_are_refused(stand: Stand) -> None:
    for price in ({"amount": 0}, {"amount": -1}, {"amount": 100_000_000}, {"amount": 10**30}, {"amount": 25.5}):
        assert problem(await stand.offer(**price)) == (400, "request.invalid")
    assert problem(await stand.offer(currency="eur")) == (400, "request.invalid")
    assert problem(await stand.offer(currency="XXX")) == (422, "money.unknown_currency")
    assert problem(await stand.offer(currency="USD")) == (422, "money.mixed_currencies")


async def test_bad_requests_are_refused(stand: Stand) -> None:
    good = {"passId": str(uuid4()), "price": {"amount": 1, "currency": "EUR"}}
    bodies: list[object] = [{}, {**good, "passId": "x"}, {**good, "more": 1}, {**good, "price": None}, []]
    for body in bodies:
        assert problem(await stand.ask("POST", LISTINGS, body)) == (400, "request.invalid")
    assert problem(await stand.ask("POST", LISTINGS, good)) == (404, "admission.pass_not_found")
    for query in ("limit=0", "limit=201", "status=GONE", "sort=colour", "ticketId=x", "cursor=x"):
        assert problem(await stand.ask("GET", f"{LISTINGS}?{query}")) == (400, "request.invalid")
    assert problem(await stand.ask("GET", f"{LISTINGS}/{uuid4()}")) == (404, "resale.listing_not_found")
    assert problem(await stand.ask("DELETE", f"{LISTINGS}/{uuid4()}")) == (404, "resale.listing_not_found")
    assert problem(await stand.buy(str(uuid4()))) == (404, "resale.listing_not_found")
    assert problem(await stand.ask("DELETE", f"/api/v1/purchases/{uuid4()}")) == (404, "resale.reservation_not_found")
    assert (await stand.client.get(LISTINGS)).status_code == 401


async def test_a_buyer_sees_what_is_for_sale_and_not_who_sells_it(stand: Stand) -> None:
    dear, cheap = await stand.listed(0, amount=4_000), await stand.listed(1, amount=2_000)
    buyer = stand.market.buyer
    first = await stand.ask("GET", f"{LISTINGS}?sort=price&limit=1&ticketId={cheap['ticketId']}", caller=buyer)
    [shown] = first.json()["items"]
    assert (shown["id"], shown["seller"]) == (cheap["id"], None)
    assert str(stand.market.seller.account_id) not in first.text
    rest = await stand.ask("GET", f"{LISTINGS}?sort=price&limit=1&cursor={first.json()['nextCursor']}", caller=buyer)
    assert [each["id"] for each in rest.json()["items"]] == [dear["id"]] and rest.json()["nextCursor"] is None
    by_time = await stand.ask("GET", LISTINGS, caller=buyer)
    assert [each["id"] for each in by_time.json()["items"]] == [dear["id"], cheap["id"]]
    one = await stand.ask("GET", f"{LISTINGS}/{dear['id']}", caller=buyer)
    assert one.json()["seller"] is None
    assert (await stand.ask("GET", f"{LISTINGS}?ticketId={uuid4()}", caller=buyer)).json()["items"] == []


async def test_sellers_see_their_own_in_every_state_and_staff_see_all(stand: Stand) -> None:
    listing = await stand.listed()
    assert (await stand.ask("DELETE", f"{LISTINGS}/{listing['id']}")).status_code == 204
    assert (await stand.ask("GET", LISTINGS)).json()["items"] == []
    [mine] = (await stand.ask("GET", f"{LISTINGS}?mine=true&status=CANCELLED")).json()["items"]
    assert (mine["status"], mine["seller"]["history"][-1]["detail"]) == ("CANCELLED", "by its seller")
    staff = stand.market.sale.staff(Role.BOX_OFFICE)
    [found] = (await stand.ask("GET", f"{LISTINGS}?status=CANCELLED", caller=staff)).json()["items"]
    assert found["seller"]["accountId"] == str(stand.market.seller.account_id)
    hidden = await stand.ask("GET", f"{LISTINGS}?status=CANCELLED", caller=stand.market.buyer)
    assert problem(hidden) == (403, "access.forbidden")


async def test_a_buyer_is_told_what_the_law_wants_told(stand: Stand) -> None:
    listing = await stand.listed()
    answer = await stand.buy(listing["id"])
    assert answer.status_code == 201, answer.text
    bought = answer.json()
    assert (bought["listingId"], bought["price"]["amount"], bought["faceValue"]["amount"]) == (
        listing["id"],
        3_000,
        2_500,
    )
    assert bought["seat"]["label"] == "A-1-1" and bought["duties"] == ["disclose_face_value"]
    assert bought["holdToken"] and str(UUID(bought["purchaseId"])) == bought["purchaseId"]
    assert problem(await stand.buy(listing["id"], stand.market.other)) == (409, "resale.not_for_sale")
    assert problem(await stand.buy(listing["id"], stand.market.seller)) == (409, "resale.own_listing")
    shown = await stand.ask("GET", f"{LISTINGS}/{listing['id']}", caller=stand.market.buyer)
    assert shown.json()["status"] == "RESERVED"
    hidden = await stand.ask("GET", f"{LISTINGS}/{listing['id']}", caller=stand.market.other)
    assert problem(hidden) == (404, "resale.listing_not_found")


async def test_a_guest_gives_back_by_token(stand: Stand) -> None:
    listing = await stand.listed()
    bought = (await stand.buy(listing["id"])).json()
    path, other = f"/api/v1/purchases/{bought['purchaseId']}", stand.market.other
    assert problem(await stand.ask("DELETE", path, caller=other)) == (403, "resale.not_holder")
    shown = {"X-Hold-Token": bought["holdToken"]}
    assert (await stand.ask("DELETE", path, caller=other, **shown)).status_code == 204
    assert (await stand.ask("DELETE", path, caller=stand.market.buyer)).status_code == 204
    assert (await stand.buy(listing["id"], other)).status_code == 201


async def test_of_fifty_buyers_at_once_one_wins_and_the_others_are_told(stand: Stand) -> None:
    listing = await stand.listed()
    buyers = [stand.market.sale.stranger for _ in range(50)]
    answers = await asyncio.gather(*(stand.buy(listing["id"], each) for each in buyers))
    lost = [problem(answer) for answer in answers if answer.status_code != 201]
    assert lost == [(409, "resale.not_for_sale")] * 49


async def test_what_is_ordered_is_not_cancelled(stand: Stand) -> None:
    listing = await stand.listed()
    bought = (await stand.buy(listing["id"])).json()
    await stand.market.api.reserve(
        tenant_id=stand.market.tenant_id,
        reservation_id=UUID(bought["purchaseId"]),
        order_id=uuid4(),
        account_id=stand.market.buyer.account_id,
        hold_token=None,
        until=stand.market.clock.now().replace(hour=13),
    )
    assert problem(await stand.ask("DELETE", f"{LISTINGS}/{listing['id']}")) == (409, "resale.listing_ordered")
    given = await stand.ask("DELETE", f"/api/v1/purchases/{bought['purchaseId']}", caller=stand.market.buyer)
    assert problem(given) == (409, "resale.reservation_conflict")


async def test_a_blocked_person_reads_why_and_until_when(stand: Stand) -> None:
    await stand.market.block(stand.market.seller, until=stand.market.clock.now().replace(hour=13))
    answer = await stand.offer()
    assert problem(answer) == (403, "resale.person_blocked")
    assert "until 2026-11-21T13:00:00Z: Bought for others" in answer.json()["detail"]


async def test_a_pass_that_is_another_tenants_is_not_there(stand: Stand) -> None:
    [first, *_] = await stand.market.passes()
    stranger = replace(stand.market.seller, tenant_id=TenantId(uuid4()))
    body = {"passId": str(first.id), "price": {"amount": 3_000, "currency": "EUR"}}
    assert problem(await stand.ask("POST", LISTINGS, body, caller=stranger)) == (404, "admission.pass_not_found")
    assert problem(await stand.ask("POST", LISTINGS, body, caller=stand.market.buyer))[0] == 404
    listing = await stand.listed()
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/purchase")):
        answer = await stand.ask(method, f"{LISTINGS}/{listing['id']}{path}", caller=stranger)
        assert problem(answer) == (404, "resale.listing_not_found")


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("offered", "admission.pass_offered"),
        ("frozen", "admission.pass_frozen"),
        ("void", "admission.pass_void"),
        ("scanned", "admission.pass_scanned"),
    ],
)
async def test_a_pass_that_cannot_change_hands_is_not_listed_and_stays_free_to_be_listed_later(
    stand: Stand, what: str, code: str
) -> None:
    market = stand.market
    [first, *_] = await market.passes()
    match what:
        case "offered":
            await market.gatehouse.offer(
                market.tenant_id, first.id, by=market.seller.account_id, offer_id=uuid4(), kind=OfferKind.TRANSFER
            )
        case "frozen":
            await market.gatehouse.freeze(market.sale.disputed(), market.sale.delivery())
        case "void":
            await market.gatehouse.void_on_cancelled(market.sale.refunded, market.sale.delivery())
        case _:
            market.clock.moment = KICK_OFF - timedelta(hours=1)
            async with market.gatehouse.admission.begin(market.tenant_id) as tx:
                await tx.passes.save(first.entered(at=market.clock.now()))
    for _ in range(2):  # what was refused leaves no live listing behind
        assert problem(await stand.offer()) == (409, code)
    assert (await stand.ask("GET", LISTINGS)).json()["items"] == []


async def test_a_seller_brings_what_is_asked_for_first(stand: Stand) -> None:
    stand.market.law.requires = (VerificationKind.IDENTITY,)
    answer = await stand.offer()
    assert problem(answer) == (422, "resale.verification_required")
    told = "identity: bring it by POST /seller-verifications"
    assert answer.json()["errors"] == [{"pointer": "", "message": told}]


async def test_a_pass_goes_back_to_the_organiser_and_can_be_taken_back(stand: Stand) -> None:
    [first, *_] = await stand.market.passes()
    path = f"/api/v1/passes/{first.id}/return"
    answer = await stand.ask("POST", path)
    assert answer.status_code == 201, answer.text
    listing = answer.json()["listing"]
    assert answer.headers["location"] == f"{LISTINGS}/{listing['id']}"
    assert (listing["kind"], listing["price"]["amount"], listing["status"]) == ("return", 2_500, "OPEN")
    own = listing["seller"]
    assert (own["youReceive"]["amount"], own["royalty"]["amount"], own["platformFee"]["amount"]) == (2_500, 0, 0)
    assert problem(await stand.ask("POST", path)) == (409, "resale.already_listed")
    [shown] = (await stand.ask("GET", LISTINGS, caller=stand.market.buyer)).json()["items"]
    assert (shown["id"], shown["kind"]) == (listing["id"], "return")
    assert (await stand.ask("DELETE", f"{LISTINGS}/{listing['id']}")).status_code == 204
    assert (await stand.ask("POST", path)).status_code == 201


async def test_only_its_buyer_gives_a_pass_back(stand: Stand) -> None:
    [first, *_] = await stand.market.passes()
    path = f"/api/v1/passes/{first.id}/return"
    assert problem(await stand.ask("POST", path, caller=stand.market.buyer)) == (404, "admission.pass_not_found")
    assert problem(await stand.ask("POST", f"/api/v1/passes/{uuid4()}/return")) == (404, "admission.pass_not_found")
    stand.market.orders.of_orders[stand.market.sale.order_id] = uuid4()
    assert problem(await stand.ask("POST", path)) == (422, "resale.not_returnable")
