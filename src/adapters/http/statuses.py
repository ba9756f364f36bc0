"""The one table from a refusal to an HTTP status. Total: a test fails for an error class that is missing."""

from adapters.http.etags import VersionRequiredError
from adapters.http.idempotency import IdempotencyKeyReusedError, InvalidIdempotencyKeyError, RequestRunningError
from core.admission.errors import InvalidCodeError, PassNotFoundError, PassNotValidError, PassOrderNotFoundError
from core.identity.errors import (
    AccountNeededError,
    AccountNotFoundError,
    AlreadyMemberError,
    EmailTakenError,
    InvalidCredentialsError,
    InvalidTokenError,
    LastOwnerError,
    MemberNotFoundError,
    NotAMemberError,
    OrganisationNotFoundError,
    PasswordRefusedError,
    RefreshReusedError,
)
from core.orders.errors import (
    ContactRequiredError,
    EmptyOrderError,
    ForbiddenTransitionError,
    InvalidContactError,
    OrderAlreadyPaidError,
    OrderEndedError,
    OrderExpiredError,
    OrderNotFoundError,
    OrderNotPayableError,
    PaymentProcessingError,
    ReservationOrderedError,
    TooManyPaymentTriesError,
    UnsupportedReservationError,
)
from core.payments.errors import (
    AlreadyPaidError,
    AmountMismatchError,
    ForeignIntentError,
    NotRefundableError,
    PaymentClosedError,
    PaymentConflictError,
    PaymentDeclinedError,
    PaymentNotFoundError,
    ProviderRefusedError,
)
from core.seating.errors import (
    HoldCeilingReachedError,
    InvalidPlanError,
    InvalidPriceTiersError,
    MaxPerUserExceededError,
    NotHolderError,
    PlanNotActiveError,
    PlanNotFoundError,
    PlanNotReadyError,
    ReservationConflictError,
    ReservationExpiredError,
    ReservationNotFoundError,
    SeatTakenError,
    TicketHasActivePlanError,
    TicketNotSeatedError,
    TooManySeatsError,
    UnknownSeatError,
    VenueMismatchError,
)
from core.shared.errors import (
    DomainError,
    ForbiddenError,
    InvalidInputError,
    PayloadTooLargeError,
    StaleVersionError,
)
from core.shared.money import MixedCurrenciesError, UnknownCurrencyError
from core.ticketing.errors import (
    EventOverError,
    FixedAfterPublicationError,
    InvalidTicketError,
    TicketNotFoundError,
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
    EmailTakenError: 409,
    PasswordRefusedError: 422,
    InvalidCredentialsError: 401,
    InvalidTokenError: 401,
    RefreshReusedError: 401,
    AccountNeededError: 403,
    NotAMemberError: 403,
    AccountNotFoundError: 422,
    OrganisationNotFoundError: 404,
    MemberNotFoundError: 404,
    AlreadyMemberError: 409,
    LastOwnerError: 409,
    # ticketing
    TicketNotFoundError: 404,
    TicketVenueNotFoundError: 404,
    InvalidTicketError: 422,
    FixedAfterPublicationError: 409,
    EventOverError: 409,
    # seating
    PlanNotFoundError: 404,
    ReservationNotFoundError: 404,
    InvalidPlanError: 422,
    InvalidPriceTiersError: 422,
    PlanNotReadyError: 409,
    PlanNotActiveError: 409,
    TicketHasActivePlanError: 409,
    TicketNotSeatedError: 422,
    VenueMismatchError: 422,
    UnknownSeatError: 422,
    TooManySeatsError: 422,
    MaxPerUserExceededError: 409,
    SeatTakenError: 409,
    NotHolderError: 403,
    ReservationConflictError: 409,
    ReservationExpiredError: 409,
    HoldCeilingReachedError: 409,
    # orders
    OrderNotFoundError: 404,
    UnsupportedReservationError: 422,
    ReservationOrderedError: 409,
    EmptyOrderError: 422,
    ContactRequiredError: 422,
    InvalidContactError: 400,
    OrderNotPayableError: 409,
    OrderExpiredError: 409,
    TooManyPaymentTriesError: 409,
    PaymentProcessingError: 409,
    OrderAlreadyPaidError: 409,
    OrderEndedError: 409,
    ForbiddenTransitionError: 409,
    # payments
    PaymentNotFoundError: 404,
    AlreadyPaidError: 409,
    PaymentClosedError: 409,
    PaymentConflictError: 409,
    NotRefundableError: 409,
    AmountMismatchError: 409,
    ForeignIntentError: 409,
    PaymentDeclinedError: 422,
    ProviderRefusedError: 422,
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
    # expiration
}
