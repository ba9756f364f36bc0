"""What a PaymentIntent may be told, and whether it makes sense."""

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.errors import StripeFakeError, impossible, invalid
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.methods import METHOD_PARAMS
from adapters.embedded.stripe_fake.objects import StripeDict

_AMOUNT_MIN = 50
_AMOUNT_MAX = 99_999_999

UPDATE = ("amount", "application_fee_amount", "description", "metadata[*]", "receipt_email", *METHOD_PARAMS)
CONFIRM = ("return_url", "receipt_email", "client_secret", "use_stripe_sdk", *METHOD_PARAMS)
CREATE = (
    *UPDATE,
    "allowed_payment_method_types[*]",
    "automatic_payment_methods[allow_redirects]",
    "automatic_payment_methods[enabled]",
    "capture_method",
    "confirm",
    "currency",
    "on_behalf_of",
    "return_url",
    "statement_descriptor_suffix",
    "transfer_data[amount]",
    "transfer_data[destination]",
    "transfer_group",
)


def amount_of(params: Params) -> int:
    """Return the amount in minor units."""
    amount = forms.integer(params, "amount")
    if amount is None:
        raise invalid("Missing required param: amount.", param="amount", code="parameter_missing")
    if amount < _AMOUNT_MIN:
        raise invalid("Amount must convert to at least 50 cents.", param="amount", code="amount_too_small")
    if amount > _AMOUNT_MAX:
        raise invalid(f"Amount must be no more than {_AMOUNT_MAX}.", param="amount", code="amount_too_large")
    return amount


def currency_of(params: Params) -> str:
    """Return the currency in lower case."""
    currency = forms.required(params, "currency")
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    return currency.lower()


def automatic_methods(params: Params) -> StripeDict | None:
    """Return `automatic_payment_methods`, None when they are not asked for."""
    given = forms.nested(params, "automatic_payment_methods")
    if given is None or not forms.flag(given, "enabled"):
        return None
    redirects = forms.one_of(given, "allow_redirects", "always", "never")
    return {"allow_redirects": redirects or "always", "enabled": True}


def method_types(params: Params) -> list[str]:
    """Return `allowed_payment_method_types`: those that are named, cards otherwise."""
    return forms.texts(params, "allowed_payment_method_types") or ["card"]


def capture_method(params: Params) -> str:
    """Return how the money is captured: at once, in the two ways that Stripe has; nothing is captured later here."""
    return forms.one_of(params, "capture_method", "automatic", "automatic_async") or "automatic_async"


def transfer_of(params: Params) -> StripeDict | None:
    """Return `transfer_data`, None when it is left out."""
    given = forms.nested(params, "transfer_data")
    if given is None:
        return None
    destination = forms.text(given, "destination")
    if destination is None:
        name = "transfer_data[destination]"
        raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    amount = forms.integer(given, "amount")
    return {"destination": destination} | ({} if amount is None else {"amount": amount})


def check_shares(intent: StripeDict) -> None:
    """Raise unless the destination's and the application's shares fit the amount."""
    amount, fee, transfer = intent["amount"], intent["application_fee_amount"], intent["transfer_data"]
    if fee is not None:
        name = "application_fee_amount"
        if transfer is None:
            raise invalid("Can only apply an application fee to a charge with a destination.", param=name)
        if "amount" in transfer:
            raise invalid("You cannot give both application_fee_amount and transfer_data[amount].", param=name)
        if fee <= 0:
            raise invalid("Invalid positive integer", param=name, code="parameter_invalid_integer")
        if fee > amount:
            raise invalid(f"The application fee ({fee}) cannot be greater than the amount ({amount}).", param=name)
    if transfer is not None and "amount" in transfer and not 0 < transfer["amount"] <= amount:
        raise invalid("The transfer amount is not between 1 and the amount.", param="transfer_data[amount]")


def check_accounts(ledger: Ledger, intent: StripeDict) -> None:
    """Raise unless the accounts that it names are connected and may charge, as they have to at each confirmation."""
    transfer: StripeDict = intent["transfer_data"] or {"destination": None}
    named: tuple[tuple[str | None, str, str], ...] = (
        (transfer["destination"], "transfer_data[destination]", "insufficient_capabilities_for_transfer"),
        (intent["on_behalf_of"], "on_behalf_of", "account_invalid"),
    )
    for account_id, param, code in named:
        if account_id is None:
            continue
        account = ledger.find("accounts", account_id)
        if account is None:
            raise invalid(f"No such destination: '{account_id}'", param=param, code="resource_missing")
        if not account["charges_enabled"]:
            raise impossible(
                f"The account '{account_id}' cannot be used: it needs capabilities that it does not have at present.",
                param=param,
                code=code,
            )


def unexpected_state(intent: StripeDict, verb: str) -> StripeFakeError:
    """Make the error for an intent whose status does not allow it."""
    return impossible(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )
