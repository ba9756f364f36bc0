"""What admission offers about one person's passes, in every organisation."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec


class PassToCome(msgspec.Struct, frozen=True, kw_only=True):
    """A pass that would still admit its holder."""

    pass_id: UUID
    event_title: str
    event_starts_at: datetime


class PassesOfPersonApi(Protocol):
    """What the service that keeps people's own data asks about their passes."""

    @abstractmethod
    async def passes_to_come(self, *, account_id: UUID) -> tuple[PassToCome, ...]:
        """Return the first 100 passes of the person that are not over, in every organisation, soonest first.

        Raises LinkUnavailableError.
        """
