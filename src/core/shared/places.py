"""Places that laws and addresses name: countries and their parts (ISO 3166-1 and -2)."""

from collections.abc import Iterator
from functools import lru_cache

import pycountry

EUROPEAN_UNION = "EU"
"""Not a country of ISO 3166-1, but a code that it keeps for this use (an exceptional reservation)."""

_EU_MEMBERS = {
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
}
"""Article 52 of the Treaty on European Union, without the United Kingdom, which left on 31 January 2020."""

_GROUPS = {"GB-ENG": "GB-EAW", "GB-WLS": "GB-EAW"}
"""England and Wales, one jurisdiction (ISO 3166-2:GB names it, the library leaves its members out)."""

_ALSO_COUNTRIES = {"CN-HK": "HK", "CN-MO": "MO", "CN-TW": "TW"}
"""Parts in ISO 3166-2 that have a code of ISO 3166-1, and law, of their own."""


def is_country(code: str) -> bool:
    """Return whether the code is one of ISO 3166-1 alpha-2, such as DE."""
    return code.isupper() and pycountry.countries.get(alpha_2=code) is not None


def is_subdivision(code: str, *, of: str) -> bool:
    """Return whether the code is one of ISO 3166-2 in that country, such as US-NY of US."""
    return code.isupper() and code.startswith(f"{of}-") and (code in _GROUPS.values() or _subdivision(code) is not None)


def is_place(code: str) -> bool:
    """Return whether a law can be of this place: a country, a part of one, or the European Union."""
    return code == EUROPEAN_UNION or is_country(code) or is_subdivision(code, of=code.partition("-")[0])


@lru_cache(maxsize=4096)
def places_around(country: str, subdivision: str | None = None) -> tuple[str, ...]:
    """Return the places whose law holds at an address, the narrowest first: its part of the country, that part's own
    region, the country, and the European Union where the country is a member.
    """
    return tuple(_outwards(country, subdivision))


def _outwards(country: str, subdivision: str | None) -> Iterator[str]:
    inner = subdivision
    while inner is not None:
        yield inner
        if inner in _ALSO_COUNTRIES:
            yield _ALSO_COUNTRIES[inner]
        found = _subdivision(inner)
        inner = _GROUPS.get(inner) or (found.parent_code if found is not None else None)
    yield country
    if country in _EU_MEMBERS:
        yield EUROPEAN_UNION


def _subdivision(code: str) -> pycountry.SubdivisionHierarchy | None:
    found = pycountry.subdivisions.get(code=code)  # type: ignore[no-untyped-call]  # untyped in pycountry
    return found if isinstance(found, pycountry.SubdivisionHierarchy) else None
