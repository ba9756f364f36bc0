"""New identifiers."""

from abc import abstractmethod
from typing import Protocol
from uuid import UUID


class IdSource(Protocol):
    """Makes identifiers that sort by the time they were made (UUID version 7, RFC 9562)."""

    @abstractmethod
    def new(self) -> UUID:
        """Return an id that was never given out before."""
