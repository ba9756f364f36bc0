"""Movements of Stripe's balance, in our words."""

from datetime import UTC, datetime

import stripe

from adapters.stripe.amounts import from_stripe
from core.payments.ledger import PostingKind
from core.payments.movements import Movement

_KINDS = {
    "charge": PostingKind.CAPTURE,
    "payment": PostingKind.CAPTURE,
    "refund": PostingKind.REFUND,
    "payment_refund": PostingKind.REFUND,
    "refund_failure": PostingKind.REFUND_FAILED,
    "payment_failure_refund": PostingKind.REFUND_FAILED,
}


def movement_of(found: stripe.BalanceTransaction) -> Movement | None:
    """Return the movement, with its source expanded where Stripe did so; None for what the ledger does not have."""
    kind, source = _KINDS.get(found.type), found.source
    if kind is None or source is None:
        return None
    return Movement(
        id=found.id,
        kind=kind,
        source=source if isinstance(source, str) else source.id,
        charge=_charge(source),
        amount=from_stripe(found.amount, found.currency),
        fee=from_stripe(found.fee, found.currency),
        ours=not isinstance(source, stripe.Charge) or "payment_id" in source.metadata,
        at=datetime.fromtimestamp(found.created, UTC),
    )


def _charge(source: object) -> str | None:
    if not isinstance(source, stripe.Refund) or source.charge is None:
        return None
    return source.charge if isinstance(source.charge, str) else source.charge.id
