"""What disputes of an order's payment do to its passes."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.shared.ids import DisputeId, OrderId

DISPUTED = "disputed"
"""Why passes are frozen."""

DISPUTE_LOST = "dispute_lost"
"""Why passes end with the money that the buyer's bank took back."""


class DisputeStanding(StrEnum):
    """How a dispute stands, as far as admission has heard."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class OrderDispute:
    """A dispute of an order; of two things that were heard of it the one with the higher version is the later."""

    order_id: OrderId
    dispute_id: DisputeId
    standing: DisputeStanding
    version: int


def standing_of(disputes: Iterable[OrderDispute]) -> DisputeStanding:
    """Return what all the disputes of an order come to: one that is lost weighs most, then one that goes on."""
    standings = {dispute.standing for dispute in disputes}
    for each in (DisputeStanding.LOST, DisputeStanding.OPEN):
        if each in standings:
            return each
    return DisputeStanding.WON
