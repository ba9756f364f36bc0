"""What the ticket of a plan says about a hold: whether it is on sale at all, and when."""

from dataclasses import dataclass
from datetime import datetime

from core.seating.errors import SalesClosedError, SalesNotOpenError, SeatEventCancelledError, TicketNotOnSaleError
from core.shared.errors import DomainError
from core.shared.time import spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSale:
    """When seats of a ticket may be held: `sales_from` belongs to the window, `sales_until` and `ends_at` do not.

    None sets no bound but the event's end. The window binds buyers, and not staff who sell; the rest binds everybody.
    `sells_paid` is False while the venue can take no payments: then buyers may hold only what is free.
    """

    published: bool
    ends_at: datetime
    sales_from: datetime | None = None
    sales_until: datetime | None = None
    sells_paid: bool = True
    cancelled: bool = False

    def objections(self, *, by_staff: bool, now: datetime) -> list[DomainError]:
        """Return every reason against a hold at this moment, the weightiest first; none while the ticket is on sale."""
        reasons: list[DomainError] = []
        opens, closes = self.sales_from, self.sales_until
        if self.cancelled:
            reasons.append(SeatEventCancelledError())
        elif not self.published:
            reasons.append(TicketNotOnSaleError("The ticket is a draft, so it is not on sale yet."))
        if now >= self.ends_at:
            reasons.append(SalesClosedError(f"The event ended at {spoken(self.ends_at)}."))
        elif by_staff:
            return reasons
        elif opens is not None and now < opens:
            reasons.append(SalesNotOpenError(f"Sales open at {spoken(opens)}."))
        elif closes is not None and now >= closes:
            reasons.append(SalesClosedError(f"Sales closed at {spoken(closes)}."))
        return reasons
