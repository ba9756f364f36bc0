"""Every state of the small world, nearest first, and what has to hold in each and at every step."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import permutations

from core.seating.blocking import Intervention
from core.seating.ledger import Change, Happening
from core.seating.reservations import Reservation
from core.shared.errors import DomainError
from tests.small_world import (
    GROUPS,
    IDS,
    MAX_PER_USER,
    NAMES,
    PRICE_NOW,
    SEATS,
    TTL,
    Command,
    Entry,
    ViolationError,
    World,
    after_a_tick,
    commands,
    reservation_of,
    states_of,
    stored,
)

TIME = "a tick passes"
_LETTERS = {"HELD": "H", "RESERVED": "R", "SOLD": "S"}


@dataclass(slots=True)
class Findings:
    """How much was seen. `steps` counts what was tried, by command and outcome; `deepest` is the longest way there."""

    states: int = 0
    transitions: int = 0
    deepest: int = 0
    steps: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def __str__(self) -> str:
        return f"{self.states} states, {self.transitions} transitions, none further than {self.deepest} steps away"


def explore(*, reservations_max: int) -> Findings:
    """Go through every state that can be reached with so many reservations that matter at once.

    States that differ only in which seat or buyer is which, or in the order of the reservations, are one state. Raises
    ViolationError at the first step or state that is wrong, with a shortest way there.
    """
    start = World()
    seen = {_canonical(start)}
    met: set[World] = {start}
    came_from: dict[World, tuple[World, Command | None]] = {}
    waiting = deque([(start, 0)])
    tried: set[object] = set()
    found = Findings()
    while waiting:
        world, depth = waiting.popleft()
        found.states += 1
        found.deepest = depth
        for command in (None, *commands(world, reservations_max=reservations_max, tried_in_vain=tried)):
            try:
                after = _after(command, world, found)
                if after in met:
                    continue
                look_at(after)
            except ViolationError as wrong:
                way = [*_way_to(world, came_from), f"  {command or TIME}"]
                raise ViolationError("\n".join([str(wrong), *way])) from wrong
            met.add(after)
            key = _canonical(after)
            if key not in seen:
                seen.add(key)
                came_from[after] = (world, command)
                waiting.append((after, depth + 1))
    return found


def _after(command: Command | None, world: World, found: Findings) -> World:
    """Return the world after a command, or after a tick."""
    if command is None:
        found.transitions += 1
        return after_a_tick(world)
    outcome, after = carried_out(command, world)
    found.steps[command.verb, outcome] += 1
    found.transitions += outcome == "done"
    return after


def _way_to(world: World, came_from: Mapping[World, tuple[World, Command | None]]) -> list[str]:
    lines: list[str] = []
    while world in came_from:
        before, command = came_from[world]
        lines.append(f"  {command or TIME!s:<40} {world}")
        world = before
    return lines[::-1]


def carried_out(command: Command, world: World) -> tuple[str, World]:
    """Try a command; return what it came to, and the world after it. Raises ViolationError when that is wrong."""
    try:
        change = command.run()
    except DomainError:
        outcome, after = "refused", world
    else:
        outcome, after = _noted(command, change, world)
    if outcome != command.expected:
        raise ViolationError(f"{command}: is {outcome}, and should be {command.expected}")
    return outcome, _without_the_past(after, world)


def _noted(command: Command, change: Change | Intervention, world: World) -> tuple[str, World]:
    """Look at a change, and store it."""
    entries = [reservation_of(entry, number) for number, entry in enumerate(world.entries)]
    if isinstance(change, Change):
        _look_at_change(command, change, world)
        if not change.happened:
            return "nothing", world
        number = IDS.index(change.reservation.id)
        entries[number : number + 1] = [change.reservation]
    else:
        _look_at_intervention(command, change)
        if not change.seats:
            return "nothing", world
    return "done", stored({**states_of(world), **change.seats}, entries)


def _without_the_past(after: World, before: World) -> World:
    """Forget what can never own a seat again, after trying everything on it once more: nothing may come of it."""
    over = [number for number, entry in enumerate(after.entries) if entry.over]
    if not over or after == before:
        return after
    for number in over:
        _must(after.entries[number].named_by == 0, "a seat names a reservation that is over")
    for command in commands(after, reservations_max=0, tried_in_vain=set()):
        if command.entry in over:
            try:
                change = command.run()
            except DomainError:
                continue
            _must(isinstance(change, Change) and not change.happened, "something happened, and it was over", command)
    kept = tuple(entry for entry in after.entries if not entry.over)
    return World(after.seats, kept)


# ---- what holds at every step


def _look_at_change(command: Command, change: Change, world: World) -> None:
    entry = change.reservation
    if command.entry is None:
        _must({seat.price_minor for seat in entry.seats} == {PRICE_NOW}, "the price is an old one", command)
        _must(entry.seat_ids == {SEATS[place] for place in command.seats}, "other seats were held", command)
        owned = sum(
            len(GROUPS[other.seats]) for other in world.entries if other.live and NAMES[other.buyer] == command.who
        )
        _must(owned + len(command.seats) <= MAX_PER_USER, "one buyer has too many", command)
    else:
        before = reservation_of(world.entries[command.entry], command.entry)
        _must(_lasting(entry) == _lasting(before), "seats, prices or the buyer changed", command)
        _must(before.sold_at is None or entry.sold_at == before.sold_at, "the sale was forgotten", command)
        longer = entry.status is not before.status or entry.expires_at >= before.expires_at
        _must(longer, "it ends earlier than it was promised", command)
        if not change.happened:
            _must(entry == before and not change.seats, "says that nothing happened, and it did", command)
    _must(change.seats.keys() <= entry.seat_ids, "changed a seat of somebody else", command)
    if change.what is Happening.SOLD:
        _must(change.seats.keys() == entry.seat_ids, "sold a part of the seats", command)


def _lasting(entry: Reservation) -> tuple[object, ...]:
    """Return what no command may change."""
    return entry.id, entry.plan_id, entry.account_id, entry.seats, entry.currency, entry.held_at, entry.ceiling_at


def _look_at_intervention(command: Command, change: Intervention) -> None:
    _must(change.seats.keys() <= {SEATS[place] for place in command.seats}, "changed another seat", command)


# ---- what holds at every moment


def look_at(world: World) -> None:
    """Check what is true of every state: docs/architecture.md calls these the invariants of the ledger."""
    owners: Counter[int] = Counter()
    for entry in world.entries:
        owners.update(GROUPS[entry.seats] if entry.live else ())
        _look_at_entry(entry, world)
    _must(all(count == 1 for count in owners.values()), "a seat has two live owners")
    for place, seat in enumerate(world.seats):
        if seat.letter in "HRS" and not seat.free:
            _must(owners[place] == 1, "a seat is taken by nobody")
        if seat.letter == "B" and not seat.free:
            _must(owners[place] == 0, "a blocked seat is somebody's")
        named = sum(entry.named_by >> place & 1 for entry in world.entries)
        _must(named == (seat.letter in "HRS"), "a seat names nobody, or two")


def _look_at_entry(entry: Entry, world: World) -> None:
    seats = [world.seats[place] for place in GROUPS[entry.seats]]
    _must(entry.named_by & ~entry.seats == 0, "a seat names a reservation that does not have it")
    if entry.live:
        _must(entry.named_by == entry.seats, "a live reservation lacks a seat")
        _must({seat.letter for seat in seats} == {_LETTERS[entry.status]}, "seat and ledger disagree")
        ends = {None} if entry.status == "SOLD" else {entry.ends}
        _must({seat.ends for seat in seats} == ends, "seat and ledger end at different times")
    else:
        named = [world.seats[place] for place in GROUPS[entry.named_by]]
        _must(all(seat.free for seat in named), "an ended reservation owns a seat")
    if entry.status in {"RELEASED", "EXPIRED"}:
        _must(entry.named_by == 0, "a seat names a reservation that was tidied up")
    _must(entry.ordered or entry.status not in {"RESERVED", "SOLD"}, "reserved or sold without an order")
    _must(entry.sold or entry.status != "SOLD", "sold, and nobody knows when")
    if entry.status == "HELD":
        _must(entry.ends <= min(TTL, entry.ceiling), "a hold lasts longer than it may")


def _must(holds: bool, otherwise: str, command: Command | None = None) -> None:
    if not holds:
        raise ViolationError(otherwise if command is None else f"{command}: {otherwise}")


# ---- states that are the same

_ORDERS = tuple(permutations(range(3)))
_MASKS = [[sum(1 << new for new, old in enumerate(order) if mask >> old & 1) for mask in range(8)] for order in _ORDERS]


def _canonical(world: World) -> tuple[object, ...]:
    """Return one and the same for all worlds that differ in names only."""
    codes = [((-1 if seat.ends is None else seat.ends), seat.letter) for seat in world.seats]
    best: tuple[object, ...] | None = None
    for order, masks in zip(_ORDERS, _MASKS, strict=True):
        seats = (codes[order[0]], codes[order[1]], codes[order[2]])
        if best is not None and seats > best[0]:  # type: ignore[operator]  # the first of both are such seats
            continue
        entries = [(*entry[1:6], masks[entry.seats], masks[entry.named_by], entry.buyer) for entry in world.entries]
        swapped = [(*entry[:-1], 1 - entry[-1]) for entry in entries]
        one = (seats, min(sorted(entries), sorted(swapped)))
        if best is None or one < best:
            best = one
    assert best is not None
    return (best[0], tuple(best[1]))  # type: ignore[arg-type]  # such entries
