"""Get a copy of all that is kept about oneself."""

from dataclasses import dataclass
from datetime import datetime

from core.shared.ids import AccountId, DataRequestId
from core.users.data_requests import DataRequest, RequestKind, RequestStatus
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.identity import IdentityApi, VerifiedToken
from ports.published.users import ExportRequested
from ports.users import Bundle, UserTransaction, UserTransactions
from usecases.users.person import must_not_be_erased, person_behind


@dataclass(frozen=True, slots=True)
class Export:
    """How a copy stands; `bundle` is there when all of it is."""

    request: DataRequest
    bundle: Bundle | None


@dataclass(frozen=True, slots=True)
class AskForExport:
    """For each person, about themselves."""

    users: UserTransactions
    identity: IdentityApi
    ids: IdSource
    clock: Clock

    async def __call__(self, bearer: VerifiedToken, *, fresh: bool) -> Export:
        """Return the copy that is there or under way; begin one where none is, it is a day old, or `fresh` is asked.

        Raises AccountOfPersonNeededError, PersonErasedError, LinkUnavailableError.
        """
        account_id, now = person_behind(bearer), self.clock.now()
        async with self.users.begin(account_id) as tx:
            await must_not_be_erased(tx)
            found = await _usable(tx, now, fresh=fresh)
        if found is not None:
            return found
        address = await self.identity.email_of(account_id=account_id)
        email = address.lower() if address is not None else None
        async with self.users.begin(account_id) as tx:
            await must_not_be_erased(tx)
            request = DataRequest.begun(
                DataRequestId(self.ids.new()), account_id=account_id, kind=RequestKind.EXPORT, email=email, now=now
            )
            if not await tx.requests.add(request):  # somebody else began one meanwhile
                return Export(await tx.requests.newest(RequestKind.EXPORT) or request, None)
            await ask_services(tx, request, at=now)
        return Export(request, None)


async def ask_services(tx: UserTransaction, request: DataRequest, *, at: datetime) -> None:
    """Ask every service for a copy of what it keeps."""
    event = ExportRequested(request_id=request.id, account_id=request.account_id, email=request.email)
    await tx.outbox.add(event, subject=AccountId(request.account_id), at=at)


async def _usable(tx: UserTransaction, now: datetime, *, fresh: bool) -> Export | None:
    request = await tx.requests.newest(RequestKind.EXPORT)
    if request is None:
        return None
    if request.is_open:
        return Export(request, None)
    if fresh or request.status is not RequestStatus.DONE or not request.is_fresh(now):
        return None
    bundle = await tx.requests.bundle(request.id)
    return None if bundle is None else Export(request, bundle)
