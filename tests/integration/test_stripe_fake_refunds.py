"""Refunds of the stand-in: in part, pending, failed afterwards, with what goes back to the platform and from it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import stripe

from tests.stripe_stage import Stage, stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Stage]:
    async with stage() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def on(running: Stage) -> Stage:
    await running.anew()
    return running


async def paid(on: Stage, method: str = "pm_card_visa") -> stripe.PaymentIntent:
    return await on.api.payment_intents.create_async(
        {"amount": 7500, "currency": "eur", "payment_method": method, "confirm": True}
    )


async def charge_of(on: Stage, intent: stripe.PaymentIntent) -> stripe.Charge:
    assert isinstance(intent.latest_charge, str)
    return await on.api.charges.retrieve_async(intent.latest_charge)


async def test_refunds_add_up_to_what_came_and_no_more(on: Stage) -> None:
    intent = await paid(on)
    first = await on.api.refunds.create_async({"payment_intent": intent.id, "amount": 7000})
    assert (first.status, first.amount) == ("succeeded", 7000)
    assert not (await charge_of(on, intent)).refunded
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await on.api.refunds.create_async({"payment_intent": intent.id, "amount": 501})
    assert refused.value.param == "amount"
    rest = await on.api.refunds.create_async({"payment_intent": intent.id})
    charge = await charge_of(on, intent)
    assert (rest.amount, charge.amount_refunded, charge.refunded) == (500, 7500, True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await on.api.refunds.create_async({"payment_intent": intent.id, "amount": 1})
    assert refused.value.code == "charge_already_refunded"
    other = await paid(on)
    await on.api.refunds.create_async({"charge": str(other.latest_charge)})
    listed = await on.api.refunds.list_async({"payment_intent": intent.id})
    assert [one.id for one in listed.data] == [rest.id, first.id]
    assert (await on.api.refunds.retrieve_async(first.id)).to_dict() == first.to_dict()


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ({"amount": "0"}, "parameter_invalid_integer", "amount"),
        ({"amount": "-1"}, "parameter_invalid_integer", "amount"),
        ({"reason": "boredom"}, None, "reason"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"reverse_transfer": "true"}, None, "reverse_transfer"),
        ({"refund_application_fee": "true"}, None, "refund_application_fee"),
    ],
)
async def test_a_wrong_refund_is_refused(on: Stage, form: dict[str, str], code: str | None, param: str) -> None:
    answer = await on.call("POST", "refunds", {"payment_intent": (await paid(on)).id} | form)
    assert answer.status_code == 400
    assert (answer.json()["error"].get("code"), answer.json()["error"]["param"]) == (code, param)


async def test_what_took_no_money_is_not_refunded(on: Stage) -> None:
    intent = await on.api.payment_intents.create_async({"amount": 7500, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError):
        await on.api.refunds.create_async({"payment_intent": intent.id})


@pytest.mark.parametrize("succeed", [True, False])
async def test_a_pending_refund_is_decided_later(on: Stage, succeed: bool) -> None:
    intent = await paid(on, "pm_card_pendingRefund")
    refund = await on.api.refunds.create_async({"payment_intent": intent.id})
    assert refund.status == "pending" and (await charge_of(on, intent)).refunded
    await on.told()
    await on.control(f"refunds/{refund.id}/decide", succeed=succeed)
    assert (await on.api.refunds.retrieve_async(refund.id)).status == ("succeeded" if succeed else "failed")
    assert (await charge_of(on, intent)).amount_refunded == (7500 if succeed else 0)
    failed = [] if succeed else ["refund.failed"]
    assert sorted(await on.told()) == sorted(["charge.refund.updated", "refund.updated", *failed])


async def test_a_refund_that_went_through_may_fail_and_be_made_again(on: Stage) -> None:
    intent = await paid(on, "pm_card_refundFail")
    refund = await on.api.refunds.create_async({"payment_intent": intent.id, "amount": 2500})
    assert refund.status == "succeeded"
    await on.control("later")
    failed = await on.api.refunds.retrieve_async(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    back = failed.failure_balance_transaction
    assert isinstance(back, stripe.BalanceTransaction) and (back.type, back.net) == ("refund_failure", 2500)
    assert "refund.failed" in await on.told()
    assert (await on.api.refunds.create_async({"payment_intent": intent.id})).amount == 7500
    with pytest.raises(AssertionError, match="failed"):
        await on.control(f"refunds/{refund.id}/decide", succeed=False)


async def test_time_lets_pending_refunds_go_through(on: Stage) -> None:
    intent = await paid(on, "pm_card_pendingRefund")
    refund = await on.api.refunds.create_async({"payment_intent": intent.id})
    await on.control("later")
    assert (await on.api.refunds.retrieve_async(refund.id)).status == "succeeded"


async def test_the_transfer_and_the_fee_go_back_in_proportion_and_in_the_end_whole(on: Stage) -> None:
    account_id = await on.account()
    intent = await on.api.payment_intents.create_async(
        {
            "amount": 7500,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "application_fee_amount": 1000,
            "transfer_data": {"destination": account_id},
        }
    )
    gone: list[tuple[int, int, bool]] = []
    for amount in (2500, 2500, 2500):
        await on.api.refunds.create_async(
            {
                "payment_intent": intent.id,
                "amount": amount,
                "reverse_transfer": True,
                "refund_application_fee": True,
            }
        )
        charge = await on.api.charges.retrieve_async(
            str(intent.latest_charge), {"expand": ["transfer", "application_fee"]}
        )
        assert isinstance(charge.transfer, stripe.Transfer)
        assert isinstance(charge.application_fee, stripe.ApplicationFee)
        gone.append(
            (charge.transfer.amount_reversed, charge.application_fee.amount_refunded, charge.application_fee.refunded)
        )
    assert gone == [(2500, 333, False), (5000, 666, False), (7500, 1000, True)]


async def test_the_fee_stays_where_it_is_not_asked_back(on: Stage) -> None:
    account_id = await on.account()
    intent = await on.api.payment_intents.create_async(
        {
            "amount": 7500,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "application_fee_amount": 750,
            "transfer_data": {"destination": account_id},
        }
    )
    await on.api.refunds.create_async({"payment_intent": intent.id})
    (fee,) = (await on.api.application_fees.list_async()).data
    (transfer,) = (await on.api.transfers.list_async()).data
    assert (fee.amount_refunded, transfer.amount_reversed) == (0, 0)
