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


class PassHandedOver(Event, frozen=True, kw_only=True):
    """A pass went to another account by a transfer; its codes from before `revision` are void.

    It was issued for the unit `unit` of the item `order_item_id` of the order `order_id`.
    """

    event_type: ClassVar[str] = "admission.passes.handed_over"

    pass_id: UUID
    offer_id: UUID
    order_id: UUID
    order_item_id: UUID
    unit: int
    from_account_id: UUID
    to_account_id: UUID
    revision: int


class PassReissued(Event, frozen=True, kw_only=True):
    """A listed pass was sold: the old one is void, and the buyer's of the order item is issued, at the same moment.

    The new pass may have ended in that moment too, where the order's refund was heard of before its sale: PassesStopped
    tells that, as it does when the refund comes later.
    """

    event_type: ClassVar[str] = "admission.passes.reissued"

    old_pass_id: UUID
    pass_id: UUID
    listing_id: UUID
    order_id: UUID
    order_item_id: UUID
    from_account_id: UUID
    to_account_id: UUID
    price_minor: int
    currency: str


class PassNotReissued(Event, frozen=True, kw_only=True):
    """A paid order item is for a pass that cannot be sold on (any more): its money is to go back.

    Never to be issued later. `reason` is the code of the refusal: `admission.pass_not_offered`, `.pass_void`,
    `.pass_frozen`, `.pass_not_found`, `.other_currency`. The old pass stays as it is, and so does its seat.
    """

    event_type: ClassVar[str] = "admission.passes.not_reissued"

    listing_id: UUID
    old_pass_id: UUID
    order_id: UUID
    order_item_id: UUID
    reason: str
