"""Work on the operations that wait for it."""

import asyncio
import logging
from dataclasses import dataclass

from core.shared.errors import UnavailableError
from ports.clock import Clock
from ports.operations import DueOperation, DueOperations
from usecases.operations.run_operation import RunOperation

OPERATIONS_MAX = 4
"""Operations that one worker has under way at a time."""

_LOG = logging.getLogger("fairseat.operations")


@dataclass(frozen=True, slots=True)
class RunOperations:
    """Done by the worker, across tenants: each operation that is free has its turn, some at the same time."""

    due: DueOperations
    run: RunOperation
    clock: Clock

    async def __call__(self) -> int:
        """Return how much was done; an operation that cannot be worked on is left until its lease is over."""
        free = await self.due.free(now=self.clock.now(), operations_max=OPERATIONS_MAX)
        return sum(await asyncio.gather(*(self._turn(each) for each in free)))

    async def _turn(self, due: DueOperation) -> int:
        try:
            return await self.run(due.tenant_id, due.operation_id)
        except UnavailableError as error:
            _LOG.warning("operation %s waits: %s", due.operation_id, error)
            return 0
