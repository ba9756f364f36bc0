"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.identity.errors import TotpActiveError, TotpNotEnrolledError
from core.shared.ids import AccountId

SECRET_BYTES = 20
"""As long as the SHA-1 of HMAC, as RFC 4226 (4, R6) wants it, and what every app accepts."""

STEP_S = 30
DRIFT_STEPS = 1
"""A code is accepted one step early or late: clocks differ, and typing takes time."""

RECOVERY_CODES = 10
_CODE = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpFactor:
    """The app of an account. It counts once it was confirmed by a code; `last_step` is of the last code it accepted."""

    account_id: AccountId
    secret: bytes = field(repr=False)
    enrolled_at: datetime
    confirmed_at: datetime | None = None
    last_step: int | None = None

    @property
    def counts(self) -> bool:
        """Whether signing in needs a code."""
        return self.confirmed_at is not None

    def confirmed(self, *, step: int, now: datetime) -> "TotpFactor":
        """Return the factor as it counts; raises TotpActiveError for one that does already."""
        if self.counts:
            raise TotpActiveError("An authenticator app is confirmed already.")
        return replace(self, confirmed_at=now, last_step=step)


def must_be_there(factor: TotpFactor | None) -> TotpFactor:
    """Return the factor; raises TotpNotEnrolledError for none."""
    if factor is None:
        raise TotpNotEnrolledError("There is no authenticator app; add one first.")
    return factor


def code_in(text: str) -> str | None:
    """Return the six digits that were typed, however they were spaced; None for what may be a recovery code."""
    found = "".join(text.split())
    return found if _CODE.fullmatch(found) else None


def digest_of_recovery_code(text: str) -> bytes:
    """Return what is stored of a recovery code, whatever its case and dashes; it has 80 random bits."""
    plain = "".join(character for character in text.upper() if character.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()
