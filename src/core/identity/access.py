"""Access tokens as values: what is said of an account, and for how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.shared.callers import Role
from core.shared.ids import AccountId, TenantId

ACCESS_TTL = timedelta(minutes=15)
"""A role that is taken away still counts for at most this long, since tokens are not looked up."""

GUEST_TTL = timedelta(hours=2)
"""Long enough to buy; a guest has no refresh token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What one access token says. `tenant_id` and `role` stand only together, in a staff token.

    `session_id` is the session that it came from; a guest's came from none.
    """

    token_id: UUID
    account_id: AccountId
    issued_at: datetime
    expires_at: datetime
    tenant_id: TenantId | None = None
    role: Role | None = None
    guest: bool = False
    session_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.tenant_id is None) != (self.role is None):
            raise ValueError("a staff token has both a tenant and a role, any other token has neither")
        if self.guest and self.role is not None:
            raise ValueError("a guest is no member of an organisation")
        if self.expires_at <= self.issued_at:
            raise ValueError("a token ends after it begins")


def fan_access(*, token_id: UUID, account_id: AccountId, now: datetime, session_id: UUID | None = None) -> AccessClaims:
    """Return the claims of a signed-in account that acts for itself."""
    return AccessClaims(
        token_id=token_id, account_id=account_id, issued_at=now, expires_at=now + ACCESS_TTL, session_id=session_id
    )


def guest_access(*, token_id: UUID, account_id: AccountId, now: datetime) -> AccessClaims:
    """Return the claims of a guest, whose account id was made for this token alone and has no account."""
    expires_at = now + GUEST_TTL
    return AccessClaims(token_id=token_id, account_id=account_id, issued_at=now, expires_at=expires_at, guest=True)


def staff_access(
    *,
    token_id: UUID,
    account_id: AccountId,
    tenant_id: TenantId,
    role: Role,
    now: datetime,
    session_id: UUID | None = None,
) -> AccessClaims:
    """Return the claims of a member who acts in one organisation."""
    return AccessClaims(
        token_id=token_id,
        account_id=account_id,
        issued_at=now,
        expires_at=now + ACCESS_TTL,
        tenant_id=tenant_id,
        role=role,
        session_id=session_id,
    )
