"""How pages of venues are written down on MongoDB, and which indexes their collections have."""

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

import msgspec
from beanie import Document
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.content.bodies import BODIES
from core.content.kinds import PageKind
from core.content.languages import ranges_of
from core.content.page import Edition, Page, PageStatus, Translation
from core.shared.ids import AccountId, PageId, TenantId, VenueId
from core.shared.time import utc


def _stored_name(field: str) -> str:
    return "_id" if field == "id" else to_camel(field)


_NAMES = ConfigDict(alias_generator=_stored_name, populate_by_name=True)


class TranslationFields(BaseModel):
    """What a page says in one language; the body as its kind has it."""

    model_config = _NAMES

    language: str
    title: str
    body: dict[str, Any]


class EditionFields(BaseModel):
    """An edition inside a document, with what it is found by: languages, words and media."""

    model_config = _NAMES

    number: int
    default_language: str
    translations: list[TranslationFields]
    published_at: datetime | None
    published_by: UUID | None
    languages: list[str]
    words: list[str]
    media_ids: list[UUID]

    @classmethod
    def of(cls, edition: Edition) -> Self:
        """Write an edition down."""
        return cls(
            number=edition.number,
            default_language=edition.default_language,
            translations=[
                TranslationFields(language=tag, title=each.title, body=msgspec.to_builtins(each.body))
                for tag, each in edition.translations.items()
            ],
            published_at=edition.published_at,
            published_by=edition.published_by,
            languages=sorted({range_ for tag in edition.translations for range_ in ranges_of(tag)}),
            words=list(edition.words),
            media_ids=list(edition.media_ids),
        )

    def edition(self, kind: PageKind) -> Edition:
        """Read the edition of a page of that kind back."""
        return Edition(
            number=self.number,
            default_language=self.default_language,
            translations={
                each.language: Translation(each.title, msgspec.convert(each.body, BODIES[kind]))
                for each in self.translations
            },
            published_at=None if self.published_at is None else utc(self.published_at),
            published_by=None if self.published_by is None else AccountId(self.published_by),
        )


class PageDocument(Document):
    """A page with its draft and its latest published edition."""

    model_config = _NAMES

    id: UUID  # type: ignore[assignment]  # Beanie lets documents bring their own kind of id
    tenant_id: UUID
    venue_id: UUID
    kind: PageKind
    status: PageStatus
    version: int
    draft: EditionFields | None
    published: EditionFields | None
    created_at: datetime
    created_by: UUID
    updated_at: datetime

    class Settings:
        """The collection and its indexes: a venue's pages, by kind, by what they say, and by what they show."""

        name = "pages"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("tenantId", ASCENDING), ("venueId", ASCENDING), ("_id", ASCENDING)], name="pages_of_venue"),
            IndexModel(
                [("tenantId", ASCENDING), ("venueId", ASCENDING), ("kind", ASCENDING), ("_id", ASCENDING)],
                name="pages_by_kind",
            ),
            IndexModel(
                [("tenantId", ASCENDING), ("venueId", ASCENDING), ("published.words", ASCENDING)],
                name="pages_by_published_words",
            ),
            IndexModel(
                [("tenantId", ASCENDING), ("venueId", ASCENDING), ("draft.words", ASCENDING)],
                name="pages_by_draft_words",
            ),
            IndexModel([("tenantId", ASCENDING), ("published.mediaIds", ASCENDING)], name="pages_by_media"),
        ]

    @classmethod
    def of(cls, tenant_id: TenantId, page: Page) -> Self:
        """Write a page down."""
        return cls(
            id=page.id,
            tenant_id=tenant_id,
            venue_id=page.venue_id,
            kind=page.kind,
            status=page.status,
            version=page.version,
            draft=None if page.draft is None else EditionFields.of(page.draft),
            published=None if page.published is None else EditionFields.of(page.published),
            created_at=page.created_at,
            created_by=page.created_by,
            updated_at=page.updated_at,
        )

    def page(self) -> Page:
        """Read the page back."""
        return Page(
            id=PageId(self.id),
            venue_id=VenueId(self.venue_id),
            kind=self.kind,
            status=self.status,
            version=self.version,
            draft=None if self.draft is None else self.draft.edition(self.kind),
            published=None if self.published is None else self.published.edition(self.kind),
            created_at=utc(self.created_at),
            created_by=AccountId(self.created_by),
            updated_at=utc(self.updated_at),
        )


class EditionDocument(Document):
    """A published edition that another one followed; it never changes."""

    model_config = _NAMES

    id: str  # type: ignore[assignment]  # as above: the page's id and the number, so that a copy is made once
    tenant_id: UUID
    page_id: UUID
    kind: PageKind
    number: int
    edition: EditionFields

    class Settings:
        """The collection and its index."""

        name = "pageEditions"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel(
                [("tenantId", ASCENDING), ("pageId", ASCENDING), ("number", DESCENDING)],
                name="page_editions_of_page",
                unique=True,
            )
        ]
