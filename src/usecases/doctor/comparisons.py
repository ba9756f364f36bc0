"""The comparisons: each walks over one kind of thing and looks up what others say of the same things."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Protocol

from core.doctor import admissions, money, sales, upkeep
from core.doctor.facts import (
    EVERYTHING,
    FIRST_ID,
    Key,
    Keyed,
    OfferedPassFacts,
    OfferFacts,
    OrderFacts,
    PaymentFacts,
    ReservationFacts,
    Span,
    StuckFacts,
)
from core.doctor.findings import Finding
from ports.clock import Clock
from ports.doctor import Pages, Patient

FACTS_MAX = 500
"""Things that are compared at a time: what the doctor keeps in memory, whatever there is."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A part of what there is, and what was found in it."""

    span: Span
    things: int
    findings: tuple[Finding, ...]


class Comparison(Protocol):
    """One comparison. It can be made of a part alone, so that the same part can be looked at again."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What is compared, for people."""

    @abstractmethod
    def look(self, span: Span) -> AsyncIterator[Looked]:
        """Yield the span part by part; raises UnavailableError."""


type Compare[F: Keyed] = Callable[[Sequence[F]], Awaitable[Iterable[Finding]]]
"""Finds what is wrong with a page of things."""


@dataclass(frozen=True, slots=True)
class Walk[F: Keyed]:
    """Page by page over `facts`; `compare` looks up what belongs to a page, and finds."""

    name: str
    facts: Pages[F]
    compare: Compare[F]
    facts_max: int = FACTS_MAX

    async def look(self, span: Span) -> AsyncIterator[Looked]:
        after = span.after
        while True:
            page = await self.facts.page(Span(after, span.until), facts_max=self.facts_max)
            if not page:
                return
            yield Looked(Span(after, page[-1].key), len(page), tuple(await self.compare(page)))
            after = page[-1].key


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Every comparison there is, over one patient."""

    patient: Patient
    clock: Clock

    def __call__(self) -> tuple[Comparison, ...]:
        """Return them; those that look at the most things come first."""
        seen = self.patient
        return (
            Walk("orders with what is sold to them, their payments, passes and timers", seen.orders, self._orders),
            Walk("seats with the ledger", seen.owned_seats, _each(sales.owner_of_seat)),
            Walk("reservations of seats with their orders and timers", seen.entries, self._entries),
            Walk("reservations of places with their orders", seen.places, self._places),
            Walk("quotas with their entries", seen.quotas, _each(upkeep.quota)),
            Walk("payments with orders and the ledger", seen.payments, self._payments),
            Walk("offers with the passes that they tie", seen.offers, self._offers),
            Walk("tied passes with their offers", seen.tied_passes, self._tied),
            Walk("operations with whoever works on them", seen.operations, _told(upkeep.stuck_operation)),
            Walk("webhooks that failed", seen.webhooks, _told(upkeep.failed_webhook)),
            *(
                Walk(f"events that {service} gave up", events, _told(partial(upkeep.dead_event, service=service)))
                for service, events in seen.events.items()
            ),
            _DeadLetters(seen),
        )

    async def _orders(self, page: Sequence[OrderFacts]) -> Iterable[Finding]:
        seen, now = self.patient, self.clock.now()
        sold = [(order.key.tenant_id, item) for order in page if order.is_confirmed for item in order.items]
        seats = await seen.entries.of({Key(tenant, item.reservation_id) for tenant, item in sold if item.seat_id})
        places = await seen.places.of({Key(tenant, item.reservation_id) for tenant, item in sold if not item.seat_id})
        keys = [order.key for order in page]
        payments, passes = await seen.payments.of(keys), await seen.passes.of(keys)
        timed = [order.key for order in page if upkeep.wants_timer(order, now=now)]
        armed = await seen.timers.armed("order", timed) if timed else frozenset[Key]()
        return chain.from_iterable(
            chain(
                sales.sold_items(order, seats, places),
                money.payment_of(order, payments.get(order.key), now=now),
                admissions.passes_of(order, passes.get(order.key)),
                upkeep.timer_of_order(order, armed, now=now),
            )
            for order in page
        )

    async def _entries(self, page: Sequence[ReservationFacts]) -> Iterable[Finding]:
        seen, now = self.patient, self.clock.now()
        orders = await self._orders_of(page)
        timed = [entry.key for entry in page if entry.is_timed and entry.expires_at > now]
        armed = await seen.timers.armed("reservation", timed) if timed else frozenset[Key]()
        return chain.from_iterable(
            chain(
                sales.kept_for_orders(entry, orders.get(_order_key(entry)), kind="seats", now=now),
                sales.seats_of_entry(entry, now=now),
                upkeep.timer_of_reservation(entry, armed, now=now),
            )
            for entry in page
        )

    async def _places(self, page: Sequence[ReservationFacts]) -> Iterable[Finding]:
        now, orders = self.clock.now(), await self._orders_of(page)
        return chain.from_iterable(
            sales.kept_for_orders(entry, orders.get(_order_key(entry)), kind="places", now=now) for entry in page
        )

    async def _orders_of(self, page: Sequence[ReservationFacts]) -> Mapping[Key, OrderFacts]:
        wanted = {Key(entry.key.tenant_id, entry.order_id) for entry in page if entry.order_id is not None}
        return await self.patient.orders.of(wanted)

    async def _payments(self, page: Sequence[PaymentFacts]) -> Iterable[Finding]:
        orders = await self.patient.orders.of([payment.key for payment in page])
        return chain.from_iterable(
            chain(money.books_of(payment), money.money_of(payment, orders.get(payment.key))) for payment in page
        )

    async def _offers(self, page: Sequence[OfferFacts]) -> Iterable[Finding]:
        wanted = {Key(offer.key.tenant_id, offer.pass_id) for offer in page if offer.ties}
        passes = await self.patient.tied_passes.of(wanted)
        return chain.from_iterable(
            admissions.tie_of(offer, passes.get(Key(offer.key.tenant_id, offer.pass_id))) for offer in page
        )

    async def _tied(self, page: Sequence[OfferedPassFacts]) -> Iterable[Finding]:
        wanted = {Key(each.key.tenant_id, each.offer_id) for each in page if each.offer_id is not None}
        offers = await self.patient.offers.of(wanted)
        return chain.from_iterable(
            admissions.offer_of(each, offers.get(Key(each.key.tenant_id, each.offer_id or FIRST_ID))) for each in page
        )


@dataclass(frozen=True, slots=True)
class _DeadLetters:
    """Of all organisations at once, so a part of them has none."""

    patient: Patient
    name: str = "queues of events that consumers gave up"

    async def look(self, span: Span) -> AsyncIterator[Looked]:
        if span != EVERYTHING:
            return
        depths = await self.patient.dead_letters.depths()
        found = chain.from_iterable(upkeep.dead_letters(queue, depths[queue]) for queue in sorted(depths))
        yield Looked(span, len(depths), tuple(found))


def _each[F: Keyed](find: Callable[[F], Iterable[Finding]]) -> Compare[F]:
    """Compare each thing of a page with itself alone."""

    async def compare(page: Sequence[F]) -> Iterable[Finding]:
        return chain.from_iterable(map(find, page))

    return compare


def _told(find: Callable[[StuckFacts], Finding]) -> Compare[StuckFacts]:
    """Tell of each: that it is there is what is wrong."""

    async def compare(page: Sequence[StuckFacts]) -> Iterable[Finding]:
        return map(find, page)

    return compare


def _order_key(entry: ReservationFacts) -> Key:
    return Key(entry.key.tenant_id, entry.order_id or FIRST_ID)
