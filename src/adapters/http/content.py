"""Pages of venues: floor plans, photos, directions, questions and answers."""

from typing import Annotated, Literal
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from adapters.http.content_bodies import Kind
from adapters.http.content_page_bodies import (
    CreatePageBody,
    EditionBody,
    PageOfVenueBody,
    UpdatePageBody,
    edition_shown,
    page_shown,
)
from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.paging import PageBody, page_body
from core.content.kinds import PageKind
from core.content.page import Page, PageStatus
from core.content.texts import words_asked
from core.shared.callers import MANAGERS, STAFF, Caller
from core.shared.ids import PageId, VenueId
from core.shared.languages import language_tag
from ports.content import PageFilter
from ports.paging import PageRequest
from usecases.content.archive_page import ArchivePage
from usecases.content.create_page import CreatePage
from usecases.content.delete_page import DeletePage
from usecases.content.list_editions import ListEditions
from usecases.content.list_pages import ListPages
from usecases.content.publish_page import PublishPage
from usecases.content.read_page import ReadPage
from usecases.content.update_page import UpdatePage

AcceptLanguage = Annotated[
    str | None,
    HeaderParameter(name="Accept-Language", description="The languages that the reader likes, best first (RFC 9110)."),
]
_EDITIONS_MAX = 50
_EDITION_CURSOR = "^[1-9][0-9]{0,8}$"
"""The number of the last edition that was read."""


class VenuePageController(Controller):
    """Pages of one venue."""

    path = "/venues/{venue_id:uuid}/content"
    tags = ("Content",)

    @post(summary="Create a page")
    @inject
    async def create(
        self,
        venue_id: FromPath[UUID],
        data: JSONBody[CreatePageBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[CreatePage],
        accept_language: AcceptLanguage = None,
    ) -> Response[PageOfVenueBody]:
        """Managers only. The page is a draft, for the staff's eyes, until it is published."""
        caller.must_be_one_of(MANAGERS)
        page = await usecase(caller, VenueId(venue_id), data.page())
        location = {"Location": f"/api/v1/content/{page.id}"}
        return _response(page, caller, accept_language, status_code=201, headers=location)

    @get(summary="List the pages of a venue")
    @inject
    async def page(
        self,
        venue_id: FromPath[UUID],
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListPages],
        kind: Annotated[Kind | None, QueryParameter(description="Pages of this kind.")] = None,
        status: Annotated[Literal["draft", "published", "archived"] | None, QueryParameter()] = None,
        language: Annotated[
            str | None, QueryParameter(max_length=35, description="Pages in this language: `de` finds `de-AT` too.")
        ] = None,
        q: Annotated[
            str | None, QueryParameter(max_length=200, description="Words that the page has, each by its beginning.")
        ] = None,
        accept_language: AcceptLanguage = None,
    ) -> PageBody[PageOfVenueBody]:
        """Everybody in the organisation; fans find what is published, staff all; oldest first."""
        wanted = PageFilter(
            kind=None if kind is None else PageKind(kind),
            status=None if status is None else PageStatus(status),
            language=None if language is None else language_tag(language, pointer="/language").lower(),
            words=words_asked(q or ""),
        )
        found = await usecase(caller, VenueId(venue_id), wanted, page)
        return page_body(found, lambda each: _shown(each, caller, accept_language))


class PageController(Controller):
    """Pages by their ids."""

    path = "/content"
    tags = ("Content",)

    @get("/{page_id:uuid}", summary="Read a page")
    @inject
    async def one(
        self,
        page_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadPage],
        accept_language: AcceptLanguage = None,
    ) -> Response[PageOfVenueBody]:
        """Everybody in the organisation, in the language that serves the reader best; a draft is not there for fans."""
        return _response(await usecase(caller, PageId(page_id)), caller, accept_language)

    @patch("/{page_id:uuid}", summary="Change the draft of a page")
    @inject
    async def update(
        self,
        page_id: FromPath[UUID],
        data: JSONBody[UpdatePageBody],
        caller: NamedDependency[Caller],
        read: FromDishka[ReadPage],
        usecase: FromDishka[UpdatePage],
        if_match: IfMatch = None,
        accept_language: AcceptLanguage = None,
    ) -> Response[PageOfVenueBody]:
        """Managers only, with the ETag they read in If-Match. What is published stays until the next publication."""
        caller.must_be_one_of(MANAGERS)
        version = expected_version(if_match)
        change = data.change((await read(caller, PageId(page_id))).kind)
        return _response(
            await usecase(caller, PageId(page_id), change, expected_version=version), caller, accept_language
        )

    @delete("/{page_id:uuid}", summary="Delete a draft")
    @inject
    async def remove(
        self,
        page_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[DeletePage],
        if_match: IfMatch = None,
    ) -> None:
        """Managers only, with If-Match. What was published once is kept, and archived instead."""
        await usecase(caller, PageId(page_id), expected_version=expected_version(if_match))

    @post("/{page_id:uuid}/publish", status_code=200, summary="Publish a page")
    @inject
    async def publish(
        self,
        page_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[PublishPage],
        if_match: IfMatch = None,
        accept_language: AcceptLanguage = None,
    ) -> Response[PageOfVenueBody]:
        """Managers only. The draft becomes the next edition; with If-Match only as it was read."""
        expected = None if if_match is None else expected_version(if_match)
        return _response(await usecase(caller, PageId(page_id), expected_version=expected), caller, accept_language)

    @post("/{page_id:uuid}/archive", status_code=200, summary="Archive a page")
    @inject
    async def archive(
        self,
        page_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ArchivePage],
        if_match: IfMatch = None,
        accept_language: AcceptLanguage = None,
    ) -> Response[PageOfVenueBody]:
        """Managers only. Staff still find the page, and may publish it again."""
        expected = None if if_match is None else expected_version(if_match)
        return _response(await usecase(caller, PageId(page_id), expected_version=expected), caller, accept_language)

    @get("/{page_id:uuid}/editions", summary="List what a page published")
    @inject
    async def editions(
        self,
        page_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        read: FromDishka[ReadPage],
        usecase: FromDishka[ListEditions],
        limit: Annotated[int, QueryParameter(ge=1, le=_EDITIONS_MAX)] = _EDITIONS_MAX,
        cursor: Annotated[str | None, QueryParameter(pattern=_EDITION_CURSOR)] = None,
    ) -> PageBody[EditionBody]:
        """Staff only, the newest first; each stays as it was published."""
        caller.must_be_one_of(STAFF)
        kind = (await read(caller, PageId(page_id))).kind
        before = None if cursor is None else int(cursor)
        found = await usecase(caller, PageId(page_id), before=before, editions_max=limit + 1)
        items = tuple(edition_shown(kind, each) for each in found[:limit])
        return PageBody(items=items, next_cursor=str(items[-1].number) if len(found) > limit else None)


def _shown(page: Page, caller: Caller, accept_language: str | None) -> PageOfVenueBody:
    return page_shown(page, staff=caller.role in STAFF, accept_language=accept_language)


def _response(
    page: Page,
    caller: Caller,
    accept_language: str | None,
    *,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[PageOfVenueBody]:
    body = _shown(page, caller, accept_language)
    about = {"ETag": etag(page.version), "Content-Language": body.language, "Vary": "Accept-Language, Authorization"}
    return Response(body, status_code=status_code, headers=about | (headers or {}))
