"""Builders for tests of admission."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, override
from uuid import UUID

from uuid_utils.compat import uuid7

from adapters.inprocess.admission import InProcessAdmission
from adapters.memory.admission import MemoryAdmissionTransactions
from adapters.memory.clock import MemoryClock
from adapters.memory.messaging import MemoryMessages
from adapters.system.ids import Uuid7Source
from adapters.system.pass_signing import SealedPassSigner
from adapters.system.qr_codes import SegnoCodePainter
from core.admission.passes import AdmittedEvent, AdmittedSeat, FirstSale, Pass
from core.admission.scans import GateRules
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, OrderId, OrderItemId, PassId, SeatId, TenantId, TicketId, VenueId
from core.shared.money import Money
from ports.admission import AdmissionTransactions, PassSigner
from ports.events import Delivery
from ports.published.admission import AdmissionApi
from ports.published.orders import (
    ItemsReturned,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderedPlaces,
    OrderedResale,
    OrderedSeat,
    OrderedTicket,
    ReturnedUnits,
)
from ports.published.payments import DisputeClosed, DisputeOpened
from usecases.admission.attendance_of import AttendanceOf
from usecases.admission.codes import PassCodes
from usecases.admission.facts_of_pass import FactsOfPass
from usecases.admission.hand_over_pass import HandOverPass
from usecases.admission.hear_of_disputes import DecideOnDispute, FreezeOnDispute, HearOfDispute
from usecases.admission.issue_passes import IssuePasses
from usecases.admission.list_order_passes import ListOrderPasses
from usecases.admission.list_pass_keys import ListPassKeys
from usecases.admission.list_passes import ListPasses
from usecases.admission.note_order import NoteOrder
from usecases.admission.offer_pass import OfferPass
from usecases.admission.pass_code_svg import PassCodeSvg
from usecases.admission.passes_of_order import PassesOfOrder
from usecases.admission.read_pass import ReadPass
from usecases.admission.reconcile_scans import ReconcileScans
from usecases.admission.reissue_passes import ReissuePasses
from usecases.admission.scan_manifest import ScanManifest
from usecases.admission.scan_pass import ScanPass
from usecases.admission.scanning import Scanning
from usecases.admission.scans_of_order import ScansOfOrder
from usecases.admission.verify_code import VerifyCode
from usecases.admission.void_refunded import VoidOnCancelledOrder, VoidOnReturnedItems
from usecases.admission.withdraw_pass import WithdrawPass

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KICK_OFF = NOON + timedelta(days=20)
SECRET = b"a secret of these tests alone, 32+ bytes"


def a_pass(*, number: int = 1, order_id: UUID | None = None, ticket_id: UUID | None = None) -> Pass:
    pass_id = PassId(uuid7())
    return Pass(
        id=pass_id,
        order_id=OrderId(order_id or uuid7()),
        order_item_id=OrderItemId(uuid7()),
        account_id=AccountId(uuid7()),
        event=AdmittedEvent(
            ticket_id=TicketId(ticket_id or uuid7()),
            ticket_title="Block A",
            title="Erfurt : Jena",
            starts_at=KICK_OFF,
            ends_at=KICK_OFF + timedelta(hours=2),
            time_zone="Europe/Berlin",
            venue_id=VenueId(uuid7()),
            venue_name="Riethsporthalle",
        ),
        seat=AdmittedSeat(seat_id=SeatId(uuid7()), label=f"A-1-{number}", section="A", row="1", number=str(number)),
        face_value=Money(2500, "EUR"),
        issued_at=NOON,
        first_sale=FirstSale(
            sold_at=NOON,
            discount_minor=100,
            mandatory_fees_minor=250,
            optional_minor=0,
            tax_minor=30,
            fee_printed=False,
            complimentary=False,
        ),
        lineage_id=pass_id,
        paid_minor=2680,
    )


@dataclass
class Sale:
    """One order as the events tell of it; its places are of another event than its seats."""

    seats: int = 2
    places: int = 0
    tenant_id: TenantId = field(default_factory=lambda: TenantId(uuid7()))
    order_id: OrderId = field(default_factory=lambda: OrderId(uuid7()))
    account_id: AccountId = field(default_factory=lambda: AccountId(uuid7()))
    ticket_id: TicketId = field(default_factory=lambda: TicketId(uuid7()))
    standing_id: TicketId = field(default_factory=lambda: TicketId(uuid7()))
    discount_minor: int = 0
    fees_minor: int = 0
    tax_minor: int = 0

    def __post_init__(self) -> None:
        self._seats = tuple(
            OrderedSeat(
                order_item_id=uuid7(),
                ticket_id=self.ticket_id,
                seat_id=uuid7(),
                label=f"A-1-{number}",
                section="A",
                row="1",
                number=str(number),
                price_minor=2500,
                discount_minor=self.discount_minor,
                fees_minor=self.fees_minor,
                tax_minor=self.tax_minor,
            )
            for number in range(1, self.seats + 1)
        )
        standing = OrderedPlaces(
            order_item_id=uuid7(),
            ticket_id=self.standing_id,
            quantity=self.places,
            price_minor=1200,
            discount_minor=self.discount_minor,
            fees_minor=self.fees_minor,
            tax_minor=self.tax_minor,
        )
        self._places = (standing,) if self.places else ()

    @property
    def buyer(self) -> Caller:
        return Caller(account_id=self.account_id, tenant_id=self.tenant_id)

    @property
    def stranger(self) -> Caller:
        return Caller(account_id=AccountId(uuid7()), tenant_id=self.tenant_id)

    def staff(self, role: Role = Role.SCANNER, tenant_id: TenantId | None = None) -> Caller:
        return Caller(account_id=AccountId(uuid7()), tenant_id=tenant_id or self.tenant_id, role=role)

    def delivery(self) -> Delivery:
        return Delivery(event_id=uuid7(), tenant_id=self.tenant_id)

    @property
    def created(self) -> OrderCreated:
        return OrderCreated(
            order_id=self.order_id,
            account_id=self.account_id,
            reservation_ids=(uuid7(),),
            total_minor=2500 * self.seats,
            currency="EUR",
            expires_at=NOON + timedelta(minutes=10),
        )

    @property
    def completed(self) -> OrderCompleted:
        return OrderCompleted(
            order_id=self.order_id,
            account_id=self.account_id,
            currency="EUR",
            tickets=(
                *[_ticket(self.ticket_id, "Block A", "Erfurt : Jena")] * bool(self.seats),
                *[_ticket(self.standing_id, "Standing", "After-match party")] * bool(self.places),
            ),
            seats=self._seats,
            places=self._places,
        )

    def cancelled(self, reason: str) -> OrderCancelled:
        return OrderCancelled(order_id=self.order_id, reservation_ids=(uuid7(),), reason=reason)

    @property
    def refunded(self) -> OrderCancelled:
        return self.cancelled("refunded")

    def disputed(self, number: int = 1, *, version: int = 1) -> DisputeOpened:
        return DisputeOpened(
            dispute_id=UUID(int=0xD15 + number),
            payment_id=UUID(int=0x9A1),
            order_id=self.order_id,
            amount_minor=2500,
            currency="EUR",
            reason="fraudulent",
            version=version,
        )

    def decided(self, outcome: Literal["won", "lost"], number: int = 1, *, version: int = 2) -> DisputeClosed:
        return DisputeClosed(
            dispute_id=UUID(int=0xD15 + number),
            payment_id=UUID(int=0x9A1),
            order_id=self.order_id,
            amount_minor=2500,
            currency="EUR",
            reason="fraudulent",
            outcome=outcome,
            version=version,
        )

    def returned(self, *units: tuple[UUID, int]) -> ItemsReturned:
        return ItemsReturned(
            order_id=self.order_id,
            refund_id=uuid7(),
            order_item_ids=tuple(dict.fromkeys(item for item, _ in units)),
            units=tuple(ReturnedUnits(order_item_id=item, units=(unit,)) for item, unit in units),
            reason="customer_request",
            by=self.account_id,
        )


@dataclass(kw_only=True)
class Resale(Sale):
    """One order for a listed pass as the events tell of it."""

    seats: int = 0
    old: Pass
    listing_id: UUID
    price_minor: int
    currency: str = "EUR"
    order_item_id: UUID = field(default_factory=uuid7)

    @property
    @override
    def completed(self) -> OrderCompleted:
        event = self.old.event
        return OrderCompleted(
            order_id=self.order_id,
            account_id=self.account_id,
            currency=self.currency,
            tickets=(_ticket(event.ticket_id, event.ticket_title, event.title),),
            resold=(
                OrderedResale(
                    order_item_id=self.order_item_id,
                    ticket_id=event.ticket_id,
                    listing_id=self.listing_id,
                    pass_id=self.old.id,
                    price_minor=self.price_minor,
                    origin_order_id=self.old.order_id,
                    origin_order_item_id=self.old.order_item_id,
                    origin_unit=self.old.unit,
                ),
            ),
        )


def resale_of(old: Pass, listing_id: UUID, *, price_minor: int = 2500, tenant_id: TenantId) -> Resale:
    return Resale(old=old, listing_id=listing_id, price_minor=price_minor, tenant_id=tenant_id)


def _ticket(ticket_id: TicketId, title: str, event_title: str) -> OrderedTicket:
    return OrderedTicket(
        ticket_id=ticket_id,
        title=title,
        venue_id=uuid7(),
        event_title=event_title,
        event_starts_at=KICK_OFF,
        event_ends_at=KICK_OFF + timedelta(hours=2),
        event_time_zone="Europe/Berlin",
        venue_name="Riethsporthalle",
    )


class Gatehouse:
    """Every use case of admission over one set of adapters: in memory unless told otherwise."""

    def __init__(self, admission: AdmissionTransactions | None = None, signer: PassSigner | None = None) -> None:
        self.messages = MemoryMessages(ids=Uuid7Source())
        self.admission = admission or MemoryAdmissionTransactions(self.messages)
        self.signer = signer or SealedPassSigner(SECRET)
        self.clock = MemoryClock(NOON)
        codes = PassCodes(self.signer)
        self.note_order = NoteOrder(self.admission, self.clock)
        self.issue = IssuePasses(self.admission, self.signer, Uuid7Source(), self.clock, ReissuePasses(Uuid7Source()))
        self.void_on_cancelled = VoidOnCancelledOrder(self.admission, self.clock)
        self.void_on_returned = VoidOnReturnedItems(self.admission, self.clock)
        hear = HearOfDispute(self.admission, self.clock)
        self.freeze, self.decide = FreezeOnDispute(hear), DecideOnDispute(hear)
        self.read = ReadPass(self.admission, codes)
        self.of_order = ListOrderPasses(self.admission, codes)
        self.mine = ListPasses(self.admission, codes)
        self.offer = OfferPass(self.admission, self.clock)
        self.withdraw = WithdrawPass(self.admission)
        self.hand_over = HandOverPass(self.admission, self.clock)
        self.api: AdmissionApi = InProcessAdmission(
            PassesOfOrder(self.admission),
            FactsOfPass(self.admission),
            self.offer,
            self.withdraw,
            self.hand_over,
            ScansOfOrder(self.admission),
            AttendanceOf(self.admission, self.clock),
        )
        self.svg = PassCodeSvg(self.read, SegnoCodePainter())
        self.keys = ListPassKeys(self.admission)
        self.verify = VerifyCode(self.signer)
        scanning = Scanning(self.admission, self.verify, self.clock, GateRules())
        self.scan = ScanPass(scanning, Uuid7Source(), self.clock)
        self.reconcile = ReconcileScans(scanning, self.clock)
        self.manifest = ScanManifest(self.admission)

    async def public_keys(self, caller: Caller) -> dict[bytes, bytes]:
        return {key.key_id: key.public_key for key in await self.keys(caller, None)}
