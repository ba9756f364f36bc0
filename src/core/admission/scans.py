"""What is seen at the gate, and whether it admits: the first scan wins, and what was seen is never changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from core.admission.errors import ScanConflictError
from core.admission.passes import REFUNDED, RESOLD, Pass, PassStatus
from core.shared.ids import AccountId, PassId, ScanId, TicketId


class ScanDirection(StrEnum):
    """Which way somebody goes. Who went out may come in again with the same pass."""

    IN = "in"
    OUT = "out"


class ScanRefusal(StrEnum):
    """Why a scan admits nobody."""

    INVALID_CODE = "invalid_code"
    """No code of a pass: malformed, altered, or not signed with the key that it names."""

    UNKNOWN_EVENT = "unknown_event"
    """The code may be true, but for no event of this organisation."""

    WRONG_EVENT = "wrong_event"
    """The pass is for another event than the one that this gate is for."""

    SUPERSEDED_CODE = "superseded_code"
    """The pass changed hands since the code was shown."""

    VOID = "void"
    REFUNDED = "refunded"
    RESOLD = "resold"
    FROZEN = "frozen"
    OFFERED = "offered"
    ALREADY_ADMITTED = "already_admitted"
    """Somebody is inside with it."""

    NOT_YET_OPEN = "not_yet_open"
    EVENT_OVER = "event_over"
    NOT_INSIDE = "not_inside"
    """A way out for somebody who never came in, or went out already."""

    REFUSED_AT_GATE = "refused_at_gate"
    """A scanner without a network refused what would have been admitted here."""


_USED_ALL_THE_SAME = frozenset(
    {
        None,
        ScanRefusal.FROZEN,
        ScanRefusal.OFFERED,
        ScanRefusal.ALREADY_ADMITTED,
        ScanRefusal.NOT_YET_OPEN,
        ScanRefusal.EVENT_OVER,
        ScanRefusal.NOT_INSIDE,
    }
)
"""Somebody who was let in offline against these went in with this very pass, so it is used from then on."""


@dataclass(frozen=True, slots=True)
class GateRules:
    """How long before an event its doors open."""

    doors_open_before: timedelta = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanAttempt:
    """What a scanner saw, where, and when; `ticket_id` is the event that the gate is for, None for any.

    `let_through` is what a scanner without a network decided by itself, and None for one that asks.
    """

    id: ScanId
    code: str
    gate: str
    device: str | None
    direction: ScanDirection
    ticket_id: TicketId | None
    scanned_at: datetime
    let_through: bool | None = None

    @property
    def offline(self) -> bool:
        return self.let_through is not None

    @property
    def code_hash(self) -> bytes:
        """SHA-256 of the text: enough to find the same code again, and useless at a gate."""
        return sha256(self.code.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A scan as it is kept. `pass_id` and `revision` are None unless the code was true.

    `admitted` says whether somebody was let through. `reason` says why not; at a scan that was let through offline it
    names what speaks against it (a conflict). `earlier_scan_id` is the scan by which somebody is inside already.
    """

    id: ScanId
    code_hash: bytes
    pass_id: PassId | None
    revision: int | None
    gate: str
    device: str | None
    direction: ScanDirection
    scanned_by: AccountId
    scanned_at: datetime
    recorded_at: datetime
    offline: bool
    admitted: bool
    reason: ScanRefusal | None
    earlier_scan_id: ScanId | None = None

    def must_be_of(self, attempt: ScanAttempt) -> None:
        """Raise ScanConflictError unless this is the scan that is attempted again."""
        ours = (self.code_hash, self.gate, self.direction, self.offline)
        if ours != (attempt.code_hash, attempt.gate, attempt.direction, attempt.offline):
            raise ScanConflictError


def refusal_of(found: Pass, attempt: ScanAttempt, *, revision: int, rules: GateRules) -> ScanRefusal | None:
    """Say what speaks against a true code of this pass; None: nothing.

    A scan that was made offline is judged by what held when it was made: a pass that ended, was frozen or was offered
    after that admitted then. One that is somebody else's by now is told as such all the same, since they can come in
    too. Nobody is kept from going out but by what makes the code somebody else's.
    """
    if revision != found.revision:
        return ScanRefusal.SUPERSEDED_CODE if revision < found.revision else ScanRefusal.INVALID_CODE
    if attempt.ticket_id not in {None, found.event.ticket_id}:
        return ScanRefusal.WRONG_EVENT
    if attempt.direction is ScanDirection.OUT:
        return None if found.inside_since is not None else ScanRefusal.NOT_INSIDE
    return _stopped(found, attempt) or _out_of_hours(found, attempt.scanned_at, rules) or _inside(found)


def used_by(found: Pass, attempt: ScanAttempt, *, refusal: ScanRefusal | None) -> Pass:
    """Return the pass as it is after somebody was let through with it."""
    if refusal not in _USED_ALL_THE_SAME:
        return found
    return found.entered(at=attempt.scanned_at) if attempt.direction is ScanDirection.IN else found.left()


def _stopped(found: Pass, attempt: ScanAttempt) -> ScanRefusal | None:
    def by_then(moment: datetime | None) -> bool:
        return moment is not None and (not attempt.offline or moment <= attempt.scanned_at)

    if found.void_reason == RESOLD:
        return ScanRefusal.RESOLD
    if found.status is PassStatus.VOID and by_then(found.voided_at):
        return ScanRefusal.REFUNDED if found.void_reason == REFUNDED else ScanRefusal.VOID
    if found.status is PassStatus.FROZEN and by_then(found.frozen_at):
        return ScanRefusal.FROZEN
    if found.offer is not None and by_then(found.offer.offered_at):
        return ScanRefusal.OFFERED
    return None


def _out_of_hours(found: Pass, at: datetime, rules: GateRules) -> ScanRefusal | None:
    if at < found.event.starts_at - rules.doors_open_before:
        return ScanRefusal.NOT_YET_OPEN
    return ScanRefusal.EVENT_OVER if at >= found.event.ends_at else None


def _inside(found: Pass) -> ScanRefusal | None:
    return ScanRefusal.ALREADY_ADMITTED if found.inside_since is not None else None
