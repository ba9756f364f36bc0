"""Media of venues: a stored file, what it shows, and from where."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from core.content.errors import InvalidMediaError
from core.content.file_types import FORMS, FileForm
from core.content.texts import line_faults
from core.shared.errors import Problem
from core.shared.ids import AccountId, MediaId, PageId, VenueId
from core.shared.time import to_the_millisecond

ALT_LENGTH_MAX = 500
ALT_LANGUAGES_MAX = 30
PLACE_LENGTH_MAX = 50
DISTANCE_MAX = 2**32 - 1
FILE_NAME_LENGTH_MAX = 120

PIN_S = 300
"""How long a page that is being published keeps its media from being deleted; a publication takes less, or fails."""

_ROW_LETTERS_MAX = 2
"""Longer ones are words, such as Box."""

_UNWANTED_IN_NAMES = re.compile(r"[^\w.() -]+")


class MediaKind(StrEnum):
    """What a file is for."""

    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    DOCUMENT = "DOCUMENT"
    VIEW_FROM_SEAT = "VIEW_FROM_SEAT"


class MediaState(StrEnum):
    """Only what is ready is there for anybody; a sweep finds what stayed in the other two."""

    UPLOADING = "uploading"
    READY = "ready"
    DELETING = "deleting"


_FORM_OF_KIND = {
    MediaKind.IMAGE: FileForm.IMAGE,
    MediaKind.VIDEO: FileForm.VIDEO,
    MediaKind.DOCUMENT: FileForm.DOCUMENT,
    MediaKind.VIEW_FROM_SEAT: FileForm.IMAGE,
}


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """How many bytes a file may have."""

    bytes_max: int


@dataclass(frozen=True, slots=True)
class FocalPoint:
    """What must stay visible when an image is cut: parts of its width and height in thousandths, from the top left."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class SeatPlace:
    """From where a view is: a section by its name, and a row and a seat in it as they are labelled there."""

    section: str
    row: str | None = None
    seat: str | None = None

    @property
    def section_key(self) -> str:
        """The section as it is looked for: neither case nor spaces around it matter."""
        return section_key(self.section)


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What whoever uploads a file says about it; `alt` is what an image shows, by language."""

    kind: MediaKind
    alt: Mapping[str, str] = field(default_factory=dict[str, str])
    place: SeatPlace | None = None
    focal_point: FocalPoint | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The bytes themselves: what they are, how many, their SHA-256 in hexadecimal, and the name they came with."""

    content_type: str
    length_bytes: int
    sha256: str
    name: str


@dataclass(frozen=True, slots=True)
class Media:
    """A file of a venue. Its bytes lie in the storage under `storage_key`, which files of the same bytes share.

    `pins` are the pages that were about to show it, each with the moment; whether they do, the pages themselves say.
    """

    id: MediaId
    venue_id: VenueId
    facts: MediaFacts
    file: StoredFile
    state: MediaState
    storage_key: str
    created_at: datetime
    created_by: AccountId
    pins: Mapping[PageId, datetime] = field(default_factory=dict[PageId, datetime])

    @classmethod
    def uploading(
        cls,
        media_id: MediaId,
        *,
        venue_id: VenueId,
        facts: MediaFacts,
        file: StoredFile,
        storage_key: str,
        by: AccountId,
        now: datetime,
    ) -> Self:
        """Write down what is about to be stored; raises InvalidMediaError with every fault."""
        if problems := list(_faults(facts, file)):
            raise InvalidMediaError(problems)
        return cls(
            id=media_id,
            venue_id=venue_id,
            facts=facts,
            file=replace(file, name=safe_name(file.name)),
            state=MediaState.UPLOADING,
            storage_key=storage_key,
            created_at=to_the_millisecond(now),
            created_by=by,
        )

    @property
    def form(self) -> FileForm:
        return FORMS[self.file.content_type]

    @property
    def is_ready(self) -> bool:
        return self.state is MediaState.READY

    def pinned_by(self, *, now: datetime) -> Sequence[PageId]:
        """Return the pages that may be about to show it at this moment."""
        since = now - timedelta(seconds=PIN_S)
        return [page_id for page_id, moment in self.pins.items() if moment > since]


