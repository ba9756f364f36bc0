"""Keep seats of a plan for a channel, and give them back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.seating.allotments import Allotment, Allotments, code_digest
from core.seating.blocking import AuditLine, Deed
from core.seating.errors import AllotmentNotFoundError
from core.seating.plans import PlannedSeat, SeatingPlan
from core.shared.callers import SELLERS, Caller
from core.shared.ids import AccountId, AllotmentId, PlanId, SeatId, SectionId
from ports.clock import Clock
from ports.ids import IdSource
from ports.seating import SeatingTransaction, SeatingTransactions
from usecases.seating.catalogues import Catalogues


@dataclass(frozen=True, slots=True, kw_only=True)
class AllotmentFacts:
    """What staff say of an allotment: its seats by id, by section, by category, or any of these together."""

    name: str
    seat_ids: tuple[SeatId, ...] = ()
    section_ids: tuple[SectionId, ...] = ()
    categories: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    account_ids: tuple[AccountId, ...] = ()
    releases_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllotmentChange:
    """What is to be different; None leaves a member as it is. `keeps_until_deleted` takes the time of release away."""

    seat_ids: tuple[SeatId, ...] | None = None
    codes: tuple[str, ...] | None = None
    account_ids: tuple[AccountId, ...] | None = None
    releases_at: datetime | None = None
    keeps_until_deleted: bool = False


@dataclass(frozen=True, slots=True)
class AllotSeats:
    """Open to staff who sell, whether the plan is on sale or not. Seats that are held or sold stay so."""

    transactions: SeatingTransactions
    catalogues: Catalogues
    clock: Clock
    ids: IdSource

    async def __call__(self, plan_id: PlanId, facts: AllotmentFacts, *, caller: Caller) -> Allotment:
        """Return the new allotment.

        Raises ForbiddenError, PlanNotFoundError, InvalidAllotmentError, and StaleVersionError when the plan was changed
        at the same moment.
        """
        caller.must_be_one_of(SELLERS)
        now = self.clock.now()
        catalogue = await self.catalogues.of(caller.tenant_id, plan_id, now=now)
        new = Allotment(
            id=AllotmentId(self.ids.new()),
            name=facts.name,
            seat_ids=_seats_of(facts, catalogue.seats),
            codes=frozenset(code_digest(plan_id, code) for code in facts.codes),
            account_ids=frozenset(facts.account_ids),
            releases_at=facts.releases_at,
        )
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            changed = (await tx.plans.allotments(plan_id)).with_one(new, known=catalogue.places, now=now)
            await _save(tx, plan, changed, now=now)
            await tx.blocks.note(plan_id, _lines(Deed.ALLOTTED, new, new.seat_ids, by=caller.account_id, at=now))
        return new


@dataclass(frozen=True, slots=True)
class ListAllotments:
    """Open to staff who sell."""

    transactions: SeatingTransactions

    async def __call__(self, plan_id: PlanId, *, caller: Caller) -> Sequence[Allotment]:
        """Return all of the plan's, those that are over too; raises ForbiddenError, PlanNotFoundError."""
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.plans.get(plan_id)
            return (await tx.plans.allotments(plan_id)).each


@dataclass(frozen=True, slots=True)
class ChangeAllotment:
    """Open to staff who sell."""

    transactions: SeatingTransactions
    catalogues: Catalogues
    clock: Clock

    async def __call__(
        self, plan_id: PlanId, allotment_id: AllotmentId, change: AllotmentChange, *, caller: Caller
    ) -> Allotment:
        """Return the allotment as it is now.

        Raises ForbiddenError, PlanNotFoundError, AllotmentNotFoundError, InvalidAllotmentError, StaleVersionError.
        """
        caller.must_be_one_of(SELLERS)
        now = self.clock.now()
        catalogue = await self.catalogues.of(caller.tenant_id, plan_id, now=now)
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            allotments = await tx.plans.allotments(plan_id)
            before = _one(allotments, allotment_id)
            after = _changed(plan_id, before, change)
            await _save(tx, plan, allotments.with_one(after, known=catalogue.places, now=now), now=now)
            gone = frozenset(before.seat_ids) - frozenset(after.seat_ids)
            new = frozenset(after.seat_ids) - frozenset(before.seat_ids)
            lines = _lines(Deed.RELEASED, after, sorted(gone), by=caller.account_id, at=now)
            await tx.blocks.note(
                plan_id, lines + _lines(Deed.ALLOTTED, after, sorted(new), by=caller.account_id, at=now)
            )
        return after


@dataclass(frozen=True, slots=True)
class ReleaseAllotment:
    """Open to staff who sell: its seats are anybody's again."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, plan_id: PlanId, allotment_id: AllotmentId, *, caller: Caller) -> None:
        """Delete the allotment; raises ForbiddenError, PlanNotFoundError, AllotmentNotFoundError, StaleVersionError."""
        caller.must_be_one_of(SELLERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            allotments = await tx.plans.allotments(plan_id)
            gone = _one(allotments, allotment_id)
            await _save(tx, plan, allotments.without(allotment_id), now=now)
            await tx.blocks.note(plan_id, _lines(Deed.RELEASED, gone, gone.seat_ids, by=caller.account_id, at=now))


@dataclass(frozen=True, slots=True)
class ReadSeatAudit:
    """Open to staff who sell."""

    transactions: SeatingTransactions

    async def __call__(self, plan_id: PlanId, seat_id: SeatId, *, caller: Caller) -> Sequence[AuditLine]:
        """Return what staff did to the seat, the oldest first; none for a seat that the plan does not have.

        Raises ForbiddenError, PlanNotFoundError.
        """
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.plans.get(plan_id)
            known = await tx.seats.states(plan_id, [seat_id])
            return await tx.blocks.audit(seat_id) if known else ()


def _seats_of(facts: AllotmentFacts, seats: Iterable[PlannedSeat]) -> tuple[SeatId, ...]:
    """Return the seats in the order that they were named, and then those of sections and categories."""
    sections, categories, named = frozenset(facts.section_ids), frozenset(facts.categories), frozenset(facts.seat_ids)
    more = (
        seat.id
        for seat in seats
        if (seat.section_id in sections or seat.category in categories) and seat.id not in named
    )
    return (*facts.seat_ids, *more)


def _changed(plan_id: PlanId, before: Allotment, change: AllotmentChange) -> Allotment:
    codes, accounts = change.codes, change.account_ids
    releases_at = change.releases_at or (None if change.keeps_until_deleted else before.releases_at)
    return replace(
        before,
        seat_ids=before.seat_ids if change.seat_ids is None else change.seat_ids,
        codes=before.codes if codes is None else frozenset(code_digest(plan_id, code) for code in codes),
        account_ids=before.account_ids if accounts is None else frozenset(accounts),
        releases_at=releases_at,
    )


def _one(allotments: Allotments, allotment_id: AllotmentId) -> Allotment:
    for allotment in allotments.each:
        if allotment.id == allotment_id:
            return allotment
    raise AllotmentNotFoundError("The plan has no such allotment.")


async def _save(tx: SeatingTransaction, plan: SeatingPlan, allotments: Allotments, *, now: datetime) -> None:
    await tx.plans.save(plan.allotted(now=now))
    await tx.plans.save_allotments(plan.id, allotments)


def _lines(
    what: Deed, allotment: Allotment, seat_ids: Iterable[SeatId], *, by: AccountId, at: datetime
) -> list[AuditLine]:
    return [
        AuditLine(seat_id=id, what=what, by=by, at=at, reason=allotment.name, until=allotment.releases_at)
        for id in seat_ids
    ]
