"""Tokens that are mailed: who can say one has the mailbox of the account.

A token is 32 random bytes in base64url. Only its SHA-256 is stored, which is enough for that many random bits.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.identity.errors import MailTokenError
from core.shared.ids import AccountId


class MailTokenPurpose(StrEnum):
    """What a mailed token is good for, and for nothing else."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  (what it is for, not a password)


LIFE = {MailTokenPurpose.VERIFY_EMAIL: timedelta(days=3), MailTokenPurpose.RESET_PASSWORD: timedelta(hours=1)}


def digest_of_mail_token(secret: str) -> bytes:
    """Return what is stored of a token; whatever was sent has one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailToken:
    """A token by its digest; good once, for one purpose of one account, until exactly `expires_at`."""

    digest: bytes = field(repr=False)
    account_id: AccountId
    purpose: MailTokenPurpose
    issued_at: datetime
    expires_at: datetime
    spent_at: datetime | None = None

    @classmethod
    def issued(cls, secret: str, purpose: MailTokenPurpose, *, account_id: AccountId, now: datetime) -> "MailToken":
        """Return the record of a new token."""
        return cls(
            digest=digest_of_mail_token(secret),
            account_id=account_id,
            purpose=purpose,
            issued_at=now,
            expires_at=now + LIFE[purpose],
        )

    def spent(self, purpose: MailTokenPurpose, *, now: datetime) -> "MailToken":
        """Return the token as spent; raises MailTokenError where it is for something else, was used, or is too old."""
        if self.purpose is not purpose or self.spent_at is not None or now >= self.expires_at:
            raise unknown_mail_token()
        return replace(self, spent_at=now)


def unknown_mail_token() -> MailTokenError:
    """Return the one refusal of every token that does not fit."""
    return MailTokenError("This link is not valid: it is too old, or was used before. Ask for a new one.")
