"""Transfers in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import override

from core.resale.transfers.transfer import Transfer
from core.resale.transfers.transfer_errors import TransferOpenError
from core.shared.emails import Email
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, PassId, TenantId, TransferId
from ports.paging import Page, PageRequest
from ports.resale.transfers import DueTransfers, TransferStore

type TransferRows = dict[TransferId, Transfer]


class MemoryTransferStore(TransferStore):
    """The transfers of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: TransferRows) -> None:
        self._rows = rows

    @override
    async def add(self, transfer: Transfer) -> None:
        if await self.live_of_passes([transfer.subject.pass_id]):
            raise TransferOpenError
        self._rows[transfer.id] = transfer

    @override
    async def get(self, transfer_id: TransferId) -> Transfer | None:
        return self._rows.get(transfer_id)

    @override
    async def locked(self, transfer_id: TransferId) -> Transfer | None:
        return self._rows.get(transfer_id)

    @override
    async def save(self, transfer: Transfer) -> None:
        stored = self._rows.get(transfer.id)
        if stored is None or stored.version != transfer.version - 1:
            raise StaleVersionError("The transfer was changed by somebody else.")
        self._rows[transfer.id] = transfer

    @override
    async def live_of_passes(self, pass_ids: Collection[PassId]) -> Sequence[TransferId]:
        return sorted(one.id for one in self._rows.values() if one.is_live and one.subject.pass_id in pass_ids)

    @override
    async def made_since(self, account_id: AccountId, since: datetime) -> int:
        return sum(one.from_account == account_id and one.created_at > since for one in self._rows.values())

    @override
    async def sent(self, account_id: AccountId, page: PageRequest) -> Page[Transfer]:
        return self._page(page, lambda one: one.from_account == account_id)

    @override
    async def received(self, email: Email, page: PageRequest) -> Page[Transfer]:
        return self._page(page, lambda one: one.is_offered_to(email))

    def _page(self, page: PageRequest, wanted: Callable[[Transfer], bool]) -> Page[Transfer]:
        found = [
            one for key, one in sorted(self._rows.items()) if wanted(one) and (page.after is None or key > page.after)
        ]
        items = tuple(found[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(found) > page.limit else None)


class MemoryDueTransfers(DueTransfers):
    """What is due among the transfers of every tenant."""

    def __init__(self, tenants: Callable[[], Iterable[tuple[TenantId, Mapping[TransferId, Transfer]]]]) -> None:
        self._tenants = tenants

    @override
    async def due(self, *, now: datetime, transfers_max: int) -> Sequence[tuple[TenantId, TransferId]]:
        found = [
            (one.due_at, tenant_id, one.id)
            for tenant_id, rows in self._tenants()
            for one in rows.values()
            if one.is_due(now)
        ]
        return [(tenant_id, transfer_id) for _, tenant_id, transfer_id in sorted(found)[:transfers_max]]
