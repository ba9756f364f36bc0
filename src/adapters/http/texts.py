"""Texts in requests: what PostgreSQL cannot keep is refused before anything is done with it."""

import re
from collections.abc import Iterator
from typing import Any, cast

import msgspec
from litestar import Request

from adapters.http.streamed import is_streaming
from core.shared.errors import InvalidInputError, Problem

_METHODS = frozenset({"POST", "PUT", "PATCH"})
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""JSON can write the character in this one way; two backslashes before `u0000` are a backslash and plain letters."""


async def refuse_nul(request: Request[Any, Any, Any]) -> None:
    r"""Raise InvalidInputError when a name or a text in the body holds the character U+0000, and tell where.

    JSON allows it, but PostgreSQL can store it in neither text nor jsonb. A body that is no JSON is its handler's,
    and so is one that its handler reads piece by piece.
    """
    if request.method not in _METHODS or is_streaming(request.route_handler):
        return
    if not _NUL.search(body := await request.body()):
        return
    try:
        document: object = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return
    problems = [Problem(pointer, "holds the character U+0000") for pointer in _pointers(document, "")]
    if problems:
        places = ", ".join(problem.pointer or "the body" for problem in problems)
        raise InvalidInputError(f"No text may hold the character U+0000; here {places} does.", problems)


def _pointers(value: object, pointer: str) -> Iterator[str]:
    match value:
        case str():
            if "\0" in value:
                yield pointer
        case dict():
            for name, member in cast("dict[str, object]", value).items():
                if "\0" in name:
                    yield pointer
                else:
                    yield from _pointers(member, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
        case list():
            for index, item in enumerate(cast("list[object]", value)):
                yield from _pointers(item, f"{pointer}/{index}")
        case _:
            return
