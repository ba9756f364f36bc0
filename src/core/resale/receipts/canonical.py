"""One spelling of JSON, so that equal documents have equal bytes, hashes and signatures (RFC 8785).

Documents of ours hold objects, lists, text, whole numbers, booleans and null. Fractions are left out, though RFC 8785
knows how to write them: amounts are minor units, and what else is fractional is spelt as text.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import rfc8785

type Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | None
"""What a document is made of; booleans are ints to Python, and stay booleans in the JSON."""


def canonical_json(document: Json) -> bytes:
    """Return the one spelling; raises ValueError for a number that JavaScript could not hold exactly."""
    return rfc8785.dumps(document)


def hash_of(document: Json) -> str:
    """Return the SHA-256 of the canonical JSON, in small hexadecimal digits."""
    return sha256(canonical_json(document)).hexdigest()


def parse_object(text: bytes, *, bytes_max: int) -> dict[str, Any]:
    """Read a JSON object that has one meaning only.

    Raises ValueError for what is too long, is no JSON object in UTF-8, nests too deep, holds a fraction, or names a
    member twice (readers differ in which of the two they take).
    """
    if len(text) > bytes_max:
        raise ValueError(f"it is longer than {bytes_max} bytes")
    try:
        found: object = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=_each_once,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
        )
    except RecursionError:
        raise ValueError("it nests too deep") from None
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found  # pyright: ignore[reportUnknownVariableType]  # json.loads says nothing of what it found


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("it names a member twice")
    return members


def _no_fraction(text: str) -> object:
    raise ValueError(f"{text} is no whole number")
