"""Scans at the gates."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta

from adapters.http.etags import is_known
from adapters.http.paging import PageBody, page_body
from core.admission.errors import ScanConflictError
from core.admission.passes import Pass
from core.admission.scans import Scan, ScanAttempt, ScanDirection
from core.shared.callers import Caller
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import ScanId, TicketId
from ports.paging import PageRequest
from usecases.admission.reconcile_scans import ReconcileScans
from usecases.admission.scan_manifest import ScanManifest
from usecases.admission.scan_pass import ScanPass
from usecases.admission.scanning import ScanAnswer

BATCH_MAX = 1_000

type CodeText = Annotated[str, Meta(min_length=1, max_length=512)]
type GateName = Annotated[str, Meta(min_length=1, max_length=100)]
type Direction = Literal["in", "out"]


class ScanBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A code that was read at a gate. With `ticketId` the gate is for that event only.

    The same `scanId` again answers what it answered, so that a scanner may ask again after a broken connection.
    """

    code: CodeText
    gate: GateName
    scan_id: UUID | None = None
    direction: Direction = "in"
    ticket_id: UUID | None = None
    device: GateName | None = None


class OfflineScanBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A scan that was made without a network; `admitted` is what the scanner decided by its list."""

    scan_id: UUID
    code: CodeText
    gate: GateName
    scanned_at: datetime
    admitted: bool
    direction: Direction = "in"
    ticket_id: UUID | None = None
    device: GateName | None = None


class OfflineScansBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Scans, in any order; none twice."""

    scans: Annotated[tuple[OfflineScanBody, ...], Meta(min_length=1, max_length=BATCH_MAX)]


class ScannedPassBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the person at the gate has to see of a pass."""

    id: UUID
    ticket_id: UUID
    ticket_title: str
    event_title: str
    section: str | None
    seat_label: str | None
    holder_name: str | None


class EarlierScanBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The scan by which somebody is inside already."""

    scan_id: UUID
    gate: str
    device: str | None
    scanned_at: datetime
    scanned_by: UUID


class ScanAnswerBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether the scan admits, and why not.

    `reason`: `invalid_code`, `unknown_event` (of no event of this organisation), `wrong_event`, `superseded_code` (from
    before the pass changed hands), `void`, `refunded`, `resold`, `frozen`, `offered`, `already_admitted`,
    `not_yet_open`, `event_over`, `not_inside` (on the way out), `refused_at_gate` (by the scanner, offline). `pass` is
    null unless the code is true; `earlier` tells when and where somebody came in, at `already_admitted`.
    """

    scan_id: UUID
    admitted: bool
    reason: str | None
    direction: Direction
    gate: str
    scanned_at: datetime
    pass_: ScannedPassBody | None = msgspec.field(name="pass")
    earlier: EarlierScanBody | None


class ReconciledScanBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of an offline scan. `recorded` is false for an id that another scan has; the rest is null then.

    `conflict` says that somebody was let through against what is known, and `reason` what that is. At two that were let
    in with one pass, `rightfulScanId` is the scan that was made first.
    """

    scan_id: UUID
    recorded: bool
    conflict: bool
    reason: str | None
    earlier: EarlierScanBody | None
    rightful_scan_id: UUID | None


class ReconciledScansBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """In the order they were sent in."""

    scans: tuple[ReconciledScanBody, ...]


class ManifestPassBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One pass as a scanner carries it: a code of it is good in this `revision`, while `admits`.

    It admits while it is VALID, not offered, and nobody is inside with it.
    """

    pass_id: UUID
    revision: int
    status: Literal["VALID", "FROZEN", "VOID"]
    offered: bool
    inside_since: datetime | None
    admits: bool
    section: str | None
    seat_label: str | None
    holder_name: str | None


class ScanController(Controller):
    """Scans."""

    path = "/scans"
    tags = ("Admission",)

    @post(status_code=200, summary="Scan a pass")
    @inject
    async def scan(
        self, data: JSONBody[ScanBody], caller: NamedDependency[Caller], usecase: FromDishka[ScanPass]
    ) -> ScanAnswerBody:
        """Scanners and all other staff. The first scan admits; whoever was scanned on the way out may come in again.

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
        return _answer_body(answer)

    @post("/batch", status_code=200, summary="Hand in scans that were made offline")
    @inject
    async def batch(
        self, data: JSONBody[OfflineScansBody], caller: NamedDependency[Caller], usecase: FromDishka[ReconcileScans]
    ) -> ReconciledScansBody:
        """Scanners and all other staff; up to 1,000, and the same ones again change nothing.

        They are taken in the order they were made in, and judged by what held then. Whom a scanner let in is in: the
        pass is used from then on, and what spoke against it is named as a conflict.
        """
        answers = await usecase(caller, _attempts(data))
        return ReconciledScansBody(scans=tuple(_reconciled(each, answers[ScanId(each.scan_id)]) for each in data.scans))


