"""What content refuses, as HTTP statuses: a part of the one table in `statuses`."""

from core.content.errors import (
    ContentVenueNotFoundError,
    FileTooLargeError,
    FileTypeError,
    InvalidMediaError,
    InvalidPageError,
    MediaGoneError,
    MediaInUseError,
    MediaNotFoundError,
    PageKeptError,
    PageNotFoundError,
    PageStepError,
    UploadInterruptedError,
)
from core.shared.errors import DomainError

CONTENT: dict[type[DomainError], int] = {
    PageNotFoundError: 404,
    ContentVenueNotFoundError: 404,
    InvalidPageError: 422,
    PageStepError: 409,
    PageKeptError: 409,
    MediaNotFoundError: 404,
    MediaInUseError: 409,
    MediaGoneError: 409,
    InvalidMediaError: 422,
    FileTypeError: 415,
    FileTooLargeError: 413,
    UploadInterruptedError: 409,
}
