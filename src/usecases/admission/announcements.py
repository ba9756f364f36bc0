"""Tell the others of passes that stopped, and of those that admit again."""

from collections.abc import Sequence
from datetime import datetime

from core.shared.ids import OrderId, PassId
from ports.admission import AdmissionTransaction
from ports.published.admission import PassesResumed, PassesStopped


async def tell_stopped(
    tx: AdmissionTransaction, order_id: OrderId, pass_ids: Sequence[PassId], *, reason: str, over: bool, at: datetime
) -> None:
    """Tell of the passes of an order, in the transaction that stopped them; of none, nothing is told."""
    if pass_ids:
        await tx.outbox.add(PassesStopped(pass_ids=tuple(pass_ids), reason=reason, over=over), subject=order_id, at=at)


async def tell_resumed(
    tx: AdmissionTransaction, order_id: OrderId, pass_ids: Sequence[PassId], *, at: datetime
) -> None:
    """Tell of the passes of an order that were frozen; of none, nothing is told."""
    if pass_ids:
        await tx.outbox.add(PassesResumed(pass_ids=tuple(pass_ids)), subject=order_id, at=at)
