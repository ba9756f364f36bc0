"""Listings and purchases as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from msgspec import Meta

from adapters.http.money import MoneyBody
from core.resale.market.listed import ListedPass, ListedSeat
from core.resale.market.listing import Listing
from core.resale.policies.split import split_of
from core.shared.money import PRICE_MAX_MINOR, Money
from usecases.resale.buy_listing import NewPurchase
from usecases.resale.create_listing import NewListing
from usecases.resale.read_listings import ShownListing

type StatusName = Literal[
    "OPENING", "OPEN", "RESERVED", "ORDERED", "SOLD", "COMPLETED", "CANCELLED", "ENDED", "SUSPENDED", "FAILED"
]


class AskBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a seller asks, in minor units of an ISO 4217 currency."""

    amount: Annotated[int, Meta(ge=1, le=PRICE_MAX_MINOR)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["EUR"])]

    def money(self) -> Money:
        """Return the price; raises UnknownCurrencyError for a code that ISO 4217 does not list."""
        return Money(self.amount, self.currency)


class CreateListingBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A pass of the caller's, and what is asked for it; fees come out of that, nothing comes on top.

    `sellerTrader` is the caller's own word on whether they resell as a trader. Left out it is not known, and whatever
    law there is for traders counts, with the evidence that it takes.
    """

    pass_id: UUID
    price: AskBody
    seller_trader: bool | None = None


class ListedSeatBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The seat as the pass shows it."""

    id: UUID
    label: str
    section: str
    row: str
    number: str

    @classmethod
    def of(cls, seat: ListedSeat | None) -> Self | None:
        """Return the seat as the API shows it; None for a place without one."""
        if seat is None:
            return None
        return cls(id=seat.seat_id, label=seat.label, section=seat.section, row=seat.row, number=seat.number)


class ListedEventBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the pass admits to. Times are UTC, `timeZone` is the IANA zone of the place."""

    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue_id: UUID
    venue_name: str

    @classmethod
    def of(cls, subject: ListedPass) -> Self:
        """Return the event as the API shows it."""
        return cls(
            title=subject.event_title,
            starts_at=subject.event_starts_at,
            ends_at=subject.event_ends_at,
            time_zone=subject.time_zone,
            venue_id=subject.venue_id,
            venue_name=subject.venue_name,
        )


class ListingStepBody(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a listing; `detail` says why, empty where there is no reason."""

    at: datetime
    step: str
    detail: str


class SuspensionBody(msgspec.Struct, frozen=True, kw_only=True):
    """Why a listing is suspended: what has to change, and the reason in words."""

    cause: Literal["unlawful", "pass_stopped"]
    reason: str


class SellerViewBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What only the seller and staff see of a listing.

    `youReceive`, `royalty` and `platformFee` add up to the price. `receiptId` names the verdict that it was listed by,
    and `payout` is how far the seller's money has come, null before the buyer has a pass.
    """

    pass_id: UUID
    account_id: UUID
    receipt_id: UUID
    you_receive: MoneyBody
    royalty: MoneyBody
    platform_fee: MoneyBody
    suspension: SuspensionBody | None
    payout: Literal["due", "pending", "paid", "owed", "failed", "refused", "reversed"] | None
    history: tuple[ListingStepBody, ...]
    version: int

    @classmethod
    def of(cls, listing: Listing) -> Self:
        """Return what the seller sees."""
        payout, suspension = listing.payout, listing.suspension
        split = payout.split if payout is not None else split_of(listing.price, listing.terms.fees)
        return cls(
            pass_id=listing.subject.pass_id,
            account_id=listing.seller_id,
            receipt_id=listing.terms.verdict_id,
            you_receive=MoneyBody.of(split.seller),
            royalty=MoneyBody.of(split.royalty),
            platform_fee=MoneyBody.of(split.platform_fee),
            suspension=SuspensionBody(cause=suspension.cause.value, reason=suspension.reason) if suspension else None,
            payout=payout.status.value if payout is not None else None,
            history=tuple(
                ListingStepBody(at=entry.at, step=entry.step.value, detail=entry.detail) for entry in listing.history
            ),
            version=listing.version,
        )


class ListingBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A pass on the market. `faceValue` is what it cost when it was sold first, apart from fees.

    `duties` are what the law asks of the sale (those of the kind `disclose_…` are met by what is shown here), and
    `restrictions` what the organiser asks of whoever has the pass. `seller` is null for everybody but the seller and
    staff.
    """

    id: UUID
    kind: Literal["listing", "return"]
    status: StatusName
    ticket_id: UUID
    ticket_title: str
    event: ListedEventBody
    seat: ListedSeatBody | None
    price: MoneyBody
    face_value: MoneyBody | None
    restrictions: tuple[str, ...]
    duties: tuple[str, ...]
    closes_at: datetime
    created_at: datetime
    seller: SellerViewBody | None

    @classmethod
    def of(cls, shown: ShownListing) -> Self:
        """Return the listing as this caller may see it."""
        listing = shown.listing
        face = listing.subject.components.face
        return cls(
            id=listing.id,
            kind=listing.kind.value,
            status=shown.status.value,
            ticket_id=listing.subject.ticket_id,
            ticket_title=listing.subject.ticket_title,
            event=ListedEventBody.of(listing.subject),
            seat=ListedSeatBody.of(listing.subject.seat),
            price=MoneyBody.of(listing.price),
            face_value=MoneyBody.of(face) if face is not None else None,
            restrictions=listing.terms.restrictions,
            duties=tuple(duty.value for duty in listing.terms.duties),
            closes_at=listing.terms.closes_at,
            created_at=listing.created_at,
            seller=SellerViewBody.of(listing) if shown.in_full else None,
        )


class NewListingBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A listing that was made, with the verdict that it is lawful by: its ceiling, and what it still asks for.

    `maxPrice` is null where no law and no policy caps the price. `requiresVerification` and `verifications` are as
    `POST /resale/validate` has them: no pass is listed before, but returns need none. `receiptId` names the receipt.
    """

    listing: ListingBody
    receipt_id: UUID
    max_price: MoneyBody | None
    duties: tuple[str, ...]
    requires_verification: bool
    verifications: tuple[str, ...]
    rulebook_version: str

    @classmethod
    def of(cls, new: NewListing) -> Self:
        """Return what the seller is told."""
        verdict = new.verdict
        return cls(
            listing=ListingBody.of(ShownListing(new.listing, new.listing.status, in_full=True)),
            receipt_id=new.listing.terms.verdict_id,
            max_price=MoneyBody.of(verdict.price_max) if verdict.price_max is not None else None,
            duties=tuple(duty.value for duty in verdict.duties),
            requires_verification=bool(verdict.requires),
            verifications=tuple(kind.value for kind in verdict.requires),
            rulebook_version=verdict.rulebook_version,
        )


class PurchaseBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A listing that is kept for one buyer until `expiresAt`, with what a buyer has to be told.

    `purchaseId` is the `reservationId` of an order's reservation of the kind `resale`. `holdToken` proves the purchase
    where no account does; it is told once.
    """

    purchase_id: UUID
    listing_id: UUID
    price: MoneyBody
    face_value: MoneyBody | None
    event: ListedEventBody
    seat: ListedSeatBody | None
    restrictions: tuple[str, ...]
    duties: tuple[str, ...]
    expires_at: datetime
    hold_token: str | None

    @classmethod
    def of(cls, new: NewPurchase) -> Self:
        """Return what the buyer is told."""
        listing = new.listing
        face = listing.subject.components.face
        return cls(
            purchase_id=new.purchase.id,
            listing_id=listing.id,
            price=MoneyBody.of(listing.price),
            face_value=MoneyBody.of(face) if face is not None else None,
            event=ListedEventBody.of(listing.subject),
            seat=ListedSeatBody.of(listing.subject.seat),
            restrictions=listing.terms.restrictions,
            duties=tuple(duty.value for duty in listing.terms.duties),
            expires_at=new.purchase.until,
            hold_token=new.hold_token,
        )
