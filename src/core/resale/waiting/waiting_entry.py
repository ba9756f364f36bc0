"""Somebody who waits for passes of a ticket that others give back."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.resale.waiting.waiting_errors import WaitingOfferNotFoundError
from core.shared.ids import AccountId, ListingId, TicketId, WaitingEntryId, WaitingOfferId

PASSED_OVER_MAX = 200
"""Returns that an entry remembers not to have wanted: the latest. One that is forgotten is offered once more."""


class WaitingStatus(StrEnum):
    """Where an entry stands. OFFERED also ends by time alone: see `WaitingEntry.offer_at`."""

    WAITING = "waiting"
    OFFERED = "offered"
    SERVED = "served"
    """The offer was accepted; buying is another matter."""

    LEFT = "left"
    LAPSED = "lapsed"
    """Too many offers were left unanswered, or the event began."""


LIVE = frozenset({WaitingStatus.WAITING, WaitingStatus.OFFERED})


@dataclass(frozen=True, slots=True)
class PlacedOffer:
    """Returns that are kept for one entry until a moment, at the prices that they are listed for."""

    id: WaitingOfferId
    listing_ids: tuple[ListingId, ...]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEntry:
    """One account that wants `quantity` passes of a ticket, or any number down to one with `accept_fewer`.

    The list is served by `sequence`. `offer` is there while it is OFFERED, and stays once it is SERVED. `ends_at` is
    when the event begins. `passed_over` are returns that were offered in vain, the latest last.
    """

    id: WaitingEntryId
    ticket_id: TicketId
    account_id: AccountId
    quantity: int
    accept_fewer: bool
    sequence: int
    joined_at: datetime
    ends_at: datetime
    status: WaitingStatus = WaitingStatus.WAITING
    lapses: int = 0
    offer: PlacedOffer | None = None
    passed_over: tuple[ListingId, ...] = ()

    def is_live(self, now: datetime) -> bool:
        """Tell whether it waits still, or is offered something; the end belongs to the ended side."""
        return self.status in LIVE and now < self.ends_at

    def is_waiting(self, now: datetime) -> bool:
        return self.status is WaitingStatus.WAITING and now < self.ends_at

    def offer_at(self, now: datetime) -> PlacedOffer | None:
        """Return the offer that can be accepted at this moment; its end belongs to the ended side."""
        live = self.status is WaitingStatus.OFFERED and self.offer is not None and now < self.offer.until
        return self.offer if live else None

    def offered(self, offer: PlacedOffer) -> Self:
        return replace(self, status=WaitingStatus.OFFERED, offer=offer)

    def narrowed(self, listing_ids: tuple[ListingId, ...]) -> Self:
        """Some of what was offered is not there any more, and the rest will do."""
        return replace(self, offer=replace(self._offer, listing_ids=listing_ids))

    def accepted(self) -> Self:
        return replace(self, offer=self._offer, status=WaitingStatus.SERVED)

    def declined(self) -> Self:
        """It keeps its place, and is not offered these again."""
        return self._passing_over(WaitingStatus.WAITING)

    def unanswered(self, *, sequence: int, lapses_max: int) -> Self:
        """Nobody answered in time: it falls to this end of the list, or ends where that happened too often."""
        lapses = self.lapses + 1
        status = WaitingStatus.WAITING if lapses < lapses_max else WaitingStatus.LAPSED
        return replace(self._passing_over(status), sequence=sequence, lapses=lapses)

    def withdrawn(self) -> Self:
        """What was offered is not there any more: it keeps its place."""
        return replace(self, status=WaitingStatus.WAITING, offer=None)

    def ended(self) -> Self:
        """The event has begun."""
        return replace(self, status=WaitingStatus.LAPSED, offer=None)

    def left(self) -> Self:
        return replace(self, status=WaitingStatus.LEFT, offer=None)

    def _passing_over(self, status: WaitingStatus) -> Self:
        known = (*self.passed_over, *self._offer.listing_ids)[-PASSED_OVER_MAX:]
        return replace(self, status=status, offer=None, passed_over=known)

    @property
    def _offer(self) -> PlacedOffer:
        if self.status is not WaitingStatus.OFFERED or self.offer is None:
            raise WaitingOfferNotFoundError
        return self.offer
