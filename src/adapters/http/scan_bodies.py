"""Scans, and what scanners carry, as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from adapters.http.moments import moment
from core.admission.errors import ScanConflictError
from core.admission.passes import Pass
from core.admission.scans import Scan, ScanAttempt, ScanDirection
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import ScanId, TicketId
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


def attempts_of(data: OfflineScansBody) -> list[ScanAttempt]:
    """Return the scans that were sent; raises InvalidInputError for an id that stands twice, and a time of nowhere."""
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
            scanned_at=moment(each.scanned_at, f"/scans/{position}/scannedAt"),
            let_through=each.admitted,
        )
        for position, each in enumerate(data.scans)
    ]


def answer_body(answer: ScanAnswer) -> ScanAnswerBody:
    """Return the answer as the API shows it."""
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


def reconciled_body(sent: OfflineScanBody, answer: ScanAnswer | ScanConflictError) -> ReconciledScanBody:
    """Return what became of an offline scan as the API shows it."""
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


def manifest_pass(found: Pass) -> ManifestPassBody:
    """Return the pass as scanners carry it."""
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
