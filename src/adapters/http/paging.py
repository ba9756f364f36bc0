"""Paging of lists: `?limit=&cursor=` in, `{items, nextCursor}` out. A cursor is opaque to clients."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from core.shared.errors import InvalidInputError, Problem
from ports.paging import PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page, PageRequest


class PageBody[T](msgspec.Struct, frozen=True, rename="camel"):
    """One page of a list; ask for the next with `nextCursor`, which is null on the last."""

    items: tuple[T, ...]
    next_cursor: str | None


async def provide_page(
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_SIZE_MAX, description="Items on a page.")] = PAGE_SIZE_DEFAULT,
    cursor: Annotated[
        str | None, QueryParameter(max_length=64, description="Where the page before this one ended.")
    ] = None,
) -> PageRequest:
    """Read the page that a request asks for; raises InvalidInputError for a cursor that we never gave out."""
    return PageRequest(
        limit=limit, after=None if cursor is None else read_cursor(cursor, lambda mark: UUID(bytes=mark))
    )


def page_body[T, B](page: Page[T], body_of: Callable[[T], B]) -> PageBody[B]:
    """Turn a page of things into the page that is sent."""
    cursor = cursor_of(page.next_after.bytes) if page.next_after else None
    return PageBody(items=tuple(body_of(item) for item in page.items), next_cursor=cursor)


def cursor_of(mark: bytes) -> str:
    """Return the cursor of a place in a list."""
    return urlsafe_b64encode(mark).decode().rstrip("=")


def read_cursor[T](cursor: str, read: Callable[[bytes], T]) -> T:
    """Return the place that a cursor is of.

    Raises InvalidInputError for a cursor that we never gave out: one of which `read` makes nothing (ValueError).
    """
    try:
        return read(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        message = "The cursor is not one that this API gave out for this list."
        raise InvalidInputError(message, [Problem("/cursor", message)]) from None
