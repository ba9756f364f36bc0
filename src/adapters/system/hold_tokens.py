"""Hold tokens from the operating system's random source."""

import secrets
from typing import override

from ports.hold_tokens import HoldTokens

_BYTES = 32


class RandomHoldTokens(HoldTokens):
    """256 random bits each, in base64url."""

    @override
    def new(self) -> str:
        return secrets.token_urlsafe(_BYTES)
