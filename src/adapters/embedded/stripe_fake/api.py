"""The calls under /v1: who may make them, and what they answer."""

from copy import deepcopy

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.access import Access
from adapters.embedded.stripe_fake.errors import StripeFakeError, invalid
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict
from adapters.embedded.stripe_fake.payments import Payments

_PAGE_MAX = 100
_KINDS = {"payment_intents", "charges", "refunds", "events"}


class Api:
    """Finds the call by method and path."""

    def __init__(self, ledger: Ledger, payments: Payments) -> None:
        self._ledger = ledger
        self._payments = payments

    def call(self, method: str, path: str, params: Params, access: Access) -> StripeDict:
        """Make the call and return its answer; raises StripeFakeError."""
        parts = path.strip("/").split("/")
        match method, parts:
            case "POST", ["payment_intents", intent_id, "confirm"]:
                access.must_hold(self._intent(intent_id), forms.text(params, "client_secret"))
                answer = access.view(self._payments.confirm(intent_id, params))
            case "GET", ["payment_intents", intent_id]:
                access.must_hold(self._intent(intent_id), forms.text(params, "client_secret"))
                answer = access.view(self._intent(intent_id))
            case _:
                access.must_be_secret()
                answer = self._secret_call(method, parts, params)
        return self._expanded(answer, params)

    def _secret_call(self, method: str, parts: list[str], params: Params) -> StripeDict:
        match method, parts:
            case "POST", ["payment_intents"]:
                return self._payments.create(params)
            case "POST", ["payment_intents", intent_id]:
                return self._payments.update(intent_id, params)
            case "POST", ["payment_intents", intent_id, "cancel"]:
                return self._payments.cancel(intent_id, params)
            case "POST", ["refunds"]:
                return self._payments.refund(params)
            case "GET", [kind] if kind in _KINDS:
                return self._page(kind, params)
            case "GET", [kind, object_id] if kind in _KINDS:
                return self._ledger.get(kind, object_id)
            case _:
                raise StripeFakeError(
                    404,
                    kind="invalid_request_error",
                    message=f"Unrecognized request URL ({method}: /v1/{'/'.join(parts)}).",
                )

    def _intent(self, intent_id: str) -> StripeDict:
        return self._ledger.get("payment_intents", intent_id, param="intent")

    def _page(self, kind: str, params: Params) -> StripeDict:
        limit = forms.integer(params, "limit") or 10
        if not 1 <= limit <= _PAGE_MAX:
            raise invalid(f"Limit must be between 1 and {_PAGE_MAX}.", param="limit")
        found = list(self._ledger.all(kind))
        for name in ("payment_intent", "charge", "type"):
            wanted = forms.text(params, name)
            if wanted is not None:
                found = [one for one in found if one.get(name) == wanted]
        after = forms.text(params, "starting_after")
        if after is not None:
            ids = [one["id"] for one in found]
            if after not in ids:
                raise invalid(f"No such object: '{after}'", param="starting_after")
            found = found[ids.index(after) + 1 :]
        return {"object": "list", "url": f"/v1/{kind}", "has_more": len(found) > limit, "data": found[:limit]}

    def _expanded(self, answer: StripeDict, params: Params) -> StripeDict:
        """Put the latest charge, or the intent, in the place of its id where the caller asked for it."""
        wanted = forms.texts(params, "expand")
        answer = deepcopy(answer)
        for name, kind in (("latest_charge", "charges"), ("payment_intent", "payment_intents"), ("charge", "charges")):
            if name in wanted and isinstance(answer.get(name), str):
                answer[name] = deepcopy(self._ledger.get(kind, answer[name]))
        return answer
