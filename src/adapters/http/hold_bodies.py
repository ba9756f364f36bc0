"""How a hold is asked for over HTTP: by seats, or by a wish."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from adapters.http.allotments import PresaleCode
from adapters.http.money import PriceBody
from adapters.http.seating_bodies import SeatCount
from core.seating.best_available import SeatWish
from core.seating.pricing import TIERS_MAX
from core.seating.reservations import SEATS_PER_HOLD_MAX
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import AccountId, PriceTierId, SeatId, SectionId
from usecases.seating.hold_seats import Showing


class BestAvailableBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A wish for seats without naming them; `priceMax` is for one seat. Accessible seats are given only on demand.

    With `quantity` accessible seats come so many for `companions`. A table that is sold whole is given to a wish for
    all of its seats, or for more where a split is allowed.
    """

    quantity: SeatCount
    section_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=500)] | None = None
    price_tier_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=TIERS_MAX)] | None = None
    price_max: PriceBody | None = None
    accessible: bool = False
    companions: Annotated[int, Meta(ge=0, le=SEATS_PER_HOLD_MAX)] = 0
    allow_split: bool = False

    def wish(self) -> SeatWish:
        """Return what the use case wants to know; raises UnknownCurrencyError and InvalidInputError."""
        if self.companions and not self.accessible:
            message = "Seats for companions go with accessible ones."
            raise InvalidInputError(message, [Problem("/bestAvailable/companions", message)])
        sections, tiers = self.section_ids, self.price_tier_ids
        return SeatWish(
            quantity=self.quantity,
            section_ids=frozenset(SectionId(id) for id in sections) if sections is not None else None,
            price_tier_ids=frozenset(PriceTierId(id) for id in tiers) if tiers is not None else None,
            price_max=self.price_max.money() if self.price_max is not None else None,
            accessible=self.accessible,
            allow_split=self.allow_split,
            companions=self.companions,
        )


class HoldBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Seats to be held under an id that the buyer makes: named by `seatIds`, or wished for by `bestAvailable`.

    The same id with the same seats, or the same wish, is the same hold. `codes` are presale codes; staff who hold for a
    customer name the account in `forAccountId`. Whoever names accessible seats before their release says with
    `accessible` that they are needed; no proof is asked for.
    """

    reservation_id: UUID
    seat_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=SEATS_PER_HOLD_MAX)] | None = None
    best_available: BestAvailableBody | None = None
    codes: Annotated[tuple[PresaleCode, ...], Meta(max_length=10)] = ()
    for_account_id: UUID | None = None
    accessible: bool = False

    def showing(self) -> Showing:
        """Return what the caller shows beside the wish."""
        for_account = AccountId(self.for_account_id) if self.for_account_id is not None else None
        return Showing(self.codes, for_account, self.accessible)

    def seats(self) -> tuple[SeatId, ...] | SeatWish:
        """Return what is wanted; raises InvalidInputError unless it is one of the two."""
        if self.best_available is not None and self.seat_ids is None:
            if self.accessible:
                message = "A wish says in bestAvailable that it is for accessible seats."
                raise InvalidInputError(message, [Problem("/accessible", message)])
            return self.best_available.wish()
        if self.best_available is not None or self.seat_ids is None:
            message = "A hold has either seatIds or bestAvailable."
            raise InvalidInputError(message, [Problem("/bestAvailable", message)])
        return tuple(SeatId(id) for id in self.seat_ids)
