"""Identifiers that sort by time."""

from typing import override
from uuid import UUID

from uuid_utils.compat import uuid7

from ports.ids import IdSource


class Uuid7Source(IdSource):
    """UUID version 7 (RFC 9562), made here and not by the database, so that a use case knows its ids at once."""

    @override
    def new(self) -> UUID:
        return uuid7()
