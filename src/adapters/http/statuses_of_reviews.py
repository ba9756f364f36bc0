"""What reviews refuse, as HTTP statuses: a part of the one table in `statuses`."""

from core.reviews.errors import (
    AlreadyReviewedError,
    InvalidReviewError,
    NotAttendedError,
    NotReviewAuthorError,
    OwnReviewError,
    ReviewEditsSpentError,
    ReviewNotFoundError,
    ReviewSectionError,
    ReviewStatusError,
    ReviewVenueNotFoundError,
)
from core.shared.errors import DomainError

REVIEWS: dict[type[DomainError], int] = {
    ReviewNotFoundError: 404,
    ReviewVenueNotFoundError: 404,
    NotAttendedError: 403,
    NotReviewAuthorError: 403,
    OwnReviewError: 403,
    AlreadyReviewedError: 409,
    ReviewStatusError: 409,
    ReviewEditsSpentError: 409,
    InvalidReviewError: 422,
    ReviewSectionError: 422,
}
