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
    "transfer": PostingKind.TRANSFER_SENT,
    "transfer_refund": PostingKind.TRANSFER_REVERSED,
}
_OF_DISPUTES = frozenset({PostingKind.DISPUTE_WITHDRAWN, PostingKind.DISPUTE_REINSTATED})
_DISPUTE = ("dp_", "du_")
"""How the names of disputes begin."""


def movement_of(found: stripe.BalanceTransaction) -> Movement | None:
    """Return the movement, with its source expanded where Stripe did so; None for what the ledger does not have."""
    kind, source = _kind(found), found.source
    if kind is None or source is None:
        return None
    name = source if isinstance(source, str) else source.id
    return Movement(
        id=found.id,
        kind=kind,
        # A dispute moves money more than once: its movements are told apart by their own names.
        source=found.id if kind in _OF_DISPUTES else name,
        charge=_charge(source),
        amount=from_stripe(found.amount, found.currency),
        fee=from_stripe(found.fee, found.currency),
        ours=_is_ours(source),
        at=datetime.fromtimestamp(found.created, UTC),
    )


def _kind(found: stripe.BalanceTransaction) -> PostingKind | None:
    """Return the kind; of adjustments only those of disputes are known here."""
    if found.type != "adjustment":
        return _KINDS.get(found.type)
    if found.source is None or not (found.source if isinstance(found.source, str) else found.source.id).startswith(
        _DISPUTE
    ):
        return None
    taken = found.amount < 0 or (found.amount == 0 and found.fee > 0)
    return PostingKind.DISPUTE_WITHDRAWN if taken else PostingKind.DISPUTE_REINSTATED


def _is_ours(source: object) -> bool:
    """Tell whether we made it, where that can be told: Stripe makes transfers of its own for destination charges."""
    if isinstance(source, stripe.Charge):
        return "payment_id" in source.metadata
    if isinstance(source, stripe.Transfer):
        return "payout_id" in source.metadata
    return True


def _charge(source: object) -> str | None:
    if isinstance(source, stripe.TransferReversal):
        return source.transfer if isinstance(source.transfer, str) else source.transfer.id
    if not isinstance(source, stripe.Refund | stripe.Dispute) or source.charge is None:
        return None
    return source.charge if isinstance(source.charge, str) else source.charge.id
