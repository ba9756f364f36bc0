"""Transfers of the stand-in, through Stripe's own SDK: what Stripe refuses it refuses, and with the same words."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
import stripe
from stripe.params import TransferCreateParams

from adapters.embedded.stripe_fake.server import StripeFake
from adapters.stripe.client import open_stripe


@pytest.fixture
async def fake() -> AsyncIterator[StripeFake]:
    async with StripeFake() as running:
        yield running


@pytest.fixture
async def client(fake: StripeFake) -> AsyncIterator[stripe.StripeClient]:
    async with open_stripe(fake.settings.secret_key, api_url=fake.url) as opened:
        yield opened


async def seller(fake: StripeFake, client: stripe.StripeClient, *, onboarded: bool = True) -> str:
    made = await client.v1.accounts.create_async(
        {"type": "express", "country": "DE", "capabilities": {"transfers": {"requested": True}}}
    )
    if onboarded:
        fake.state.accounts.onboard(made.id)
    return made.id


async def charge(client: stripe.StripeClient, amount: int = 10_000) -> str:
    intent = await client.v1.payment_intents.create_async(
        {"amount": amount, "currency": "eur", "payment_method": "pm_card_visa", "transfer_group": "order_1"}
    )
    paid = await client.v1.payment_intents.confirm_async(intent.id)
    assert isinstance(paid.latest_charge, str)
    return paid.latest_charge


def asked(destination: str, amount: int = 1_000) -> TransferCreateParams:
    return {"amount": amount, "currency": "eur", "destination": destination}


async def refused(client: stripe.StripeClient, params: TransferCreateParams) -> str | None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        await client.v1.transfers.create_async(params)
    return raised.value.code


async def test_a_transfer_is_booked_told_found_and_taken_back(fake: StripeFake, client: stripe.StripeClient) -> None:
    source, to = await charge(client), await seller(fake, client)
    made = await client.v1.transfers.create_async(asked(to) | {"source_transaction": source, "metadata": {"leg": "x"}})
    assert (made.transfer_group, made.source_transaction, made.reversed) == ("order_1", source, False)
    listed = await client.v1.transfers.list_async({"transfer_group": "order_1", "destination": to})
    assert [one.id for one in listed.data] == [made.id]
    part = await client.v1.transfers.reversals.create_async(made.id, {"amount": 400})
    await client.v1.transfers.reversals.create_async(made.id)
    found = await client.v1.transfers.retrieve_async(made.id)
    assert (found.amount_reversed, found.reversed) == (1_000, True)
    back = await client.v1.transfers.reversals.list_async(made.id)
    assert [one.amount for one in back.data] == [600, 400]
    assert back.data[1].id == part.id
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.transfers.reversals.create_async(made.id)
    entries = await client.v1.balance_transactions.list_async({"limit": 3})
    assert [(one.type, one.amount) for one in entries.data] == [
        ("transfer_refund", 600),
        ("transfer_refund", 400),
        ("transfer", -1_000),
    ]
    told = [event["type"] for event in fake.state.ledger.all("events") if event["type"].startswith("transfer.")]
    assert told == ["transfer.reversed", "transfer.reversed", "transfer.created"]


async def test_one_key_makes_one_transfer(fake: StripeFake, client: stripe.StripeClient) -> None:
    params = asked(await seller(fake, client)) | {"source_transaction": await charge(client)}
    first, second = [
        await client.v1.transfers.create_async(params, {"idempotency_key": "payout:1:seller:attempt:1"})
        for _ in range(2)
    ]
    assert first.id == second.id


async def test_without_a_source_no_more_is_sent_than_the_balance_has(
    fake: StripeFake, client: stripe.StripeClient
) -> None:
    to = await seller(fake, client)
    assert await refused(client, asked(to)) == "balance_insufficient"
    await charge(client)
    has = sum(one["net"] for one in fake.state.ledger.all("balance_transactions"))
    assert await refused(client, asked(to, has + 1)) == "balance_insufficient"
    assert (await client.v1.transfers.create_async(asked(to, has))).amount == has


async def test_a_source_gives_no_more_than_it_brought(fake: StripeFake, client: stripe.StripeClient) -> None:
    source, to = await charge(client), await seller(fake, client)
    await refused(client, asked(to, 10_001) | {"source_transaction": source})
    await client.v1.transfers.create_async(asked(to, 9_999) | {"source_transaction": source})
    await refused(client, asked(to, 2) | {"source_transaction": source})
    await client.v1.transfers.create_async(asked(to, 1) | {"source_transaction": source})


async def test_what_is_wrong_with_a_transfer_is_said(fake: StripeFake, client: stripe.StripeClient) -> None:
    source, to = await charge(client), await seller(fake, client)
    unready = await seller(fake, client, onboarded=False)
    assert await refused(client, asked(unready)) == "insufficient_capabilities_for_transfer"
    assert await refused(client, asked("acct_nobodys")) == "resource_missing"
    assert await refused(client, asked(to, 0)) == "parameter_invalid_integer"
    assert await refused(client, asked(to) | {"source_transaction": "ch_none"}) == "resource_missing"
    await refused(client, asked(to) | {"source_transaction": source, "currency": "usd"})
    await refused(client, asked(to) | {"source_transaction": source, "transfer_group": "order_2"})


async def test_unknown_parameters_are_refused_and_the_controls_refuse_and_reverse(
    fake: StripeFake, client: stripe.StripeClient
) -> None:
    source, to = await charge(client), await seller(fake, client)
    form = {"amount": "1", "currency": "eur", "destination": to, "source_transaction": source}
    async with httpx.AsyncClient(base_url=fake.url) as browser:
        key = {"authorization": f"Bearer {fake.settings.secret_key}"}
        wrong = await browser.post("/v1/transfers", data=form | {"colour": "red"}, headers=key)
        assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "colour")
        await browser.post("/_fake/transfers/refuse", content=json.dumps({"message": "no", "times": 1}))
        told = await browser.post("/v1/transfers", data=form, headers=key | {"idempotency-key": str(uuid4())})
        assert (told.status_code, told.json()["error"]["message"]) == (400, "no")
        made = (await browser.post("/v1/transfers", data=form, headers=key)).json()
        back = await browser.post(f"/_fake/transfers/{made['id']}/reverse")
        assert (back.status_code, back.json()["amount"]) == (200, 1)
