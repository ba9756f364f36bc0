"""Replays of creating and money-moving requests: the first answer is kept, and given again."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class IdempotencyScope:
    """Whose key it is: the same text of two callers, or in two tenants, is two keys."""

    tenant_id: UUID | None
    account_id: UUID
    key: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The HTTP answer to the first request; `headers` are those that a replay repeats."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Fresh:
    """The key is new (or its first request died): go on, then `complete` or `abandon`."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The same request was answered before."""

    answer: StoredAnswer


@dataclass(frozen=True, slots=True)
class Running:
    """The same request is being worked on; ask again in `retry_after_s`."""

    retry_after_s: int


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The key was used with another request."""


type IdempotencyClaim = Fresh | Replay | Running | Mismatch


class IdempotencyStore(Protocol):
    """Keeps keys for `keep_s` (24 hours), per tenant and caller."""

    @abstractmethod
    async def claim(
        self, scope: IdempotencyScope, *, request_hash: bytes, now: datetime, lease_s: int, keep_s: int
    ) -> IdempotencyClaim:
        """Take the key for this request, atomically: of two at once, one is Fresh and one Running.

        A claim that was neither completed nor abandoned within `lease_s` (its process died) is Fresh again.
        """

    @abstractmethod
    async def complete(self, scope: IdempotencyScope, answer: StoredAnswer, *, now: datetime) -> None:
        """Keep the answer for replays."""

    @abstractmethod
    async def abandon(self, scope: IdempotencyScope) -> None:
        """Forget the claim, so that the client may try again (the request failed on our side)."""

    @abstractmethod
    async def prune(self, *, now: datetime, keys_max: int) -> int:
        """Forget up to `keys_max` keys whose time is over; return how many."""
