"""A pass on the market, from the wish to sell it to the buyer's pass or the end."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import uuid5

from core.resale.market.listed import (
    Cause,
    ListedPass,
    ListingEntry,
    ListingStep,
    ListingTerms,
    OfferedTo,
    Payout,
    PayoutStatus,
    Purchase,
    Suspension,
)
from core.resale.market.listing_errors import ListingOrderedError
from core.resale.market.listing_status import LIVE, TAKEN, Change, ListingKind, ListingStatus, next_status
from core.resale.policies.split import split_of
from core.shared.ids import AccountId, ListingId, OrderId, PayoutId
from core.shared.money import Money

OPENING_S_MAX = 60
"""A listing that is still OPENING after so long was left by a process that died: the sweep goes on with it."""

RETRY_S = 30
"""How long the sweep waits after it could not do what was due."""

HISTORY_MAX = 200
"""Entries that a listing keeps: the first, and the latest. Only purchases that come to nothing can be so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One pass that its holder sells, or that the organiser sells again for them.

    `version` starts at 1 and grows by one with each change. `purchase` is the buyer of the moment, also after the
    sale. `offer_tied` says that the pass may be tied to this listing where passes are kept; it is untied when the
    listing is over. `due_at` is when the sweep looks at it next, None for never. `suspension` is there while it is
    SUSPENDED, and `payout` once the seller is due money.
    """

    id: ListingId
    kind: ListingKind
    subject: ListedPass
    seller_id: AccountId
    price: Money
    terms: ListingTerms
    status: ListingStatus
    version: int
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    history: tuple[ListingEntry, ...]
    purchase: Purchase | None = None
    offered_to: OfferedTo | None = None
    offer_tied: bool = True
    suspension: Suspension | None = None
    payout: Payout | None = None

    @classmethod
    def begin(
        cls,
        listing_id: ListingId,
        *,
        subject: ListedPass,
        seller_id: AccountId,
        price: Money,
        terms: ListingTerms,
        now: datetime,
        kind: ListingKind = ListingKind.LISTING,
        offered_to: OfferedTo | None = None,
    ) -> Self:
        """Return a listing that is OPENING: recorded, before the pass is tied to it."""
        return cls(
            id=listing_id,
            kind=kind,
            subject=subject,
            seller_id=seller_id,
            price=price,
            terms=terms,
            status=ListingStatus.OPENING,
            version=1,
            created_at=now,
            updated_at=now,
            due_at=now + timedelta(seconds=OPENING_S_MAX),
            history=(ListingEntry(now, ListingStep.LISTED, f"for {price}"),),
            offered_to=offered_to,
        )

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def is_closed(self, now: datetime) -> bool:
        """Tell whether nobody may buy any more, tidied up or not; the end belongs to the closed side."""
        return now >= self.terms.closes_at

    def freed(self, now: datetime) -> Self:
        """Return the listing without a purchase whose time is over, as it is from then on, tidied up or not."""
        purchase = self.purchase
        if self.status not in TAKEN or purchase is None or not purchase.has_ended(now):
            return self
        told = ListingEntry(purchase.until, ListingStep.PURCHASE_ENDED)
        return replace(self, status=ListingStatus.OPEN, purchase=None, history=(*self.history, told))

    def status_at(self, now: datetime) -> ListingStatus:
        """Return how it stands at this moment: what is over by its time alone shows as it is."""
        status = self.freed(now).status
        closing = status in {ListingStatus.OPEN, ListingStatus.SUSPENDED}
        return ListingStatus.ENDED if closing and self.is_closed(now) else status

    def is_for_sale(self, now: datetime) -> bool:
        return self.status_at(now) is ListingStatus.OPEN

    def is_offered_to(self, account_id: AccountId | None, now: datetime) -> bool:
        """Tell whether this account, or with None just anybody, may buy: not while somebody else comes first."""
        first = self.offered_to
        return first is None or now >= first.until or first.account_id == account_id

    def is_offered_first(self, account_id: AccountId, now: datetime) -> bool:
        """Tell whether this account comes before all others."""
        first = self.offered_to
        return first is not None and now < first.until and first.account_id == account_id

    # What happens to it. Each returns the listing one version on, and raises ForbiddenListingStepError.

    def opened(self, now: datetime) -> Self:
        return _moved(self, Change.OPEN, ListingStep.OPENED, now=now)

    def refused(self, reason: str, now: datetime) -> Self:
        """The pass could not be tied to it."""
        return _moved(self, Change.CANCEL, ListingStep.REFUSED, reason, now=now)

    def reserved(self, purchase: Purchase, now: datetime) -> Self:
        free = self.freed(now)
        return _moved(replace(free, purchase=purchase), Change.RESERVE, ListingStep.RESERVED, now=now)

    def ordered(self, order_id: OrderId, *, until: datetime, now: datetime) -> Self:
        bound = replace(self._purchase, order_id=order_id, until=until)
        return _moved(replace(self, purchase=bound), Change.ORDER, ListingStep.ORDERED, now=now)

    def protected(self, until: datetime, now: datetime) -> Self:
        """The purchase lasts longer; nothing else changes."""
        kept = replace(self, purchase=replace(self._purchase, until=until))
        return _changed(kept, now)

    def offered_first(self, first: OfferedTo | None, now: datetime) -> Self:
        """Somebody may buy it before all others, or nobody does any more; repeating it changes nothing."""
        return self if first == self.offered_to else _changed(replace(self, offered_to=first), now)

    def released(self, now: datetime) -> Self:
        """The buyer of the moment does not have it any more; everybody may buy it again."""
        step = ListingStep.GIVEN_BACK if self.status is ListingStatus.RESERVED else ListingStep.ORDER_ENDED
        return _moved(replace(self, purchase=None), Change.RELEASE, step, now=now)

    def sold(self, purchase: Purchase, now: datetime) -> Self:
        return _moved(replace(self, purchase=purchase), Change.SELL, ListingStep.SOLD, now=now)

    def completed(self, order_id: OrderId, now: datetime) -> Self:
        """The pass was passed on to the buyer by this order; the seller of a LISTING is due the money for it."""
        payout = None
        if self.kind is ListingKind.LISTING:
            split = split_of(self.price, self.terms.fees)
            payout = Payout(id=PayoutId(uuid5(self.id, "payout")), order_id=order_id, split=split)
        done = replace(self, payout=payout)
        return _moved(done, Change.COMPLETE, ListingStep.COMPLETED, now=now)

    def failed(self, reason: str, now: datetime) -> Self:
        return _moved(self, Change.FAIL, ListingStep.FAILED, reason, now=now)

    def cancelled(self, reason: str, now: datetime) -> Self:
        """Off the market at the wish of seller or staff; one that is over stays as it is.

        Raises ListingOrderedError once a buyer has ordered it, for as long as the order lives.
        """
        free = self.freed(now)
        if free.status in {ListingStatus.ORDERED, ListingStatus.SOLD, ListingStatus.COMPLETED}:
            raise ListingOrderedError
        if not free.is_live:
            return self
        return _moved(replace(free, purchase=None), Change.CANCEL, ListingStep.CANCELLED, reason, now=now)

    def ended(self, reason: str, now: datetime) -> Self:
        return _moved(self.freed(now), Change.END, ListingStep.ENDED, reason, now=now)

    def suspended(self, cause: Cause, reason: str, now: datetime) -> Self:
        """Off the market until it is resumed; whoever was about to buy it does not have it any more."""
        held = replace(self.freed(now), suspension=Suspension(cause, reason))
        return replace(_moved(held, Change.SUSPEND, ListingStep.SUSPENDED, reason, now=now), purchase=None)

    def resumed(self, now: datetime) -> Self:
        return _moved(self, Change.RESUME, ListingStep.RESUMED, now=now)

    def tidied(self, now: datetime) -> Self:
        """Return it without a purchase that has ended, one version on; unchanged if there is none."""
        free = self.freed(now)
        return self if free is self else _changed(free, now)

    def untied(self, now: datetime) -> Self:
        """The pass is tied to it no more."""
        return _changed(replace(self, offer_tied=False), now)

    def answered(self, status: PayoutStatus, detail: str, now: datetime, *, settled_at: datetime | None = None) -> Self:
        """Payments said how the payout stands; the same answer again changes nothing.

        Of news, which have the moment they are of, only newer ones than the last count, in whatever order they come.
        """
        payout = self.payout
        assert payout is not None, "only what is due is answered"
        late = settled_at is not None and payout.settled_at is not None and settled_at <= payout.settled_at
        if late or (payout.status is status and settled_at is None):
            return self
        known = settled_at if settled_at is not None else payout.settled_at
        paid = replace(self, payout=replace(payout, status=status, settled_at=known))
        if payout.status is status:
            return _changed(paid, now)
        told = f"{status.value}: {detail}" if detail else status.value
        return _changed(paid, now, ListingEntry(now, ListingStep.PAYOUT, told))

    def retry(self, now: datetime) -> Self:
        """What was due could not be done; the sweep looks again later."""
        return replace(_changed(self, now), due_at=now + timedelta(seconds=RETRY_S))

    @property
    def _purchase(self) -> Purchase:
        assert self.purchase is not None, "a listing that is taken has its buyer"
        return self.purchase


def _moved[L: Listing](listing: L, change: Change, step: ListingStep, detail: str = "", *, now: datetime) -> L:
    status = next_status(listing.status, change)
    kept = listing.suspension if status is ListingStatus.SUSPENDED else None
    after = replace(listing, status=status, suspension=kept)
    return _changed(after, now, ListingEntry(now, step, detail))


def _changed[L: Listing](listing: L, now: datetime, *told: ListingEntry) -> L:
    history = (*listing.history, *told)
    if len(history) > HISTORY_MAX:
        history = (history[0], *history[1 - HISTORY_MAX :])
    after = replace(listing, version=listing.version + 1, updated_at=now, history=history)
    return replace(after, due_at=_next_look(after, now))


def _next_look(listing: Listing, now: datetime) -> datetime | None:
    match listing.status:
        case ListingStatus.OPENING:
            return now + timedelta(seconds=OPENING_S_MAX)
        case ListingStatus.OPEN | ListingStatus.SUSPENDED:
            return listing.terms.closes_at
        case ListingStatus.RESERVED | ListingStatus.ORDERED:
            assert listing.purchase is not None, "a listing that is taken has its buyer"
            return listing.purchase.until
        case ListingStatus.SOLD:
            return None
        case ListingStatus.COMPLETED | ListingStatus.CANCELLED | ListingStatus.ENDED | ListingStatus.FAILED:
            owing = listing.payout is not None and listing.payout.status is PayoutStatus.DUE
            return now if owing or listing.offer_tied else None
