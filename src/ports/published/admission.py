"""What admission tells the others, and what it answers."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Literal, Protocol
from uuid import UUID

import msgspec

from ports.events import Event


class PassRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a pass: whose it is, what it admits to, and whether it does. Its code is told to nobody."""

    pass_id: UUID
    order_item_id: UUID
    unit: int
    account_id: UUID
    ticket_id: UUID
    event_title: str
    event_starts_at: datetime
    seat_label: str | None
    status: Literal["VALID", "FROZEN", "VOID"]
    revision: int
    issued_at: datetime
    frozen_at: datetime | None
    freeze_reason: str | None
    voided_at: datetime | None
    void_reason: str | None


class AdmissionApi(Protocol):
    """Questions about passes, from contexts that have asked who may know. No call is made inside a transaction."""

    @abstractmethod
    async def passes_of_order(self, *, tenant_id: UUID, order_id: UUID) -> tuple[PassRecord, ...]:
        """Return every pass that was issued for the order; none for an order that admission never heard of.

        Raises LinkUnavailableError while admission cannot be asked.
        """


class PassesIssued(Event, frozen=True, kw_only=True):
    """A confirmed order was turned into passes."""

    event_type: ClassVar[str] = "admission.passes.issued"

    order_id: UUID
    pass_ids: tuple[UUID, ...]
