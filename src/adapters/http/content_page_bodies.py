"""Pages over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from adapters.http.content_bodies import AnyBody, BodyOfKind, Kind, Line, read_body, shown_body
from core.content.kinds import PageKind
from core.content.languages import best_language
from core.content.page import Edition, Page, PageChange, Translation
from core.shared.errors import InvalidInputError, Problem
from core.shared.languages import language_tag
from usecases.content.create_page import NewPage

type Language = Annotated[str, Meta(min_length=2, max_length=35, description="BCP 47.", examples=["de-AT"])]
_BODY = "What the kind has, see the bodies in answers; unknown members are refused."


class TranslationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a page says in one language."""

    title: Line
    body: Annotated[AnyBody, Meta(description=_BODY)]


class CreatePageBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A page to be made: its texts by language, one of which is for readers of any other."""

    kind: Kind
    default_language: Language
    translations: dict[str, TranslationBody]

    def page(self) -> NewPage:
        """Return what is asked for; raises InvalidInputError for a body that the kind does not have."""
        kind = PageKind(self.kind)
        return NewPage(
            kind=kind,
            default_language=language_tag(self.default_language, pointer="/defaultLanguage"),
            translations=_translations(kind, self.translations),
        )


class UpdatePageBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to change in the draft; languages that are left out stay, and null takes one away."""

    default_language: Language | UnsetType = UNSET
    translations: dict[str, TranslationBody | None] = {}

    def change(self, kind: PageKind) -> PageChange:
        """Return what is asked for of a page of that kind; raises as `CreatePageBody.page`."""
        given = {tag: each for tag, each in self.translations.items() if each is not None}
        gone = [language_tag(tag, pointer=_at(tag)) for tag, each in self.translations.items() if each is None]
        default = None
        if self.default_language is not UNSET:
            default = language_tag(self.default_language, pointer="/defaultLanguage")
        changed: dict[str, Translation | None] = {**dict.fromkeys(gone), **_translations(kind, given)}
        if len(changed) < len(self.translations):
            raise _twice()
        return PageChange(default_language=default, translations=changed)


class ShownTranslation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a page says in one language; the body as its kind has it."""

    title: str
    body: BodyOfKind


class EditionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An edition in all its languages; a draft has no `publishedAt` yet."""

    number: int
    default_language: str
    translations: dict[str, ShownTranslation]
    published_at: datetime | None
    published_by: UUID | None


class PageOfVenueBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page in the language that serves the reader best (`language`, of those in `languages`).

    Everybody sees the published edition. Staff see what it is edited from: the draft where there is one, as `draft` and
    `published` tell, which they alone have, in all their languages.
    """

    id: UUID
    venue_id: UUID
    kind: Kind
    status: Literal["draft", "published", "archived"]
    version: int
    edition: int
    language: str
    languages: tuple[str, ...]
    default_language: str
    title: str
    body: BodyOfKind
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    draft: EditionBody | UnsetType | None = UNSET
    published: EditionBody | UnsetType | None = UNSET


def page_shown(page: Page, *, staff: bool, accept_language: str | None) -> PageOfVenueBody:
    """Return the page as the reader may see it; others than staff see published ones only."""
    edition = page.edited if staff else page.shown
    assert edition is not None, "only staff are shown what is not published"
    language = best_language(accept_language, edition.translations, default=edition.default_language)
    translation = edition.translations[language]
    return PageOfVenueBody(
        id=page.id,
        venue_id=page.venue_id,
        kind=page.kind.value,
        status=page.status.value,
        version=page.version,
        edition=edition.number,
        language=language,
        languages=tuple(sorted(edition.translations)),
        default_language=edition.default_language,
        title=translation.title,
        body=shown_body(page.kind, translation.body),
        created_at=page.created_at,
        updated_at=page.updated_at,
        published_at=edition.published_at,
        draft=_edition(page.kind, page.draft) if staff else UNSET,
        published=_edition(page.kind, page.published) if staff else UNSET,
    )


def edition_shown(kind: PageKind, edition: Edition) -> EditionBody:
    """Return the edition in all its languages."""
    return EditionBody(
        number=edition.number,
        default_language=edition.default_language,
        translations={
            tag: ShownTranslation(title=each.title, body=shown_body(kind, each.body))
            for tag, each in edition.translations.items()
        },
        published_at=edition.published_at,
        published_by=edition.published_by,
    )


def _edition(kind: PageKind, edition: Edition | None) -> EditionBody | None:
    return None if edition is None else edition_shown(kind, edition)


def _translations(kind: PageKind, given: Mapping[str, TranslationBody]) -> dict[str, Translation]:
    found = {
        language_tag(tag, pointer=_at(tag)): Translation(
            each.title, read_body(kind, each.body, pointer=f"{_at(tag)}/body")
        )
        for tag, each in given.items()
    }
    if len(found) < len(given):
        raise _twice()
    return found


def _at(tag: str) -> str:
    return f"/translations/{tag.replace('~', '~0').replace('/', '~1')}"


def _twice() -> InvalidInputError:
    message = "The same language is written in two ways."
    return InvalidInputError(message, [Problem("/translations", message)])
