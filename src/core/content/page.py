"""A page of a venue: a draft in the making, the edition that is published, and the way from one to the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.content.bodies import BODIES, Body, MediaUse, media_in
from core.content.body_faults import body_faults
from core.content.errors import InvalidPageError, PageKeptError, PageStepError
from core.content.kinds import PageKind
from core.content.texts import line_faults, texts_in, words_of
from core.shared.errors import Problem
from core.shared.ids import AccountId, MediaId, PageId, VenueId
from core.shared.time import to_the_millisecond

LANGUAGES_MAX = 30
WORDS_MAX = 20_000
EDITIONS_MAX = 10_000


class PageStatus(StrEnum):
    """A draft was never published; an archived page was, and is the staff's alone again."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class PageStep(StrEnum):
    """What may be done with a page as a whole."""

    PUBLISH = "publish"
    ARCHIVE = "archive"


TRANSITIONS: Mapping[tuple[PageStatus, PageStep], PageStatus] = {
    (PageStatus.DRAFT, PageStep.PUBLISH): PageStatus.PUBLISHED,
    (PageStatus.PUBLISHED, PageStep.PUBLISH): PageStatus.PUBLISHED,
    (PageStatus.ARCHIVED, PageStep.PUBLISH): PageStatus.PUBLISHED,
    (PageStatus.PUBLISHED, PageStep.ARCHIVE): PageStatus.ARCHIVED,
    (PageStatus.ARCHIVED, PageStep.ARCHIVE): PageStatus.ARCHIVED,
}
"""The whole machine: what is not in it is refused."""


@dataclass(frozen=True, slots=True)
class Translation:
    """What a page says in one language."""

    title: str
    body: Body


@dataclass(frozen=True, slots=True)
class Edition:
    """A page's content in all its languages. Published editions are numbered from 1 on and never change."""

    number: int
    default_language: str
    translations: Mapping[str, Translation]
    published_at: datetime | None = None
    published_by: AccountId | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The words by which it is found, in every language, once each."""
        texts = " ".join(text for each in self.translations.values() for text in texts_in(each))
        return words_of(texts)[:WORDS_MAX]

    @property
    def media_ids(self) -> tuple[MediaId, ...]:
        """The media that it shows in any language, once each."""
        return tuple(dict.fromkeys(use.media_id for _, use in self.media_uses))

    @property
    def media_uses(self) -> Iterator[tuple[str, MediaUse]]:
        """Where it shows media, each with the language."""
        for tag, each in self.translations.items():
            for use in media_in(each.body):
                yield tag, use


@dataclass(frozen=True, slots=True)
class PageChange:
    """What is to be different in the draft; None leaves a member as it is, and takes a language away."""

    default_language: str | None = None
    translations: Mapping[str, Translation | None] = field(default_factory=dict[str, Translation | None])


@dataclass(frozen=True, slots=True)
class Page:
    """A page; `version` starts at 1 and grows with each change of it. The draft edits the next edition."""

    id: PageId
    venue_id: VenueId
    kind: PageKind
    status: PageStatus
    version: int
    draft: Edition | None
    published: Edition | None
    created_at: datetime
    created_by: AccountId
    updated_at: datetime

    @classmethod
    def new(
        cls,
        page_id: PageId,
        *,
        venue_id: VenueId,
        kind: PageKind,
        default_language: str,
        translations: Mapping[str, Translation],
        by: AccountId,
        now: datetime,
    ) -> Self:
        """Write a new page down, which nobody but staff sees; raises InvalidPageError with every fault."""
        edition = Edition(1, default_language, _tidied(translations))
        _refuse_faults(kind, edition)
        moment = to_the_millisecond(now)
        return cls(
            id=page_id,
            venue_id=venue_id,
            kind=kind,
            status=PageStatus.DRAFT,
            version=1,
            draft=edition,
            published=None,
            created_at=moment,
            created_by=by,
            updated_at=moment,
        )

    @property
    def edited(self) -> Edition:
        """What a change starts from: the draft, or else what is published."""
        edition = self.draft or self.published
        assert edition is not None, "a page has a draft until it is published"
        return edition

    @property
    def shown(self) -> Edition | None:
        """What everybody may see: the published edition, while the page is published."""
        return self.published if self.status is PageStatus.PUBLISHED else None

    def changed(self, change: PageChange, *, now: datetime) -> Self:
        """Return the page with the change in its draft; what is published stays. Raises InvalidPageError."""
        before = self.edited
        kept = {tag: each for tag, each in before.translations.items() if tag not in change.translations}
        given = {tag: each for tag, each in change.translations.items() if each is not None}
        edition = Edition(
            number=self._next_number,
            default_language=change.default_language or before.default_language,
            translations=kept | _tidied(given),
        )
        _refuse_faults(self.kind, edition)
        return self._after(self.status, draft=edition, published=self.published, now=now)

    def publish(self, *, by: AccountId, now: datetime) -> Self:
        """Show the draft to everybody, as the next edition, or an archived page again as it was.

        A published page without a draft is returned as it is. Raises PageStepError.
        """
        status = self._next(PageStep.PUBLISH)
        if self.draft is None:
            if self.status is status:
                return self
            return self._after(status, draft=None, published=self.published, now=now)
        edition = replace(self.draft, number=self._next_number, published_at=to_the_millisecond(now), published_by=by)
        return self._after(status, draft=None, published=edition, now=now)

    def archive(self, *, now: datetime) -> Self:
        """Show the page to staff alone; an archived one is returned as it is. Raises PageStepError for a draft."""
        status = self._next(PageStep.ARCHIVE)
        if self.status is status:
            return self
        return self._after(status, draft=self.draft, published=self.published, now=now)

    def must_be_deletable(self) -> None:
        """Raise PageKeptError for what was published once."""
        if self.published is not None:
            raise PageKeptError

    @property
    def _next_number(self) -> int:
        return 1 if self.published is None else self.published.number + 1

    def _next(self, step: PageStep) -> PageStatus:
        status = TRANSITIONS.get((self.status, step))
        if status is None:
            raise PageStepError(f"A page with the status {self.status} cannot take the step {step}.")
        return status

    def _after(self, status: PageStatus, *, draft: Edition | None, published: Edition | None, now: datetime) -> Self:
        return replace(
            self,
            status=status,
            draft=draft,
            published=published,
            version=self.version + 1,
            updated_at=to_the_millisecond(now),
        )


def _tidied(translations: Mapping[str, Translation]) -> dict[str, Translation]:
    return {tag: replace(each, title=each.title.strip()) for tag, each in translations.items()}


def _refuse_faults(kind: PageKind, edition: Edition) -> None:
    if problems := list(_faults(kind, edition)):
        raise InvalidPageError(problems)


def _faults(kind: PageKind, edition: Edition) -> Iterator[Problem]:
    if not 1 <= len(edition.translations) <= LANGUAGES_MAX:
        yield Problem("/translations", f"A page has from 1 to {LANGUAGES_MAX} languages.")
    elif edition.default_language not in edition.translations:
        yield Problem("/defaultLanguage", "The page says nothing in its default language.")
    if edition.number > EDITIONS_MAX:
        yield Problem("", f"A page has at most {EDITIONS_MAX} editions.")
    for tag, translation in edition.translations.items():
        at = f"/translations/{tag}"
        yield from line_faults(f"{at}/title", translation.title)
        if type(translation.body) is BODIES[kind]:
            yield from body_faults(translation.body, f"{at}/body")
        else:
            yield Problem(f"{at}/body", f"This is no body of a page of the kind {kind}.")
