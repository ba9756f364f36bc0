"""The SDK's client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import stripe

API_VERSION = "2026-10-28.endive"
"""Pinned: what Stripe's objects look like changes only when we change this."""

TIMEOUT_S = 10.0
RETRIES_MAX = 2
"""The SDK repeats a call whose answer got lost, with the same idempotency key."""


@asynccontextmanager
async def open_stripe(secret_key: str, *, api_url: str | None = None) -> AsyncIterator[stripe.StripeClient]:
    """Yield a client, and close its connections at the end; `api_url` is given only to talk to a stand-in.

    Nothing is connected before the first call.
    """
    connections = stripe.HTTPXClient(timeout=TIMEOUT_S)
    try:
        yield stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            http_client=connections,
            max_network_retries=RETRIES_MAX,
            base_addresses=None if api_url is None else {"api": api_url},
        )
    finally:
        await connections.close_async()  # type: ignore[no-untyped-call]  # the SDK has no types here
