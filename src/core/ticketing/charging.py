"""Whether the venue of a ticket can take payments; what costs nothing is never in question."""

from dataclasses import dataclass

from core.shared.errors import Problem
from core.shared.ids import VenueId
from core.ticketing.errors import ChargesNotEnabledForVenueError
from core.ticketing.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueCharging:
    """What payments said of a venue. Of two sayings the one with the higher `version` is the newer.

    `missing` names what the payment provider wants to know of the venue's owner, `disabled_reason` is its word for why
    it serves the venue no more.
    """

    venue_id: VenueId
    enabled: bool
    missing: tuple[str, ...]
    disabled_reason: str | None
    version: int


@dataclass(frozen=True, slots=True)
class ChargingTerms:
    """Whether what costs something is sold only where the venue has an account that may charge."""

    needed: bool


def must_charge(ticket: Ticket, charging: VenueCharging) -> None:
    """Raise ChargesNotEnabledForVenueError for a ticket that costs something, where nothing can be paid."""
    if ticket.price.amount_minor == 0 or charging.enabled:
        return
    if charging.version == 0:
        raise ChargesNotEnabledForVenueError(
            "The venue is not connected to Stripe yet, so that only free tickets can go on sale there.",
            [Problem("/event/venueId", "Connect the venue to Stripe first.")],
        )
    why = f" ({charging.disabled_reason})" if charging.disabled_reason else ""
    missing = f" Missing: {', '.join(charging.missing)}." if charging.missing else ""
    raise ChargesNotEnabledForVenueError(
        f"Stripe lets the venue take no payments{why}, so that only free tickets can go on sale there.{missing}",
        [Problem("/event/venueId", f"Stripe needs {field}.") for field in charging.missing],
    )