def section_key(section: str) -> str:
    """Return a section's name without what does not tell sections apart."""
    return " ".join(section.casefold().split())


def safe_name(name: str) -> str:
    """Return a file name for downloads: without folders, control characters and what shells or headers understand."""
    last = re.split(r"[/\\]", name)[-1]
    plain = _UNWANTED_IN_NAMES.sub("_", last).strip(" .")
    return plain[-FILE_NAME_LENGTH_MAX:].strip(" .") or "file"


def row_number(label: str) -> tuple[str, int] | None:
    """Return how far back a row is, and in which writing: `12` is 12, `C` is 3 and `AA` 27; None for other labels."""
    text = label.strip().upper()
    if text.isascii() and text.isdigit():
        return "digits", int(text)
    if text.isascii() and text.isalpha() and len(text) <= _ROW_LETTERS_MAX:
        number = 0
        for letter in text:
            number = number * 26 + ord(letter) - ord("A") + 1
        return "letters", number
    return None


@dataclass(frozen=True, slots=True, order=True)
class Nearness:
    """How near a view is to a row, in rows up to DISTANCE_MAX; those that nobody knows of are farther than all others.

    Those that are equally near are told apart by their ids, which are in the order they were made in.
    """

    unknown: bool
    distance: int
    media_id: MediaId

    @classmethod
    def of(cls, view: Media, *, row: str | None) -> Self:
        """Return how near the view is to the row; without one, to the front."""
        wanted = ("", 0) if row is None else row_number(row)
        label = view.facts.place.row if view.facts.place is not None else None
        if label is not None and row is not None and label.strip().upper() == row.strip().upper():
            return cls(unknown=False, distance=0, media_id=view.id)
        number = None if label is None else row_number(label)
        if number is None or wanted is None or (row is not None and number[0] != wanted[0]):
            return cls(unknown=True, distance=0, media_id=view.id)
        return cls(unknown=False, distance=min(abs(number[1] - wanted[1]), DISTANCE_MAX), media_id=view.id)


def nearest_first(views: Iterable[Media], *, row: str | None) -> Sequence[Media]:
    """Return views of one section, nearest to the row first; those whose distance nobody knows come last.

    Without a row they come from the front to the back. Those that are equally near come in the order they were made in.
    """
    return sorted(views, key=lambda view: Nearness.of(view, row=row))


def _faults(facts: MediaFacts, file: StoredFile) -> Iterator[Problem]:
    form = FORMS.get(file.content_type)
    if form is not _FORM_OF_KIND[facts.kind]:
        yield Problem("/kind", f"A file of the type {file.content_type} is nothing of the kind {facts.kind}.")
    if form is FileForm.IMAGE and not facts.alt:
        yield Problem("/alt", "An image needs a text that says what it shows, in at least one language.")
    if len(facts.alt) > ALT_LANGUAGES_MAX:
        yield Problem("/alt", f"There are at most {ALT_LANGUAGES_MAX} languages.")
    for tag, text in facts.alt.items():
        yield from line_faults(f"/alt/{tag}", text, length_max=ALT_LENGTH_MAX)
    if (facts.kind is MediaKind.VIEW_FROM_SEAT) != (facts.place is not None):
        yield Problem("/section", "A view from a seat needs its section, and nothing else has one.")
    if facts.place is not None:
        yield from line_faults("/section", facts.place.section, length_max=PLACE_LENGTH_MAX)
        for name, label in (("row", facts.place.row), ("seat", facts.place.seat)):
            if label is not None:
                yield from line_faults(f"/{name}", label, length_max=PLACE_LENGTH_MAX)
    point = facts.focal_point
    if point is not None and (form is not FileForm.IMAGE or not (0 <= point.x <= 1000 and 0 <= point.y <= 1000)):
        yield Problem("/focalPoint", "A focal point is of an image, from 0 to 1000 in both directions.")
