"""Keep a person from reselling and handing on, and let them again."""

from dataclasses import dataclass
from datetime import datetime

from core.resale.trust.blocks import Block
from core.shared.callers import MANAGERS, SELLERS, Caller
from core.shared.ids import AccountId, ResaleBlockId
from ports.clock import Clock
from ports.ids import IdSource
from ports.paging import Page, PageRequest
from ports.resale import ResaleTransactions


@dataclass(frozen=True, slots=True)
class BlockPersons:
    """Managers block and unblock; staff who may act for customers read."""

    transactions: ResaleTransactions
    ids: IdSource
    clock: Clock

    async def block(self, account_id: AccountId, *, reason: str, until: datetime | None, caller: Caller) -> Block:
        """Block an account at this organisation; several blocks may hold at once.

        Raises InvalidBlockError, ForbiddenError.
        """
        caller.must_be_one_of(MANAGERS)
        block = Block(
            id=ResaleBlockId(self.ids.new()),
            account_id=account_id,
            reason=reason,
            blocked_by=caller.account_id,
            blocked_at=self.clock.now(),
            until=until,
        )
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.blocks.add(block)
        return block

    async def end(self, block_id: ResaleBlockId, *, caller: Caller) -> None:
        """End a block, which is kept; ending what is over changes nothing.

        Raises BlockNotFoundError, ForbiddenError.
        """
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            block = await tx.blocks.lock(block_id)
            ended = block.ended(by=caller.account_id, now=self.clock.now())
            if ended != block:
                await tx.blocks.end(ended)

    async def page(self, page: PageRequest, *, account_id: AccountId | None, caller: Caller) -> Page[Block]:
        """Return blocks, those that are over too, oldest first; raises ForbiddenError."""
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.blocks.page(page, account_id=account_id)
