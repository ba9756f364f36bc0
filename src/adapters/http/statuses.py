"""The one table from a refusal to an HTTP status. Total: a test fails for an error class that is missing."""

from adapters.http.etags import VersionRequiredError
from adapters.http.idempotency import IdempotencyKeyReusedError, InvalidIdempotencyKeyError, RequestRunningError
from adapters.http.statuses_of_content import CONTENT
from adapters.http.statuses_of_evaluations import EVALUATIONS
from adapters.http.statuses_of_identity import IDENTITY
from adapters.http.statuses_of_listings import LISTINGS
from adapters.http.statuses_of_money import MONEY
from adapters.http.statuses_of_operations import OPERATIONS
from adapters.http.statuses_of_plan_writing import PLAN_WRITING
from adapters.http.statuses_of_resale import RESALE
from adapters.http.statuses_of_reviews import REVIEWS
from adapters.http.statuses_of_transfers import TRANSFERS
from adapters.http.statuses_of_users import USERS
from core.admission.errors import (
    InvalidCodeError,
    NotPassHolderError,
    PassCurrencyError,
    PassEventOverError,
    PassFrozenError,
    PassNotFoundError,
    PassNotOfferedError,
    PassNotValidError,
    PassOfferedError,
    PassOrderNotFoundError,
    PassRevisionsSpentError,
    PassScannedError,
    PassVoidError,
    ScanConflictError,
    SupersededCodeError,
)
from core.resale.law.rulebook import RulebookFaultyError
from core.seating.errors import (
    AccessibleSeatError,
    AllotmentNotFoundError,
    CompanionAloneError,
    HoldCeilingReachedError,
    InvalidAllotmentError,
    InvalidPlanError,
    InvalidPriceTiersError,
    MaxPerUserExceededError,
    NoOtherSeatsError,
    NotEnoughSeatsError,
    NotHolderError,
    PlanNotActiveError,
    PlanNotFoundError,
    PlanNotReadyError,
    PlanPublishedError,
    ReservationConflictError,
    ReservationExpiredError,
    ReservationNotFoundError,
    SalesClosedError,
    SalesNotOpenError,
    SalesStoppedError,
    SeatEventCancelledError,
    SeatKeptError,
    SeatLeftAloneError,
    SeatsAreAssignedError,
    SeatTakenError,
    SeatTooDearError,
    TableIncompleteError,
    TicketHasActivePlanError,
    TicketNotOnSaleError,
    TicketNotSeatedError,
    TooManyHoldsError,
    TooManySeatsError,
    UnknownSeatError,
    VenueMismatchError,
)
from core.seating.plan_change_errors import InvalidPlanChangeError, PlanChangingError, SeatsWithoutPlaceError
from core.shared.errors import (
    DomainError,
    ForbiddenError,
    InvalidInputError,
    PayloadTooLargeError,
    StaleVersionError,
    TooManyRequestsError,
)
from core.shared.money import MixedCurrenciesError, UnknownCurrencyError
from core.ticketing.errors import (
    ChargesNotEnabledForVenueError,
    EventCancelledError,
    EventOverError,
    FixedAfterPublicationError,
    InvalidTicketError,
    MaxPlacesPerUserError,
    NotOnSaleError,
    NotPlacesHolderError,
    PaidSalesStoppedError,
    PlacesCeilingReachedError,
    PlacesConflictError,
    PlacesExpiredError,
    PlacesMiscountedError,
    PlacesNotFoundError,
    QuotaBelowTakenError,
    SoldOutError,
    TicketIsSeatedError,
    TicketNotFoundError,
    TicketSalesClosedError,
    TicketSalesNotOpenError,
    TicketVenueNotFoundError,
)
from core.venues.errors import SectionNameTakenError, SectionNotFoundError, SlugTakenError, VenueNotFoundError
from core.webhooks.errors import (
    BadSignatureError,
    MalformedWebhookError,
    WebhookBusyError,
    WebhookNotFoundError,
    WebhooksDisabledError,
)
from ports.published.refusals import RefusedError

