"""Work on an operation, from wherever it stands."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import override

import msgspec

from core.operations.operation import Noted, Operation, OperationStatus
from core.shared.errors import DomainError, StaleVersionError
from core.shared.ids import OperationId, TenantId
from ports.clock import Clock
from ports.ids import IdSource
from ports.operations import OperationTransactions
from ports.published.operations import (
    CancelAskedError,
    OperationStoppedError,
    OperationType,
    StepContext,
    StepReports,
    Values,
)
from ports.stores import StoreUnavailableError
from usecases.operations.turn import Turn
from usecases.operations.types import OperationTypes

TURN = timedelta(seconds=5)
"""How long an operation is worked on before others have their turn; a step is left only where it has a cursor."""

RESULT_BYTES_MAX = 1_000_000
"""How large the result of a step is at most, as JSON."""

RENEW_S = 10.0
"""How often the lease is prolonged while a step reports nothing: twice before it ends."""

_LOG = logging.getLogger("fairseat.operations")


class _TurnOverError(OperationStoppedError):
    """It is others' turn; the step goes on later."""


@dataclass(frozen=True, slots=True)
class RunOperation:
    """Done by the worker. Any number may try at once: one has the lease, and whoever lost it can write nothing more.

    Each step begins with its cursor and ends with its checkpoint, each in a transaction of its own, so that a worker
    that dies at any point leaves an operation that another goes on with when the lease is over.
    """

    operations: OperationTransactions
    types: OperationTypes
    clock: Clock
    ids: IdSource
    renew_s: float = RENEW_S

    async def __call__(self, tenant_id: TenantId, operation_id: OperationId) -> int:
        """Return how many steps were done or undone, at least 1 where there was a turn; 0 for none to take."""
        turn = Turn(self.operations, self.clock, self.ids, tenant_id, operation_id, self.ids.new())
        if not await turn.taken():
            return 0
        done = 1
        try:
            kind = self._kind_of(turn)
            if isinstance(kind, str):
                await turn.stranded(kind)
                return done
            with suppress(_TurnOverError):  # the step goes on later, from its cursor
                while await self._piece(kind, turn) and not turn.is_long_enough(TURN):
                    done += 1
            await turn.left()
        except OperationStoppedError as stopped:
            _LOG.warning("operation %s is another worker's by now: %s", operation_id, stopped)
        except asyncio.CancelledError:
            await _within_reason(turn.left())
            raise
        return done

    def _kind_of(self, turn: Turn) -> OperationType | str:
        """Return the type, or what is wrong with it."""
        operation = turn.operation
        kind = self.types.get(operation.type)
        if kind is None:
            return f"This version of Fairseat has no operations of the type {operation.type!r}."
        known = {spec.name for spec in kind.steps}
        wanted = operation.steps if operation.ending is not None or operation.is_cancelled_next else _to_do(operation)
        lost = [step for step in wanted if step not in known]
        if lost:
            return f"This version of Fairseat knows no step {lost[0]!r} of {operation.type!r}."
        return kind

    async def _piece(self, kind: OperationType, turn: Turn) -> bool:
        """Do or undo one step; False when there is nothing more to do in this turn."""
        compensating = frozenset(spec.name for spec in kind.steps if spec.compensates)
        operation = turn.operation
        if operation.is_cancelled_next:
            await turn.turned_back(OperationStatus.CANCELLED, compensating)
        elif operation.ending is not None:
            step = operation.step_to_undo(compensating)
            if step is None:
                await turn.undone_all()
            else:
                await self._undo(kind, step, turn, compensating)
        else:
            step = operation.next_step
            assert step is not None, "with its last step an operation is completed"
            await self._do(kind, step, turn, compensating)
        return turn.goes_on

    async def _do(self, kind: OperationType, step: str, turn: Turn, compensating: frozenset[str]) -> None:
        await turn.begun(step)
        may_be_cut = any(spec.name == step and spec.may_be_cut for spec in kind.steps)
        reports = _Reports(turn, may_be_cut=may_be_cut)
        try:
            result = _plain(await self._kept(turn, lambda: kind.run(step, _context(turn, reports))))
        except CancelAskedError:
            await turn.turned_back(OperationStatus.CANCELLED, compensating)
        except OperationStoppedError:
            raise
        except Exception as error:  # noqa: BLE001  (a step may fail in any way; it is recorded and tried again)
            await self._failed(turn, step, error, compensating)
        else:
            await turn.checkpointed(step, result)

    async def _undo(self, kind: OperationType, step: str, turn: Turn, compensating: frozenset[str]) -> None:
        await turn.begun_undoing(step)
        reports = _Reports(turn, may_be_cut=False)
        try:
            await self._kept(turn, lambda: kind.compensate(step, _context(turn, reports)))
        except OperationStoppedError:
            raise
        except Exception as error:  # noqa: BLE001  (undoing may fail in any way; it is recorded and tried again)
            await self._failed(turn, step, error, compensating)
        else:
            await turn.undone(step)

    async def _failed(self, turn: Turn, step: str, error: Exception, compensating: frozenset[str]) -> None:
        hopeless = isinstance(error, DomainError) and not isinstance(error, StaleVersionError)
        if isinstance(error, DomainError):
            message = error.message
        else:
            _LOG.error("step %s of operation %s failed", step, turn.operation.id, exc_info=error)
            message = f"{type(error).__name__}: {error}"
        stored = message.encode(errors="replace").decode().replace("\0", "")  # a text that every store can keep
        await turn.failed(step, stored, hopeless=hopeless, compensating=compensating)

    async def _kept[T](self, turn: Turn, work: Callable[[], Awaitable[T]]) -> T:
        """Return what the work returns, with the lease prolonged meanwhile; cut it off when the lease is lost."""
        working = asyncio.ensure_future(work())
        keeping = asyncio.create_task(_keep(turn, self.renew_s))
        try:
            await asyncio.wait([working, keeping], return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                raise OperationStoppedError("its lease was lost")
            return working.result()
        finally:
            for task in (working, keeping):
                task.cancel()
            await asyncio.gather(working, keeping, return_exceptions=True)


async def _keep(turn: Turn, every_s: float) -> None:
    """Return when the lease is lost. A store that is away for a while loses it only where another worker is faster."""
    while True:
        await asyncio.sleep(every_s)
        try:
            if not await turn.renewed():
                return
        except StoreUnavailableError as error:
            _LOG.warning("the lease of operation %s could not be prolonged: %s", turn.operation.id, error)


async def _within_reason(leaving: Awaitable[None]) -> None:
    """Give the operation back while the worker stops; where that fails, its lease ends by itself."""
    try:
        async with asyncio.timeout(_LEAVING_S):
            await leaving
    except (OperationStoppedError, StoreUnavailableError, TimeoutError) as error:
        _LOG.warning("an operation is given back when its lease ends: %s", error)


_LEAVING_S = 2.0


def _plain(result: Values) -> Values:
    """Return the result as it is stored; raises ValueError or TypeError for one that is not, before anything is."""
    text = msgspec.json.encode(result)
    if len(text) > RESULT_BYTES_MAX:
        raise ValueError(f"The result has {len(text)} bytes; at most {RESULT_BYTES_MAX} are stored.")
    return msgspec.json.decode(text, type=dict[str, object])


def _to_do(operation: Operation) -> tuple[str, ...]:
    return tuple(step for step in operation.steps if step not in operation.checkpoints)


def _context(turn: Turn, reports: StepReports) -> StepContext:
    operation = turn.operation
    results: Mapping[str, Values] = {step: point.result for step, point in operation.checkpoints.items()}
    return StepContext(
        tenant_id=turn.tenant_id,
        venue_id=operation.venue_id,
        account_id=operation.started_by,
        params=operation.params,
        operation_id=operation.id,
        results=results,
        cursor=operation.cursor,
        reports=reports,
        fence=turn.fence,
    )


@dataclass(frozen=True, slots=True)
class _Reports(StepReports):
    """The reports of one try of a step."""

    turn: Turn
    may_be_cut: bool

    @override
    async def report(self, done: int, total: int | None, cursor: Values | None) -> None:
        await self.turn.noted(Noted(done, total, cursor))
        if self.may_be_cut and self.turn.operation.is_cancelled_next:
            raise CancelAskedError("somebody asked to cancel")
        if cursor is not None and self.turn.is_long_enough(TURN):
            raise _TurnOverError("it is others' turn")
