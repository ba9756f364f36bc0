"""A piece of work on places: the steps in their order, beside others who do the same, some of whom die."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from adapters.mongo.client import Document
from adapters.mongo.place_documents import StoredEntry, Work
from adapters.mongo.place_steps import PlaceSteps
from core.shared.errors import DomainError
from core.shared.ids import TenantId
from core.ticketing.general_admission import PlacesChange
from core.ticketing.places import NO_CLAIMS
from ports.stores import StoreUnavailableError
from ports.ticketing import TicketInTenant

_TRIES_MAX = 10
_PAUSE_S = 0.01


@dataclass(frozen=True, slots=True)
class Patience:
    """How long others are waited for, `wait_max_s` in all.

    Work of theirs that is not decided after `given_up_after_s` is thought to be a dead caller's, which is safe when
    it is not: its owner begins anew.
    """

    given_up_after_s: float = 2.0
    wait_max_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an entry, and how it was stored before; None for one that is new."""

    change: PlacesChange
    before: StoredEntry | None

    def document(self, tenant_id: TenantId, work_id: UUID) -> Document:
        """Return the entry as it shall be stored."""
        entry, before = self.change.reservation, self.before
        if before is None:
            return StoredEntry(entry, 1, made_by=work_id).document(tenant_id)
        return StoredEntry(entry, before.version + 1, before.made_by).document(tenant_id)


type Decide = Callable[[frozenset[UUID]], Awaitable[Sequence[Decision]]]
"""Reads entries of these accounts, which nobody else changes meanwhile, and decides on each."""


class PlaceWork:
    """Carries work out, and brings to an end what others have left."""

    def __init__(self, steps: PlaceSteps, patience: Patience) -> None:
        self._steps = steps
        self._patience = patience

    async def carry_out(
        self, at: TicketInTenant, accounts: frozenset[UUID], decide: Decide, *, now: datetime
    ) -> tuple[list[PlacesChange], frozenset[UUID]]:
        """Do one piece of work on as many of the accounts as are free, at least one; return on which, too.

        Raises what `decide` raises, SoldOutError, and StoreUnavailableError after too many tries.
        """
        for _ in range(_TRIES_MAX):
            work_id, begun = await self._begin(at, accounts, now=now)
            try:
                decisions = await decide(begun)
            except DomainError:
                await self._steps.drop(at, work_id)
                raise
            changes = [decision.change for decision in decisions]
            entries = [each.document(at.tenant_id, work_id) for each in decisions if each.change.happened]
            if not entries:
                await self._steps.drop(at, work_id)
                return changes, begun
            difference = sum((change.difference for change in changes), NO_CLAIMS)
            if not await self._steps.decide(at, work_id, difference, entries):
                stock = (await self._steps.picture(at)).stock
                await self._steps.drop(at, work_id)
                stock.after(difference)
                continue  # There is room by now, or others have given us up.
            if await self._settle(at, work_id, entries):
                return changes, begun
        raise StoreUnavailableError("MongoDB: too many at once are at work on this ticket")

    async def finish(self, at: TicketInTenant, work: Work) -> bool:
        """Bring decided work of others to its end; False for work that is not decided."""
        if work.decided is None:
            return False
        await self._settle(at, work.id, work.decided)
        return True

    async def _begin(
        self, at: TicketInTenant, accounts: frozenset[UUID], *, now: datetime
    ) -> tuple[UUID, frozenset[UUID]]:
        time = asyncio.get_running_loop().time
        give_up_at = time() + self._patience.wait_max_s
        first_seen: dict[UUID, float] = {}
        free = accounts
        while time() < give_up_at:
            work_id = uuid4()
            if free and await self._steps.begin(at, work_id, free, now=now):
                return work_id, free
            busy: set[UUID] = set()
            for work in (await self._steps.picture(at)).touching(accounts):
                since = first_seen.setdefault(work.id, time())
                if await self.finish(at, work):
                    continue
                if time() - since >= self._patience.given_up_after_s:
                    await self._steps.drop(at, work.id)
                else:
                    busy |= work.accounts
            free = accounts - busy
            if not free:
                await asyncio.sleep(_PAUSE_S)
        raise StoreUnavailableError("MongoDB: too many at once are at work for this account")

    async def _settle(self, at: TicketInTenant, work_id: UUID, entries: Sequence[Document]) -> bool:
        """Write what is decided and end the work; False for a hold whose id was taken, which is undone."""
        if await self._steps.write(work_id, entries):
            await self._steps.end(at, work_id)
            return True
        await self._steps.undo(at, work_id, quantity=entries[0]["quantity"])
        return False
