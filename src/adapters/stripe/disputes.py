"""Disputes of Stripe, in our words."""

from datetime import UTC, datetime

import stripe

from adapters.stripe.amounts import from_stripe
from core.payments.dispute import DisputeMovement, ProviderDispute


def dispute_of(found: stripe.Dispute) -> ProviderDispute:
    """Return the dispute with what it moved in Stripe's balance, oldest first."""
    intent = found.payment_intent
    due_by = found.evidence_details.due_by
    moved = sorted(found.balance_transactions, key=lambda one: (one.created, one.amount))
    return ProviderDispute(
        id=found.id,
        intent_id=intent.id if isinstance(intent, stripe.PaymentIntent) else intent,
        amount=from_stripe(found.amount, found.currency),
        reason=found.reason,
        status=found.status,
        evidence_due_by=_moment(due_by) if due_by else None,
        opened_at=_moment(found.created),
        movements=tuple(
            DisputeMovement(
                id=one.id,
                amount=from_stripe(one.amount, one.currency),
                fee=from_stripe(one.fee, one.currency),
                at=_moment(one.created),
            )
            for one in moved
        ),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
