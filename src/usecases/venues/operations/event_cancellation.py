"""The operation `event-cancellation`: an event does not take place, and everybody gets their money back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar, override
from uuid import UUID

import msgspec

from core.shared.errors import Problem, StaleVersionError
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.published.event_market import EventMarketApi
from ports.published.event_orders import EventEnded, EventOrdersApi, OrderOfEvent
from ports.published.operations import (
    OperationRequest,
    OperationType,
    ParamsRefusedError,
    StepContext,
    StepSpec,
    Values,
)
from ports.published.refusals import RefusedError
from ports.published.ticketing import (
    EventCancellation,
    EventCancelled,
    EventSalesApi,
    TicketingApi,
    TicketOnSale,
)
from ports.venues import VenueTransactions
from usecases.venues.operations.event_cancellation_values import (
    Checked,
    Ended,
    EventCancellationParams,
    Reckoning,
    TicketOfEvent,
    params_of,
    plain,
)

_TOLD_BY = "venues.event_cancellation"
_ORDERS_PER_REPORT = 10
_ORDERS_PER_PAGE = 200
_PREVIEW = UUID(int=0)
"""Stands for the operation while there is none: nothing was ever refunded for it."""


@dataclass(frozen=True, slots=True)
class CancelEvent(OperationType):
    """Sales stop first, so that what is sold later finds its ticket cancelled; then one order after the other is ended.

    Nothing of it is undone, and no step is cut: an event that was called off does not take place after all. An order
    whose money does not go back is counted and named in the result, and stops nobody else's.
    """

    name: ClassVar[str] = "event-cancellation"
    steps: ClassVar[tuple[StepSpec, ...]] = (
        StepSpec("check"),
        StepSpec("stop-sales"),
        StepSpec("announce"),
        StepSpec("end-market"),
        StepSpec("end-orders"),
        StepSpec("reckon"),
    )

    transactions: VenueTransactions
    ticketing: TicketingApi
    sales: EventSalesApi
    orders: EventOrdersApi
    market: EventMarketApi
    clock: Clock

    @override
    def parse(self, params: Values) -> Values:
        return params_of(params)

    @override
    async def preview(self, request: OperationRequest) -> Values:
        return plain(await self._checked(request, _PREVIEW))

    @override
    async def run(self, step: str, context: StepContext) -> Values:
        match step:
            case "check":
                return plain(await self._checked(context, context.operation_id))
            case "stop-sales":
                return await self._stop_sales(context)
            case "announce":
                return await self._announce(context)
            case "end-market":
                return await self._end_market(context)
            case "end-orders":
                return await self._end_orders(context)
            case _:
                return plain(await self._reckoned(context))

    @override
    async def compensate(self, step: str, context: StepContext) -> None:
        """Nothing compensates."""

    async def _checked(self, request: OperationRequest, operation_id: UUID) -> Checked:
        tickets = await self._tickets(request)
        ended, event = _ended_by(request, operation_id), tickets[0].event
        sums = Reckoning()
        async for order in self._all(request, ended):
            sums.before(order)
        market = await self.market.standing(tenant_id=request.tenant_id, ticket_ids=ended.ticket_ids)
        counts = sums.counts
        return Checked(
            event_title=event.title,
            starts_at=event.starts_at,
            tickets=tuple(
                TicketOfEvent(ticket_id=each.ticket_id, title=each.title, status=each.status) for each in tickets
            ),
            confirmed=counts["confirmed"],
            unpaid=counts["unpaid"],
            over=counts["over"],
            resales=counts["resales"],
            passes=counts["passes"],
            listings=market.listings,
            waiting=market.waiting,
            to_refund=sums.sums_of("to_refund"),
            by_hand=sums.sums_of("by_hand"),
            refunded_before=sums.sums_of("refunded_before"),
            not_by_itself=counts["not by itself"],
            obstacles=tuple(sums.obstacles),
        )

    async def _tickets(self, request: OperationRequest) -> list[TicketOnSale]:
        """Return the tickets; raises ParamsRefusedError unless all are of one event at the venue."""
        found: list[TicketOnSale] = []
        for index, ticket_id in enumerate(_params_of(request).ticket_ids):
            problem = None
            try:
                ticket = await self.ticketing.ticket(tenant_id=request.tenant_id, ticket_id=ticket_id)
            except RefusedError as refusal:
                raise ParamsRefusedError(
                    refusal.message, [Problem(f"/params/ticketIds/{index}", refusal.message)]
                ) from None
            if ticket.event.venue_id != request.venue_id:
                problem = "The ticket is for another venue."
            elif found and _event_of(ticket) != _event_of(found[0]):
                problem = "The ticket is for another event than the first one."
            if problem is not None:
                raise ParamsRefusedError(problem, [Problem(f"/params/ticketIds/{index}", problem)])
            found.append(ticket)
        return found

    async def _stop_sales(self, context: StepContext) -> Values:
        params = _params_of(context)
        wanted = EventCancellation(
            operation_id=context.operation_id,
            by=context.account_id,
            reason=params.reason,
            refund_fees=params.refund_fees,
        )
        for done, ticket_id in enumerate(params.ticket_ids, start=1):
            try:
                await self.sales.cancel(tenant_id=context.tenant_id, ticket_id=ticket_id, cancellation=wanted)
            except RefusedError as refusal:
                raise _again_if_stale(refusal) from refusal
            await context.report(done, len(params.ticket_ids))
        return {"tickets": len(params.ticket_ids)}

    async def _announce(self, context: StepContext) -> Values:
        """Tell once, however often the step is repeated."""
        params = _params_of(context)
        checked, now = msgspec.convert(context.results["check"], Checked), self.clock.now()
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            if await tx.inbox.accept(context.operation_id, consumer=_TOLD_BY, at=now):
                event = EventCancelled(
                    operation_id=context.operation_id,
                    venue_id=context.venue_id,
                    ticket_ids=params.ticket_ids,
                    event_title=checked.event_title,
                    starts_at=checked.starts_at,
                    reason=params.reason,
                    message=params.message or params.reason,
                )
                await tx.outbox.add(event, subject=context.venue_id, at=now)
        return {}

    async def _end_market(self, context: StepContext) -> Values:
        params, done = _params_of(context), 0
        for ticket_id in params.ticket_ids:
            while ended := await self.market.end(
                tenant_id=context.tenant_id, ticket_id=ticket_id, reason=f"the event was cancelled: {params.reason}"
            ):
                done += ended
                await context.report(done)
        return {}

    async def _end_orders(self, context: StepContext) -> Values:
        ended = _ended_by(context, context.operation_id)
        total = msgspec.convert(context.results["check"], Checked).orders
        cursor = context.cursor or {}
        after = msgspec.convert(cursor.get("after"), UUID | None)
        done = msgspec.convert(cursor.get("done", 0), int)
        while True:
            page = await self.orders.page(
                tenant_id=context.tenant_id, ended=ended, after=after, limit=_ORDERS_PER_REPORT
            )
            for order in page.orders:
                try:
                    await self.orders.end(tenant_id=context.tenant_id, order_id=order.order_id, ended=ended)
                except RefusedError as refusal:
                    raise _again_if_stale(refusal) from refusal
            done += len(page.orders)
            if page.next_after is None:
                return {"orders": done}
            after = page.next_after
            await context.report(done, max(total, done), {"after": str(after), "done": done})

    async def _reckoned(self, context: StepContext) -> Ended:
        sums = Reckoning()
        async for order in self._all(context, _ended_by(context, context.operation_id)):
            sums.after(order)
        counts = sums.counts
        return Ended(
            refunded=counts["refunded"],
            pending=counts["pending"],
            failed=counts["not by itself"],
            open=counts["open"],
            over=counts["over"],
            given_back=sums.sums_of("given_back"),
            by_hand=sums.sums_of("by_hand"),
            to_buyers_of_resales=sums.sums_of("to_buyers_of_resales"),
            failures=tuple(sums.obstacles),
        )

    async def _all(self, request: OperationRequest, ended: EventEnded) -> AsyncIterator[OrderOfEvent]:
        after: UUID | None = None
        while True:
            page = await self.orders.page(tenant_id=request.tenant_id, ended=ended, after=after, limit=_ORDERS_PER_PAGE)
            for order in page.orders:
                yield order
            if page.next_after is None:
                return
            after = page.next_after


def _params_of(request: OperationRequest) -> EventCancellationParams:
    return msgspec.convert(request.params, EventCancellationParams)


def _ended_by(request: OperationRequest, operation_id: UUID) -> EventEnded:
    params = _params_of(request)
    return EventEnded(
        operation_id=operation_id,
        ticket_ids=params.ticket_ids,
        by=request.account_id,
        reason=params.reason,
        refund_fees=params.refund_fees,
    )


def _event_of(ticket: TicketOnSale) -> tuple[object, ...]:
    return ticket.event.venue_id, ticket.event.title, ticket.event.starts_at


def _again_if_stale(refusal: RefusedError) -> RefusedError | StaleVersionError:
    """Return what the step raises: that others were quicker is no last word, and is tried again."""
    return StaleVersionError(refusal.message) if refusal.refusal_code == StaleVersionError.code else refusal
