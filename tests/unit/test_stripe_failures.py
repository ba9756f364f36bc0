"""What Stripe's errors mean: declined, refused for good, or worth another try."""

from typing import Any

import pytest
import stripe

from adapters.stripe.failures import failures_classified
from core.payments.errors import PaymentDeclinedError, ProviderRefusedError, ProviderUnavailableError


def untyped(kind: Any, *values: object, **facts: object) -> stripe.StripeError:
    """Make an error of the SDK; its constructors have no types."""
    error = kind(*values, **facts)
    assert isinstance(error, stripe.StripeError)
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (untyped(stripe.APIConnectionError, "no route"), ProviderUnavailableError),
        (stripe.APIError("oops", http_status=500), ProviderUnavailableError),
        (stripe.RateLimitError("slow down", http_status=429), ProviderUnavailableError),
        (stripe.AuthenticationError("bad key", http_status=401), ProviderUnavailableError),
        (stripe.PermissionError("not yours", http_status=403), ProviderUnavailableError),
        (stripe.IdempotencyError("in use", http_status=409), ProviderUnavailableError),
        (stripe.IdempotencyError("other parameters", http_status=400), ProviderRefusedError),
        (untyped(stripe.InvalidRequestError, "locked", None, code="lock_timeout"), ProviderUnavailableError),
        (untyped(stripe.InvalidRequestError, "no such intent", "id", code="resource_missing"), ProviderRefusedError),
        (untyped(stripe.CardError, "declined", None, "card_declined"), PaymentDeclinedError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
async def test_an_error_of_the_sdk_is_told_in_our_words(error: stripe.StripeError, meaning: type[Exception]) -> None:
    with pytest.raises(meaning):
        async with failures_classified():
            raise error


async def test_a_decline_keeps_its_reason() -> None:
    body = {"error": {"code": "card_declined", "decline_code": "insufficient_funds", "type": "card_error"}}
    with pytest.raises(PaymentDeclinedError) as declined:
        async with failures_classified():
            raise untyped(stripe.CardError, "declined", None, "card_declined", json_body=body)
    assert declined.value.decline_code == "insufficient_funds"
