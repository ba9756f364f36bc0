"""What the market refuses, as HTTP statuses: a part of the one table in `statuses`."""

from core.resale.listing_errors import (
    AlreadyListedError,
    ForbiddenListingStepError,
    ListingNotFoundError,
    ListingOrderedError,
    NotForSaleError,
    NotResaleHolderError,
    OwnListingError,
    PersonBlockedError,
    ResaleReservationConflictError,
    ResaleReservationExpiredError,
    ResaleReservationNotFoundError,
    TooManyListingsError,
    TooManyPurchasesError,
    UnlawfulResaleError,
    VerificationRequiredError,
)
from core.shared.errors import DomainError

LISTINGS: dict[type[DomainError], int] = {
    ListingNotFoundError: 404,
    NotForSaleError: 409,
    OwnListingError: 409,
    UnlawfulResaleError: 422,
    VerificationRequiredError: 422,
    AlreadyListedError: 409,
    TooManyListingsError: 409,
    TooManyPurchasesError: 409,
    ListingOrderedError: 409,
    ForbiddenListingStepError: 409,
    PersonBlockedError: 403,
    ResaleReservationNotFoundError: 404,
    NotResaleHolderError: 403,
    ResaleReservationExpiredError: 409,
    ResaleReservationConflictError: 409,
}
