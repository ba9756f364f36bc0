"""What admission tells the others, and what it answers."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Literal, Protocol
from uuid import UUID

import msgspec

from ports.events import Event


class PassRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a pass: whose it is, what it admits to, and whether it does. Its code is told to nobody.

    `resold_from` is the pass of an earlier holder that this one was issued for, None for one of the first sale.
    """

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
    resold_from: UUID | None = None


class PassFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a change of hands rests on. Amounts are minor units of `currency`; None where something is not known.

    The prices are those of the first sale, whoever sold it on since; `paid_minor` is what the present holder paid, or
    whoever gave it to them. `lineage_id` stays the same while `pass_id` changes with each resale: it is the first
    pass's. The seat's members are None together, for general admission. `offer_id` and `offer_kind` name the offer that
    the pass is tied to.
    """

    pass_id: UUID
    lineage_id: UUID
    order_id: UUID
    order_item_id: UUID
    unit: int
    account_id: UUID
    holder_name: str | None
    ticket_id: UUID
    ticket_title: str
    event_title: str
    event_starts_at: datetime
    event_ends_at: datetime
    event_time_zone: str
    venue_id: UUID
    venue_name: str
    seat_id: UUID | None
    seat_label: str | None
    seat_section: str | None
    seat_row: str | None
    seat_number: str | None
    status: Literal["VALID", "FROZEN", "VOID"]
    freeze_reason: str | None
    void_reason: str | None
    revision: int
    issued_at: datetime
    first_sold_at: datetime
    complimentary: bool | None
    currency: str
    face_minor: int
    discount_minor: int | None
    mandatory_fees_minor: int | None
    optional_minor: int | None
    tax_minor: int | None
    fee_printed: bool | None
    paid_minor: int | None
    scanned_at: datetime | None
    offer_id: UUID | None
    offer_kind: Literal["listing", "transfer", "return"] | None


class ScanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One scan of a pass at a gate, by whom and when; `reason` says why nobody was let through.

    Where somebody was let through by a scanner without a network, `reason` names what spoke against it, if anything.
    """

    scan_id: UUID
    pass_id: UUID
    gate: str
    device: str | None
    direction: Literal["in", "out"]
    scanned_by: UUID
    scanned_at: datetime
    recorded_at: datetime
    offline: bool
    admitted: bool
    reason: str | None


class AttendedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A pass with which somebody was there, and its place; section, row and number are None without a seat."""

    pass_id: UUID
    section: str | None
    row: str | None
    number: str | None
    scanned_at: datetime | None


class Attendance(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody was at an event: let in, or with a valid pass in hand when it ended.

    `reason` says why not. `places` are the passes that count, those that were scanned first; the first one's id and
    scan are `pass_id` and `scanned_at`. The event's members are None for who never had a pass of it.
    """

    attended: bool
    reason: Literal["no_pass", "passed_on", "pass_void", "pass_frozen", "event_not_over"] | None
    pass_id: UUID | None
    scanned_at: datetime | None
    event_title: str | None
    event_starts_at: datetime | None
    event_ends_at: datetime | None
    venue_id: UUID | None
    places: tuple[AttendedPlace, ...] = ()


class AdmissionApi(Protocol):
    """What others may ask about passes, and do with them, once they have asked who may.

    No call is made inside a transaction. All raise LinkUnavailableError while admission cannot be asked. A pass is tied
    to one offer at a time, and admits nobody as long as it is: that makes admission the arbiter of who has it.
    """

    @abstractmethod
    async def passes_of_order(self, *, tenant_id: UUID, order_id: UUID) -> tuple[PassRecord, ...]:
        """Return every pass that was issued for the order; none for an order that admission never heard of."""

    @abstractmethod
    async def scans_of_order(self, *, tenant_id: UUID, order_id: UUID) -> tuple[ScanRecord, ...]:
        """Return the first 1,000 scans of the order's passes in the order they were made."""

    @abstractmethod
    async def attendance(self, *, tenant_id: UUID, account_id: UUID, ticket_id: UUID) -> Attendance:
        """Return whether the account was at the event that the ticket admits to.

        What was resold or handed over counts for who held it at the event. A pass that was scanned counts whatever
        became of it later, any other unless it is void or frozen.
        """

    @abstractmethod
    async def pass_facts(self, *, tenant_id: UUID, pass_id: UUID) -> PassFacts:
        """Return what is known of the pass, void ones too; raises RefusedError `admission.pass_not_found`."""

    @abstractmethod
    async def offer(
        self,
        *,
        tenant_id: UUID,
        pass_id: UUID,
        account_id: UUID,
        offer_id: UUID,
        kind: Literal["listing", "transfer", "return"],
    ) -> PassFacts:
        """Tie a valid pass of this account to the offer, and return it; the same offer again changes nothing.

        Raises RefusedError `admission.pass_not_found`, `.not_holder`, `.pass_void`, `.pass_frozen`, `.pass_scanned`,
        `.pass_offered` (by another offer), `.event_over`.
        """

    @abstractmethod
    async def withdraw(self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID) -> None:
        """Untie the pass from the offer, so that it admits again; one that is not tied to it is fine.

        Raises RefusedError `admission.pass_not_found`.
        """

    @abstractmethod
    async def hand_over(
        self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID, to_account_id: UUID, holder_name: str | None
    ) -> PassFacts:
        """Give the pass to another account and void its code; the same again changes nothing more.

        `holder_name` is whom the pass names from now on. Raises RefusedError `admission.pass_not_found`,
        `.pass_not_offered` (not by this offer, or it was accepted for another account), `.pass_void`, `.pass_frozen`,
        `.pass_revisions_spent`.
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


ORDER_OVER = "admission.order_over"
"""Why a pass is not reissued whose order was refunded, or lost to the buyer's bank, before its sale was heard of."""


RESOLD = "resold"
"""Why a pass is void whose holder sold it on."""


class PassNotReissued(Event, frozen=True, kw_only=True):
    """A paid order item is for a pass that cannot be sold on (any more): its money is to go back.

    Never to be issued later. `reason` is the code of the refusal: `admission.pass_not_offered`, `.pass_void`,
    `.pass_frozen`, `.pass_not_found`, `.other_currency`; or ORDER_OVER, when the money went back before the pass could
    be sold on. The old pass stays as it is, and so does its seat; after ORDER_OVER it is for sale still.
    """

    event_type: ClassVar[str] = "admission.passes.not_reissued"

    listing_id: UUID
    old_pass_id: UUID
    order_id: UUID
    order_item_id: UUID
    reason: str


class PassesStopped(Event, frozen=True, kw_only=True):
    """Passes admit nobody any more: for good where `over`, otherwise until PassesResumed.

    `reason` is `disputed`, `dispute_lost`, `refunded`, or why the items were given back; or `scanned`, when a scanner
    without a network had let somebody in with an offered pass: it is used, and its offer has ended. An offer of a pass
    that is not over still ties it; one of a pass that is over has ended.
    """

    event_type: ClassVar[str] = "admission.passes.stopped"

    pass_ids: tuple[UUID, ...]
    reason: str
    over: bool


class PassesResumed(Event, frozen=True, kw_only=True):
    """Passes that were stopped for the time being are valid again; those that are tied to an offer still are."""

    event_type: ClassVar[str] = "admission.passes.resumed"

    pass_ids: tuple[UUID, ...]
