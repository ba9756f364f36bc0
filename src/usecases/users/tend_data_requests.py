"""Ask late services again, and all of them once more after an erasure; delete copies whose days are over."""

from dataclasses import dataclass

from core.shared.ids import AccountId, DataRequestId
from core.users.data_requests import RequestKind
from ports.clock import Clock
from ports.users import DueRequests, UserTransactions
from usecases.users.ask_for_erasure import ask_services_to_forget
from usecases.users.ask_for_export import ask_services

_REQUESTS_MAX = 100


@dataclass(frozen=True, slots=True)
class TendDataRequests:
    """Background work; several workers may do it at once, since each request is looked at again under its lock."""

    users: UserTransactions
    due: DueRequests
    clock: Clock

    async def __call__(self) -> int:
        """Return how many requests something was done about."""
        found = await self.due.due(now=self.clock.now(), requests_max=_REQUESTS_MAX)
        return sum([await self._tend(account_id, request_id) for account_id, request_id in found])

    async def _tend(self, account_id: AccountId, request_id: DataRequestId) -> bool:
        now = self.clock.now()
        async with self.users.begin(account_id) as tx:
            request = await tx.requests.get(request_id)
            if request is None or request.due_at is None or request.due_at > now:
                return False
            if request.kind is RequestKind.ERASURE:
                await tx.requests.save(request.asked_again(now) if request.is_open else request.looked_at_again(now))
                await ask_services_to_forget(tx, request, at=now)
            elif request.is_open:
                await tx.requests.save(request.asked_again(now))
                await ask_services(tx, request, at=now)
            else:
                await tx.requests.keep_bundle(request_id, None)
                await tx.requests.save(request.expired())
        return True
