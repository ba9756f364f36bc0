"""Ask to be forgotten."""

from dataclasses import dataclass
from datetime import datetime

from core.shared.errors import Problem
from core.shared.ids import DataRequestId
from core.shared.time import spoken
from core.users.data_requests import DataRequest, RequestKind
from core.users.errors import PassesToComeError
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.admission_persons import PassesOfPersonApi
from ports.published.identity import IdentityApi, PersonsApi, VerifiedToken
from ports.published.users import ErasureRequested
from ports.users import UserTransaction, UserTransactions
from usecases.users.person import person_behind


@dataclass(frozen=True, slots=True)
class AskForErasure:
    """For each person, about themselves, with their password. It cannot be taken back."""

    users: UserTransactions
    identity: IdentityApi
    persons: PersonsApi
    passes: PassesOfPersonApi
    ids: IdSource
    clock: Clock

    async def __call__(
        self,
        bearer: VerifiedToken,
        *,
        password: str,
        give_up_passes: bool,
        totp_code: str | None = None,
        address: str | None = None,
    ) -> DataRequest:
        """Return the request; one that was made before stays the only one.

        Raises AccountOfPersonNeededError, PassesToComeError, LinkUnavailableError, and RefusedError as
        `PersonsApi.confirm_erasure` does. Passes are asked for first, so that no code is spent in vain.
        """
        account_id = person_behind(bearer)
        async with self.users.begin(account_id) as tx:
            found = await tx.requests.newest(RequestKind.ERASURE)
        if found is not None:
            return found
        to_come = await self.passes.passes_to_come(account_id=account_id)
        if to_come and not give_up_passes:
            problems = [
                Problem("/giveUpPasses", f"{each.event_title}, {spoken(each.event_starts_at)}") for each in to_come
            ]
            raise PassesToComeError(
                "You have passes for events to come, which nobody can reach any more then; say giveUpPasses.", problems
            )
        await self.persons.confirm_erasure(
            account_id=account_id, password=password, totp_code=totp_code, address=address
        )
        email = await self.identity.email_of(account_id=account_id)
        now = self.clock.now()
        request = DataRequest.begun(
            DataRequestId(self.ids.new()),
            account_id=account_id,
            kind=RequestKind.ERASURE,
            email=email.lower() if email is not None else None,
            now=now,
        )
        async with self.users.begin(account_id) as tx:
            if not await tx.requests.add(request):
                return await tx.requests.newest(RequestKind.ERASURE) or request
            await ask_services_to_forget(tx, request, at=now)
        return request


async def ask_services_to_forget(tx: UserTransaction, request: DataRequest, *, at: datetime) -> None:
    """Ask every service to forget the person."""
    event = ErasureRequested(request_id=request.id, account_id=request.account_id, email=request.email)
    await tx.outbox.add(event, subject=request.account_id, at=at)
