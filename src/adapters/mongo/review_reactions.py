"""What people said of reviews, on MongoDB: one document a person, review and kind."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, override
from uuid import uuid4

from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from adapters.mongo.client import Database, driver_errors_translated
from adapters.mongo.rating_documents import ReactionDocument
from core.shared.ids import AccountId, ReviewId, TenantId
from core.shared.time import to_the_millisecond
from ports.reviews import Reaction, ReactionKind, ReactionStore, ReactionTally, ReportMark, ReportPage, ReviewInTenant

REACTIONS = "reviewReactions"
_SEEN_MAX = 1_000


class MongoReactions(ReactionStore):
    """The reactions in a database whose documents are bound.

    A change and its mark are one update, and the mark goes only by its own name: so nothing is lost when somebody
    changes a reaction while another counts.
    """

    def __init__(self, database: Database) -> None:
        self._reactions = database.get_collection(REACTIONS)

    @override
    async def add(self, tenant_id: TenantId, reaction: Reaction) -> bool:
        at = to_the_millisecond(reaction.at)
        said = {
            "reason": reaction.reason,
            "reportRound": reaction.report_round,
            "at": at,
            "live": True,
            "due": at,
            "mark": uuid4(),
        }
        absent = _named(tenant_id, reaction.review_id, reaction.account_id, reaction.kind) | {"live": {"$ne": True}}
        async with driver_errors_translated():
            try:
                # One that is there does not match, so the upsert tries to insert it again: the index refuses that.
                await self._reactions.update_one(absent, {"$set": said, "$setOnInsert": {"_id": uuid4()}}, upsert=True)
            except DuplicateKeyError:
                return False
        return True

    @override
    async def take_back(
        self, tenant_id: TenantId, review_id: ReviewId, account_id: AccountId, kind: ReactionKind, *, at: datetime
    ) -> bool:
        there = _named(tenant_id, review_id, account_id, kind) | {"live": True}
        gone = {"live": False, "due": to_the_millisecond(at), "mark": uuid4()}
        async with driver_errors_translated():
            done = await self._reactions.update_one(there, {"$set": gone})
        return done.matched_count == 1

    @override
    async def made_by(self, account_id: AccountId, kind: ReactionKind) -> Sequence[ReviewInTenant]:
        made = {"accountId": account_id, "kind": kind.value}
        async with driver_errors_translated():
            found = await self._reactions.find(made, {"tenantId": True, "reviewId": True}).to_list()
        return sorted(ReviewInTenant(TenantId(each["tenantId"]), ReviewId(each["reviewId"])) for each in found)

    @override
    async def without_person(
        self,
        tenant_id: TenantId,
        review_id: ReviewId,
        account_id: AccountId,
        kind: ReactionKind,
        *,
        stand_in: AccountId,
    ) -> bool:
        there = _named(tenant_id, review_id, account_id, kind)
        async with driver_errors_translated():
            done = await self._reactions.update_one(there, {"$set": {"accountId": stand_in, "reason": None}})
        return done.matched_count == 1

    @override
    async def forget_review(self, tenant_id: TenantId, review_id: ReviewId) -> None:
        async with driver_errors_translated():
            await self._reactions.delete_many({"tenantId": tenant_id, "reviewId": review_id})

    @override
    async def tally(self, tenant_id: TenantId, review_id: ReviewId, *, report_round: int) -> ReactionTally:
        of_review = {"tenantId": tenant_id, "reviewId": review_id}
        helpful = of_review | {"kind": ReactionKind.HELPFUL.value, "live": True}
        reports = of_review | {"kind": ReactionKind.REPORT.value, "live": True, "reportRound": report_round}
        async with driver_errors_translated():
            # What is due is read first: whatever changes after that is due again.
            due = of_review | {"due": {"$exists": True}}
            seen = await self._reactions.find(due, {"mark": True}).limit(_SEEN_MAX).to_list()
            return ReactionTally(
                helpful=await self._reactions.count_documents(helpful),
                reports=await self._reactions.count_documents(reports),
                seen=tuple(each["mark"] for each in seen),
            )

    @override
    async def counted(self, tenant_id: TenantId, review_id: ReviewId, tally: ReactionTally) -> None:
        if not tally.seen:
            return
        seen = {"tenantId": tenant_id, "reviewId": review_id, "mark": {"$in": list(tally.seen)}}
        async with driver_errors_translated():
            await self._reactions.delete_many(seen | {"live": False})
            await self._reactions.update_many(seen | {"live": True}, {"$unset": {"due": "", "mark": ""}})

    @override
    async def reports_of(
        self, tenant_id: TenantId, review_id: ReviewId, *, reports_max: int, after: ReportMark | None = None
    ) -> ReportPage:
        wanted: dict[str, Any] = {
            "tenantId": tenant_id,
            "reviewId": review_id,
            "kind": ReactionKind.REPORT.value,
            "live": True,
        }
        if after is not None:
            at = to_the_millisecond(after.at)
            wanted["$or"] = [{"at": {"$lt": at}}, {"at": at, "accountId": {"$lt": after.account_id}}]
        newest = [("at", DESCENDING), ("accountId", DESCENDING)]
        async with driver_errors_translated():
            found = await self._reactions.find(wanted).sort(newest).limit(reports_max + 1).to_list()
        items = tuple(ReactionDocument.model_validate(each).reaction() for each in found[:reports_max])
        return ReportPage(items, ReportMark.of(items[-1]) if len(found) > reports_max else None)

    @override
    async def due(self, *, before: datetime, reviews_max: int) -> Sequence[ReviewInTenant]:
        async with driver_errors_translated():
            found = (
                await self._reactions.find({"due": {"$lt": before}}, {"tenantId": True, "reviewId": True})
                .sort("due", 1)
                .limit(reviews_max)
                .to_list()
            )
        return list(
            dict.fromkeys(ReviewInTenant(TenantId(each["tenantId"]), ReviewId(each["reviewId"])) for each in found)
        )


def _named(tenant_id: TenantId, review_id: ReviewId, account_id: AccountId, kind: ReactionKind) -> dict[str, Any]:
    return {"tenantId": tenant_id, "reviewId": review_id, "accountId": account_id, "kind": kind.value}
