"""The calls under /v1: who may make them, and what they answer."""

from collections.abc import Callable

from adapters.embedded.stripe_fake import forms, lists
from adapters.embedded.stripe_fake.access import Access
from adapters.embedded.stripe_fake.accounts import Accounts
from adapters.embedded.stripe_fake.errors import StripeFakeError
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict
from adapters.embedded.stripe_fake.payments import Payments

type Call = Callable[..., StripeDict]
"""Takes the id in the path, if there is one, and the parameters."""


class Api:
    """Finds the call by method and path."""

    def __init__(self, ledger: Ledger, *, payments: Payments, accounts: Accounts) -> None:
        self._ledger = ledger
        self._payments = payments
        self._calls: dict[str, Call] = {
            "POST payment_intents": payments.create,
            "POST payment_intents/*": payments.update,
            "POST payment_intents/*/cancel": payments.cancel,
            "POST refunds": payments.refund,
            "POST accounts": accounts.create,
            "POST accounts/*": accounts.update,
            "POST account_links": accounts.link,
        }

    def call(self, method: str, path: str, params: Params, access: Access) -> StripeDict:
        """Make the call and return its answer; raises StripeFakeError."""
        parts = path.strip("/").split("/")
        match method, parts:
            case "POST", ["payment_intents", intent_id, "confirm"]:
                access.must_hold(self._intent(intent_id), forms.text(params, "client_secret"))
                answer = access.view(self._payments.confirm(intent_id, params))
            case "GET", ["payment_intents", intent_id]:
                forms.only(params, "client_secret")
                access.must_hold(self._intent(intent_id), forms.text(params, "client_secret"))
                answer = access.view(self._intent(intent_id))
            case _:
                access.must_be_secret()
                answer = self._secret_call(method, parts, params)
        return lists.expanded(self._ledger, answer, params)

    def _secret_call(self, method: str, parts: list[str], params: Params) -> StripeDict:
        kind, *ids = [*parts[:1], *parts[1:2]]
        pattern = "/".join("*" if place == 1 else part for place, part in enumerate(parts))
        call = self._calls.get(f"{method} {pattern}")
        if call is not None:
            return call(*ids, params)
        if method == "GET" and kind in lists.FILTERS and len(parts) <= 2:
            if not ids:
                return lists.page(self._ledger, kind, params)
            forms.only(params)
            return self._ledger.get(kind, ids[0])
        raise StripeFakeError(
            404,
            kind="invalid_request_error",
            message=f"Unrecognized request URL ({method}: /v1/{'/'.join(parts)}).",
        )

    def _intent(self, intent_id: str) -> StripeDict:
        return self._ledger.get("payment_intents", intent_id, param="intent")
