"""What a context implements to offer a long operation on a venue, and the news of operations."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from core.shared.errors import DomainError
from ports.events import Event

type Values = Mapping[str, object]
"""What a JSON object holds: strings, numbers, booleans, None, lists and objects of these. It is stored as JSON."""


class ParamsRefusedError(DomainError):
    """The parameters cannot be accepted; `problems` points into `params`, such as `/params/planIds/0`."""

    code: ClassVar[str] = "operations.params_refused"


class OperationStoppedError(Exception):
    """The step must end now, and let this pass: another worker has the operation, or goes on from the cursor."""


class CancelAskedError(OperationStoppedError):
    """Somebody asked to cancel, and the step may be cut between two of its parts."""


@dataclass(frozen=True, slots=True)
class StepSpec:
    """A step by its name, which is stored with each operation and never changes its meaning.

    A step that `compensates` is undone, the last one first, when its operation is cancelled or fails for good; also
    when it was only begun. One that `may_be_cut` ends between two reports when somebody asks to cancel; others are
    done to their end first.
    """

    name: str
    compensates: bool = False
    may_be_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRequest:
    """Which operation is asked for: `params` are what `OperationType.parse` made of them. An owner or manager asks."""

    tenant_id: UUID
    venue_id: UUID
    account_id: UUID
    params: Values


class StepReports(Protocol):
    """Where a step tells how far it has come."""

    @abstractmethod
    async def report(self, done: int, total: int | None, cursor: Values | None) -> None:
        """Store it, and keep the operation for this worker; see `StepContext.report`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext(OperationRequest):
    """What a step has to work with: `results` of the steps before, by their names, and its own `cursor`.

    The cursor is what the last `report` of this step stored, by this worker or one that died; None at the beginning,
    and when a step is undone, unless an earlier try of undoing it reported one. `fence` is greater for each worker than
    for those before it: what keeps the greatest that it has seen can refuse a worker that slept and lost the operation.
    """

    operation_id: UUID
    results: Mapping[str, Values]
    cursor: Values | None
    reports: StepReports
    fence: int = 0

    async def report(self, done: int, total: int | None = None, cursor: Values | None = None) -> None:
        """Tell that `done` pieces of `total` are done, and that a try after this one goes on at `cursor`.

        Report after each batch, with all that the batch did stored already. Raises OperationStoppedError when another
        worker has taken the operation over, or when it is others' turn (only where there is a cursor to go on from),
        and CancelAskedError; the step lets both pass. A step that reports nothing keeps its operation as well.
        """
        await self.reports.report(done, total, cursor)


class OperationType(Protocol):
    """A kind of long operation, offered by the context whose things it changes.

    Every step is SAFE TO REPEAT at any point: a worker may die after any of its writes, and for a moment two workers
    may be in the same step, the first of which has lost the operation and learns of it with its next report. So each
    write of a step is conditional (on a version, on what is not there yet, on an inbox entry of the operation's id),
    and repeating what is done changes nothing.

    A DomainError of a step is its last word: the operation fails, and is resumed by people. StaleVersionError and every
    other exception is tried again after a pause, five times without new progress.
    """

    name: ClassVar[str]
    steps: ClassVar[tuple[StepSpec, ...]]

    @abstractmethod
    def parse(self, params: Values) -> Values:
        """Return the parameters in the form that is stored; raises ParamsRefusedError. Asks nobody."""

    @abstractmethod
    async def preview(self, request: OperationRequest) -> Values | None:
        """Return what the operation would do, and change nothing; None for a type that cannot tell.

        Raises DomainError for what would make it fail.
        """

    async def admit(self, request: OperationRequest) -> None:
        """Raise DomainError for what need not even begin; it may have changed when the first step is done."""
        del request

    @abstractmethod
    async def run(self, step: str, context: StepContext) -> Values:
        """Do a step, and return its result, which later steps and people see. Keep it small: it is one JSON value."""

    @abstractmethod
    async def compensate(self, step: str, context: StepContext) -> None:
        """Undo a step that compensates, whether it was done, or begun and not done. Safe to repeat as well."""


class OperationCompleted(Event, frozen=True, kw_only=True):
    """Every step of a long operation is done."""

    event_type: ClassVar[str] = "operations.operation.completed"

    operation_id: UUID
    venue_id: UUID
    type: str
    started_by: UUID


class OperationFailed(Event, frozen=True, kw_only=True):
    """A long operation failed, and what could be undone was; people may resume it. `error` says why."""

    event_type: ClassVar[str] = "operations.operation.failed"

    operation_id: UUID
    venue_id: UUID
    type: str
    started_by: UUID
    error: str


class OperationCancelled(Event, frozen=True, kw_only=True):
    """A long operation was cancelled, and what could be undone was."""

    event_type: ClassVar[str] = "operations.operation.cancelled"

    operation_id: UUID
    venue_id: UUID
    type: str
    started_by: UUID
