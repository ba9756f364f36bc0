"""Buy without an account."""

from dataclasses import dataclass

from core.identity.access import guest_access
from core.shared.ids import AccountId
from ports.clock import Clock
from ports.identity import TokenSigner
from ports.ids import IdSource
from usecases.identity.grants import Grant, grant_of


@dataclass(frozen=True, slots=True)
class IssueGuestToken:
    """Open to everyone. A guest is an account id that lives in the token alone; nothing is stored."""

    signer: TokenSigner
    ids: IdSource
    clock: Clock

    async def __call__(self) -> Grant:
        """Return an access token for a guest that never was before."""
        claims = guest_access(token_id=self.ids.new(), account_id=AccountId(self.ids.new()), now=self.clock.now())
        return await grant_of(claims, signer=self.signer)
