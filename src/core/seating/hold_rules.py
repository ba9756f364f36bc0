"""What a plan and its ticket say about a hold before anybody looks at the seats: pure, and the same for every store."""

from collections.abc import Iterable
from datetime import datetime

from core.seating.allotments import Access
from core.seating.catalogue import Catalogue
from core.seating.errors import (
    AccessibleSeatError,
    CompanionAloneError,
    PlanNotActiveError,
    SalesStoppedError,
    SeatKeptError,
    SeatTooDearError,
    TableIncompleteError,
    TakenSeat,
    TooManySeatsError,
    UnknownSeatError,
)
from core.seating.ledger import Claim
from core.seating.plan_change_errors import PlanChangingError
from core.seating.reservations import HoldRequest, ReservationSeat
from core.seating.tables import incomplete_tables
from core.seating.ticket_sale import TicketSale
from core.shared.errors import DomainError, Problem
from core.shared.ids import SeatId


def claim_of(request: HoldRequest, catalogue: Catalogue) -> Claim:
    """Return the claim on those seats of the request that the plan has, at the catalogue's prices."""
    lines = catalogue.lines
    seats = [line for seat_id in request.seat_ids if (line := lines.get(seat_id)) is not None]
    seats.sort(key=_id_as_number)
    return Claim(request, catalogue.rules, tuple(seats))


def _id_as_number(line: ReservationSeat) -> int:
    return line.seat_id.int


def objections(claim: Claim, catalogue: Catalogue, *, sale: TicketSale, now: datetime) -> list[DomainError]:
    """Return every reason why plan and ticket refuse the claim, the weightiest first; none if nothing is against it.

    The catalogue must be priced for this moment: a price that changes at `now` is the new one.
    PlanNotActiveError and PlanChangingError stand alone: such a plan says nothing about its seats.
    """
    request, rules = claim.request, claim.rules
    if rules.changing:
        return [PlanChangingError()]
    if not rules.active:
        return [PlanNotActiveError("The seating plan is not on sale.")]
    reasons = sale.objections(by_staff=request.by_staff, now=now)
    if not sale.sells_paid and not request.by_staff and any(seat.price_minor for seat in claim.seats):
        reasons.append(SalesStoppedError())
    if len(request.seat_ids) > rules.seats_max_per_order:
        reasons.append(too_many_seats(rules.seats_max_per_order))
    if len(claim.seats) < len(request.seat_ids):
        unknown = [seat_id for seat_id in request.seat_ids if seat_id not in catalogue.lines]
        reasons.append(UnknownSeatError.of(request.seat_ids, unknown=unknown))
    released = catalogue.plan.accessible_is_released(now)
    reasons += _parted(claim, catalogue, released=released)
    if not released and (seats := _needed_by_others(claim, catalogue)):
        reasons.append(AccessibleSeatError.of(_named(seats, request)))
    if catalogue.kept and (seats := _kept_of(claim, catalogue, now)):
        reasons.append(SeatKeptError.of(_named(seats, request)))
    most = request.price_max_minor
    if most is not None and (dear := [seat for seat in claim.seats if seat.price_minor > most]):
        reasons.append(SeatTooDearError.of(_named(dear, request)))
    return reasons


def _named(seats: Iterable[ReservationSeat], request: HoldRequest) -> list[TakenSeat]:
    asked = {seat_id: index for index, seat_id in enumerate(request.seat_ids)}
    return [TakenSeat(asked[seat.seat_id], seat.section, seat.label) for seat in seats]


def _needed_by_others(claim: Claim, catalogue: Catalogue) -> list[ReservationSeat]:
    """Return the accessible seats of a claim that does not ask for such; whoever sells knows what they do."""
    request = claim.request
    if request.accessible or request.by_staff or not catalogue.accessible:
        return []
    return [seat for seat in claim.seats if seat.seat_id in catalogue.accessible]


def _parted(claim: Claim, catalogue: Catalogue, *, released: bool) -> list[DomainError]:
    """Return what the claim takes apart: tables that are sold whole, and companions' seats from wheelchair places.

    Where accessible seats are `released`, nobody's companion is waited for any more.
    """
    request = claim.request
    reasons: list[DomainError] = []
    if catalogue.tables and (tables := incomplete_tables(request.seat_ids, tables=catalogue.tables)):
        names = ", ".join(each.table.name for each in tables)
        asked = {seat_id: index for index, seat_id in reversed(list(enumerate(request.seat_ids)))}
        problems = [
            Problem(
                f"/seatIds/{min(asked[seat.id] for seat in each.table.seats if seat.id in asked)}",
                f"Table {each.table.name} also has {', '.join(seat.label for seat in each.missing)}.",
            )
            for each in tables
        ]
        reasons.append(TableIncompleteError(f"Sold as a whole: {names}. No seat was held.", problems))
    if catalogue.companions and not request.by_staff and not released:
        wanted = frozenset(request.seat_ids)
        problems = [
            Problem(f"/seatIds/{index}", "The seat is for the companion of a wheelchair place. Hold both together.")
            for index, seat_id in enumerate(request.seat_ids)
            if (place := catalogue.companions.get(seat_id)) is not None and place not in wanted
        ]
        if problems:
            reasons.append(CompanionAloneError("A companion's seat goes with its wheelchair place.", problems))
    return reasons


def _kept_of(claim: Claim, catalogue: Catalogue, now: datetime) -> list[ReservationSeat]:
    request = claim.request
    access = Access(request.holder.account_id, request.code_digests, sells=request.by_staff)
    return [
        seat
        for seat in claim.seats
        if (allotment := catalogue.kept.get(seat.seat_id)) is not None
        and not allotment.is_over(now)
        and not allotment.admits(access)
    ]


def seats_kept_from(access: Access, catalogue: Catalogue, *, now: datetime) -> frozenset[SeatId]:
    """Return the seats of the plan that an allotment keeps for others at this moment."""
    return frozenset(
        seat_id
        for seat_id, allotment in catalogue.kept.items()
        if not allotment.is_over(now) and not allotment.admits(access)
    )


def too_many_seats(seats_max: int) -> TooManySeatsError:
    """Return the refusal of a hold that is larger than the plan allows."""
    return TooManySeatsError(f"At most {seats_max} seats can be held at once.")
