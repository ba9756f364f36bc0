"""What Stripe's errors mean to us."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import stripe

from core.payments.errors import (
    PaymentDeclinedError,
    PaymentDisputedError,
    ProviderRefusedError,
    ProviderUnavailableError,
)


@asynccontextmanager
async def failures_classified() -> AsyncIterator[None]:
    """Turn errors of the SDK into declined, unavailable, disputed or refused.

    Unavailable is whatever may go well later: the network, 5xx, rate limits, a concurrent use of the same key. A wrong
    API key counts as unavailable too: the request is right, and an operator can mend it.
    """
    try:
        yield
    except stripe.CardError as error:
        raise PaymentDeclinedError(
            error.user_message or "The payment was declined.", decline_code=_decline_code(error)
        ) from error
    except stripe.InvalidRequestError as error:
        if error.code in {"lock_timeout", "rate_limit", "idempotency_key_in_use"}:
            raise ProviderUnavailableError(_told(error)) from error
        if error.code == "charge_disputed":
            raise PaymentDisputedError(_told(error)) from error
        raise ProviderRefusedError(_told(error)) from error
    except stripe.IdempotencyError as error:
        if error.http_status == 409:
            raise ProviderUnavailableError(_told(error)) from error
        raise ProviderRefusedError(_told(error)) from error
    except stripe.StripeError as error:
        raise ProviderUnavailableError(_told(error)) from error


def _told(error: stripe.StripeError) -> str:
    return f"Stripe: {error.user_message or type(error).__name__} (request {error.request_id or 'unknown'})"


def _decline_code(error: stripe.CardError) -> str | None:
    found = error.error.decline_code if error.error is not None else None
    return found or error.code
