"""What the doctor needs: to read what each service keeps, in pages, and to have those mend it whose thing it is.

Nothing here decides. The doctor reads as roles that see just these columns of all organisations, and writes nothing.
"""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from core.doctor.facts import (
    Key,
    Keyed,
    OfferedPassFacts,
    OfferFacts,
    OrderFacts,
    OwnedSeatFacts,
    PassesFacts,
    PaymentFacts,
    QuotaFacts,
    ReservationFacts,
    Span,
    StuckFacts,
)
from core.doctor.repairs import Repair, TimerKind


class Pages[F: Keyed](Protocol):
    """Things of one kind in one datastore, across organisations, one after the other."""

    @abstractmethod
    async def page(self, span: Span, *, facts_max: int) -> Sequence[F]:
        """Return the first so many things of the span, by key; raises UnavailableError."""


class Lookup[F: Keyed](Protocol):
    """Things of one kind in one datastore, across organisations, by their keys."""

    @abstractmethod
    async def of(self, keys: Collection[Key]) -> Mapping[Key, F]:
        """Return those of these things that there are; raises UnavailableError."""


class Facts[F: Keyed](Pages[F], Lookup[F], Protocol):
    """Both ways to the things of one kind."""


class TimersArmed(Protocol):
    """Whether something will be reminded of its end."""

    @abstractmethod
    async def armed(self, kind: TimerKind, keys: Collection[Key]) -> frozenset[Key]:
        """Return those of these that a timer waits for, or fires at this moment; raises UnavailableError."""


class DeadLetterQueues(Protocol):
    """The queues of events that consumers have given up."""

    @abstractmethod
    async def depths(self) -> Mapping[str, int]:
        """Return how many events wait in each that there is; raises UnavailableError."""


class Repairs(Protocol):
    """Has a drift mended by its owner. Safe to repeat."""

    @abstractmethod
    async def do(self, tenant_id: UUID, repair: Repair) -> None:
        """Do it; raises DomainError where the owner refuses, and UnavailableError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """All that the doctor looks at.

    `entries` of seats are those that hold, keep or have seats, `owned_seats` all seats that name a reservation, and
    `places` entries of general admission that hold, keep or have places. `events` are those that were given up, by
    service.
    """

    orders: Facts[OrderFacts]
    payments: Facts[PaymentFacts]
    entries: Facts[ReservationFacts]
    owned_seats: Pages[OwnedSeatFacts]
    places: Facts[ReservationFacts]
    quotas: Pages[QuotaFacts]
    passes: Lookup[PassesFacts]
    tied_passes: Facts[OfferedPassFacts]
    offers: Facts[OfferFacts]
    operations: Pages[StuckFacts]
    webhooks: Pages[StuckFacts]
    events: Mapping[str, Pages[StuckFacts]]
    timers: TimersArmed
    dead_letters: DeadLetterQueues
