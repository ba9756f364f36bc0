"""What resale offers to whoever cancels an event."""

from abc import abstractmethod
from typing import Protocol
from uuid import UUID

import msgspec


class MarketOfEvent(msgspec.Struct, frozen=True, kw_only=True):
    """How many passes of an event are on the market, and how many accounts wait for some."""

    listings: int
    waiting: int


class EventMarketApi(Protocol):
    """For whoever cancels an event: what is on the market of it, and its end. May be repeated."""

    @abstractmethod
    async def standing(self, *, tenant_id: UUID, ticket_ids: tuple[UUID, ...]) -> MarketOfEvent:
        """Return what is on the market of these tickets."""

    @abstractmethod
    async def end(self, *, tenant_id: UUID, ticket_id: UUID, reason: str) -> int:
        """End some listings and entries of the waiting list; return how many were: call it again until it is 0.

        What is sold already is left alone: the orders that it is of are ended by themselves.
        """
