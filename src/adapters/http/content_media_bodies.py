"""Media over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from adapters.http.content_page_bodies import Language
from core.content.languages import best_language
from core.content.media import ALT_LENGTH_MAX, PLACE_LENGTH_MAX, FocalPoint, Media, MediaFacts, MediaKind, SeatPlace
from core.shared.errors import InvalidInputError, Problem
from core.shared.languages import language_tag
from ports.decoding import problem_in

type KindOfMedia = Literal["IMAGE", "VIDEO", "DOCUMENT", "VIEW_FROM_SEAT"]
type AltText = Annotated[str, Meta(min_length=1, max_length=ALT_LENGTH_MAX, description="What the image shows.")]
type Label = Annotated[str, Meta(min_length=1, max_length=PLACE_LENGTH_MAX)]
type Thousandths = Annotated[int, Meta(ge=0, le=1000)]


class FocalPointBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must stay visible when an image is cut, in thousandths of its width and height from the top left."""

    x: Thousandths
    y: Thousandths


class MediaFactsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is said about a file; an image needs `alt`, by language, and a view from a seat its `section`."""

    kind: KindOfMedia
    alt: dict[str, AltText] = {}
    section: Label | None = None
    row: Label | None = None
    seat: Label | None = None
    focal_point: FocalPointBody | None = None

    def facts(self) -> MediaFacts:
        """Return what is said; raises InvalidInputError for a language that is none, and a row without a section."""
        if self.section is None and (self.row is not None or self.seat is not None):
            message = "A row or a seat needs its section."
            raise InvalidInputError(message, [Problem("/section", message)])
        return MediaFacts(
            kind=MediaKind(self.kind),
            alt={language_tag(tag, pointer=f"/alt/{tag}"): text for tag, text in self.alt.items()},
            place=None if self.section is None else SeatPlace(self.section, self.row, self.seat),
            focal_point=None if self.focal_point is None else FocalPoint(self.focal_point.x, self.focal_point.y),
        )


class MediaBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file of a venue. `altText` is in the language that serves the reader best; `url` is where the bytes are."""

    id: UUID
    venue_id: UUID
    kind: KindOfMedia
    content_type: str
    length_bytes: int
    sha256: str
    file_name: str
    alt: dict[str, str]
    alt_text: str | None
    language: Language | None
    section: str | None
    row: str | None
    seat: str | None
    focal_point: FocalPointBody | None
    url: str
    created_at: datetime


def read_facts(text: str) -> MediaFacts:
    """Return what the JSON says about a file; raises InvalidInputError."""
    try:
        return msgspec.json.decode(text, type=MediaFactsBody).facts()
    except msgspec.ValidationError as error:
        problem = problem_in(error)
    except msgspec.DecodeError:
        problem = Problem("", "The part `metadata` holds no JSON.")
    raise InvalidInputError(f"{problem.pointer or 'metadata'}: {problem.message}", [problem])


def media_shown(media: Media, *, accept_language: str | None) -> MediaBody:
    """Return what everybody may know of a file."""
    alt, place, point = dict(media.facts.alt), media.facts.place, media.facts.focal_point
    language = best_language(accept_language, alt, default=next(iter(alt))) if alt else None
    return MediaBody(
        id=media.id,
        venue_id=media.venue_id,
        kind=media.facts.kind.value,
        content_type=media.file.content_type,
        length_bytes=media.file.length_bytes,
        sha256=media.file.sha256,
        file_name=media.file.name,
        alt=alt,
        alt_text=None if language is None else alt[language],
        language=language,
        section=None if place is None else place.section,
        row=None if place is None else place.row,
        seat=None if place is None else place.seat,
        focal_point=None if point is None else FocalPointBody(x=point.x, y=point.y),
        url=f"/api/v1/media/{media.id}/file",
        created_at=media.created_at,
    )
