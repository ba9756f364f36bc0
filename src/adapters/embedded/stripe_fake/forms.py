"""Form bodies as the SDKs send them: `metadata[order_id]=1&expand[0]=latest_charge`."""

import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import parse_qsl

from adapters.embedded.stripe_fake.errors import invalid

_FIELDS_MAX = 500
_LATEST = 10**12
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


def moment_range(params: Params, name: str) -> tuple[int, int]:
    """Return the seconds [from, to) that `name`, or `name[gte]`, `[gt]`, `[lt]` and `[lte]`, ask for."""
    value = params.get(name)
    if isinstance(value, dict):
        first, after = integer(value, "gte") or 0, integer(value, "lt")
        over, last = integer(value, "gt"), integer(value, "lte")
        first = first if over is None else max(first, over + 1)
        ends = [end for end in (after, None if last is None else last + 1) if end is not None]
        return first, min(ends, default=_LATEST)
    moment = integer(params, name)
    return (0, _LATEST) if moment is None else (moment, moment + 1)


def metadata(params: Params, *, kept: dict[str, str] | None = None) -> dict[str, str]:
    """Return what is `kept` with the changes of `metadata`; an empty value unsets a key, empty metadata all of them."""
    if params.get("metadata") == "":
        return {}
    merged = dict(kept or {})
    for name, value in (nested(params, "metadata") or {}).items():
        if len(name) > 40 or isinstance(value, dict) or len(value) > 500:
            raise invalid("Metadata keys have up to 40 characters, values up to 500.", param=f"metadata[{name}]")
        merged[name] = value
    merged = {name: value for name, value in merged.items() if value}
    if len(merged) > 50:
        raise invalid("Metadata can have up to 50 keys.", param="metadata")
    return merged


def required(params: Params, name: str) -> str:
    """Return a text; raises Stripe's parameter_missing."""
    value = text(params, name)
    if value is None:
        raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    return value


def one_of(params: Params, name: str, *choices: str) -> str | None:
    """Return a text that is one of the choices, None when it is left out."""
    value = text(params, name)
    if value is not None and value not in choices:
        raise invalid(f"Invalid {name}: must be one of {', '.join(choices)}", param=name)
    return value


def only(params: Params, *names: str) -> None:
    """Refuse parameters that the call does not know; `*` in brackets is any name, as in `metadata[*]`."""
    known = _pattern((*names, "expand", "expand[*]"))
    for name in _leaves(params):
        if not known.fullmatch(name):
            raise invalid(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")


def _leaves(params: Params, outer: str = "") -> Iterator[str]:
    for name, value in params.items():
        full = f"{outer}[{name}]" if outer else name
        if isinstance(value, dict):
            yield from _leaves(value, full)
        else:
            yield full


@cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Match the names, and each object of them that is sent empty to unset it."""
    objects = {name[: at.start()] for name in names for at in re.finditer(r"\[", name)}
    wanted = (re.escape(name).replace(r"\*", r"[^\[\]]*") for name in {*names, *objects})
    return re.compile("|".join(wanted))
