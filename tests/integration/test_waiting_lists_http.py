"""Waiting lists as clients see them, on a real venue_db."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.listings import ListingController
from adapters.http.waiting_lists import WaitingListController, WaitingOfferController
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.system.ids import Uuid7Source
from core.shared.callers import Caller, Role
from ports.idempotency import IdempotencyStore
from tests.service_client import SpelledOutTokens, app_of, client_of, container_of, headers_of
from tests.waiting_world import Queue
from usecases.resale.answer_waiting_offer import AcceptWaitingOffer, DeclineWaitingOffer, ReadWaitingOffers
from usecases.resale.buy_listing import BuyListing, GiveBackPurchase
from usecases.resale.cancel_listing import CancelListing
from usecases.resale.create_listing import CreateListing
from usecases.resale.read_listings import ListListings, ReadListing
from usecases.resale.wait_for_returns import JoinWaitingList, LeaveWaitingList, ReadWaitingList

OFFERS = "/api/v1/waiting-list/offers"


@dataclass
class Stand:
    queue: Queue
    client: httpx.AsyncClient

    @property
    def path(self) -> str:
        return f"/api/v1/tickets/{self.queue.ticket_id}/waiting-list"

    async def ask(self, method: str, path: str, body: object = None, *, caller: Caller, **sent: str) -> httpx.Response:
        return await self.client.request(method, path, json=body, headers=headers_of(caller) | sent)

    async def joined(self, caller: Caller, quantity: int = 1, **more: Any) -> dict[str, Any]:
        answer = await self.ask("POST", self.path, {"quantity": quantity, **more}, caller=caller)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
async def stand(venue_db: Database) -> AsyncIterator[Stand]:
    app_pool = await open_pool(venue_db.app_url, connections_max=4)
    relay_pool = await open_pool(venue_db.relay_url, connections_max=1)
    queue = Queue(PostgresResaleTransactions(app_pool, Uuid7Source()))
    market = queue.market
    made: dict[Any, object] = {
        JoinWaitingList: queue.join,
        LeaveWaitingList: queue.leave,
        ReadWaitingList: queue.read,
        ReadWaitingOffers: queue.offers,
        AcceptWaitingOffer: queue.accept,
        DeclineWaitingOffer: queue.decline,
        CreateListing: market.create,
        ListListings: market.list,
        ReadListing: market.read,
        CancelListing: market.cancel,
        BuyListing: market.buy,
        GiveBackPurchase: market.give_back,
        IdempotencyStore: PostgresIdempotencyStore(app_pool, relay_pool),
    }
    container = container_of(made)
    routes = ServiceRoutes("venue", container, (ListingController, WaitingListController, WaitingOfferController))
    try:
        async with client_of(app_of(routes, verifier=SpelledOutTokens(), clock=queue.clock), timeout_s=30) as client:
            yield Stand(queue, client)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


async def test_who_waits_is_told_the_place_and_staff_see_who_waits(stand: Stand) -> None:
    ann, bob = stand.queue.market.buyer, stand.queue.market.other
    first, second = await stand.joined(ann, 2, acceptFewer=True), await stand.joined(bob)
    assert (first["position"], first["status"], first["offer"], first["acceptFewer"]) == (1, "waiting", None, True)
    assert (second["position"], second["quantity"], second["acceptFewer"]) == (2, 1, False)
    mine = await stand.ask("GET", f"{stand.path}/me", caller=bob)
    assert mine.json() == second
    staff = stand.queue.market.sale.staff(Role.BOX_OFFICE)
    page = (await stand.ask("GET", f"{stand.path}?limit=1", caller=staff)).json()
    assert [each["accountId"] for each in page["items"]] == [str(ann.account_id)]
    rest = (await stand.ask("GET", f"{stand.path}?limit=1&cursor={page['nextCursor']}", caller=staff)).json()
    assert ([each["id"] for each in rest["items"]], rest["nextCursor"]) == ([second["id"]], None)
    assert problem(await stand.ask("GET", stand.path, caller=ann)) == (403, "access.forbidden")


async def test_an_offer_is_accepted_as_purchases_that_share_a_token(stand: Stand) -> None:
    ann, bob = stand.queue.market.buyer, stand.queue.market.other
    await stand.joined(ann, 2)
    [one, two] = await stand.queue.gives_back(0, 1)
    assert (await stand.ask("GET", "/api/v1/listings", caller=bob)).json()["items"] == []
    bought = await stand.ask("POST", f"/api/v1/listings/{one}/purchase", caller=bob)
    assert problem(bought) == (409, "resale.not_for_sale")
    [offer] = (await stand.ask("GET", OFFERS, caller=ann)).json()["items"]
    assert [each["listingId"] for each in offer["returns"]] == [str(one), str(two)]
    assert {each["price"]["amount"] for each in offer["returns"]} == {2_500}
    hint = (await stand.ask("GET", f"{stand.path}/me", caller=ann)).json()["offer"]
    assert hint == {"id": offer["id"], "quantity": 2, "expiresAt": offer["expiresAt"]}
    path = f"{OFFERS}/{offer['id']}/accept"
    assert problem(await stand.ask("POST", path, caller=bob)) == (404, "resale.waiting_offer_not_found")
    answer = await stand.ask("POST", path, caller=ann)
    assert answer.status_code == 201, answer.text
    made = answer.json()["purchases"]
    assert [each["listingId"] for each in made] == [str(one), str(two)]
    assert len({each["holdToken"] for each in made}) == 1 and len({each["purchaseId"] for each in made}) == 2
    again = (await stand.ask("POST", path, caller=ann)).json()["purchases"]
    assert [(each["purchaseId"], each["holdToken"]) for each in again] == [(each["purchaseId"], None) for each in made]
    assert (await stand.ask("GET", OFFERS, caller=ann)).json() == {"items": []}


async def test_the_same_idempotency_key_accepts_once_and_answers_the_token_again(stand: Stand) -> None:
    ann = stand.queue.market.buyer
    await stand.joined(ann)
    await stand.queue.gives_back(0)
    path = f"{OFFERS}/{await stand.queue.offer_of(ann)}/accept"
    key = {"Idempotency-Key": "accept this offer"}
    first, again = [await stand.ask("POST", path, caller=ann, **key) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())


async def test_what_is_declined_becomes_public(stand: Stand) -> None:
    ann, bob = stand.queue.market.buyer, stand.queue.market.other
    await stand.joined(ann)
    [listing_id] = await stand.queue.gives_back(0)
    path = f"{OFFERS}/{await stand.queue.offer_of(ann)}/decline"
    assert (await stand.ask("POST", path, caller=ann)).status_code == 204
    assert problem(await stand.ask("POST", path, caller=ann)) == (404, "resale.waiting_offer_not_found")
    [shown] = (await stand.ask("GET", "/api/v1/listings", caller=bob)).json()["items"]
    assert shown["id"] == str(listing_id)
    assert (await stand.ask("POST", f"/api/v1/listings/{listing_id}/purchase", caller=bob)).status_code == 201


async def test_who_leaves_waits_no_more(stand: Stand) -> None:
    ann = stand.queue.market.buyer
    assert problem(await stand.ask("GET", f"{stand.path}/me", caller=ann)) == (404, "resale.not_waiting")
    await stand.joined(ann)
    again = await stand.ask("POST", stand.path, {"quantity": 1}, caller=ann)
    assert problem(again) == (409, "resale.already_waiting")
    for _ in range(2):
        assert (await stand.ask("DELETE", f"{stand.path}/me", caller=ann)).status_code == 204
    assert problem(await stand.ask("GET", f"{stand.path}/me", caller=ann)) == (404, "resale.not_waiting")
    assert (await stand.joined(ann))["position"] == 1


async def test_bad_wishes_are_refused(stand: Stand) -> None:
    ann = stand.queue.market.buyer
    bodies: list[object] = [{}, [], {"quantity": 0}, {"quantity": -1}, {"quantity": 101}, {"quantity": 1.5}]
    bodies += [{"quantity": 1, "acceptFewer": None}, {"quantity": 1, "more": 1}]
    for body in bodies:
        assert problem(await stand.ask("POST", stand.path, body, caller=ann)) == (400, "request.invalid")
    many = await stand.ask("POST", stand.path, {"quantity": 9}, caller=ann)
    assert problem(many) == (422, "resale.too_many_wanted")
    for answer in ("accept", "decline"):
        found = await stand.ask("POST", f"{OFFERS}/{uuid4()}/{answer}", caller=ann)
        assert problem(found) == (404, "resale.waiting_offer_not_found")
    assert (await stand.client.get(OFFERS)).status_code == 401
