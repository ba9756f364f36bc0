"""What orders refuses."""

from collections.abc import Sequence
from typing import ClassVar

from core.shared.errors import DomainError, InvalidInputError, Problem


class OrderNotFoundError(DomainError):
    """There is no such order in this organisation, or it is another buyer's."""

    code: ClassVar[str] = "orders.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such order.")


class OrderedEventCancelledError(DomainError):
    """The event of a ticket was cancelled, so that it is not ordered any more."""

    code: ClassVar[str] = "orders.event_cancelled"

    def __init__(self, title: str) -> None:
        super().__init__(f"The event was cancelled: {title}.")


class DuplicateReservationError(InvalidInputError):
    """An order names each of its reservations once."""

    code: ClassVar[str] = "orders.duplicate_reservation"

    def __init__(self, positions: Sequence[int]) -> None:
        message = "The reservation is named twice."
        super().__init__(message, [Problem(f"/reservations/{each}/reservationId", message) for each in positions])


class ReservationOrderedError(DomainError):
    """A live order of the same buyer stands on one of the reservations already, and it is not this very order."""

    code: ClassVar[str] = "orders.reservation_ordered"

    def __init__(self, positions: Sequence[int] = ()) -> None:
        message = "There is an order for this reservation already."
        super().__init__(message, [Problem(f"/reservations/{each}", message) for each in positions])


class ResaleApartError(InvalidInputError):
    """Passes of other people are ordered by themselves, and those with escrow apart from those without."""

    code: ClassVar[str] = "orders.resale_apart"

    def __init__(self, message: str, positions: Sequence[int] = ()) -> None:
        super().__init__(message, [Problem(f"/reservations/{each}/kind", message) for each in positions])


class ResaleOnlineOnlyError(DomainError):
    """The box office sells what is the organiser's; a pass of somebody else is paid online."""

    code: ClassVar[str] = "orders.resale_online_only"

    def __init__(self) -> None:
        super().__init__("A listed pass is paid online, not at the box office.")


class OriginGoneError(DomainError):
    """What is resold is not its seller's any more: it was refunded, or its payment is under review."""

    code: ClassVar[str] = "orders.origin_gone"

    def __init__(self) -> None:
        super().__init__("This pass cannot be had any more.")


class PassedOnError(DomainError):
    """The admission was resold, so it is somebody else's by now."""

    code: ClassVar[str] = "orders.passed_on"

    def __init__(self, problems: Sequence[Problem] = ()) -> None:
        super().__init__("This was resold, so it is another buyer's now.", problems)


class HandedOverError(DomainError):
    """The pass was given to somebody else, so its buyer cannot have it refunded by themselves."""

    code: ClassVar[str] = "orders.handed_over"

    def __init__(self, problems: Sequence[Problem] = ()) -> None:
        super().__init__("The pass was handed over to somebody else; please ask the organiser.", problems)


class ResaleFinalError(DomainError):
    """Whoever buys a pass of somebody else does not give it back by themselves; staff may take it back."""

    code: ClassVar[str] = "orders.resale_final"

    def __init__(self) -> None:
        super().__init__("A resold pass is not refunded at its buyer's wish; please ask the organiser.")


class EmptyOrderError(DomainError):
    """An order needs at least one item."""

    code: ClassVar[str] = "orders.empty"

    def __init__(self) -> None:
        super().__init__("An order needs at least one item.")


class ContactRequiredError(InvalidInputError):
    """A guest has no account that an e-mail address could be read from."""

    code: ClassVar[str] = "orders.contact_required"

    def __init__(self) -> None:
        message = "A guest must give an e-mail address."
        super().__init__(message, [Problem("/contact/email", message)])


class InvalidContactError(InvalidInputError):
    """The contact cannot be written to."""

    code: ClassVar[str] = "orders.invalid_contact"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The e-mail address cannot be used: {reason}", [Problem("/contact/email", reason)])


class FeesNotFoundError(DomainError):
    """There is no such organisation, or it is another one than the caller acts in."""

    code: ClassVar[str] = "orders.fees_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such organisation.")


