"""The payment methods that Stripe's test mode knows, by name or card number, and what comes of paying with each.

Stripe's are listed at https://docs.stripe.com/testing. Of our own making are those that Stripe has no name for:
`pm_card_applePay`, `pm_card_googlePay`, `pm_card_processing` and `pm_card_processingDeclined`.
"""

from dataclasses import dataclass, replace
from typing import Literal

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.errors import StripeFakeError, invalid, missing
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.objects import StripeDict

type Outcome = Literal["succeeds", "declined", "needs_action", "processes"]
type RefundOutcome = Literal["succeeds", "pending", "fails"]


@dataclass(frozen=True, slots=True)
class FatedMethod:
    """A payment method with a fate. `code`, `decline_code` and `message` are of a declined one; `then` is how it ends
    after an authentication, or after it was being processed; `refunds` and `dispute` are what comes afterwards.
    """

    outcome: Outcome = "succeeds"
    code: str = "card_declined"
    decline_code: str = "generic_decline"
    message: str = "Your card was declined."
    then: Literal["succeeds", "declined"] = "succeeds"
    refunds: RefundOutcome = "succeeds"
    dispute: str | None = None
    inquiry: bool = False
    brand: str = "visa"
    last4: str = "4242"
    wallet: Literal["apple_pay", "google_pay"] | None = None
    kind: Literal["card", "us_bank_account"] = "card"

    def details(self) -> StripeDict:
        """Return it as a charge tells of it."""
        if self.kind != "card":
            return {"type": self.kind, self.kind: {"bank_name": "STRIPE TEST BANK", "last4": "6789"}}
        wallet: StripeDict | None = None
        if self.wallet is not None:
            wallet = {"type": self.wallet, self.wallet: {}, "dynamic_last4": None}
        card = {
            "brand": self.brand,
            "country": "US",
            "exp_month": 12,
            "exp_year": 2034,
            "funding": "credit",
            "last4": self.last4,
            "network": self.brand,
            "wallet": wallet,
        }
        return {"type": "card", "card": card}


_DECLINES = {
    "chargeDeclined": FatedMethod("declined", last4="0002"),
    "chargeDeclinedInsufficientFunds": FatedMethod(
        "declined", decline_code="insufficient_funds", message="Your card has insufficient funds.", last4="9995"
    ),
    "chargeDeclinedLostCard": FatedMethod("declined", decline_code="lost_card", last4="9987"),
    "chargeDeclinedStolenCard": FatedMethod("declined", decline_code="stolen_card", last4="9979"),
    "chargeDeclinedExpiredCard": FatedMethod(
        "declined", code="expired_card", decline_code="expired_card", message="Your card has expired.", last4="0069"
    ),
    "chargeDeclinedIncorrectCvc": FatedMethod(
        "declined",
        code="incorrect_cvc",
        decline_code="incorrect_cvc",
        message="Your card's security code is incorrect.",
        last4="0127",
    ),
    "chargeDeclinedProcessingError": FatedMethod(
        "declined",
        code="processing_error",
        decline_code="processing_error",
        message="An error occurred while processing your card. Try again in a little bit.",
        last4="0119",
    ),
    "chargeDeclinedVelocityLimitExceeded": FatedMethod(
        "declined", decline_code="card_velocity_exceeded", message="Your card has exceeded its limit.", last4="6975"
    ),
}

METHODS = {
    "pm_card_visa": FatedMethod(),
    "pm_card_mastercard": FatedMethod(brand="mastercard", last4="4444"),
    "pm_card_amex": FatedMethod(brand="amex", last4="8431"),
    "pm_card_applePay": FatedMethod(wallet="apple_pay"),
    "pm_card_googlePay": FatedMethod(wallet="google_pay"),
    **{f"pm_card_{name}": method for name, method in _DECLINES.items()},
    **{f"pm_card_visa_{name}": method for name, method in _DECLINES.items()},
    "pm_card_authenticationRequired": FatedMethod("needs_action", last4="3155"),
    "pm_card_threeDSecure2Required": FatedMethod("needs_action", last4="3220"),
    "pm_card_threeDSecureRequiredChargeDeclined": FatedMethod("needs_action", then="declined", last4="1629"),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": replace(
        _DECLINES["chargeDeclinedInsufficientFunds"], outcome="needs_action", then="declined", last4="3178"
    ),
    "pm_card_processing": FatedMethod("processes"),
    "pm_card_processingDeclined": FatedMethod("processes", then="declined"),
    "pm_usBankAccount": FatedMethod("processes", kind="us_bank_account"),
    "pm_card_pendingRefund": FatedMethod(refunds="pending", last4="7726"),
    "pm_card_refundFail": FatedMethod(refunds="fails", last4="5126"),
    "pm_card_createDispute": FatedMethod(dispute="fraudulent", last4="0259"),
    "pm_card_createDisputeProductNotReceived": FatedMethod(dispute="product_not_received", last4="2685"),
    "pm_card_createDisputeInquiry": FatedMethod(dispute="fraudulent", inquiry=True, last4="1976"),
}

