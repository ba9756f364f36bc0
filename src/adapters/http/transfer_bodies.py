"""Transfers as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from msgspec import Meta

from core.resale.transfers.transfer import Transfer
from core.shared.callers import SELLERS, Caller


class OfferTransferBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whom to give the pass to: the address of an account, or of somebody who will have one."""

    to_email: Annotated[str, Meta(min_length=3, max_length=320, examples=["ben@example.com"])]


class AcceptTransferBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whose name the pass is to bear; needed where the organiser, or a law at the event's place, asks for it."""

    holder_name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class TransferEventBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the pass admits to; `timeZone` is the IANA zone of the place."""

    title: str
    starts_at: datetime
    time_zone: str


class TransferBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A pass on its way to a person, who may accept it before `lapsesAt`.

    `reason` says why it lapsed. `fromAccountId` and `toAccountId` are shown to staff; the two sides see their own, and
    null for the other's. `offeredAt` is null until the pass is tied to it.
    """

    id: UUID
    pass_id: UUID
    ticket_id: UUID
    status: Literal["OPENING", "OFFERED", "ACCEPTING", "ACCEPTED", "DECLINED", "LAPSED", "WITHDRAWN"]
    event: TransferEventBody
    seat_label: str | None
    to_email: str
    from_account_id: UUID | None
    to_account_id: UUID | None
    holder_name: str | None
    created_at: datetime
    offered_at: datetime | None
    lapses_at: datetime
    updated_at: datetime
    reason: str | None

    @classmethod
    def of(cls, transfer: Transfer, *, caller: Caller, now: datetime) -> Self:
        """Return what this caller is sent of a transfer, as it stands at this moment."""
        subject = transfer.subject
        return cls(
            id=transfer.id,
            pass_id=subject.pass_id,
            ticket_id=subject.ticket_id,
            status=transfer.status_at(now).value,
            event=TransferEventBody(
                title=subject.event_title, starts_at=subject.event_starts_at, time_zone=subject.event_time_zone
            ),
            seat_label=subject.seat_label,
            to_email=transfer.to_email.address,
            from_account_id=_seen(transfer.from_account, caller),
            to_account_id=_seen(transfer.to_account, caller),
            holder_name=transfer.holder_name if _seen(transfer.to_account, caller) else None,
            created_at=transfer.created_at,
            offered_at=transfer.offered_at,
            lapses_at=transfer.lapses_at,
            updated_at=transfer.updated_at,
            reason=transfer.reason_at(now),
        )


def _seen(account_id: UUID | None, caller: Caller) -> UUID | None:
    return account_id if caller.role in SELLERS or account_id == caller.account_id else None
