"""Media of venues: uploads, downloads, and views from seats."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, override
from urllib.parse import quote
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Stream

from adapters.http.byte_ranges import UnsatisfiableRangeError, range_asked
from adapters.http.content import AcceptLanguage
from adapters.http.content_media_bodies import (
    KindOfMedia,
    MediaBody,
    media_shown,
    read_facts,
)
from adapters.http.documented import IdempotentOperation
from adapters.http.etags import is_known
from adapters.http.paging import PageBody, cursor_of, page_body, read_cursor
from adapters.http.problems import problem_response, problem_spec
from adapters.http.streamed import streaming
from adapters.http.uploads import UploadForm
from core.content.file_types import FORMS, FileForm
from core.content.media import Media, MediaKind, MediaLimits, Nearness
from core.shared.callers import STAFF, Caller
from core.shared.ids import MediaId, VenueId
from ports.paging import PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PageRequest
from usecases.content.delete_media import DeleteMedia
from usecases.content.list_media import ListMedia, ListViews
from usecases.content.read_media import ReadMedia
from usecases.content.upload_media import UploadMedia

_KEPT_S = 3_600
_DISTANCE_BYTES = 4
_CURSOR_BYTES = 1 + _DISTANCE_BYTES + 16

IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", description="ETags that are known.")]
RangeHeader = Annotated[str | None, HeaderParameter(name="Range", description="One range, such as `bytes=0-1023`.")]
IfRange = Annotated[str | None, HeaderParameter(name="If-Range", description="The ETag that the range is of.")]


@dataclass
class UploadOperation(IdempotentOperation):
    """Says in the document what the form looks like, which the handler reads by itself."""

    @override
    def __post_init__(self) -> None:
        """Put the form in."""
        super().__post_init__()
        said = "JSON: kind, alt by language, section, row, seat, focalPoint {x, y}."
        text = Schema(type=OpenAPIType.STRING, description=said)
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        form = Schema(
            type=OpenAPIType.OBJECT, properties={"metadata": text, "file": file}, required=["metadata", "file"]
        )
        self.request_body = RequestBody(content={"multipart/form-data": OpenAPIMediaType(schema=form)}, required=True)


@dataclass
class DownloadOperation(Operation):
    """Says in the document which files come, whole or in part."""

    def __post_init__(self) -> None:
        """Put them in."""
        schema = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        content = {media_type: OpenAPIMediaType(schema=schema) for media_type in FORMS}
        told = {"200": "The file.", "206": "The range of it that was asked for."}
        files = {status: OpenAPIResponse(description=text, content=content) for status, text in told.items()}
        self.responses = {**(self.responses or {}), **files}


class VenueMediaController(Controller):
    """Files of one venue."""

    path = "/venues/{venue_id:uuid}"
    tags = ("Content",)

    @post(
        "/media",
        summary="Upload a file",
        request_max_body_size=None,
        opt=streaming(),
        operation_class=UploadOperation,
        responses={
            413: problem_spec("The file has more bytes than are taken."),
            415: problem_spec("The bytes are of no type that is taken, or not of the declared one."),
        },
    )
    @inject
    async def upload(
        self,
        request: Request[Any, Any, Any],
        venue_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[UploadMedia],
        limits: FromDishka[MediaLimits],
        accept_language: AcceptLanguage = None,
    ) -> Response[MediaBody]:
        """Managers only: a form with the parts `metadata` (JSON) and `file`.

        JPEG, PNG, WebP, AVIF, GIF, MP4, WebM and PDF are taken, by what their bytes say. Images need a text that says
        what they show.
        """
        await usecase.must_be_possible(caller, VenueId(venue_id))
        async with UploadForm(request, bytes_max=limits.bytes_max) as (file, said):
            media = await usecase(caller, VenueId(venue_id), read_facts(said), file)
        body = media_shown(media, accept_language=accept_language)
        return Response(body, status_code=201, headers={"Location": f"/api/v1/media/{media.id}"})

    @get("/media", summary="List the files of a venue")
    @inject
    async def page(
        self,
        venue_id: FromPath[UUID],
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListMedia],
        kind: Annotated[KindOfMedia | None, QueryParameter(description="Files of this kind.")] = None,
        accept_language: AcceptLanguage = None,
    ) -> PageBody[MediaBody]:
        """Staff only, oldest first."""
        wanted = None if kind is None else MediaKind(kind)
        found = await usecase(caller, VenueId(venue_id), page, kind=wanted)
        return page_body(found, lambda each: media_shown(each, accept_language=accept_language))

    @get("/views", summary="See what is seen from a seat")
    @inject
    async def views(
        self,
        venue_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListViews],
        section: Annotated[str | None, QueryParameter(max_length=50, description="A section by its name.")] = None,
        row: Annotated[str | None, QueryParameter(max_length=50, description="A row by its label.")] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_DEFAULT,
        cursor: Annotated[str | None, QueryParameter(max_length=64)] = None,
        accept_language: AcceptLanguage = None,
    ) -> PageBody[MediaBody]:
        """Everybody in the organisation: from the section, nearest to the row first; without one, from anywhere.

        At most 1,000 views of the section, or of the venue where none is named: those that were made first.
        """
        after = None if cursor is None else read_cursor(cursor, _nearness_of)
        found = await usecase(caller, VenueId(venue_id), section=section, row=row, views_max=limit, after=after)
        items = tuple(media_shown(each, accept_language=accept_language) for each in found.items)
        return PageBody(items=items, next_cursor=_cursor_of(found.next_after))


class MediaController(Controller):
    """Files by their ids."""

    path = "/media"
    tags = ("Content",)

    @get("/{media_id:uuid}", summary="Read what is known of a file")
    @inject
    async def one(
        self,
        media_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadMedia],
        accept_language: AcceptLanguage = None,
    ) -> MediaBody:
        """Everybody in the organisation, for views and for what a published page shows; staff for every file."""
        return media_shown(await usecase(caller, MediaId(media_id)), accept_language=accept_language)

    @get(
        "/{media_id:uuid}/file",
        summary="Download a file",
        operation_class=DownloadOperation,
        responses={416: problem_spec("The range begins behind the end of the file.")},
    )
    @inject
    async def file(
        self,
        request: Request[Any, Any, Any],
        media_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadMedia],
        if_none_match: IfNoneMatch = None,
        asked: RangeHeader = None,
        if_range: IfRange = None,
    ) -> Response[Any]:
        """The bytes, or a range of them, to whoever may read what is known of the file."""
        media = await usecase(caller, MediaId(media_id))
        headers = _file_headers(media, staff=caller.role in STAFF)
        length = media.file.length_bytes
        if is_known(headers["ETag"], if_none_match):
            return Response(None, status_code=304, headers=headers)
        try:
            part = range_asked(asked, if_range, tag=headers["ETag"], length_bytes=length)
        except UnsatisfiableRangeError:
            return problem_response(
                request,
                status=416,
                code="request.range_not_satisfiable",
                detail=f"The file has {length} bytes.",
                headers={"Content-Range": f"bytes */{length}"},
            )
        start, end = part or (0, length)
        chunks = usecase.bytes_of(media, start=start, end=end)
        first = await anext(chunks, b"")  # what is not there is told before the answer begins
        headers["Content-Length"] = str(end - start)
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{length}"
        return Stream(
            _again(first, chunks),
            status_code=200 if part is None else 206,
            media_type=media.file.content_type,
            headers=headers,
        )

    @delete("/{media_id:uuid}", summary="Delete a file")
    @inject
    async def remove(
        self, media_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[DeleteMedia]
    ) -> None:
        """Managers only; refused with the names of the published pages that show it."""
        await usecase(caller, MediaId(media_id))


def _file_headers(media: Media, *, staff: bool) -> dict[str, str]:
    """Return what a browser must know; the bytes of a file never change, who may see them does."""
    how = "attachment" if media.form is FileForm.DOCUMENT else "inline"
    plain = media.file.name.encode("ascii", "replace").decode().replace("?", "_")
    return {
        "ETag": f'"{media.file.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache" if staff else f"private, max-age={_KEPT_S}",
        "Vary": "Authorization, X-Tenant-ID",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(media.file.name, safe='')}",
    }


async def _again(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


def _cursor_of(mark: Nearness | None) -> str | None:
    if mark is None:
        return None
    return cursor_of(bytes([mark.unknown]) + mark.distance.to_bytes(_DISTANCE_BYTES) + mark.media_id.bytes)


def _nearness_of(packed: bytes) -> Nearness:
    if len(packed) != _CURSOR_BYTES:
        raise ValueError("a cursor of another list")
    distance, media_id = packed[1 : 1 + _DISTANCE_BYTES], packed[1 + _DISTANCE_BYTES :]
    return Nearness(unknown=bool(packed[0]), distance=int.from_bytes(distance), media_id=MediaId(UUID(bytes=media_id)))
