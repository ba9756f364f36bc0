"""Start a long operation on a venue, or see what it would do."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.operations.errors import NoPreviewError
from core.operations.log import LogLine, What
from core.operations.operation import Operation
from core.operations.progress import Progress
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import OperationId, VenueId
from ports.clock import Clock
from ports.ids import IdSource
from ports.operations import OperationTransactions
from ports.published.operations import OperationRequest, OperationType
from ports.published.venues import VenuesApi
from usecases.operations.types import OperationTypes


@dataclass(frozen=True, slots=True)
class StartOperation:
    """Open to managers and owners. A worker does the rest."""

    operations: OperationTransactions
    types: OperationTypes
    venues: VenuesApi
    clock: Clock
    ids: IdSource

    async def __call__(
        self, venue_id: VenueId, type: str, params: Mapping[str, object], *, caller: Caller
    ) -> Operation:
        """Return the operation, which is pending.

        Raises ForbiddenError, UnknownTypeError, ParamsRefusedError, RefusedError for a venue that is not there, what
        the type refuses before it begins, and OperationBusyError while one of the type is live at the venue.
        """
        kind, request = await self._asked(venue_id, type, params, caller)
        await kind.admit(request)
        now = self.clock.now()
        operation = Operation(
            id=OperationId(self.ids.new()),
            venue_id=venue_id,
            type=kind.name,
            params=request.params,
            steps=tuple(step.name for step in kind.steps),
            started_by=caller.account_id,
            created_at=now,
            updated_at=now,
            progress=Progress.starting(now),
            checkpoints={},
        )
        async with self.operations.begin(caller.tenant_id) as tx:
            await tx.operations.add(operation)
            line = LogLine(
                id=self.ids.new(),
                operation_id=operation.id,
                what=What.STARTED,
                at=now,
                account_id=caller.account_id,
            )
            await tx.operations.log(line)
        return operation

    async def preview(
        self, venue_id: VenueId, type: str, params: Mapping[str, object], *, caller: Caller
    ) -> Mapping[str, object]:
        """Return what the operation would do; nothing is changed or stored.

        Raises as starting does, busy apart, NoPreviewError, and what would make the operation fail.
        """
        kind, request = await self._asked(venue_id, type, params, caller)
        preview = await kind.preview(request)
        if preview is None:
            raise NoPreviewError
        return preview

    async def _asked(
        self, venue_id: VenueId, type: str, params: Mapping[str, object], caller: Caller
    ) -> tuple[OperationType, OperationRequest]:
        caller.must_be_one_of(MANAGERS)
        kind = self.types.named(type)
        parsed = kind.parse(params)
        await self.venues.venue(tenant_id=caller.tenant_id, venue_id=venue_id)
        request = OperationRequest(
            tenant_id=caller.tenant_id, venue_id=venue_id, account_id=caller.account_id, params=parsed
        )
        return kind, request
