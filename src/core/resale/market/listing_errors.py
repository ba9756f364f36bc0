"""What the market refuses."""

from collections.abc import Sequence
from typing import ClassVar

from core.resale.policies.policy import VerificationKind
from core.resale.verdicts.verdict import Reason
from core.shared.errors import DomainError, Problem


class ListingNotFoundError(DomainError):
    """There is no such listing in this organisation, or none that the caller may see."""

    code: ClassVar[str] = "resale.listing_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such listing.")


class NotForSaleError(DomainError):
    """Somebody else has the pass, or it is not on the market any more."""

    code: ClassVar[str] = "resale.not_for_sale"

    def __init__(self, message: str = "This pass is not for sale, or somebody else is about to buy it.") -> None:
        super().__init__(message)


class OwnListingError(DomainError):
    """Nobody buys from themselves."""

    code: ClassVar[str] = "resale.own_listing"

    def __init__(self) -> None:
        super().__init__("This is your own listing. Cancel it to have your pass back.")


class UnlawfulResaleError(DomainError):
    """The law, or the organiser's policy, does not allow this resale; `problems` has the verdict's reasons."""

    code: ClassVar[str] = "resale.unlawful"

    @classmethod
    def of(cls, reasons: Sequence[Reason], *, pointer: str = "", remedies: Sequence[str] = ()) -> "UnlawfulResaleError":
        """Return the refusal for a verdict's reasons, each at the pointer with its own code; `remedies` would help."""
        told = " ".join([*(reason.message for reason in reasons), *remedies]) or "This resale is not allowed."
        return cls(told, [Problem(pointer, f"{reason.code}: {reason.message}") for reason in reasons])


class VerificationRequiredError(DomainError):
    """The seller has to show who they are first; `problems` names each kind of verification that is missing."""

    code: ClassVar[str] = "resale.verification_required"

    @classmethod
    def of(cls, kinds: Sequence[VerificationKind], *, why: Sequence[str] = ()) -> "VerificationRequiredError":
        """Return the refusal for these kinds, which say how they are brought; `why` is told after them."""
        told = f"The seller has to be verified before this can be sold: {', '.join(kinds)}."
        bring = "bring it by POST /seller-verifications"
        return cls(" ".join([told, *why]), [Problem("", f"{kind}: {bring}{_INSTEAD.get(kind, '')}") for kind in kinds])


_INSTEAD = {
    VerificationKind.TRADER_TRACEABILITY: ", or say with the listing that the seller is no trader (sellerTrader: false)"
}
"""What else may be done."""


class NotReturnableError(DomainError):
    """The organiser does not take the pass back from this person: `detail` says why."""

    code: ClassVar[str] = "resale.not_returnable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)


class AlreadyListedError(DomainError):
    """The pass has a live listing."""

    code: ClassVar[str] = "resale.already_listed"

    def __init__(self) -> None:
        super().__init__("This pass is listed already.")


class TooManyListingsError(DomainError):
    """The seller has as many live listings as one account may have."""

    code: ClassVar[str] = "resale.too_many_listings"


class TooManyPurchasesError(DomainError):
    """The buyer keeps as many listings from others as one account may."""

    code: ClassVar[str] = "resale.too_many_purchases"


class ListingOrderedError(DomainError):
    """A buyer is about to pay for the pass, or has paid: it cannot be taken off the market."""

    code: ClassVar[str] = "resale.listing_ordered"

    def __init__(self) -> None:
        super().__init__("A buyer has ordered this pass, so it cannot be taken off the market.")


class PersonBlockedError(DomainError):
    """The organiser lets this person neither sell nor buy on the market for a time; says why, and until when."""

    code: ClassVar[str] = "resale.person_blocked"


class ForbiddenListingStepError(DomainError):
    """The state of the listing does not allow it."""

    code: ClassVar[str] = "resale.forbidden_step"

    def __init__(self, status: str, change: str) -> None:
        super().__init__(f"A listing that is {status} cannot {change}.")


class ResaleReservationNotFoundError(DomainError):
    """No purchase of a listing has this id."""

    code: ClassVar[str] = "resale.reservation_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such purchase.")


class NotResaleHolderError(DomainError):
    """The purchase is somebody else's."""

    code: ClassVar[str] = "resale.not_holder"

    def __init__(self) -> None:
        super().__init__("This purchase is somebody else's.")


class ResaleReservationExpiredError(DomainError):
    """The time of the purchase is over, and others may have the pass."""

    code: ClassVar[str] = "resale.reservation_expired"

    def __init__(self, message: str = "The purchase has ended, and the pass is on the market again.") -> None:
        super().__init__(message)


class ResaleReservationConflictError(DomainError):
    """The purchase belongs to another order, or to one already."""

    code: ClassVar[str] = "resale.reservation_conflict"

    def __init__(self, message: str = "The purchase does not belong to this order.") -> None:
        super().__init__(message)
