"""What each service answers when a person asks for their data, or wants to be forgotten."""

from typing import Any, ClassVar
from uuid import UUID

import msgspec

from ports.events import Event


class KeptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Something that stays after an erasure, and why; it leads to no person any more."""

    what: str
    why: str


class PersonalDataCollected(Event, frozen=True, kw_only=True):
    """A page of what one service keeps about a person; `page` counts from 1 to `pages`.

    `data` has the records by the name of their kind, with members as the service stores them: they are for people and
    their tools, and may change from one release to the next.
    """

    event_type: ClassVar[str] = "personal_data.collected"

    request_id: UUID
    account_id: UUID
    service: str
    page: int
    pages: int
    data: dict[str, list[dict[str, Any]]]  # Any: records are as different as tables


class PersonalDataErased(Event, frozen=True, kw_only=True):
    """One service has forgotten a person: `removed` counts the records by their kind."""

    event_type: ClassVar[str] = "personal_data.erased"

    request_id: UUID
    account_id: UUID
    service: str
    removed: dict[str, int]
    kept: tuple[KeptRecord, ...]
