"""Scans at the gates."""

from hashlib import sha256
from typing import Annotated
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody

from adapters.http.callers import open_to_keys_for
from adapters.http.etags import is_known
from adapters.http.paging import PageBody, page_body
from adapters.http.scan_bodies import (
    ManifestPassBody,
    OfflineScansBody,
    ReconciledScansBody,
    ScanAnswerBody,
    ScanBody,
    answer_body,
    attempts_of,
    manifest_pass,
    reconciled_body,
)
from core.admission.scans import ScanDirection
from core.shared.callers import ApiScope, Caller
from core.shared.ids import ScanId, TicketId
from ports.paging import PageRequest
from usecases.admission.reconcile_scans import ReconcileScans
from usecases.admission.scan_manifest import ScanManifest
from usecases.admission.scan_pass import ScanPass


class ScanController(Controller):
    """Scans."""

    path = "/scans"
    tags = ("Admission",)

    @post(status_code=200, summary="Scan a pass", opt=open_to_keys_for(ApiScope.SCANS_WRITE))
    @inject
    async def scan(
        self, data: JSONBody[ScanBody], caller: NamedDependency[Caller], usecase: FromDishka[ScanPass]
    ) -> ScanAnswerBody:
        """Scanners, all other staff, and services. The first scan admits; who was scanned on the way out may come in.

        Every scan is recorded for good, whatever it answers.
        """
        answer = await usecase(
            caller,
            data.code,
            gate=data.gate,
            device=data.device,
            direction=ScanDirection(data.direction),
            ticket_id=TicketId(data.ticket_id) if data.ticket_id is not None else None,
            scan_id=ScanId(data.scan_id) if data.scan_id is not None else None,
        )
        return answer_body(answer)

    @post(
        "/batch",
        status_code=200,
        summary="Hand in scans that were made offline",
        opt=open_to_keys_for(ApiScope.SCANS_WRITE),
    )
    @inject
    async def batch(
        self, data: JSONBody[OfflineScansBody], caller: NamedDependency[Caller], usecase: FromDishka[ReconcileScans]
    ) -> ReconciledScansBody:
        """Scanners, all other staff, and services; up to 1,000, and the same ones again change nothing.

        They are taken in the order they were made in, and judged by what held then. Whom a scanner let in is in: the
        pass is used from then on, and what spoke against it is named as a conflict.
        """
        answers = await usecase(caller, attempts_of(data))
        return ReconciledScansBody(
            scans=tuple(reconciled_body(each, answers[ScanId(each.scan_id)]) for each in data.scans)
        )


class ScanManifestController(Controller):
    """What scanners carry."""

    path = "/tickets/{ticket_id:uuid}/scan-manifest"
    tags = ("Admission",)

    @get(summary="List the passes of an event for offline scanners", opt=open_to_keys_for(ApiScope.SCANS_WRITE))
    @inject
    async def manifest(
        self,
        ticket_id: FromPath[UUID],
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ScanManifest],
        if_none_match: Annotated[
            str | None, HeaderParameter(name="If-None-Match", description="The ETag of the page that is at hand.")
        ] = None,
    ) -> Response[PageBody[ManifestPassBody]]:
        """Scanners, all other staff, and services: every pass of the event by id, those that admit nobody too.

        It is empty for no event. Each page has an ETag; with it in `If-None-Match` the answer is 304 while nothing on
        the page has changed.
        """
        body = page_body(await usecase(caller, TicketId(ticket_id), page), manifest_pass)
        tag = f'"{sha256(msgspec.json.encode(body)).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if is_known(tag, if_none_match):
            return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]  # a 304 has no body
        return Response(body, headers=headers)
