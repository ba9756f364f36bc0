"""The neighbours of orders, as its tests meet them: other contexts that keep their promises, a clock, sudden death."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, override
from uuid import UUID

from core.shared.ids import AccountId, ReservationId
from ports.clock import Clock
from ports.published.orders import ItemsReturned, OrderCancelled
from ports.published.payments import (
    CancelOutcome,
    PaymentMethod,
    PaymentsApi,
    PaymentStarted,
    PayoutAnswer,
    RefundAnswer,
)
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.seating import ReservedSeat, SeatingApi, SeatsReserved, replacement_id
from ports.published.ticketing import EventCancellation, EventFacts, EventSalesApi, TicketingApi, TicketOnSale

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
TICKET = UUID(int=0x71C)
PLAN = UUID(int=0x91A)


class Killed(BaseException):
    """The process died here; no handler of the code under test may catch it."""


class HandClock(Clock):
    def __init__(self) -> None:
        self.time = START

    @override
    def now(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Life:
    """Counts the steps that leave a trace, and ends the process after the one it is told."""

    steps: int = 0
    dies_after: int | None = None

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.dies_after:
            raise Killed


@dataclass(frozen=True)
class Reservation:
    holder: UUID
    seats: tuple[UUID, ...]
    state: Literal["held", "reserved", "sold", "ended"]
    until: datetime
    order_id: UUID | None = None
    plan_id: UUID = PLAN
    ticket_id: UUID = TICKET
    was_sold: bool = False
    row: str = "R1"


@dataclass
class Seating(SeatingApi):
    clock: HandClock
    life: Life
    reservations: dict[UUID, Reservation] = field(default_factory=dict)
    currencies: tuple[str, ...] = ("EUR", "EUR")
    sells: bool = True
    """False while the link breaks whenever something is to be sold."""
    others: bool = True
    """Whether there are seats that are as good as any; they are in the second row."""

    def hold(
        self,
        reservation_id: ReservationId,
        holder: AccountId,
        *,
        seats: int = 2,
        ttl_s: int = 600,
        first: int = 1,
        plan_id: UUID = PLAN,
        ticket_id: UUID = TICKET,
    ) -> None:
        numbers = range(first, first + seats)
        until = self.clock.now() + timedelta(seconds=ttl_s)
        chosen = tuple(UUID(int=number) for number in numbers)
        self.reservations[reservation_id] = Reservation(holder, chosen, "held", until, None, plan_id, ticket_id)

    def owner_of(self, seat: UUID) -> UUID | None:
        for reservation_id, reservation in self.reservations.items():
            if seat in reservation.seats and self.lives(reservation):
                return reservation_id
        return None

    def lives(self, reservation: Reservation) -> bool:
        if reservation.state == "sold":
            return True
        return reservation.state != "ended" and self.clock.now() < reservation.until

    def take_seats_of(self, reservation_id: UUID) -> None:
        """Somebody else buys the seats of an ended reservation."""
        seats = self.reservations[reservation_id].seats
        assert all(self.owner_of(seat) is None for seat in seats)
        self.reservations[UUID(int=0xBAD)] = Reservation(UUID(int=0xBAD), seats, "sold", self.clock.now())

    def _found(self, reservation_id: UUID, order_id: UUID) -> Reservation:
        found = self.reservations.get(reservation_id)
        if found is None:
            raise RefusedError("seating.reservation_not_found", "no such reservation")
        if found.order_id not in {None, order_id}:
            raise RefusedError("seating.reservation_conflict", "another order's")
        return found

    @override
    async def reserve(
        self,
        *,
        tenant_id: UUID,
        reservation_id: UUID,
        order_id: UUID,
        account_id: UUID,
        hold_token: str | None,
        until: datetime,
    ) -> SeatsReserved:
        found = self._found(reservation_id, order_id)
        if found.holder != account_id:
            raise RefusedError("seating.not_holder", "held by somebody else")
        if not self.lives(found):
            raise RefusedError("seating.reservation_expired", "the hold has ended")
        if found.state == "held":
            found = replace(found, state="reserved", order_id=order_id, until=until)
            self.reservations[reservation_id] = found
        self.life.step()
        return self._shown(reservation_id, found)

    def _shown(self, reservation_id: UUID, found: Reservation) -> SeatsReserved:
        return SeatsReserved(
            reservation_id=reservation_id,
            plan_id=found.plan_id,
            ticket_id=found.ticket_id,
            seats=tuple(
                ReservedSeat(
                    seat_id=seat,
                    label=f"{found.row}S{number}",
                    section="A",
                    row=found.row,
                    number=str(number),
                    price_minor=2_500,
                    currency=currency,
                )
                for number, (seat, currency) in enumerate(zip(found.seats, self.currencies, strict=False), start=1)
            ),
            expires_at=found.until,
        )

    @override
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        found = self._found(reservation_id, order_id)
        if not self.lives(found):
            raise RefusedError("seating.reservation_expired", "ended")
        self.reservations[reservation_id] = replace(found, until=max(found.until, until))
        self.life.step()

    @override
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        if not self.sells:
            raise LinkUnavailableError("seating")
        found = self._found(reservation_id, order_id)
        if not self.lives(found):
            raise RefusedError("seating.reservation_expired", "ended")
        self.reservations[reservation_id] = replace(found, state="sold", was_sold=True)
        self.life.step()

    @override
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if found.was_sold and not self.lives(found):
            raise RefusedError("seating.reservation_expired", "sold and given back")
        instead = replacement_id(order_id=order_id, reservation_id=reservation_id)
        if instead in self.reservations or any(self.owner_of(s) not in {None, reservation_id} for s in found.seats):
            raise RefusedError("seating.seat_taken", "R1S1")
        self.reservations[reservation_id] = replace(found, state="sold", was_sold=True)
        self.life.step()

    @override
    async def replace(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> SeatsReserved:
        old = self._found(reservation_id, order_id)
        if old.state == "sold":
            return self._shown(reservation_id, old)
        if self.lives(old):
            raise RefusedError("seating.reservation_conflict", "it lasts")
        new_id = replacement_id(order_id=order_id, reservation_id=reservation_id)
        new = self.reservations.get(new_id)
        if new is None:
            if not self.others:
                raise RefusedError("seating.no_other_seats", "none")
            seats = tuple(UUID(int=0x200 + seat.int) for seat in old.seats)
            new = replace(old, seats=seats, state="sold", was_sold=True, row="R2")
            self.reservations[new_id] = new
        if new.state != "sold":
            raise RefusedError("seating.reservation_expired", "given back")
        self.life.step()
        return self._shown(new_id, new)

    @override
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if found.order_id is None or found.state == "sold":
            raise RefusedError("seating.reservation_conflict", "not for this order to release")
        self.reservations[reservation_id] = replace(found, state="ended")
        self.life.step()

    def take_news(self, event: OrderCancelled) -> None:
        for reservation_id in event.reservation_ids:
            found = self.reservations.get(reservation_id)
            if found and found.order_id == event.order_id and (found.state != "sold" or event.reason == "refunded"):
                self.reservations[reservation_id] = replace(found, state="ended")

    def take_returns(self, event: ItemsReturned) -> None:
        for each in event.seats:
            found = self.reservations.get(each.reservation_id)
            if found and found.state == "sold" and found.order_id == (each.sold_to or event.order_id):
                left = tuple(seat for seat in found.seats if seat not in each.seat_ids)
                ended = replace(found, state="ended")
                self.reservations[each.reservation_id] = replace(found, seats=left) if left else ended


@dataclass
class Payments(PaymentsApi):
    """One PaymentIntent an order; `status` is what Stripe would say."""

    life: Life
    status: dict[UUID, Literal["open", "processing", "succeeded", "cancelled"]] = field(default_factory=dict)
    refunded: Counter[UUID] = field(default_factory=Counter)
    captured: dict[UUID, int] = field(default_factory=dict)
    given_back: dict[tuple[UUID, UUID], int] = field(default_factory=dict)
    escrowed: set[UUID] = field(default_factory=set)
    refunds_come_to: Literal["pending", "succeeded", "failed"] = "succeeded"
    bank_has_it: bool = False
    reachable: bool = True

    @override
    async def start(
        self,
        *,
        tenant_id: UUID,
        order_id: UUID,
        account_id: UUID,
        amount_minor: int,
        currency: str,
        method: PaymentMethod,
        description: str,
        venue_ids: tuple[UUID, ...],
        escrow: bool = False,
    ) -> PaymentStarted:
        self._reach()
        if self.status.setdefault(order_id, "open") == "succeeded":
            raise RefusedError("payments.already_paid", "paid")
        self.captured[order_id] = amount_minor
        if escrow:
            self.escrowed.add(order_id)
        self.life.step()
        return PaymentStarted(
            payment_id=UUID(int=0x9A1),
            client_secret=f"pi_{order_id.hex}_secret_x",
            stripe_payment_intent_id=f"pi_{order_id.hex}",
            amount_minor=amount_minor,
            currency=currency,
        )

    @override
    async def pay_out(
        self,
        *,
        tenant_id: UUID,
        order_id: UUID,
        payout_id: UUID,
        seller_account_id: UUID,
        seller_minor: int,
        royalty_minor: int,
        fee_minor: int,
        venue_ids: tuple[UUID, ...],
        reason: str,
    ) -> PayoutAnswer:
        raise RefusedError("payments.not_in_escrow", "Orders pay nobody out.")

    @override
    async def cancel(self, *, tenant_id: UUID, order_id: UUID) -> CancelOutcome:
        self._reach()
        status = self.status.get(order_id)
        if status is None:
            return CancelOutcome(outcome="none")
        if status == "open":
            status = self.status[order_id] = "cancelled"
        self.life.step()
        return CancelOutcome(outcome=status)

    @override
    async def refund(
        self, *, tenant_id: UUID, order_id: UUID, refund_id: UUID, amount_minor: int | None, reason: str
    ) -> RefundAnswer:
        self._reach()
        if self.status.get(order_id) != "succeeded":
            raise RefusedError("payments.not_refundable", "nothing to give back")
        if self.bank_has_it:
            raise RefusedError("payments.disputed", "the buyer's bank has the money")
        captured = self.captured.get(order_id, 5_000)
        before = sum(amount for (order, _), amount in self.given_back.items() if order == order_id)
        known = self.given_back.get((order_id, refund_id))
        if known is not None and amount_minor not in {None, known}:
            raise RefusedError("payments.refund_conflict", "another amount")
        amount = known if known is not None else captured - before if amount_minor is None else amount_minor
        if known is None and before + amount > captured:
            raise RefusedError("payments.refund_too_large", "more than is left")
        if self.refunds_come_to != "failed":
            self.given_back[order_id, refund_id] = amount
        self.refunded[order_id] = 1
        self.life.step()
        return RefundAnswer(refund_id=refund_id, amount_minor=amount, currency="EUR", status=self.refunds_come_to)

    def _reach(self) -> None:
        if not self.reachable:
            raise LinkUnavailableError("payments")


@dataclass
class Ticketing(TicketingApi, EventSalesApi):
    """Every ticket is there; those of another event have a title of their own."""

    known: bool = True
    reachable: bool = True
    unknown: frozenset[UUID] = frozenset()
    titles: dict[UUID, str] = field(default_factory=dict)
    cancelled: dict[UUID, EventCancellation] = field(default_factory=dict)

    @override
    async def cancel(self, *, tenant_id: UUID, ticket_id: UUID, cancellation: EventCancellation) -> EventCancellation:
        return self.cancelled.setdefault(ticket_id, cancellation)

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        if not self.reachable:
            raise LinkUnavailableError("ticketing")
        if not self.known or ticket_id in self.unknown:
            raise RefusedError("ticketing.not_found", "no such ticket")
        return TicketOnSale(
            ticket_id=ticket_id,
            title="Regular" if ticket_id == TICKET else f"Ticket {ticket_id.int:X}",
            ticket_type="SEATED_MANUAL",
            status="cancelled" if ticket_id in self.cancelled else "published",
            cancellation=self.cancelled.get(ticket_id),
            price_minor=2_500,
            currency="EUR",
            quota=100,
            max_per_user=10,
            event=EventFacts(
                title=self.titles.get(ticket_id, "Home match"),
                starts_at=START + timedelta(days=7),
                ends_at=START + timedelta(days=7, hours=2),
                time_zone="Europe/Berlin",
                venue_id=UUID(int=0x7E),
                venue_name="Riethsporthalle",
                kind="sport",
            ),
        )
