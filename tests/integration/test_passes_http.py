"""The pass routes as a client sees them, on a real admission_db, fed by the events of orders and payments."""

from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from dishka import AsyncContainer

from adapters.postgres.migrator import Database
from bootstrap.containers.admission import admission_service
from core.admission.code import SignedCode
from core.shared.callers import ApiScope, Caller, Role
from core.shared.ids import AccountId
from ports.events import Consumer, Event, OutboxQueue
from ports.published.admission import AdmissionApi, PassesIssued
from tests.admission_builders import NOON, Sale
from tests.service_client import headers_of, served, settings_with

SUBSCRIPTIONS = {each.event: each.handler for each in admission_service().subscriptions}


@dataclass
class Gate:
    client: httpx.AsyncClient
    container: AsyncContainer

    async def hear(self, sale: Sale, event: Event) -> None:
        consumer: Consumer[Any] = await self.container.get(SUBSCRIPTIONS[type(event)])
        await consumer(event, sale.delivery())

    async def get(self, path: str, caller: Caller) -> httpx.Response:
        return await self.client.get(f"/api/v1{path}", headers=headers_of(caller))

    async def passes(self, sale: Sale) -> list[dict[str, Any]]:
        answer = await self.get(f"/orders/{sale.order_id}/passes", sale.buyer)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@pytest.fixture
async def gate(admission_db: Database) -> AsyncIterator[Gate]:
    settings = settings_with(
        ADMISSION_DATABASE_URL=admission_db.app_url, ADMISSION_DATABASE_RELAY_URL=admission_db.relay_url
    )
    async with served(admission_service(), settings) as (client, container):
        yield Gate(client, container)


async def test_the_buyer_finds_a_pass_for_each_seat_once_the_order_is_paid(gate: Gate) -> None:
    sale = Sale(seats=2)
    assert (await gate.get(f"/orders/{sale.order_id}/passes", sale.buyer)).status_code == 404
    await gate.hear(sale, sale.created)
    assert await gate.passes(sale) == []

    await gate.hear(sale, sale.completed)

    first, second = await gate.passes(sale)
    assert (first["seat"]["label"], second["seat"]["label"]) == ("A-1-1", "A-1-2")
    assert first["status"] == "VALID" and first["revision"] == 1 and first["voidedAt"] is None
    assert first["faceValue"] == {"amount": 2500, "currency": "EUR"}
    assert first["event"]["title"] == "Erfurt : Jena" and first["event"]["startsAt"].endswith("Z")
    assert first["orderId"] == str(sale.order_id) and first["ticketId"] == str(sale.ticket_id)
    one = await gate.get(f"/passes/{first['id']}", sale.buyer)
    assert (one.status_code, one.json()) == (200, first)
    assert one.headers["cache-control"] == "private, no-store"


async def test_a_service_reads_passes_with_its_key_and_no_code_that_would_let_it_in(gate: Gate) -> None:
    sale = Sale(seats=2)
    await gate.hear(sale, sale.completed)
    shown = await gate.passes(sale)
    tenant_id = sale.staff().tenant_id
    reader = Caller(AccountId(UUID(int=0x5E)), tenant_id, scopes=frozenset({ApiScope.PASSES_READ}))
    path = f"/orders/{sale.order_id}/passes"

    assert (await gate.get(path, reader)).json()["items"] == [each | {"code": None} for each in shown]
    assert (await gate.get(f"/passes/{shown[0]['id']}", reader)).json() == shown[0] | {"code": None}
    assert (await gate.get(f"/passes/{shown[0]['id']}/code.svg", reader)).status_code == 403
    abroad = Caller(reader.account_id, Sale().staff().tenant_id, scopes=reader.scopes)
    assert (await gate.get(path, abroad)).status_code == 404


async def test_a_pass_for_general_admission_shows_no_seat_but_its_ticket_and_code(gate: Gate) -> None:
    sale = Sale(seats=1, places=2)
    for _ in range(2):
        await gate.hear(sale, sale.completed)

    [seated, *standing] = await gate.passes(sale)
    assert (seated["ticketTitle"], seated["seat"]["label"]) == ("Block A", "A-1-1")
    assert [(each["seat"], each["ticketTitle"]) for each in standing] == [(None, "Standing")] * 2
    for each in standing:
        assert each["event"]["title"] == "After-match party" and each["ticketId"] == str(sale.standing_id)
        drawn = await gate.get(f"/passes/{each['id']}/code.svg", sale.buyer)
        assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert len({each["code"] for each in standing}) == 2
    await gate.hear(sale, sale.refunded)
    assert {each["status"] for each in await gate.passes(sale)} == {"VOID"}


async def test_issuing_leaves_one_event_for_the_relay(gate: Gate) -> None:
    sale = Sale(seats=1)
    for _ in range(2):
        await gate.hear(sale, sale.completed)

    queue = await gate.container.get(OutboxQueue)
    [told] = await queue.claim(now=NOON.replace(year=2200), events_max=10, lease_s=1.0)

    [shown] = await gate.passes(sale)
    assert [str(each) for each in told.decode(PassesIssued).pass_ids] == [shown["id"]]


