"""Facts about a venue or a ticket that nobody but its organiser knows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date

from core.resale.errors import InvalidResaleFactsError
from core.resale.facts import EventKind, Fact
from core.shared.errors import Problem

_WORD = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
WORD_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredFacts:
    """What staff declare; None for what they do not say, which then is as the wider setting says, or not known.

    Each member is the fact of the same name. Raises InvalidResaleFactsError for a kind of venue that is no word of
    lower-case letters and digits joined by `_`.
    """

    event_kind: EventKind | None = None
    venue_independent: bool | None = None
    venue_kind: str | None = None
    venue_designated: bool | None = None
    event_declared: bool | None = None
    ticket_restricted: bool | None = None
    ticket_nominative: bool | None = None
    charity: bool | None = None
    organiser_prohibition_filed: bool | None = None

    def __post_init__(self) -> None:
        kind = self.venue_kind
        if kind is not None and (len(kind) > WORD_LENGTH_MAX or not _WORD.fullmatch(kind)):
            message = "must be a word of lower-case letters and digits, joined by _"
            raise InvalidResaleFactsError([Problem("/venueKind", message)])

    def known(self) -> dict[Fact, bool | int | str | date]:
        """Return what is declared, as rules ask for it."""
        return dict(self._said())

    def _said(self) -> Iterator[tuple[Fact, bool | str]]:
        for member in fields(self):
            value: bool | str | None = getattr(self, member.name)
            if value is not None:
                yield Fact(member.name), value.value if isinstance(value, EventKind) else value
