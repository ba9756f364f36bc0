"""Plans that a long operation writes bit by bit: what such a plan refuses, and the ids of its parts."""

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from uuid import UUID

from core.shared.errors import DomainError
from core.shared.ids import PlanId

POSITIONS_MAX = 1 << 24
"""How many parts of a kind one operation can number."""


class Part(StrEnum):
    """What an operation gives ids to."""

    PLAN = "plan"
    PLACE = "place"
    """Sections and seats, in one row."""
    TIER = "tier"
    VENUE_SECTION = "venue section"


def ids_of_parts(operation_id: UUID, part: Part) -> Iterator[UUID]:
    """Yield ids (version 7): the same ones in the same order for the same operation, whoever asks and however often.

    Each is greater than the one before, since the order of seats is that of their ids. They begin with the time in the
    operation's id; 50 bits of a digest keep them apart from those of any other.
    """
    digest = int.from_bytes(hashlib.sha256(operation_id.bytes + part.encode()).digest()[:7]) >> 6
    time, high, low = operation_id.int >> 80, digest >> 38, digest & ((1 << 38) - 1)
    first = time << 80 | 7 << 76 | high << 64 | 2 << 62 | low << 24
    for position in range(POSITIONS_MAX):
        yield UUID(int=first | position)


def plan_of_operation(operation_id: UUID) -> PlanId:
    """Return the id of the plan that an operation writes."""
    return PlanId(next(ids_of_parts(operation_id, Part.PLAN)))


class PlanBeingWrittenError(DomainError):
    """A long operation is writing the plan, so that nobody changes, sells or copies the half of it that is there."""

    code = "seating.plan_being_written"

    def __init__(self) -> None:
        super().__init__("An operation is writing the plan; it can be used when that is over.")


class PlanNotAsWrittenError(DomainError):
    """What is stored of a plan is not what an operation wrote."""

    code = "seating.plan_not_as_written"


class PlanSourceChangedError(DomainError):
    """What a plan was being made of is another thing by now, so that its two halves would not fit."""

    code = "seating.plan_source_changed"


class PlanTooLargeError(DomainError):
    """One request cannot make a plan of so many seats; the operation `plan-import` can."""

    code = "seating.plan_too_large"


class PlanDocumentNotFoundError(DomainError):
    """There is no such document at this venue, or it was not sent to its end, or it was kept for long enough."""

    code = "seating.plan_document_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such document; documents are kept for some days only.")


class PlanDocumentTooLargeError(DomainError):
    """The document has more bytes than are taken."""

    code = "seating.plan_document_too_large"