class ScanManifestController(Controller):
    """What scanners carry."""

    path = "/tickets/{ticket_id:uuid}/scan-manifest"
    tags = ("Admission",)

    @get(summary="List the passes of an event for offline scanners")
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
        """Scanners and all other staff: every pass of the event by id, those that admit nobody too; empty for none.

        Each page has an ETag; with it in `If-None-Match` the answer is 304 while nothing on the page has changed.
        """
        body = page_body(await usecase(caller, TicketId(ticket_id), page), _manifest_pass)
        tag = f'"{sha256(msgspec.json.encode(body)).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if is_known(tag, if_none_match):
            # Litestar's own type of a response has no room for one without a body.
            return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
        return Response(body, headers=headers)


def _attempts(data: OfflineScansBody) -> list[ScanAttempt]:
    first = {each.scan_id: position for position, each in reversed(list(enumerate(data.scans)))}
    problems = [
        Problem(f"/scans/{position}/scanId", "The same id stands twice.")
        for position, each in enumerate(data.scans)
        if first[each.scan_id] != position
    ] + [
        Problem(f"/scans/{position}/scannedAt", "The time names no offset from UTC.")
        for position, each in enumerate(data.scans)
        if each.scanned_at.tzinfo is None
    ]
    if problems:
        raise InvalidInputError("The scans cannot be read.", problems)
    return [
        ScanAttempt(
            id=ScanId(each.scan_id),
            code=each.code,
            gate=each.gate,
            device=each.device,
            direction=ScanDirection(each.direction),
            ticket_id=TicketId(each.ticket_id) if each.ticket_id is not None else None,
            scanned_at=each.scanned_at,
            let_through=each.admitted,
        )
        for each in data.scans
    ]


def _answer_body(answer: ScanAnswer) -> ScanAnswerBody:
    scan, found = answer.scan, answer.admission
    return ScanAnswerBody(
        scan_id=scan.id,
        admitted=scan.admitted,
        reason=scan.reason,
        direction=scan.direction.value,
        gate=scan.gate,
        scanned_at=scan.scanned_at,
        pass_=_scanned_pass(found) if found is not None else None,
        earlier=_earlier(answer.earlier),
    )


def _scanned_pass(found: Pass) -> ScannedPassBody:
    return ScannedPassBody(
        id=found.id,
        ticket_id=found.event.ticket_id,
        ticket_title=found.event.ticket_title,
        event_title=found.event.title,
        section=found.seat.section if found.seat else None,
        seat_label=found.seat.label if found.seat else None,
        holder_name=found.holder_name,
    )


def _earlier(scan: Scan | None) -> EarlierScanBody | None:
    if scan is None:
        return None
    return EarlierScanBody(
        scan_id=scan.id, gate=scan.gate, device=scan.device, scanned_at=scan.scanned_at, scanned_by=scan.scanned_by
    )


def _reconciled(sent: OfflineScanBody, answer: ScanAnswer | ScanConflictError) -> ReconciledScanBody:
    if isinstance(answer, ScanConflictError):
        return ReconciledScanBody(
            scan_id=sent.scan_id, recorded=False, conflict=False, reason=None, earlier=None, rightful_scan_id=None
        )
    rightful = answer.rightful if answer.conflict else None
    return ReconciledScanBody(
        scan_id=sent.scan_id,
        recorded=True,
        conflict=answer.conflict,
        reason=answer.scan.reason,
        earlier=_earlier(answer.earlier),
        rightful_scan_id=rightful.id if rightful is not None else None,
    )


def _manifest_pass(found: Pass) -> ManifestPassBody:
    return ManifestPassBody(
        pass_id=found.id,
        revision=found.revision,
        status=found.status.value,
        offered=found.offer is not None,
        inside_since=found.inside_since,
        admits=found.shows_a_code and found.inside_since is None,
        section=found.seat.section if found.seat else None,
        seat_label=found.seat.label if found.seat else None,
        holder_name=found.holder_name,
    )
