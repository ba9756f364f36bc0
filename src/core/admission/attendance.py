"""Who was at an event: whoever was let in, or held a valid pass when it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.admission.offers import Handover
from core.admission.passes import RESOLD, Pass, PassStatus
from core.shared.ids import AccountId


class AbsenceReason(StrEnum):
    """Why somebody does not count as having been there; of several, the one that may still change comes first."""

    EVENT_NOT_OVER = "event_not_over"
    FROZEN = "pass_frozen"
    VOID = "pass_void"
    PASSED_ON = "passed_on"
    NONE_HELD = "no_pass"


@dataclass(frozen=True, slots=True)
class Attendance:
    """The passes with which somebody was there, those that were scanned first; if there are none, `reason` says why.

    `known` is one of the passes that were looked at, None when there were none: it tells what the event was.
    """

    attended: Sequence[Pass]
    reason: AbsenceReason | None
    known: Pass | None


def attendance(
    account_id: AccountId, *, passes: Sequence[Pass], handovers: Sequence[Handover], now: datetime
) -> Attendance:
    """Judge the passes of one event that the account has or had; `handovers` are all those of these passes.

    A pass that was scanned counts for who held it then, whatever became of it later. Any other counts once its event is
    over, unless it is void or frozen, for who held it when the event ended.
    """
    reasons = {each.id: _absence(account_id, each, handovers, now=now) for each in passes}
    attended = sorted(
        (each for each in passes if reasons[each.id] is None),
        key=lambda each: (each.scanned_at is None, each.scanned_at or each.issued_at, each.id),
    )
    known = attended[0] if attended else next(iter(passes), None)
    if attended:
        return Attendance(attended, None, known)
    found = set(reasons.values())
    return Attendance((), next((each for each in AbsenceReason if each in found), AbsenceReason.NONE_HELD), known)


def _absence(
    account_id: AccountId, held: Pass, handovers: Sequence[Handover], *, now: datetime
) -> AbsenceReason | None:
    ends_at = held.event.ends_at
    if _holder_at(held, handovers, held.scanned_at or min(now, ends_at)) != account_id:
        return AbsenceReason.PASSED_ON
    if held.scanned_at is not None:
        return None
    if held.resold_from is not None and held.issued_at >= ends_at:
        return AbsenceReason.NONE_HELD
    match held.status:
        case PassStatus.FROZEN:
            return AbsenceReason.FROZEN
        case PassStatus.VOID if held.void_reason != RESOLD:
            return AbsenceReason.VOID
        case PassStatus.VOID if held.voided_at is not None and held.voided_at < ends_at:
            return AbsenceReason.PASSED_ON
        case _:
            return None if now >= ends_at else AbsenceReason.EVENT_NOT_OVER


def _holder_at(held: Pass, handovers: Sequence[Handover], moment: datetime) -> AccountId:
    later = [each for each in handovers if each.pass_id == held.id and each.at > moment]
    return min(later, key=lambda each: each.revision).from_account_id if later else held.account_id
