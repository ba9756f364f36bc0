"""Refunds of Stripe, in our words."""

from datetime import UTC, datetime
from uuid import UUID

import stripe
from stripe.params import RefundCreateParams

from adapters.stripe.amounts import from_stripe, to_stripe
from adapters.stripe.intents import metadata_of
from core.payments.payment import Payment
from core.payments.refund import ProviderRefund, Refund, RefundStatus
from core.shared.ids import RefundId

_STATUSES = {"succeeded": RefundStatus.SUCCEEDED, "failed": RefundStatus.FAILED, "canceled": RefundStatus.FAILED}


def refund_params(payment: Payment, refund: Refund, *, intent_id: str) -> RefundCreateParams:
    """Return what Stripe is asked for; raises ProviderRefusedError for an amount that it cannot give back."""
    amount, _ = to_stripe(refund.amount)
    params: RefundCreateParams = {
        "payment_intent": intent_id,
        "amount": amount,
        "metadata": metadata_of(payment) | {"refund_id": str(refund.id), "refund_attempt": str(refund.attempt)},
    }
    if payment.destination is not None:
        params["reverse_transfer"] = True
        if payment.destination.application_fee_minor > 0:
            params["refund_application_fee"] = True
    return params


def refund_of(found: stripe.Refund) -> ProviderRefund:
    """Return the refund; an unknown status is pending. Stripe names a failure only where there is one."""
    metadata: dict[str, str] = dict(found.metadata.to_dict()) if found.metadata is not None else {}
    status = _STATUSES.get(found.status or "", RefundStatus.PENDING)
    failure = str(getattr(found, "failure_reason", None) or found.status) if status is RefundStatus.FAILED else None
    refund_id, attempt = _uuid(metadata.get("refund_id")), metadata.get("refund_attempt", "")
    return ProviderRefund(
        id=found.id,
        amount=from_stripe(found.amount, found.currency),
        status=status,
        failure=failure,
        refund_id=RefundId(refund_id) if refund_id else None,
        attempt=int(attempt) if attempt.isascii() and attempt.isdigit() else None,
        moved=found.balance_transaction is not None,
        at=datetime.fromtimestamp(found.created, UTC),
    )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
