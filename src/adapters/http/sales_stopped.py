"""Why what costs something is not sold at a venue, for its staff."""

import msgspec
from msgspec import UNSET, UnsetType

from core.shared.callers import STAFF, Caller
from core.ticketing.ticket import Ticket
from usecases.ticketing.paid_sales import PaidSales


class SalesStoppedBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why nothing that costs something is sold at the venue: what Stripe lacks, and its word for why it stopped."""

    missing: tuple[str, ...]
    disabled_reason: str | None


async def why_stopped(paid: PaidSales, ticket: Ticket, *, caller: Caller) -> SalesStoppedBody | UnsetType:
    """Return why sales are stopped; nothing where they are not, or for who is not of the staff."""
    if caller.role not in STAFF:
        return UNSET
    obstacle = await paid.obstacle(caller.tenant_id, ticket.event.venue_id)
    if obstacle is None:
        return UNSET
    return SalesStoppedBody(missing=obstacle.missing, disabled_reason=obstacle.disabled_reason)
