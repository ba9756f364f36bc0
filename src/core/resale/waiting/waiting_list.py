"""Who on a waiting list is offered which returns: one pure function."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.resale.waiting.waiting_entry import WaitingEntry
from core.shared.ids import AccountId, ListingId, WaitingEntryId


@dataclass(frozen=True, slots=True)
class OpenReturn:
    """A pass that was given back and that nobody has been offered; `closes_at` is when it can be sold no more."""

    listing_id: ListingId
    seller_id: AccountId
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """Returns for one entry, until a moment."""

    entry_id: WaitingEntryId
    listing_ids: tuple[ListingId, ...]
    until: datetime


def offers(
    entries: Iterable[WaitingEntry], open_returns: Iterable[OpenReturn], now: datetime, *, window: timedelta
) -> tuple[Offer, ...]:
    """Return what each entry is offered, first come first served.

    The entry with the lowest sequence is served first: with as many returns as it wants, the longest open ones, or with
    all that there are for it where those are fewer and it accepts fewer. A later entry comes before an earlier one only
    where the earlier cannot be served with what is left. Nobody is offered their own returns, nor those that they did
    not want before. An offer ends with the window, or as soon as one of its returns can be sold no more.
    """
    left = sorted((each for each in open_returns if now < each.closes_at), key=lambda each: each.listing_id)
    made: list[Offer] = []
    for entry in sorted(entries, key=lambda entry: entry.sequence):
        if not left:
            break
        chosen = _for(entry, left) if entry.is_waiting(now) else ()
        if chosen:
            until = min(now + window, *(each.closes_at for each in chosen))
            made.append(Offer(entry.id, tuple(each.listing_id for each in chosen), until))
            left = [each for each in left if each not in chosen]
    return tuple(made)


def _for(entry: WaitingEntry, left: Sequence[OpenReturn]) -> tuple[OpenReturn, ...]:
    unwanted = set(entry.passed_over)
    suits = [each for each in left if each.seller_id != entry.account_id and each.listing_id not in unwanted]
    if len(suits) < entry.quantity and not entry.accept_fewer:
        return ()
    return tuple(suits[: entry.quantity])
