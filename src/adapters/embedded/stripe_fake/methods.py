"""The payment methods that Stripe's test mode knows, and what comes of confirming with each."""

from dataclasses import dataclass
from typing import Literal

from adapters.embedded.stripe_fake.errors import StripeFakeError, missing

type Outcome = Literal["succeeds", "declined", "needs_action", "processes"]


@dataclass(frozen=True, slots=True)
class FatedMethod:
    """A payment method with a fate; `code` and `decline_code` are of a declined one."""

    outcome: Outcome
    code: str = "card_declined"
    decline_code: str = "generic_decline"
    message: str = "Your card was declined."


METHODS = {
    "pm_card_visa": FatedMethod("succeeds"),
    "pm_card_mastercard": FatedMethod("succeeds"),
    "pm_card_chargeDeclined": FatedMethod("declined"),
    "pm_card_visa_chargeDeclined": FatedMethod("declined"),
    "pm_card_chargeDeclinedInsufficientFunds": FatedMethod(
        "declined", decline_code="insufficient_funds", message="Your card has insufficient funds."
    ),
    "pm_card_chargeDeclinedExpiredCard": FatedMethod(
        "declined", code="expired_card", decline_code="expired_card", message="Your card has expired."
    ),
    "pm_card_authenticationRequired": FatedMethod("needs_action"),
    "pm_card_threeDSecure2Required": FatedMethod("needs_action"),
    "pm_usBankAccount": FatedMethod("processes"),
    "pm_card_processing": FatedMethod("processes"),
}


def method_named(name: str) -> FatedMethod:
    """Return the method; raises Stripe's error for one that does not exist."""
    method = METHODS.get(name)
    if method is None:
        error: StripeFakeError = missing("PaymentMethod", name, param="payment_method")
        error.status = 400
        raise error
    return method
