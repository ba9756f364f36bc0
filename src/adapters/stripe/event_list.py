"""Stripe's list of the events of the platform's own account."""

from datetime import datetime
from typing import Final, override

import msgspec
import stripe
from stripe.params import EventListParams

from adapters.stripe.failures import failures_classified
from adapters.stripe.verifier import read_event
from ports.webhooks import EventList, EventPage

EVENT_TYPES: Final = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "charge.refunded",
    "charge.refund.updated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "transfer.created",
    "transfer.updated",
    "transfer.reversed",
)
"""What the platform's endpoint listens to. Stripe takes up to twenty names."""

_PAGE = 100
_MISSING = "resource_missing"


class StripeEventList(EventList):
    """`GET /v1/events`: Stripe keeps 30 days, whether or not an endpoint was there, open, or listening.

    It is not asked for those alone that were not delivered (`delivery_success`): where an endpoint was switched off,
    or taken away, nothing waits to be delivered. Events of connected accounts are not in this list, and would take a
    call for each account; the sweep over accounts reads the accounts themselves by as many calls, and that is all that
    those events could tell.
    """

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    @override
    async def page(self, *, since: datetime, before: datetime, after: str | None) -> EventPage | None:
        params: EventListParams = {
            "types": list(EVENT_TYPES),
            "created": {"gte": int(since.timestamp()), "lt": int(before.timestamp())},
            "limit": _PAGE,
        }
        if after is not None:
            params["starting_after"] = after
        async with failures_classified():
            try:
                listed = await self._client.v1.events.list_async(params)
            except stripe.InvalidRequestError as error:
                if after is None or error.code != _MISSING:
                    raise
                return None
        return EventPage([read_event(_body(event)) for event in listed.data], more=listed.has_more)


def _body(event: stripe.Event) -> bytes:
    return msgspec.json.encode(event.to_dict(for_json=True))
