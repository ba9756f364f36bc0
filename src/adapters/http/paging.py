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
    if cursor is None:
        return PageRequest(limit=limit)
    try:
        after = UUID(bytes=urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        message = "The cursor is not one that this API gave out."
        raise InvalidInputError(message, [Problem("/cursor", message)]) from None
    return PageRequest(limit=limit, after=after)


def page_body[T, B](page: Page[T], body_of: Callable[[T], B]) -> PageBody[B]:
    """Turn a page of things into the page that is sent."""
    cursor = urlsafe_b64encode(page.next_after.bytes).decode().rstrip("=") if page.next_after else None
    return PageBody(items=tuple(body_of(item) for item in page.items), next_cursor=cursor)
