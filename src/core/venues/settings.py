"""What organisers tune: for a venue, and for all that is theirs."""

from dataclasses import dataclass
from typing import Literal

from core.shared.errors import InvalidInputError, Problem

HOLD_TTL_S_DEFAULT = 600
HOLD_TTL_S_MIN = 60
HOLD_TTL_S_MAX = 3600

type OrphanRule = Literal["off", "warn", "enforce"]


@dataclass(frozen=True, slots=True)
class VenueSettings:
    """Defaults for what is sold at a venue."""

    max_seats_per_order: int = 10
    orphan_rule: OrphanRule = "off"
    version: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.max_seats_per_order <= 100:
            raise InvalidInputError(
                "An order may hold from 1 to 100 seats.", [Problem("/maxSeatsPerOrder", "must be from 1 to 100")]
            )


@dataclass(frozen=True, slots=True)
class OrganiserSettings:
    """Settings of a tenant. `hold_ttl_s` is how many seconds a hold lasts; version 0 was never changed."""

    hold_ttl_s: int = HOLD_TTL_S_DEFAULT
    version: int = 0

    def __post_init__(self) -> None:
        if not HOLD_TTL_S_MIN <= self.hold_ttl_s <= HOLD_TTL_S_MAX:
            message = f"must be from {HOLD_TTL_S_MIN} to {HOLD_TTL_S_MAX} seconds"
            raise InvalidInputError(f"A hold {message}.", [Problem("/holdTtlSec", message)])
