"""Refusals on an in-process link: what the other context raised becomes code and reason, as it would over a wire."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.shared.errors import DomainError
from ports.published.refusals import RefusedError


@asynccontextmanager
async def refusals_translated() -> AsyncIterator[None]:
    """Turn a DomainError of the called context into RefusedError."""
    try:
        yield
    except RefusedError:
        raise
    except DomainError as error:
        raise RefusedError(error.code, error.message, error.problems, retry_after_s=error.retry_after_s) from error
