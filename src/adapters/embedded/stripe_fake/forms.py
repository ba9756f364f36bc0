"""Form bodies as the SDKs send them: `metadata[order_id]=1&expand[0]=latest_charge`."""

import re
from urllib.parse import parse_qsl

from adapters.embedded.stripe_fake.errors import invalid

_FIELDS_MAX = 500
_NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")

type Params = dict[str, str | Params]
"""Nested names and texts, as a form can hold them."""


def parse_form(text: str) -> Params:
    """Return the nested fields; a list is a dictionary of its indexes, or a list when the indexes are left out."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_MAX, strict_parsing=bool(text))
    except ValueError as error:
        raise invalid(f"Invalid form: {error}") from None
    params: Params = {}
    for name, value in pairs:
        match = _NAME.match(name)
        if match is None:
            raise invalid(f"Invalid parameter name: {name}", param=name)
        _put(params, [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])], value, name)
    return params


def _put(params: Params, path: list[str], value: str, name: str) -> None:
    *parents, last = path
    for parent in parents:
        below = params.setdefault(parent or str(len(params)), {})
        if not isinstance(below, dict):
            raise invalid(f"Invalid parameter: {name} is both a value and an object", param=name)
        params = below
    params[last or str(len(params))] = value


def texts(params: Params, name: str) -> list[str]:
    """Return a list such as `expand[]`."""
    value = params.get(name, {})
    return [str(item) for item in value.values()] if isinstance(value, dict) else [str(value)]


def text(params: Params, name: str) -> str | None:
    """Return a text, None when it is left out or empty."""
    value = params.get(name)
    if isinstance(value, dict):
        raise invalid(f"Invalid string: {name}", param=name)
    return str(value) if value else None


def integer(params: Params, name: str) -> int | None:
    """Return a whole number, None when it is left out."""
    value = text(params, name)
    if value is None:
        return None
    if not re.fullmatch(r"-?\d{1,12}", value, re.ASCII):
        raise invalid(f"Invalid integer: {value}", param=name, code="parameter_invalid_integer")
    return int(value)


def flag(params: Params, name: str) -> bool:
    """Return a truth value, false when it is left out."""
    value = text(params, name)
    if value not in {None, "true", "false"}:
        raise invalid(f"Invalid boolean: {value}", param=name)
    return value == "true"


def nested(params: Params, name: str) -> Params | None:
    """Return an object, None when it is left out."""
    value = params.get(name)
    if isinstance(value, dict):
        return value or None
    if value:
        raise invalid(f"Invalid object: {name}", param=name)
    return None


def only(params: Params, *names: str) -> None:
    """Refuse parameters that the call does not know."""
    for name in params:
        if name not in names and name != "expand":
            raise invalid(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")
