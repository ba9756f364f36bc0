"""The news about what people ask of their data. Each service answers as ports.published.personal_data says."""

from typing import ClassVar
from uuid import UUID

from ports.events import Event


class ExportRequested(Event, frozen=True, kw_only=True):
    """A person wants a copy of all that is kept about them.

    `email` is their own, in lower case, if they have proved that it is theirs: rows that name it are about them.
    """

    event_type: ClassVar[str] = "users.export.requested"

    request_id: UUID
    account_id: UUID
    email: str | None


class ErasureRequested(Event, frozen=True, kw_only=True):
    """A person wants to be forgotten; `email` as in an export. It may come again, and then asks for the same."""

    event_type: ClassVar[str] = "users.erasure.requested"

    request_id: UUID
    account_id: UUID
    email: str | None


class PersonErased(Event, frozen=True, kw_only=True):
    """Every service has forgotten the person; what is left of them in messages that were sent goes now."""

    event_type: ClassVar[str] = "users.person.erased"

    request_id: UUID
    account_id: UUID
