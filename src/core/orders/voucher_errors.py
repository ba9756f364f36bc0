"""What orders refuses about vouchers."""

from collections.abc import Sequence
from typing import ClassVar

from core.shared.errors import DomainError, InvalidInputError, Problem
from core.shared.money import Money

CODE_POINTER = "/voucherCode"


class VoucherNotFoundError(DomainError):
    """There is no such voucher in this organisation."""

    code: ClassVar[str] = "orders.voucher_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such voucher.")


class VoucherCodeTakenError(DomainError):
    """The organisation has a voucher with this code, be it one that is no longer active."""

    code: ClassVar[str] = "orders.voucher_code_taken"

    def __init__(self) -> None:
        message = "There is a voucher with this code already."
        super().__init__(message, [Problem("/code", message)])


class InvalidVoucherError(InvalidInputError):
    """A voucher that could never be used as meant; `problems` names every member at fault."""

    code: ClassVar[str] = "orders.invalid_voucher"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The voucher cannot be accepted: " + " ".join(each.message for each in problems), problems)


class VoucherNotForResaleError(InvalidInputError):
    """A pass of somebody else costs what it was listed for."""

    code: ClassVar[str] = "orders.voucher_not_for_resale"

    def __init__(self) -> None:
        message = "Vouchers take nothing off passes that are resold."
        super().__init__(message, [Problem(CODE_POINTER, message)])


class VoucherUnknownError(DomainError):
    """The organisation has no active voucher with this code; whether another one has is not told."""

    code: ClassVar[str] = "orders.voucher_unknown"

    def __init__(self) -> None:
        message = "This code is not known."
        super().__init__(message, [Problem(CODE_POINTER, message)])


class VoucherNotStartedError(DomainError):
    """The code counts later."""

    code: ClassVar[str] = "orders.voucher_not_started"

    def __init__(self) -> None:
        message = "This code cannot be used yet."
        super().__init__(message, [Problem(CODE_POINTER, message)])


class VoucherExpiredError(DomainError):
    """The time of the code is over."""

    code: ClassVar[str] = "orders.voucher_expired"

    def __init__(self) -> None:
        message = "This code has expired."
        super().__init__(message, [Problem(CODE_POINTER, message)])


class VoucherUsedUpError(DomainError):
    """The code was used as often as it may be; a use comes back when its order ends unpaid."""

    code: ClassVar[str] = "orders.voucher_used_up"

    def __init__(self) -> None:
        message = "This code is used up."
        super().__init__(message, [Problem(CODE_POINTER, message)])


class VoucherUsedByAccountError(DomainError):
    """The buyer has used the code as often as one account may."""

    code: ClassVar[str] = "orders.voucher_used_by_account"

    def __init__(self) -> None:
        message = "You have used this code as often as you may."
        super().__init__(message, [Problem(CODE_POINTER, message)])


class VoucherNotApplicableError(DomainError):
    """Nothing in the order is what the code is for."""

    code: ClassVar[str] = "orders.voucher_not_applicable"

    def __init__(self) -> None:
        message = "This code does not apply to anything in the order."
        super().__init__(message, [Problem(CODE_POINTER, message)])


class VoucherMinimumError(DomainError):
    """The order is too small for the code."""

    code: ClassVar[str] = "orders.voucher_minimum"

    def __init__(self, minimum: Money) -> None:
        message = f"This code is for orders of {minimum} or more."
        super().__init__(message, [Problem(CODE_POINTER, message)])


class TooManyVoucherTriesError(DomainError):
    """The account gave unknown codes as often as Fairseat allows within some time."""

    code: ClassVar[str] = "orders.too_many_voucher_tries"

    def __init__(self, wait_s: int) -> None:
        super().__init__("Too many unknown codes were given; try again later.")
        self.retry_after_s = wait_s
