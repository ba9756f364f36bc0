"""How long orders live, and how often things are tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """The limits of an order, in seconds and counts.

    `order_ttl_s` is the time to pay. Starting a payment gives the buyer at least `payment_protection_s` from then on,
    but no order is protected longer than `lifetime_max_s` after it was placed. What it reserved stays so `settling_s`
    longer than a started payment, so that the sweep can ask Stripe before somebody else can have it.

    While Stripe cannot be asked whether money may come, an order waits at most `outage_max_s` longer than that. Once it
    has ended, it is asked every `late_recheck_s` about money that may still come.
    """

    order_ttl_s: int = 900
    payment_protection_s: int = 900
    lifetime_max_s: int = 2_700
    settling_s: int = 60
    recheck_s: int = 30
    outage_max_s: int = 3_600
    late_recheck_s: int = 600
    payment_tries_max: int = 50
    sweep_orders_max: int = 50

    def __post_init__(self) -> None:
        lasting = self.order_ttl_s, self.payment_protection_s, self.recheck_s, self.late_recheck_s
        if min(*lasting, self.sweep_orders_max) < 1:
            raise ValueError("times and counts of an order are at least 1")
        if self.lifetime_max_s < self.order_ttl_s:
            raise ValueError("lifetime_max_s cannot be less than order_ttl_s")

    def expiry(self, *, placed_at: datetime) -> datetime:
        """Return until when an order that was placed then may be paid."""
        return placed_at + timedelta(seconds=self.order_ttl_s)

    def ceiling(self, *, placed_at: datetime) -> datetime:
        """Return the moment after which nothing protects the order."""
        return placed_at + timedelta(seconds=self.lifetime_max_s)

    def protection(self, *, placed_at: datetime, now: datetime) -> datetime:
        """Return until when a payment that is started now protects the order."""
        return min(now + timedelta(seconds=self.payment_protection_s), self.ceiling(placed_at=placed_at))

    def settled_by(self, expires_at: datetime) -> datetime:
        """Return until when everything stays reserved behind an order with a started payment."""
        return expires_at + timedelta(seconds=self.settling_s)

    def patience(self, *, placed_at: datetime) -> datetime:
        """Return the moment at which an order ends although nobody could be asked whether money may come."""
        return self.ceiling(placed_at=placed_at) + timedelta(seconds=self.outage_max_s)

    def late_recheck(self, *, now: datetime) -> datetime:
        """Return when to ask again about money for an order that has ended."""
        return now + timedelta(seconds=self.late_recheck_s)

    def recheck(self, *, now: datetime) -> datetime:
        """Return when to ask again about something that was not decided."""
        return now + timedelta(seconds=self.recheck_s)
