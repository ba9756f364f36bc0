"""Reviews on MongoDB: every filter names the tenant, and each change is one conditional update.

Beanie declares the documents and their indexes, and checks what is read. Its own `find` is left alone: it asks the
database that was bound last, whichever store asks, and always projects, which the embedded server answers without any
members where words are asked for.
"""

from collections.abc import Mapping, Sequence
from typing import Any, override
from uuid import uuid4

from beanie import Document
from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from adapters.mongo.client import Database, driver_errors_translated
from adapters.mongo.rating_documents import ReactionDocument, VenueRatingsDocument
from adapters.mongo.review_documents import ReviewDocument
from core.reviews.looking import ReviewFilter, ReviewMark, ReviewOrder, mark_of
from core.reviews.ratings import changes_ratings
from core.reviews.review import Review
from core.shared.ids import AccountId, ReviewId, TenantId, TicketId
from ports.reviews import ReviewInTenant, ReviewPage, ReviewPageRequest, ReviewStore

REVIEW_DOCUMENTS: Sequence[type[Document]] = (ReviewDocument, ReactionDocument, VenueRatingsDocument)
"""What the context keeps in content_db, with the indexes of each."""

REVIEWS = "reviews"
RATINGS_DUE = "ratingsDue"

_ORDERED_BY: Mapping[ReviewOrder, str] = {ReviewOrder.HELPFUL: "helpful", ReviewOrder.RATING: "overall"}


class MongoReviewStore(ReviewStore):
    """The reviews in a database whose documents are bound."""

    def __init__(self, database: Database) -> None:
        self._reviews = database.get_collection(REVIEWS)

    @override
    async def add(self, tenant_id: TenantId, review: Review) -> bool:
        async with driver_errors_translated():
            try:
                await self._reviews.insert_one(
                    ReviewDocument.of(tenant_id, review).model_dump(by_alias=True) | _due(None, review)
                )
            except DuplicateKeyError:
                return False
        return True

    @override
    async def get(self, tenant_id: TenantId, review_id: ReviewId) -> Review | None:
        return await self._one({"tenantId": tenant_id, "_id": review_id})

    @override
    async def of_person(self, tenant_id: TenantId, account_id: AccountId, ticket_id: TicketId) -> Review | None:
        return await self._one({"tenantId": tenant_id, "accountId": account_id, "ticketId": ticket_id})

    @override
    async def save(self, tenant_id: TenantId, before: Review, after: Review) -> bool:
        stored = {"tenantId": tenant_id, "_id": before.id, "revision": before.revision}
        facts = ReviewDocument.of(tenant_id, after).model_dump(by_alias=True, exclude={"id"})
        async with driver_errors_translated():
            done = await self._reviews.update_one(stored, {"$set": facts | _due(before, after)})
        return done.matched_count == 1

    @override
    async def written_by(self, account_id: AccountId) -> Sequence[ReviewInTenant]:
        async with driver_errors_translated():
            found = await self._reviews.find({"accountId": account_id}, {"tenantId": True}).to_list()
        return sorted(ReviewInTenant(TenantId(each["tenantId"]), ReviewId(each["_id"])) for each in found)

    @override
    async def page(self, tenant_id: TenantId, wanted: ReviewFilter, request: ReviewPageRequest) -> ReviewPage:
        key = _ORDERED_BY.get(request.order)
        order = [(key, DESCENDING), ("_id", DESCENDING)] if key else [("_id", DESCENDING)]
        asked = _asked(tenant_id, wanted) | _after(request.after, key)
        async with driver_errors_translated():
            found = await self._reviews.find(asked).sort(order).limit(request.limit + 1).to_list()
        items = tuple(ReviewDocument.model_validate(each).review() for each in found[: request.limit])
        return ReviewPage(items, mark_of(items[-1], request.order) if len(found) > request.limit else None)

    async def _one(self, wanted: dict[str, Any]) -> Review | None:
        async with driver_errors_translated():
            found = await self._reviews.find_one(wanted)
        return ReviewDocument.model_validate(found).review() if found is not None else None


def _due(before: Review | None, after: Review) -> dict[str, Any]:
    return {RATINGS_DUE: uuid4()} if changes_ratings(before, after) else {}


def _asked(tenant_id: TenantId, wanted: ReviewFilter) -> dict[str, Any]:
    statuses = sorted(status.value for status in wanted.statuses)
    members = {
        "section": wanted.section,
        "overall": wanted.overall,
        "language": wanted.language,
        "accountId": wanted.account_id,
        # In quotes each word must occur, and none means "without" or a phrase.
        "$text": {"$search": " ".join(f'"{word}"' for word in wanted.words)} if wanted.words else None,
    }
    asked: dict[str, Any] = {
        "tenantId": tenant_id,
        "venueId": wanted.venue_id,
        "status": statuses[0] if len(statuses) == 1 else {"$in": statuses},
    }
    return asked | {name: value for name, value in members.items() if value is not None}


def _after(mark: ReviewMark | None, key: str | None) -> dict[str, Any]:
    if mark is None:
        return {}
    later: dict[str, Any] = {"_id": {"$lt": mark.review_id}}
    if key is None:
        return later
    return {"$or": [{key: {"$lt": mark.key or 0}}, {key: mark.key or 0} | later]}
