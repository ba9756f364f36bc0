"""Renew a session."""

from dataclasses import dataclass
from typing import assert_never

from core.identity.access import fan_access
from core.identity.errors import InvalidTokenError, RefreshReusedError
from core.identity.sessions import RefreshToken, RefreshVerdict, digest_of, judge_refresh
from ports.clock import Clock
from ports.identity import IdentityTransactions, RefreshSecrets, TokenSigner
from ports.ids import IdSource
from usecases.identity.grants import Grant, grant_of


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Open to whoever holds the session's newest refresh token, which is spent by this.

    Of two calls with the same token one renews the session and the other ends it, for one of the two has a copy.
    """

    identity: IdentityTransactions
    signer: TokenSigner
    secrets: RefreshSecrets
    ids: IdSource
    clock: Clock

    async def __call__(self, refresh_token: str) -> Grant:
        """Return new tokens; raises InvalidTokenError, and RefreshReusedError once for a spent token."""
        now = self.clock.now()
        successor = self.secrets.new()
        async with self.identity.begin() as tx:
            found = await tx.refreshes.lock(digest_of(refresh_token))
            if found is None:
                raise InvalidTokenError("The refresh token is not valid.")
            family, token = found
            verdict = judge_refresh(family, token, now=now)
            if verdict is RefreshVerdict.ROTATE:
                issued = RefreshToken.issued(successor, family_id=family.id, now=now)
                await tx.refreshes.rotate(token.spent(now=now), issued)
            elif verdict is RefreshVerdict.REUSED:
                await tx.refreshes.revoke(family.id, at=now)
        # Only now, after the commit, is a refusal raised: inside the block it would undo the end of the family.
        match verdict:
            case RefreshVerdict.ROTATE:
                claims = fan_access(
                    token_id=self.ids.new(), account_id=family.account_id, now=now, session_id=family.id
                )
                return await grant_of(claims, signer=self.signer, refresh_token=successor)
            case RefreshVerdict.REUSED:
                raise RefreshReusedError("This refresh token was used before; the session has ended, log in again.")
            case RefreshVerdict.DEAD:
                raise InvalidTokenError("The refresh token is not valid.")
            case _:
                assert_never(verdict)