NUMBERS = {
    "4242424242424242": "pm_card_visa",
    "5555555555554444": "pm_card_mastercard",
    "378282246310005": "pm_card_amex",
    "4000000000000002": "pm_card_chargeDeclined",
    "4000000000009995": "pm_card_chargeDeclinedInsufficientFunds",
    "4000000000009987": "pm_card_chargeDeclinedLostCard",
    "4000000000009979": "pm_card_chargeDeclinedStolenCard",
    "4000000000000069": "pm_card_chargeDeclinedExpiredCard",
    "4000000000000127": "pm_card_chargeDeclinedIncorrectCvc",
    "4000000000000119": "pm_card_chargeDeclinedProcessingError",
    "4000000000006975": "pm_card_chargeDeclinedVelocityLimitExceeded",
    "4000002500003155": "pm_card_authenticationRequired",
    "4000000000003220": "pm_card_threeDSecure2Required",
    "4000008400001629": "pm_card_threeDSecureRequiredChargeDeclined",
    "4000008260003178": "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
    "4000000000007726": "pm_card_pendingRefund",
    "4000000000005126": "pm_card_refundFail",
    "4000000000000259": "pm_card_createDispute",
    "4000000000002685": "pm_card_createDisputeProductNotReceived",
    "4000000000001976": "pm_card_createDisputeInquiry",
}

_CARD = ("[type]", "[card][number]", "[card][exp_month]", "[card][exp_year]", "[card][cvc]")
_BILLING = ("[billing_details][*]", "[billing_details][address][*]")
METHOD_PARAMS = ("payment_method", *(f"payment_method_data{name}" for name in (*_CARD, *_BILLING)))
"""The parameters by which an intent is told its method."""


def method_named(name: str) -> FatedMethod:
    """Return the method; raises Stripe's error for one that does not exist."""
    method = METHODS.get(name)
    if method is None:
        error: StripeFakeError = missing("PaymentMethod", name, param="payment_method")
        error.status = 400
        raise error
    return method


def method_given(params: Params) -> str | None:
    """Return the name of the method that `payment_method` or `payment_method_data` gives, None without either."""
    data = forms.nested(params, "payment_method_data")
    name = forms.text(params, "payment_method")
    if data is None:
        if name is not None:
            method_named(name)
        return name
    if name is not None:
        raise invalid("You cannot give both payment_method and payment_method_data.", param="payment_method_data")
    return _of_number(data, within="payment_method_data")


def create_method(params: Params) -> StripeDict:
    """Make a method of a test number: it is the well-known one of that number."""
    forms.only(params, "type", "card[number]", "card[exp_month]", "card[exp_year]", "card[cvc]")
    return method_object(_of_number(params))


def method_object(name: str) -> StripeDict:
    """Return the method as an object of the API; raises Stripe's error for one that does not exist."""
    return {
        "id": name,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "created": 0,
        "customer": None,
        "livemode": False,
        "metadata": {},
        **method_named(name).details(),
    }


def _of_number(data: Params, *, within: str = "") -> str:
    def param(name: str) -> str:
        return f"{within}[{name.replace('[', '][', 1)}]".replace("]]", "]") if within else name

    if forms.one_of(data, "type", "card") is None:
        raise invalid("Missing required param: type.", param=param("type"), code="parameter_missing")
    number = forms.text(forms.nested(data, "card") or {}, "number")
    if number is None:
        raise invalid("Missing required param: card[number].", param=param("card[number]"), code="parameter_missing")
    name = NUMBERS.get(number.replace(" ", ""))
    if name is None:
        raise StripeFakeError(
            402,
            kind="card_error",
            code="incorrect_number",
            message="Your card number is incorrect.",
            param=param("card[number]"),
        )
    return name
