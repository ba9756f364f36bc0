"""Holds on PostgreSQL: one call of its `hold_batch` is one transaction and one commit, however many claims it has."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Self, override

import asyncpg
import msgspec

from adapters.postgres.pool import Connection, Pool, driver_errors_translated
from core.seating import ledger
from core.seating.drawn import HoldRules
from core.seating.errors import all_of
from core.seating.ledger import HOLD_CEILING_TTLS, Change, Claim
from core.seating.reservations import HoldRequest
from core.shared.ids import PlanId, SeatId, TenantId
from ports.ids import IdSource
from ports.published.seating import NewHold, SeatsHeld
from ports.seating import Holds, PlanChangedError, SeatingTransactions

type Row = asyncpg.Record
type Written = tuple[object, ...]

_HOLD_BATCH = """
    select * from hold_batch($1, $2, $3, $4::text::bigint[], $5, $6, $7, $8, $9, $10, $11, $12, $13::text::integer[],
                             $14::text::uuid[], $15::text::uuid[], $16::text::uuid[], $17::text::bytea[],
                             $18::text::integer[], $19::text::timestamptz[], string_to_array($20, e'\\n'),
                             $21::text::integer[], $22::text::uuid[], $23::text::bigint[], $24::text::text[],
                             $25::text::uuid[], $26::text::uuid[])
