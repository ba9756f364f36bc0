"""Disputes: a buyer's bank takes the money back, the platform answers with evidence, and the bank decides."""

from copy import deepcopy

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.books import DISPUTE_FEE, Books
from adapters.embedded.stripe_fake.errors import impossible
from adapters.embedded.stripe_fake.events import Announce
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict, new_id, now

_DUE_AFTER_S = 9 * 86_400
_CLOSED = {"won", "lost", "warning_closed"}
_EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)
UPDATE = ("metadata[*]", "submit", *(f"evidence[{name}]" for name in _EVIDENCE))
_EVIDENCE_LENGTH_MAX = 150_000


class Disputes:
    """Opened by a method's fate or a control; decided by Stripe's words for tests in the evidence, or a control."""

    def __init__(self, ledger: Ledger, announce: Announce, books: Books) -> None:
        self._ledger = ledger
        self._announce = announce
        self._books = books

    def open(self, charge_id: str, *, reason: str = "fraudulent", inquiry: bool = False) -> StripeDict:
        """Dispute what is left of a charge; an inquiry takes no money."""
        charge = self._ledger.get("charges", charge_id, param="charge")
        amount = charge["amount_captured"] - charge["amount_refunded"]
        if amount == 0 or charge["disputed"]:
            raise impossible(f"Charge {charge_id} cannot be disputed.")
        dispute = _new_dispute(charge, amount=amount, reason=reason, inquiry=inquiry)
        self._ledger.put("charges", charge | {"disputed": True})
        if not inquiry:
            entry = self._books.enter(
                "adjustment", -amount, source=dispute, fee=DISPUTE_FEE, category="dispute", description="Dispute fee"
            )
            dispute["balance_transactions"].append(entry)
        self._ledger.put("disputes", dispute)
        self._announce("charge.dispute.created", dispute)
        if not inquiry:
            self._announce("charge.dispute.funds_withdrawn", dispute)
        return dispute

    def update(self, dispute_id: str, params: Params) -> StripeDict:
        """Take evidence, and hand it in unless `submit` is false.

        `winning_evidence` or `losing_evidence` as `uncategorized_text` decides the dispute at once.
        """
        forms.only(params, *UPDATE)
        before = self._open(dispute_id)
        dispute = deepcopy(before)
        dispute["metadata"] = forms.metadata(params, kept=dispute["metadata"])
        given = forms.nested(params, "evidence") or {}
        dispute["evidence"] |= {name: value or None for name, value in given.items()}
        if sum(len(value or "") for value in dispute["evidence"].values()) > _EVIDENCE_LENGTH_MAX:
            raise impossible("The evidence has more than 150,000 characters in all.", param="evidence")
        details = dispute["evidence_details"]
        details["has_evidence"] = any(dispute["evidence"].values())
        submitted = forms.flag(params, "submit") if "submit" in params else bool(given)
        if submitted:
            details["submission_count"] += 1
            dispute["status"] = "warning_under_review" if _is_inquiry(dispute) else "under_review"
        self._ledger.put("disputes", dispute)
        self._announce("charge.dispute.updated", dispute, before=before)
        said = dispute["evidence"]["uncategorized_text"]
        if submitted and said in {"winning_evidence", "losing_evidence"}:
            return self.decide(dispute_id, won=said == "winning_evidence")
        return dispute

    def close(self, dispute_id: str, params: Params) -> StripeDict:
        """Give in."""
        forms.only(params)
        return self.decide(dispute_id, won=False)

    def decide(self, dispute_id: str, *, won: bool) -> StripeDict:
        """Close it: what is won comes back with the fee. An inquiry ends without money moving."""
        before = self._open(dispute_id)
        dispute = deepcopy(before)
        inquiry = _is_inquiry(dispute)
        dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
        dispute["is_charge_refundable"] = won or inquiry
        if won and not inquiry:
            entry = self._books.enter(
                "adjustment",
                dispute["amount"],
                source=dispute,
                fee=-DISPUTE_FEE,
                category="dispute_reversal",
                description="Dispute fee refund",
            )
            dispute["balance_transactions"].append(entry)
        self._ledger.put("disputes", dispute)
        self._announce("charge.dispute.closed", dispute, before=before)
        if won and not inquiry:
            self._announce("charge.dispute.funds_reinstated", dispute)
        return dispute

    def _open(self, dispute_id: str) -> StripeDict:
        dispute = self._ledger.get("disputes", dispute_id, param="dispute")
        if dispute["status"] in _CLOSED:
            raise impossible("This dispute is already closed.")
        return dispute


def _is_inquiry(dispute: StripeDict) -> bool:
    return str(dispute["status"]).startswith("warning_")


def _new_dispute(charge: StripeDict, *, amount: int, reason: str, inquiry: bool) -> StripeDict:
    made_at = now()
    return {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": made_at,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(_EVIDENCE),
        "evidence_details": {
            "due_by": made_at + _DUE_AFTER_S,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "type": "card",
            "card": {"brand": "visa", "case_type": "inquiry" if inquiry else "chargeback", "network_reason_code": "10"},
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
