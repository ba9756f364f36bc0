"""The parameters and results of `plan-change`, as they are sent and stored."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Self
from uuid import UUID

import msgspec
from msgspec import Meta

from core.seating.plan_change import Drawn, Moved, Redrawn, in_new_places
from core.seating.plan_change_prices import named_tiers
from core.seating.plans import PlannedSeat
from core.shared.errors import Problem
from ports.decoding import problem_in
from ports.published.operations import ParamsRefusedError, Values

PAIRS_MAX = 5_000
SHOWN_MAX = 200
"""A list of seats in a preview has this many at most; the counts tell of all."""


class _Struct(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Plain JSON."""


class PairParams(_Struct, frozen=True):
    """A sold seat of the live plan, and the seat of the new layout whose place it gets."""

    from_: UUID = msgspec.field(name="from")
    to: UUID


class PlanChangeParams(_Struct, frozen=True):
    """The live plan, the plan whose layout it gets, and what becomes of sold seats that this has not by name."""

    plan_id: UUID
    new_plan_id: UUID
    mapping: Annotated[tuple[PairParams, ...], Meta(max_length=PAIRS_MAX)] = ()
    keep_prices: bool = True


class Place(_Struct, frozen=True):
    """What people call a seat."""

    section: str
    label: str


class LostSeat(_Struct, frozen=True):
    """A seat that somebody has and that would be lost; `proposal` is a seat of the new layout, None if none is free."""

    seat_id: UUID
    section: str
    label: str
    status: str
    order_id: UUID | None
    proposal: UUID | None = None
    proposed_place: Place | None = None


class MovedPlace(_Struct, frozen=True):
    """A sold seat that gets another place."""

    seat_id: UUID
    before: Place
    after: Place
    order_id: UUID | None


class OtherSeat(_Struct, frozen=True):
    """A seat that stays, though its tier, price or attributes do not."""

    seat_id: UUID
    section: str
    label: str
    status: str
    changed: tuple[str, ...]


class Counts(_Struct, frozen=True):
    """How many seats there are of each kind. Those moved are not among those kept."""

    kept: int
    moved: int
    added: int
    removed: int
    sold: int
    reserved: int
    held: int
    blocked: int
    holds_ending: int
    blocked_removed: int
    without_place: int
    being_paid: int
    otherwise: int


class Planned(_Struct, frozen=True):
    """The preview, and the result of the first step. The versions are those that were looked at."""

    can_run: bool
    counts: Counts
    without_place: tuple[LostSeat, ...]
    moved: tuple[MovedPlace, ...]
    changed: tuple[OtherSeat, ...]
    removed: tuple[Place, ...]
    new_plan_version: int

    @classmethod
    def of(
        cls,
        live: Drawn,
        wanted: Drawn,
        redrawn: Redrawn,
        *,
        words: Mapping[UUID, str],
        orders: Mapping[UUID, UUID | None],
    ) -> Self:
        """Put into words what would happen; `words` are the statuses of the live plan's seats."""
        names = redrawn.sections
        changed = list(_changed(live, redrawn, words))
        lost = (*redrawn.without_place, *redrawn.paying)
        places = in_new_places(wanted.layout)
        statuses = list(words.values())
        return cls(
            can_run=redrawn.can_be_done,
            counts=Counts(
                kept=len(redrawn.kept),
                moved=len(redrawn.moved),
                added=len(redrawn.added),
                removed=len(redrawn.removed),
                sold=statuses.count("SOLD"),
                reserved=statuses.count("RESERVED"),
                held=statuses.count("HELD"),
                blocked=statuses.count("BLOCKED"),
                holds_ending=len(redrawn.held),
                blocked_removed=len(redrawn.blocked),
                without_place=len(redrawn.without_place),
                being_paid=len(redrawn.paying),
                otherwise=len(changed),
            ),
            without_place=tuple(
                LostSeat(
                    seat_id=seat.id,
                    section=names[seat.section_id],
                    label=seat.label,
                    status=words[seat.id],
                    order_id=orders.get(seat.id),
                    proposal=proposal,
                    proposed_place=Place(*places[proposal]) if proposal is not None else None,
                )
                for seat in lost[:SHOWN_MAX]
                for proposal in (redrawn.proposals.get(seat.id),)
            ),
            moved=tuple(_moved_place(each, orders) for each in redrawn.moved[:SHOWN_MAX]),
            changed=tuple(changed[:SHOWN_MAX]),
            removed=tuple(Place(names[seat.section_id], seat.label) for seat in redrawn.removed[:SHOWN_MAX]),
            new_plan_version=wanted.plan.version,
        )


class Changed(_Struct, frozen=True):
    """The result of the last step."""

    version_number: int
    seats: int
    moved: int


def params_of(params: Values) -> Values:
    """Return parameters as they are stored; raises ParamsRefusedError."""
    try:
        wanted = msgspec.convert(params, PlanChangeParams)
    except msgspec.ValidationError as error:
        raise ParamsRefusedError(str(error), [problem_in(error, inside="/params")]) from None
    if wanted.plan_id == wanted.new_plan_id:
        message = "A plan cannot be changed to itself."
        raise ParamsRefusedError(message, [Problem("/params/newPlanId", message)])
    return plain(wanted)


def plain(value: PlanChangeParams | Planned | Changed) -> Values:
    """Return a value as JSON has it."""
    return msgspec.json.decode(msgspec.json.encode(value), type=dict[str, object])


def _moved_place(moved: Moved, orders: Mapping[UUID, UUID | None]) -> MovedPlace:
    return MovedPlace(
        seat_id=moved.before.id,
        before=Place(moved.section_before, moved.before.label),
        after=Place(moved.section_after, moved.after.label),
        order_id=orders.get(moved.before.id),
    )


def _changed(live: Drawn, redrawn: Redrawn, words: Mapping[UUID, str]) -> Iterable[OtherSeat]:
    """Seats that somebody has come first."""
    before = {seat.id: seat for seat in live.layout.seats}
    old_tiers = named_tiers(live.layout, live.tiers)
    new_tiers = named_tiers(redrawn.layout, redrawn.pricing.tiers)
    found: list[OtherSeat] = []
    for after in redrawn.layout.seats:
        seat = before.get(after.id)
        if seat is None:
            continue
        what = tuple(_differences(seat, after, old_tiers[seat.id], new_tiers[seat.id]))
        if what:
            section = redrawn.sections[seat.section_id]
            found.append(OtherSeat(seat.id, section, seat.label, words[seat.id], what))
    return sorted(found, key=lambda each: each.status in {"AVAILABLE", "BLOCKED"})


def _differences(before: PlannedSeat, after: PlannedSeat, old_tier: str | None, new_tier: str | None) -> Iterable[str]:
    pairs = {
        "tier": (old_tier, new_tier),
        "price": (before.price_minor, after.price_minor),
        "attributes": (dict(before.attributes), dict(after.attributes)),
        "table": (before.table, after.table),
        "row": (before.row, after.row),
        "number": (before.number, after.number),
    }
    return (name for name, (was, becomes) in pairs.items() if was != becomes)
