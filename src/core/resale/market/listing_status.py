"""The machine of a listing: where a pass on the market stands, and one table of all that moves it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from core.resale.market.listing_errors import ForbiddenListingStepError
from core.resale.policies.policy import Channel


class ListingKind(StrEnum):
    """Who sells, and where the money goes."""

    LISTING = "listing"
    """The holder sells at a price of their own; the money waits until the buyer has a pass."""

    RETURN = "return"
    """The organiser sells again at face value, and the earlier holder gets back what the first sale cost."""

    @property
    def channel(self) -> Channel:
        """Return the channel that law and policy know it as."""
        return Channel.RETURN if self is ListingKind.RETURN else Channel.FAIRSEAT


class ListingStatus(StrEnum):
    """Where a listing stands. RESERVED and ORDERED also end by time alone: see `Listing.status_at`."""

    OPENING = "OPENING"
    """Recorded; the pass is being tied to it."""

    OPEN = "OPEN"
    RESERVED = "RESERVED"
    """One buyer decides."""

    ORDERED = "ORDERED"
    """One buyer's order has it, and is to be paid."""

    SOLD = "SOLD"
    """Paid for; the buyer's pass is being issued."""

    COMPLETED = "COMPLETED"
    """The buyer has a pass, and the seller is due the money."""

    CANCELLED = "CANCELLED"
    """By the seller or by staff, or never begun."""

    ENDED = "ENDED"
    """Its time was over, or its pass is."""

    SUSPENDED = "SUSPENDED"
    """Not lawful any more, or its pass is frozen; it may go on again."""

    FAILED = "FAILED"
    """Paid for, and yet no pass could be issued: the buyer gets the money back."""


class Change(StrEnum):
    """What can happen to a listing."""

    OPEN = "be opened"
    RESERVE = "be reserved"
    ORDER = "be ordered"
    RELEASE = "be released"
    SELL = "be sold"
    COMPLETE = "be completed"
    FAIL = "fail"
    CANCEL = "be cancelled"
    END = "end"
    SUSPEND = "be suspended"
    RESUME = "be resumed"


_S, _C = ListingStatus, Change
_ENDS = {_C.END: _S.ENDED, _C.FAIL: _S.FAILED, _C.COMPLETE: _S.COMPLETED}
"""What is heard of the pass itself, by whoever keeps passes: that counts in whatever state it is heard."""

TRANSITIONS: Mapping[ListingStatus, Mapping[Change, ListingStatus]] = MappingProxyType(
    {
        _S.OPENING: {_C.OPEN: _S.OPEN, _C.SUSPEND: _S.SUSPENDED, _C.CANCEL: _S.CANCELLED, _C.END: _S.ENDED},
        _S.OPEN: {
            _C.RESERVE: _S.RESERVED,
            # The money came late for an order whose reservation had ended.
            _C.SELL: _S.SOLD,
            _C.SUSPEND: _S.SUSPENDED,
            _C.CANCEL: _S.CANCELLED,
            **_ENDS,
        },
        _S.RESERVED: {
            _C.ORDER: _S.ORDERED,
            _C.RELEASE: _S.OPEN,
            _C.SUSPEND: _S.SUSPENDED,
            _C.CANCEL: _S.CANCELLED,
            **_ENDS,
        },
        # No seller takes back what a buyer is about to pay for.
        _S.ORDERED: {_C.SELL: _S.SOLD, _C.RELEASE: _S.OPEN, _C.SUSPEND: _S.SUSPENDED, **_ENDS},
        # A refund before the buyer's pass was issued releases it.
        _S.SOLD: {_C.RELEASE: _S.OPEN, **_ENDS},
        # Suspended again: for another reason.
        _S.SUSPENDED: {_C.RESUME: _S.OPEN, _C.SUSPEND: _S.SUSPENDED, _C.CANCEL: _S.CANCELLED, **_ENDS},
        _S.COMPLETED: {},
        # A pass that was passed on has been, whatever was thought of its listing meanwhile.
        _S.CANCELLED: {_C.COMPLETE: _S.COMPLETED},
        _S.ENDED: {_C.COMPLETE: _S.COMPLETED},
        _S.FAILED: {_C.COMPLETE: _S.COMPLETED},
    }
)
"""Every status of a listing, and what each change makes of it; what is not here is refused."""

LIVE = frozenset({_S.OPENING, _S.OPEN, _S.RESERVED, _S.ORDERED, _S.SOLD, _S.SUSPENDED})
"""Of one pass at most one listing has such a status."""

OVER = frozenset(_S) - LIVE
TAKEN = frozenset({_S.RESERVED, _S.ORDERED})
"""Kept for one buyer, until a moment."""


def next_status(status: ListingStatus, change: Change) -> ListingStatus:
    """Return what the change makes of a listing; raises ForbiddenListingStepError where the table has nothing."""
    after = TRANSITIONS[status].get(change)
    if after is None:
        raise ForbiddenListingStepError(status.value, change.value)
    return after
