"""What happens to PaymentIntents, charges and refunds: the rules of the stand-in."""

from copy import deepcopy
from typing import Any

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.errors import StripeFakeError, invalid
from adapters.embedded.stripe_fake.events import Announce
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.methods import FatedMethod, method_named
from adapters.embedded.stripe_fake.objects import StripeDict, new_charge, new_id, new_intent, new_refund, now

_AMOUNT_MIN = 50
_AMOUNT_MAX = 99_999_999
_CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}
_CANCELLABLE = {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"}
_CREATE = (
    "amount",
    "currency",
    "automatic_payment_methods[enabled]",
    "automatic_payment_methods[allow_redirects]",
    "application_fee_amount",
    "transfer_data[destination]",
    "transfer_group",
    "on_behalf_of",
    "metadata[*]",
    "description",
    "payment_method",
    "payment_method_types[*]",
    "receipt_email",
    "confirm",
    "return_url",
    "capture_method",
    "statement_descriptor_suffix",
)


class Payments:
    """The calls that change money; each announces what happened."""

    def __init__(self, ledger: Ledger, announce: Announce) -> None:
        self._ledger = ledger
        self._announce = announce

    def create(self, params: Params) -> StripeDict:
        """Make a PaymentIntent, and confirm it when asked to."""
        forms.only(params, *_CREATE)
        amount, currency = _amount(params), _currency(params)
        fee = forms.integer(params, "application_fee_amount")
        transfer = forms.nested(params, "transfer_data")
        if fee is not None and (transfer is None or not 0 < fee <= amount):
            raise invalid("The application fee must be positive, at most the amount, and needs transfer_data.")
        automatic = forms.nested(params, "automatic_payment_methods")
        enabled = automatic is not None and forms.flag(automatic, "enabled")
        intent = new_intent(
            amount=amount,
            currency=currency,
            created=now(),
            application_fee_amount=fee,
            automatic_payment_methods={"allow_redirects": "always", "enabled": True} if enabled else None,
            description=forms.text(params, "description"),
            metadata=forms.metadata(params),
            on_behalf_of=forms.text(params, "on_behalf_of"),
            receipt_email=forms.text(params, "receipt_email"),
            transfer_data={"destination": forms.text(transfer, "destination")} if transfer else None,
            transfer_group=forms.text(params, "transfer_group"),
        )
        method = forms.text(params, "payment_method")
        if method is not None:
            method_named(method)
            intent |= {"payment_method": method, "status": "requires_confirmation"}
        self._ledger.put("payment_intents", intent)
        self._announce("payment_intent.created", intent)
        if forms.flag(params, "confirm"):
            return self.confirm(intent["id"], {})
        return intent

    def update(self, intent_id: str, params: Params) -> StripeDict:
        """Change an intent that has not been paid."""
        forms.only(params, "amount", "metadata[*]", "description")
        intent = self._intent(intent_id, "update", allowed=_CONFIRMABLE)
        if "amount" in params:
            intent["amount"] = _amount(params)
        if "description" in params:
            intent["description"] = forms.text(params, "description")
        intent["metadata"] = forms.metadata(params, kept=intent["metadata"])
        return self._ledger.put("payment_intents", intent)

    def confirm(self, intent_id: str, params: Params) -> StripeDict:
        """Try to take the money; a declined card answers 402 and leaves the intent ready for the next try."""
        forms.only(params, "payment_method", "return_url", "receipt_email", "client_secret", "use_stripe_sdk")
        intent = self._intent(intent_id, "confirm", allowed=_CONFIRMABLE)
        name = forms.text(params, "payment_method") or intent["payment_method"]
        if name is None:
            raise invalid(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                code="payment_intent_unexpected_state",
            )
        method = method_named(name)
        intent |= {"payment_method": name, "last_payment_error": None, "next_action": None}
        match method.outcome:
            case "succeeds":
                return self._succeed(intent)
            case "declined":
                raise self._decline(intent, method)
            case "needs_action":
                intent |= {
                    "status": "requires_action",
                    "next_action": {
                        "type": "redirect_to_url",
                        "redirect_to_url": {
                            "return_url": forms.text(params, "return_url"),
                            "url": f"/_fake/payment_intents/{intent_id}/authenticate",
                        },
                    },
                }
                return self._changed(intent, "payment_intent.requires_action")
            case "processes":
                intent |= {"status": "processing", "processing": {"type": "card"}}
                return self._changed(intent, "payment_intent.processing")

    def decide(self, intent_id: str, *, succeed: bool) -> StripeDict:
        """End what waits for the buyer's bank: an authentication, or a payment that is being processed."""
        intent = self._intent(intent_id, "decide", allowed={"requires_action", "processing"})
        waited = intent["status"]
        intent |= {"next_action": None, "processing": None}
        if succeed:
            return self._succeed(intent)
        code = "payment_intent_authentication_failure" if waited == "requires_action" else "card_declined"
        method = FatedMethod("declined", code=code, message="The bank of the buyer refused.")
        self._decline(intent, method, charged=waited == "processing")
        return intent

    def cancel(self, intent_id: str, params: Params) -> StripeDict:
        """Cancel an intent that took no money."""
        forms.only(params, "cancellation_reason")
        intent = self._intent(intent_id, "cancel", allowed=_CANCELLABLE)
        intent |= {
            "status": "canceled",
            "canceled_at": now(),
            "cancellation_reason": forms.text(params, "cancellation_reason"),
            "next_action": None,
        }
        return self._changed(intent, "payment_intent.canceled")

    def refund(self, params: Params) -> StripeDict:
        """Give money back, whole or in part, and never more than was taken."""
        forms.only(
            params,
            "payment_intent",
            "charge",
            "amount",
            "reason",
            "metadata[*]",
            "reverse_transfer",
            "refund_application_fee",
        )
        charge = self._charge_to_refund(params)
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        amount = forms.integer(params, "amount")
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            raise invalid(f"Refund amount ({amount}) is not between 1 and the {left} that are left.", param="amount")
        for option in ("reverse_transfer", "refund_application_fee"):
            if forms.flag(params, option) and charge["transfer_data"] is None:
                raise invalid(f"{option} needs a charge with transfer_data.", param=option)
        reason = forms.text(params, "reason")
        if reason not in {None, "duplicate", "fraudulent", "requested_by_customer"}:
            raise invalid(f"Invalid reason: {reason}", param="reason")
        refund = new_refund(charge, amount=amount, created=now(), reason=reason, metadata=forms.metadata(params))
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self._ledger.put("refunds", refund)
        self._ledger.put("charges", charge)
        self._announce("refund.created", refund)
        self._announce("charge.refunded", charge)
        return refund

    def _charge_to_refund(self, params: Params) -> StripeDict:
        charge_id, intent_id = forms.text(params, "charge"), forms.text(params, "payment_intent")
        if (charge_id is None) == (intent_id is None):
            raise invalid("One, and only one, of the following params should be provided: charge, payment_intent.")
        if intent_id is not None:
            charge_id = self._ledger.get("payment_intents", intent_id, param="payment_intent")["latest_charge"]
        charge = self._ledger.get("charges", charge_id, param="charge") if charge_id else None
        if charge is None or not charge["captured"]:
            raise invalid(f"{intent_id or charge_id} does not have a successful charge to refund.")
        return dict(charge)

    def _intent(self, intent_id: str, verb: str, *, allowed: set[str]) -> StripeDict:
        intent = deepcopy(self._ledger.get("payment_intents", intent_id, param="intent"))
        if intent["status"] not in allowed:
            raise StripeFakeError(
                400,
                kind="invalid_request_error",
                code="payment_intent_unexpected_state",
                message=f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
                payment_intent=intent,
            )
        return intent

    def _succeed(self, intent: StripeDict) -> StripeDict:
        charge = self._ledger.put("charges", new_charge(intent, created=now()))
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
        intent |= {"last_payment_error": None, "processing": None}
        self._announce("charge.succeeded", charge)
        return self._changed(intent, "payment_intent.succeeded")

    def _decline(self, intent: StripeDict, method: FatedMethod, *, charged: bool = True) -> StripeFakeError:
        failure: dict[str, Any] = {"code": method.code, "message": method.message, "type": "card_error"}
        if charged:
            charge = new_charge(intent, created=now(), failure=(method.code, method.decline_code, method.message))
            self._ledger.put("charges", charge)
            failure |= {"charge": charge["id"], "decline_code": method.decline_code}
            intent["latest_charge"] = charge["id"]
            self._announce("charge.failed", charge)
        failure["payment_method"] = {"id": new_id("pm"), "object": "payment_method", "type": "card"}
        intent |= {"status": "requires_payment_method", "payment_method": None, "last_payment_error": failure}
        self._changed(intent, "payment_intent.payment_failed")
        return StripeFakeError(
            402,
            kind="card_error",
            code=method.code,
            message=method.message,
            decline_code=failure.get("decline_code"),
            charge=failure.get("charge"),
            payment_intent=intent,
            kept=True,
        )

    def _changed(self, intent: StripeDict, event: str) -> StripeDict:
        self._ledger.put("payment_intents", intent)
        self._announce(event, intent)
        return intent


def _amount(params: Params) -> int:
    amount = forms.integer(params, "amount")
    if amount is None:
        raise invalid("Missing required param: amount.", param="amount", code="parameter_missing")
    if amount < _AMOUNT_MIN:
        raise invalid("Amount must convert to at least 50 cents.", param="amount", code="amount_too_small")
    if amount > _AMOUNT_MAX:
        raise invalid(f"Amount must be no more than {_AMOUNT_MAX}.", param="amount", code="amount_too_large")
    return amount


def _currency(params: Params) -> str:
    currency = forms.text(params, "currency")
    if currency is None:
        raise invalid("Missing required param: currency.", param="currency", code="parameter_missing")
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    return currency.lower()
