"""The ratings of venues on MongoDB: grouped by a pipeline, and kept as one document a venue.

A review whose change the ratings do not tell of yet has a mark, written with the change. Whoever counts reads the
generation of the kept ratings first, then the marks, then the reviews; keeps what it counted only over that generation;
and takes away the marks that it read. So numbers never go back, and a count that is cut off is simply made again.

A count reads all that is published of a venue, so background work claims it first (`restsUntil`, in the same document).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, override
from uuid import uuid4

import pymongo
from pymongo.errors import DuplicateKeyError

from adapters.mongo.client import Database, Document, driver_errors_translated
from adapters.mongo.rating_documents import SectionRatingsFields, VenueRatingsDocument
from adapters.mongo.reviews import RATINGS_DUE, REVIEWS
from core.reviews.opinion import MARKS, RatingCategory
from core.reviews.ratings import COUNT_MAX, MarkTally, Tally, VenueRatings, rests_until
from core.reviews.review import ReviewStatus
from core.shared.ids import TenantId, VenueId
from core.shared.time import to_the_millisecond, utc
from ports.reviews import RatingsStore, VenueInTenant

RATINGS = "ratings"
_MARKS_AT_ONCE_MAX = 2_000
_IS_DUE = {RATINGS_DUE: {"$exists": True}}
_BY_VENUE = {"$group": {"_id": {"tenantId": "$tenantId", "venueId": "$venueId"}}}


class MongoRatings(RatingsStore):
    """The ratings in a database whose documents are bound; a count may take `count_max`."""

    count_max: ClassVar[timedelta] = COUNT_MAX

    def __init__(self, database: Database) -> None:
        self._reviews = database.get_collection(REVIEWS)
        self._ratings = database.get_collection(RATINGS)

    @override
    async def get(self, tenant_id: TenantId, venue_id: VenueId) -> VenueRatings | None:
        async with driver_errors_translated():
            found = await self._ratings.find_one({"tenantId": tenant_id, "venueId": venue_id, "generation": {"$gt": 0}})
        return VenueRatingsDocument.model_validate(found).ratings() if found is not None else None

    @override
    async def count(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> VenueRatings:
        published = {"tenantId": tenant_id, "venueId": venue_id, "status": ReviewStatus.PUBLISHED.value}
        async with driver_errors_translated():
            # In place of the client's own limit, and told to the server, so that it does not go on for nobody.
            with pymongo.timeout(self.count_max.total_seconds()):
                cursor = await self._reviews.aggregate([{"$match": published}, {"$group": _GROUP}])
                groups = await cursor.to_list()
        sections = {each["_id"]: _tally_of(each) for each in groups}
        return VenueRatings(venue_id=venue_id, sections=sections, counted_at=to_the_millisecond(now))

    @override
    async def refresh(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> bool:
        venue = {"tenantId": tenant_id, "venueId": venue_id}
        async with driver_errors_translated():
            kept = await self._ratings.find_one(venue, {"generation": True})
            due = await self._reviews.find(venue | _IS_DUE, {RATINGS_DUE: True}).limit(_MARKS_AT_ONCE_MAX).to_list()
        counted = await self.count(tenant_id, venue_id, now=now)
        return await self._keep(
            venue,
            counted,
            generation=kept["generation"] if kept is not None else None,
            marks=[each[RATINGS_DUE] for each in due],
        )

    @override
    async def begin(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> bool:
        venue = {"tenantId": tenant_id, "venueId": venue_id}
        async with driver_errors_translated():
            kept = await self._ratings.find_one(venue, {"tookMs": True, "restsUntil": True})
            known = kept or {}
            rested = known.get("restsUntil")
            if rested is not None and utc(rested) > now:
                return False
            rests = {"restsUntil": rests_until(now, timedelta(milliseconds=known.get("tookMs", 0)))}
            if kept is not None:
                done = await self._ratings.update_one(venue | {"restsUntil": rested}, {"$set": rests})
                return done.matched_count == 1
            nothing: Document = {"_id": uuid4(), "generation": 0, "countedAt": now, "sections": []}
            try:
                await self._ratings.insert_one(nothing | venue | rests)
            except DuplicateKeyError:
                return False
            return True

    @override
    async def ended(self, tenant_id: TenantId, venue_id: VenueId, *, began: datetime, now: datetime) -> None:
        took = now - began
        facts = {"tookMs": took // timedelta(milliseconds=1), "restsUntil": rests_until(began, took)}
        async with driver_errors_translated():
            await self._ratings.update_one({"tenantId": tenant_id, "venueId": venue_id}, {"$set": facts})

    @override
    async def due(self, *, now: datetime, venues_max: int) -> Sequence[VenueInTenant]:
        resting = {"restsUntil": {"$gt": now}}
        async with driver_errors_translated():
            rest = await self._ratings.find(resting, {"tenantId": True, "venueId": True}).to_list()
            resting_now = {_venue_of(each) for each in rest}
            # However many of those rest, as many as were asked for are among so many.
            most = {"$limit": venues_max + len(resting_now)}
            cursor = await self._reviews.aggregate([{"$match": _IS_DUE}, _BY_VENUE, most])
            found = sorted(_venue_of(each["_id"]) for each in await cursor.to_list())
        return [each for each in found if each not in resting_now][:venues_max]

    @override
    async def venues(self, *, venue_id: VenueId | None) -> Sequence[VenueInTenant]:
        wanted: dict[str, Any] = {"$match": {} if venue_id is None else {"venueId": venue_id}}
        found: set[VenueInTenant] = set()
        async with driver_errors_translated():
            for collection in (self._reviews, self._ratings):
                cursor = await collection.aggregate([wanted, _BY_VENUE])
                found.update(_venue_of(each["_id"]) for each in await cursor.to_list())
        return sorted(found)

    async def _keep(
        self, venue: dict[str, Any], counted: VenueRatings, *, generation: int | None, marks: list[Any]
    ) -> bool:
        facts = {
            "generation": (generation or 0) + 1,
            "countedAt": counted.counted_at,
            "sections": [
                SectionRatingsFields.of(section, tally).model_dump(by_alias=True)
                for section, tally in counted.sections.items()
            ],
        }
        async with driver_errors_translated():
            if generation is None:
                try:
                    await self._ratings.insert_one({"_id": uuid4()} | venue | facts)
                except DuplicateKeyError:
                    return False
            else:
                done = await self._ratings.update_one(venue | {"generation": generation}, {"$set": facts})
                if not done.matched_count:
                    return False
            if marks:
                await self._reviews.update_many(venue | {RATINGS_DUE: {"$in": marks}}, {"$unset": {RATINGS_DUE: ""}})
        return True


def _times(mark: int) -> Document:
    return {"$sum": {"$cond": [{"$eq": ["$overall", mark]}, 1, 0]}}


def _has(category: RatingCategory) -> Document:
    # A missing member is less than any number.
    return {"$sum": {"$cond": [{"$gt": [f"$categories.{category}", 0]}, 1, 0]}}


_GROUP: Document = (
    {"_id": "$section", "count": {"$sum": 1}, "total": {"$sum": "$overall"}}
    | {f"times{mark}": _times(mark) for mark in MARKS}
    | {f"{category}Count": _has(category) for category in RatingCategory}
    | {f"{category}Total": {"$sum": f"$categories.{category}"} for category in RatingCategory}
)
"""One group a section: how many marks, their sum, how many of each, and both for each category."""


def _tally_of(group: Document) -> Tally:
    one, two, three, four, five = (int(group[f"times{mark}"]) for mark in MARKS)
    return Tally(
        MarkTally(int(group["count"]), int(group["total"])),
        (one, two, three, four, five),
        {
            category: MarkTally(int(group[f"{category}Count"]), int(group[f"{category}Total"]))
            for category in sorted(RatingCategory)
            if group[f"{category}Count"]
        },
    )


def _venue_of(named: Document) -> VenueInTenant:
    return VenueInTenant(TenantId(named["tenantId"]), VenueId(named["venueId"]))
