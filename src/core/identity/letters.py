"""Letters to accounts: what is written to whom, before it is put into words."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from core.identity.account import Account
from core.identity.mail_tokens import LIFE, MailTokenPurpose
from core.shared.emails import Email
from core.shared.ids import AccountId

NOTICE_LIFE = timedelta(days=2)
"""News that comes later than this helps nobody."""

REQUEST_LIFE = timedelta(hours=1)


class LetterKind(StrEnum):
    """Why somebody is written to.

    What somebody asked for who did not sign in is no letter yet: whether there is one, its account decides, and not
    while anybody waits who could tell from the time it takes.
    """

    VERIFY_EMAIL = "verify_email"
    VERIFY_ASKED = "verify_asked"
    RESET_ASKED = "reset_asked"
    RESET_PASSWORD = "reset_password"  # noqa: S105  (the name of a kind)
    PASSWORD_WAS_RESET = "password_was_reset"  # noqa: S105  (as above)
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  (as above)
    TOTP_ADDED = "totp_added"
    TOTP_REMOVED = "totp_removed"
    RECOVERY_CODE_USED = "recovery_code_used"


ANSWERED_BY = {
    LetterKind.VERIFY_ASKED: MailTokenPurpose.VERIFY_EMAIL,
    LetterKind.RESET_ASKED: MailTokenPurpose.RESET_PASSWORD,
}
"""What the letter brings that answers a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter, worth sending until `expires_at`. `token` is what its link carries, and is shown nowhere else."""

    id: UUID
    kind: LetterKind
    account_id: AccountId | None
    to: str
    name: str
    created_at: datetime
    expires_at: datetime
    token: str | None = field(default=None, repr=False)

    @classmethod
    def with_token(
        cls, account: Account, purpose: MailTokenPurpose, token: str, *, id: UUID, now: datetime
    ) -> "Letter":
        """Return the letter that brings a token to its account."""
        return cls(
            id=id,
            kind=LetterKind(purpose.value),
            account_id=account.id,
            to=account.email.address,
            name=account.display_name,
            created_at=now,
            expires_at=now + LIFE[purpose],
            token=token,
        )

    @classmethod
    def notice(cls, account: Account, kind: LetterKind, *, id: UUID, now: datetime) -> "Letter":
        """Return the news of something that was done with the account."""
        return cls(
            id=id,
            kind=kind,
            account_id=account.id,
            to=account.email.address,
            name=account.display_name,
            created_at=now,
            expires_at=now + NOTICE_LIFE,
        )

    @classmethod
    def asked_for(cls, purpose: MailTokenPurpose, email: Email, *, id: UUID, now: datetime) -> "Letter":
        """Return the request of somebody who may have no account."""
        asked = {purpose: kind for kind, purpose in ANSWERED_BY.items()}
        return cls(
            id=id,
            kind=asked[purpose],
            account_id=None,
            to=email.address,
            name="",
            created_at=now,
            expires_at=now + REQUEST_LIFE,
        )

    @property
    def answer_id(self) -> UUID:
        """The id of the letter that answers a request: the same, however often the request is worked on."""
        return uuid5(self.id, "answer")
