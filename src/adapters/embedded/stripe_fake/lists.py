"""Lists of objects, by page, and single objects, with others in the place of their ids where that was asked for."""

from copy import deepcopy
from typing import Any

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.errors import invalid
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.methods import method_object
from adapters.embedded.stripe_fake.objects import StripeDict

FILTERS = {
    "accounts": (),
    "application_fees": ("charge",),
    "balance_transactions": ("currency", "source", "type"),
    "charges": ("payment_intent", "transfer_group"),
    "disputes": ("charge", "payment_intent"),
    "events": ("type",),
    "payment_intents": (),
    "refunds": ("charge", "payment_intent"),
    "transfers": ("destination", "transfer_group"),
}
"""The kinds that can be listed, and what they can be searched by, besides when they were made."""

TIMES = ("created", "created[gt]", "created[gte]", "created[lt]", "created[lte]")

_EXPANDABLE = {
    "account",
    "application_fee",
    "balance_transaction",
    "charge",
    "destination",
    "failure_balance_transaction",
    "latest_charge",
    "on_behalf_of",
    "originating_transaction",
    "payment_intent",
    "payment_method",
    "source",
    "source_transaction",
    "transfer",
}
_KINDS = {
    "acct": "accounts",
    "ch": "charges",
    "dp": "disputes",
    "fee": "application_fees",
    "pi": "payment_intents",
    "re": "refunds",
    "tr": "transfers",
    "trr": "transfer_reversals",
    "txn": "balance_transactions",
}
_PAGE_MAX = 100
_TYPES_MAX = 20
_DEPTH_MAX = 4


def page(ledger: Ledger, kind: str, params: Params) -> StripeDict:
    """Return a page of a kind, the newest first."""
    filters = FILTERS[kind]
    several = ("types", "types[*]") if kind == "events" else ()
    forms.only(params, "limit", "starting_after", "ending_before", *TIMES, *filters, *several)
    found = list(ledger.all(kind))
    if several and "types" in params:
        found = _of_types(found, params)
    return paged(found, params, url=f"/v1/{kind}", filters=filters)


def _of_types(events: list[StripeDict], params: Params) -> list[StripeDict]:
    types = forms.texts(params, "types")
    if "type" in params:
        raise invalid("You may only specify one of these parameters: type, types.", param="types")
    if len(types) > _TYPES_MAX:
        raise invalid(f"You may name up to {_TYPES_MAX} types of events.", param="types")
    return [event for event in events if event["type"] in types]


def paged(found: list[StripeDict], params: Params, *, url: str, filters: tuple[str, ...]) -> StripeDict:
    """Return the page of what was found that the parameters ask for."""
    limit = forms.integer(params, "limit")
    limit = 10 if limit is None else limit
    if not 1 <= limit <= _PAGE_MAX:
        raise invalid(f"Limit must be between 1 and {_PAGE_MAX}.", param="limit", code="parameter_invalid_integer")
    for name in filters:
        wanted = forms.text(params, name)
        if wanted is not None:
            found = [one for one in found if one.get(name) == wanted]
    since, until = forms.moment_range(params, "created")
    found = [one for one in found if since <= one["created"] < until]
    after, before = forms.text(params, "starting_after"), forms.text(params, "ending_before")
    if after is not None:
        found = found[_place(found, after, "starting_after") + 1 :]
        shown = found[:limit]
    elif before is not None:
        found = found[: _place(found, before, "ending_before")]
        shown = found[-limit:]
    else:
        shown = found[:limit]
    return {"object": "list", "url": url, "has_more": len(found) > limit, "data": shown}


def expanded(ledger: Ledger, answer: StripeDict, params: Params) -> StripeDict:
    """Return a copy with the objects that `expand` names; raises for what cannot be expanded."""
    answer = deepcopy(answer)
    for path in forms.texts(params, "expand"):
        steps = path.split(".")
        if len(steps) > _DEPTH_MAX + (steps[0] == "data"):
            raise invalid(f"You cannot expand more than {_DEPTH_MAX} levels of a property", param="expand")
        _expand(ledger, answer, steps, path)
    return answer


def _expand(ledger: Ledger, within: Any, steps: list[str], path: str) -> None:  # noqa: ANN401 - any JSON
    if isinstance(within, list):
        for one in within:  # pyright: ignore[reportUnknownVariableType]  # any JSON
            _expand(ledger, one, steps, path)
        return
    if within is None or isinstance(within, str) or not steps:
        return
    name, *rest = steps
    if name not in within or not (name in _EXPANDABLE or isinstance(within[name], list | dict)):
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    if isinstance(within[name], str):
        within[name] = _found(ledger, within[name])
    _expand(ledger, within[name], rest, path)


def _found(ledger: Ledger, object_id: str) -> StripeDict | str:
    """Return a copy of the object, or its id where it belongs to a connected account."""
    prefix = object_id.partition("_")[0]
    if prefix == "pm":
        return method_object(object_id)
    found = ledger.find(_KINDS[prefix], object_id) if prefix in _KINDS else None
    return object_id if found is None else deepcopy(found)


def _place(found: list[StripeDict], object_id: str, param: str) -> int:
    for place, one in enumerate(found):
        if one["id"] == object_id:
            return place
    raise invalid(f"No such object: '{object_id}'", param=param, code="resource_missing")
