"""See and end one's sessions."""

from dataclasses import dataclass
from uuid import UUID

from core.identity.errors import SessionNotFoundError
from core.identity.sessions import LiveSession
from ports.clock import Clock
from ports.identity import IdentityTransactions
from ports.paging import Page, PageRequest
from ports.published.identity import VerifiedToken
from usecases.identity.grants import account_behind


@dataclass(frozen=True, slots=True)
class ListSessions:
    """For the signed-in account."""

    identity: IdentityTransactions
    clock: Clock

    async def __call__(self, bearer: VerifiedToken, page: PageRequest) -> Page[LiveSession]:
        """Return the sessions that can be renewed, the newest first; raises AccountNeededError."""
        account_id = account_behind(bearer)
        async with self.identity.begin(account_id=account_id) as tx:
            return await tx.refreshes.live_of(account_id, page, now=self.clock.now())


@dataclass(frozen=True, slots=True)
class EndSession:
    """For the signed-in account. Access tokens that are out stay good until they expire, at most 15 minutes."""

    identity: IdentityTransactions
    clock: Clock

    async def __call__(self, bearer: VerifiedToken, session_id: UUID) -> None:
        """End one of the account's sessions; raises AccountNeededError and SessionNotFoundError."""
        account_id = account_behind(bearer)
        async with self.identity.begin(account_id=account_id) as tx:
            if not await tx.refreshes.end(account_id, session_id, at=self.clock.now()):
                raise SessionNotFoundError("There is no such session, or it is over.")
