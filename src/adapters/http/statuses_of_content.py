"""What content refuses, as HTTP statuses: a part of the one table in `statuses`."""

from core.content.errors import (
    ContentVenueNotFoundError,
    InvalidPageError,
    PageKeptError,
    PageNotFoundError,
    PageStepError,
)
from core.shared.errors import DomainError

CONTENT: dict[type[DomainError], int] = {
    PageNotFoundError: 404,
    ContentVenueNotFoundError: 404,
    InvalidPageError: 422,
    PageStepError: 409,
    PageKeptError: 409,
}
