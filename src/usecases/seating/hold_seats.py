"""Hold seats."""

from dataclasses import dataclass

from core.seating.reservations import HoldRequest, Reservation
from core.shared.callers import Caller
from core.shared.holders import Holder, token_digest
from core.shared.ids import PlanId, ReservationId, SeatId
from ports.clock import Clock
from ports.hold_tokens import HoldTokens
from usecases.seating.grant_hold import GrantHold


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold, and the secret that proves it; None when the hold was there before, since only its digest is kept."""

    reservation: Reservation
    hold_token: str | None


@dataclass(frozen=True, slots=True)
class HoldSeats:
    """Open to any caller of the tenant; all the seats or none."""

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
    ) -> NewHold:
        """Return the hold; asking again with the same id and seats returns the same one.

        Raises InvalidInputError for a bad list of seats, and what `GrantHold` raises.
        """
        token = self.tokens.new()
        shown = token_digest(hold_token) if hold_token is not None else None
        request = HoldRequest(
            plan_id=plan_id,
            reservation_id=reservation_id,
            seat_ids=seat_ids,
            holder=Holder(caller.account_id, shown),
            new_token_sha256=token_digest(token),
        )
        change = await self.grant(caller.tenant_id, request, now=self.clock.now())
        return NewHold(change.reservation, token if change.happened else None)
