"""What signing in gives, and who is behind a token."""

from dataclasses import dataclass, field

from core.identity.access import AccessClaims
from core.identity.errors import AccountNeededError
from core.shared.ids import AccountId
from ports.identity import TokenSigner
from ports.published.identity import VerifiedToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An access token, how long it is good in seconds, and for a session the refresh token that renews it once."""

    access_token: str = field(repr=False)
    expires_in_s: int
    refresh_token: str | None = field(default=None, repr=False)


async def grant_of(claims: AccessClaims, *, signer: TokenSigner, refresh_token: str | None = None) -> Grant:
    """Sign the claims."""
    return Grant(
        access_token=await signer.sign(claims),
        expires_in_s=int((claims.expires_at - claims.issued_at).total_seconds()),
        refresh_token=refresh_token,
    )


def account_behind(bearer: VerifiedToken) -> AccountId:
    """Return the account of the token; raises AccountNeededError for a guest and for an API key, which have none."""
    if bearer.scopes is not None:
        raise AccountNeededError("An API key cannot do this; sign in with an account.")
    if bearer.guest:
        raise AccountNeededError("A guest cannot do this; register an account first.")
    return AccountId(bearer.account_id)
