"""One worker's turn at an operation: everything that it writes, for as long as it has the lease."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from core.operations.errors import OperationNotFoundError
from core.operations.log import LogLine, What
from core.operations.operation import Noted, Operation, OperationStatus, Values
from core.shared.ids import OperationId, TenantId
from ports.clock import Clock
from ports.ids import IdSource
from ports.operations import OperationTransactions
from ports.published.operations import OperationStoppedError
from usecases.operations.announcements import announce_end

_LOST = "its lease was lost"


class Turn:
    """Every method raises OperationStoppedError, and has written nothing, when the lease is another's by now.

    `operation` is as this worker stored it last, and `fence` the version in which it took it. Each change is decided on
    the operation as it stands under a lock, so that what people asked for meanwhile is not forgotten.
    """

    def __init__(
        self,
        operations: OperationTransactions,
        clock: Clock,
        ids: IdSource,
        tenant_id: TenantId,
        operation_id: OperationId,
        owner: UUID,
    ) -> None:
        self.tenant_id = tenant_id
        self.began_at = clock.now()
        self.operation: Operation
        self.fence = 0
        self._operations = operations
        self._clock = clock
        self._ids = ids
        self._id = operation_id
        self._owner = owner

    @property
    def goes_on(self) -> bool:
        """Tell whether there is something more to do at once."""
        return self.operation.is_of(self._owner)

    def is_long_enough(self, turn: timedelta) -> bool:
        """Tell whether others should have their turn."""
        return self._clock.now() - self.began_at >= turn

    async def taken(self) -> bool:
        """Take the operation; False when there is nothing to take."""
        now = self._clock.now()
        async with self._operations.begin(self.tenant_id) as tx:
            try:
                found = await tx.operations.locked(self._id)
            except OperationNotFoundError:
                return False
            if not found.is_free(now):
                return False
            operation = found.taken(self._owner, now)
            await tx.operations.save(operation)
            if found.lease is not None or found.status is OperationStatus.PENDING:
                detail = "" if found.lease is None else "The worker before did not come back."
                await tx.operations.log(self._line(What.TAKEN, now, detail=detail))
        self.operation, self.fence = operation, operation.version
        return True

    async def left(self) -> None:
        """Let any worker go on at once; nothing for an operation that is over, or waits for its next try."""
        if self.goes_on:
            await self._change(lambda operation, now: operation.left(now))

    async def begun(self, step: str) -> None:
        """Begin a step, or go on with it."""
        await self._change(lambda operation, now: operation.begun(step, now))

    async def begun_undoing(self, step: str) -> None:
        """Begin to undo a step, or go on with that."""
        await self._change(lambda operation, now: operation.begun(step, now))

    async def checkpointed(self, step: str, result: Values) -> None:
        """Store that the step is done."""
        await self._change(
            lambda operation, now: operation.checkpointed(step, result, self._owner, now), What.STEP_DONE, step=step
        )

    async def undone(self, step: str) -> None:
        """Store that the step is undone."""
        await self._change(lambda operation, now: operation.undone(step, self._owner, now), What.STEP_UNDONE, step=step)

    async def undone_all(self) -> None:
        """End an operation with nothing left to undo."""
        await self._change(lambda operation, now: operation.undone_all(now))

    async def turned_back(self, ending: OperationStatus, compensating: frozenset[str]) -> None:
        """Undo from now on."""
        await self._change(
            lambda operation, now: operation.turned_back(ending, now, compensating=compensating),
            What.TURNED_BACK,
            detail=ending.value,
        )

    async def failed(self, step: str, message: str, *, hopeless: bool, compensating: frozenset[str]) -> None:
        """Store that the step failed: it waits for its next try, or the operation ends."""
        await self._change(
            lambda operation, now: operation.failed_try(
                f"{step}: {message}", now, hopeless=hopeless, compensating=compensating
            ),
            What.STEP_FAILED,
            step=step,
            detail=message,
        )

    async def stranded(self, message: str) -> None:
        """Store that nobody knows how to go on."""
        await self._change(lambda operation, now: operation.stranded(message, now))

    async def noted(self, noted: Noted) -> None:
        """Store a step's progress and prolong the lease, in one statement."""
        async with self._operations.begin(self.tenant_id) as tx:
            after = await tx.operations.note(self._id, noted, owner=self._owner, now=self._clock.now())
        if after is None:
            raise OperationStoppedError(_LOST)
        self.operation = after

    async def renewed(self) -> bool:
        """Prolong the lease; False when it is another's by now."""
        async with self._operations.begin(self.tenant_id) as tx:
            return await tx.operations.renew(self._id, owner=self._owner, now=self._clock.now())

    async def _change(
        self,
        change: Callable[[Operation, datetime], Operation],
        what: What | None = None,
        *,
        step: str | None = None,
        detail: str = "",
    ) -> None:
        now = self._clock.now()
        async with self._operations.begin(self.tenant_id) as tx:
            stored = await tx.operations.locked(self._id)
            if not stored.is_of(self._owner):
                raise OperationStoppedError(_LOST)
            after = change(stored, now)
            if not await tx.operations.save_as(self._owner, after):
                raise OperationStoppedError(_LOST)
            if what is not None:
                await tx.operations.log(self._line(what, now, step=step, detail=detail))
            await announce_end(tx, after, id=self._ids.new(), now=now)
        self.operation = after

    def _line(self, what: What, now: datetime, *, step: str | None = None, detail: str = "") -> LogLine:
        return LogLine(
            id=self._ids.new(), operation_id=self._id, what=what, at=now, step=step, detail=detail[:_DETAIL_LENGTH_MAX]
        )


_DETAIL_LENGTH_MAX = 1000
