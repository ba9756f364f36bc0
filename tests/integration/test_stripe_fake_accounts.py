"""Connected accounts of the stand-in: made, onboarded, changed and lost as Stripe's are."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import stripe
from stripe.params import AccountLinkCreateParams

from tests.stripe_stage import Stage, stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
LINK: AccountLinkCreateParams = {
    "account": "",
    "type": "account_onboarding",
    "refresh_url": "http://127.0.0.1/refresh",
    "return_url": "http://127.0.0.1/return",
}
LINK_FORM = {name: str(value) for name, value in LINK.items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Stage]:
    async with stage() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def on(running: Stage) -> Stage:
    await running.anew()
    return running


async def test_a_new_account_can_do_nothing_and_says_what_it_lacks(on: Stage) -> None:
    account = await on.api.accounts.create_async(
        {
            "type": "express",
            "country": "DE",
            "email": "hall@example.org",
            "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
            "metadata": {"organisation": "o-1"},
        }
    )
    assert account.id.startswith("acct_") and (account.type, account.country) == ("express", "DE")
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (False, False, False)
    requirements = account.requirements
    assert requirements is not None and requirements.currently_due
    assert requirements.currently_due == requirements.eventually_due == requirements.past_due
    assert (requirements.disabled_reason, requirements.current_deadline) == ("requirements.past_due", None)
    assert account.capabilities is not None and account.capabilities.card_payments == "inactive"
    assert await on.api.accounts.retrieve_async(account.id) == account
    assert [one.id for one in (await on.api.accounts.list_async()).data] == [account.id]


async def test_an_account_is_described_by_its_type_or_by_its_controller(on: Stage) -> None:
    account = await on.api.accounts.create_async(
        {
            "controller": {
                "stripe_dashboard": {"type": "express"},
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
            }
        }
    )
    controller = account.controller
    assert controller is not None and controller.stripe_dashboard is not None
    assert (account.type, controller.stripe_dashboard.type) == ("none", "express")
    with pytest.raises(stripe.InvalidRequestError, match="simultaneously"):
        await on.api.accounts.create_async({"type": "express", "controller": {"fees": {"payer": "application"}}})
    custom = await on.api.accounts.create_async({"type": "custom"})
    assert custom.controller is not None and custom.controller.requirement_collection == "application"


async def test_clicks_with_one_key_make_one_account(on: Stage) -> None:
    made = await asyncio.gather(
        *(on.api.accounts.create_async({"type": "express"}, {"idempotency_key": "organisation:1"}) for _ in range(5))
    )
    assert len({account.id for account in made}) == 1
    with pytest.raises(stripe.IdempotencyError):
        await on.api.accounts.create_async({"type": "custom"}, {"idempotency_key": "organisation:1"})


async def test_an_update_merges_metadata_and_tells_what_was_before(on: Stage) -> None:
    account_id = await on.account({"metadata": {"organisation": "o-1", "old": "1"}}, onboarded=False)
    changed = await on.api.accounts.update_async(account_id, {"email": "b@example.org", "metadata": {"old": ""}})
    assert changed.metadata is not None
    assert (changed.email, changed.metadata.to_dict()) == ("b@example.org", {"organisation": "o-1"})
    (event,) = await on.taken(on.connect)
    assert (event["type"], event["account"]) == ("account.updated", account_id)
    assert event["data"]["previous_attributes"]["email"] is None
    await on.api.accounts.update_async(account_id, {"email": "b@example.org"})
    assert await on.taken(on.connect) == []


@pytest.mark.parametrize("name", ["colour", "controller[colour]", "capabilities[transfers][colour]"])
async def test_a_parameter_that_is_unknown_is_refused(on: Stage, name: str) -> None:
    answer = await on.call("POST", "accounts", {name: "red"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "parameter_unknown")
    assert answer.json()["error"]["param"] == name


async def test_a_visit_of_the_link_onboards_once_and_returns(on: Stage) -> None:
    account_id = await on.account(onboarded=False)
    link = await on.api.account_links.create_async({**LINK, "account": account_id})
    another = await on.api.account_links.create_async({**LINK, "account": account_id})
    assert link.url != another.url and link.expires_at == link.created + 300
    visited = await on.http.get(link.url)
    assert (visited.status_code, visited.headers["location"]) == (302, LINK["return_url"])
    account = await on.api.accounts.retrieve_async(account_id)
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (True, True, True)
    requirements = account.requirements
    assert requirements is not None and (requirements.currently_due, requirements.disabled_reason) == ([], None)
    (event,) = await on.taken(on.connect)
    assert (event["type"], event["account"]) == ("account.updated", account_id)
    assert event["data"]["object"]["charges_enabled"] is True
    assert await on.taken(on.platform) == []
    assert (await on.http.get(link.url)).headers["location"] == LINK["refresh_url"]


async def test_leaving_the_page_returns_without_being_onboarded(on: Stage) -> None:
    account_id = await on.account(onboarded=False)
    link = await on.api.account_links.create_async({**LINK, "account": account_id})
    visited = await on.http.get(link.url, params={"complete": "false"})
    assert visited.headers["location"] == LINK["return_url"]
    assert (await on.api.accounts.retrieve_async(account_id)).details_submitted is False


async def test_a_link_that_is_too_old_or_unknown_onboards_nobody(on: Stage) -> None:
    account_id = await on.account(onboarded=False)
    link = await on.api.account_links.create_async({**LINK, "account": account_id})
    await on.control("account_links/expire")
    assert (await on.http.get(link.url)).headers["location"] == LINK["refresh_url"]
    other = await on.account(onboarded=False)
    assert (await on.http.get(link.url.replace(account_id, other))).status_code == 400
    assert (await on.api.accounts.retrieve_async(account_id)).charges_enabled is False


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": ""}, "parameter_missing"),
        ({"return_url": "home"}, "url_invalid"),
        ({"colour": "red"}, "parameter_unknown"),
    ],
)
async def test_a_link_needs_all_it_goes_by(on: Stage, change: dict[str, str], code: str) -> None:
    answer = await on.call("POST", "account_links", {**LINK_FORM, "account": await on.account(), **change})
    assert answer.json()["error"]["code"] == code


async def test_an_account_loses_its_charges_and_is_told_until_when_to_mend_it(on: Stage) -> None:
    account_id = await on.account({"capabilities": {"card_payments": {"requested": True}}})
    await on.taken(on.connect)
    await on.control(
        f"accounts/{account_id}",
        chargesEnabled=False,
        currentlyDue=["company.tax_id"],
        disabledReason="requirements.past_due",
        currentDeadline=1_900_000_000,
    )
    account = await on.api.accounts.retrieve_async(account_id)
    assert (account.charges_enabled, account.payouts_enabled) == (False, True)
    assert account.capabilities is not None and account.capabilities.card_payments == "inactive"
    requirements = account.requirements
    assert requirements is not None
    assert (requirements.currently_due, requirements.current_deadline) == (["company.tax_id"], 1_900_000_000)
    (event,) = await on.taken(on.connect)
    assert event["data"]["previous_attributes"]["charges_enabled"] is True


async def test_an_account_that_disconnects_is_seen_no_more(on: Stage) -> None:
    account_id = await on.account()
    await on.taken(on.connect)
    await on.control(f"accounts/{account_id}/deauthorize")
    (event,) = await on.taken(on.connect)
    assert (event["type"], event["account"]) == ("account.application.deauthorized", account_id)
    assert event["data"]["object"]["object"] == "application"
    with pytest.raises(stripe.PermissionError, match="does not have access"):
        await on.api.accounts.retrieve_async(account_id)
    with pytest.raises(stripe.PermissionError, match="does not have access"):
        await on.api.accounts.update_async(account_id, {"email": "c@example.org"})
    with pytest.raises(stripe.PermissionError) as refused:
        await on.api.account_links.create_async({**LINK, "account": account_id})
    assert refused.value.error is not None and refused.value.error.code == "account_invalid"
    assert (await on.api.accounts.list_async()).data == []
