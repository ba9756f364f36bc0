"""What admission tells the others."""

from typing import ClassVar
from uuid import UUID

from ports.events import Event


class PassesIssued(Event, frozen=True, kw_only=True):
    """A confirmed order was turned into passes."""

    event_type: ClassVar[str] = "admission.passes.issued"

    order_id: UUID
    pass_ids: tuple[UUID, ...]
