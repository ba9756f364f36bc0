"""The stand-in knows no parameter that Stripe's SDK does not know: what it takes, Stripe takes."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from adapters.embedded.stripe_fake import accounts, disputes, intent_params, lists, payouts, refunds, transfers

TAKEN: dict[str, tuple[str, ...]] = {
    "account_create": accounts.CREATE,
    "account_update": accounts.UPDATE,
    "account_link_create": accounts.LINK,
    "dispute_update": disputes.UPDATE,
    "payment_intent_create": intent_params.CREATE,
    "payment_intent_update": intent_params.UPDATE,
    "payment_intent_confirm": intent_params.CONFIRM,
    "refund_create": refunds.CREATE,
    "transfer_create": transfers.CREATE,
    "transfer_update": transfers.UPDATE,
    "transfer_create_reversal": transfers.REVERSE,
    "payout_list": payouts.FILTERS + lists.TIMES,
} | {f"{kind[:-1]}_list": filters + lists.TIMES for kind, filters in lists.FILTERS.items()}
CARD = ("number", "exp_month", "exp_year", "cvc")
OF_BROWSERS = {"client_secret"} | {f"payment_method_data[card][{name}]" for name in CARD}
"""What Stripe.js sends, and no server."""


def unknown(call: str, names: tuple[str, ...]) -> Iterator[str]:
    """Walk each name through the SDK's types, in which `a[b]` is the member b of the class that is called after a."""
    module: Any = import_module(f"stripe.params._{call}_params")
    for name in names:
        kind = "".join(word.title() for word in call.split("_")) + "Params"
        for step in name.replace("]", "").split("["):
            if step == "*" or name in OF_BROWSERS:
                break
            known = getattr(module, kind, None)
            if known is None or step not in known.__annotations__:
                yield name
                break
            kind += "".join(word.title() for word in step.split("_"))


@pytest.mark.parametrize("call", TAKEN)
def test_each_parameter_is_one_of_the_sdks(call: str) -> None:
    assert list(unknown(call, TAKEN[call])) == []


def test_one_that_is_not_is_found() -> None:
    names = ("colour", "transfer_data[colour]", "transfer_data[destination]", "metadata[*]")
    assert list(unknown("payment_intent_create", names)) == ["colour", "transfer_data[colour]"]
