"""Sessions: a family of refresh tokens, each good for one use, that ends when a spent one comes again.

This is the rotation with reuse detection of RFC 9700 (4.14.2): whoever copies a token and its owner cannot both use
it, and the second of them ends the session for both.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

from core.shared.ids import AccountId

REFRESH_TTL = timedelta(days=30)


def digest_of(secret: str) -> bytes:
    """Return what is stored of a refresh token; a plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshFamily:
    """All the tokens that came from one sign-in."""

    id: UUID
    account_id: AccountId
    started_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """One token of a family, known by its digest. `spent_at` is when it was exchanged for its successor."""

    digest: bytes = field(repr=False)
    family_id: UUID
    issued_at: datetime
    expires_at: datetime
    spent_at: datetime | None = None

    @classmethod
    def issued(cls, secret: str, *, family_id: UUID, now: datetime) -> "RefreshToken":
        """Return the record of a new token, good until 30 days from now."""
        return cls(digest=digest_of(secret), family_id=family_id, issued_at=now, expires_at=now + REFRESH_TTL)

    def spent(self, *, now: datetime) -> "RefreshToken":
        """Return the token as spent."""
        return replace(self, spent_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A session that can be renewed: when it began, when it was renewed last, and until when that may be done."""

    id: UUID
    started_at: datetime
    renewed_at: datetime
    expires_at: datetime


class RefreshVerdict(Enum):
    """What is to be done with a refresh token that was presented."""

    ROTATE = auto()
    """It is good: spend it and issue its successor."""

    REUSED = auto()
    """It was spent before: end the family."""

    DEAD = auto()
    """It has expired, or its family has ended."""


def judge_refresh(family: RefreshFamily, token: RefreshToken, *, now: datetime) -> RefreshVerdict:
    """Say what becomes of the token; it ends exactly at `expires_at`.

    A spent token tells of a theft even when it has expired, for its successors may still be good.
    """
    if family.revoked_at is not None:
        return RefreshVerdict.DEAD
    if token.spent_at is not None:
        return RefreshVerdict.REUSED
    return RefreshVerdict.ROTATE if now < token.expires_at else RefreshVerdict.DEAD
