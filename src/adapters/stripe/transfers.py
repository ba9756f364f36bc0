"""Transfers of Stripe: separate charges and transfers, for what waited on the platform's balance."""

from core.payments.payment import Payment


def transfer_group_of(payment: Payment) -> str:
    """Return what charge and transfers of an order are found by at Stripe."""
    return f"order_{payment.order_id}"
