"""Secrets of API keys from the system's source of randomness."""

import secrets
from typing import override

from core.identity.api_keys import SECRET_BYTES
from ports.identity import ApiKeySecrets


class SystemApiKeySecrets(ApiKeySecrets):
    """256 random bits."""

    @override
    def new(self) -> bytes:
        return secrets.token_bytes(SECRET_BYTES)
