"""A dispute: the buyer's bank wants the money of a payment back, and decides in the end who has it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never
from uuid import uuid5

from core.payments.errors import DisputeOverError, PaymentDisputedError
from core.payments.ledger import Posting, dispute_movement
from core.payments.payment import Payment
from core.payments.record import PaymentRecord, RecordDetail, RecordKind
from core.shared.ids import AccountId, DisputeId, OrderId, PaymentId, TenantId
from core.shared.money import Money

CHECK_AFTER_S = 21_600
"""How long nothing may be heard of a dispute that is not over before the provider is asked; banks take weeks."""


class DisputeState(StrEnum):
    """Where a dispute stands.

    INQUIRY → CLOSED | OPEN; OPEN → WON | LOST. An inquiry is the bank's question before it takes any money, and CLOSED
    is one that ended as a question. Banks have been seen to change their mind, so WON → LOST and back happen too.
    """

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"

    @property
    def is_over(self) -> bool:
        return self in {DisputeState.WON, DisputeState.LOST, DisputeState.CLOSED}


_STATES = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY,
    "warning_closed": DisputeState.CLOSED,
    "prevented": DisputeState.CLOSED,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}


def state_of(status: str) -> DisputeState:
    """Return what the provider's word comes to; needs_response, under_review and words yet unknown mean OPEN."""
    return _STATES.get(status, DisputeState.OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeMovement:
    """Money that a dispute took from the provider's balance or brought back, under the provider's name for it.

    `amount` is negative where it was taken; `fee` is what the provider took for itself, negative where it came back.
    Both are in the currency in which the provider settles.
    """

    id: str
    amount: Money
    fee: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDispute:
    """A dispute as read from the provider, never from the text of a webhook. `status` is the provider's own word."""

    id: str
    intent_id: str | None
    amount: Money
    reason: str
    status: str
    evidence_due_by: datetime | None
    opened_at: datetime
    movements: tuple[DisputeMovement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One dispute of a payment.

    `status` is the provider's word as last read, `state` what it comes to. `version` grows with each news that is told
    of it, 0 while none was. `closed_at` is when it was first seen to be over, `check_at` when the provider has to be
    asked again, None when nothing more is to come.
    """

    id: DisputeId
    tenant_id: TenantId
    payment_id: PaymentId
    order_id: OrderId
    provider_id: str
    amount: Money
    reason: str
    status: str
    state: DisputeState
    evidence_due_by: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    version: int
    check_at: datetime | None
    updated_at: datetime

    @property
    def bars_refunds(self) -> bool:
        """Whether the provider gives nothing back: the bank has the money, for now or for good."""
        return self.state in {DisputeState.OPEN, DisputeState.LOST}


@dataclass(frozen=True, slots=True)
class DisputeNews:
    """What the other contexts hear: `outcome` is None for a dispute that was opened, else how it ended."""

    dispute: Dispute
    outcome: DisputeState | None


@dataclass(frozen=True, slots=True)
class DisputesChange:
    """New or changed disputes as they are to be stored, and what to record, to book and to tell."""

    disputes: tuple[Dispute, ...]
    records: tuple[PaymentRecord, ...]
    postings: tuple[Posting, ...]
    news: tuple[DisputeNews, ...]


def see_disputes(
    payment: Payment,
    disputes: Sequence[Dispute],
    seen: Iterable[ProviderDispute],
    *,
    booked: Iterable[Posting],
    now: datetime,
) -> DisputesChange | None:
    """Bring the disputes of a payment to where the provider says they stand; None when that is nothing new.

    `disputes` are all that the payment has, `booked` is all that the ledger has of it. It compares states and never
    counts events, so the news may come in any order and any number of times.
    """
    known = {dispute.provider_id: dispute for dispute in disputes}
    had = list(booked)
    refs = {posting.provider_ref for posting in had}
    changed, records, postings, news = list[Dispute](), list[PaymentRecord](), list[Posting](), list[DisputeNews]()
    for one in seen:
        before = known.get(one.id)
        after = _observed(payment, before, one, now=now)
        told = _news(before, after)
        after = replace(after, version=told[-1].dispute.version if told else after.version)
        if after != before:
            after = replace(after, updated_at=now)
            changed.append(after)
        records += _records(before, after)
        news += told
        for movement in one.movements:
            if movement.id not in refs:
                records += _moved(after, movement)
                postings += dispute_movement(
                    _in_currency(movement.amount, after),
                    fee=_fee_in_currency(movement.fee, after),
                    ref=movement.id,
                    at=movement.at,
                    destination=payment.destination,
                    escrow=[*had, *postings] if payment.escrow else None,
                )
    if not changed and not postings:
        return None
    return DisputesChange(tuple(changed), tuple(records), tuple(postings), tuple(news))


def must_not_be_disputed(payment: Payment, disputes: Iterable[Dispute]) -> None:
    """Raise PaymentDisputedError while the bank has the money of the payment, and when it keeps it."""
    if any(dispute.bars_refunds for dispute in disputes):
        raise PaymentDisputedError(f"Payment {payment.id} is disputed: its money is with the buyer's bank.")


def answered(dispute: Dispute, text: str, *, submit: bool, by: AccountId) -> PaymentRecord:
    """Return the line of the audit trail for evidence that is handed in; raises DisputeOverError."""
    if dispute.state.is_over:
        raise DisputeOverError(f"Dispute {dispute.id} is {dispute.state.value}: no more evidence is taken.")
    detail = {**_detail(dispute), "by": str(by), "characters": len(text), "submitted": int(submit)}
    return PaymentRecord(RecordKind.DISPUTE_ANSWERED, 0, dispute.amount.currency, detail)


def put_off(dispute: Dispute, *, now: datetime) -> Dispute:
    """Return the dispute with a later moment to look at it, so that two sweeps do not do so at once."""
    return replace(dispute, check_at=now + timedelta(seconds=CHECK_AFTER_S))


def _observed(payment: Payment, before: Dispute | None, seen: ProviderDispute, *, now: datetime) -> Dispute:
    state = state_of(seen.status)
    closed_at = (before.closed_at if before else None) or now if state.is_over else None
    check_at = now + timedelta(seconds=CHECK_AFTER_S)
    if before is not None and before.check_at is not None and before.state is state:
        check_at = before.check_at
    return Dispute(
        id=before.id if before else DisputeId(uuid5(payment.id, seen.id)),
        tenant_id=payment.tenant_id,
        payment_id=payment.id,
        order_id=payment.order_id,
        provider_id=seen.id,
        amount=seen.amount,
        reason=seen.reason,
        status=seen.status,
        state=state,
        evidence_due_by=seen.evidence_due_by,
        opened_at=seen.opened_at,
        closed_at=closed_at,
        version=before.version if before else 0,
        check_at=None if _is_settled(state, seen) else check_at,
        updated_at=before.updated_at if before else now,
    )


def _is_settled(state: DisputeState, seen: ProviderDispute) -> bool:
    """Tell whether nothing more is to come: money that was won comes back a little after the verdict."""
    if state is DisputeState.WON:
        return sum(movement.amount.amount_minor for movement in seen.movements) == 0
    return state.is_over


def _news(before: Dispute | None, after: Dispute) -> list[DisputeNews]:
    told: list[DisputeNews] = []
    was = before.state if before else None
    version = after.version
    quiet = {None, DisputeState.INQUIRY, DisputeState.CLOSED}
    if after.state not in quiet and (was in quiet or (after.state is DisputeState.OPEN and was is not after.state)):
        version += 1
        told.append(DisputeNews(replace(after, version=version), None))
    if after.state in {DisputeState.WON, DisputeState.LOST} and after.state is not was:
        told.append(DisputeNews(replace(after, version=version + 1), after.state))
    return told


def _records(before: Dispute | None, after: Dispute) -> list[PaymentRecord]:
    if before is not None and before.state is after.state:
        return []
    match after.state:
        case DisputeState.INQUIRY:
            kinds = (RecordKind.DISPUTE_INQUIRED,)
        case DisputeState.OPEN:
            kinds = (RecordKind.DISPUTE_OPENED,)
        case DisputeState.WON:
            kinds = (RecordKind.DISPUTE_WON,)
        case DisputeState.LOST:
            kinds = (RecordKind.DISPUTE_LOST,)
        case DisputeState.CLOSED:
            kinds = (RecordKind.DISPUTE_CLOSED,)
        case _:
            assert_never(after.state)
    return [PaymentRecord(kind, 0, after.amount.currency, _detail(after)) for kind in kinds]


def _moved(dispute: Dispute, movement: DisputeMovement) -> list[PaymentRecord]:
    amount = _in_currency(movement.amount, dispute)
    if amount.amount_minor == 0:
        return []
    kind = RecordKind.DISPUTE_WITHDRAWN if amount.amount_minor < 0 else RecordKind.DISPUTE_REINSTATED
    detail = {**_detail(dispute), "provider_ref": movement.id, "fee_minor": movement.fee.amount_minor}
    return [PaymentRecord(kind, amount.amount_minor, amount.currency, detail)]


def _detail(dispute: Dispute) -> RecordDetail:
    return {
        "dispute_id": str(dispute.id),
        "provider_id": dispute.provider_id,
        "amount_minor": dispute.amount.amount_minor,
        "reason": dispute.reason,
        "status": dispute.status,
    }


def _in_currency(moved: Money, dispute: Dispute) -> Money:
    """Return what moved in the buyer's currency: where the provider settles in another, the disputed amount."""
    if moved.currency == dispute.amount.currency:
        return moved
    sign = (moved.amount_minor > 0) - (moved.amount_minor < 0)
    return dispute.amount * sign


def _fee_in_currency(fee: Money, dispute: Dispute) -> Money:
    """Return the provider's fee, nothing where it is in another currency: the ledger cannot settle that."""
    return fee if fee.currency == dispute.amount.currency else Money.zero(dispute.amount.currency)
