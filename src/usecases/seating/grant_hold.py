"""Grant a hold, or say everything that speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.seating import ledger
from core.seating.errors import PlanNotActiveError, ReservationNotFoundError, all_of
from core.seating.hold_rules import claim_of, objections
from core.seating.ledger import Change, Claim
from core.seating.reservations import HoldRequest
from core.shared.errors import DomainError
from core.shared.ids import TenantId
from ports.seating import Holds, PlanChangedError, SeatingTransactions
from ports.stores import StoreUnavailableError
from usecases.seating.catalogues import Catalogues
from usecases.seating.ticket_sales import TicketSales

TRIES_MAX = 5
"""So often the plan is read again when it was changed while a hold was under way."""


@dataclass(frozen=True, slots=True)
class GrantHold:
    """Part of every command that holds seats.

    The plan is remembered by each process, and the store compares its version in the hold's own transaction. So a hold
    that is granted needs one round trip, and no hold is ever granted by what a plan said before. What the ticket says
    is remembered for some seconds (`TicketSales`); the bounds that it sets are kept to the moment.
    """

    holds: Holds
    transactions: SeatingTransactions
    catalogues: Catalogues
    sales: TicketSales

    async def __call__(self, tenant_id: TenantId, request: HoldRequest, *, now: datetime) -> Change:
        """Return the hold; one that is known by its id is the same hold, and did nothing.

        Raises PlanNotFoundError, ReservationConflictError, ReservationExpiredError, and one refusal that names all of
        its reasons, with the code of the weightiest: PlanNotActiveError, TicketNotOnSaleError, SalesNotOpenError,
        SalesClosedError, SalesStoppedError, TooManySeatsError, UnknownSeatError, TableIncompleteError,
        CompanionAloneError, SeatKeptError, SeatTooDearError, MaxPerUserExceededError, SeatTakenError. Raises
        UnavailableError while nothing is known of the ticket. Seats are held at the prices of `now`.
        """
        newer_than: int | None = None
        for _ in range(TRIES_MAX):
            catalogue = await self.catalogues.of(tenant_id, request.plan_id, now=now, newer_than=newer_than)
            sale = await self.sales.of(tenant_id, catalogue.plan.ticket_id, now=now)
            claim = claim_of(request, catalogue)
            reasons = objections(claim, catalogue, sale=sale, now=now)
            if reasons:
                change = await self._refused(tenant_id, claim, reasons, now)
                if change is not None:
                    return change
            else:
                try:
                    return await self.holds.hold(tenant_id, claim, now=now)
                except PlanChangedError:
                    pass
            newer_than = catalogue.plan.version
        raise StoreUnavailableError(f"Plan {request.plan_id} was changed {TRIES_MAX} times during one hold.")

    async def _refused(
        self, tenant_id: TenantId, claim: Claim, reasons: Sequence[DomainError], now: datetime
    ) -> Change | None:
        """Raise all the reasons, those of the ledger too; return a hold that is known, or None for an old claim."""
        request = claim.request
        async with self.transactions.begin(tenant_id) as tx:
            if (await tx.plans.get(request.plan_id)).version != claim.rules.version:
                return None
            try:
                known = await tx.seats.get(request.reservation_id)
            except ReservationNotFoundError:
                states = await tx.seats.states(request.plan_id, request.seat_ids)
                owned = await tx.seats.owned(request.plan_id, request.holder.account_id, now=now)
            else:
                return ledger.hold_again(known, request, now=now)
        if isinstance(reasons[0], PlanNotActiveError):
            raise reasons[0]
        more = ledger.refusals(claim, states=states, owned=owned, now=now)
        raise all_of([*reasons, *more])
