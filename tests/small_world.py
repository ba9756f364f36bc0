"""A world so small that everything which can happen in it can be tried: three seats, two buyers, a few reservations.

It stores what the core decides, as a store would, and says beforehand what each command has to come to (`expected`);
tests.exploration goes everywhere in it and looks. Time is counted in ticks, and a world always stands at NOW: a tick
that passes brings every end one nearer. Behind an end nothing depends on how long ago it was. Prices have always
changed since a reservation was made. An entry of the ledger that can never own a seat again is forgotten, so that
stories have no end. One block at a time has an end.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import NamedTuple
from uuid import UUID

from core.seating import blocking, ledger
from core.seating.blocking import Intervention, WantedSeat
from core.seating.drawn import HoldRules
from core.seating.ledger import Change, Claim
from core.seating.reservations import HoldRequest, Reservation, ReservationSeat, ReservationStatus
from core.seating.seats import Available, Blocked, Held, Reserved, SeatState, Sold
from core.shared.holders import Holder
from core.shared.ids import AccountId, OrderId, PlanId, ReservationId, SeatId, SectionId, TicketId

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TICK = timedelta(minutes=5)
TTL = 2
"""A hold lasts two ticks, so that it can be extended before it ends; its ceiling is at six."""
PAYING = 2
MAX_PER_USER = 2
PRICE_THEN, PRICE_NOW = 7500, 8000

PLAN = PlanId(UUID(int=1))
CLERK = AccountId(UUID(int=2))
FOREIGN_ORDER = OrderId(UUID(int=3))
SEATS = tuple(SeatId(UUID(int=0x10 + number)) for number in range(3))
BUYERS = tuple(AccountId(UUID(int=0x20 + number)) for number in range(2))
IDS = tuple(ReservationId(UUID(int=0x30 + number)) for number in range(9))
ORDERS = tuple(OrderId(UUID(int=0x40 + number)) for number in range(9))
PLACE = {seat_id: place for place, seat_id in enumerate(SEATS)}
NAMES = ("Ann", "Ben")
GROUPS = tuple(tuple(place for place in range(3) if mask >> place & 1) for mask in range(8))
"""Seats by their mask."""
RULES = HoldRules(
    version=1,
    ticket_id=TicketId(UUID(int=4)),
    active=True,
    seats_max_per_order=3,
    max_per_user=MAX_PER_USER,
    hold_ttl_s=TTL * int(TICK.total_seconds()),
    currency="EUR",
)


class Seat(NamedTuple):
    """A seat: the first letter of its state, and in how many ticks that ends (None: never)."""

    letter: str
    ends: int | None = None

    @property
    def free(self) -> bool:
        return self.letter == "A" or (self.letter in "HRB" and self.ends == 0)


class Entry(NamedTuple):
    """An entry of the ledger; `seats` is what it is about, `named_by` which seats name it as their owner."""

    buyer: int
    status: str
    ends: int
    ceiling: int
    ordered: bool
    sold: bool
    seats: int
    named_by: int

    @property
    def live(self) -> bool:
        return self.status == "SOLD" or (self.status in {"HELD", "RESERVED"} and self.ends > 0)

    @property
    def over(self) -> bool:
        """Whether it can never own a seat again."""
        return self.status in {"RELEASED", "EXPIRED"} and (self.sold or not self.ordered)


class World(NamedTuple):
    """The seats, and the entries that still matter."""

    seats: tuple[Seat, ...] = (Seat("A"),) * 3
    entries: tuple[Entry, ...] = ()

    def __str__(self) -> str:
        seats = " ".join(f"{seat.letter}{'' if seat.ends is None else seat.ends}" for seat in self.seats)
        entries = ", ".join(
            f"{NAMES[entry.buyer]} {entry.status} {shown(GROUPS[entry.seats])} ends {entry.ends}"
            for entry in self.entries
        )
        return f"[{seats}] {entries}".rstrip()


class ViolationError(AssertionError):
    """What must always hold does not; the message begins with what went wrong and goes on with how to get there."""


# ---- from the world to the core's types, and back


@cache
def reservation_of(entry: Entry, number: int) -> Reservation:
    return Reservation(
        id=IDS[number],
        plan_id=PLAN,
        ticket_id=RULES.ticket_id,
        account_id=BUYERS[entry.buyer],
        token_sha256=b"token of %d" % number,
        status=ReservationStatus(entry.status),
        seats=tuple(seat_at(place, PRICE_THEN) for place in GROUPS[entry.seats]),
        currency="EUR",
        hold_ttl_s=RULES.hold_ttl_s,
        held_at=NOW - TICK,
        ceiling_at=NOW + entry.ceiling * TICK,
        expires_at=NOW + entry.ends * TICK,
        order_id=ORDERS[number] if entry.ordered else None,
        sold_at=NOW - TICK if entry.sold else None,
    )


@cache
def seat_at(place: int, price_minor: int) -> ReservationSeat:
    return ReservationSeat(
        seat_id=SEATS[place],
        section_id=SectionId(UUID(int=5)),
        label=f"R1S{place + 1}",
        section="Stalls",
        row="R1",
        number=str(place + 1),
        column=place + 1,
        price_minor=price_minor,
    )


@cache
def _state(seat: Seat, owner: int | None) -> SeatState:
    until = None if seat.ends is None else NOW + seat.ends * TICK
    match seat.letter, owner, until:
        case "A", None, None:
            return Available()
        case "H", int(), datetime():
            return Held(IDS[owner], until)
        case "R", int(), datetime():
            return Reserved(IDS[owner], until)
        case "S", int(), None:
            return Sold(IDS[owner])
        case "B", None, _:
            return Blocked("camera", until)
        case _:
            raise ViolationError(f"a seat is {seat} and names {owner}")


def _ticks(moment: datetime) -> int:
    return max(0, (moment - NOW) // TICK)


def states_of(world: World) -> dict[SeatId, SeatState]:
    owners = {place: number for number, entry in enumerate(world.entries) for place in GROUPS[entry.named_by]}
    return {SEATS[place]: _state(seat, owners.get(place)) for place, seat in enumerate(world.seats)}


def stored(states: Mapping[SeatId, SeatState], reservations: list[Reservation]) -> World:
    """Return the world that a store would hold."""
    seats: list[Seat] = []
    named_by = dict.fromkeys((reservation.id for reservation in reservations), 0)
    for place, seat_id in enumerate(SEATS):
        match states[seat_id]:
            case Available():
                seats.append(Seat("A"))
            case Held(owner, until):
                seats.append(Seat("H", _ticks(until)))
                named_by[owner] |= 1 << place
            case Reserved(owner, until):
                seats.append(Seat("R", _ticks(until)))
                named_by[owner] |= 1 << place
            case Sold(owner):
                seats.append(Seat("S"))
                named_by[owner] |= 1 << place
            case Blocked(_, until):
                seats.append(Seat("B", None if until is None else _ticks(until)))
    entries: list[Entry] = []
    for item in reservations:
        timed = item.status in {ReservationStatus.HELD, ReservationStatus.RESERVED}
        ends = _ticks(item.expires_at) if timed else 0
        entries.append(
            Entry(
                BUYERS.index(item.account_id),
                item.status.value,
                ends,
                _ticks(item.ceiling_at) if item.status is ReservationStatus.HELD and ends else 0,
                item.order_id is not None,
                item.sold_at is not None,
                sum(1 << PLACE[seat.seat_id] for seat in item.seats),
                named_by[item.id],
            )
        )
    return World(tuple(seats), tuple(entries))


def after_a_tick(world: World) -> World:
    """Let one tick pass."""
    return World(
        tuple(seat._replace(ends=max(0, seat.ends - 1)) if seat.ends else seat for seat in world.seats),
        tuple(
            entry._replace(ends=max(0, entry.ends - 1), ceiling=max(0, entry.ceiling - 1) if entry.ends > 1 else 0)
            if entry.ends
            else entry
            for entry in world.entries
        ),
    )


# ---- what can be done, and what has to come of it


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be tried; `entry` is the number of the entry that it is about."""

    verb: str
    who: str
    seats: tuple[int, ...]
    expected: str
    run: Callable[[], Change | Intervention]
    entry: int | None = None

    def __str__(self) -> str:
        return f"{self.who} {self.verb} {shown(self.seats)}"


