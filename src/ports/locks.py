"""Locks that several processes share. They save work; they are never the only guard of anything."""

from abc import abstractmethod
from typing import Protocol

from core.shared.errors import UnavailableError


class LocksUnavailableError(UnavailableError):
    """The lock service could not be asked; whoever has another guard goes on without it."""


class Locks(Protocol):
    """Named locks with an owner and an end."""

    @abstractmethod
    async def acquire(self, name: str, *, ttl_s: float) -> str | None:
        """Take the lock for `ttl_s` and return the owner's token; None when somebody else has it.

        Never waits. Raises LocksUnavailableError.
        """

    @abstractmethod
    async def release(self, name: str, *, token: str) -> bool:
        """Give the lock back; False when it was no longer ours (it ended, and may be another's by now).

        Raises LocksUnavailableError; the lock then ends by itself.
        """
