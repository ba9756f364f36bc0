"""Wait for passes of a ticket that others give back."""

from dataclasses import dataclass

from core.resale.waiting.waiting_entry import WaitingEntry, WaitingStatus
from core.resale.waiting.waiting_errors import (
    NotWaitingError,
    TooManyWaitingListsError,
    TooManyWantedError,
    WaitingListClosedError,
)
from core.resale.waiting.waiting_terms import WaitingTerms
from core.shared.callers import SELLERS, Caller
from core.shared.errors import ForbiddenError
from core.shared.ids import TicketId, WaitingEntryId
from ports.clock import Clock
from ports.ids import IdSource
from ports.paging import Page, PageRequest
from ports.published.ticketing import TicketingApi
from ports.resale import ResaleTransactions
from ports.resale.waiting_list import Standing
from usecases.resale.match_waiting_list import MatchReturns
from usecases.resale.persons import must_be_free


@dataclass(frozen=True, slots=True)
class JoinWaitingList:
    """Open to every account of the tenant, once for each ticket; not to guests, whom no offer would reach."""

    resale: ResaleTransactions
    ticketing: TicketingApi
    match: MatchReturns
    clock: Clock
    ids: IdSource
    terms: WaitingTerms

    async def __call__(self, caller: Caller, ticket_id: TicketId, *, quantity: int, accept_fewer: bool) -> Standing:
        """Return the entry at the end of the list; what is open for it already is offered at once.

        Raises RefusedError `ticketing.not_found`, WaitingListClosedError for an event that has begun, more passes than
        one may have, or a list that is full, AlreadyWaitingError, TooManyWaitingListsError, PersonBlockedError, and
        ForbiddenError for a guest.
        """
        if caller.guest:
            raise ForbiddenError("Only an account can be told of an offer: sign in to wait.")
        ticket = await self.ticketing.ticket(tenant_id=caller.tenant_id, ticket_id=ticket_id)
        now = self.clock.now()
        most = min(ticket.max_per_user, self.terms.quantity_max)
        if quantity > most:
            raise TooManyWantedError(most)
        if ticket.status == "cancelled":
            raise WaitingListClosedError("The event was cancelled.")
        if now >= ticket.event.starts_at:
            raise WaitingListClosedError("The event has begun.")
        async with self.resale.begin(caller.tenant_id) as tx:
            await must_be_free(tx, caller.account_id, now=now)
            await tx.waiting_list.begun(ticket_id)
            if await tx.waiting_list.count_of_account(caller.account_id, now=now) >= self.terms.lists_max:
                raise TooManyWaitingListsError(f"You wait for {self.terms.lists_max} tickets, which is the most.")
            if await tx.waiting_list.count_of_ticket(ticket_id, now=now) >= self.terms.entries_max:
                raise WaitingListClosedError("The waiting list is full.")
            entry = WaitingEntry(
                id=WaitingEntryId(self.ids.new()),
                ticket_id=ticket_id,
                account_id=caller.account_id,
                quantity=quantity,
                accept_fewer=accept_fewer,
                sequence=await tx.waiting_list.next_sequence(ticket_id),
                joined_at=now,
                ends_at=ticket.event.starts_at,
            )
            await tx.waiting_list.add(entry)
            await self.match(tx, ticket_id)
            found = await tx.waiting_list.of_account(ticket_id, caller.account_id, now=now)
            assert found is not None, "it was stored before"
        return found


@dataclass(frozen=True, slots=True)
class LeaveWaitingList:
    """Open to whoever waits."""

    resale: ResaleTransactions
    match: MatchReturns
    clock: Clock

    async def __call__(self, caller: Caller, ticket_id: TicketId) -> None:
        """End the caller's entry, and let others have what it was offered; fine where there is none."""
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            if not await tx.waiting_list.locked(ticket_id):
                return
            found = await tx.waiting_list.of_account(ticket_id, caller.account_id, now=now)
            if found is None:
                return
            if found.entry.status is WaitingStatus.OFFERED:
                await self.match.end_offer(tx, found.entry, found.entry.left(), "declined", now=now)
            else:
                await tx.waiting_list.save(found.entry.left())
            await self.match(tx, ticket_id, gave_up=True)


@dataclass(frozen=True, slots=True)
class ReadWaitingList:
    """Everybody reads their own entry; staff who act for customers read all."""

    resale: ResaleTransactions
    clock: Clock

    async def mine(self, caller: Caller, ticket_id: TicketId) -> Standing:
        """Return the caller's entry with its place; raises NotWaitingError."""
        async with self.resale.begin(caller.tenant_id) as tx:
            found = await tx.waiting_list.of_account(ticket_id, caller.account_id, now=self.clock.now())
        if found is None:
            raise NotWaitingError
        return found

    async def page(self, caller: Caller, ticket_id: TicketId, page: PageRequest) -> Page[WaitingEntry]:
        """Return who waits, in the order of the list; raises ForbiddenError."""
        caller.must_be_one_of(SELLERS)
        async with self.resale.begin(caller.tenant_id) as tx:
            return await tx.waiting_list.page(ticket_id, page, now=self.clock.now())
