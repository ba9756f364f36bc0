"""What happens to PaymentIntents."""

from copy import deepcopy
from typing import Any
from urllib.parse import urlencode

from adapters.embedded.stripe_fake import forms, intent_params
from adapters.embedded.stripe_fake.charges import Charges
from adapters.embedded.stripe_fake.disputes import Disputes
from adapters.embedded.stripe_fake.errors import StripeFakeError, impossible, invalid
from adapters.embedded.stripe_fake.events import Announce
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.methods import FatedMethod, method_given, method_named, method_object
from adapters.embedded.stripe_fake.money_objects import new_intent
from adapters.embedded.stripe_fake.objects import StripeDict, now

_CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}
_CANCELLABLE = {*_CONFIRMABLE, "requires_capture"}
_CANCELLATIONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
_UNAUTHENTICATED = FatedMethod(
    "declined",
    code="payment_intent_authentication_failure",
    message="The provided PaymentMethod has failed authentication.",
)


class Payments:
    """The calls that change intents; each announces what happened."""

    def __init__(
        self, ledger: Ledger, announce: Announce, *, charges: Charges, disputes: Disputes, base_url: str
    ) -> None:
        self._ledger = ledger
        self._announce = announce
        self._charges = charges
        self._disputes = disputes
        self._base_url = base_url

    def create(self, params: Params) -> StripeDict:
        """Make a PaymentIntent, and confirm it when asked to."""
        forms.only(params, *intent_params.CREATE)
        method, method_types = method_given(params), intent_params.method_types(params)
        intent = new_intent(
            allowed_payment_method_types=method_types if "allowed_payment_method_types" in params else None,
            amount=intent_params.amount_of(params),
            currency=intent_params.currency_of(params),
            application_fee_amount=forms.integer(params, "application_fee_amount"),
            automatic_payment_methods=intent_params.automatic_methods(params),
            capture_method=intent_params.capture_method(params),
            description=forms.text(params, "description"),
            metadata=forms.metadata(params),
            on_behalf_of=forms.text(params, "on_behalf_of"),
            payment_method=method,
            payment_method_types=method_types,
            receipt_email=forms.text(params, "receipt_email"),
            statement_descriptor_suffix=forms.text(params, "statement_descriptor_suffix"),
            status="requires_payment_method" if method is None else "requires_confirmation",
            transfer_data=intent_params.transfer_of(params),
            transfer_group=forms.text(params, "transfer_group"),
        )
        confirmed = forms.flag(params, "confirm")
        if "return_url" in params and not confirmed:
            raise invalid("You can give return_url only with confirm=true.", param="return_url")
        intent_params.check_shares(intent)
        intent_params.check_accounts(self._ledger, intent)
        self._changed(intent, "payment_intent.created")
        if confirmed:
            return self.confirm(intent["id"], {"return_url": params.get("return_url", "")})
        return intent

    def update(self, intent_id: str, params: Params) -> StripeDict:
        """Change an intent that has not been paid."""
        forms.only(params, *intent_params.UPDATE)
        intent = self._intent(intent_id, "update", allowed=_CONFIRMABLE)
        if "amount" in params:
            intent["amount"] = intent_params.amount_of(params)
        if "application_fee_amount" in params:
            intent["application_fee_amount"] = forms.integer(params, "application_fee_amount")
        for name in ("description", "receipt_email"):
            if name in params:
                intent[name] = forms.text(params, name)
        method = method_given(params)
        if method is not None:
            intent |= {"payment_method": method, "status": "requires_confirmation", "next_action": None}
        intent["metadata"] = forms.metadata(params, kept=intent["metadata"])
        intent_params.check_shares(intent)
        return self._ledger.put("payment_intents", intent)

    def confirm(self, intent_id: str, params: Params) -> StripeDict:
        """Try to take the money; a declined card answers 402 and leaves the intent ready for the next try."""
        forms.only(params, *intent_params.CONFIRM)
        name = method_given(params)
        intent = self._intent(intent_id, "confirm", allowed=_CONFIRMABLE)
        name = name or intent["payment_method"]
        if name is None:
            raise impossible(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                code="payment_intent_unexpected_state",
                payment_intent=intent,
            )
        intent_params.check_accounts(self._ledger, intent)
        method = method_named(name)
        intent |= {"payment_method": name, "last_payment_error": None, "next_action": None}
        match method.outcome:
            case "succeeds":
                return self._succeed(intent)
            case "declined":
                raise self._decline(intent, method)
            case "needs_action":
                address = f"{self._base_url}/authenticate/{intent_id}/{intent['client_secret']}"
                redirect = {"return_url": forms.text(params, "return_url"), "url": address}
                action = {"type": "redirect_to_url", "redirect_to_url": redirect}
                intent |= {"status": "requires_action", "next_action": action}
                return self._changed(intent, "payment_intent.requires_action")
            case "processes":
                intent |= {"status": "processing", "processing": {"type": method.kind}}
                return self._changed(intent, "payment_intent.processing")

    def decide(self, intent_id: str, *, succeed: bool) -> StripeDict:
        """End what waits for the buyer's bank: an authentication, or a payment that is being processed.

        After an authentication that went well the card may still be declined, where that is its fate.
        """
        intent = self._intent(intent_id, "decide", allowed={"requires_action", "processing"})
        waited, method = intent["status"], method_named(intent["payment_method"])
        intent |= {"next_action": None, "processing": None}
        if waited == "requires_action" and not succeed:
            self._decline(intent, _UNAUTHENTICATED, charged=False)
        elif succeed and (waited == "processing" or method.then == "succeeds"):
            self._succeed(intent)
        else:
            self._decline(intent, method)
        return self._ledger.get("payment_intents", intent_id)

    def visit(self, intent_id: str, client_secret: str, *, succeed: bool) -> str | None:
        """Authenticate on the bank's page; returns where the browser goes next, None when the intent does not say."""
        intent = self._ledger.get("payment_intents", intent_id, param="intent")
        if intent["client_secret"] != client_secret or intent["status"] != "requires_action":
            raise invalid("This PaymentIntent does not wait for an authentication.")
        return_url = intent["next_action"]["redirect_to_url"]["return_url"]
        decided = self.decide(intent_id, succeed=succeed)
        if return_url is None:
            return None
        query = urlencode(
            {
                "payment_intent": intent_id,
                "payment_intent_client_secret": client_secret,
                "redirect_status": "succeeded" if decided["status"] == "succeeded" else "failed",
            }
        )
        return f"{return_url}{'&' if '?' in return_url else '?'}{query}"

    def later(self) -> None:
        """Let time pass: what is being processed ends as its method has it."""
        for intent in list(self._ledger.all("payment_intents")):
            if intent["status"] == "processing":
                self.decide(intent["id"], succeed=method_named(intent["payment_method"]).then == "succeeds")

    def cancel(self, intent_id: str, params: Params) -> StripeDict:
        """Cancel an intent that took no money, and does not try to."""
        forms.only(params, "cancellation_reason")
        reason = forms.one_of(params, "cancellation_reason", *_CANCELLATIONS)
        intent = self._intent(intent_id, "cancel", allowed=_CANCELLABLE)
        intent |= {
            "status": "canceled",
            "canceled_at": now(),
            "cancellation_reason": reason,
            "next_action": None,
        }
        return self._changed(intent, "payment_intent.canceled")

    def _intent(self, intent_id: str, verb: str, *, allowed: set[str]) -> StripeDict:
        intent = deepcopy(self._ledger.get("payment_intents", intent_id, param="intent"))
        if intent["status"] not in allowed:
            raise intent_params.unexpected_state(intent, verb)
        return intent

    def _succeed(self, intent: StripeDict) -> StripeDict:
        charge = self._charges.capture(intent)
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
        self._changed(intent, "payment_intent.succeeded")
        method = method_named(intent["payment_method"])
        if method.dispute is not None:
            self._disputes.open(charge["id"], reason=method.dispute, inquiry=method.inquiry)
        return intent

    def _decline(self, intent: StripeDict, method: FatedMethod, *, charged: bool = True) -> StripeFakeError:
        kind = "card_error" if charged else "invalid_request_error"
        failure: dict[str, Any] = {"code": method.code, "message": method.message, "type": kind}
        if charged:
            charge = self._charges.fail(intent, method)
            failure |= {"charge": charge["id"], "decline_code": method.decline_code}
            intent["latest_charge"] = charge["id"]
        failure["payment_method"] = method_object(intent["payment_method"])
        intent |= {"status": "requires_payment_method", "payment_method": None, "last_payment_error": failure}
        self._changed(intent, "payment_intent.payment_failed")
        return StripeFakeError(
            402,
            kind=kind,
            code=method.code,
            message=method.message,
            decline_code=failure.get("decline_code"),
            charge=failure.get("charge"),
            payment_method=failure["payment_method"],
            payment_intent=intent,
            kept=True,
        )

    def _changed(self, intent: StripeDict, event: str) -> StripeDict:
        self._ledger.put("payment_intents", intent)
        self._announce(event, intent)
        return intent
