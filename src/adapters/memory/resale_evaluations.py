"""Runs over the listings in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import override

from core.resale.market.evaluation import Evaluation, EvaluationFinding, EvaluationRunningError
from core.resale.market.listing import Listing
from core.resale.policies.settings import ORGANISATION, Target
from core.shared.ids import EvaluationId, ListingId, TenantId
from ports.paging import Page, PageRequest
from ports.resale.evaluations import DueEvaluation, DueEvaluations, EvaluationStore

type EvaluationRows = dict[EvaluationId, Evaluation]
type FindingRows = dict[tuple[EvaluationId, ListingId], EvaluationFinding]


class MemoryEvaluationStore(EvaluationStore):
    """The runs of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: EvaluationRows, findings: FindingRows) -> None:
        self._rows = rows
        self._findings = findings

    @override
    async def add(self, evaluation: Evaluation) -> None:
        other = await self.running(evaluation.target, preview=evaluation.preview)
        if other is not None:
            raise EvaluationRunningError(other.id)
        self._rows[evaluation.id] = evaluation

    @override
    async def get(self, evaluation_id: EvaluationId) -> Evaluation | None:
        return self._rows.get(evaluation_id)

    @override
    async def locked(self, evaluation_id: EvaluationId) -> Evaluation | None:
        return self._rows.get(evaluation_id)

    @override
    async def running(self, target: Target, *, preview: bool) -> Evaluation | None:
        found = (each for each in self._rows.values() if (each.target, each.preview) == (target, preview))
        return next((each for each in found if each.is_running), None)

    @override
    async def save(self, evaluation: Evaluation) -> None:
        self._rows[evaluation.id] = evaluation

    @override
    async def page(self, page: PageRequest) -> Page[Evaluation]:
        rest = [self._rows[each] for each in sorted(self._rows) if page.after is None or each > page.after]
        items = tuple(rest[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rest) > len(items) else None)

    @override
    async def note(self, evaluation_id: EvaluationId, finding: EvaluationFinding) -> None:
        self._findings.setdefault((evaluation_id, finding.listing_id), finding)

    @override
    async def findings(self, evaluation_id: EvaluationId, page: PageRequest) -> Page[EvaluationFinding]:
        of_run = sorted(listing_id for run_id, listing_id in self._findings if run_id == evaluation_id)
        rest = [each for each in of_run if page.after is None or each > page.after]
        items = tuple(self._findings[evaluation_id, each] for each in rest[: page.limit])
        return Page(items=items, next_after=items[-1].listing_id if len(rest) > len(items) else None)


class MemoryDueEvaluations(DueEvaluations):
    """The worker's view of the same rows."""

    def __init__(
        self,
        runs: Callable[[], Iterator[tuple[TenantId, Mapping[EvaluationId, Evaluation]]]],
        listings: Callable[[], Iterator[tuple[TenantId, Mapping[ListingId, Listing]]]],
    ) -> None:
        self._runs = runs
        self._listings = listings

    @override
    async def free(self, *, now: datetime, runs_max: int) -> Sequence[DueEvaluation]:
        found = [
            (each.updated_at, DueEvaluation(tenant_id, each.id))
            for tenant_id, rows in self._runs()
            for each in rows.values()
            if each.is_free(now)
        ]
        found.sort(key=lambda each: (each[0], each[1].tenant_id, each[1].evaluation_id))
        return [due for _, due in found[:runs_max]]

    @override
    async def tenants_behind(
        self, rulebook_version: str, *, after: TenantId | None, tenants_max: int
    ) -> Sequence[TenantId]:
        runs = dict(self._runs())
        behind: list[TenantId] = []
        for tenant_id, listings in sorted(self._listings()):
            over_all = [
                run for run in runs.get(tenant_id, {}).values() if run.target == ORGANISATION and not run.preview
            ]
            last = max(over_all, key=lambda run: run.id).rulebook_version if over_all else None
            is_next = after is None or tenant_id > after
            if is_next and last != rulebook_version and any(each.is_live for each in listings.values()):
                behind.append(tenant_id)
        return behind[:tenants_max]