"""


class Wish(msgspec.Struct, frozen=True):
    """A claim, the moment that it is decided at, and the parts of a batch that can be written before it is sent.

    `buyer` is the account on the plan, as a number that is hardly ever somebody else's. `section` is that of the first
    seat, and `elsewhere` has those of all seats, or nothing if they are the same. Arrays are sent as text, since the
    driver looks at each element of one for a while, and it does so while the database waits for the batch.
    """

    claim: Claim
    now: datetime
    buyer: int
    seats_count: int
    news: str
    id: str
    account: str
    maker: str
    token: str
    moment: str
    seat_ids: str
    prices: str
    labels: str
    section: str
    elsewhere: str

    @classmethod
    def of(cls, claim: Claim, now: datetime) -> Self:
        """Write what will be sent."""
        request, seats = claim.request, claim.seats
        section_id = seats[0].section_id
        sections = {seat.section_id for seat in seats}
        hold = NewHold(
            reservation_id=request.reservation_id,
            seat_ids=tuple([seat.seat_id for seat in seats]),
            expires_at=now + timedelta(seconds=claim.rules.hold_ttl_s),
        )
        return cls(
            claim,
            now,
            buyer_key(request),
            len(seats),
            news=msgspec.json.encode(hold).decode(),
            id=request.reservation_id.hex,
            account=request.holder.account_id.hex,
            maker=request.made_by.hex if request.made_by is not None else "null",
            token=rf'"\\x{request.new_token_sha256.hex()}"',
            moment=now.isoformat(),
            seat_ids=",".join([seat.seat_id.hex for seat in seats]),
            prices=",".join([str(seat.price_minor) for seat in seats]),
            labels=",".join([_quoted(seat.label) for seat in seats]),
            section=section_id.hex,
            elsewhere="" if len(sections) == 1 else ",".join([seat.section_id.hex for seat in seats]),
        )


RACES = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UniqueViolationError,
    asyncpg.OutOfMemoryError,  # so many locks are taken at once that the table of locks is full
)
_TRIES_MAX = 4
_KEY_MASK = (1 << 63) - 1


class PostgresHolds(Holds):
    """Each claim by itself."""

    def __init__(self, pool: Pool, ids: IdSource, transactions: SeatingTransactions) -> None:
        self._pool = pool
        self._ids = ids
        self._transactions = transactions

    @override
    async def hold(self, tenant_id: TenantId, claim: Claim, *, now: datetime) -> Change:
        verdict = await self._verdict(tenant_id, claim, now)
        return await self.settle(tenant_id, claim, verdict, now=now)

    async def _verdict(self, tenant_id: TenantId, claim: Claim, now: datetime) -> Row | None:
        tries = 0
        async with driver_errors_translated():
            while True:
                try:
                    return (await send(self._pool, self._ids, tenant_id, [Wish.of(claim, now)], look=tries > 0)).get(0)
                except RACES:
                    tries += 1
                    if tries == _TRIES_MAX:
                        raise

    async def settle(self, tenant_id: TenantId, claim: Claim, verdict: Row | None, *, now: datetime) -> Change:
        """Return the change that a verdict stands for, None for a hold that was granted, or raise the refusal."""
        if verdict is None:
            return ledger.held(claim, now=now)
        match verdict["outcome"]:
            case "changed":
                raise PlanChangedError
            case "known":
                async with self._transactions.begin(tenant_id) as tx:
                    known = await tx.seats.get(claim.request.reservation_id)
                return ledger.hold_again(known, claim.request, now=now)
            case _:
                flags = zip(claim.seats, verdict["taken"], strict=True)
                taken: frozenset[SeatId] = frozenset(seat.seat_id for seat, is_taken in flags if is_taken)
                raise all_of(ledger.reasons_of(claim, taken=taken, owned=verdict["owned"]))


async def send(
    through: Pool | Connection, ids: IdSource, tenant_id: TenantId, wishes: Sequence[Wish], *, look: bool
) -> Mapping[int, Row]:
    """Send claims as one batch, and return the verdicts of those that were not granted, by their places from 0.

    Raises what the driver raises; one of RACES means that nothing was written and the batch may be sent again.
    """
    return await send_written(through, tenant_id, written(wishes, ids), look=look)


async def send_written(
    through: Pool | Connection, tenant_id: TenantId, batch: Written, *, look: bool
) -> Mapping[int, Row]:
    """Send a batch that is written already; see `send`."""
    rows = await through.fetch(_HOLD_BATCH, tenant_id, SeatsHeld.event_type, look, *batch)
    return {row["place"] - 1: row for row in rows}


def written(wishes: Sequence[Wish], ids: IdSource) -> Written:
    """Write what the database is told of a batch."""
    plans: dict[tuple[PlanId, int], int] = {}  # one that changed meanwhile may be there by two versions
    rules: list[HoldRules] = []
    on: list[int] = []
    place = 0
    for wish in wishes:
        claim = wish.claim
        if not rules or claim.rules is not rules[place - 1]:
            place = plans.setdefault((claim.request.plan_id, claim.rules.version), len(plans) + 1)
            if place > len(rules):
                rules.append(claim.rules)
        on.append(place)
    counts = [wish.seats_count for wish in wishes]
    return (
        _array(map(str, sorted([wish.buyer for wish in wishes]))),
        [plan_id for plan_id, _ in plans],
        [version for _, version in plans],
        [each.ticket_id for each in rules],
        [each.currency for each in rules],
        [each.hold_ttl_s for each in rules],
        [each.max_per_user for each in rules],
        [ids.new() for _ in rules],
        HOLD_CEILING_TTLS,
        _array(map(str, on)),
        _array([wish.id for wish in wishes]),
        _array([wish.account for wish in wishes]),
        _array([wish.maker for wish in wishes] if any(wish.claim.request.made_by for wish in wishes) else []),
        _array([wish.token for wish in wishes]),
        _array(map(str, counts)),
        _array([wish.moment for wish in wishes]),
        "\n".join([wish.news for wish in wishes]),  # a line break within one is written as an escape
        _array([",".join([str(place)] * count) for place, count in enumerate(counts, 1)]),
        _array([wish.seat_ids for wish in wishes]),
        _array([wish.prices for wish in wishes]),
        _array([wish.labels for wish in wishes]),
        _array([wish.section for wish in wishes]),
        _array([wish.elsewhere or _nulls(wish) for wish in wishes] if any(wish.elsewhere for wish in wishes) else []),
    )


def _array(elements: Iterable[str]) -> str:
    """Write an array of PostgreSQL; one of several arrays is their elements, one after the other."""
    return "{" + ",".join(elements) + "}"


def _nulls(wish: Wish) -> str:
    return ",".join(["null"] * wish.seats_count)


def _quoted(text: str) -> str:
    """Write a text as an element of an array of PostgreSQL."""
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'


def buyer_key(request: HoldRequest) -> int:
    """Return a number of 63 bits for the account on the plan; holds of one wait for each other on it."""
    return (request.plan_id.int ^ request.holder.account_id.int) & _KEY_MASK
