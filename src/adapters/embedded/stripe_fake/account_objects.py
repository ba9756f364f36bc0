"""New connected accounts, with the fields that Stripe's have as far as a platform reads them."""

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.errors import invalid
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.objects import StripeDict, new_id, now

APPLICATION = "ca_fairseat"
"""The platform, as its connected accounts know it."""

CAPABILITIES = (
    "card_payments",
    "transfers",
    "sepa_debit_payments",
    "bancontact_payments",
    "ideal_payments",
    "link_payments",
)

_CONTROLLERS = {
    "express": {"fees": "application_express", "losses": "application", "collects": "stripe", "dashboard": "express"},
    "custom": {"fees": "application_custom", "losses": "application", "collects": "application", "dashboard": "none"},
    "standard": {"fees": "account", "losses": "stripe", "collects": "stripe", "dashboard": "full"},
}
_KINDS = {"express": "express", "none": "custom", "full": "standard"}


def controller_of(kind: str | None, asked: Params) -> tuple[str, StripeDict]:
    """Return (type, controller) for one of the two that was given; Stripe's default is a standard account.

    An account that is described by its controller is told as of the type that has its dashboard, "none" otherwise.
    """
    dashboard = forms.one_of(forms.nested(asked, "stripe_dashboard") or {}, "type", *_KINDS)
    usual = _CONTROLLERS[kind or _KINDS[dashboard or "full"]]
    losses = forms.one_of(forms.nested(asked, "losses") or {}, "payments", "application", "stripe")
    payer = forms.one_of(forms.nested(asked, "fees") or {}, "payer", "account", "application")
    collects = forms.one_of(asked, "requirement_collection", "application", "stripe")
    if dashboard == "full" and "application" in {losses, collects}:
        raise invalid("An account with the full dashboard cannot be the application's.", param="controller")
    controller: StripeDict = {
        "type": "application",
        "is_controller": True,
        "fees": {"payer": payer or usual["fees"]},
        "losses": {"payments": losses or usual["losses"]},
        "requirement_collection": collects or usual["collects"],
        "stripe_dashboard": {"type": dashboard or usual["dashboard"]},
    }
    return kind or ("none" if asked else "standard"), controller


def new_account(*, kind: str, controller: StripeDict, country: str, metadata: dict[str, str]) -> StripeDict:
    """Make an account of which nothing is known yet."""
    account: StripeDict = {
        "id": new_id("acct", length=16),
        "object": "account",
        "business_profile": dict.fromkeys(("mcc", "name", "product_description", "support_email", "url")),
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "controller": controller,
        "country": country,
        "created": now(),
        "default_currency": "usd" if country == "US" else "eur",
        "details_submitted": False,
        "email": None,
        "external_accounts": {"object": "list", "data": [], "has_more": False, "total_count": 0},
        "future_requirements": no_requirements(),
        "metadata": metadata,
        "payouts_enabled": False,
        "requirements": no_requirements(),
        "settings": {"payouts": {"debit_negative_balances": True, "schedule": {"interval": "daily"}}},
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": kind,
    }
    return account


def no_requirements() -> StripeDict:
    """Return requirements of an account of which all is known."""
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }


def requirements(account: StripeDict) -> StripeDict:
    """Return what is to be told before the account may do anything, which Stripe calls past due from the start."""
    wanted = [
        *([] if account["business_type"] else ["business_type"]),
        *([] if account["business_profile"]["url"] else ["business_profile.url"]),
        "external_account",
        "tos_acceptance.date",
        "tos_acceptance.ip",
    ]
    due = {name: list(wanted) for name in ("currently_due", "eventually_due", "past_due")}
    return no_requirements() | due | {"disabled_reason": "requirements.past_due"}
