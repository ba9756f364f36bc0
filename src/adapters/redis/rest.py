"""Leaving Redis alone for a moment after it failed, so that not everything waits in turn for one that hangs."""

from time import monotonic

REST_S = 3.0


class Rest:
    """Begins with a failure and ends by itself after `rest_s`; whoever asks Redis for help does without meanwhile."""

    def __init__(self, rest_s: float = REST_S) -> None:
        self._rest_s = rest_s
        self._until = 0.0

    def begin(self) -> None:
        """Redis failed just now."""
        self._until = monotonic() + self._rest_s

    def __bool__(self) -> bool:
        return monotonic() < self._until
