"""The calls under /v1: who may make them, and what they answer."""

from collections.abc import Callable

from adapters.embedded.stripe_fake import forms, lists, methods
from adapters.embedded.stripe_fake.access import Access
from adapters.embedded.stripe_fake.accounts import Accounts
from adapters.embedded.stripe_fake.disputes import Disputes
from adapters.embedded.stripe_fake.errors import StripeFakeError, invalid
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict
from adapters.embedded.stripe_fake.payments import Payments
from adapters.embedded.stripe_fake.payouts import Payouts
from adapters.embedded.stripe_fake.refunds import Refunds
from adapters.embedded.stripe_fake.transfers import Transfers

type Call = Callable[..., StripeDict]
"""Takes the connected account, if one is named, the id in the path, if there is one, and the parameters."""


class Api:
    """Finds the call by method and path."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        payments: Payments,
        refunds: Refunds,
        disputes: Disputes,
        accounts: Accounts,
        payouts: Payouts,
        transfers: Transfers,
    ) -> None:
        self._ledger = ledger
        self._payments = payments
        self._calls: dict[str, Call] = {
            "POST payment_intents": payments.create,
            "POST payment_intents/*": payments.update,
            "POST payment_intents/*/cancel": payments.cancel,
            "POST payment_methods": methods.create_method,
            "GET payment_methods/*": _payment_method,
            "POST refunds": refunds.create,
            "POST refunds/*": refunds.update,
            "POST disputes/*": disputes.update,
            "POST disputes/*/close": disputes.close,
            "POST transfers": transfers.create,
            "POST transfers/*": transfers.update,
            "POST transfers/*/reversals": transfers.reverse,
            "GET transfers/*/reversals": transfers.reversals,
            "POST accounts": accounts.create,
            "POST accounts/*": accounts.update,
            "POST account_links": accounts.link,
        }
        self._connected_calls: dict[str, Call] = {"GET payouts": payouts.page, "GET payouts/*": payouts.get}

    def call(self, method: str, path: str, params: Params, access: Access, *, account: str | None = None) -> StripeDict:
        """Make the call and return its answer; raises StripeFakeError.

        `account` is the connected account in whose name the call is made.
        """
        parts = path.strip("/").split("/")
        match method, parts:
            case "POST", ["payment_intents", intent_id, "confirm"]:
                access.must_hold(self._intent(intent_id), forms.text(params, "client_secret"))
                answer = self._confirmed(intent_id, params, access)
            case "GET", ["payment_intents", intent_id]:
                forms.only(params, "client_secret")
                access.must_hold(self._intent(intent_id), forms.text(params, "client_secret"))
                answer = access.view(self._intent(intent_id))
            case _:
                if (method, parts) != ("POST", ["payment_methods"]):
                    access.must_be_secret()
                answer = self._secret_call(method, parts, params, account)
        return lists.expanded(self._ledger, answer, params)

    def _secret_call(self, method: str, parts: list[str], params: Params, account: str | None) -> StripeDict:
        kind, *ids = parts[:2]
        pattern = f"{method} " + "/".join("*" if place == 1 else part for place, part in enumerate(parts))
        if account is not None:
            self._ledger.get("accounts", account)
            if pattern not in self._connected_calls:
                raise invalid(
                    f"The stand-in answers nothing in an account's name but {', '.join(self._connected_calls)}."
                )
            return self._connected_calls[pattern](account, *ids, params)
        if pattern in self._calls:
            return self._calls[pattern](*ids, params)
        if pattern == f"GET {kind}" and kind in lists.FILTERS:
            return lists.page(self._ledger, kind, params)
        if pattern == f"GET {kind}/*" and kind in lists.FILTERS:
            forms.only(params)
            return self._ledger.get(kind, ids[0])
        raise StripeFakeError(
            404,
            kind="invalid_request_error",
            message=f"Unrecognized request URL ({method}: /v1/{'/'.join(parts)}).",
        )

    def _confirmed(self, intent_id: str, params: Params, access: Access) -> StripeDict:
        try:
            return access.view(self._payments.confirm(intent_id, params))
        except StripeFakeError as error:
            told = error.body["error"]
            if "payment_intent" in told:
                told["payment_intent"] = access.view(told["payment_intent"])
            raise

    def _intent(self, intent_id: str) -> StripeDict:
        return self._ledger.get("payment_intents", intent_id, param="intent")


def _payment_method(name: str, params: Params) -> StripeDict:
    forms.only(params)
    return methods.method_object(name)