STATUSES: dict[type[DomainError], int] = {
    # shared
    InvalidInputError: 400,
    ForbiddenError: 403,
    StaleVersionError: 412,
    PayloadTooLargeError: 413,
    TooManyRequestsError: 429,
    UnknownCurrencyError: 422,
    MixedCurrenciesError: 422,
    RefusedError: 409,
    # http
    VersionRequiredError: 428,
    RequestRunningError: 409,
    IdempotencyKeyReusedError: 422,
    InvalidIdempotencyKeyError: 400,
    # venues
    VenueNotFoundError: 404,
    SectionNotFoundError: 404,
    SectionNameTakenError: 409,
    SlugTakenError: 409,
    # identity
    **IDENTITY,
    # resale
    RulebookFaultyError: 422,
    # ticketing
    TicketNotFoundError: 404,
    TicketVenueNotFoundError: 404,
    InvalidTicketError: 422,
    FixedAfterPublicationError: 409,
    EventCancelledError: 409,
    EventOverError: 409,
    QuotaBelowTakenError: 409,
    NotOnSaleError: 409,
    TicketSalesNotOpenError: 409,
    TicketSalesClosedError: 409,
    ChargesNotEnabledForVenueError: 409,
    PaidSalesStoppedError: 409,
    TicketIsSeatedError: 422,
    SoldOutError: 409,
    MaxPlacesPerUserError: 409,
    PlacesNotFoundError: 404,
    PlacesConflictError: 409,
    PlacesMiscountedError: 409,
    PlacesExpiredError: 409,
    PlacesCeilingReachedError: 409,
    NotPlacesHolderError: 403,
    # seating
    PlanNotFoundError: 404,
    ReservationNotFoundError: 404,
    InvalidPlanError: 422,
    InvalidPriceTiersError: 422,
    PlanNotReadyError: 409,
    PlanNotActiveError: 409,
    PlanPublishedError: 409,
    PlanChangingError: 409,
    InvalidPlanChangeError: 422,
    SeatsWithoutPlaceError: 409,
    TicketHasActivePlanError: 409,
    TicketNotOnSaleError: 409,
    SeatEventCancelledError: 409,
    SalesNotOpenError: 409,
    SalesClosedError: 409,
    SalesStoppedError: 409,
    TicketNotSeatedError: 422,
    VenueMismatchError: 422,
    UnknownSeatError: 422,
    TooManySeatsError: 422,
    MaxPerUserExceededError: 409,
    SeatTakenError: 409,
    SeatKeptError: 409,
    AccessibleSeatError: 409,
    TableIncompleteError: 422,
    CompanionAloneError: 422,
    SeatTooDearError: 409,
    InvalidAllotmentError: 422,
    AllotmentNotFoundError: 404,
    NotEnoughSeatsError: 409,
    NoOtherSeatsError: 409,
    SeatLeftAloneError: 409,
    SeatsAreAssignedError: 422,
    NotHolderError: 403,
    ReservationConflictError: 409,
    ReservationExpiredError: 409,
    HoldCeilingReachedError: 409,
    TooManyHoldsError: 429,
    **PLAN_WRITING,
    # webhooks
    BadSignatureError: 400,
    MalformedWebhookError: 400,
    WebhooksDisabledError: 404,
    WebhookNotFoundError: 404,
    WebhookBusyError: 409,
    # admission
    PassNotFoundError: 404,
    PassOrderNotFoundError: 404,
    PassNotValidError: 409,
    InvalidCodeError: 422,
    SupersededCodeError: 409,
    NotPassHolderError: 403,
    PassVoidError: 409,
    PassFrozenError: 409,
    PassScannedError: 409,
    PassOfferedError: 409,
    PassNotOfferedError: 409,
    PassEventOverError: 409,
    PassRevisionsSpentError: 409,
    PassCurrencyError: 422,
    ScanConflictError: 409,
    # orders, payments
    **MONEY,
    # resale
    **RESALE,
    **LISTINGS,
    **EVALUATIONS,
    **TRANSFERS,
    # operations
    **OPERATIONS,
    # content
    **CONTENT,
    # reviews
    **REVIEWS,
    # people
    **USERS,
}
