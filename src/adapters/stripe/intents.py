"""A PaymentIntent of the SDK, in our words."""

from datetime import UTC, datetime
from uuid import UUID

import stripe

from adapters.stripe.amounts import from_stripe
from core.payments.intent import Charge, Decline, Intent, IntentStatus
from core.payments.payment import Payment
from core.shared.ids import PaymentId, TenantId

_STATUSES = {
    "requires_payment_method": IntentStatus.AWAITING_BUYER,
    "requires_confirmation": IntentStatus.AWAITING_BUYER,
    "requires_action": IntentStatus.NEEDS_ACTION,
    "processing": IntentStatus.PROCESSING,
    "requires_capture": IntentStatus.PROCESSING,
    "succeeded": IntentStatus.SUCCEEDED,
    "canceled": IntentStatus.CANCELLED,
}


def metadata_of(payment: Payment) -> dict[str, str]:
    """Return what is written on the intent, by which it is known again."""
    return {
        "payment_id": str(payment.id),
        "order_id": str(payment.order_id),
        "tenant_id": str(payment.tenant_id),
        "attempt": str(payment.attempt),
    }


def intent_of(found: stripe.PaymentIntent) -> Intent:
    """Return the intent; an unknown status is processing.

    Its latest charge was expanded with its balance transaction, so that refunds and Stripe's fee are known.
    """
    metadata: dict[str, str] = dict(found.metadata.to_dict())
    payment_id, tenant_id = _uuid(metadata.get("payment_id")), _uuid(metadata.get("tenant_id"))
    attempt = metadata.get("attempt", "")
    return Intent(
        id=found.id,
        client_secret=found.client_secret or "",
        status=_STATUSES.get(found.status, IntentStatus.PROCESSING),
        amount=from_stripe(found.amount, found.currency),
        received_minor=from_stripe(found.amount_received, found.currency).amount_minor,
        refunded_minor=_refunded(found),
        decline=_decline(found),
        payment_id=PaymentId(payment_id) if payment_id else None,
        tenant_id=TenantId(tenant_id) if tenant_id else None,
        attempt=int(attempt) if attempt.isascii() and attempt.isdigit() else None,
        charge=_charge(found),
        disputed=isinstance(found.latest_charge, stripe.Charge) and found.latest_charge.disputed,
    )


def _charge(found: stripe.PaymentIntent) -> Charge | None:
    charge = found.latest_charge
    if not isinstance(charge, stripe.Charge) or not charge.captured:
        return None
    movement = charge.balance_transaction
    # Stripe makes it a little after the charge at times: then reconciliation books the fee.
    fee = from_stripe(movement.fee, movement.currency) if isinstance(movement, stripe.BalanceTransaction) else None
    return Charge(charge.id, datetime.fromtimestamp(charge.created, UTC), fee)


def _refunded(found: stripe.PaymentIntent) -> int:
    charge = found.latest_charge
    if not isinstance(charge, stripe.Charge):
        return 0
    return from_stripe(charge.amount_refunded, found.currency).amount_minor


def _decline(found: stripe.PaymentIntent) -> Decline | None:
    """Return the last refused try. Not every one has a charge (a failed authentication has none), so more names it."""
    error = found.last_payment_error
    if error is None:
        return None
    # The SDK's objects have only the members that Stripe sent.
    tried = getattr(error, "payment_method", None)
    names = (getattr(error, "charge", None), tried.id if tried is not None else None, error.code)
    return Decline(id=":".join(name or "" for name in names), code=getattr(error, "decline_code", None) or error.code)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
