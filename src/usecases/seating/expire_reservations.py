"""Tidy up holds and reservations whose time has come."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import batched, chain

from core.shared.ids import PlanId, ReservationId, TenantId
from ports.clock import Clock
from ports.events import Delivery
from ports.published.expiration import TimerFired
from ports.seating import ExpiredReservations, SeatingTransactions
from usecases.seating.announcements import announce_ends

_FOUND_MAX = 20_000
"""Reservations that are looked for at once: finding some costs as much as finding many."""

_BATCH_MAX = 500
"""Reservations a transaction. Larger ones hold their locks longer than a buyer should wait."""

_REST = 4 / 5
"""Of the time that a batch took, before the next: buyers wait for the same disk, and nobody for the sweep."""


@dataclass(frozen=True, slots=True)
class ExpireReservations:
    """Runs in the background. Nobody waits for it: an ended hold is over by its time alone."""

    expired: ExpiredReservations
    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self) -> int:
        """Mark what has ended, in transactions of one tenant each, and return how many there were.

        Reservations of the same plan stand together: fewer pages are written, and fewer events. A long sweep rests
        nearly half of the time.
        """
        now = self.clock.now()
        by_tenant: defaultdict[TenantId, defaultdict[PlanId, list[ReservationId]]]
        by_tenant = defaultdict(lambda: defaultdict(list))
        for due in await self.expired.due(now=now, reservations_max=_FOUND_MAX):
            by_tenant[due.tenant_id][due.plan_id].append(due.reservation_id)
        done, took_s = 0, 0.0
        for tenant_id, by_plan in by_tenant.items():
            for batch in batched(chain.from_iterable(by_plan.values()), _BATCH_MAX, strict=False):
                await asyncio.sleep(took_s * _REST)
                begun_s = time.monotonic()
                async with self.transactions.begin(tenant_id) as tx:
                    ended = await tx.seats.expire(batch, now=now, wait=False)
                    await announce_ends(tx, ended, now=now)
                done += len(ended)
                took_s = time.monotonic() - begun_s
        return done


@dataclass(frozen=True, slots=True)
class ExpireOnTimer:
    """Consumes `expiration.timer.fired`. A timer only reminds: whether the time has come is decided here."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, event: TimerFired, delivery: Delivery) -> None:
        """Expire the reservation if it has ended; a timer that is early, or late, or repeated does nothing."""
        if event.kind != "reservation" or delivery.tenant_id is None:
            return
        now = self.clock.now()
        async with self.transactions.begin(TenantId(delivery.tenant_id)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="seating.expire_on_timer", at=now):
                return
            ended = await tx.seats.expire([ReservationId(event.subject_id)], now=now, wait=True)
            await announce_ends(tx, ended, now=now)
