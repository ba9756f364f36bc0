"""Stripe Connect: connected accounts (v1), their onboarding and their payouts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import override

import stripe
from stripe.params import AccountCreateParams, AccountLinkCreateParams, PayoutListParams

from adapters.stripe.amounts import from_stripe
from adapters.stripe.failures import failures_classified
from core.payments.accounts import OwnerKind, ProviderAccount, Requirements
from core.payments.errors import AccountGoneError
from ports.payments.accounts import AccountGateway, AccountRequest, OnboardingLink, Payout, PayoutPage

_NO_ACCESS = "account_invalid"
"""Stripe's code for an account that took our permission back, was closed, or never was ours."""


class StripeAccountGateway(AccountGateway):
    """Express accounts: Stripe asks their owners, and answers for their identity.

    A venue's takes cards and receives transfers, which is what destination charges on its behalf need; a seller's only
    receives transfers, and so its owner is asked for less.
    """

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    @override
    async def create_account(self, request: AccountRequest) -> ProviderAccount:
        owner = request.owner
        params: AccountCreateParams = {
            "type": "express",
            "country": request.country,
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {"tenant_id": str(owner.tenant_id), f"{owner.kind}_id": str(owner.id)},
        }
        if owner.kind is OwnerKind.VENUE:
            params["capabilities"] = {"card_payments": {"requested": True}, "transfers": {"requested": True}}
        else:
            params["business_type"] = "individual"
        if request.email is not None:
            params["email"] = request.email
        async with failures_classified():
            made = await self._client.v1.accounts.create_async(params, {"idempotency_key": request.key})
        return account_of(made)

    @override
    async def retrieve_account(self, account_id: str) -> ProviderAccount:
        async with _of_account(account_id):
            found = await self._client.v1.accounts.retrieve_async(account_id)
        if getattr(found, "deleted", False):  # there only when it is true
            raise AccountGoneError(f"Account {account_id} was deleted.")
        return account_of(found)

    @override
    async def link_account(self, account_id: str, *, return_url: str, refresh_url: str) -> OnboardingLink:
        params: AccountLinkCreateParams = {
            "account": account_id,
            "type": "account_onboarding",
            "return_url": return_url,
            "refresh_url": refresh_url,
        }
        async with _of_account(account_id):
            link = await self._client.v1.account_links.create_async(params)
        return OnboardingLink(link.url, datetime.fromtimestamp(link.expires_at, UTC))

    @override
    async def list_payouts(self, account_id: str, *, limit: int, after: str | None) -> PayoutPage:
        params: PayoutListParams = {"limit": limit}
        if after is not None:
            params["starting_after"] = after
        async with _of_account(account_id):
            found = await self._client.v1.payouts.list_async(params, {"stripe_account": account_id})
        items = tuple(_payout(each) for each in found.data)
        return PayoutPage(items, items[-1].id if found.has_more and items else None)


@asynccontextmanager
async def _of_account(account_id: str) -> AsyncIterator[None]:
    """Tell an account that is gone from a key that may do too little, which an operator can mend."""
    async with failures_classified():
        try:
            yield
        except (stripe.PermissionError, stripe.InvalidRequestError) as error:
            if error.code != _NO_ACCESS and (error.error is None or error.error.code != _NO_ACCESS):
                raise
            raise AccountGoneError(f"Account {account_id} cannot be used (any more).") from error


def account_of(found: stripe.Account) -> ProviderAccount:
    """Return an account of the SDK in our words; what Stripe leaves out is false or empty."""
    due = found.requirements
    return ProviderAccount(
        id=found.id,
        country=found.country or "",
        charges_enabled=bool(found.charges_enabled),
        payouts_enabled=bool(found.payouts_enabled),
        details_submitted=bool(found.details_submitted),
        transfers_enabled=_may_receive(found),
        requirements=Requirements()
        if due is None
        else Requirements(
            currently_due=tuple(due.currently_due or ()),
            past_due=tuple(due.past_due or ()),
            eventually_due=tuple(due.eventually_due or ()),
            deadline=datetime.fromtimestamp(due.current_deadline, UTC) if due.current_deadline else None,
            disabled_reason=due.disabled_reason,
        ),
    )


def _may_receive(found: stripe.Account) -> bool:
    capabilities = found.capabilities
    # The SDK's objects have only the members that Stripe sent.
    return capabilities is not None and getattr(capabilities, "transfers", None) == "active"


def _payout(found: stripe.Payout) -> Payout:
    return Payout(
        id=found.id,
        amount=from_stripe(found.amount, found.currency),
        status=found.status,
        arrival_at=datetime.fromtimestamp(found.arrival_date, UTC),
        created_at=datetime.fromtimestamp(found.created, UTC),
        failure=found.failure_code,
    )
