"""The limits of waiting lists."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTerms:
    """How long an offer lasts, and how much there may be.

    An entry ends with its `lapses_max`th offer that nobody answered. `quantity_max` is for one entry, `lists_max` the
    live entries of one account, `entries_max` those of one ticket. `returns_max` and `page_entries` bound what one
    match looks at, `sweep_lists_max` the lists of one sweep.
    """

    offer_window: timedelta = timedelta(minutes=30)
    lapses_max: int = 2
    quantity_max: int = 8
    lists_max: int = 20
    entries_max: int = 50_000
    returns_max: int = 200
    page_entries: int = 200
    sweep_lists_max: int = 200
