"""Hold seats."""

from dataclasses import dataclass

from core.seating.allotments import Access, code_digest
from core.seating.reservations import HoldRequest, Reservation
from core.shared.callers import SELLERS, Caller
from core.shared.holders import Holder, token_digest
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId
from ports.clock import Clock
from ports.hold_tokens import HoldTokens
from usecases.seating.grant_hold import GrantHold


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold, and the secret that proves it; None when the hold was there before, since only its digest is kept."""

    reservation: Reservation
    hold_token: str | None


@dataclass(frozen=True, slots=True)
class Showing:
    """What a caller shows beside the wish: presale codes, and the account of the customer that staff hold for.

    `accessible` is the caller's word that accessible seats are needed; nobody is asked for more.
    """

    codes: tuple[str, ...] = ()
    for_account: AccountId | None = None
    accessible: bool = False

    def access(self, plan_id: PlanId, caller: Caller) -> Access:
        """Return what opens kept seats to the caller, or to the customer."""
        digests = frozenset(code_digest(plan_id, code) for code in self.codes)
        return Access(self.for_account or caller.account_id, digests, sells=caller.role in SELLERS)


NOTHING_SHOWN = Showing()


@dataclass(frozen=True, slots=True)
class HoldSeats:
    """Open to any caller of the tenant; all the seats or none. Staff who sell may hold for a customer's account."""

    grant: GrantHold
    tokens: HoldTokens
    clock: Clock

    async def __call__(
        self,
        plan_id: PlanId,
        reservation_id: ReservationId,
        seat_ids: tuple[SeatId, ...],
        *,
        caller: Caller,
        hold_token: str | None = None,
        showing: Showing = NOTHING_SHOWN,
        price_max_minor: int | None = None,
    ) -> NewHold:
        """Return the hold; asking again with the same id and seats returns the same one.

        No seat of a new hold costs more than `price_max_minor` (in the plan's currency) at the moment that it is held.

        Raises ForbiddenError for a customer's hold by somebody who does not sell, InvalidInputError for a bad list of
        seats, and what `GrantHold` raises.
        """
        if showing.for_account is not None:
            caller.must_be_one_of(SELLERS)
        access = showing.access(plan_id, caller)
        token = self.tokens.new()
        shown = token_digest(hold_token) if hold_token is not None else None
        request = HoldRequest(
            plan_id=plan_id,
            reservation_id=reservation_id,
            seat_ids=seat_ids,
            holder=Holder(access.account_id, shown),
            new_token_sha256=token_digest(token),
            code_digests=access.code_digests,
            by_staff=access.sells,
            made_by=caller.account_id if showing.for_account is not None else None,
            price_max_minor=price_max_minor,
            accessible=showing.accessible,
        )
        change = await self.grant(caller.tenant_id, request, now=self.clock.now())
        return NewHold(change.reservation, token if change.happened else None)
