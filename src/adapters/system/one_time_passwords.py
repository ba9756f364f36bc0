"""Codes of authenticator apps with pyotp."""

import secrets
from base64 import b32encode
from datetime import datetime
from hmac import compare_digest
from typing import override

from pyotp.totp import TOTP

from adapters.system.qr_codes import qr_code
from core.identity.totp import DRIFT_STEPS, SECRET_BYTES, STEP_S
from ports.identity.second_factor import OneTimePasswords

_RECOVERY_BYTES = 10
_GROUP = 4


class SystemOneTimePasswords(OneTimePasswords):
    """SHA-1, six digits, thirty seconds: what every app knows, and many know nothing else."""

    def __init__(self, *, issuer: str) -> None:
        self._issuer = issuer

    @override
    def new_secret(self) -> bytes:
        return secrets.token_bytes(SECRET_BYTES)

    @override
    def new_recovery_code(self) -> str:
        text = b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()
        return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))

    @override
    def shown(self, secret: bytes) -> str:
        return b32encode(secret).decode()

    @override
    def uri(self, secret: bytes, *, account: str) -> str:
        return self._codes(secret).provisioning_uri(name=account, issuer_name=self._issuer)

    @override
    def qr_code(self, uri: str) -> bytes:
        return qr_code(uri, title="Authenticator app")

    @override
    def step_of(self, secret: bytes, code: str, *, now: datetime) -> int | None:
        codes = self._codes(secret)
        step = int(now.timestamp()) // STEP_S
        found: int | None = None
        for at in range(step - DRIFT_STEPS, step + DRIFT_STEPS + 1):
            if compare_digest(codes.generate_otp(at), code):
                found = at
        return found

    def _codes(self, secret: bytes) -> TOTP:
        return TOTP(self.shown(secret), interval=STEP_S)
