"""What the market refuses, as HTTP statuses: a part of the one table in `statuses`."""

from core.resale.market.listing_errors import (
    AlreadyListedError,
    ForbiddenListingStepError,
    ListingNotFoundError,
    ListingOrderedError,
    NotForSaleError,
    NotResaleHolderError,
    NotReturnableError,
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
from core.resale.waiting.waiting_errors import (
    AlreadyWaitingError,
    NotWaitingError,
    TooManyWaitingListsError,
    TooManyWantedError,
    WaitingListClosedError,
    WaitingOfferNotFoundError,
)
from core.shared.errors import DomainError

LISTINGS: dict[type[DomainError], int] = {
    ListingNotFoundError: 404,
    NotForSaleError: 409,
    OwnListingError: 409,
    UnlawfulResaleError: 422,
    VerificationRequiredError: 422,
    AlreadyListedError: 409,
    NotReturnableError: 422,
    TooManyListingsError: 409,
    TooManyPurchasesError: 409,
    ListingOrderedError: 409,
    ForbiddenListingStepError: 409,
    PersonBlockedError: 403,
    ResaleReservationNotFoundError: 404,
    NotResaleHolderError: 403,
    ResaleReservationExpiredError: 409,
    ResaleReservationConflictError: 409,
    NotWaitingError: 404,
    AlreadyWaitingError: 409,
    TooManyWantedError: 422,
    WaitingListClosedError: 409,
    TooManyWaitingListsError: 409,
    WaitingOfferNotFoundError: 404,
}
