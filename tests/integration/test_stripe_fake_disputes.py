"""Disputes of the stand-in: opened, answered with evidence, won and lost, and the money that moves with them."""

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


async def paid(on: Stage, method: str) -> stripe.PaymentIntent:
    return await on.api.payment_intents.create_async(
        {"amount": 7500, "currency": "eur", "payment_method": method, "confirm": True}
    )


async def disputed(on: Stage, method: str = "pm_card_createDispute") -> stripe.Dispute:
    intent = await paid(on, method)
    (dispute,) = (await on.api.disputes.list_async({"payment_intent": intent.id})).data
    await on.told()
    return dispute


async def movements(on: Stage, dispute: stripe.Dispute) -> list[tuple[int, int, int]]:
    """(amount, fee, net) of a dispute's balance transactions, the oldest first."""
    found = await on.api.balance_transactions.list_async({"source": dispute.id, "type": "adjustment"})
    return [(one.amount, one.fee, one.net) for one in reversed(found.data)]


@pytest.mark.parametrize(
    ("method", "reason"),
    [("pm_card_createDispute", "fraudulent"), ("pm_card_createDisputeProductNotReceived", "product_not_received")],
)
async def test_a_disputed_payment_loses_its_money_and_cannot_be_refunded(on: Stage, method: str, reason: str) -> None:
    intent = await paid(on, method)
    assert intent.status == "succeeded"
    assert sorted(await on.told()) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
    ]
    (dispute,) = (await on.api.disputes.list_async({"charge": str(intent.latest_charge)})).data
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", reason, 7500)
    assert (dispute.payment_intent, dispute.is_charge_refundable) == (intent.id, False)
    assert await movements(on, dispute) == [(-7500, 1500, -9000)]
    assert (await on.api.charges.retrieve_async(str(intent.latest_charge))).disputed
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await on.api.refunds.create_async({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"


async def test_evidence_may_be_gathered_before_it_is_handed_in(on: Stage) -> None:
    dispute = await disputed(on)
    staged = await on.api.disputes.update_async(
        dispute.id, {"evidence": {"customer_name": "Ann", "access_activity_log": "scan 19:02"}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    assert staged.evidence_details.has_evidence
    handed_in = await on.api.disputes.update_async(dispute.id, {"submit": True})
    assert (handed_in.status, handed_in.evidence_details.submission_count) == ("under_review", 1)
    assert handed_in.evidence.access_activity_log == "scan 19:02"
    assert await on.told() == ["charge.dispute.updated", "charge.dispute.updated"]
    answer = await on.call("POST", f"disputes/{dispute.id}", {"evidence[colour]": "red"})
    assert answer.json()["error"]["code"] == "parameter_unknown"


@pytest.mark.parametrize(("words", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
async def test_the_words_for_tests_decide_a_dispute(on: Stage, words: str, status: str) -> None:
    dispute = await disputed(on)
    decided = await on.api.disputes.update_async(dispute.id, {"evidence": {"uncategorized_text": words}})
    assert decided.status == status
    back = ["charge.dispute.funds_reinstated"] if status == "won" else []
    assert sorted(await on.told()) == ["charge.dispute.closed", *back, "charge.dispute.updated"]
    assert await movements(on, dispute) == [(-7500, 1500, -9000), *([(7500, -1500, 9000)] if status == "won" else [])]
    with pytest.raises(stripe.InvalidRequestError, match="closed"):
        await on.api.disputes.update_async(dispute.id, {"submit": True})


async def test_closing_a_dispute_gives_in(on: Stage) -> None:
    dispute = await disputed(on)
    assert (await on.api.disputes.close_async(dispute.id)).status == "lost"
    assert await on.told() == ["charge.dispute.closed"]


async def test_a_bank_decides_on_demand_and_what_is_won_can_be_refunded(on: Stage) -> None:
    dispute = await disputed(on)
    await on.control(f"disputes/{dispute.id}/decide", won=True)
    assert (await on.api.disputes.retrieve_async(dispute.id)).status == "won"
    refund = await on.api.refunds.create_async({"charge": str(dispute.charge)})
    assert refund.status == "succeeded"


async def test_an_inquiry_takes_no_money(on: Stage) -> None:
    dispute = await disputed(on, "pm_card_createDisputeInquiry")
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert await movements(on, dispute) == []
    assert (await on.api.disputes.close_async(dispute.id)).status == "warning_closed"
    assert await on.told() == ["charge.dispute.closed"]


async def test_any_charge_can_be_disputed_once_for_what_is_left_of_it(on: Stage) -> None:
    intent = await paid(on, "pm_card_visa")
    await on.api.refunds.create_async({"payment_intent": intent.id, "amount": 2500})
    dispute = await on.control(f"charges/{intent.latest_charge}/dispute", reason="duplicate")
    assert (dispute["amount"], dispute["reason"]) == (5000, "duplicate")
    again = await on.http.post(f"/_fake/charges/{intent.latest_charge}/dispute", json={})
    assert again.status_code == 400
