"""The happening that an order, a ticket or a pass is for, as the API shows it."""

from datetime import datetime
from uuid import UUID

import msgspec


class EventBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The happening as it was sold; times are UTC, `timeZone` is the IANA zone of the place."""

    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue_id: UUID
    venue_name: str
