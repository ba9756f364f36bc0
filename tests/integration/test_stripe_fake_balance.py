"""The stand-in's balance adds up, its lists have pages, and payouts are read in a connected account's name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import stripe

from adapters.embedded.stripe_fake.forms import parse_form
from adapters.embedded.stripe_fake.server import StripeFake
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


async def test_every_movement_is_booked_with_its_fee_and_what_is_left(on: Stage) -> None:
    account_id = await on.account()
    intent = await on.api.payment_intents.create_async(
        {
            "amount": 7500,
            "currency": "eur",
            "payment_method": "pm_card_refundFail",
            "confirm": True,
            "application_fee_amount": 750,
            "transfer_data": {"destination": account_id},
            "expand": ["latest_charge.balance_transaction"],
        }
    )
    assert isinstance(intent.latest_charge, stripe.Charge)
    booked = intent.latest_charge.balance_transaction
    assert isinstance(booked, stripe.BalanceTransaction)
    assert (booked.amount, booked.fee, booked.net) == (7500, 138, 7362)  # 1.5 % rounded half up, and 25
    assert booked.source == intent.latest_charge.id and booked.fee_details[0].type == "stripe_fee"
    await on.api.refunds.create_async(
        {"payment_intent": intent.id, "reverse_transfer": True, "refund_application_fee": True}
    )
    await on.control("later")
    listed = await on.api.balance_transactions.list_async({"limit": 100})
    assert [(one.type, one.amount, one.net) for one in reversed(listed.data)] == [
        ("charge", 7500, 7362),
        ("transfer", -7500, -7500),
        ("application_fee", 750, 750),
        ("refund", -7500, -7500),
        ("transfer_refund", 7500, 7500),
        ("application_fee_refund", -750, -750),
        ("refund_failure", 7500, 7500),
    ]
    assert {one.reporting_category for one in listed.data} >= {"charge", "platform_earning", "refund_failure"}
    found = await on.api.balance_transactions.retrieve_async(booked.id, {"expand": ["source"]})
    assert isinstance(found.source, stripe.Charge)


async def test_a_charge_is_announced_before_it_is_booked(on: Stage) -> None:
    await on.api.payment_intents.create_async(
        {"amount": 7500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    )
    events = (await on.api.events.list_async()).data
    snapshots = {one.type: one.data.object for one in events if one.type.startswith("charge.")}
    assert snapshots["charge.succeeded"]["balance_transaction"] is None
    assert snapshots["charge.updated"]["balance_transaction"].startswith("txn_")


async def test_a_list_is_read_by_time_type_and_page(on: Stage) -> None:
    for _ in range(3):
        await on.api.payment_intents.create_async(
            {"amount": 7500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
        )
    books = on.fake.state.ledger
    for place, entry in enumerate(reversed(list(books.all("balance_transactions")))):
        books.put("balance_transactions", entry | {"created": 1000 + place})
    ask = on.api.balance_transactions.list_async
    assert [one.created for one in (await ask({"created": {"gte": 1000, "lt": 1002}})).data] == [1001, 1000]
    assert [one.created for one in (await ask({"created": {"gt": 1000, "lte": 1002}})).data] == [1002, 1001]
    assert [one.created for one in (await ask({"created": 1001})).data] == [1001]
    assert (await ask({"type": "refund"})).data == [] and len((await ask({"type": "charge"})).data) == 3
    first = await ask({"limit": 2})
    assert ([one.created for one in first.data], first.has_more) == ([1002, 1001], True)
    rest = await ask({"limit": 2, "starting_after": first.data[-1].id})
    assert ([one.created for one in rest.data], rest.has_more) == ([1000], False)
    back = await ask({"limit": 2, "ending_before": rest.data[0].id})
    assert [one.created for one in back.data] == [1002, 1001]
    assert [one.created async for one in first.auto_paging_iter()] == [1002, 1001, 1000]


@pytest.mark.parametrize(
    "form",
    [{"limit": "0"}, {"limit": "101"}, {"starting_after": "txn_none"}, {"colour": "red"}, {"expand[]": "colour"}],
)
async def test_a_list_that_is_asked_for_wrongly_is_refused(on: Stage, form: dict[str, str]) -> None:
    await on.api.payment_intents.create_async(
        {"amount": 7500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    )
    if "expand[]" in form:
        form = {"expand[]": f"data.{form['expand[]']}"}
    assert (await on.call("GET", "balance_transactions", form)).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "accounts",
        "application_fees",
        "balance_transactions",
        "charges",
        "disputes",
        "events",
        "payment_intents",
        "refunds",
        "transfers",
    ],
)
async def test_no_call_takes_a_parameter_that_it_does_not_know(on: Stage, path: str) -> None:
    for address in (path, f"{path}/some_id"):
        answer = await on.call("GET", address, {"colour": "red"})
        assert answer.json()["error"]["code"] == "parameter_unknown"
    assert (await on.call("GET", f"{path}/some_id")).status_code in {403, 404}
    assert (await on.call("GET", path)).json()["object"] == "list"


@pytest.mark.parametrize(
    "path", ["refunds/re_1", "disputes/dp_1", "disputes/dp_1/close", "payment_intents/pi_1/cancel"]
)
async def test_no_change_takes_a_parameter_that_it_does_not_know(on: Stage, path: str) -> None:
    answer = await on.call("POST", path, {"colour": "red"})
    assert answer.json()["error"]["code"] == "parameter_unknown"


async def test_payouts_are_read_in_the_name_of_their_account(on: Stage) -> None:
    mine, other = await on.account(), await on.account()
    await on.taken(on.connect)
    await on.control(f"accounts/{mine}/payouts", amount=5000, arrivalDate=1000)
    failed = await on.control(f"accounts/{mine}/payouts", amount=700, status="failed", arrivalDate=2000)
    listed = await on.api.payouts.list_async({}, {"stripe_account": mine})
    assert [(one.amount, one.status) for one in listed.data] == [(700, "failed"), (5000, "paid")]
    assert (await on.api.payouts.list_async({}, {"stripe_account": other})).data == []
    early = await on.api.payouts.list_async({"arrival_date": {"lt": 2000}, "limit": 1}, {"stripe_account": mine})
    assert [one.amount for one in early.data] == [5000]
    found = await on.api.payouts.retrieve_async(failed["id"], {}, {"stripe_account": mine})
    assert found.failure_code == "account_closed"
    with pytest.raises(stripe.InvalidRequestError):
        await on.api.payouts.retrieve_async(failed["id"], {}, {"stripe_account": other})
    told = await on.taken(on.connect)
    assert sorted(event["type"] for event in told) == [
        "payout.created",
        "payout.created",
        "payout.failed",
        "payout.paid",
    ]
    assert {event["account"] for event in told} == {mine}
    with pytest.raises(stripe.PermissionError):
        await on.api.payouts.list_async({}, {"stripe_account": "acct_unknown"})
    with pytest.raises(stripe.InvalidRequestError):
        await on.api.charges.list_async({}, {"stripe_account": mine})


async def test_what_happened_outlives_the_process(tmp_path: Path) -> None:
    async with StripeFake(folder=tmp_path) as first:
        state = first.state
        account = state.accounts.create({"type": "express"})
        state.accounts.onboard(account["id"])
        gone = state.accounts.create({"type": "express"})
        state.accounts.deauthorise(gone["id"])
        form = "amount=7500&currency=eur&payment_method=pm_card_createDispute&confirm=true&application_fee_amount=100"
        intent = state.payments.create(parse_form(f"{form}&transfer_data[destination]={account['id']}"))
        state.payouts.add(account["id"], amount=100, currency="eur", status="paid")
        kinds = ("accounts", "disputes", "balance_transactions", "transfers", "application_fees", "payouts", "charges")
        before = {kind: list(state.ledger.all(kind)) for kind in kinds}
    async with StripeFake(folder=tmp_path) as second:
        assert {kind: list(second.state.ledger.all(kind)) for kind in kinds} == before
        (dispute,) = before["disputes"]
        assert second.state.disputes.decide(dispute["id"], won=True)["payment_intent"] == intent["id"]
        assert [one["id"] for one in before["accounts"]] == [account["id"]]
