"""Refresh tokens from the system's source of randomness."""

import secrets
from typing import override

from ports.identity import RefreshSecrets

_BYTES = 32


class SystemRefreshSecrets(RefreshSecrets):
    """256 random bits in base64url, with a prefix by which scanners of leaked secrets know them."""

    @override
    def new(self) -> str:
        return f"fsr_{secrets.token_urlsafe(_BYTES)}"

    @override
    def new_mail_token(self) -> str:
        return secrets.token_urlsafe(_BYTES)
