"""Stripe Connect over HTTP: the payment service on a real payment_db, and the stand-in for Stripe behind the SDK."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from typing import override
from uuid import UUID, uuid4

import httpx
import pytest
from rich.console import Console

from bootstrap.platform_fees import agree_platform_fee
from bootstrap.settings import SettingsError
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.published.payments import VenueAccountsApi
from ports.published.refusals import RefusedError
from ports.published.venues import VenuesApi, VenueSummary
from tests.payment_service import RunningPayments, running_payments, settings_for
from tests.published_builders import Halls
from tests.servers import PostgresServer, connected
from tests.service_client import headers_of


class OneHall(Halls):
    """Knows one venue, of one tenant."""

    def __init__(self) -> None:
        super().__init__()
        self.tenant_id, self.venue_id = uuid4(), uuid4()

    @override
    async def venue(self, *, tenant_id: UUID, venue_id: UUID) -> VenueSummary:
        if (tenant_id, venue_id) != (self.tenant_id, self.venue_id):
            raise RefusedError("venues.not_found", "There is no such venue.")
        return await super().venue(tenant_id=tenant_id, venue_id=venue_id)


class Journey:
    """A venue's manager, and Stripe."""

    def __init__(self, service: RunningPayments, hall: OneHall, admin_url: str) -> None:
        self.service, self.hall, self.admin_url = service, hall, admin_url
        service.tenant_id, service.venue_id = hall.tenant_id, hall.venue_id
        self.manager = self.caller(Role.MANAGER)

    def caller(self, role: Role | None, *, tenant_id: UUID | None = None) -> Caller:
        return Caller(AccountId(uuid4()), TenantId(tenant_id or self.hall.tenant_id), role)

    async def ask(
        self,
        method: str,
        page: str,
        given: Mapping[str, object] | None = None,
        *,
        by: Caller | None = None,
        venue_id: UUID | None = None,
    ) -> httpx.Response:
        path = f"/api/v1/venues/{venue_id or self.hall.venue_id}/stripe/{page}"
        headers = headers_of(by or self.manager)
        if method == "POST":
            return await self.service.client.post(path, json=dict(given or {}), headers=headers)
        params = {name: str(value) for name, value in (given or {}).items()}
        return await self.service.client.get(path, params=params, headers=headers)

    async def connect(self, **given: object) -> httpx.Response:
        return await self.ask("POST", "connect", given)

    async def onboarded(self) -> str:
        """Connect the venue, follow the link, and take Stripe's webhook; return the account's id."""
        connected = await self.connect()
        assert connected.status_code == 200, connected.text
        assert connected.headers["cache-control"] == "no-store"
        async with httpx.AsyncClient() as browser:
            visited = await browser.get(connected.json()["onboardingUrl"])
            assert visited.status_code == 302
            back = await browser.get(visited.headers["location"])
            assert (back.status_code, back.headers["content-type"]) == (200, "text/html; charset=utf-8")
        await self.service.process()
        return str(connected.json()["accountId"])

    async def news(self) -> list[bool]:
        async with connected(self.admin_url) as admin:
            rows = await admin.fetch(
                "select (payload ->> 'chargesEnabled')::boolean as charges from outbox "
                "where event_type = 'payments.account.changed' order by id"
            )
        return [row["charges"] for row in rows]


@pytest.fixture
async def journey(postgres: PostgresServer, valkey_url: str) -> AsyncIterator[Journey]:
    database = await postgres.fresh("payment_db")
    hall = OneHall()
    apis: dict[type, object] = {VenuesApi: hall}
    async with running_payments(database, redis_url=valkey_url, apis=apis, STRIPE_CONNECT="required") as service:
        yield Journey(service, hall, database.admin_url)


