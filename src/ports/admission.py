"""What admission needs: passes, the standing of orders, the keys of events, and a signer."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.admission.disputes import OrderDispute
from core.admission.keys import PassKey
from core.admission.offers import Handover, Reissue
from core.admission.passes import REFUNDED, OrderStanding, Pass, PassStatus, Unit
from core.admission.scans import Scan
from core.shared.ids import AccountId, OrderId, OrderItemId, PassId, ScanId, SeatId, TenantId, TicketId
from ports.events import Inbox, Outbox
from ports.paging import Page, PageRequest


class PassStore(Protocol):
    """The passes of one tenant. A pass is never deleted."""

    @abstractmethod
    async def add_missing(self, passes: Sequence[Pass]) -> Sequence[PassId]:
        """Keep those whose order item has no pass of that unit yet, and return their ids, in the order given."""

    @abstractmethod
    async def get(self, pass_id: PassId) -> Pass | None:
        """Return the pass, or None."""

    @abstractmethod
    async def of_order(self, order_id: OrderId) -> Sequence[Pass]:
        """Return the passes of the order by id (the order they were issued in); none when there are none."""

    @abstractmethod
    async def lock(self, pass_id: PassId) -> Pass | None:
        """Return the pass as it stands and keep it so for everybody else until the transaction ends, or None.

        Whoever locks several does so in the order of their ids, as the methods below do.
        """

    @abstractmethod
    async def save(self, changed: Pass) -> None:
        """Keep what may change of a pass that this transaction has locked: holder, status, revision, place,
        offer, scan.
        """

    @abstractmethod
    async def page(self, page: PageRequest, *, account_id: AccountId, status: PassStatus | None) -> Page[Pass]:
        """Return the account's passes, those issued last first (`page.after` is the last id of the page before)."""

    @abstractmethod
    async def of_ticket(self, page: PageRequest, ticket_id: TicketId) -> Page[Pass]:
        """Return every pass that was issued for the event, by id."""

    @abstractmethod
    async def ever_held(self, account_id: AccountId, ticket_id: TicketId, *, passes_max: int) -> Sequence[Pass]:
        """Return by id up to so many passes of the event that the account has, or had and handed over."""

    @abstractmethod
    async def lock_of_seats(self, ticket_id: TicketId, seat_ids: Sequence[SeatId]) -> Sequence[Pass]:
        """Return the passes for these seats that have not ended, locked as by `lock`, by id."""

    @abstractmethod
    async def void_order(self, order_id: OrderId, *, at: datetime, reason: str = REFUNDED) -> Sequence[PassId]:
        """End every pass of the order that has not ended, and its offer; return those that did now, by id."""

    @abstractmethod
    async def freeze_order(self, order_id: OrderId, *, reason: str, at: datetime) -> Sequence[PassId]:
        """Freeze every valid pass of the order; return those that were frozen now, by id. Offers stay."""

    @abstractmethod
    async def thaw_order(self, order_id: OrderId) -> Sequence[PassId]:
        """Make every frozen pass of the order valid again; return those that were, by id."""

    @abstractmethod
    async def void_units(
        self, order_id: OrderId, units: Collection[Unit], *, reason: str, at: datetime
    ) -> Sequence[PassId]:
        """End those passes of the order that have not ended, and their offers; return those that did now, by id.

        The units are remembered: what was not issued yet must never be.
        """

    @abstractmethod
    async def returned(self, order_id: OrderId) -> frozenset[Unit]:
        """Return the units of the order that `void_units` was told of."""


class HandoverStore(Protocol):
    """What became of offered passes of one tenant. Nothing here is ever changed or deleted."""

    @abstractmethod
    async def handover(self, offer_id: UUID) -> Handover | None:
        """Return how the pass of this offer went to another account, or None when it did not."""

    @abstractmethod
    async def of_passes(self, pass_ids: Sequence[PassId]) -> Sequence[Handover]:
        """Return how these passes went from account to account, by pass and revision."""

    @abstractmethod
    async def add_handover(self, handover: Handover) -> None:
        """Keep it. The pass is locked by this transaction, and its offer was not accepted before."""

    @abstractmethod
    async def reissue(self, order_item_id: OrderItemId) -> Reissue | None:
        """Return what became of the resold admission of this order item, or None when nothing did yet."""

    @abstractmethod
    async def add_reissue(self, reissue: Reissue) -> None:
        """Keep it. The order is noted in this transaction, and nothing became of the item before."""


