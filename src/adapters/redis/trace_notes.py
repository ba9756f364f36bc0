"""Which trace a payment was made in, for the hour in which its webhooks come: Stripe hands nothing of the kind back.

Only traces that are recorded are noted. With Redis gone, a webhook begins a trace of its own.
"""

from redis.asyncio import Redis

from adapters.redis.client import REDIS_FAILURES

_KEEP_S = 3_600
_RECORDED = "-01"


class TraceNotes:
    """Notes under the ids of PaymentIntents."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def note(self, intent_id: str, traceparent: str | None) -> None:
        """Keep the trace of an intent, if it is recorded."""
        if traceparent is None or not traceparent.endswith(_RECORDED):
            return
        try:
            await self._client.set(_key(intent_id), traceparent, ex=_KEEP_S)
        except REDIS_FAILURES:
            return

    async def find(self, intent_id: str) -> str | None:
        """Return the trace of an intent; None where none is known."""
        try:
            found: object = await self._client.get(_key(intent_id))
        except REDIS_FAILURES:
            return None
        return found if isinstance(found, str) else None


def _key(intent_id: str) -> str:
    return f"trace:intent:{intent_id}"
