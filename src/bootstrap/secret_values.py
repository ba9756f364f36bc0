"""Values of settings that are never shown."""

from typing import override
from urllib.parse import urlsplit, urlunsplit


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
