"""Operations in memory: the twin of the PostgreSQL adapter."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import override
from uuid import UUID

import msgspec

from adapters.memory.messaging import MemoryMessages
from core.operations.errors import OperationBusyError, OperationNotFoundError
from core.operations.log import LogLine
from core.operations.operation import Noted, Operation, OperationStatus, Values
from core.shared.ids import OperationId, TenantId
from ports.events import Outbox
from ports.operations import (
    DueOperation,
    DueOperations,
    OperationBacklog,
    OperationQuery,
    OperationStore,
    OperationTransaction,
    OperationTransactions,
)
from ports.paging import Page, PageRequest


@dataclass(slots=True)
class _Tenant:
    rows: dict[OperationId, Operation] = field(default_factory=dict[OperationId, Operation])
    log: list[LogLine] = field(default_factory=list[LogLine])

    def copy(self) -> "_Tenant":
        return _Tenant(dict(self.rows), list(self.log))


class _Store(OperationStore):
    def __init__(self, tenant: _Tenant) -> None:
        self._tenant = tenant

    @override
    async def add(self, operation: Operation) -> None:
        self._must_be_alone(operation)
        self._tenant.rows[operation.id] = _stored(operation)

    @override
    async def get(self, operation_id: OperationId) -> Operation:
        found = self._tenant.rows.get(operation_id)
        if found is None:
            raise OperationNotFoundError
        return found

    @override
    async def locked(self, operation_id: OperationId) -> Operation:
        return await self.get(operation_id)

    @override
    async def save(self, operation: Operation) -> None:
        self._must_be_alone(operation)
        self._tenant.rows[operation.id] = _stored(operation)

    @override
    async def save_as(self, owner: UUID, operation: Operation) -> bool:
        if not (await self.get(operation.id)).is_of(owner):
            return False
        self._tenant.rows[operation.id] = _stored(operation)
        return True

    @override
    async def note(self, operation_id: OperationId, noted: Noted, *, owner: UUID, now: datetime) -> Operation | None:
        stored = await self.get(operation_id)
        if not stored.is_of(owner):
            return None
        self._tenant.rows[operation_id] = after = _stored(stored.noted(noted, owner, now))
        return after

    @override
    async def renew(self, operation_id: OperationId, *, owner: UUID, now: datetime) -> bool:
        stored = await self.get(operation_id)
        if not stored.is_of(owner):
            return False
        self._tenant.rows[operation_id] = stored.renewed(owner, now)
        return True

    @override
    async def page(self, page: PageRequest, query: OperationQuery) -> Page[Operation]:
        rest = [each for _, each in sorted(self._tenant.rows.items()) if _is_asked_for(each, page, query)]
        items = tuple(rest[: page.limit])
        return Page(items, items[-1].id if len(rest) > len(items) else None)

    @override
    async def log(self, line: LogLine) -> None:
        self._tenant.log.append(line)

    @override
    async def lines(self, operation_id: OperationId, page: PageRequest) -> Page[LogLine]:
        rest = [
            line
            for line in self._tenant.log
            if line.operation_id == operation_id and (page.after is None or line.id > page.after)
        ]
        rest.sort(key=lambda line: line.id)
        items = tuple(rest[: page.limit])
        return Page(items, items[-1].id if len(rest) > len(items) else None)

    def _must_be_alone(self, operation: Operation) -> None:
        if not operation.is_live:
            return
        for each in self._tenant.rows.values():
            same = (each.venue_id, each.type) == (operation.venue_id, operation.type)
            if same and each.is_live and each.id != operation.id:
                raise OperationBusyError(each.id)


def _stored(operation: Operation) -> Operation:
    """Return what comes back of it: JSON knows no tuples and no keys but strings."""
    points = operation.checkpoints.items()
    return replace(
        operation,
        params=_json(operation.params),
        cursor=_json(operation.cursor) if operation.cursor is not None else None,
        checkpoints={step: replace(point, result=_json(point.result)) for step, point in points},
    )


def _json(values: Values) -> Values:
    return msgspec.json.decode(msgspec.json.encode(values), type=dict[str, object])


def _is_asked_for(operation: Operation, page: PageRequest, query: OperationQuery) -> bool:
    return (
        operation.venue_id == query.venue_id
        and (query.type is None or operation.type == query.type)
        and (query.status is None or operation.status is query.status)
        and (page.after is None or operation.id > page.after)
    )


@dataclass(frozen=True, slots=True)
class _Transaction:
    operations: OperationStore
    outbox: Outbox


class MemoryOperationTransactions(OperationTransactions, DueOperations):
    """One transaction at a time; a block that raises leaves nothing behind."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._tenants: dict[TenantId, _Tenant] = {}

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[OperationTransaction]:
        async with self._messages.transaction():
            work = self._tenants.get(tenant_id, _Tenant()).copy()
            yield _Transaction(_Store(work), self._messages.outbox(tenant_id))
            self._tenants[tenant_id] = work

    @override
    async def free(self, *, now: datetime, operations_max: int) -> Sequence[DueOperation]:
        async with self._messages.lock:
            found = [
                (each.updated_at, tenant_id, each.id)
                for tenant_id, tenant in self._tenants.items()
                for each in tenant.rows.values()
                if each.is_free(now)
            ]
        found.sort()
        return [DueOperation(tenant_id, operation_id) for _, tenant_id, operation_id in found[:operations_max]]

    @override
    async def backlog(self, *, now: datetime) -> OperationBacklog:
        async with self._messages.lock:
            live = [each for tenant in self._tenants.values() for each in tenant.rows.values() if each.is_live]
        waits = [now - _since(each) for each in live if each.is_free(now)]
        return OperationBacklog(
            pending=sum(each.status is OperationStatus.PENDING for each in live),
            in_progress=sum(each.status is OperationStatus.IN_PROGRESS for each in live),
            done=sum(each.progress.done for each in live),
            total=sum(max(each.progress.total or 0, each.progress.done) for each in live),
            untouched_s=max((waited.total_seconds() for waited in waits), default=0.0),
        )


def _since(operation: Operation) -> datetime:
    """Return from when on a worker might have gone on with it."""
    if operation.next_try_at is not None:
        return operation.next_try_at
    return operation.lease.until if operation.lease is not None else operation.updated_at
