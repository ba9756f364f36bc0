"""Repairs in the processes of their owners: each is given what it would hear, or do, anyway."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import override
from uuid import UUID

from core.doctor.facts import Key
from core.doctor.repairs import (
    ArmTimer,
    CountQuota,
    EndReservation,
    ExpirePlaces,
    ExpireSeats,
    IssuePasses,
    Repair,
    ReplayWebhook,
    RequeueEvent,
    SettlePayment,
    TimerKind,
    UntiePass,
    VoidPasses,
)
from core.expiration.timer import Timer
from core.shared.ids import OrderId, PassId, TenantId, TicketId
from ports.clock import Clock
from ports.doctor import Repairs, TimersArmed
from ports.events import Consumer, Delivery, OutboxQueue
from ports.expiration import Timers
from ports.ids import IdSource
from ports.published.expiration import TimerFired
from ports.published.orders import ItemsReturned, OrderCancelled, OrderCompleted, ReturnedUnits
from ports.published.payments import PaymentSucceeded
from ports.ticketing import PlacesLedger
from usecases.admission.withdraw_pass import WithdrawPass
from usecases.orders.tell_again import TellCompletedAgain
from usecases.ticketing.count_places import CountPlaces
from usecases.webhooks.replay_webhook import ReplayWebhook as Replay

_ENTRIES_MAX = 1_000

type _News = ExpireSeats | EndReservation | SettlePayment | IssuePasses | VoidPasses
type _Request = ArmTimer | ExpirePlaces | UntiePass | CountQuota | RequeueEvent | ReplayWebhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Whose things are mended: what each hears, or is asked to do."""

    timers: Timers
    seats_on_timer: Consumer[TimerFired]
    seats_on_cancelled: Consumer[OrderCancelled]
    places: PlacesLedger
    places_on_cancelled: Consumer[OrderCancelled]
    count_places: CountPlaces
    tell_completed: TellCompletedAgain
    orders_on_paid: Consumer[PaymentSucceeded]
    passes_on_completed: Consumer[OrderCompleted]
    passes_on_cancelled: Consumer[OrderCancelled]
    passes_on_returned: Consumer[ItemsReturned]
    untie_pass: WithdrawPass
    replay_webhook: Replay
    outboxes: Mapping[str, OutboxQueue]


@dataclass(frozen=True, slots=True)
class OwnersRepairs(Repairs):
    """Gives each repair to its owner. What is heard again comes as news of its own, since the old was taken once."""

    owners: Owners
    clock: Clock
    ids: IdSource

    @override
    async def do(self, tenant_id: UUID, repair: Repair) -> None:
        match repair:
            case EndReservation() | SettlePayment() | IssuePasses() | VoidPasses() | ExpireSeats():
                await self._tell(TenantId(tenant_id), repair)
            case _:
                await self._ask(TenantId(tenant_id), repair)

    async def _tell(self, tenant_id: TenantId, repair: _News) -> None:
        owners, news = self.owners, Delivery(event_id=self.ids.new(), tenant_id=tenant_id)
        match repair:
            case ExpireSeats():
                fired = TimerFired(kind="reservation", subject_id=repair.reservation_id, due_at=self.clock.now())
                await owners.seats_on_timer(fired, news)
            case EndReservation():
                over = OrderCancelled(
                    order_id=repair.order_id,
                    reservation_ids=(repair.reservation_id,),
                    reason="refunded" if repair.refunded else "expired",
                )
                keeper = owners.seats_on_cancelled if repair.kind == "seats" else owners.places_on_cancelled
                await keeper(over, news)
            case SettlePayment():
                await owners.orders_on_paid(self._paid(repair), news)
            case IssuePasses():
                await owners.passes_on_completed(await owners.tell_completed(tenant_id, OrderId(repair.order_id)), news)
            case VoidPasses():
                await self._void(repair, news)

    async def _ask(self, tenant_id: TenantId, repair: _Request) -> None:
        owners = self.owners
        match repair:
            case ArmTimer():
                await owners.timers.schedule(Timer(repair.kind, repair.subject_id, tenant_id, repair.due_at))
            case ExpirePlaces():
                now, ticket_id = self.clock.now(), TicketId(repair.ticket_id)
                await owners.places.expire(tenant_id, ticket_id, now=now, reservations_max=_ENTRIES_MAX)
            case UntiePass():
                await owners.untie_pass(tenant_id, PassId(repair.pass_id), offer_id=repair.offer_id)
            case CountQuota():
                await owners.count_places(tenant_id, TicketId(repair.ticket_id))
            case RequeueEvent():
                await owners.outboxes[repair.service].revive(repair.event_id, now=self.clock.now())
            case ReplayWebhook():
                await owners.replay_webhook(repair.webhook_id)

    def _paid(self, repair: SettlePayment) -> PaymentSucceeded:
        return PaymentSucceeded(
            payment_id=repair.payment_id,
            order_id=repair.order_id,
            amount_minor=repair.amount_minor,
            currency=repair.currency,
            succeeded_at=self.clock.now(),
        )

    async def _void(self, repair: VoidPasses, news: Delivery) -> None:
        order_id = repair.order_id
        if repair.units is None:
            over = OrderCancelled(order_id=order_id, reservation_ids=(), reason="refunded")
            await self.owners.passes_on_cancelled(over, news)
            return
        returned = ItemsReturned(
            order_id=order_id,
            refund_id=news.event_id,
            order_item_ids=tuple(item_id for item_id, _ in repair.units),
            units=tuple(ReturnedUnits(order_item_id=item_id, units=(unit,)) for item_id, unit in repair.units),
            reason="refunded",
            by=UUID(int=0),
        )
        await self.owners.passes_on_returned(returned, news)


@dataclass(frozen=True, slots=True)
class ArmedTimers(TimersArmed):
    """Asks the timers."""

    timers: Timers

    @override
    async def armed(self, kind: TimerKind, keys: Collection[Key]) -> frozenset[Key]:
        subjects = [(TenantId(key.tenant_id), key.id) for key in keys]
        return frozenset(Key(tenant_id, id) for tenant_id, id in await self.timers.armed(kind, subjects))
