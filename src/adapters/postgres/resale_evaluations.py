"""Runs over the listings on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from core.resale.market.evaluation import (
    Counts,
    Evaluation,
    EvaluationFinding,
    EvaluationRunningError,
    EvaluationStatus,
    Lease,
    Outcome,
    Why,
)
from core.resale.policies.settings import Target
from core.shared.ids import AccountId, EvaluationId, ListingId, TenantId, TicketId, VenueId
from ports.paging import Page, PageRequest
from ports.resale.evaluations import DueEvaluation, DueEvaluations, EvaluationStore
from ports.stores import StoreUnavailableError

_SELECT = """
select id, venue_id, ticket_id, why, preview, rulebook_version, status, cursor, total, suspended, resumed, ended,
       unchanged, not_judged, lease_owner, lease_until, again, started_by, started_at, updated_at, finished_at
from listing_evaluations where tenant_id = $1
"""
_ADD = """
insert into listing_evaluations (tenant_id, id, status, cursor, total, suspended, resumed, ended, unchanged, not_judged,
    lease_owner, lease_until, again, updated_at, finished_at, venue_id, ticket_id, why, preview, rulebook_version,
    started_by, started_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
on conflict (tenant_id, preview, venue_id, ticket_id) where status = 'running' do nothing
"""
_SAVE = """
update listing_evaluations
   set status = $3, cursor = $4, total = $5, suspended = $6, resumed = $7, ended = $8, unchanged = $9, not_judged = $10,
       lease_owner = $11, lease_until = $12, again = $13, updated_at = $14, finished_at = $15
 where tenant_id = $1 and id = $2
"""
_RUNNING = f"""
{_SELECT} and status = 'running' and preview = $2 and venue_id is not distinct from $3
  and ticket_id is not distinct from $4 for update
"""
_NOTE = """
insert into listing_evaluation_findings (tenant_id, evaluation_id, listing_id, outcome, reason, found_at)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing
"""
_FINDINGS = """
select listing_id, outcome, reason, found_at from listing_evaluation_findings
where tenant_id = $1 and evaluation_id = $2 and ($3::uuid is null or listing_id > $3) order by listing_id limit $4
"""
_FREE = """
select tenant_id, id from listing_evaluations where status = 'running' and (lease_until is null or lease_until <= $1)
order by updated_at, tenant_id, id limit $2
"""
_BEHIND = """
select l.tenant_id from (
    select distinct tenant_id from listings
    where status in ('OPENING', 'OPEN', 'RESERVED', 'ORDERED', 'SOLD', 'SUSPENDED')
      and ($2::uuid is null or tenant_id > $2)
) l
where $1::text is distinct from (
    select e.rulebook_version from listing_evaluations e
    where e.tenant_id = l.tenant_id and e.venue_id is null and e.ticket_id is null and not e.preview
    order by e.id desc limit 1
)
order by l.tenant_id limit $3
"""
_TRIES_MAX = 3


class PostgresEvaluationStore(EvaluationStore):
    """The runs of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, evaluation: Evaluation) -> None:
        target = evaluation.target
        for _ in range(_TRIES_MAX):  # the run that is in the way may end before it is looked at
            status = await self._connection.execute(
                _ADD,
                *(self._tenant_id, evaluation.id, *_changing(evaluation), target.venue_id, target.ticket_id),
                *(evaluation.why.value, evaluation.preview, evaluation.rulebook_version),
                *(evaluation.started_by, evaluation.started_at),
            )
            if rows_touched(status) == 1:
                return
            other = await self.running(target, preview=evaluation.preview)
            if other is not None:
                raise EvaluationRunningError(other.id)
        raise StoreUnavailableError("Runs of the same listings begin and end at this moment.")

    @override
    async def get(self, evaluation_id: EvaluationId) -> Evaluation | None:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2", self._tenant_id, evaluation_id)
        return _evaluation(row) if row is not None else None

    @override
    async def locked(self, evaluation_id: EvaluationId) -> Evaluation | None:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2 for update", self._tenant_id, evaluation_id)
        return _evaluation(row) if row is not None else None

    @override
    async def running(self, target: Target, *, preview: bool) -> Evaluation | None:
        row = await self._connection.fetchrow(_RUNNING, self._tenant_id, preview, target.venue_id, target.ticket_id)
        return _evaluation(row) if row is not None else None

    @override
    async def save(self, evaluation: Evaluation) -> None:
        await self._connection.execute(_SAVE, self._tenant_id, evaluation.id, *_changing(evaluation))

    @override
    async def page(self, page: PageRequest) -> Page[Evaluation]:
        rows = await self._connection.fetch(
            f"{_SELECT} and ($2::uuid is null or id > $2) order by id limit $3",
            *(self._tenant_id, page.after, page.limit + 1),
        )
        items = tuple(_evaluation(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)

    @override
    async def note(self, evaluation_id: EvaluationId, finding: EvaluationFinding) -> None:
        await self._connection.execute(
            _NOTE,
            *(self._tenant_id, evaluation_id, finding.listing_id),
            *(finding.outcome.value, finding.reason, finding.found_at),
        )

    @override
    async def findings(self, evaluation_id: EvaluationId, page: PageRequest) -> Page[EvaluationFinding]:
        rows = await self._connection.fetch(_FINDINGS, self._tenant_id, evaluation_id, page.after, page.limit + 1)
        items = tuple(
            EvaluationFinding(ListingId(row["listing_id"]), Outcome(row["outcome"]), row["reason"], row["found_at"])
            for row in rows[: page.limit]
        )
        return Page(items=items, next_after=items[-1].listing_id if len(rows) > page.limit else None)


class PostgresDueEvaluations(DueEvaluations):
    """The worker's view, through the relay role."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def free(self, *, now: datetime, runs_max: int) -> Sequence[DueEvaluation]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(_FREE, now, runs_max)
        return [DueEvaluation(TenantId(row["tenant_id"]), EvaluationId(row["id"])) for row in rows]

    @override
    async def tenants_behind(
        self, rulebook_version: str, *, after: TenantId | None, tenants_max: int
    ) -> Sequence[TenantId]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(_BEHIND, rulebook_version, after, tenants_max)
        return [TenantId(row["tenant_id"]) for row in rows]


def _changing(evaluation: Evaluation) -> tuple[object, ...]:
    counts, lease = evaluation.counts, evaluation.lease
    return (
        evaluation.status.value,
        evaluation.cursor,
        evaluation.total,
        *(counts.suspended, counts.resumed, counts.ended, counts.unchanged, counts.not_judged),
        lease.owner if lease is not None else None,
        lease.until if lease is not None else None,
        evaluation.again.value if evaluation.again is not None else None,
        evaluation.updated_at,
        evaluation.finished_at,
    )


def _evaluation(row: asyncpg.Record) -> Evaluation:
    return Evaluation(
        id=EvaluationId(row["id"]),
        target=Target(
            venue_id=VenueId(row["venue_id"]) if row["venue_id"] is not None else None,
            ticket_id=TicketId(row["ticket_id"]) if row["ticket_id"] is not None else None,
        ),
        why=Why(row["why"]),
        preview=row["preview"],
        rulebook_version=row["rulebook_version"],
        started_by=AccountId(row["started_by"]) if row["started_by"] is not None else None,
        started_at=row["started_at"],
        updated_at=row["updated_at"],
        total=row["total"],
        status=EvaluationStatus(row["status"]),
        cursor=ListingId(row["cursor"]) if row["cursor"] is not None else None,
        counts=Counts(
            suspended=row["suspended"],
            resumed=row["resumed"],
            ended=row["ended"],
            unchanged=row["unchanged"],
            not_judged=row["not_judged"],
        ),
        lease=Lease(row["lease_owner"], row["lease_until"]) if row["lease_owner"] is not None else None,
        again=Why(row["again"]) if row["again"] is not None else None,
        finished_at=row["finished_at"],
    )
