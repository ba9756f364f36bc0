"""Look at runs over the listings, and cancel one."""

from dataclasses import dataclass

from core.resale.market.evaluation import Evaluation, EvaluationFinding, EvaluationNotFoundError
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import EvaluationId
from ports.clock import Clock
from ports.paging import Page, PageRequest
from ports.resale import ResaleTransactions


@dataclass(frozen=True, slots=True)
class ReadEvaluations:
    """Managers only; every method raises ForbiddenError for others."""

    resale: ResaleTransactions
    clock: Clock

    async def page(self, page: PageRequest, *, caller: Caller) -> Page[Evaluation]:
        """Return runs, those that are over too, the first begun first."""
        caller.must_be_one_of(MANAGERS)
        async with self.resale.begin(caller.tenant_id) as tx:
            return await tx.evaluations.page(page)

    async def one(self, evaluation_id: EvaluationId, *, caller: Caller) -> Evaluation:
        """Return a run as it stands; raises EvaluationNotFoundError."""
        caller.must_be_one_of(MANAGERS)
        async with self.resale.begin(caller.tenant_id) as tx:
            return _there(await tx.evaluations.get(evaluation_id))

    async def findings(
        self, evaluation_id: EvaluationId, page: PageRequest, *, caller: Caller
    ) -> Page[EvaluationFinding]:
        """Return the listings that a run changed, or would, in the order of their ids; raises as the above."""
        caller.must_be_one_of(MANAGERS)
        async with self.resale.begin(caller.tenant_id) as tx:
            _there(await tx.evaluations.get(evaluation_id))
            return await tx.evaluations.findings(evaluation_id, page)

    async def cancel(self, evaluation_id: EvaluationId, *, caller: Caller) -> Evaluation:
        """End a run where it stands; what it did stays done. Raises EvaluationNotFoundError, EvaluationOverError."""
        caller.must_be_one_of(MANAGERS)
        async with self.resale.begin(caller.tenant_id) as tx:
            run = _there(await tx.evaluations.locked(evaluation_id))
            cancelled = run.cancelled(self.clock.now())
            await tx.evaluations.save(cancelled)
        return cancelled


def _there(run: Evaluation | None) -> Evaluation:
    if run is None:
        raise EvaluationNotFoundError
    return run
