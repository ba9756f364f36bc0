"""Payouts of connected accounts, which a platform reads with the Stripe-Account header."""

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.errors import missing
from adapters.embedded.stripe_fake.events import Announce
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.lists import TIMES, paged
from adapters.embedded.stripe_fake.objects import StripeDict, new_id, now

FILTERS = ("status", "destination")


class Payouts:
    """Read-only for the platform; a control adds them."""

    def __init__(self, ledger: Ledger, announce: Announce) -> None:
        self._ledger = ledger
        self._announce = announce

    def page(self, account_id: str, params: Params) -> StripeDict:
        """Return a page of an account's payouts, the newest first."""
        arrival = tuple(name.replace("created", "arrival_date") for name in TIMES)
        forms.only(params, "limit", "starting_after", "ending_before", *TIMES, *arrival, *FILTERS)
        since, until = forms.moment_range(params, "arrival_date")
        found = [payout for payout in self._of(account_id) if since <= payout["arrival_date"] < until]
        return paged(found, params, url="/v1/payouts", filters=FILTERS)

    def get(self, account_id: str, payout_id: str, params: Params) -> StripeDict:
        """Return a payout of an account."""
        forms.only(params)
        for payout in self._of(account_id):
            if payout["id"] == payout_id:
                return payout
        raise missing("payout", payout_id, param="payout")

    def add(
        self, account_id: str, *, amount: int, currency: str, status: str, arrival_date: int | None = None
    ) -> StripeDict:
        """Pay an account out; `status` is paid, pending, in_transit, canceled or failed."""
        self._ledger.get("accounts", account_id)
        made_at = now()
        failed = status == "failed"
        payout: StripeDict = {
            "id": new_id("po"),
            "object": "payout",
            "amount": amount,
            "application_fee": None,
            "application_fee_amount": None,
            "arrival_date": made_at if arrival_date is None else arrival_date,
            "automatic": True,
            "balance_transaction": new_id("txn"),
            "created": made_at,
            "currency": currency.lower(),
            "description": "STRIPE PAYOUT",
            "destination": f"ba_{account_id.removeprefix('acct_')}",
            "failure_balance_transaction": new_id("txn") if failed else None,
            "failure_code": "account_closed" if failed else None,
            "failure_message": "The bank account has been closed." if failed else None,
            "livemode": False,
            "metadata": {},
            "method": "standard",
            "original_payout": None,
            "reconciliation_status": "completed",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": None,
            "status": status,
            "type": "bank_account",
        }
        self._ledger.put("payouts", {"id": payout["id"], "account": account_id, "payout": payout})
        self._announce("payout.created", payout, account=account_id)
        if status in {"paid", "failed", "canceled"}:
            self._announce(f"payout.{status}", payout, account=account_id)
        return payout

    def _of(self, account_id: str) -> list[StripeDict]:
        return [one["payout"] for one in self._ledger.all("payouts") if one["account"] == account_id]
