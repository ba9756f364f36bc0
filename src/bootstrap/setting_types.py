"""What settings are made of: secrets that are never shown, ports, seconds."""

from typing import Annotated, override
from urllib.parse import urlsplit, urlunsplit

from msgspec import Meta


class Secret:
    """A value that is never shown: `repr`, `str` and logs see stars."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, for the one place that needs it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    @override
    def __repr__(self) -> str:
        return "'***'" if self._value else "''"


class SecretUrl(Secret):
    """A URL whose password is never shown."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        parts = urlsplit(self._value)
        if parts.password is None:
            return repr(self._value)
        host = f"{parts.username or ''}:***@{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")
        return repr(urlunsplit(parts._replace(netloc=host)))


type Port = Annotated[int, Meta(ge=1, le=65535)]
type Seconds = Annotated[int, Meta(ge=1, le=86_400)]
type PerMinute = Annotated[int, Meta(ge=0, le=10_000_000)]
