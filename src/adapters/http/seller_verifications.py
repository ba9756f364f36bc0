"""Sellers' verifications: brought by sellers, judged by staff."""

from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.moments import moment_or_none
from adapters.http.paging import PageBody, page_body
from adapters.http.seller_verification_bodies import BringBody, JudgeBody, evidence_of
from adapters.http.seller_verification_views import Status, VerificationBody, verification_body
from core.resale.trust.verifications import VerificationStatus
from core.shared.callers import Caller
from core.shared.ids import VenueId, VerificationId
from ports.clock import Clock
from ports.paging import PageRequest
from usecases.resale.verify_sellers import BringVerification, Judgement, JudgeVerification


class SellerVerificationController(Controller):
    """What is known of sellers."""

    path = "/seller-verifications"
    tags = ("Resale",)

    @post(summary="Bring evidence about oneself as a seller")
    @inject
    async def bring(
        self,
        data: JSONBody[BringBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[BringVerification],
        clock: FromDishka[Clock],
    ) -> Response[VerificationBody]:
        """Everybody with an account; for one venue, or without `venueId` for the whole organisation.

        Of the numbers of documents and of taxpayers only the last four characters are kept.
        """
        evidence, whole_number = evidence_of(data)
        venue_id = VenueId(data.venue_id) if data.venue_id is not None else None
        brought = await usecase(evidence, whole_number=whole_number, venue_id=venue_id, caller=caller)
        return Response(
            verification_body(brought, clock.now()), status_code=201, headers={"ETag": etag(brought.version)}
        )

    @get("/me", summary="List what one has brought")
    @inject
    async def own(
        self, caller: NamedDependency[Caller], usecase: FromDishka[BringVerification], clock: FromDishka[Clock]
    ) -> PageBody[VerificationBody]:
        """The caller's own, the newest first, on one page."""
        now = clock.now()
        found = await usecase.own(caller)
        return PageBody(items=tuple(verification_body(one, now) for one in found), next_cursor=None)

    @get(summary="List verifications")
    @inject
    async def page(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[JudgeVerification],
        clock: FromDishka[Clock],
        status: Annotated[Status | None, QueryParameter(description="Only those that stand so at the moment.")] = None,
    ) -> PageBody[VerificationBody]:
        """Staff who may act for customers; oldest first."""
        now = clock.now()
        wanted = VerificationStatus(status) if status is not None else None
        return page_body(
            await usecase.page(page, status=wanted, caller=caller), lambda found: verification_body(found, now)
        )

    @patch("/{verification_id:uuid}", summary="Judge a verification")
    @inject
    async def judge(
        self,
        verification_id: FromPath[UUID],
        data: JSONBody[JudgeBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[JudgeVerification],
        clock: FromDishka[Clock],
        if_match: IfMatch = None,
    ) -> Response[VerificationBody]:
        """Staff who may act for customers, with the version they read in If-Match; nobody judges their own."""
        judged = await usecase(
            VerificationId(verification_id),
            Judgement(data.status),
            reason=data.reason,
            expires_at=moment_or_none(data.expires_at, "/expiresAt"),
            expected_version=expected_version(if_match),
            caller=caller,
        )
        return Response(verification_body(judged, clock.now()), headers={"ETag": etag(judged.version)})
