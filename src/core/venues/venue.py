"""A venue, and the rules of its facts."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Self

from slugify import slugify

from core.shared.errors import InvalidInputError, Problem, StaleVersionError
from core.shared.ids import VenueId
from core.shared.places import is_country, is_subdivision
from core.shared.time import zone_named

CAPACITY_MAX = 500_000
SLUG_LENGTH_MAX = 80


@dataclass(frozen=True, slots=True)
class Address:
    """Where a venue is. `country` is ISO 3166-1 alpha-2, `subdivision` ISO 3166-2 (US-NY), both held to the lists."""

    line1: str
    city: str
    postal_code: str
    country: str
    subdivision: str | None = None

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        if not is_country(self.country):
            problems.append(Problem("/address/country", f"{self.country!r} is no ISO 3166-1 alpha-2 code such as DE."))
        elif self.subdivision is not None and not is_subdivision(self.subdivision, of=self.country):
            message = f"{self.subdivision!r} is no ISO 3166-2 code of {self.country}, such as US-NY of US."
            problems.append(Problem("/address/subdivision", message))
        if problems:
            raise InvalidInputError(problems[0].message, problems)


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """What an organiser says of a venue. `capacity` counts people; `time_zone` is an IANA name."""

    name: str
    time_zone: str
    capacity: int
    address: Address

    def __post_init__(self) -> None:
        zone_named(self.time_zone)
        if not self.name.strip():
            raise InvalidInputError("A venue needs a name.", [Problem("/name", "is blank")])
        if not 1 <= self.capacity <= CAPACITY_MAX:
            message = f"must be from 1 to {CAPACITY_MAX}"
            raise InvalidInputError(f"The capacity {message}.", [Problem("/capacity", message)])


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue of one tenant; `version` grows by one with each change, and stale writers are refused by it."""

    id: VenueId
    slug: str
    facts: VenueFacts
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def opened(cls, *, id: VenueId, slug: str, facts: VenueFacts, now: datetime) -> Self:
        return cls(id=id, slug=slug, facts=facts, version=1, created_at=now, updated_at=now)

    def changed(self, facts: VenueFacts, *, expected_version: int, now: datetime) -> Self:
        """Return the venue with new facts; raises StaleVersionError. The slug stays: links to it are out there."""
        if expected_version != self.version:
            raise StaleVersionError(f"The venue is at version {self.version}; you read version {expected_version}.")
        return replace(self, facts=facts, version=self.version + 1, updated_at=now)


def free_slug(name: str, *, taken: Collection[str]) -> str:
    """Return a slug for the name that is not taken: `arena`, then `arena-2`, `arena-3` and so on.

    A name without a single letter or digit gives `venue`.
    """
    base = slugify(name, max_length=SLUG_LENGTH_MAX - 6) or "venue"
    if base not in taken:
        return base
    return next(slug for n in count(2) if (slug := f"{base}-{n}") not in taken)
