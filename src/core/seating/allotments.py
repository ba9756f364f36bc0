"""Allotments: seats of a plan that are kept for a channel until a time, or until somebody gives them back."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from core.seating.errors import InvalidAllotmentError
from core.shared.errors import Problem
from core.shared.ids import AccountId, AllotmentId, PlanId, SeatId

ALLOTMENTS_MAX = 100
SEATS_PER_ALLOTMENT_MAX = 20_000
CODES_MAX = 1_000
CODE_LENGTH_MIN = 6
CODE_LENGTH_MAX = 64
ACCOUNTS_MAX = 1_000
NAME_LENGTH_MAX = 100


def code_digest(plan_id: PlanId, code: str) -> bytes:
    """Return the form in which a presale code is kept; white space around it and its case do not count."""
    return hashlib.blake2b(code.strip().casefold().encode(), key=plan_id.bytes, digest_size=32).digest()


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody who asks for seats may show: an account, presale codes, or a place behind the box office."""

    account_id: AccountId
    code_digests: frozenset[bytes] = frozenset()
    sells: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotment:
    """Seats that only a channel may hold: accounts of partners, whoever knows a code, and staff who sell.

    `name` is the channel's. At `releases_at` exactly the seats are anybody's, whether or not anything tidied them;
    None means until the allotment is deleted. Seats that are held or sold stay so.
    """

    id: AllotmentId
    name: str
    seat_ids: tuple[SeatId, ...]
    codes: frozenset[bytes] = frozenset()
    account_ids: frozenset[AccountId] = frozenset()
    releases_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        return self.releases_at is not None and now >= self.releases_at

    def admits(self, access: Access) -> bool:
        """Tell whether somebody may hold these seats although they are kept."""
        return access.sells or access.account_id in self.account_ids or not self.codes.isdisjoint(access.code_digests)


@dataclass(frozen=True, slots=True)
class Allotments:
    """The allotments of a plan; a seat is in one at most."""

    each: tuple[Allotment, ...] = ()

    def by_seat(self) -> Mapping[SeatId, Allotment]:
        return {seat_id: allotment for allotment in self.each for seat_id in allotment.seat_ids}

    def with_one(self, new: Allotment, *, known: Iterable[SeatId], now: datetime) -> Self:
        """Add an allotment, or put it in the place of the one with its id.

        `known` are the seats of the plan. Raises InvalidAllotmentError that names every fault.
        """
        others = tuple(allotment for allotment in self.each if allotment.id != new.id)
        problems = list(_faults(new, others, frozenset(known), now))
        if problems:
            raise InvalidAllotmentError(problems[0].message, problems)
        if len(others) == len(self.each):
            return replace(self, each=(*others, new))
        return replace(self, each=tuple(new if allotment.id == new.id else allotment for allotment in self.each))

    def without_seats(self, gone: frozenset[SeatId]) -> Self:
        """Return them without seats that are in no plan any more; one that has none left is over."""
        left = ((each, tuple(id for id in each.seat_ids if id not in gone)) for each in self.each)
        return replace(self, each=tuple(replace(each, seat_ids=seat_ids) for each, seat_ids in left if seat_ids))

    def without(self, allotment_id: AllotmentId) -> Self:
        return replace(self, each=tuple(allotment for allotment in self.each if allotment.id != allotment_id))


def _faults(new: Allotment, others: Sequence[Allotment], known: frozenset[SeatId], now: datetime) -> Iterable[Problem]:
    if len(others) >= ALLOTMENTS_MAX:
        yield Problem("", f"A plan has at most {ALLOTMENTS_MAX} allotments.")
    if new.name in {allotment.name for allotment in others}:
        yield Problem("/name", f"There is an allotment named {new.name!r}.")
    if not 1 <= len(new.seat_ids) <= SEATS_PER_ALLOTMENT_MAX:
        yield Problem("/seatIds", f"An allotment has 1 to {SEATS_PER_ALLOTMENT_MAX} seats.")
    if new.is_over(now):
        yield Problem("/releasesAt", "An allotment is released in the future.")
    elsewhere = {seat_id: each.name for each in others if not each.is_over(now) for seat_id in each.seat_ids}
    seen: set[SeatId] = set()
    for index, seat_id in enumerate(new.seat_ids):
        pointer = f"/seatIds/{index}"
        if seat_id in seen:
            yield Problem(pointer, f"Seat {seat_id} is named twice.")
        elif seat_id not in known:
            yield Problem(pointer, f"The plan has no seat {seat_id}.")
        elif seat_id in elsewhere:
            yield Problem(pointer, f"Seat {seat_id} is in the allotment {elsewhere[seat_id]!r}.")
        seen.add(seat_id)
