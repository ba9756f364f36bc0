"""Transfers of Stripe: separate charges and transfers, for what waited on the platform's balance."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import stripe
from stripe.params import TransferCreateParams

from adapters.stripe.amounts import from_stripe, to_stripe
from adapters.stripe.failures import failures_classified
from core.payments.errors import DestinationNotReadyError
from core.payments.payment import Payment
from core.payments.payout import Leg, Payout, ProviderReversal, ProviderTransfer
from core.shared.ids import PaymentId, PayoutId, TenantId

_NOT_READY = frozenset({"insufficient_capabilities_for_transfer", "account_invalid"})


def transfer_group_of(payment: Payment) -> str:
    """Return what charge and transfers of an order are found by at Stripe."""
    return f"order_{payment.order_id}"


def transfer_params(payment: Payment, payout: Payout, leg: Leg, *, to: str, charge: str | None) -> TransferCreateParams:
    """Return what Stripe is asked for; raises ProviderRefusedError for an amount that it cannot send.

    With its charge as the source the money is sent as soon as that has settled, whatever the balance is now; without
    one it comes out of the balance.
    """
    amount, currency = to_stripe(payout.shares.of(leg))
    params: TransferCreateParams = {
        "amount": amount,
        "currency": currency,
        "destination": to,
        "transfer_group": transfer_group_of(payment),
        "metadata": {
            "tenant_id": str(payout.tenant_id),
            "order_id": str(payout.order_id),
            "payment_id": str(payout.payment_id),
            "payout_id": str(payout.id),
            "leg": leg.value,
        },
    }
    if charge is not None:
        params["source_transaction"] = charge
    return params


def transfer_of(found: stripe.Transfer) -> ProviderTransfer:
    """Return the transfer with what came back of it, oldest first."""
    metadata: dict[str, str] = dict(found.metadata.to_dict())
    back = sorted(found.reversals.data, key=lambda one: (one.created, one.id))
    payout_id, payment_id, tenant_id = (_uuid(metadata.get(f"{name}_id")) for name in ("payout", "payment", "tenant"))
    return ProviderTransfer(
        id=found.id,
        amount=from_stripe(found.amount, found.currency),
        payout_id=PayoutId(payout_id) if payout_id is not None else None,
        leg=next((leg for leg in Leg if leg.value == metadata.get("leg")), None),
        at=_moment(found.created),
        reversals=tuple(
            ProviderReversal(one.id, from_stripe(one.amount, one.currency), _moment(one.created)) for one in back
        ),
        tenant_id=TenantId(tenant_id) if tenant_id is not None else None,
        payment_id=PaymentId(payment_id) if payment_id is not None else None,
    )


@asynccontextmanager
async def to_account(account_id: str) -> AsyncIterator[None]:
    """Tell an account that may receive nothing, or is gone, from what is wrong with the transfer."""
    async with failures_classified():
        try:
            yield
        except (stripe.PermissionError, stripe.InvalidRequestError) as error:
            told = error.error
            gone = error.code == "resource_missing" and told is not None and told.param == "destination"
            if error.code not in _NOT_READY and not gone:
                raise
            raise DestinationNotReadyError(f"Account {account_id} may not receive transfers.") from error


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
