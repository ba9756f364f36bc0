"""What the seating use cases need: plans, the ledger of seats, and what has expired."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.seating.allotments import Allotments
from core.seating.blocking import AuditLine, Intervention, WantedSeat
from core.seating.layout import Layout
from core.seating.ledger import Change, Claim, Picture
from core.seating.plans import PlannedSeat, SeatingPlan, Section
from core.seating.price_tiers import PriceTier
from core.seating.pricing import Pricing
from core.seating.reservations import Reservation
from core.seating.seats import SeatState
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId, TenantId, TicketId
from ports.events import Inbox, Outbox
from ports.paging import Page, PageRequest
from ports.seating.plan_changes import PlanChanges
from ports.seating.plan_writing import PlanWriting


@dataclass(frozen=True, slots=True)
class Entry:
    """A reservation with the stored states of its seats, locked until the transaction ends."""

    reservation: Reservation
    seats: Picture


@dataclass(frozen=True, slots=True)
class SeatLetters:
    """How all seats of a plan stand at one moment: a letter each (`core.seating.seats.letter_of`), in hall order.

    `changes_at` is when the first of them changes by time alone, None for never.
    """

    letters: str
    changes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A reservation that was tidied up, with its seats that are available again."""

    reservation_id: ReservationId
    plan_id: PlanId
    seat_ids: tuple[SeatId, ...]


class PlanStore(Protocol):
    """Seating plans of the transaction's tenant; another tenant's are not there."""

    @abstractmethod
    async def add(self, plan: SeatingPlan, layout: Layout) -> None:
        """Store a new plan with its sections and seats, all available; a published one brings its version number."""

    @abstractmethod
    async def get(self, plan_id: PlanId) -> SeatingPlan:
        """Return the plan; raises PlanNotFoundError."""

    @abstractmethod
    async def page(self, page: PageRequest, *, ticket_id: TicketId | None) -> Page[SeatingPlan]:
        """Return plans, of one ticket or of all, in the order of their ids."""

    @abstractmethod
    async def layout(self, plan_id: PlanId) -> Layout:
        """Return sections and seats in the order of the hall; both empty for a plan that is not there."""

    @abstractmethod
    async def sections(self, plan_id: PlanId) -> tuple[Section, ...]:
        """Return the plan's sections in the order of the hall."""

    @abstractmethod
    async def tiers(self, plan_id: PlanId) -> tuple[PriceTier, ...]:
        """Return the plan's price tiers in the order that they were given in."""

    @abstractmethod
    async def save(self, plan: SeatingPlan) -> None:
        """Store a changed plan.

        Raises StaleVersionError unless the stored version is the one before or when another plan of the ticket has its
        version number, and TicketHasActivePlanError when the plan is active and another active one sells the same
        ticket: of two activated at once, one succeeds. The layout is not stored: that of a draft can be replaced.
        """

    @abstractmethod
    async def next_version_number(self, ticket_id: TicketId) -> int:
        """Return the number of the ticket's next published plan, from 1.

        Nobody else is given a number of this ticket until the transaction ends.
        """

    @abstractmethod
    async def replace_layout(self, plan: SeatingPlan, layout: Layout) -> None:
        """Store a changed draft with these sections and seats in place of its own, all available.

        Price tiers and allotments go with the seats that they were for. Raises StaleVersionError unless the stored
        plan is a draft at the version before.
        """

    @abstractmethod
    async def save_pricing(self, plan_id: PlanId, pricing: Pricing) -> None:
        """Put these tiers and their changes in place of all before, with each section's and seat's tier and price.

        The price that is stored with a seat is the one before any change: it is not what a hold costs later.
        Whoever does so saves the plan in the same transaction, with a new `seats_version`: that is how every process
        knows that the prices it remembers are old.
        """

    @abstractmethod
    async def allotments(self, plan_id: PlanId) -> Allotments:
        """Return the plan's allotments in the order of their ids."""

    @abstractmethod
    async def save_allotments(self, plan_id: PlanId, allotments: Allotments) -> None:
        """Put these in place of all before. Whoever does so saves the plan's next version in the same transaction."""

    @abstractmethod
    async def set_hold_ttl_s(self, hold_ttl_s: int, *, at: datetime) -> None:
        """Let new holds of all the tenant's plans last this long; holds that live keep their own time."""


