"""Who holds something: an account, or whoever shows the secret that was given out with the hold."""

import hashlib
from dataclasses import dataclass

from core.shared.ids import AccountId


@dataclass(frozen=True, slots=True)
class Holder:
    """Who asks: an account, and the hold token that was shown, as its SHA-256 digest."""

    account_id: AccountId
    token_sha256: bytes | None = None


def token_digest(token: str) -> bytes:
    """Return the form in which a hold token is kept; a token has 256 random bits, so it needs no salt."""
    return hashlib.sha256(token.encode()).digest()


def holder_of(account_id: AccountId, hold_token: str | None) -> Holder:
    """Return who asks: the account, and the token that was shown."""
    return Holder(account_id, token_digest(hold_token) if hold_token is not None else None)