class InvalidFeeScheduleError(InvalidInputError):
    """Fees or tax rates that could not be charged, or not told apart."""

    code: ClassVar[str] = "orders.invalid_fees"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The fees and taxes cannot be set like this.", problems)


class OrderDisputedError(DomainError):
    """The buyer's bank has the money of the order until it has decided; nothing of it is refunded meanwhile."""

    code: ClassVar[str] = "orders.disputed"

    def __init__(self) -> None:
        super().__init__("The payment of the order is under review, so nothing can be refunded at present.")


class OrderNotPayableError(DomainError):
    """The order does not await a payment."""

    code: ClassVar[str] = "orders.not_payable"


class OrderExpiredError(DomainError):
    """The time to pay is over."""

    code: ClassVar[str] = "orders.expired"

    def __init__(self) -> None:
        super().__init__("The time to pay for this order is over.")


class TooManyPaymentTriesError(DomainError):
    """The payment of the order was started as often as Fairseat allows."""

    code: ClassVar[str] = "orders.too_many_payment_tries"

    def __init__(self) -> None:
        super().__init__("The payment of this order was started too often; place a new order.")


class PaymentProcessingError(DomainError):
    """Stripe has not decided about the payment, so the order cannot be cancelled yet."""

    code: ClassVar[str] = "orders.payment_processing"

    def __init__(self) -> None:
        super().__init__("The payment is being processed; try again in a moment.")


class OrderAlreadyPaidError(DomainError):
    """The order was paid, so it is not cancelled but refunded, if at all."""

    code: ClassVar[str] = "orders.already_paid"

    def __init__(self) -> None:
        super().__init__("The order was paid already.")


class OrderEndedError(DomainError):
    """The order ended before; nothing can be done with it any more."""

    code: ClassVar[str] = "orders.ended"

    def __init__(self, status: str) -> None:
        super().__init__(f"The order is {status}.")


class ForbiddenTransitionError(DomainError):
    """The status machine has no such step."""

    code: ClassVar[str] = "orders.forbidden_transition"

    def __init__(self, status: str, change: str) -> None:
        super().__init__(f"An order that is {status} cannot {change}.")


class InvalidRefundPolicyError(InvalidInputError):
    """The rules of a refund policy contradict one another; `problems` names each at fault."""

    code: ClassVar[str] = "orders.invalid_refund_policy"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The refund policy cannot be kept like this.", problems)


class OrderNotRefundableError(DomainError):
    """Only an order that was confirmed, and has not ended, can be refunded."""

    code: ClassVar[str] = "orders.not_refundable"

    def __init__(self, status: str) -> None:
        super().__init__(f"The order is {status}; only a confirmed one can be refunded.")


class RefundNotAllowedError(DomainError):
    """The organisation's policy gives the buyer nothing back at present; the message says why."""

    code: ClassVar[str] = "orders.refund_not_allowed"


class UnknownItemError(InvalidInputError):
    """The order has no such items, or not as many places of one."""

    code: ClassVar[str] = "orders.unknown_item"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The order does not have all of these.", problems)


class ItemsRefundedError(DomainError):
    """Some of what is asked for was refunded before, or is being refunded."""

    code: ClassVar[str] = "orders.items_refunded"

    def __init__(self, problems: Sequence[Problem] = ()) -> None:
        super().__init__("This was refunded already, or is being refunded.", problems)


class OrderRefundTooLargeError(DomainError):
    """More would go back than is left of what was paid."""

    code: ClassVar[str] = "orders.refund_too_large"


class TooManyRefundsError(DomainError):
    """The order was refunded in as many parts as Fairseat allows."""

    code: ClassVar[str] = "orders.too_many_refunds"

    def __init__(self) -> None:
        super().__init__("This order has too many refunds.")


class RefundNotFoundError(DomainError):
    """There is no such refund of this order."""

    code: ClassVar[str] = "orders.refund_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such refund.")


class RefundNotRetryableError(DomainError):
    """Only a refund that failed is tried again."""

    code: ClassVar[str] = "orders.refund_not_retryable"


class OrganisationOfOrdersNotFoundError(DomainError):
    """The organisation is another one than the caller acts in."""

    code: ClassVar[str] = "orders.organisation_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such organisation.")
