"""Lists in pages, by keyset: each page starts after the last id of the one before."""

from dataclasses import dataclass
from uuid import UUID

PAGE_SIZE_DEFAULT = 50
PAGE_SIZE_MAX = 200


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most `limit` (1 to 200) things whose id is greater than `after`; ids sort by the time they were made."""

    limit: int = PAGE_SIZE_DEFAULT
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Things in the order of their ids; `next_after` is None on the last page."""

    items: tuple[T, ...]
    next_after: UUID | None
