"""Disputes, and the evidence about them, as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from adapters.http.money import MoneyBody
from adapters.http.payment_refunds import PaymentRefundBody
from adapters.http.payments import PaymentBody
from core.payments.dispute import Dispute
from core.shared.money import Money
from ports.payments import KeptRecord
from ports.published.admission import PassRecord, ScanRecord
from ports.published.orders import OrderRecord
from ports.published.resale_verdicts import VerdictRecord
from usecases.payments.read_disputes import Evidence

type DisputeStatus = Literal["inquiry", "open", "won", "lost", "closed"]


class DisputeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A dispute. `inquiry`: the bank asks and has taken nothing yet; `closed`: it ended as a question.

    While it is `open` the bank has the money, and the order's passes are frozen; `stripeStatus` and `reason` are
    Stripe's own words.
    """

    id: UUID
    payment_id: UUID
    order_id: UUID
    stripe_dispute_id: str
    amount: MoneyBody
    reason: str
    status: DisputeStatus
    stripe_status: str
    evidence_due_by: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    updated_at: datetime

    @staticmethod
    def of(dispute: Dispute) -> "DisputeBody":
        """Return the dispute as the API shows it."""
        return DisputeBody(
            id=dispute.id,
            payment_id=dispute.payment_id,
            order_id=dispute.order_id,
            stripe_dispute_id=dispute.provider_id,
            amount=MoneyBody.of(dispute.amount),
            reason=dispute.reason,
            status=dispute.state.value,
            stripe_status=dispute.status,
            evidence_due_by=dispute.evidence_due_by,
            opened_at=dispute.opened_at,
            closed_at=dispute.closed_at,
            updated_at=dispute.updated_at,
        )


class EvidenceTextBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the organisation says. Stripe keeps it as a draft, unless `submit` hands it in, which can be done once."""

    text: Annotated[str, Meta(min_length=1, max_length=20_000)]
    submit: bool = False


class EvidenceContactBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whom the order was for."""

    email: str
    name: str | None


class EvidenceItemBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An item that was bought; `label` names the seat, null for general admission."""

    id: UUID
    ticket_id: UUID
    event_title: str
    event_starts_at: datetime
    venue_name: str
    quantity: int
    label: str | None
    unit_price: MoneyBody


class EvidenceStepBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One step in the life of the order."""

    at: datetime
    step: str
    detail: str | None


class EvidenceOrderBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The order that the money is about, with its whole history."""

    id: UUID
    account_id: UUID
    status: str
    placed_at: datetime
    contact: EvidenceContactBody | None
    total: MoneyBody | None
    items: tuple[EvidenceItemBody, ...]
    history: tuple[EvidenceStepBody, ...]

    @staticmethod
    def of(order: OrderRecord) -> "EvidenceOrderBody":
        """Return the order as the API shows it; one that nothing was reserved for has no items and no total."""
        currency = order.currency or ""
        tickets = {ticket.ticket_id: ticket for ticket in order.tickets}
        email, name = order.contact_email, order.contact_name
        total = order.total_minor
        return EvidenceOrderBody(
            id=order.order_id,
            account_id=order.account_id,
            status=order.status,
            placed_at=order.placed_at,
            contact=EvidenceContactBody(email=email, name=name) if email is not None else None,
            total=MoneyBody.of(Money(total, currency)) if total is not None else None,
            items=tuple(
                EvidenceItemBody(
                    id=item.order_item_id,
                    ticket_id=item.ticket_id,
                    event_title=tickets[item.ticket_id].event_title,
                    event_starts_at=tickets[item.ticket_id].event_starts_at,
                    venue_name=tickets[item.ticket_id].venue_name,
                    quantity=item.quantity,
                    label=item.label,
                    unit_price=MoneyBody.of(Money(item.price_minor, currency)),
                )
                for item in order.items
            ),
            history=tuple(
                EvidenceStepBody(at=each.at, step=each.step, detail=each.detail or None) for each in order.history
            ),
        )


class EvidenceRecordBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A line of the payment's audit trail; `movement` is what came (or went, where it is negative) with it."""

    at: datetime
    kind: str
    movement: MoneyBody
    detail: dict[str, str | int | None]

    @staticmethod
    def of(kept: KeptRecord) -> "EvidenceRecordBody":
        """Return the line as the API shows it."""
        record = kept.record
        movement = MoneyBody.of(Money(record.movement_minor, record.currency))
        return EvidenceRecordBody(
            at=kept.recorded_at, kind=record.kind.value, movement=movement, detail=dict(record.detail)
        )


class EvidencePassBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A pass that was issued for the order, without its code."""

    id: UUID
    order_item_id: UUID
    unit: int
    account_id: UUID
    event_title: str
    seat_label: str | None
    status: Literal["VALID", "FROZEN", "VOID"]
    revision: int
    issued_at: datetime
    frozen_at: datetime | None
    freeze_reason: str | None
    voided_at: datetime | None
    void_reason: str | None

    @staticmethod
    def of(known: PassRecord) -> "EvidencePassBody":
        """Return the pass as the API shows it."""
        return EvidencePassBody(
            id=known.pass_id,
            order_item_id=known.order_item_id,
            unit=known.unit,
            account_id=known.account_id,
            event_title=known.event_title,
            seat_label=known.seat_label,
            status=known.status,
            revision=known.revision,
            issued_at=known.issued_at,
            frozen_at=known.frozen_at,
            freeze_reason=known.freeze_reason,
            voided_at=known.voided_at,
            void_reason=known.void_reason,
        )


class EvidenceScanBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One scan of a pass at a gate; `reason` says why nobody was let through, or what spoke against an offline scan."""

    id: UUID
    pass_id: UUID
    gate: str
    device: str | None
    direction: Literal["in", "out"]
    scanned_by: UUID
    scanned_at: datetime
    recorded_at: datetime
    offline: bool
    admitted: bool
    reason: str | None

    @staticmethod
    def of(known: ScanRecord) -> "EvidenceScanBody":
        """Return the scan as the API shows it."""
        return EvidenceScanBody(
            id=known.scan_id,
            pass_id=known.pass_id,
            gate=known.gate,
            device=known.device,
            direction=known.direction,
            scanned_by=known.scanned_by,
            scanned_at=known.scanned_at,
            recorded_at=known.recorded_at,
            offline=known.offline,
            admitted=known.admitted,
            reason=known.reason,
        )


class EvidenceVerdictBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was decided about the resale of a pass; its receipt is at `/resale/receipts/{id}`."""

    id: UUID
    pass_id: UUID
    decided_at: datetime
    price: MoneyBody
    allowed: bool
    max_price: MoneyBody | None
    reasons: tuple[str, ...]
    rulebook_version: str

    @staticmethod
    def of(known: VerdictRecord) -> "EvidenceVerdictBody":
        """Return the verdict as the API shows it."""
        highest = known.price_max_minor
        return EvidenceVerdictBody(
            id=known.verdict_id,
            pass_id=known.pass_id,
            decided_at=known.decided_at,
            price=MoneyBody(amount=known.price_minor, currency=known.currency),
            allowed=known.allowed,
            max_price=MoneyBody(amount=highest, currency=known.currency) if highest is not None else None,
            reasons=known.reasons,
            rulebook_version=known.rulebook_version,
        )


class EvidenceBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All that is known of a disputed sale, to be answered with at Stripe."""

    dispute: DisputeBody
    order: EvidenceOrderBody
    payment: PaymentBody
    payment_records: tuple[EvidenceRecordBody, ...]
    refunds: tuple[PaymentRefundBody, ...]
    passes: tuple[EvidencePassBody, ...]
    scans: tuple[EvidenceScanBody, ...]
    verdicts: tuple[EvidenceVerdictBody, ...]

    @staticmethod
    def of(evidence: Evidence) -> "EvidenceBody":
        """Return the evidence as the API shows it."""
        return EvidenceBody(
            dispute=DisputeBody.of(evidence.dispute),
            order=EvidenceOrderBody.of(evidence.order),
            payment=PaymentBody.of(evidence.payment),
            payment_records=tuple(EvidenceRecordBody.of(kept) for kept in evidence.records),
            refunds=tuple(PaymentRefundBody.of(refund) for refund in evidence.refunds),
            passes=tuple(EvidencePassBody.of(known) for known in evidence.passes),
            scans=tuple(EvidenceScanBody.of(known) for known in evidence.scans),
            verdicts=tuple(EvidenceVerdictBody.of(known) for known in evidence.verdicts),
        )
