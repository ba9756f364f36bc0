"""Freeze the passes of an order while its payment is disputed; thaw them, or end them, when the bank has decided."""

from dataclasses import dataclass
from typing import override

from core.admission.disputes import DISPUTE_LOST, DISPUTED, DisputeStanding, OrderDispute, standing_of
from core.shared.ids import DisputeId, OrderId
from ports.admission import AdmissionTransactions
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.payments import DisputeClosed, DisputeOpened
from usecases.admission.announcements import tell_resumed, tell_stopped
from usecases.admission.deliveries import tenant_of


@dataclass(frozen=True, slots=True)
class HearOfDispute:
    """Part of the consumers below. What was heard is kept, so that it does not matter in which order the news comes."""

    admission: AdmissionTransactions
    clock: Clock

    async def __call__(self, dispute: OrderDispute, delivery: Delivery, *, consumer: str) -> None:
        """Take the news once, unless newer news of the same dispute came before."""
        now = self.clock.now()
        async with self.admission.begin(tenant_of(delivery)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer=consumer, at=now):
                return
            await tx.orders.note(dispute.order_id)  # The lock under which passes are issued.
            await tx.disputes.note(dispute, at=now)
            order_id = dispute.order_id
            match standing_of(await tx.disputes.of_order(order_id)):
                case DisputeStanding.LOST:
                    ended = await tx.passes.void_order(order_id, reason=DISPUTE_LOST, at=now)
                    await tell_stopped(tx, order_id, ended, reason=DISPUTE_LOST, over=True, at=now)
                case DisputeStanding.OPEN:
                    frozen = await tx.passes.freeze_order(order_id, reason=DISPUTED, at=now)
                    await tell_stopped(tx, order_id, frozen, reason=DISPUTED, over=False, at=now)
                case DisputeStanding.WON:
                    thawed = await tx.passes.thaw_order(order_id)
                    await tell_resumed(tx, order_id, thawed, at=now)


@dataclass(frozen=True, slots=True)
class FreezeOnDispute(Consumer[DisputeOpened]):
    """For events. A frozen pass shows no code, and admits nobody."""

    hear: HearOfDispute

    @override
    async def __call__(self, event: DisputeOpened, delivery: Delivery) -> None:
        dispute = OrderDispute(
            OrderId(event.order_id), DisputeId(event.dispute_id), DisputeStanding.OPEN, event.version
        )
        await self.hear(dispute, delivery, consumer="admission.freeze_on_dispute")


@dataclass(frozen=True, slots=True)
class DecideOnDispute(Consumer[DisputeClosed]):
    """For events. Won: the passes are valid again, with the codes they had. Lost: they end for good."""

    hear: HearOfDispute

    @override
    async def __call__(self, event: DisputeClosed, delivery: Delivery) -> None:
        dispute = OrderDispute(
            OrderId(event.order_id), DisputeId(event.dispute_id), DisputeStanding(event.outcome), event.version
        )
        await self.hear(dispute, delivery, consumer="admission.decide_on_dispute")