class SeatLedger(Protocol):
    """Who holds, reserved and bought which seats of the transaction's tenant. The one authority on it.

    A seat belongs to at most one live reservation, whatever the callers do at once. Reservations are locked before
    seats, and seats in the order of their ids, so that no two transactions wait for each other.
    """

    @abstractmethod
    async def get(self, reservation_id: ReservationId) -> Reservation:
        """Return the reservation without locking it; raises ReservationNotFoundError."""

    @abstractmethod
    async def lock(self, reservation_id: ReservationId) -> Entry:
        """Lock a reservation and its seats; raises ReservationNotFoundError."""

    @abstractmethod
    async def lock_alone(self, reservation_id: ReservationId) -> Reservation:
        """Lock a reservation without its seats, which may be others' by now; raises ReservationNotFoundError."""

    @abstractmethod
    async def lock_all(self, reservation_ids: Sequence[ReservationId], *, wait: bool) -> Sequence[Entry]:
        """Lock those that are there, by id; without `wait`, reservations that others have locked are left out."""

    @abstractmethod
    async def expire(self, reservation_ids: Sequence[ReservationId], *, now: datetime, wait: bool) -> Sequence[Ended]:
        """Tidy up those that have ended by `now`, as `core.seating.ledger.expire` would, and return them.

        Without `wait`, reservations that others have locked are left out.
        """

    @abstractmethod
    async def save(self, changes: Sequence[Change]) -> None:
        """Store what was decided about entries that this transaction has locked."""

    @abstractmethod
    async def add(self, sold: Change) -> None:
        """Store a reservation that is new and sold at once; this transaction has locked its seats."""

    @abstractmethod
    async def picture(self, reservation_id: ReservationId) -> Picture:
        """Return the stored states of the seats that the entry has or had, without locking; none if it is not there."""

    @abstractmethod
    async def states(self, plan_id: PlanId, seat_ids: Sequence[SeatId]) -> Picture:
        """Return the stored states of those of the seats that the plan has, without locking."""

    @abstractmethod
    async def owned(self, plan_id: PlanId, account_id: AccountId, *, now: datetime) -> int:
        """Return how many seats of the plan the account has: held, reserved or bought."""

    @abstractmethod
    async def seat_map(self, plan_id: PlanId) -> Sequence[tuple[PlannedSeat, SeatState]]:
        """Return every seat of the plan with its stored state, in the order of the hall."""

    @abstractmethod
    async def letters(
        self, plan_id: PlanId, *, now: datetime, between: tuple[SeatId, SeatId] | None = None
    ) -> SeatLetters:
        """Return how the plan's seats stand at this moment; ended holds and blocks are available.

        Who knows the first and the last seat in the order of the hall names them with `between`: a store then finds the
        seats in their order, and need not sort them. Seats beyond are left out.
        """


class SeatBlocks(Protocol):
    """What the box office does to seats of the transaction's tenant, and the audit of it."""

    @abstractmethod
    async def lock(self, plan_id: PlanId, seat_ids: Sequence[SeatId]) -> Mapping[SeatId, WantedSeat]:
        """Lock those of the seats that the plan has, in the order of their ids; raises PlanNotFoundError.

        Each comes with its stored state.
        """

    @abstractmethod
    async def save(self, intervention: Intervention) -> None:
        """Store the new states of seats that this transaction has locked, and a line of audit for each.

        A reservation that has ended loses its last claim on a seat that is blocked.
        """

    @abstractmethod
    async def note(self, plan_id: PlanId, lines: Sequence[AuditLine]) -> None:
        """Add lines to the audit of seats of one plan."""

    @abstractmethod
    async def audit(self, seat_id: SeatId) -> Sequence[AuditLine]:
        """Return what was done to a seat, the oldest first; nothing for a seat that is not there."""


class SeatingTransaction(Protocol):
    """One transaction of one tenant."""

    @property
    def plans(self) -> PlanStore: ...
    @property
    def seats(self) -> SeatLedger: ...
    @property
    def blocks(self) -> SeatBlocks: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def writing(self) -> PlanWriting: ...
    @property
    def changes(self) -> PlanChanges: ...


class SeatingTransactions(Protocol):
    """Opens transactions on the seats of a tenant."""

    @abstractmethod
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[SeatingTransaction]:
        """Commit when the block ends and roll back when it raises; nothing else commits.

        Raises StoreUnavailableError when the store cannot be reached.
        """


class Holds(Protocol):
    """Grants holds, alone or many in one transaction; nobody can tell which from the answers."""

    @abstractmethod
    async def hold(self, tenant_id: TenantId, claim: Claim, *, now: datetime) -> Change:
        """Hold all the seats or none, by the rules of `core.seating.ledger.hold` and `hold_again`, and tell of it.

        The hold and its event are stored in one transaction; when this returns, it is committed. Seats of a hold that
        has ended by `now` are free, tidied up or not. Two holds of one account on one plan wait for each other, so that
        `max_per_user` holds. A claim that is refused leaves nothing behind.

        Raises PlanChangedError unless the plan is on sale and has the claim's version; then ReservationConflictError
        and ReservationExpiredError for a reservation id that is known; then MaxPerUserExceededError and SeatTakenError;
        and StoreUnavailableError: then the hold may have been made, and asking again with the same id tells.
        """


class PlanChangedError(Exception):
    """The claim was made by an older version of the plan, or the plan is off sale. Look again, and ask again."""


@dataclass(frozen=True, slots=True, order=True)
class DueReservation:
    """A hold or reservation whose time has come."""

    tenant_id: TenantId
    plan_id: PlanId
    reservation_id: ReservationId


class ExpiredReservations(Protocol):
    """Finds, across tenants, what the sweep has to tidy up. It decides nothing: the ledger does, under its locks."""

    @abstractmethod
    async def due(self, *, now: datetime, reservations_max: int) -> Sequence[DueReservation]:
        """Return holds and reservations that have ended by `now` and are not marked so, the longest ended first."""
