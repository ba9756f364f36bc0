"""PassesOfPersonApi within one process."""

from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.shared.ids import AccountId
from ports.admission import PassesOfPerson
from ports.clock import Clock
from ports.published.admission_persons import PassesOfPersonApi, PassToCome

_PASSES_MAX = 100


class InProcessPassesOfPerson(PassesOfPersonApi):
    """Asks the store; there is no rule about it."""

    def __init__(self, passes: PassesOfPerson, clock: Clock) -> None:
        self._passes = passes
        self._clock = clock

    @override
    async def passes_to_come(self, *, account_id: UUID) -> tuple[PassToCome, ...]:
        async with refusals_translated():
            found = await self._passes.to_come(AccountId(account_id), now=self._clock.now(), passes_max=_PASSES_MAX)
        return tuple(
            PassToCome(pass_id=each.id, event_title=each.event.title, event_starts_at=each.event.starts_at)
            for each in found
        )
