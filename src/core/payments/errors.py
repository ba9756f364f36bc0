"""What can be wrong with a payment."""

from core.shared.errors import DomainError, UnavailableError


class PaymentNotFoundError(DomainError):
    """There is no such payment, or it is not the caller's to see."""

    code = "payments.not_found"


class AlreadyPaidError(DomainError):
    """The order's money was taken already; nothing more may be charged."""

    code = "payments.already_paid"


class PaymentClosedError(DomainError):
    """The order has ended, or is about to; no new try to pay is begun."""

    code = "payments.closed"


class TooManyAttemptsError(DomainError):
    """So many PaymentIntents were declined or cancelled that no other is made; the last one can still be paid."""

    code = "payments.too_many_attempts"


class PaymentConflictError(DomainError):
    """The order has a payment over another amount or of another account."""

    code = "payments.conflict"


class NotRefundableError(DomainError):
    """No money of this payment is here to give back."""

    code = "payments.not_refundable"


class PaymentDisputedError(DomainError):
    """The buyer's bank has the money of the payment, for now or for good: none of it can be given back."""

    code = "payments.disputed"


class DisputeNotFoundError(DomainError):
    """There is no such dispute, or it is another organisation's."""

    code = "payments.dispute_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such dispute.")


class DisputeOverError(DomainError):
    """The bank has decided, or the inquiry has ended; no more evidence is taken."""

    code = "payments.dispute_over"


class RefundTooLargeError(DomainError):
    """More is to go back than was received and has not gone back yet."""

    code = "payments.refund_too_large"


class RefundConflictError(DomainError):
    """The id is that of another refund: of another payment, or over another amount."""

    code = "payments.refund_conflict"


class RefundNotFoundError(DomainError):
    """There is no such refund, or it is not the caller's to see."""

    code = "payments.refund_not_found"


class RefundNotFailedError(DomainError):
    """Only a refund that failed is tried again."""

    code = "payments.refund_not_failed"


class NotInEscrowError(DomainError):
    """The payment has no money that waits to be paid out."""

    code = "payments.not_in_escrow"


class PayoutTooLargeError(DomainError):
    """More is to be paid out than was received and is left after other payouts."""

    code = "payments.payout_too_large"


class PayoutConflictError(DomainError):
    """The id is that of another payout: of another payment, to another seller, or over other shares."""

    code = "payments.payout_conflict"


class PayoutNotFoundError(DomainError):
    """There is no such payout, or it is not the caller's to see."""

    code = "payments.payout_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such payout.")


class PayoutNotOwedError(DomainError):
    """Only what is owed to a seller is settled by hand."""

    code = "payments.payout_not_owed"


class PayoutNotFailedError(DomainError):
    """Only a payout that failed is tried again."""

    code = "payments.payout_not_failed"


class PayoutAccountsOffError(DomainError):
    """Sellers have no accounts here: what is owed to them is settled by hand."""

    code = "payments.payout_accounts_off"

    def __init__(self) -> None:
        super().__init__("Payouts are settled by hand here; there are no accounts for them.")


class DestinationNotReadyError(DomainError):
    """The provider sends nothing to this account now: it may not receive transfers (any more)."""

    code = "payments.destination_not_ready"


class AmountMismatchError(DomainError):
    """The provider took another amount, or another currency, than the order asked for."""

    code = "payments.amount_mismatch"


class ForeignIntentError(DomainError):
    """The intent is not the one that belongs to the payment's present attempt."""

    code = "payments.foreign_intent"


class PaymentDeclinedError(DomainError):
    """The provider declined; the buyer may try another way to pay. `decline_code` is the provider's word for why."""

    code = "payments.declined"

    def __init__(self, message: str, *, decline_code: str | None = None) -> None:
        super().__init__(message)
        self.decline_code = decline_code


class AccountVenueNotFoundError(DomainError):
    """The organisation has no such venue."""

    code = "payments.venue_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such venue.")


class AccountCountryFixedError(DomainError):
    """The venue has an account in another country; it stays where it was made."""

    code = "payments.account_country_fixed"


class AccountGoneError(DomainError):
    """The provider does not let us use the account (any more): its owner took the permission back, or closed it."""

    code = "payments.account_gone"


class ChargesNotEnabledError(DomainError):
    """A venue has no account that may take payments, so nothing can be paid there now."""

    code = "payments.charges_not_enabled"

    def __init__(self) -> None:
        super().__init__("The venue cannot take payments at the moment.")


class SeveralAccountsError(DomainError):
    """The money of one payment goes to one account, and the order has tickets of venues with several."""

    code = "payments.several_accounts"

    def __init__(self) -> None:
        super().__init__("Tickets of venues that are paid separately need an order each.")


class ProviderUnavailableError(UnavailableError):
    """The payment provider could not be asked, or did not answer in time."""


class ProviderRefusedError(DomainError):
    """The payment provider calls the request itself wrong; asking again the same way will not help."""

    code = "payments.provider_refused"
