"""What a plan says about a hold before anybody looks at the seats: pure, and the same for every store."""

from core.seating.catalogue import Catalogue
from core.seating.errors import PlanNotActiveError, TooManySeatsError, UnknownSeatError
from core.seating.ledger import Claim
from core.seating.reservations import HoldRequest
from core.shared.errors import DomainError


def objections(request: HoldRequest, catalogue: Catalogue) -> list[DomainError]:
    """Return every reason why the plan refuses the request, the weightiest first; none if it has nothing against it.

    PlanNotActiveError stands alone: a plan that is not on sale says nothing about its seats.
    """
    rules = catalogue.plan.rules
    if not rules.active:
        return [PlanNotActiveError("The seating plan is not on sale.")]
    reasons: list[DomainError] = []
    if len(request.seat_ids) > rules.seats_max_per_order:
        reasons.append(too_many_seats(rules.seats_max_per_order))
    unknown = [seat_id for seat_id in request.seat_ids if seat_id not in catalogue.lines]
    if unknown:
        reasons.append(UnknownSeatError.of(request.seat_ids, unknown=unknown))
    return reasons


def claim_of(request: HoldRequest, catalogue: Catalogue) -> Claim:
    """Return the claim on those seats of the request that the plan has."""
    lines, places = catalogue.lines, catalogue.places
    known = [seat_id for seat_id in request.seat_ids if seat_id in places]
    known.sort(key=places.__getitem__)  # the order of the hall is the order of ids
    return Claim(request, catalogue.plan.rules, tuple([lines[seat_id] for seat_id in known]))


def too_many_seats(seats_max: int) -> TooManySeatsError:
    """Return the refusal of a hold that is larger than the plan allows."""
    return TooManySeatsError(f"At most {seats_max} seats can be held at once.")
