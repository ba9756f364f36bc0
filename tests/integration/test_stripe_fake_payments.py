"""PaymentIntents of the stand-in end as the well-known payment methods have it, and money is shared as in Connect."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import stripe
from stripe.params import PaymentIntentCreateParams

from tests.stripe_stage import Stage, stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
INTENT: PaymentIntentCreateParams = {"amount": 7500, "currency": "eur"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Stage]:
    async with stage() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def on(running: Stage) -> Stage:
    await running.anew()
    return running


async def charge_of(on: Stage, intent: stripe.PaymentIntent) -> stripe.Charge:
    assert isinstance(intent.latest_charge, str)
    return await on.api.charges.retrieve_async(intent.latest_charge)


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
async def test_a_declined_card_says_why_and_another_may_be_tried(
    on: Stage, method: str, code: str, decline_code: str
) -> None:
    intent = await on.api.payment_intents.create_async(INTENT)
    with pytest.raises(stripe.CardError) as refused:
        await on.api.payment_intents.confirm_async(intent.id, {"payment_method": method})
    assert refused.value.code == code and refused.value.error is not None
    assert refused.value.error.decline_code == decline_code
    declined = await on.api.payment_intents.retrieve_async(intent.id)
    failure = declined.last_payment_error
    assert declined.status == "requires_payment_method" and failure is not None
    assert (failure.code, failure.decline_code) == (code, decline_code)
    charge = await charge_of(on, declined)
    assert (charge.status, charge.failure_code, charge.balance_transaction) == ("failed", code, None)
    paid = await on.api.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_received, paid.last_payment_error) == ("succeeded", 7500, None)
    assert sorted(await on.told()) == ["payment_intent.payment_failed", "payment_intent.succeeded"]


@pytest.mark.parametrize(
    ("number", "ends"),
    [("4242 4242 4242 4242", "succeeded"), ("4000000000009995", "insufficient_funds"), ("4111", "incorrect_number")],
)
async def test_test_numbers_have_the_fates_of_their_methods(on: Stage, number: str, ends: str) -> None:
    intent = await on.api.payment_intents.create_async(INTENT)
    card = {"type": "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2034", "card[cvc]": "1"}
    data = {f"payment_method_data[{name.replace('[', '][').rstrip(']')}]": value for name, value in card.items()}
    answer = await on.call("POST", f"payment_intents/{intent.id}/confirm", data)
    error = answer.json().get("error", {})
    assert ends in {answer.json().get("status"), error.get("decline_code"), error.get("code")}
    made = await on.call("POST", "payment_methods", card)
    assert (made.status_code == 402) is (ends == "incorrect_number")


@pytest.mark.parametrize(
    ("method", "wallet"),
    [("pm_card_visa", None), ("pm_card_applePay", "apple_pay"), ("pm_card_googlePay", "google_pay")],
)
async def test_a_wallet_is_told_as_a_card_with_a_wallet(on: Stage, method: str, wallet: str | None) -> None:
    intent = await on.api.payment_intents.create_async(
        {**INTENT, "payment_method": method, "confirm": True, "expand": ["payment_method", "latest_charge"]}
    )
    assert isinstance(intent.latest_charge, stripe.Charge) and isinstance(intent.payment_method, stripe.PaymentMethod)
    details = intent.latest_charge.payment_method_details
    assert details is not None and details.card is not None and intent.payment_method.card is not None
    for card in (details.card, intent.payment_method.card):
        assert (card.wallet.type if card.wallet else None) == wallet


@pytest.mark.parametrize(("succeed", "ends"), [(True, "succeeded"), (False, "requires_payment_method")])
async def test_an_authentication_is_done_on_the_banks_page(on: Stage, succeed: bool, ends: str) -> None:
    intent = await on.api.payment_intents.create_async(INTENT)
    waiting = await on.api.payment_intents.confirm_async(
        intent.id, {"payment_method": "pm_card_authenticationRequired", "return_url": "http://127.0.0.1/done?order=1"}
    )
    assert waiting.status == "requires_action" and waiting.next_action is not None
    redirect = waiting.next_action.redirect_to_url
    assert redirect is not None and redirect.url is not None
    visited = await on.http.get(redirect.url, params={"succeed": str(succeed).lower()})
    assert visited.headers["location"].startswith(f"http://127.0.0.1/done?order=1&payment_intent={intent.id}")
    assert visited.headers["location"].endswith("succeeded" if succeed else "failed")
    ended = await on.api.payment_intents.retrieve_async(intent.id)
    assert ended.status == ends
    if not succeed:
        failure = ended.last_payment_error
        assert failure is not None and failure.code == "payment_intent_authentication_failure"
        assert "charge" not in failure
    assert (await on.http.get(redirect.url)).status_code == 400


async def test_a_card_may_be_declined_after_its_authentication(on: Stage) -> None:
    method = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
    intent = await on.api.payment_intents.create_async({**INTENT, "payment_method": method, "confirm": True})
    assert (await on.control(f"payment_intents/{intent.id}/decide", succeed=True))[
        "status"
    ] == "requires_payment_method"
    failure = (await on.api.payment_intents.retrieve_async(intent.id)).last_payment_error
    assert failure is not None and failure.decline_code == "insufficient_funds"


@pytest.mark.parametrize(
    ("method", "ends"),
    [("pm_card_processing", "succeeded"), ("pm_card_processingDeclined", "requires_payment_method")],
)
async def test_what_is_processed_ends_with_time_and_cannot_be_cancelled(on: Stage, method: str, ends: str) -> None:
    intent = await on.api.payment_intents.create_async({**INTENT, "payment_method": method, "confirm": True})
    assert intent.status == "processing"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await on.api.payment_intents.cancel_async(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    await on.control("later")
    assert (await on.api.payment_intents.retrieve_async(intent.id)).status == ends


async def test_what_is_over_is_neither_cancelled_nor_confirmed(on: Stage) -> None:
    paid = await on.api.payment_intents.create_async({**INTENT, "payment_method": "pm_card_visa", "confirm": True})
    cancelled = await on.api.payment_intents.create_async(INTENT)
    gone = await on.api.payment_intents.cancel_async(cancelled.id, {"cancellation_reason": "abandoned"})
    assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")
    for intent in (paid, gone):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await on.api.payment_intents.cancel_async(intent.id)
        assert refused.value.code == "payment_intent_unexpected_state"
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await on.api.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
        assert refused.value.code == "payment_intent_unexpected_state"


async def test_a_waiting_authentication_can_be_cancelled(on: Stage) -> None:
    intent = await on.api.payment_intents.create_async(
        {**INTENT, "payment_method": "pm_card_threeDSecure2Required", "confirm": True}
    )
    assert (await on.api.payment_intents.cancel_async(intent.id)).next_action is None


async def test_a_destination_gets_its_share_and_gives_the_platform_its_fee(on: Stage) -> None:
    account_id = await on.account()
    intent = await on.api.payment_intents.create_async(
        {
            **INTENT,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "application_fee_amount": 750,
            "on_behalf_of": account_id,
            "transfer_data": {"destination": account_id},
            "expand": ["latest_charge.transfer", "latest_charge.application_fee"],
        }
    )
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge) and charge.on_behalf_of == account_id
    assert isinstance(charge.transfer, stripe.Transfer) and isinstance(charge.application_fee, stripe.ApplicationFee)
    assert (charge.transfer.amount, charge.transfer.destination) == (7500, account_id)
    assert charge.transfer.source_transaction == charge.id
    fee = await on.api.application_fees.retrieve_async(charge.application_fee.id)
    assert (fee.amount, fee.account, fee.originating_transaction) == (750, account_id, charge.id)
    assert [one.id for one in (await on.api.application_fees.list_async()).data] == [fee.id]
    transfers = await on.api.transfers.list_async({"destination": account_id})
    assert [one.id for one in transfers.data] == [charge.transfer.id]


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"application_fee_amount": "750"}, "application_fee_amount"),
        ({"application_fee_amount": "7501", "transfer_data[destination]": "HERE"}, "application_fee_amount"),
        ({"application_fee_amount": "0", "transfer_data[destination]": "HERE"}, "application_fee_amount"),
        ({"transfer_data[destination]": "acct_unknown"}, "transfer_data[destination]"),
        ({"transfer_data[destination]": "NEW"}, "transfer_data[destination]"),
        ({"on_behalf_of": "NEW"}, "on_behalf_of"),
        ({"transfer_data[colour]": "red"}, "transfer_data[colour]"),
        ({"transfer_data[destination]": "HERE", "transfer_data[amount]": "7501"}, "transfer_data[amount]"),
        ({"capture_method": "manual"}, "capture_method"),
    ],
)
async def test_shares_that_do_not_fit_are_refused(on: Stage, form: dict[str, str], param: str) -> None:
    accounts = {"HERE": await on.account(), "NEW": await on.account(onboarded=False)}
    asked = {"amount": "7500", "currency": "eur"} | {name: accounts.get(value, value) for name, value in form.items()}
    answer = await on.call("POST", "payment_intents", asked)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_a_fee_may_be_the_whole_amount(on: Stage) -> None:
    account_id = await on.account()
    intent = await on.api.payment_intents.create_async(
        {**INTENT, "application_fee_amount": 7500, "transfer_data": {"destination": account_id}}
    )
    assert intent.application_fee_amount == 7500


async def test_an_account_that_lost_its_charges_is_paid_no_more(on: Stage) -> None:
    account_id = await on.account()
    intent = await on.api.payment_intents.create_async({**INTENT, "transfer_data": {"destination": account_id}})
    await on.control(f"accounts/{account_id}", chargesEnabled=False)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await on.api.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    await on.control(f"accounts/{account_id}", chargesEnabled=True)
    paid = await on.api.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"


async def test_the_methods_that_are_allowed_are_told(on: Stage) -> None:
    asked = await on.api.payment_intents.create_async({**INTENT, "allowed_payment_method_types": ["card", "link"]})
    assert asked.payment_method_types == asked.allowed_payment_method_types == ["card", "link"]
    usual = await on.api.payment_intents.create_async({**INTENT, "automatic_payment_methods": {"enabled": True}})
    assert (usual.payment_method_types, usual.allowed_payment_method_types) == (["card"], None)


async def test_an_update_changes_what_may_change(on: Stage) -> None:
    intent = await on.api.payment_intents.create_async({**INTENT, "metadata": {"order": "1"}})
    changed = await on.api.payment_intents.update_async(intent.id, {"amount": 8000, "metadata": {"seat": "A1"}})
    assert (changed.amount, changed.metadata.to_dict()) == (8000, {"order": "1", "seat": "A1"})
    await on.api.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    with pytest.raises(stripe.InvalidRequestError, match="succeeded"):
        await on.api.payment_intents.update_async(intent.id, {"amount": 9000})
