"""The pass, and what admission knows of the order behind it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from core.admission.code import REVISION_MAX
from core.admission.errors import (
    NotPassHolderError,
    PassCurrencyError,
    PassEventOverError,
    PassFrozenError,
    PassNotOfferedError,
    PassOfferedError,
    PassRevisionsSpentError,
    PassScannedError,
    PassVoidError,
)
from core.admission.offers import PassOffer, SaleOn
from core.shared.callers import STAFF, ApiScope, Caller
from core.shared.ids import AccountId, OrderId, OrderItemId, PassId, SeatId, TicketId, VenueId
from core.shared.money import Money

REFUNDED = "refunded"
"""Why passes end with their whole order."""

RESOLD = "resold"
"""Why a pass ends whose holder sold it on."""

GIVEN_UP = "given_up"
"""Why a pass ends whose holder asked to be forgotten."""

type Unit = tuple[OrderItemId, int]
"""One admission of an order: an item, and which of its places, counted from 1."""


class PassStatus(StrEnum):
    """VALID admits; FROZEN waits for a dispute to end; VOID is over for good."""

    VALID = "VALID"
    FROZEN = "FROZEN"
    VOID = "VOID"


@dataclass(frozen=True, slots=True)
class AdmittedEvent:
    """What the pass is for, as it shows it: a copy of what was sold. Times are UTC, `time_zone` the place's IANA zone.

    `ticket_title` names the ticket of the catalogue, `title` the happening.
    """

    ticket_id: TicketId
    ticket_title: str
    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue_id: VenueId
    venue_name: str


@dataclass(frozen=True, slots=True)
class AdmittedSeat:
    """The place as the pass shows it."""

    seat_id: SeatId
    label: str
    section: str
    row: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSale:
    """When the place was first sold, and what for beside its face value, in minor units of that value's currency.

    Caps on resale are reckoned from this sale, however often the pass was resold since. None: not known, since the pass
    was issued before this was kept. `discount_minor` is what came off the face value, `mandatory_fees_minor` what could
    not be avoided on top of it, `optional_minor` what could, `tax_minor` what the prices did not hold already.
    `fee_printed` says whether the pass shows the fees; `complimentary` that the organiser gave it away.
    """

    sold_at: datetime
    discount_minor: int | None = None
    mandatory_fees_minor: int | None = None
    optional_minor: int | None = None
    tax_minor: int | None = None
    fee_printed: bool | None = None
    complimentary: bool | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """The right of one account to enter once paid: one for each seat of an order, and for each place without one.

    `unit` counts the passes of one order item from 1. `seat` is None for general admission. `face_value` is what the
    place cost at its first sale, apart from any fee. `revision` grows when the pass changes hands, or its place.

    `paid_minor` is what the holder paid for it, or whoever gave it to them; None where that is not known. `lineage_id`
    is the first pass for this place that was sold on until it came to be this one (its own id when none was), and
    `resold_from` the one before. An offered pass belongs to its account still, but admits nobody; a scanned one cannot
    be offered. `scanned_at` is when it first admitted, `inside_since` when whoever is inside with it came in.
    """

    id: PassId
    order_id: OrderId
    order_item_id: OrderItemId
    account_id: AccountId
    event: AdmittedEvent
    seat: AdmittedSeat | None
    face_value: Money
    issued_at: datetime
    first_sale: FirstSale
    lineage_id: PassId
    unit: int = 1
    status: PassStatus = PassStatus.VALID
    revision: int = 1
    voided_at: datetime | None = None
    void_reason: str | None = None
    frozen_at: datetime | None = None
    freeze_reason: str | None = None
    paid_minor: int | None = None
    holder_name: str | None = None
    offer: PassOffer | None = None
    resold_from: PassId | None = None
    scanned_at: datetime | None = None
    inside_since: datetime | None = None

    @property
    def shows_a_code(self) -> bool:
        return self.status is PassStatus.VALID and self.offer is None

    def voided(self, *, at: datetime, reason: str = REFUNDED) -> Self:
        """End the pass for good; one that is void stays as it is."""
        if self.status is PassStatus.VOID:
            return self
        return replace(
            self,
            status=PassStatus.VOID,
            voided_at=at,
            void_reason=reason,
            frozen_at=None,
            freeze_reason=None,
            offer=None,
        )

    def frozen(self, *, at: datetime, reason: str) -> Self:
        """Let the pass admit nobody for the time being; only a valid one can be frozen. An offer stays, and waits."""
        if self.status is not PassStatus.VALID:
            return self
        return replace(self, status=PassStatus.FROZEN, frozen_at=at, freeze_reason=reason)

    def thawed(self) -> Self:
        """Let a frozen pass admit again, with the code that it had."""
        if self.status is not PassStatus.FROZEN:
            return self
        return replace(self, status=PassStatus.VALID, frozen_at=None, freeze_reason=None)

    def offered(self, offer: PassOffer, *, by: AccountId) -> Self:
        """Tie the pass to one offer, so that it admits nobody until it is withdrawn; the same offer again is fine.

        Raises NotPassHolderError, PassVoidError, PassFrozenError, PassOfferedError (of another offer),
        PassScannedError, and PassEventOverError.
        """
        if self.account_id != by:
            raise NotPassHolderError
        self._must_be_valid()
        if self.offer is not None:
            if self.offer.offer_id != offer.offer_id:
                raise PassOfferedError
            return self
        if self.scanned_at is not None:
            raise PassScannedError
        if offer.offered_at >= self.event.ends_at:
            raise PassEventOverError
        return replace(self, offer=offer)

    def withdrawn(self, offer_id: UUID) -> Self:
        """Untie the pass from this offer; one that is not tied to it stays as it is."""
        return replace(self, offer=None) if self._is_tied_to(offer_id) else self

    def handed_over(self, offer_id: UUID, *, to: AccountId, holder_name: str | None) -> Self:
        """Give the pass that was offered to another account; the codes from before are void from now on.

        Raises PassVoidError, PassFrozenError, PassNotOfferedError, and PassRevisionsSpentError when it changed hands as
        often as a code can count.
        """
        self._must_be_tied_to(offer_id)
        if self.revision == REVISION_MAX:
            raise PassRevisionsSpentError
        return replace(self, account_id=to, holder_name=holder_name, revision=self.revision + 1, offer=None)

    def moved(self, seat: AdmittedSeat) -> Self:
        """Let the pass admit to another place; the codes from before are void, as far as a code can count."""
        if seat == self.seat:
            return self
        return replace(self, seat=seat, revision=min(self.revision + 1, REVISION_MAX))

    def sold_on(self, sale: SaleOn, *, at: datetime) -> tuple[Self, Self]:
        """Return this pass as it ends, and the buyer's in its place: the same seat, reckoned from the same first sale.

        Raises PassVoidError, PassFrozenError, PassNotOfferedError when it is not tied to that listing, and
        PassCurrencyError.
        """
        self._must_be_tied_to(sale.listing_id)
        if sale.price.currency != self.face_value.currency:
            raise PassCurrencyError
        bought = replace(
            self,
            id=sale.pass_id,
            order_id=sale.order_id,
            order_item_id=sale.order_item_id,
            account_id=sale.account_id,
            issued_at=at,
            unit=1,
            revision=1,
            paid_minor=sale.price.amount_minor,
            holder_name=None,
            offer=None,
            resold_from=self.id,
        )
        return self.voided(at=at, reason=RESOLD), bought

    def entered(self, *, at: datetime) -> Self:
        """Let somebody in; what is used cannot be offered any more. Of two times the earlier one stays."""
        return replace(
            self,
            scanned_at=min(at, self.scanned_at or at),
            inside_since=min(at, self.inside_since or at),
            offer=None,
        )

    def left(self) -> Self:
        """Let somebody out, who may come in again."""
        return replace(self, inside_since=None)

    def _must_be_valid(self) -> None:
        match self.status:
            case PassStatus.VOID:
                raise PassVoidError
            case PassStatus.FROZEN:
                raise PassFrozenError
            case PassStatus.VALID:
                return

    def _must_be_tied_to(self, offer_id: UUID) -> None:
        self._must_be_valid()
        if not self._is_tied_to(offer_id):
            raise PassNotOfferedError

    def _is_tied_to(self, offer_id: UUID) -> bool:
        return self.offer is not None and self.offer.offer_id == offer_id

    def is_visible_to(self, caller: Caller) -> bool:
        return may_see(caller, owner=self.account_id)


@dataclass(frozen=True, slots=True)
class OrderStanding:
    """What admission has heard of an order, in whatever order the news came.

    `account_id` is None as long as only the refund was heard of. A refunded order never gets passes again.
    """

    order_id: OrderId
    account_id: AccountId | None = None
    refunded_at: datetime | None = None

    def is_visible_to(self, caller: Caller) -> bool:
        return may_see(caller, owner=self.account_id)


def may_see(caller: Caller, *, owner: AccountId | None) -> bool:
    """Passes are seen by the account they belong to, by the organisation's staff, and by its services that may."""
    return (
        caller.role in STAFF or caller.may(ApiScope.PASSES_READ) or (owner is not None and caller.account_id == owner)
    )
