"""What goes wrong on demand: webhooks late, doubled and out of order, errors, lost answers, keys used twice."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import stripe

from adapters.embedded.stripe_fake.faults import Faults
from adapters.stripe.client import API_VERSION
from tests.stripe_stage import Stage, stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
INTENT = {"amount": "7500", "currency": "eur"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Stage]:
    async with stage() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def on(running: Stage) -> AsyncIterator[Stage]:
    await running.anew()
    yield running
    await running.control("faults")


async def paid(on: Stage) -> stripe.PaymentIntent:
    return await on.api.payment_intents.create_async(
        {"amount": 7500, "currency": "eur", "payment_method": "pm_card_createDispute", "confirm": True}
    )


MADE = ["payment_intent.succeeded", "charge.dispute.created", "charge.dispute.funds_withdrawn"]


@pytest.mark.parametrize(
    ("order", "told"), [("made", MADE), ("reversed", MADE[::-1]), ("shuffled", [MADE[1], MADE[2], MADE[0]])]
)
async def test_held_webhooks_are_released_in_the_order_asked_for(on: Stage, order: str, told: list[str]) -> None:
    await on.control("webhooks", held=True)
    await paid(on)
    assert await on.told() == []
    assert (await on.control("webhooks"))["waiting"] == 3
    await on.control("webhooks/platform/release", order=order, seed=3)
    assert await on.told() == told
    await paid(on)
    assert sorted(await on.told()) == sorted(MADE)


async def test_one_that_is_refused_does_not_stop_those_behind_it(on: Stage) -> None:
    await on.control("webhooks", held=True, copies=2)
    await paid(on)
    on.platform.refusals = 1
    await on.control("webhooks/platform/release")
    assert await on.told() == [MADE[0], MADE[1], MADE[1], MADE[2], MADE[2], MADE[0]]


async def test_webhooks_of_accounts_go_to_their_own_endpoint_with_their_own_trouble(on: Stage) -> None:
    await on.control("webhooks/connect", held=True)
    account_id = await on.account()
    assert await on.taken(on.connect) == []
    await on.control("webhooks/connect/release")
    assert [event["account"] for event in await on.taken(on.connect)] == [account_id]


async def test_a_late_webhook_is_on_its_way_and_outlives_the_sender(on: Stage) -> None:
    sender = on.fake.state.sender
    await on.control("webhooks", delayS=60, copies=2)
    await on.api.payment_intents.create_async(
        {"amount": 7500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    )
    assert (await on.http.get("/_fake/totals")).json()["undelivered"] == 1
    await sender.stop()
    assert on.platform.kept == []
    await on.control("webhooks", delayS=0)
    await sender.start()
    assert await on.told() == ["payment_intent.succeeded"] * 2


async def test_an_endpoint_listens_to_what_it_is_told_to(on: Stage) -> None:
    usual = on.fake.state.sender.endpoint.event_types
    await on.control("webhooks", eventTypes=["charge.updated"])
    await paid(on)
    assert await on.told() == ["charge.updated"]
    await on.control("webhooks", eventTypes=sorted(usual))
    await paid(on)
    assert sorted(await on.told()) == sorted(MADE)


async def test_an_event_names_the_call_that_caused_it_and_only_that(on: Stage) -> None:
    intent = await on.api.payment_intents.create_async(
        {"amount": 7500, "currency": "eur", "payment_method": "pm_card_processing", "confirm": True},
        {"idempotency_key": "order:1"},
    )
    await on.control(f"payment_intents/{intent.id}/decide", succeed=True)
    ended, begun = [
        (await on.api.events.list_async({"type": f"payment_intent.{kind}"})).data[0].request
        for kind in ("succeeded", "processing")
    ]
    assert begun is not None and (begun.idempotency_key, (begun.id or "")[:4]) == ("order:1", "req_")
    assert ended is not None and (ended.idempotency_key, ended.id) == (None, None)


async def test_while_a_secret_is_changed_both_sign(on: Stage) -> None:
    old = on.platform.secret
    await on.control("webhooks", secret="whsec_new", previousSecret=old)
    try:
        for secret in (old, "whsec_new"):
            on.platform.secret = secret
            await paid(on)
            assert len(await on.told()) == 3
    finally:
        on.platform.secret = old
        await on.control("webhooks", secret=old, previousSecret="")


async def test_too_many_calls_are_told_as_a_rate_limit(on: Stage) -> None:
    await on.control("faults", calls=1, status=429, pathPrefix="refunds")
    intent = await paid(on)
    with pytest.raises(stripe.RateLimitError) as refused:
        await on.api.refunds.create_async({"payment_intent": intent.id})
    assert refused.value.error is not None and refused.value.error.code == "rate_limit"
    await on.control(f"disputes/{next(iter(on.fake.state.ledger.all('disputes')))['id']}/decide", won=True)
    await on.api.refunds.create_async({"payment_intent": intent.id})


async def test_a_failure_inside_the_work_stays_the_answer_to_its_key(on: Stage) -> None:
    await on.control("faults", calls=1, status=500, kept=True)
    first, again = [await on.call("POST", "payment_intents", INTENT, **{"idempotency-key": "k"}) for _ in range(2)]
    assert (first.status_code, again.status_code, again.headers["idempotent-replayed"]) == (500, 500, "true")
    other = await on.call("POST", "payment_intents", INTENT, **{"idempotency-key": "k2"})
    assert other.status_code == 200


@pytest.mark.parametrize("key", ["known", None])
async def test_an_answer_that_never_comes_after_the_effect(on: Stage, key: str | None) -> None:
    await on.control("faults", calls=1, after=True, silent=True)
    connections = stripe.HTTPXClient(timeout=0.2)
    impatient = stripe.StripeClient(
        on.fake.settings.secret_key,
        stripe_version=API_VERSION,
        http_client=connections,
        max_network_retries=0,
        base_addresses={"api": on.fake.url},
    )
    with pytest.raises(stripe.APIConnectionError):
        await impatient.v1.payment_intents.create_async({"amount": 7500, "currency": "eur"}, {"idempotency_key": key})
    await connections.close_async()  # type: ignore[no-untyped-call]  # the SDK has no types here
    await on.api.payment_intents.create_async({"amount": 7500, "currency": "eur"}, {"idempotency_key": key})
    assert len(list(on.fake.state.ledger.all("payment_intents"))) == (1 if key else 2)


async def test_a_key_that_is_in_use_is_told_so(on: Stage) -> None:
    await on.control("faults", delayS=0.2)
    answers = await asyncio.gather(
        *(on.call("POST", "payment_intents", INTENT, **{"idempotency-key": "k"}) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    (told, _) = (answer.json()["error"] for answer in answers if answer.status_code == 409)
    assert (told["type"], told["code"]) == ("idempotency_error", "idempotency_key_in_use")


@pytest.mark.parametrize("path", ["payment_intents", "refunds", "accounts"])
async def test_a_key_belongs_to_one_request(on: Stage, path: str) -> None:
    key = {"idempotency-key": "k"}
    intent = await paid(on)
    await on.control(f"disputes/{next(iter(on.fake.state.ledger.all('disputes')))['id']}/decide", won=True)
    forms = {
        "payment_intents": INTENT,
        "refunds": {"payment_intent": intent.id, "amount": "100"},
        "accounts": {"type": "express"},
    }
    first = await on.call("POST", path, forms[path], **key)
    again = await on.call("POST", path, dict(reversed(forms[path].items())), **key)
    assert again.json() == first.json() and again.headers["idempotent-replayed"] == "true"
    other = await on.call("POST", path, forms[path] | {"metadata[a]": "1"}, **key)
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    elsewhere = await on.call("POST", "accounts" if path == "refunds" else "refunds", forms[path], **key)
    assert elsewhere.json()["error"]["type"] == "idempotency_error"


async def test_a_refusal_of_what_was_begun_is_replayed_and_a_wrong_request_is_not(on: Stage) -> None:
    intent = await on.api.payment_intents.create_async({"amount": 7500, "currency": "eur"})
    refund, key = {"payment_intent": intent.id}, {"idempotency-key": "k"}
    assert (await on.call("POST", "refunds", refund, **key)).status_code == 400
    await on.api.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    again = await on.call("POST", "refunds", refund, **key)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (400, "true")
    wrong, key = refund | {"colour": "red"}, {"idempotency-key": "k2"}
    assert (await on.call("POST", "refunds", wrong, **key)).status_code == 400
    assert (await on.call("POST", "refunds", refund, **key)).status_code == 200


async def test_a_declined_card_is_declined_again_by_its_key(on: Stage) -> None:
    intent = await on.api.payment_intents.create_async({"amount": 7500, "currency": "eur"})
    path, form = f"payment_intents/{intent.id}/confirm", {"payment_method": "pm_card_chargeDeclined"}
    for _ in range(2):
        answer = await on.call("POST", path, form, **{"idempotency-key": "k"})
        assert (answer.status_code, answer.json()["error"]["type"]) == (402, "card_error")
    assert len((await on.api.charges.list_async({"payment_intent": intent.id})).data) == 1


async def test_faults_end_when_they_are_taken_back(on: Stage) -> None:
    await on.control("faults", calls=5, silent=True, kept=True, after=True, pathPrefix="accounts")
    await on.control("faults")
    assert on.fake.state.faults == Faults()
