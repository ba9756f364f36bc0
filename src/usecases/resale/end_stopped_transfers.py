"""End the transfers of passes that are over."""

from dataclasses import dataclass
from typing import override

from core.resale.transfers.transfer_status import TransferStatus
from core.shared.ids import PassId
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.admission import PassesStopped
from ports.resale import ResaleTransactions
from usecases.resale.deliveries import tenant_of
from usecases.resale.transfer_news import save_transfer


@dataclass(frozen=True, slots=True)
class EndStoppedTransfers(Consumer[PassesStopped]):
    """For events. What is frozen stays offered, and cannot be accepted before it is thawed.

    A pass that is being handed over is left alone: admission says how that ends, in whatever order the news comes.
    """

    resale: ResaleTransactions
    clock: Clock

    @override
    async def __call__(self, event: PassesStopped, delivery: Delivery) -> None:
        if not event.over:
            return
        now = self.clock.now()
        async with self.resale.begin(tenant_of(delivery)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="resale.end_transfers", at=now):
                return
            for transfer_id in await tx.transfers.live_of_passes([PassId(id) for id in event.pass_ids]):
                transfer = await tx.transfers.locked(transfer_id)
                if transfer is not None and transfer.status in {TransferStatus.OPENING, TransferStatus.OFFERED}:
                    await save_transfer(
                        tx, transfer, transfer.lapsed(f"the pass is over: {event.reason}", now), now=now
                    )
