"""The platform's balance: an entry for each movement of money, with Stripe's fee and what is left."""

from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict, new_id, now

FEE_BASIS_POINTS = 150
FEE_FIXED = 25
DISPUTE_FEE = 1500
"""What the stand-in takes, in minor units: it is like what Stripe takes for European cards, in any currency."""

_AVAILABLE_AFTER_S = 2 * 86_400
_CATEGORIES = {
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "charge": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
}


def charge_fee(amount: int) -> int:
    """Return Stripe's fee for a charge: a share, rounded half up, and a fixed part; never more than the amount."""
    return min(amount, (amount * FEE_BASIS_POINTS + 5_000) // 10_000 + FEE_FIXED)


class Books:
    """Balance transactions."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def enter(
        self,
        kind: str,
        amount: int,
        *,
        source: StripeDict,
        fee: int = 0,
        category: str | None = None,
        description: str | None = None,
    ) -> StripeDict:
        """Book `amount`, which is negative for money that goes, and take Stripe's `fee` of it."""
        fees = {"amount": fee, "application": None, "currency": source["currency"], "type": "stripe_fee"}
        made_at = now()
        return self._ledger.put(
            "balance_transactions",
            {
                "id": new_id("txn"),
                "object": "balance_transaction",
                "amount": amount,
                "available_on": made_at + _AVAILABLE_AFTER_S,
                "balance_type": "payments",
                "created": made_at,
                "currency": source["currency"],
                "description": description,
                "exchange_rate": None,
                "fee": fee,
                "fee_details": [fees | {"description": description or "Stripe processing fees"}] if fee else [],
                "net": amount - fee,
                "reporting_category": category or _CATEGORIES[kind],
                "source": source["id"],
                "status": "pending",
                "type": kind,
            },
        )
