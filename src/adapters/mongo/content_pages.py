"""Pages of venues on MongoDB through Beanie: one document a page, where every filter names the tenant.

A page's document holds its draft and its latest published edition, so that each change is one conditional update of one
document. An edition that another one follows is copied to a collection of its own first: it may be there twice, but it
is never missing.
"""

from collections.abc import Sequence
from typing import Any, override

from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from adapters.mongo.client import driver_errors_translated
from adapters.mongo.content_page_documents import EditionDocument, EditionFields, PageDocument
from core.content.page import Edition, Page, PageStatus
from core.shared.errors import StaleVersionError
from core.shared.ids import MediaId, PageId, TenantId, VenueId
from ports.content import PageFilter, PageStore
from ports.paging import Page as Slice
from ports.paging import PageRequest


class MongoPageStore(PageStore):
    """The pages in the database that `prepare_content` was given."""

    @override
    async def add(self, tenant_id: TenantId, page: Page) -> None:
        async with driver_errors_translated():
            await PageDocument.of(tenant_id, page).insert()

    @override
    async def get(self, tenant_id: TenantId, page_id: PageId) -> Page | None:
        found = await self._found(tenant_id, page_id)
        return found.page() if found is not None else None

    @override
    async def page(
        self, tenant_id: TenantId, venue_id: VenueId, wanted: PageFilter, request: PageRequest
    ) -> Slice[Page]:
        query = {"tenantId": tenant_id, "venueId": venue_id, **_query(wanted)}
        if request.after is not None:
            query["_id"] = {"$gt": request.after}
        async with driver_errors_translated():
            one_more = await PageDocument.find(query).sort("+_id").limit(request.limit + 1).to_list()
        items = tuple(found.page() for found in one_more[: request.limit])
        return Slice(items, next_after=items[-1].id if len(one_more) > request.limit else None)

    @override
    async def save(self, tenant_id: TenantId, page: Page, *, expected_version: int) -> None:
        before = await self._found(tenant_id, page.id)
        if before is None or before.version != expected_version:
            raise StaleVersionError("The page was changed meanwhile; read it again.")
        if before.published is not None and before.published.number != _number(page):
            await self._keep(tenant_id, before, before.published)
        stored = {"tenantId": tenant_id, "_id": page.id, "version": expected_version}
        facts = PageDocument.of(tenant_id, page).model_dump(by_alias=True, exclude={"id"})
        async with driver_errors_translated():
            done = await _pages().update_one(stored, {"$set": facts})
        if not done.matched_count:
            raise StaleVersionError("The page was changed meanwhile; read it again.")

    @override
    async def remove(self, tenant_id: TenantId, page_id: PageId, *, expected_version: int) -> None:
        async with driver_errors_translated():
            done = await _pages().delete_one({"tenantId": tenant_id, "_id": page_id, "version": expected_version})
        if not done.deleted_count:
            raise StaleVersionError("The page was changed meanwhile; read it again.")

    @override
    async def editions(
        self, tenant_id: TenantId, page_id: PageId, *, before: int | None, editions_max: int
    ) -> Sequence[Edition]:
        page = await self._found(tenant_id, page_id)
        if page is None or page.published is None:
            return []
        query: dict[str, Any] = {"tenantId": tenant_id, "pageId": page_id, "number": {"$lt": page.published.number}}
        if before is not None and before <= page.published.number:
            query["number"] = {"$lt": before}
            newest = []
        else:
            newest = [page.published]
        async with driver_errors_translated():
            past = await EditionDocument.find(query).sort("-number").limit(editions_max).to_list()
        found = [*newest, *(each.edition for each in past)]
        return [each.edition(page.kind) for each in found[:editions_max]]

    @override
    async def using(self, tenant_id: TenantId, media_id: MediaId, *, pages_max: int) -> Sequence[PageId]:
        query = {"tenantId": tenant_id, "published.mediaIds": media_id, "status": PageStatus.PUBLISHED}
        async with driver_errors_translated():
            found = await _pages().find(query, {"_id": True}).sort("_id", ASCENDING).limit(pages_max).to_list()
        return [PageId(each["_id"]) for each in found]

    async def _found(self, tenant_id: TenantId, page_id: PageId) -> PageDocument | None:
        async with driver_errors_translated():
            return await PageDocument.find_one({"tenantId": tenant_id, "_id": page_id})

    async def _keep(self, tenant_id: TenantId, page: PageDocument, edition: EditionFields) -> None:
        copy = EditionDocument(
            id=f"{page.id}.{edition.number}",
            tenant_id=tenant_id,
            page_id=page.id,
            kind=page.kind,
            number=edition.number,
            edition=edition,
        )
        async with driver_errors_translated():
            try:
                await copy.insert()
            except DuplicateKeyError:
                return  # whoever was here before us did not come to the end


def _number(page: Page) -> int | None:
    return None if page.published is None else page.published.number


def _query(wanted: PageFilter) -> dict[str, Any]:
    query: dict[str, Any] = {}
    if wanted.kind is not None:
        query["kind"] = wanted.kind
    if wanted.status is not None:
        query["status"] = wanted.status
    if wanted.published_only:
        # Both may be asked for, and then nothing but a published page is an answer.
        query["$and"] = [{"status": PageStatus.PUBLISHED}, _in_edition("published", wanted)]
    else:
        query["$or"] = [_in_edition("draft", wanted), _in_edition("published", wanted)]
    return query


def _in_edition(member: str, wanted: PageFilter) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{member: {"$ne": None}}]
    if wanted.language is not None:
        parts.append({f"{member}.languages": wanted.language})
    # The words have letters, digits and underscores alone, so they are patterns as they stand.
    parts += [{f"{member}.words": {"$regex": f"^{word}"}} for word in wanted.words]
    return {"$and": parts}


def _pages() -> AsyncCollection[dict[str, Any]]:
    # Beanie leaves the type of what a collection has open.
    return PageDocument.get_pymongo_collection()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # above
