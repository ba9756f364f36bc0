"""Where blocks on persons are kept."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.resale.trust.blocks import Block
from core.shared.ids import AccountId, ResaleBlockId
from ports.paging import Page, PageRequest


class BlockStore(Protocol):
    """Blocks of the transaction's tenant, those that are over too; another tenant's are not there."""

    @abstractmethod
    async def add(self, block: Block) -> None:
        """Store a new block."""

    @abstractmethod
    async def lock(self, block_id: ResaleBlockId) -> Block:
        """Return the block, locked until the transaction ends; raises BlockNotFoundError."""

    @abstractmethod
    async def end(self, block: Block) -> None:
        """Store who ended a block that this transaction has locked."""

    @abstractmethod
    async def holding(self, account_id: AccountId, *, now: datetime) -> Sequence[Block]:
        """Return the blocks of the account that hold at this moment, by id; none for a person who is free."""

    @abstractmethod
    async def page(self, page: PageRequest, *, account_id: AccountId | None) -> Page[Block]:
        """Return blocks, of one account or of all, in the order of their ids."""
