"""Store a changed transfer, and tell the others what became of it."""

from datetime import datetime
from typing import Literal

from core.resale.transfers.transfer import Transfer
from core.resale.transfers.transfer_status import TransferStatus
from ports.events import Event
from ports.published.resale import TransferAccepted, TransferEnded, TransferOffered
from ports.resale import ResaleTransaction


async def save_transfer(tx: ResaleTransaction, before: Transfer, after: Transfer, *, now: datetime) -> Transfer:
    """Store what changed, and return it; the very same transfer is neither stored nor told of."""
    if after is before:
        return after
    await tx.transfers.save(after)
    if after.status is not before.status and (event := _news_of(after)) is not None:
        await tx.outbox.add(event, subject=after.id, at=now)
    return after


def _news_of(transfer: Transfer) -> Event | None:
    match transfer.status:
        case TransferStatus.OPENING | TransferStatus.ACCEPTING:
            return None
        case TransferStatus.OFFERED:
            return TransferOffered(
                transfer_id=transfer.id,
                pass_id=transfer.subject.pass_id,
                ticket_id=transfer.subject.ticket_id,
                from_account_id=transfer.from_account,
                to_email=transfer.to_email.address,
                event_title=transfer.subject.event_title,
                lapses_at=transfer.lapses_at,
            )
        case TransferStatus.ACCEPTED:
            assert transfer.to_account is not None, "what was handed over has a recipient"
            return TransferAccepted(
                transfer_id=transfer.id,
                pass_id=transfer.subject.pass_id,
                ticket_id=transfer.subject.ticket_id,
                from_account_id=transfer.from_account,
                to_account_id=transfer.to_account,
            )
        case TransferStatus.DECLINED:
            return _ended(transfer, "declined")
        case TransferStatus.LAPSED:
            return _ended(transfer, "lapsed")
        case TransferStatus.WITHDRAWN:
            return _ended(transfer, "withdrawn")


def _ended(transfer: Transfer, how: Literal["declined", "lapsed", "withdrawn"]) -> TransferEnded | None:
    if transfer.offered_at is None:  # nobody ever heard of it
        return None
    return TransferEnded(
        transfer_id=transfer.id,
        pass_id=transfer.subject.pass_id,
        ticket_id=transfer.subject.ticket_id,
        from_account_id=transfer.from_account,
        to_email=transfer.to_email.address,
        how=how,
        reason=transfer.reason,
    )
