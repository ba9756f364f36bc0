"""Seats that the box office keeps off sale."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters.http.moments import moment_or_none
from adapters.http.seating_bodies import BlockBody, InterventionBody, UnblockBody
from core.seating.blocking import Intervention
from core.shared.callers import Caller
from core.shared.ids import PlanId, SeatId
from usecases.seating.block_seats import BlockSeats, UnblockSeats


class SeatBlockController(Controller):
    """Blocking and unblocking, for the box office."""

    path = "/seating-plans/{plan_id:uuid}/seats"
    tags = ("Seating",)

    @post("/block", summary="Block seats", status_code=200)
    @inject
    async def block(
        self,
        plan_id: FromPath[UUID],
        data: JSONBody[BlockBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[BlockSeats],
    ) -> InterventionBody:
        """Staff who sell. All the seats or none: a refusal names those that are not available."""
        seat_ids = [SeatId(id) for id in data.seat_ids]
        until = moment_or_none(data.until, "/until")
        blocked = await usecase(PlanId(plan_id), seat_ids, reason=data.reason, until=until, caller=caller)
        return _body(blocked, "BLOCKED")

    @post("/unblock", summary="Unblock seats", status_code=200)
    @inject
    async def unblock(
        self,
        plan_id: FromPath[UUID],
        data: JSONBody[UnblockBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[UnblockSeats],
    ) -> InterventionBody:
        """Staff who sell. Answers with the seats that were blocked; the others stay as they are."""
        freed = await usecase(PlanId(plan_id), [SeatId(id) for id in data.seat_ids], caller=caller)
        return _body(freed, "AVAILABLE")


def _body(intervention: Intervention, status: str) -> InterventionBody:
    return InterventionBody(
        plan_id=intervention.plan_id, status=status, seat_ids=tuple(intervention.seats), until=intervention.until
    )
