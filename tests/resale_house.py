"""Resale with neighbours that keep their promises: venues in several countries, a ticket in each, a small rulebook."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal, override
from uuid import UUID

from adapters.memory.clock import MemoryClock
from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale import MemoryResaleTransactions
from adapters.memory.rulebook import OneRulebook
from adapters.memory.seller_verifier import MemorySellerVerifier
from adapters.system.ids import Uuid7Source
from core.resale.rule import Base, Confidence, Right, Rule, RuleKind, RuleStatus
from core.resale.rulebook import Rulebook
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.published.admission import AdmissionApi, Attendance, PassFacts, PassRecord, ScanRecord
from ports.published.refusals import RefusedError
from ports.published.ticketing import EventFacts, TicketingApi, TicketOnSale
from ports.published.venues import VenuePlace, VenuesApi, VenueSectionSummary, VenueSummary
from ports.resale import ResaleTransactions
from tests.attendance_neighbour import ABSENT
from usecases.resale.block_persons import BlockPersons
from usecases.resale.declare_facts import DeclareFacts
from usecases.resale.expire_verifications import ExpireVerifications
from usecases.resale.grounds import Grounds
from usecases.resale.policy_of import PolicyOf
from usecases.resale.read_history import ReadHistory
from usecases.resale.score_seller import ScoreSeller
from usecases.resale.tune_policies import TunePolicies
from usecases.resale.verify_sellers import BringVerification, JudgeVerification

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TENANT, OTHER_TENANT = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
ERFURT, HARTFORD, SYDNEY, GONE = (UUID(int=number) for number in (0x71, 0x72, 0x73, 0x7F))
TICKET_OF = {ERFURT: UUID(int=0x81), HARTFORD: UUID(int=0x82), SYDNEY: UUID(int=0x83)}
PLACES = {ERFURT: ("DE", "DE-TH"), HARTFORD: ("US", "US-CT"), SYDNEY: ("AU", "AU-NSW")}


def a_rule(rule_id: str, place: str, *rights: Right, **members: object) -> Rule:
    """Return a rule that is in force and gives these rights."""
    given: dict[str, object] = {
        "id": rule_id,
        "version": 1,
        "place": place,
        "name": f"Act of {place}",
        "kind": RuleKind.NONE,
        "citation": f"{place} Code 1-2",
        "source": None,
        "confidence": Confidence.HIGH,
        "status": RuleStatus.IN_FORCE,
        "reviewed_on": date(2026, 11, 21),
        "scope_text": "All events.",
        "rights": frozenset(rights),
    }
    return Rule(**(given | members))  # type: ignore[arg-type]  # members are named by the tests


CONNECTICUT = a_rule("us-ct", "US-CT", Right.TRANSFER, Right.UNLIMITED_TRANSFERS)
NEW_SOUTH_WALES = a_rule(
    "au-nsw",
    "AU-NSW",
    Right.RESALE_UP_TO_CAP,
    kind=RuleKind.MULTIPLIER,
    value=Decimal("1.1"),
    base=Base.FACE,
)


@dataclass
class Venues(VenuesApi):
    """The venues of one organisation, one at each place."""

    places: dict[UUID, tuple[str, str]] = field(default_factory=lambda: dict(PLACES))

    @override
    async def venue(self, *, tenant_id: UUID, venue_id: UUID) -> VenueSummary:
        if tenant_id != TENANT or venue_id not in self.places:
            raise RefusedError("venues.not_found", "no such venue")
        country, subdivision = self.places[venue_id]
        return VenueSummary(
            venue_id=venue_id,
            name=subdivision,
            slug=subdivision.lower(),
            time_zone="UTC",
            capacity=1_000,
            city="City",
            country=country,
            subdivision=subdivision,
            max_seats_per_order=10,
            orphan_rule="off",
        )

    @override
    async def all_venues(self, *, tenant_id: UUID) -> tuple[VenuePlace, ...]:
        if tenant_id != TENANT:
            return ()
        return tuple(
            VenuePlace(venue_id=venue_id, name=part, capacity=1_000, country=country, subdivision=part)
            for venue_id, (country, part) in self.places.items()
        )

    @override
    async def sections(self, *, tenant_id: UUID, venue_id: UUID) -> tuple[VenueSectionSummary, ...]:
        return ()

    @override
    async def hold_ttl_s(self, *, tenant_id: UUID) -> int:
        return 600


class Tickets(TicketingApi):
    """One ticket at each venue, in euros."""

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        found = [venue_id for venue_id, its_ticket in TICKET_OF.items() if its_ticket == ticket_id]
        if tenant_id != TENANT or not found:
            raise RefusedError("ticketing.not_found", "no such ticket")
        event = EventFacts(
            title="Gala",
            starts_at=NOW + timedelta(days=30),
            ends_at=NOW + timedelta(days=30, hours=3),
            time_zone="UTC",
            venue_id=found[0],
            venue_name="Hall",
            kind="concert",
        )
        return TicketOnSale(
            ticket_id=ticket_id,
            title="Stalls",
            ticket_type="GA",
            status="published",
            price_minor=5_000,
            currency="EUR",
            quota=100,
            max_per_user=4,
            event=event,
        )


class Passes(AdmissionApi):
    """What admission says of passes; nothing is offered here."""

    def __init__(self) -> None:
        self.facts: dict[UUID, PassFacts] = {}

    def issue(
        self, pass_id: UUID, account_id: UUID, *, lineage_id: UUID | None = None, void: bool = False
    ) -> PassFacts:
        """Let somebody have a pass for the ticket at Erfurt, at 50 euros."""
        facts = PassFacts(
            pass_id=pass_id,
            lineage_id=lineage_id or pass_id,
            order_id=UUID(int=0x91),
            order_item_id=UUID(int=0x92),
            unit=1,
            account_id=account_id,
            holder_name=None,
            ticket_id=TICKET_OF[ERFURT],
            ticket_title="Stalls",
            event_title="Gala",
            event_starts_at=NOW + timedelta(days=30),
            event_ends_at=NOW + timedelta(days=30, hours=3),
            event_time_zone="UTC",
            venue_id=ERFURT,
            venue_name="Hall",
            seat_id=None,
            seat_label=None,
            seat_section=None,
            seat_row=None,
            seat_number=None,
            status="VOID" if void else "VALID",
            freeze_reason=None,
            void_reason="resold" if void else None,
            revision=1,
            issued_at=NOW - timedelta(hours=2),
            first_sold_at=NOW - timedelta(hours=2),
            complimentary=False,
            currency="EUR",
            face_minor=5_000,
            discount_minor=0,
            mandatory_fees_minor=None,
            optional_minor=None,
            tax_minor=None,
            fee_printed=False,
            paid_minor=5_000,
            scanned_at=None,
            offer_id=None,
            offer_kind=None,
        )
        self.facts[pass_id] = facts
        return facts

    @override
    async def pass_facts(self, *, tenant_id: UUID, pass_id: UUID) -> PassFacts:
        if tenant_id != TENANT or pass_id not in self.facts:
            raise RefusedError("admission.pass_not_found", "no such pass")
        return self.facts[pass_id]

    @override
    async def passes_of_order(self, *, tenant_id: UUID, order_id: UUID) -> tuple[PassRecord, ...]:
        return ()

    @override
    async def attendance(self, *, tenant_id: UUID, account_id: UUID, ticket_id: UUID) -> Attendance:
        return ABSENT

    @override
    async def scans_of_order(self, *, tenant_id: UUID, order_id: UUID) -> tuple[ScanRecord, ...]:
        return ()

    @override
    async def offer(
        self,
        *,
        tenant_id: UUID,
        pass_id: UUID,
        account_id: UUID,
        offer_id: UUID,
        kind: Literal["listing", "transfer", "return"],
    ) -> PassFacts:
        raise RefusedError("admission.pass_frozen", "nothing is offered here")

    @override
    async def withdraw(self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID) -> None:
        await self.pass_facts(tenant_id=tenant_id, pass_id=pass_id)

    @override
    async def hand_over(
        self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID, to_account_id: UUID, holder_name: str | None
    ) -> PassFacts:
        raise RefusedError("admission.pass_not_offered", "nothing is offered here")


class World:
    """The use cases of resale over one set of stores, in memory unless others are given."""

    def __init__(self, transactions: ResaleTransactions | None = None, *rules: Rule) -> None:
        self.ids = Uuid7Source()
        self.clock = MemoryClock(NOW)
        self.messages = MemoryMessages(ids=self.ids)
        self.memory = MemoryResaleTransactions(self.messages)
        self.transactions = transactions or self.memory
        self.venues, self.tickets = Venues(), Tickets()
        self.rulebooks = OneRulebook(Rulebook.of("test", rules or (CONNECTICUT, NEW_SOUTH_WALES)))
        self.verifier = MemorySellerVerifier()
        self.grounds = Grounds(self.transactions, self.venues, self.tickets)
        self.policies = TunePolicies(self.transactions, self.grounds, self.rulebooks, self.clock)
        self.policy_of = PolicyOf(self.transactions, self.grounds, self.rulebooks, self.clock)
        self.facts = DeclareFacts(self.transactions, self.grounds, self.clock)
        self.bring = BringVerification(self.transactions, self.venues, self.verifier, self.ids, self.clock)
        self.judge = JudgeVerification(self.transactions, self.clock)
        self.expire = ExpireVerifications(self.transactions, self.memory, self.clock)
        self.blocks = BlockPersons(self.transactions, self.ids, self.clock)
        self.admission = Passes()
        self.history = ReadHistory(self.transactions, self.admission, self.venues)
        self.scores = ScoreSeller(self.transactions, self.clock)

    @staticmethod
    def staff(role: Role = Role.MANAGER, *, tenant_id: TenantId = TENANT) -> Caller:
        """Return somebody of an organisation."""
        return Caller(AccountId(UUID(int=0x51)), tenant_id, role)

    @staticmethod
    def fan(number: int = 0x61, *, tenant_id: TenantId = TENANT) -> Caller:
        """Return somebody without a role."""
        return Caller(AccountId(UUID(int=number)), tenant_id)