async def test_a_scanner_can_check_a_code_with_the_published_key_alone(gate: Gate) -> None:
    sale, other = Sale(seats=1), Sale(seats=1)
    for each in (sale, other):
        await gate.hear(each, each.completed)
    [shown] = await gate.passes(sale)

    answer = await gate.get("/pass-keys", sale.staff(Role.SCANNER))

    [key] = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["use"], key["ticketId"]) == ("OKP", "Ed25519", "sig", str(sale.ticket_id))
    code = SignedCode.parse(shown["code"])
    assert code.claims.key_id.hex() == key["kid"] and str(code.claims.pass_id) == shown["id"]
    public = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(key["x"] + "="))
    public.verify(code.signature, code.claims.signed_bytes)
    with pytest.raises(InvalidSignature):
        public.verify(code.signature, code.claims.signed_bytes[:-1] + b"\x02")
    assert (await gate.get(f"/pass-keys?ticketId={sale.ticket_id}", sale.buyer)).json() == answer.json()
    assert (await gate.get(f"/pass-keys?ticketId={other.ticket_id}", sale.buyer)).json() == {"keys": []}
    assert (await gate.get("/pass-keys?ticketId=all", sale.buyer)).status_code == 400


async def test_the_code_is_drawn_as_svg(gate: Gate) -> None:
    sale = Sale(seats=1)
    await gate.hear(sale, sale.completed)
    [shown] = await gate.passes(sale)

    answer = await gate.get(f"/passes/{shown['id']}/code.svg", sale.buyer)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert ElementTree.fromstring(answer.content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  # our own
    assert answer.headers["cache-control"] == "private, no-store"


async def test_nobody_else_finds_the_pass(gate: Gate) -> None:
    sale = Sale(seats=1)
    await gate.hear(sale, sale.completed)
    [shown] = await gate.passes(sale)
    paths = (f"/passes/{shown['id']}", f"/passes/{shown['id']}/code.svg", f"/orders/{sale.order_id}/passes")

    for path in paths:
        for other in (sale.stranger, sale.staff(Role.OWNER, tenant_id=Sale().tenant_id)):
            refused = await gate.get(path, other)
            assert refused.status_code == 404, path
            assert refused.headers["content-type"] == "application/problem+json"
        assert (await gate.get(path, sale.staff(Role.SCANNER))).status_code == 200
        assert (await gate.client.get(f"/api/v1{path}")).status_code == 401
    for path in (f"/passes/{uuid4()}", "/passes/not-an-id"):
        assert (await gate.get(path, sale.buyer)).status_code == 404


@pytest.mark.parametrize("by", ["payment", "order"])
async def test_a_refund_voids_the_passes_and_their_codes_are_shown_no_more(gate: Gate, by: str) -> None:
    sale = Sale(seats=2)
    await gate.hear(sale, sale.completed)

    await gate.hear(sale, sale.refunded if by == "payment" else sale.cancelled("refunded"))

    for shown in await gate.passes(sale):
        assert (shown["status"], shown["code"]) == ("VOID", None) and shown["voidedAt"] is not None
        refused = await gate.get(f"/passes/{shown['id']}/code.svg", sale.buyer)
        assert (refused.status_code, refused.json()["code"]) == (409, "admission.pass_not_valid")


async def test_one_lists_ones_own_passes_and_an_offered_one_says_so(gate: Gate) -> None:
    sale = Sale(seats=3)
    await gate.hear(sale, sale.completed)
    ids = [each["id"] for each in await gate.passes(sale)]
    offer_id = uuid4()
    api = await gate.container.get(AdmissionApi)
    await api.offer(
        tenant_id=sale.tenant_id,
        pass_id=UUID(ids[0]),
        account_id=sale.account_id,
        offer_id=offer_id,
        kind="listing",
    )

    first = (await gate.get("/passes?limit=2", sale.buyer)).json()
    rest = (await gate.get(f"/passes?limit=2&cursor={first['nextCursor']}", sale.buyer)).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1] and rest["nextCursor"] is None
    [offered] = rest["items"]
    assert (offered["status"], offered["code"]) == ("VALID", None)
    assert (offered["offer"]["id"], offered["offer"]["kind"]) == (str(offer_id), "listing")
    assert first["items"][0]["offer"] is None and first["items"][0]["code"] is not None
    refused = await gate.get(f"/passes/{ids[0]}/code.svg", sale.buyer)
    assert (refused.status_code, refused.json()["code"]) == (409, "admission.pass_not_valid")

    for query, caller, count in (("?status=VALID", sale.buyer, 3), ("?status=VOID", sale.buyer, 0)):
        answer = await gate.get(f"/passes{query}", caller)
        assert (answer.status_code, len(answer.json()["items"])) == (200, count)
        assert answer.headers["cache-control"] == "private, no-store"
    for caller in (sale.stranger, sale.staff(Role.OWNER)):
        assert (await gate.get("/passes", caller)).json() == {"items": [], "nextCursor": None}
    assert (await gate.get("/passes?status=offered", sale.buyer)).status_code == 400
    assert (await gate.client.get("/api/v1/passes")).status_code == 401


async def test_readiness_asks_the_database(gate: Gate) -> None:
    answer = await gate.client.get("/health/ready")

    assert answer.status_code == 200, answer.text
