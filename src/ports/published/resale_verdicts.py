"""What resale tells of its verdicts to other contexts."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec


class VerdictRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about the resale of a pass, when it was listed or ordered. Amounts are minor units.

    `price_max_minor` is None where there was no ceiling; `reasons` are the codes of what spoke against it.
    """

    verdict_id: UUID
    pass_id: UUID
    decided_at: datetime
    price_minor: int
    currency: str
    allowed: bool
    price_max_minor: int | None
    reasons: tuple[str, ...]
    rulebook_version: str


class VerdictsApi(Protocol):
    """Questions about verdicts, from contexts that have asked who may know. No call is made inside a transaction."""

    @abstractmethod
    async def verdicts_of_passes(self, *, tenant_id: UUID, pass_ids: tuple[UUID, ...]) -> tuple[VerdictRecord, ...]:
        """Return the last verdicts about each of the passes that were kept, oldest first, up to a hundred a pass.

        Raises LinkUnavailableError while resale cannot be asked.
        """
