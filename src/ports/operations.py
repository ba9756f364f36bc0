"""Where operations are kept, and what finds those that are to be worked on."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.operations.log import LogLine
from core.operations.operation import Noted, Operation, OperationStatus
from core.shared.ids import OperationId, TenantId, VenueId
from ports.events import Outbox
from ports.paging import Page, PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationQuery:
    """Operations of a venue; of all types and statuses where none is named."""

    venue_id: VenueId
    type: str | None = None
    status: OperationStatus | None = None


class OperationStore(Protocol):
    """The operations of the transaction's tenant; another tenant's are not there. A lock lasts until its end."""

    @abstractmethod
    async def add(self, operation: Operation) -> None:
        """Store a new operation.

        Raises OperationBusyError while one of the type is live at the venue, however many try at once. The transaction
        goes on after the error.
        """

    @abstractmethod
    async def get(self, operation_id: OperationId) -> Operation:
        """Return the operation; raises OperationNotFoundError."""

    @abstractmethod
    async def locked(self, operation_id: OperationId) -> Operation:
        """Return the operation and keep every other transaction from changing it; raises OperationNotFoundError."""

    @abstractmethod
    async def save(self, operation: Operation) -> None:
        """Store what people, or a worker that takes it, changed of an operation that was locked before.

        Raises OperationBusyError when it is live again and another one of the type is live at the venue.
        """

    @abstractmethod
    async def save_as(self, owner: UUID, operation: Operation) -> bool:
        """Store what its worker changed of an operation that was locked before.

        False, with nothing stored, unless the worker has the lease of the stored operation.
        """

    @abstractmethod
    async def note(self, operation_id: OperationId, noted: Noted, *, owner: UUID, now: datetime) -> Operation | None:
        """Store a step's progress and prolong the lease, as `Operation.noted` does, and return it as stored.

        None, with nothing stored, unless the worker has the lease.
        """

    @abstractmethod
    async def renew(self, operation_id: OperationId, *, owner: UUID, now: datetime) -> bool:
        """Prolong the lease; False, with nothing stored, unless the worker has it."""

    @abstractmethod
    async def page(self, page: PageRequest, query: OperationQuery) -> Page[Operation]:
        """Return operations, the first begun first."""

    @abstractmethod
    async def log(self, line: LogLine) -> None:
        """Add a line to the history of an operation; lines are never changed."""

    @abstractmethod
    async def lines(self, operation_id: OperationId, page: PageRequest) -> Page[LogLine]:
        """Return the history of an operation, the oldest line first."""


class OperationTransaction(Protocol):
    """One transaction of one tenant."""

    @property
    def operations(self) -> OperationStore: ...
    @property
    def outbox(self) -> Outbox: ...


class OperationTransactions(Protocol):
    """Opens transactions on the operations of a tenant."""

    @abstractmethod
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[OperationTransaction]:
        """Commit when the block ends and roll back when it raises; nothing else commits.

        Raises StoreUnavailableError when the store cannot be reached.
        """


@dataclass(frozen=True, slots=True)
class DueOperation:
    """An operation that a worker may take."""

    tenant_id: TenantId
    operation_id: OperationId


@dataclass(frozen=True, slots=True)
class OperationBacklog:
    """How the operations stand that are not over: counts of them, and of the pieces of their current steps.

    `untouched_s` is for how long nobody has worked on one that a worker may take, and 0 where there is none.
    """

    pending: int
    in_progress: int
    done: int
    total: int
    untouched_s: float


class DueOperations(Protocol):
    """The worker's view, across tenants. It decides nothing: taking the operation does, under its lock."""

    @abstractmethod
    async def free(self, *, now: datetime, operations_max: int) -> Sequence[DueOperation]:
        """Return live operations that nobody works on and that do not wait for a time, the longest untouched first."""

    @abstractmethod
    async def backlog(self, *, now: datetime) -> OperationBacklog:
        """Return how those stand that are not over."""
