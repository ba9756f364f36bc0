"""Transfers as clients see them, on a real venue_db."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.pass_history import PassHistoryController
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.postgres.resale_transfers import PostgresDueTransfers
from adapters.system.ids import Uuid7Source
from bootstrap.containers.transfers import TRANSFER_CONTROLLERS
from bootstrap.containers.venue import venue_service
from core.resale.policies.policy import ResalePolicy
from core.shared.callers import Caller, Role
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.idempotency import IdempotencyStore
from ports.published.admission import AdmissionApi, PassesStopped
from ports.published.identity import IdentityApi, TokenVerifier, VerifiedToken
from ports.published.ticketing import TicketingApi
from tests.admission_builders import NOON
from tests.published_builders import AlwaysOnSale
from tests.service_client import (
    SpelledOutTokens,
    app_of,
    client_of,
    container_of,
    headers_of,
    served,
    settings_with,
)
from tests.transfers_world import OTHER, RECIPIENT, SENDER, TransferWorld
from usecases.resale.accept_transfer import AcceptTransfer
from usecases.resale.end_stopped_transfers import EndStoppedTransfers
from usecases.resale.end_transfer import DeclineTransfer, WithdrawTransfer
from usecases.resale.offer_transfer import OfferTransfer
from usecases.resale.read_history import ReadHistory
from usecases.resale.read_transfers import ReadTransfers
from usecases.resale.tend_transfers import TendTransfers

API = "/api/v1"
ELSEWHERE = TenantId(UUID(int=0xB))


class Tokens(TokenVerifier):
    """Knows one guest."""

    def __init__(self, guest: UUID) -> None:
        self._guest = guest

    async def verify(self, token: str) -> VerifiedToken:
        read = await SpelledOutTokens().verify(token)
        return VerifiedToken(account_id=read.account_id, guest=True) if read.account_id == self._guest else read


@dataclass
class Desk:
    world: TransferWorld
    client: httpx.AsyncClient

    async def ask(self, method: str, path: str, body: object = None, *, caller: Caller | None = None) -> httpx.Response:
        sent = headers_of(caller or self.world.sender)
        return await self.client.request(method, f"{API}{path}", json=body, headers=sent)

    async def offer(
        self, to: object = RECIPIENT, *, caller: Caller | None = None, key: str | None = None
    ) -> httpx.Response:
        pass_id = (await self.world.passes())[0].id
        headers = {"Idempotency-Key": key} if key is not None else {}
        sent = headers_of(caller or self.world.sender) | headers
        return await self.client.post(f"{API}/passes/{pass_id}/transfers", json={"toEmail": to}, headers=sent)

    async def offered(self) -> dict[str, Any]:
        answer = await self.offer()
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def accept(self, transfer_id: str, body: object = None, *, caller: Caller | None = None) -> httpx.Response:
        return await self.ask("POST", f"/transfers/{transfer_id}/accept", body, caller=caller or self.world.recipient)


@pytest.fixture
async def desk(venue_db: Database) -> AsyncIterator[Desk]:
    app_pool = await open_pool(venue_db.app_url, connections_max=4)
    relay_pool = await open_pool(venue_db.relay_url, connections_max=2)
    world = TransferWorld(PostgresResaleTransactions(app_pool, Uuid7Source()), PostgresDueTransfers(relay_pool))
    made: dict[Any, object] = {
        OfferTransfer: world.offer,
        AcceptTransfer: world.accept,
        DeclineTransfer: world.decline,
        WithdrawTransfer: world.withdraw,
        ReadTransfers: world.read,
        ReadHistory: world.history,
        Clock: world.clock,
        IdempotencyStore: PostgresIdempotencyStore(app_pool, relay_pool),
    }
    container = container_of(made)
    routes = ServiceRoutes("venue", container, (*TRANSFER_CONTROLLERS, PassHistoryController))
    app = app_of(routes, verifier=Tokens(world.other.account_id), clock=world.clock)
    try:
        async with client_of(app, timeout_s=30) as client:
            yield Desk(world, client)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["code"]


async def test_a_pass_goes_from_one_person_to_another(desk: Desk) -> None:
    world = desk.world
    answer = await desk.offer()
    assert answer.status_code == 201, answer.text
    offered = answer.json()
    assert answer.headers["location"] == f"{API}/transfers/{offered['id']}"
    assert (offered["status"], offered["toEmail"]) == ("OFFERED", RECIPIENT)
    assert (offered["fromAccountId"], offered["toAccountId"]) == (str(world.sender.account_id), None)
    assert offered["event"] == {
        "title": "Erfurt : Jena",
        "startsAt": "2026-12-11T12:00:00Z",
        "timeZone": "Europe/Berlin",
    }
    assert (offered["seatLabel"], offered["lapsesAt"]) == ("A-1-1", "2026-11-28T12:00:00Z")

    [seen] = (await desk.ask("GET", "/transfers", caller=world.recipient)).json()["items"]
    assert seen == offered | {"fromAccountId": None}
    assert (await desk.ask("GET", "/transfers?box=out")).json()["items"] == [offered]
    assert (await desk.ask("GET", f"/transfers/{offered['id']}")).json() == offered

    accepted = await desk.accept(offered["id"], {"holderName": "Ben Fan"})
    assert accepted.status_code == 200, accepted.text
    body = accepted.json()
    assert (body["status"], body["holderName"]) == ("ACCEPTED", "Ben Fan")
    assert (body["fromAccountId"], body["toAccountId"]) == (None, str(world.recipient.account_id))
    of_sender = (await desk.ask("GET", f"/transfers/{offered['id']}")).json()
    assert (of_sender["status"], of_sender["holderName"], of_sender["toAccountId"]) == ("ACCEPTED", None, None)
    assert (await world.facts()).account_id == world.recipient.account_id

    past = (await desk.ask("GET", f"/passes/{offered['passId']}/history", caller=world.recipient)).json()
    assert past["intact"]
    assert [entry["kind"] for entry in past["items"]] == ["purchase", "transfer"]
    assert past["items"][1]["toAccountId"] == str(world.recipient.account_id)
    gone = await desk.ask("GET", f"/passes/{offered['passId']}/history")
    assert problem(gone) == (404, "resale.history_not_found")


async def test_a_pass_is_accepted_without_a_body_and_again(desk: Desk) -> None:
    offered = await desk.offered()
    first, again = await desk.accept(offered["id"]), await desk.accept(offered["id"], {})
    assert (first.status_code, again.status_code) == (200, 200), first.text
    assert first.json() == again.json()


async def test_an_offer_is_declined_or_taken_back(desk: Desk) -> None:
    offered = await desk.offered()
    declined = await desk.ask("POST", f"/transfers/{offered['id']}/decline", caller=desk.world.recipient)
    assert (declined.status_code, declined.json()["status"]) == (200, "DECLINED")
    again = await desk.offered()
    for _ in range(2):
        taken = await desk.ask("DELETE", f"/transfers/{again['id']}")
        assert (taken.status_code, taken.content) == (204, b"")
    assert problem(await desk.accept(again["id"])) == (409, "resale.transfer_conflict")
    assert (await desk.world.facts()).offer_id is None


async def test_an_answer_is_given_again_to_the_same_key(desk: Desk) -> None:
    first = await desk.offer(key="once")
    again = await desk.offer(key="once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert problem(await desk.offer(OTHER, key="once"))[0] == 422


async def test_of_many_offers_at_once_one_is_made(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.offer() for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 9]
    assert {problem(answer) for answer in answers if answer.status_code != 201} == {(409, "resale.transfer_open")}


async def test_to_others_and_to_other_tenants_there_is_no_transfer(desk: Desk) -> None:
    world = desk.world
    offered = await desk.offered()
    strangers = (world.sale.stranger, replace(world.recipient, tenant_id=ELSEWHERE), world.sale.staff(Role.SCANNER))
    unverified = await desk.accept(offered["id"], caller=world.sale.stranger)
    assert problem(unverified) == (403, "resale.email_not_verified")
    for number, caller in enumerate(strangers):
        world.identity.known.setdefault(caller.account_id, f"stranger{number}@example.com")
        assert problem(await desk.accept(offered["id"], caller=caller)) == (404, "resale.transfer_not_found")
        for method, path in (("GET", ""), ("POST", "/decline"), ("DELETE", "")):
            answer = await desk.ask(method, f"/transfers/{offered['id']}{path}", caller=caller)
            assert problem(answer) == (404, "resale.transfer_not_found")
        assert (await desk.ask("GET", "/transfers", caller=caller)).json()["items"] == []
        assert problem(await desk.offer(caller=caller)) == (404, "admission.pass_not_found")
    assert problem(await desk.accept(str(uuid4()))) == (404, "resale.transfer_not_found")
    staff = await desk.ask("GET", f"/transfers/{offered['id']}", caller=world.sale.staff(Role.BOX_OFFICE))
    assert staff.json() == offered


async def test_a_guest_cannot_accept(desk: Desk) -> None:
    offered = await desk.offered()
    answer = await desk.accept(offered["id"], caller=desk.world.other)
    assert problem(answer) == (403, "resale.transfer_needs_account")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"toEmail": "no address"}, 400),
        ({"toEmail": SENDER}, 422),
        ({"toEmail": 7}, 400),
        ({"toEmail": None}, 400),
        ({}, 400),
        ({"toEmail": RECIPIENT, "price": 5}, 400),
        ({"toEmail": "x" * 330 + "@example.com"}, 400),
        ([], 400),
    ],
)
async def test_bad_input_is_refused(desk: Desk, body: object, status: int) -> None:
    pass_id = (await desk.world.passes())[0].id
    answer = await desk.ask("POST", f"/passes/{pass_id}/transfers", body)
    assert problem(answer)[0] == status


async def test_what_the_organiser_has_against_it_is_told(desk: Desk) -> None:
    await desk.world.set_policy(ResalePolicy(transfer_allowed=False, transfers_max=0))
    answer = await desk.offer()
    assert problem(answer) == (422, "resale.transfer_refused")
    assert [fault["message"].partition(":")[0] for fault in answer.json()["errors"]] == [
        "resale.transfer_not_allowed",
        "resale.transfers_max_reached",
    ]


async def test_where_a_name_is_needed_it_is_asked_for(desk: Desk) -> None:
    await desk.world.set_policy(ResalePolicy(names_holders=True))
    offered = await desk.offered()
    answer = await desk.accept(offered["id"])
    assert problem(answer) == (422, "resale.holder_name_needed")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/holderName"]
    assert problem(await desk.accept(offered["id"], {"holderName": ""}))[0] == 400
    assert (await desk.accept(offered["id"], {"holderName": "Ben"})).status_code == 200


async def test_a_lapsed_offer_shows_so_before_the_sweep_comes(desk: Desk) -> None:
    offered = await desk.offered()
    desk.world.clock.moment = NOON + timedelta(days=7)
    shown = (await desk.ask("GET", f"/transfers/{offered['id']}")).json()
    assert (shown["status"], shown["reason"]) == ("LAPSED", "nobody accepted it in time")
    assert problem(await desk.accept(offered["id"])) == (409, "resale.transfer_conflict")
    assert await desk.world.tend() == 1
    assert (await desk.world.facts()).offer_id is None


async def test_the_venue_service_has_all_that_transfers_need(venue_db: Database) -> None:
    settings = settings_with(VENUE_DATABASE_URL=venue_db.app_url, VENUE_DATABASE_RELAY_URL=venue_db.relay_url)
    world = TransferWorld()
    apis: dict[type, object] = {
        AdmissionApi: world.admission,
        IdentityApi: world.identity,
        TicketingApi: AlwaysOnSale(),
    }
    async with served(venue_service(), settings, apis) as (client, container):
        pass_id = (await world.passes())[0].id
        sent = headers_of(world.recipient)
        answer = await client.post(f"{API}/passes/{pass_id}/transfers", json={"toEmail": RECIPIENT}, headers=sent)
        assert problem(answer) == (404, "admission.pass_not_found")
        answer = await client.post(f"{API}/transfers/{uuid4()}/accept", headers=sent)
        assert problem(answer) == (404, "resale.transfer_not_found")
        assert await (await container.get(TendTransfers))() == 0
        stopped = PassesStopped(pass_ids=(pass_id,), reason="refunded", over=True)
        await (await container.get(EndStoppedTransfers))(stopped, world.sale.delivery())
