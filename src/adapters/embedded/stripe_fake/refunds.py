"""Refunds: whole or in part, at once, pending, or failed afterwards."""

from copy import deepcopy

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.books import Books
from adapters.embedded.stripe_fake.errors import impossible, invalid
from adapters.embedded.stripe_fake.events import Announce
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.methods import method_named
from adapters.embedded.stripe_fake.money_objects import new_refund
from adapters.embedded.stripe_fake.objects import StripeDict, new_id, now
from adapters.embedded.stripe_fake.transfers import Transfers

CREATE = (
    "payment_intent",
    "charge",
    "amount",
    "reason",
    "metadata[*]",
    "reverse_transfer",
    "refund_application_fee",
)


class Refunds:
    """Money that goes back to buyers, never more than came."""

    def __init__(self, ledger: Ledger, announce: Announce, books: Books, transfers: Transfers) -> None:
        self._ledger = ledger
        self._announce = announce
        self._books = books
        self._transfers = transfers

    def create(self, params: Params) -> StripeDict:
        """Give money back; how that ends is the fate of the payment method."""
        forms.only(params, *CREATE)
        reason = forms.one_of(params, "reason", "duplicate", "fraudulent", "requested_by_customer")
        metadata = forms.metadata(params)
        reverse, with_fee = forms.flag(params, "reverse_transfer"), forms.flag(params, "refund_application_fee")
        amount = forms.integer(params, "amount")
        if amount is not None and amount <= 0:
            raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
        charge = self._charge_to_refund(params)
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            raise impossible(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        amount = left if amount is None else amount
        if amount > left:
            raise impossible(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
            )
        if reverse and charge.get("transfer") is None:
            raise impossible(f"Charge {charge['id']} has no transfer to reverse.", param="reverse_transfer")
        if with_fee and charge["application_fee"] is None:
            raise impossible(f"Charge {charge['id']} has no application fee.", param="refund_application_fee")
        pending = method_named(charge["payment_method"]).refunds == "pending"
        refund = new_refund(
            charge, amount=amount, status="pending" if pending else "succeeded", reason=reason, metadata=metadata
        )
        refund["balance_transaction"] = self._books.enter("refund", -amount, source=refund)["id"]
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        if reverse:
            refund["transfer_reversal"] = self._reverse(charge, refund)
        if with_fee:
            self._return_fee(charge, refund)
        self._ledger.put("refunds", refund)
        self._ledger.put("charges", charge)
        self._announce("refund.created", refund)
        self._announce("charge.refunded", charge)
        return refund

    def update(self, refund_id: str, params: Params) -> StripeDict:
        """Change the metadata."""
        forms.only(params, "metadata[*]")
        before = self._ledger.get("refunds", refund_id, param="refund")
        refund = before | {"metadata": forms.metadata(params, kept=before["metadata"])}
        return self._updated(refund, before)

    def decide(self, refund_id: str, *, succeed: bool) -> StripeDict:
        """Let a pending refund go through, or let one fail that is pending or had gone through already."""
        before = self._ledger.get("refunds", refund_id, param="refund")
        if before["status"] not in ({"pending"} if succeed else {"pending", "succeeded"}):
            raise impossible(f"Refund {refund_id} is {before['status']}.")
        if succeed:
            return self._updated(before | {"status": "succeeded"}, before)
        charge = deepcopy(self._ledger.get("charges", before["charge"]))
        charge["amount_refunded"] -= before["amount"]
        charge["refunded"] = False
        self._ledger.put("charges", charge)
        entry = self._books.enter("refund_failure", before["amount"], source=before)
        failed = before | {
            "status": "failed",
            "failure_reason": "expired_or_canceled_card",
            "failure_balance_transaction": entry["id"],
        }
        self._updated(failed, before)
        self._announce("refund.failed", failed)
        return failed

    def later(self) -> None:
        """Let time pass: what is pending goes through, and what the method dooms fails."""
        for refund in list(self._ledger.all("refunds")):
            charge = self._ledger.get("charges", refund["charge"])
            if refund["status"] == "pending":
                self.decide(refund["id"], succeed=True)
            elif refund["status"] == "succeeded" and method_named(charge["payment_method"]).refunds == "fails":
                self.decide(refund["id"], succeed=False)

    def _charge_to_refund(self, params: Params) -> StripeDict:
        charge_id, intent_id = forms.text(params, "charge"), forms.text(params, "payment_intent")
        if (charge_id is None) == (intent_id is None):
            raise invalid("One, and only one, of the following params should be provided: charge, payment_intent.")
        if intent_id is not None:
            charge_id = self._ledger.get("payment_intents", intent_id, param="payment_intent")["latest_charge"]
        charge = self._ledger.get("charges", charge_id, param="charge") if charge_id else None
        if charge is None or not charge["captured"]:
            raise impossible(f"{intent_id or charge_id} does not have a successful charge to refund.")
        for dispute in self._ledger.all("disputes"):
            if dispute["charge"] == charge["id"] and not dispute["is_charge_refundable"]:
                raise impossible(f"Charge {charge['id']} has been charged back.", code="charge_disputed")
        return deepcopy(charge)

    def _updated(self, refund: StripeDict, before: StripeDict) -> StripeDict:
        self._ledger.put("refunds", refund)
        for kind in ("refund.updated", "charge.refund.updated"):
            self._announce(kind, refund, before=before)
        return refund

    def _reverse(self, charge: StripeDict, refund: StripeDict) -> str:
        """Take the refund's share of the transfer back, and return the reversal's id."""
        transfer = self._ledger.get("transfers", charge["transfer"])
        part = _share(transfer["amount"], transfer["amount_reversed"], charge, refund)
        reversal = self._transfers.take_back(transfer["id"], amount=part, metadata={}, refund_id=refund["id"])
        return str(reversal["id"])

    def _return_fee(self, charge: StripeDict, refund: StripeDict) -> None:
        """Give the refund's share of the application fee back to the connected account."""
        fee = deepcopy(self._ledger.get("application_fees", charge["application_fee"]))
        part = _share(fee["amount"], fee["amount_refunded"], charge, refund)
        returned: StripeDict = {
            "id": new_id("fr"),
            "object": "fee_refund",
            "amount": part,
            "balance_transaction": None,
            "created": now(),
            "currency": fee["currency"],
            "fee": fee["id"],
            "metadata": {},
        }
        returned["balance_transaction"] = self._books.enter("application_fee_refund", -part, source=returned)["id"]
        fee["amount_refunded"] += part
        fee["refunded"] = fee["amount_refunded"] == fee["amount"]
        _append(fee["refunds"], returned)
        self._ledger.put("application_fees", fee)
        self._announce("application_fee.refunded", fee)


def _share(whole: int, gone: int, charge: StripeDict, refund: StripeDict) -> int:
    """Return what belongs to a refund of a whole, rounded half up; the last refund takes all that is left."""
    if charge["refunded"]:
        return whole - gone
    part = (2 * whole * refund["amount"] + charge["amount"]) // (2 * charge["amount"])
    return int(min(part, whole - gone))


def _append(members: StripeDict, one: StripeDict) -> None:
    members["data"].insert(0, one)
    members["total_count"] += 1
