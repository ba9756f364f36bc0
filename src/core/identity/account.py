"""Accounts: people who sign in."""

from dataclasses import dataclass, field
from datetime import datetime

from core.identity.errors import EmailNotVerifiedError
from core.shared.emails import Email
from core.shared.ids import AccountId
from core.shared.names import checked_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who signs in. The hash of the password never shows in logs.

    Until `email_verified_at` is set, anybody may have opened it with somebody else's address.
    """

    id: AccountId
    email: Email
    display_name: str
    password_hash: str = field(repr=False)
    created_at: datetime
    updated_at: datetime
    email_verified_at: datetime | None = None

    def must_be_verified(self) -> None:
        """Raise EmailNotVerifiedError unless the address was shown to be the account's."""
        if self.email_verified_at is None:
            raise EmailNotVerifiedError("Confirm your e-mail address first, by the link that was mailed to you.")

    @classmethod
    def opened(cls, *, id: AccountId, email: Email, display_name: str, password_hash: str, now: datetime) -> "Account":
        """Return a new account; raises InvalidInputError at `/displayName` for a name that cannot be shown."""
        name = checked_name(display_name, pointer="/displayName")
        return cls(id=id, email=email, display_name=name, password_hash=password_hash, created_at=now, updated_at=now)