async def test_a_venue_is_connected_charges_and_loses_it(journey: Journey) -> None:
    before = (await journey.ask("GET", "status")).json()
    assert (before["accountId"], before["chargesEnabled"], before["updatedAt"]) == (None, False, None)
    with pytest.raises(RefusedError) as refused:
        await journey.service.start()
    assert refused.value.refusal_code == "payments.charges_not_enabled"
    account_id = await journey.onboarded()
    status = (await journey.ask("GET", "status")).json()
    assert (status["accountId"], status["country"]) == (account_id, "DE")
    assert (status["chargesEnabled"], status["payoutsEnabled"], status["detailsSubmitted"]) == (True, True, True)
    assert status["requirements"] == {
        "currentlyDue": [],
        "pastDue": [],
        "eventuallyDue": [],
        "deadline": None,
        "disabledReason": None,
    }
    _, started = await journey.service.start()
    fake = journey.service.fake
    intent = fake.state.ledger.get("payment_intents", started.stripe_payment_intent_id)
    assert intent["transfer_data"] == {"destination": account_id}
    assert (intent["on_behalf_of"], intent["application_fee_amount"]) == (account_id, 7500 * 150 // 10_000 + 25)
    fake.state.accounts.change(
        account_id,
        charges_enabled=False,
        due={"currently_due": ["company.tax_id"], "disabled_reason": "listed", "current_deadline": 1_900_000_000},
    )
    await journey.service.process()
    status = (await journey.ask("GET", "status")).json()
    assert (status["chargesEnabled"], status["requirements"]["currentlyDue"]) == (False, ["company.tax_id"])
    assert (status["requirements"]["deadline"], status["requirements"]["disabledReason"]) == (
        "2030-03-17T17:46:40Z",
        "listed",
    )
    with pytest.raises(RefusedError) as refused:
        await journey.service.start()
    assert refused.value.refusal_code == "payments.charges_not_enabled"
    assert await journey.news() == [False, True, False]
    api: VenueAccountsApi = await journey.service.container.get(VenueAccountsApi)
    state = await api.charging(tenant_id=journey.hall.tenant_id, venue_id=journey.hall.venue_id)
    assert (state.charges_enabled, state.missing, state.disabled_reason) == (False, ("company.tax_id",), "listed")
    assert not (await api.charging(tenant_id=uuid4(), venue_id=journey.hall.venue_id)).version


async def test_an_owner_who_disconnects_is_noted_although_stripe_says_no_more_of_the_account(journey: Journey) -> None:
    account_id = await journey.onboarded()
    journey.service.fake.state.accounts.deauthorise(account_id)
    await journey.service.process()
    status = (await journey.ask("GET", "status")).json()
    assert not status["chargesEnabled"] and status["deauthorizedAt"] is not None
    assert await journey.onboarded() != account_id
    assert (await journey.ask("GET", "status")).json()["chargesEnabled"]


async def test_many_clicks_at_once_make_one_account_at_stripe(journey: Journey) -> None:
    answers = await asyncio.gather(*(journey.connect(email="owner@example.org") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["accountId"] for answer in answers}) == 1
    assert len({answer.json()["onboardingUrl"] for answer in answers}) == 8
    assert len(list(journey.service.fake.state.ledger.all("accounts"))) == 1


async def test_while_stripe_is_down_nothing_is_half_done(journey: Journey) -> None:
    faults = journey.service.fake.state.faults
    faults.calls, faults.after = 3, True  # the account is made, and nobody hears of it; the SDK tries three times
    down = await journey.connect()
    assert down.status_code == 503
    faults.calls, faults.after = 0, False
    assert (await journey.connect()).status_code == 200
    assert len(list(journey.service.fake.state.ledger.all("accounts"))) == 1


async def test_who_may_not_and_what_is_not_there(journey: Journey) -> None:
    for page, method in (("connect", "POST"), ("status", "GET"), ("payouts", "GET")):
        for role in (Role.BOX_OFFICE, Role.SCANNER, None):
            assert (await journey.ask(method, page, by=journey.caller(role))).status_code == 403
        stranger = journey.caller(Role.OWNER, tenant_id=uuid4())
        absent = await journey.ask(method, page, by=stranger)
        assert (absent.status_code, absent.json()["code"]) == (404, "payments.venue_not_found")
        assert (await journey.ask(method, page, venue_id=uuid4())).status_code == 404
    path = f"/api/v1/venues/{journey.hall.venue_id}/stripe/connect"
    assert (await journey.service.client.post(path, json={})).status_code == 401
    assert list(journey.service.fake.state.ledger.all("accounts")) == []


@pytest.mark.parametrize(
    "given",
    [{"country": "de"}, {"country": "XX"}, {"country": "DEU"}, {"country": 49}, {"email": "nobody"}, {"colour": "red"}],
    ids=str,
)
async def test_what_makes_no_sense_is_refused(journey: Journey, given: dict[str, object]) -> None:
    refused = await journey.connect(**given)
    assert (refused.status_code, refused.json()["code"]) == (400, "request.invalid"), refused.text
    assert list(journey.service.fake.state.ledger.all("accounts")) == []


async def test_an_account_stays_in_its_country(journey: Journey) -> None:
    assert (await journey.connect(country="AT")).status_code == 200
    refused = await journey.connect(country="DE")
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.account_country_fixed")


async def test_payouts_are_listed_by_page(journey: Journey) -> None:
    assert (await journey.ask("GET", "payouts")).json() == {"items": [], "nextCursor": None}
    account_id = await journey.onboarded()
    for amount in (1000, 2000, 3000):
        journey.service.fake.state.payouts.add(account_id, amount=amount, currency="eur", status="paid")
    first = (await journey.ask("GET", "payouts", {"limit": 2})).json()
    assert [item["amount"] for item in first["items"]] == [
        {"amount": amount, "currency": "EUR"} for amount in (3000, 2000)
    ]
    last = (await journey.ask("GET", "payouts", {"limit": 2, "cursor": first["nextCursor"]})).json()
    assert ([item["amount"]["amount"] for item in last["items"]], last["nextCursor"]) == ([1000], None)
    assert (await journey.ask("GET", "payouts", {"limit": 101})).status_code == 400
    assert (await journey.ask("GET", "payouts", {"cursor": "ä"})).status_code == 400


async def test_a_link_that_is_over_leads_to_a_page_that_gives_nothing_away(journey: Journey) -> None:
    link = (await journey.connect()).json()["onboardingUrl"]
    journey.service.fake.state.accounts.expire_links()
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        page = await browser.get(link)
    assert (page.status_code, page.url.path.rpartition("/")[2]) == (200, "refresh")
    assert "acct_" not in page.text and journey.service.fake.url not in page.text


async def test_what_happens_on_a_connected_account_by_itself_is_left_alone(journey: Journey) -> None:
    account_id = await journey.onboarded()
    fake = journey.service.fake.state
    fake.events("payment_intent.succeeded", {"id": "pi_theirs", "object": "payment_intent"}, account=account_id)
    fake.events("account.updated", {"id": "acct_other", "object": "account"}, account="acct_other")
    await journey.service.process()
    failed = await (await journey.service.queue()).list(status=None, webhooks_max=10)
    assert {webhook.status.value for webhook in failed} == {"completed"}


async def test_who_runs_the_platform_agrees_on_a_fee_at_the_command_line(postgres: PostgresServer) -> None:
    database, said = await postgres.fresh("payment_db"), io.StringIO()
    settings = settings_for(
        database, stripe_url="http://127.0.0.1:1", redis_url="redis://127.0.0.1:1", webhook_secret=""
    )
    organisation_id, console = uuid4(), Console(file=said, width=200)
    for basis_points, fixed_minor, usual in ((None, None, False), (250, None, False), (None, None, True)):
        await agree_platform_fee(settings, organisation_id, basis_points, fixed_minor, usual=usual, console=console)
    assert said.getvalue().splitlines() == [
        f"{organisation_id}: {fee} in its minor units"
        for fee in (
            "1.50 % of each payment, and 25",
            "2.50 % of each payment, and 0",
            "1.50 % of each payment, and 25",
        )
    ]
    for basis_points, usual in ((10_001, False), (100, True)):
        with pytest.raises(SettingsError):
            await agree_platform_fee(settings, organisation_id, basis_points, None, usual=usual, console=console)