def shown(places: tuple[int, ...]) -> str:
    return "+".join(str(place + 1) for place in places)


def hold(world: World, states: Mapping[SeatId, SeatState], buyer: int, places: tuple[int, ...]) -> Change:
    """Hold seats under an id that is new, as a store would ask the core to. The only caller of the core's hold."""
    claim = Claim(
        request_for(len(world.entries), buyer, places), RULES, tuple(seat_at(place, PRICE_NOW) for place in places)
    )
    wanted = {SEATS[place]: states[SEATS[place]] for place in places}
    return ledger.hold(claim, states=wanted, owned=_owned(world, buyer), now=NOW)


@cache
def request_for(number: int, buyer: int, places: tuple[int, ...]) -> HoldRequest:
    return HoldRequest(
        plan_id=PLAN,
        reservation_id=IDS[number],
        seat_ids=tuple(SEATS[place] for place in places),
        holder=Holder(BUYERS[buyer]),
        new_token_sha256=b"token of %d" % number,
    )


def _owned(world: World, buyer: int) -> int:
    return sum(entry.seats.bit_count() for entry in world.entries if entry.buyer == buyer and entry.live)


def commands(world: World, *, reservations_max: int, tried_in_vain: set[object]) -> Iterator[Command]:
    """Give everything that anybody may try: those in the right, and others.

    What others try on an entry is given once for the same entry with the same seats, and noted in `tried_in_vain`.
    """
    states = states_of(world)
    timed = any(seat.letter == "B" and seat.ends is not None for seat in world.seats)
    for number, entry in enumerate(world.entries):
        scene = number, entry, tuple(world.seats[place] for place in GROUPS[entry.seats])
        yield from _about(number, entry, world, states, in_vain=scene not in tried_in_vain)
        tried_in_vain.add(scene)
    for places in GROUPS[1:]:
        free = all(world.seats[place].free for place in places)
        if len(world.entries) < reservations_max:
            for buyer in range(2):
                allowed = _owned(world, buyer) + len(places) <= MAX_PER_USER
                what = "done" if allowed and free else "refused"
                yield Command("holds", NAMES[buyer], places, what, partial(hold, world, states, buyer, places))
        asked = [SEATS[place] for place in places]
        seats = {SEATS[place]: WantedSeat(seat_at(place, PRICE_NOW), states[SEATS[place]]) for place in places}
        ends: list[tuple[str, datetime | None]] = [("blocks", None), ("blocks for a tick", NOW + TICK)]
        for verb, until in ends if len(places) == 1 and not timed else ends[:1]:
            run = partial(blocking.block, PLAN, asked, seats=seats, reason="camera", until=until, by=CLERK, now=NOW)
            yield Command(verb, "the clerk", places, "done" if free else "refused", run)
        if len(places) == 2:
            continue
        blocked = any(world.seats[place].letter == "B" and not world.seats[place].free for place in places)
        undo = partial(blocking.unblock, PLAN, asked, seats=seats, by=CLERK, now=NOW)
        yield Command("unblocks", "the clerk", places, "done" if blocked else "nothing", undo)


