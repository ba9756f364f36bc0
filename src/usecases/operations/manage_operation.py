"""Look at operations, cancel them, and go on with those that failed."""

from dataclasses import dataclass

from core.operations.log import LogLine, What
from core.operations.operation import Operation
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import OperationId
from ports.clock import Clock
from ports.ids import IdSource
from ports.operations import OperationQuery, OperationTransactions
from ports.paging import Page, PageRequest
from ports.published.venues import VenuesApi
from usecases.operations.announcements import announce_end


@dataclass(frozen=True, slots=True)
class ReadOperations:
    """Managers and owners only; every method raises ForbiddenError for others."""

    operations: OperationTransactions
    venues: VenuesApi

    async def one(self, operation_id: OperationId, *, caller: Caller) -> Operation:
        """Return an operation as it stands; raises OperationNotFoundError."""
        caller.must_be_one_of(MANAGERS)
        async with self.operations.begin(caller.tenant_id) as tx:
            return await tx.operations.get(operation_id)

    async def page(self, page: PageRequest, query: OperationQuery, *, caller: Caller) -> Page[Operation]:
        """Return operations of a venue, those that are over too, the first begun first.

        Raises RefusedError for a venue that is not there.
        """
        caller.must_be_one_of(MANAGERS)
        async with self.operations.begin(caller.tenant_id) as tx:
            found = await tx.operations.page(page, query)
        if not found.items and page.after is None:
            await self.venues.venue(tenant_id=caller.tenant_id, venue_id=query.venue_id)
        return found

    async def log(self, operation_id: OperationId, page: PageRequest, *, caller: Caller) -> Page[LogLine]:
        """Return who did what to an operation, the oldest first; raises OperationNotFoundError."""
        caller.must_be_one_of(MANAGERS)
        async with self.operations.begin(caller.tenant_id) as tx:
            await tx.operations.get(operation_id)
            return await tx.operations.lines(operation_id, page)


@dataclass(frozen=True, slots=True)
class CancelOperation:
    """Open to managers and owners."""

    operations: OperationTransactions
    clock: Clock
    ids: IdSource

    async def __call__(self, operation_id: OperationId, *, caller: Caller) -> Operation:
        """Return the operation, which ends after what is under way, and then undoes what can be undone.

        Raises ForbiddenError, OperationNotFoundError, OperationOverError. Asking twice is asking once.
        """
        caller.must_be_one_of(MANAGERS)
        now = self.clock.now()
        async with self.operations.begin(caller.tenant_id) as tx:
            before = await tx.operations.locked(operation_id)
            asked = before.cancel_asked(now)
            if asked is before:
                return before
            await tx.operations.save(asked)
            line = LogLine(
                id=self.ids.new(),
                operation_id=operation_id,
                what=What.CANCEL_ASKED,
                at=now,
                account_id=caller.account_id,
            )
            await tx.operations.log(line)
            await announce_end(tx, asked, id=self.ids.new(), now=now)
        return asked


@dataclass(frozen=True, slots=True)
class ResumeOperation:
    """Open to managers and owners."""

    operations: OperationTransactions
    clock: Clock
    ids: IdSource

    async def __call__(self, operation_id: OperationId, *, caller: Caller) -> Operation:
        """Return the failed operation, which goes on from its last checkpoint, or with undoing where that failed.

        Raises ForbiddenError, OperationNotFoundError, NotResumableError, and OperationBusyError while another one of
        the type is live at the venue.
        """
        caller.must_be_one_of(MANAGERS)
        now = self.clock.now()
        async with self.operations.begin(caller.tenant_id) as tx:
            resumed = (await tx.operations.locked(operation_id)).resumed(now)
            await tx.operations.save(resumed)
            line = LogLine(
                id=self.ids.new(), operation_id=operation_id, what=What.RESUMED, at=now, account_id=caller.account_id
            )
            await tx.operations.log(line)
        return resumed
