"""What a verdict means for Fairseat's own market."""

from core.resale.market.listing_errors import UnlawfulResaleError, VerificationRequiredError
from core.resale.market.listing_status import ListingKind
from core.resale.trust.scalping import REVIEW_ASKED
from core.resale.verdicts.verdict import Verdict


def refusal_of(
    verdict: Verdict, *, pointer: str = "", kind: ListingKind = ListingKind.LISTING
) -> UnlawfulResaleError | VerificationRequiredError | None:
    """Return why the market does not let a pass be sold, None for a sale that may go on.

    Verifications that a law makes a duty deny nothing by themselves and leave it to the market to see to them, and so
    does the resale score: here nothing is sold without them. Where nothing else is missing they are asked for;
    otherwise the verdict's own reasons are told, at the pointer. A return is sold by the organiser: nobody who gives
    one back has to show who they are.
    """
    if kind is ListingKind.RETURN and verdict.allowed:
        return None
    if any(reason.code != VerificationRequiredError.code for reason in verdict.reasons):
        return UnlawfulResaleError.of(verdict.reasons, pointer=pointer, remedies=verdict.remedies)
    if not verdict.requires:
        return None
    why = [warning for warning in verdict.warnings if warning.startswith(REVIEW_ASKED)]
    return VerificationRequiredError.of(verdict.requires, why=why)