class ScanStore(Protocol):
    """What was seen at the gates of one tenant. Nothing here is ever changed or deleted."""

    @abstractmethod
    async def add(self, scan: Scan) -> bool:
        """Keep the scan; False when one of that id is kept already (then nothing is changed)."""

    @abstractmethod
    async def get(self, scan_id: ScanId) -> Scan | None:
        """Return the scan, or None."""

    @abstractmethod
    async def first_inside(self, pass_id: PassId, *, since: datetime) -> Scan | None:
        """Return the earliest scan at `since` or later that let somebody in with the pass, or None."""

    @abstractmethod
    async def of_order(self, order_id: OrderId, *, scans_max: int) -> Sequence[Scan]:
        """Return up to `scans_max` scans of the passes of the order, in the order they were made."""


class OrderStandingStore(Protocol):
    """What was heard of the orders of one tenant."""

    @abstractmethod
    async def get(self, order_id: OrderId) -> OrderStanding | None:
        """Return the standing without locking it, or None for an order that was never heard of."""

    @abstractmethod
    async def note(
        self, order_id: OrderId, *, account_id: AccountId | None = None, refunded_at: datetime | None = None
    ) -> OrderStanding:
        """Add to what is known, lock it until the transaction ends, and return all of it.

        A member that is known stays as it was first heard. The lock makes news of one order take turns, so that of a
        sale and its refund the later always sees the earlier.
        """


class OrderDisputeStore(Protocol):
    """What was heard of the disputes of one tenant's orders."""

    @abstractmethod
    async def note(self, dispute: OrderDispute, *, at: datetime) -> None:
        """Keep what was heard, unless something with the same version or a higher one was heard of the dispute."""

    @abstractmethod
    async def of_order(self, order_id: OrderId) -> Sequence[OrderDispute]:
        """Return what is known of the order's disputes, by their ids."""


class PassKeyStore(Protocol):
    """The keys of the events of one tenant: one an event."""

    @abstractmethod
    async def of_ticket(self, ticket_id: TicketId) -> PassKey | None:
        """Return the key of the event that the ticket admits to, or None while it has none."""

    @abstractmethod
    async def get(self, key_id: bytes) -> PassKey | None:
        """Return the key of that id, or None when no event of the tenant has it."""

    @abstractmethod
    async def of_tickets(self, ticket_ids: Sequence[TicketId]) -> Sequence[PassKey]:
        """Return the keys of those of the events that have one."""

    @abstractmethod
    async def add_first(self, key: PassKey) -> PassKey:
        """Keep the key, unless the event has one: return the one that stands, so that two at once agree."""

    @abstractmethod
    async def newest(self, *, keys_max: int) -> Sequence[PassKey]:
        """Return up to `keys_max` keys, the newest first."""


class AdmissionTransaction(Protocol):
    """The stores of one tenant inside one transaction."""

    passes: PassStore
    handovers: HandoverStore
    scans: ScanStore
    orders: OrderStandingStore
    disputes: OrderDisputeStore
    keys: PassKeyStore
    outbox: Outbox
    inbox: Inbox


class AdmissionTransactions(Protocol):
    """Where a use case of admission begins its transaction."""

    @abstractmethod
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[AdmissionTransaction]:
        """Commit when the block ends, roll back when it raises; nothing else commits.

        Raises StoreUnavailableError when the store cannot be reached.
        """


class PassesOfPerson(Protocol):
    """Finds the passes of one person in every organisation."""

    @abstractmethod
    async def to_come(self, account_id: AccountId, *, now: datetime, passes_max: int) -> Sequence[Pass]:
        """Return up to so many whose event is not over and that are not void, soonest first."""

    @abstractmethod
    async def left_behind(
        self, account_id: AccountId, *, now: datetime, passes_max: int
    ) -> Sequence[tuple[TenantId, PassId]]:
        """Return up to so many of those that are not offered either, by organisation and id."""


class PassSigner(Protocol):
    """Ed25519 (RFC 8032) with private keys that leave it only sealed."""

    @abstractmethod
    def new_key(self, tenant_id: TenantId, ticket_id: TicketId, *, at: datetime) -> PassKey:
        """Make a key for an event; its sealed half can be opened for this tenant, ticket and key only."""

    @abstractmethod
    def sign(self, tenant_id: TenantId, key: PassKey, message: bytes) -> bytes:
        """Return the 64 bytes of the signature; the same key and message give the same.

        Raises KeySealError when the key was sealed under another secret, or for another tenant or event.
        """

    @abstractmethod
    def verifies(self, public_key: bytes, *, signature: bytes, message: bytes) -> bool:
        """Tell whether the holder of the key signed exactly this message; needs no secret and no network."""


class KeySealError(Exception):
    """A stored private key cannot be opened: a fault in how Fairseat is set up, not in what was asked."""


class CodePainter(Protocol):
    """Draws the code of a pass for a scanner to see."""

    @abstractmethod
    def svg(self, text: str) -> bytes:
        """Return a QR code of the text, a whole SVG document in UTF-8 with its quiet zone; equal for equal text."""
