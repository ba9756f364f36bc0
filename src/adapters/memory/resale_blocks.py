"""Blocks on persons in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from core.resale.errors import BlockNotFoundError
from core.resale.trust.blocks import Block
from core.shared.ids import AccountId, ResaleBlockId
from ports.paging import Page, PageRequest
from ports.resale.blocks import BlockStore

type BlockRows = dict[ResaleBlockId, Block]


class MemoryBlockStore(BlockStore):
    """The blocks of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: BlockRows) -> None:
        self._rows = rows

    @override
    async def add(self, block: Block) -> None:
        self._rows[block.id] = block

    @override
    async def lock(self, block_id: ResaleBlockId) -> Block:
        if block_id not in self._rows:
            raise BlockNotFoundError
        return self._rows[block_id]

    @override
    async def end(self, block: Block) -> None:
        self._rows[block.id] = block

    @override
    async def holding(self, account_id: AccountId, *, now: datetime) -> Sequence[Block]:
        return [
            block for _, block in sorted(self._rows.items()) if block.account_id == account_id and block.holds_at(now)
        ]

    @override
    async def page(self, page: PageRequest, *, account_id: AccountId | None) -> Page[Block]:
        found = [
            block
            for block_id, block in sorted(self._rows.items())
            if account_id in {None, block.account_id} and (page.after is None or block_id > page.after)
        ]
        items = tuple(found[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(found) > page.limit else None)
