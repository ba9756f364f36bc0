"""New objects, with the fields that Stripe's published fixtures have."""

import string
import time
from secrets import choice
from typing import Any

type StripeDict = dict[str, Any]
"""An object of the API, as JSON."""

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, *, length: int = 24) -> str:
    """Return an id such as pi_3Qw…"""
    return f"{prefix}_" + "".join(choice(_ALPHABET) for _ in range(length))


def now() -> int:
    """Return the time as Stripe tells it, in seconds since 1970."""
    return int(time.time())


def new_intent(*, amount: int, currency: str, created: int, **given: object) -> StripeDict:
    """Make a PaymentIntent that awaits a payment method."""
    intent_id = new_id("pi")
    intent: StripeDict = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": new_id(f"{intent_id}_secret", length=25),
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    return intent | given


def new_charge(intent: StripeDict, *, created: int, failure: tuple[str, str, str] | None = None) -> StripeDict:
    """Make the charge of a try; `failure` is (code, decline code, message)."""
    charge_id = new_id("ch")
    captured = failure is None
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if captured else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": new_id("txn") if captured else None,
        "billing_details": {
            "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": "FAIRSEAT",
        "captured": captured,
        "created": created,
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": failure[0] if failure else None,
        "failure_message": failure[2] if failure else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network" if captured else "declined_by_network",
            "reason": failure[1] if failure else None,
            "seller_message": "Payment complete." if captured else "The bank did not return any further details.",
            "type": "authorized" if captured else "issuer_declined",
        },
        "paid": captured,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": {
            "card": {"brand": "visa", "country": "US", "funding": "credit", "last4": "4242", "network": "visa"},
            "type": "card",
        },
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if captured else "failed",
        "transfer_data": intent["transfer_data"],
        "transfer_group": None,
    }


def new_refund(
    charge: StripeDict, *, amount: int, created: int, reason: str | None, metadata: StripeDict
) -> StripeDict:
    """Make a refund that has gone through."""
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": new_id("txn"),
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
