"""What goes over the wire of a live map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from adapters.http.sse import FORGET_ID, event
from core.shared.ids import SeatId
from ports.seat_map import MapEntry, MapEventId, PlanClosed

_RETRY_MS = 2_000
_RETRY_UNAVAILABLE_MS = 5_000


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes that bring a reader to the place `id`; made once, sent to all."""

    id: MapEventId
    body: bytes
    closes: bool = False


class End(Enum):
    """Why a stream is over, with the last words to the client. STOPPED and EXPIRED let it go on where it was."""

    RESYNC = event("resync", {}, id=FORGET_ID)
    UNAVAILABLE = event("unavailable", {}, id=FORGET_ID, retry_ms=_RETRY_UNAVAILABLE_MS)
    CLOSED = event("closed", {}, id=FORGET_ID)
    EXPIRED = event("expired", {})
    STOPPED = b""


def snapshot(place: MapEventId) -> bytes:
    """Return the first event of a reader that is new: take the map now, the changes go on from here."""
    return event("snapshot", {"eventId": str(place)}, id=str(place), retry_ms=_RETRY_MS)


def resync(place: MapEventId) -> bytes:
    """Return the first event of a reader that was away too long: take the map anew, the changes go on from here."""
    return event("resync", {"eventId": str(place)}, id=str(place), retry_ms=_RETRY_MS)


def frame_of(entries: Sequence[MapEntry]) -> Frame | None:
    """Return the changes in one frame, each seat with its last status, up to the end of the plan; None for none."""
    statuses: dict[SeatId, str] = {}
    for entry in entries:
        if isinstance(entry.change, PlanClosed):
            return Frame(entry.id, _seats(statuses, entry.id) + End.CLOSED.value, closes=True)
        statuses.update(entry.change.statuses)
    return Frame(entries[-1].id, _seats(statuses, entries[-1].id)) if entries else None


def _seats(statuses: Mapping[SeatId, str], place: MapEventId) -> bytes:
    if not statuses:
        return b""
    changes = [{"id": id, "status": status} for id, status in statuses.items()]
    return event("seats", {"changes": changes}, id=str(place))
