"""End the passes that somebody leaves behind."""

from dataclasses import dataclass

from core.admission.passes import GIVEN_UP, PassStatus
from core.shared.ids import AccountId, PassId, TenantId
from ports.admission import AdmissionTransactions, PassesOfPerson
from ports.clock import Clock
from usecases.admission.announcements import tell_stopped

_AT_ONCE_MAX = 100


@dataclass(frozen=True, slots=True)
class GiveUpPasses:
    """For the erasure of a person, who was told of these passes; else whoever has a code could enter with it.

    Safe to repeat. A pass that is offered stays: what was ordered of it goes its way, and what was not is taken off the
    market at the same time, so that the second look of the erasure finds it free. The place stays sold.
    """

    admission: AdmissionTransactions
    persons: PassesOfPerson
    clock: Clock

    async def __call__(self, account_id: AccountId) -> int:
        """Return how many passes ended; raises StoreUnavailableError."""
        ended = 0
        while found := await self.persons.left_behind(account_id, now=self.clock.now(), passes_max=_AT_ONCE_MAX):
            some = sum([await self._end(tenant_id, pass_id, account_id) for tenant_id, pass_id in found])
            if not some:  # offered, ended or handed over since they were found
                break
            ended += some
        return ended

    async def _end(self, tenant_id: TenantId, pass_id: PassId, account_id: AccountId) -> bool:
        now = self.clock.now()
        async with self.admission.begin(tenant_id) as tx:
            found = await tx.passes.lock(pass_id)
            if found is None or found.account_id != account_id or found.offer is not None:
                return False
            if found.status is PassStatus.VOID:
                return False
            await tx.passes.save(found.voided(at=now, reason=GIVEN_UP))
            await tell_stopped(tx, found.order_id, [found.id], reason=GIVEN_UP, over=True, at=now)
        return True
