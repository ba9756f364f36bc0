"""Where runs over the listings are kept, and what finds those that are to be worked on."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.resale.market.evaluation import Evaluation, EvaluationFinding
from core.resale.policies.settings import Target
from core.shared.ids import EvaluationId, TenantId
from ports.paging import Page, PageRequest


class EvaluationStore(Protocol):
    """The runs of the transaction's tenant; another tenant's are not there. A lock lasts until the transaction ends."""

    @abstractmethod
    async def add(self, evaluation: Evaluation) -> None:
        """Store a new run.

        Raises EvaluationRunningError while one runs for the same target, previews and others apart, however many try
        at once. The transaction goes on after the error.
        """

    @abstractmethod
    async def get(self, evaluation_id: EvaluationId) -> Evaluation | None:
        """Return the run, or None for none."""

    @abstractmethod
    async def locked(self, evaluation_id: EvaluationId) -> Evaluation | None:
        """Return the run and keep every other transaction from changing it."""

    @abstractmethod
    async def running(self, target: Target, *, preview: bool) -> Evaluation | None:
        """Return the run of this target that is not over, locked; None for none."""

    @abstractmethod
    async def save(self, evaluation: Evaluation) -> None:
        """Store a changed run, which was locked before."""

    @abstractmethod
    async def page(self, page: PageRequest) -> Page[Evaluation]:
        """Return runs, the first begun first."""

    @abstractmethod
    async def note(self, evaluation_id: EvaluationId, finding: EvaluationFinding) -> None:
        """Keep what was found about a listing; the same listing again changes nothing."""

    @abstractmethod
    async def findings(self, evaluation_id: EvaluationId, page: PageRequest) -> Page[EvaluationFinding]:
        """Return findings in the order of their listings; `page.after` is a listing."""


@dataclass(frozen=True, slots=True)
class DueEvaluation:
    """A run that nobody works on."""

    tenant_id: TenantId
    evaluation_id: EvaluationId


class DueEvaluations(Protocol):
    """The worker's view, across tenants."""

    @abstractmethod
    async def free(self, *, now: datetime, runs_max: int) -> Sequence[DueEvaluation]:
        """Return runs that nobody works on, or whose worker's lease is over, the longest untouched first."""

    @abstractmethod
    async def tenants_behind(
        self, rulebook_version: str, *, after: TenantId | None, tenants_max: int
    ) -> Sequence[TenantId]:
        """Return tenants with live listings whose last run over all of them began under another rulebook, or never did.

        Previews do not count. Sorted by their ids, beginning after `after`.
        """
