"""Resale with neighbours that keep their promises: venues in several countries, a ticket in each, a small rulebook."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from adapters.memory.clock import MemoryClock
from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale import MemoryResaleTransactions
from adapters.memory.rulebook import OneRulebook
from adapters.memory.seller_verifier import MemorySellerVerifier
from adapters.system.ids import Uuid7Source
from core.resale.law.rule import Base, Right, Rule, RuleKind
from core.resale.law.rulebook import Rulebook
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.published.admission import PassFacts
from ports.resale import ResaleTransactions
from tests.resale_neighbours import ERFURT, NOW, TENANT, TICKET_OF, Passes, Tickets, Venues, pass_facts
from tests.resale_rules import a_right
from usecases.resale.block_persons import BlockPersons
from usecases.resale.declare_facts import DeclareFacts
from usecases.resale.expire_verifications import ExpireVerifications
from usecases.resale.grounds import Grounds
from usecases.resale.policy_of import PolicyOf
from usecases.resale.read_history import ReadHistory
from usecases.resale.score_seller import ScoreSeller
from usecases.resale.tune_policies import TunePolicies
from usecases.resale.verify_sellers import BringVerification, JudgeVerification

CONNECTICUT = a_right("us-ct", "US-CT", Right.TRANSFER, Right.UNLIMITED_TRANSFERS)
NEW_SOUTH_WALES = a_right(
    "au-nsw",
    "AU-NSW",
    Right.RESALE_UP_TO_CAP,
    kind=RuleKind.MULTIPLIER,
    value=Decimal("1.1"),
    base=Base.FACE,
)


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
        self.admission = Passes(TENANT)
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

    def issue(
        self, pass_id: UUID, account_id: UUID, *, lineage_id: UUID | None = None, void: bool = False
    ) -> PassFacts:
        """Let somebody have a pass for the ticket at Erfurt, at 50 euros."""
        facts = pass_facts(
            pass_id=pass_id,
            lineage_id=lineage_id or pass_id,
            account_id=account_id,
            ticket_id=TICKET_OF[ERFURT],
            venue_id=ERFURT,
            status="VOID" if void else "VALID",
            void_reason="resold" if void else None,
            issued_at=NOW - timedelta(hours=2),
            first_sold_at=NOW - timedelta(hours=2),
            currency="EUR",
            face_minor=5_000,
            mandatory_fees_minor=None,
            optional_minor=None,
            tax_minor=None,
            paid_minor=5_000,
        )
        return self.admission.add(facts)
