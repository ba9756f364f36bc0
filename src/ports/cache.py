"""What processes remember together for a while, so that not each of them asks the store again."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from core.shared.errors import UnavailableError

TICKET_S = 20
"""How long after a look what was read meanwhile may be put."""


class CacheUnavailableError(UnavailableError):
    """The cache cannot be asked; whoever has the store goes on without it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What stands under a key, None for nothing, and the ticket with which something newer may be put there."""

    value: str | None
    ticket: str


class Cache(Protocol):
    """Texts by key. It decides nothing: it may have forgotten anything, and whoever reads checks what it says.

    Every method raises CacheUnavailableError.
    """

    @abstractmethod
    async def look(self, key: str) -> Look:
        """Return what is remembered, and the ticket to put something newer."""

    @abstractmethod
    async def put(self, key: str, value: str, *, ticket: str, ttl_s: int) -> bool:
        """Remember the value for `ttl_s`, unless the key was forgotten since the look that gave the ticket.

        So what was read before a change, and comes here after it, is not remembered. That holds for tickets younger
        than TICKET_S; those who put see to that.
        """

    @abstractmethod
    async def forget(self, key: str) -> None:
        """Remember nothing under the key, and refuse what was read before this moment."""
