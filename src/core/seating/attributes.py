"""What a seat can be besides its place: a fixed vocabulary for rules and filters, and free words beside it.

A flag that holds is kept as `yes`; one that does not is left out. `companionOf` names the wheelchair place that a
companion's seat goes with, by its guid. Attributes outside the vocabulary are kept as they come and mean nothing here.
"""

from collections.abc import Iterable, Mapping

from core.seating.plans import ACCESSIBLE, PlannedSeat, is_accessible
from core.shared.ids import SeatId

COMPANION = "companion"
COMPANION_OF = "companionOf"
RESTRICTED_VIEW = "restricted_view"
HEARING_LOOP = "hearing_loop"
AISLE = "aisle"
YES = "yes"

FLAGS = frozenset({ACCESSIBLE, COMPANION, RESTRICTED_VIEW, HEARING_LOOP, AISLE})
"""The attributes that a seat has or has not."""

ATTRIBUTES_MAX = 30
ATTRIBUTE_NAME_LENGTH_MAX = 40
ATTRIBUTE_TEXT_LENGTH_MAX = 200


def companions_of(seats: Iterable[PlannedSeat]) -> dict[SeatId, tuple[SeatId, ...]]:
    """Return, by wheelchair place, the seats that are kept for its companions, in the order of the seats.

    Wheelchair places without a companion's seat are not in it.
    """
    places: dict[str, SeatId] = {}
    companions: list[tuple[str, SeatId]] = []
    for seat in seats:
        if is_accessible(seat):
            places[seat.guid] = seat.id
        of = seat.attributes.get(COMPANION_OF)
        if isinstance(of, str):
            companions.append((of, seat.id))
    found: dict[SeatId, list[SeatId]] = {}
    for guid, companion in companions:
        if guid in places:
            found.setdefault(places[guid], []).append(companion)
    return {place: tuple(seats) for place, seats in found.items()}


def place_of(companions: Mapping[SeatId, tuple[SeatId, ...]]) -> dict[SeatId, SeatId]:
    """Return what `companions_of` says the other way round: the wheelchair place of each companion's seat."""
    return {companion: place for place, seats in companions.items() for companion in seats}
