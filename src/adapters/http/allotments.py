"""Allotments of a plan, its accessible seats, and the audit of a seat, for the box office."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.moments import moment_or_none
from adapters.http.seating_bodies import PlanBody
from adapters.http.seating_views import plan_body
from core.seating.allotments import (
    ACCOUNTS_MAX,
    ALLOTMENTS_MAX,
    CODE_LENGTH_MAX,
    CODE_LENGTH_MIN,
    CODES_MAX,
    NAME_LENGTH_MAX,
    SEATS_PER_ALLOTMENT_MAX,
    Allotment,
)
from core.shared.callers import Caller
from core.shared.ids import AccountId, AllotmentId, PlanId, SeatId, SectionId
from usecases.seating.allot_seats import (
    AllotmentChange,
    AllotmentFacts,
    AllotSeats,
    ChangeAllotment,
    ListAllotments,
    ReadSeatAudit,
    ReleaseAllotment,
)
from usecases.seating.release_accessible import ReleaseAccessible

PresaleCode = Annotated[str, Meta(min_length=CODE_LENGTH_MIN, max_length=CODE_LENGTH_MAX)]
Codes = Annotated[tuple[PresaleCode, ...], Meta(max_length=CODES_MAX)]
Accounts = Annotated[tuple[UUID, ...], Meta(max_length=ACCOUNTS_MAX)]
Seats = Annotated[tuple[UUID, ...], Meta(max_length=SEATS_PER_ALLOTMENT_MAX)]


class CreateAllotmentBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Seats to be kept for a channel: by id, by section, by category, or any of these together.

    The accounts of `accountIds`, whoever shows one of the `codes`, and staff who sell may hold them.
    """

    name: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
    seat_ids: Seats = ()
    section_ids: Annotated[tuple[UUID, ...], Meta(max_length=500)] = ()
    categories: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=100)] = ()
    codes: Codes = ()
    account_ids: Accounts = ()
    releases_at: datetime | None = None


class ChangeAllotmentBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to be different about an allotment; lists take the place of those before. A null time is no time."""

    seat_ids: Seats | UnsetType = UNSET
    codes: Codes | UnsetType = UNSET
    account_ids: Accounts | UnsetType = UNSET
    releases_at: datetime | UnsetType | None = UNSET

    def change(self) -> AllotmentChange:
        seats, accounts, release = self.seat_ids, self.account_ids, self.releases_at
        return AllotmentChange(
            seat_ids=None if isinstance(seats, UnsetType) else tuple(SeatId(id) for id in seats),
            codes=None if isinstance(self.codes, UnsetType) else self.codes,
            account_ids=None if isinstance(accounts, UnsetType) else tuple(AccountId(id) for id in accounts),
            releases_at=None if isinstance(release, UnsetType) else moment_or_none(release, "/releasesAt"),
            keeps_until_deleted=release is None,
        )


class AccessibleReleaseBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """From when on accessible and companions' seats are anybody's; null for never."""

    releases_at: Annotated[datetime, Meta(tz=True)] | None


class AllotmentBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An allotment. Its codes are kept as digests, so only their number can be told."""

    id: UUID
    name: str
    seat_ids: tuple[UUID, ...]
    codes_count: int
    account_ids: tuple[UUID, ...]
    releases_at: datetime | None


class AllotmentsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All allotments of a plan."""

    items: Annotated[tuple[AllotmentBody, ...], Meta(max_length=ALLOTMENTS_MAX)]


class AuditLineBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One act on a seat: `blocked`, `unblocked`, `allotted`, `released`, `held_for` a customer, or `returned`.

    `release_set` says that an accessible seat, or one of a companion, is anybody's from `until` on, null for never.
    """

    what: str
    by: UUID
    at: datetime
    reason: str | None
    until: datetime | None


class AuditBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The acts of staff on a seat, the oldest first."""

    items: tuple[AuditLineBody, ...]


class AllotmentController(Controller):
    """Seats that are kept for a channel."""

    path = "/seating-plans/{plan_id:uuid}"
    tags = ("Seating",)

    @post("/allotments", summary="Keep seats for a channel")
    @inject
    async def create(
        self,
        plan_id: FromPath[UUID],
        data: JSONBody[CreateAllotmentBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[AllotSeats],
    ) -> Response[AllotmentBody]:
        """Staff who sell. Seats that are held or sold stay so, and are kept once they come back."""
        facts = AllotmentFacts(
            name=data.name,
            seat_ids=tuple(SeatId(id) for id in data.seat_ids),
            section_ids=tuple(SectionId(id) for id in data.section_ids),
            categories=data.categories,
            codes=data.codes,
            account_ids=tuple(AccountId(id) for id in data.account_ids),
            releases_at=moment_or_none(data.releases_at, "/releasesAt"),
        )
        new = await usecase(PlanId(plan_id), facts, caller=caller)
        location = f"/api/v1/seating-plans/{plan_id}/allotments/{new.id}"
        return Response(_body(new), status_code=201, headers={"Location": location})

    @get("/allotments", summary="List what is kept for channels")
    @inject
    async def all(
        self, plan_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ListAllotments]
    ) -> AllotmentsBody:
        """Staff who sell: all of them at once, since a plan has at most 100."""
        return AllotmentsBody(items=tuple(_body(each) for each in await usecase(PlanId(plan_id), caller=caller)))

    @patch("/allotments/{allotment_id:uuid}", summary="Change what is kept for a channel")
    @inject
    async def change(
        self,
        plan_id: FromPath[UUID],
        allotment_id: FromPath[UUID],
        data: JSONBody[ChangeAllotmentBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ChangeAllotment],
    ) -> AllotmentBody:
        """Staff who sell."""
        return _body(await usecase(PlanId(plan_id), AllotmentId(allotment_id), data.change(), caller=caller))

    @delete("/allotments/{allotment_id:uuid}", summary="Give kept seats back to everybody")
    @inject
    async def release(
        self,
        plan_id: FromPath[UUID],
        allotment_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReleaseAllotment],
    ) -> None:
        """Staff who sell."""
        await usecase(PlanId(plan_id), AllotmentId(allotment_id), caller=caller)

    @put("/accessible-release", summary="Say when accessible seats are anybody's")
    @inject
    async def release_accessible(
        self,
        plan_id: FromPath[UUID],
        data: JSONBody[AccessibleReleaseBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReleaseAccessible],
        if_match: IfMatch = None,
    ) -> Response[PlanBody]:
        """Staff who sell; If-Match is heeded where it is sent. A time that has passed releases the seats at once.

        Until then they are for those who ask for accessible seats, and a companion's seat goes with its place.
        """
        version = expected_version(if_match) if if_match is not None else None
        at = moment_or_none(data.releases_at, "/releasesAt")
        plan = await usecase(PlanId(plan_id), at, expected_version=version, caller=caller)
        return Response(plan_body(plan), headers={"ETag": etag(plan.version)})

    @get("/seats/{seat_id:uuid}/audit", summary="Read what staff did to a seat")
    @inject
    async def audit(
        self,
        plan_id: FromPath[UUID],
        seat_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadSeatAudit],
    ) -> AuditBody:
        """Staff who sell; the oldest act first."""
        lines = await usecase(PlanId(plan_id), SeatId(seat_id), caller=caller)
        return AuditBody(
            items=tuple(
                AuditLineBody(what=line.what.value, by=line.by, at=line.at, reason=line.reason, until=line.until)
                for line in lines
            )
        )


def _body(allotment: Allotment) -> AllotmentBody:
    return AllotmentBody(
        id=allotment.id,
        name=allotment.name,
        seat_ids=allotment.seat_ids,
        codes_count=len(allotment.codes),
        account_ids=tuple(sorted(allotment.account_ids)),
        releases_at=allotment.releases_at,
    )
