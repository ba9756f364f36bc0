"""The stand-in behaves as Stripe does where it matters to us: keys, replays, errors, webhooks, restarts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import stripe

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.stripe_fake.server import StripeFake
from adapters.stripe.client import API_VERSION, open_stripe
from tests.payment_service import served
from tests.stripe_stage import Listener, Stage, bearer, stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
INTENT = {"amount": "7500", "currency": "eur", "metadata[order_id]": "o-1"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Stage]:
    async with stage() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def on(running: Stage) -> Stage:
    await running.anew()
    return running


@pytest.fixture
def fake(on: Stage) -> StripeFake:
    return on.fake


@pytest.fixture
def server(on: Stage) -> httpx.AsyncClient:
    """A server of ours, with the secret key."""
    return on.http


async def created(server: httpx.AsyncClient, **more: str) -> dict[str, Any]:
    answer = await server.post("/v1/payment_intents", data=INTENT | more)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_objects_have_the_fields_of_the_published_fixtures(server: httpx.AsyncClient) -> None:
    account_id = (await server.post("/v1/accounts", data={"type": "express"})).json()["id"]
    await server.post(f"/_fake/accounts/{account_id}/onboard")
    intent = await created(
        server,
        **{
            "automatic_payment_methods[enabled]": "true",
            "application_fee_amount": "750",
            "transfer_data[destination]": account_id,
            "payment_method": "pm_card_visa",
            "confirm": "true",
        },
    )
    assert intent["object"] == "payment_intent" and intent["id"].startswith("pi_")
    assert intent["client_secret"].startswith(f"{intent['id']}_secret_")
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 7500)
    assert intent["automatic_payment_methods"]["enabled"] is True
    assert (intent["application_fee_amount"], intent["transfer_data"]) == (750, {"destination": account_id})
    assert intent["metadata"] == {"order_id": "o-1"}
    charge = (await server.get(f"/v1/charges/{intent['latest_charge']}")).json()
    assert (charge["object"], charge["payment_intent"], charge["captured"]) == ("charge", intent["id"], True)
    refund = (await server.post("/v1/refunds", data={"payment_intent": intent["id"], "amount": "500"})).json()
    assert (refund["object"], refund["charge"], refund["amount"]) == ("refund", charge["id"], 500)
    listed = (await server.get("/v1/refunds", params={"payment_intent": intent["id"]})).json()
    assert (listed["object"], listed["data"]) == ("list", [refund])


async def test_the_same_key_replays_and_another_request_is_an_error(server: httpx.AsyncClient) -> None:
    key = {"idempotency-key": "order:1"}
    first = await server.post("/v1/payment_intents", data=INTENT, headers=key)
    again = await server.post("/v1/payment_intents", data=INTENT, headers=key)
    assert again.json() == first.json()
    assert "idempotent-replayed" not in first.headers and again.headers["idempotent-replayed"] == "true"
    other = await server.post("/v1/payment_intents", data=INTENT | {"amount": "7501"}, headers=key)
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")


async def test_what_was_refused_before_any_work_is_not_replayed(server: httpx.AsyncClient) -> None:
    key = {"idempotency-key": "order:1"}
    assert (await server.post("/v1/payment_intents", data={"amount": "1"}, headers=key)).status_code == 400
    assert (await server.post("/v1/payment_intents", data=INTENT, headers=key)).status_code == 200


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"currency": "eur"}, "parameter_missing"),
        ({"amount": "7.5", "currency": "eur"}, "parameter_invalid_integer"),
        ({"amount": "49", "currency": "eur"}, "amount_too_small"),
        ({"amount": "100000000", "currency": "eur"}, "amount_too_large"),
        ({"amount": "7500"}, "parameter_missing"),
        (INTENT | {"colour": "red"}, "parameter_unknown"),
        (INTENT | {"payment_method": "pm_nobody"}, "resource_missing"),
    ],
)
async def test_a_wrong_parameter_is_named(server: httpx.AsyncClient, data: dict[str, str], code: str) -> None:
    answer = await server.post("/v1/payment_intents", data=data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.headers["request-id"].startswith("req_")


async def test_another_version_of_the_api_is_refused(server: httpx.AsyncClient) -> None:
    for version, status in ((API_VERSION, 200), ("2019-01-01", 400)):
        answer = await server.get("/v1/charges", headers={"stripe-version": version})
        assert answer.status_code == status


async def test_a_browser_sees_and_confirms_only_the_intent_whose_secret_it_has(
    fake: StripeFake, server: httpx.AsyncClient
) -> None:
    intent = await created(server)
    address = f"/v1/payment_intents/{intent['id']}"
    async with httpx.AsyncClient(base_url=fake.url, headers=bearer(fake.settings.publishable_key)) as browser:
        secret = {"client_secret": intent["client_secret"]}
        seen = await browser.get(address, params=secret)
        assert seen.status_code == 200 and "metadata" not in seen.json()
        assert (await browser.get(address)).status_code == 401
        assert (await browser.get(address, params={"client_secret": "wrong"})).status_code == 401
        assert (await browser.post("/v1/payment_intents", data=INTENT)).status_code == 401
        assert (await browser.post(f"{address}/cancel", data=secret)).status_code == 401
        declined = await browser.post(f"{address}/confirm", data=secret | {"payment_method": "pm_card_chargeDeclined"})
        assert declined.status_code == 402 and "metadata" not in declined.json()["error"]["payment_intent"]
        paid = await browser.post(f"{address}/confirm", data=secret | {"payment_method": "pm_card_visa"})
        assert paid.json()["status"] == "succeeded"
    async with httpx.AsyncClient(base_url=fake.url) as nobody:
        assert (await nobody.get(address)).status_code == 401
        assert (await nobody.get(address, headers=bearer("sk_other"))).status_code == 401


async def test_money_that_came_cannot_be_cancelled_nor_refunded_twice(server: httpx.AsyncClient) -> None:
    intent = await created(server, payment_method="pm_card_visa", confirm="true")
    cancelled = await server.post(f"/v1/payment_intents/{intent['id']}/cancel")
    assert cancelled.json()["error"]["code"] == "payment_intent_unexpected_state"
    refund = {"payment_intent": intent["id"], "amount": "7000"}
    assert (await server.post("/v1/refunds", data=refund)).status_code == 200
    assert (await server.post("/v1/refunds", data=refund)).status_code == 400
    assert (await server.post("/v1/refunds", data=refund | {"amount": "500"})).status_code == 200
    again = await server.post("/v1/refunds", data={"payment_intent": intent["id"]})
    assert again.json()["error"]["code"] == "charge_already_refunded"


async def test_what_waits_for_the_buyers_bank_is_decided_later(server: httpx.AsyncClient) -> None:
    for method, waits in (("pm_card_authenticationRequired", "requires_action"), ("pm_card_processing", "processing")):
        for succeed, ends in ((True, "succeeded"), (False, "requires_payment_method")):
            intent = await created(server, payment_method=method, confirm="true")
            assert intent["status"] == waits
            decided = await server.post(f"/_fake/payment_intents/{intent['id']}/decide", json={"succeed": succeed})
            assert decided.json()["status"] == ends


async def test_the_sdk_repeats_a_call_that_failed(fake: StripeFake) -> None:
    fake.state.faults.calls = 1
    async with open_stripe(fake.settings.secret_key, api_url=fake.url) as client:
        made = await client.v1.payment_intents.create_async({"amount": 7500, "currency": "eur"})
    assert isinstance(made, stripe.PaymentIntent)
    assert len(list(fake.state.ledger.all("payment_intents"))) == 1


async def test_webhooks_are_signed_and_sent_again_until_they_are_taken(on: Stage, server: httpx.AsyncClient) -> None:
    on.platform.refusals = 2
    await created(server, payment_method="pm_card_visa", confirm="true")
    assert await on.told() == ["payment_intent.succeeded"]
    assert (await server.get("/_fake/totals")).json()["undelivered"] == 0
    (event,) = (await server.get("/v1/events", params={"type": "payment_intent.succeeded"})).json()["data"]
    await on.control(f"events/{event['id']}/resend", copies=2)
    assert await on.told() == ["payment_intent.succeeded"] * 2
    assert (await server.get(f"/v1/events/{event['id']}")).json()["type"] == "payment_intent.succeeded"


async def test_state_port_and_undelivered_webhooks_outlive_the_process(tmp_path: Path) -> None:
    listener = Listener(StripeFake().settings.webhook_secret)
    async with served(listener.app()) as url:
        async with StripeFake(folder=tmp_path, webhook_url=f"{url}/hook") as first:
            first.state.sender.endpoint.paused = True
            address = first.url
            intent = first.state.payments.create({"amount": "7500", "currency": "eur"})
            first.state.payments.confirm(intent["id"], {"payment_method": "pm_card_visa"})
            with (tmp_path / "stripe.jsonl").open("a") as journal:
                journal.write('{"kind": "payment_intents", "obj')  # what a crash cuts short
        async with StripeFake(folder=tmp_path, webhook_url=f"{url}/hook") as second:
            assert second.url == address
            assert second.state.ledger.get("payment_intents", intent["id"])["status"] == "succeeded"
            await second.state.sender.idle()
        assert listener.kept == ["payment_intent.succeeded"]


async def test_a_port_that_is_taken_is_told_clearly(fake: StripeFake) -> None:
    port = int(fake.url.rsplit(":", 1)[1])
    with pytest.raises(EmbeddedServerError, match=str(port)):
        await asyncio.wait_for(StripeFake(port=port).start(), timeout=5)