def _about(
    number: int, entry: Entry, world: World, states: Mapping[SeatId, SeatState], *, in_vain: bool
) -> Iterator[Command]:
    places = GROUPS[entry.seats]
    reservation = reservation_of(entry, number)
    seats = {SEATS[place]: states[SEATS[place]] for place in places}
    order, until = ORDERS[number], NOW + PAYING * TICK
    for right in (True, False) if in_vain else (True,):
        buyer = entry.buyer if right else 1 - entry.buyer
        by, who = Holder(BUYERS[buyer]), NAMES[buyer]
        told_by = order if right else FOREIGN_ORDER
        about = partial(partial, reservation=reservation, seats=seats, now=NOW)
        same = request_for(number, buyer, places)
        acts: list[tuple[str, str, Callable[[], Change]]] = [
            ("holds again", who, partial(ledger.hold_again, reservation, same, now=NOW)),
            ("extends", who, about(ledger.extend, by=by)),
            ("releases", who, about(ledger.release_hold, by=by)),
            ("reserves", who, about(ledger.reserve, by=by, order_id=order, until=until)),
            ("protects", "the order", about(ledger.protect, order_id=told_by, until=until)),
            ("pays", "the order", about(ledger.finalise, order_id=told_by)),
            ("pays late", "the order", about(ledger.reclaim, order_id=told_by)),
            ("cancels", "the order", about(ledger.release, order_id=told_by)),
            ("refunds", "the order", about(ledger.give_back, order_id=told_by)),
        ]
        for verb, name, run in acts:
            what = expected(verb, entry, world) if right else "refused"
            yield Command(verb, name if right else f"in vain {name}", places, what, run, number)
    if entry.ordered and in_vain:
        other = partial(ledger.reserve, reservation, by=Holder(BUYERS[entry.buyer]), order_id=FOREIGN_ORDER)
        run = partial(other, until=until, seats=seats, now=NOW)
        yield Command("reserves", "for another order", places, "refused", run, number)
    sweep = partial(ledger.expire, reservation, seats=seats, now=NOW)
    yield Command("sweeps", "the sweep", places, expected("sweeps", entry, world), sweep, number)


def expected(verb: str, entry: Entry, world: World) -> str:
    """Say what a command of somebody in the right comes to: it is done, it changes nothing, or it is refused."""
    live, status = entry.live, entry.status
    match verb:
        case "holds again":
            return "nothing" if live else "refused"
        case "extends" if live and status == "HELD" and entry.ends < entry.ceiling:
            return "done" if min(TTL, entry.ceiling) > entry.ends else "nothing"
        case "releases":
            return "nothing" if not live else "done" if status == "HELD" else "refused"
        case "reserves" if live:
            return "nothing" if entry.ordered else "done"
        case "sweeps":
            return "done" if status in {"HELD", "RESERVED"} and not live else "nothing"
        case "protects" | "pays" | "pays late" | "cancels" | "refunds" if entry.ordered:
            return _expected_of_order(verb, entry, world)
        case _:
            return "refused"


def _expected_of_order(verb: str, entry: Entry, world: World) -> str:
    match verb:
        case "protects" if entry.live:
            return "done" if entry.status == "RESERVED" and entry.ends < PAYING else "nothing"
        case "pays" | "pays late" if entry.live:
            return "nothing" if entry.status == "SOLD" else "done"
        case "pays late" if not entry.sold and all(world.seats[place].free for place in GROUPS[entry.seats]):
            return "done"
        case "cancels" if entry.live:
            return "refused" if entry.status == "SOLD" else "done"
        case "refunds" if entry.live:
            return "done"
        case "cancels" | "refunds":
            return "nothing"
        case _:
            return "refused"
