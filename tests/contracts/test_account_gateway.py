"""What a provider of connected accounts promises: in memory, and Stripe's own SDK against the stand-in."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
import stripe

from adapters.embedded.stripe_fake.server import StripeFake
from adapters.memory.payment_accounts import MemoryAccountGateway
from adapters.stripe.accounts import StripeAccountGateway
from adapters.stripe.client import open_stripe
from core.payments.accounts import AccountOwner
from core.payments.errors import AccountGoneError, ProviderRefusedError, ProviderUnavailableError
from core.shared.ids import TenantId, VenueId
from core.shared.money import Money
from ports.payments.accounts import AccountGateway, AccountRequest, Payout

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
REQUEST = AccountRequest(
    key="venue:1:account:1",
    owner=AccountOwner.venue(TenantId(uuid4()), VenueId(uuid4())),
    country="DE",
    email="owner@example.org",
)
BACK, AGAIN = "https://tickets.example/return", "https://tickets.example/refresh"


class Provider(ABC):
    """A gateway, and what the owners of accounts do meanwhile."""

    gateway: AccountGateway

    @abstractmethod
    async def onboard(self, account_id: str, link: str) -> None:
        """Let the owner follow the link and answer everything."""

    @abstractmethod
    async def disable(self, account_id: str) -> None:
        """Let the provider miss the tax id, and stop the account's charges."""

    @abstractmethod
    async def revoke(self, account_id: str) -> None: ...

    @abstractmethod
    def pay_out(self, account_id: str, amount: int) -> None:
        """Let the provider send euro cents to the account's bank."""

    @abstractmethod
    def go_away(self) -> None: ...


class InMemory(Provider):
    def __init__(self) -> None:
        self.gateway = self.memory = MemoryAccountGateway()

    async def onboard(self, account_id: str, link: str) -> None:
        self.memory.onboard(account_id)

    async def disable(self, account_id: str) -> None:
        self.memory.disable(account_id, "company.tax_id")

    async def revoke(self, account_id: str) -> None:
        self.memory.revoke(account_id)

    def pay_out(self, account_id: str, amount: int) -> None:
        payout = Payout(
            id=f"po_{amount}", amount=Money(amount, "EUR"), status="paid", arrival_at=NOW, created_at=NOW, failure=None
        )
        self.memory.payouts.setdefault(account_id, []).insert(0, payout)

    def go_away(self) -> None:
        self.memory.away = True


class OnStripe(Provider):
    def __init__(self, fake: StripeFake, client: stripe.StripeClient) -> None:
        self.fake = fake
        self.gateway = StripeAccountGateway(client)

    async def onboard(self, account_id: str, link: str) -> None:
        async with httpx.AsyncClient() as browser:
            visited = await browser.get(link)
        assert (visited.status_code, visited.headers["location"]) == (302, BACK)

    async def disable(self, account_id: str) -> None:
        due = {"currently_due": ["company.tax_id"], "disabled_reason": "requirements.past_due"}
        self.fake.state.accounts.change(account_id, charges_enabled=False, due=due)

    async def revoke(self, account_id: str) -> None:
        self.fake.state.accounts.deauthorise(account_id)

    def pay_out(self, account_id: str, amount: int) -> None:
        self.fake.state.payouts.add(account_id, amount=amount, currency="eur", status="paid")

    def go_away(self) -> None:
        self.fake.state.faults.calls = 100


@pytest.fixture(params=["memory", "stripe"])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    if request.param == "memory":
        yield InMemory()
        return
    async with StripeFake() as fake, open_stripe(fake.settings.secret_key, api_url=fake.url) as client:
        yield OnStripe(fake, client)


async def test_a_new_account_can_do_nothing_and_says_what_it_lacks(provider: Provider) -> None:
    account = await provider.gateway.create_account(REQUEST)
    assert account.country == "DE"
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (False, False, False)
    assert account.requirements.missing and account.requirements.disabled_reason
    assert await provider.gateway.retrieve_account(account.id) == account


async def test_a_key_makes_one_account_and_the_next_another(provider: Provider) -> None:
    made = await asyncio.gather(*(provider.gateway.create_account(REQUEST) for _ in range(5)))
    assert len({account.id for account in made}) == 1
    another = await provider.gateway.create_account(replace(REQUEST, key="venue:1:account:2", email=None))
    assert another.id != made[0].id


async def test_a_key_with_another_request_is_refused(provider: Provider) -> None:
    await provider.gateway.create_account(REQUEST)
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.create_account(replace(REQUEST, country="AT"))


async def test_links_are_fresh_and_lead_to_an_account_that_charges(provider: Provider) -> None:
    account = await provider.gateway.create_account(REQUEST)
    first, second = [
        await provider.gateway.link_account(account.id, return_url=BACK, refresh_url=AGAIN) for _ in range(2)
    ]
    assert first.url != second.url and first.expires_at.tzinfo is not None
    await provider.onboard(account.id, second.url)
    account = await provider.gateway.retrieve_account(account.id)
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (True, True, True)
    assert (account.requirements.missing, account.requirements.disabled_reason) == ((), None)


async def test_an_account_that_lost_its_charges_says_what_it_lacks(provider: Provider) -> None:
    account = await provider.gateway.create_account(REQUEST)
    link = await provider.gateway.link_account(account.id, return_url=BACK, refresh_url=AGAIN)
    await provider.onboard(account.id, link.url)
    await provider.disable(account.id)
    account = await provider.gateway.retrieve_account(account.id)
    assert not account.charges_enabled
    assert account.requirements.missing == ("company.tax_id",)
    assert account.requirements.disabled_reason == "requirements.past_due"


async def test_an_account_that_is_not_ours_any_more_is_gone(provider: Provider) -> None:
    account = await provider.gateway.create_account(REQUEST)
    await provider.revoke(account.id)
    for account_id in (account.id, "acct_neverseen00000"):
        with pytest.raises(AccountGoneError):
            await provider.gateway.retrieve_account(account_id)
        with pytest.raises(AccountGoneError):
            await provider.gateway.link_account(account_id, return_url=BACK, refresh_url=AGAIN)
        with pytest.raises(AccountGoneError):
            await provider.gateway.list_payouts(account_id, limit=1, after=None)


async def test_payouts_come_in_pages_the_newest_first(provider: Provider) -> None:
    account = await provider.gateway.create_account(REQUEST)
    for amount in (1000, 2000, 3000):
        provider.pay_out(account.id, amount)
    first = await provider.gateway.list_payouts(account.id, limit=2, after=None)
    assert [payout.amount for payout in first.items] == [Money(3000, "EUR"), Money(2000, "EUR")]
    assert first.next_after == first.items[-1].id
    last = await provider.gateway.list_payouts(account.id, limit=2, after=first.next_after)
    assert [payout.amount for payout in last.items] == [Money(1000, "EUR")]
    assert (last.next_after, last.items[0].status, last.items[0].failure) == (None, "paid", None)
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.list_payouts(account.id, limit=2, after="po_unknown")


async def test_a_new_account_has_no_payouts(provider: Provider) -> None:
    account = await provider.gateway.create_account(REQUEST)
    page = await provider.gateway.list_payouts(account.id, limit=10, after=None)
    assert (page.items, page.next_after) == ((), None)


async def test_a_provider_that_is_away_is_unavailable(provider: Provider) -> None:
    provider.go_away()
    with pytest.raises(ProviderUnavailableError):
        await provider.gateway.create_account(REQUEST)
    with pytest.raises(ProviderUnavailableError):
        await provider.gateway.retrieve_account("acct_1")
