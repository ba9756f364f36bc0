"""A market that asks its sellers for evidence, in memory or on given stores."""

from datetime import datetime
from typing import override
from uuid import UUID

from adapters.memory.resale import MemoryResaleTransactions
from adapters.memory.seller_verifier import MemorySellerVerifier
from core.resale.law.facts import Where
from core.resale.law.rule import AppliesAt
from core.resale.market.listing import Listing
from core.resale.policies.policy import Channel, VerificationKind
from core.resale.trust.evidence import IdentityDocument, IdentityEvidence
from core.resale.trust.verifications import Verification, kinds_verified
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId, VenueId
from core.shared.money import Money
from ports.events import Delivery
from ports.published.admission import PassFacts
from ports.published.resale import SellerVerificationChanged
from ports.resale import ResaleTransactions
from ports.resale.verifications import ExpiredVerifications
from tests.market_world import JudgedPass, Law, Market
from usecases.resale.expire_verifications import ExpireVerifications
from usecases.resale.on_seller_verified import ReconsiderSeller
from usecases.resale.verify_sellers import BringVerification, Judgement, JudgeVerification

IDENTITY = IdentityEvidence(
    legal_name="Ann Müller", country="DE", document=IdentityDocument.PASSPORT, document_number_end="0T47"
)


class IdentityLaw(Law):
    """Asks every seller who they are, once a test switches that on."""

    def __init__(self) -> None:
        super().__init__()
        self.asks = False
        self.resale: ResaleTransactions | None = None

    @override
    async def __call__(
        self,
        tenant_id: TenantId,
        *,
        pass_facts: PassFacts,
        price: Money,
        seller: AccountId,
        buyer_place: Where | None,
        moment: AppliesAt,
        now: datetime,
        seller_trader: bool | None = None,
        channel: Channel = Channel.FAIRSEAT,
    ) -> JudgedPass:
        assert self.resale is not None
        async with self.resale.begin(tenant_id) as tx:
            brought = await tx.verifications.of_account(seller)
        verified = kinds_verified(brought, venue_id=VenueId(pass_facts.venue_id), now=now)
        missing = self.asks and VerificationKind.IDENTITY not in verified
        self.requires = (VerificationKind.IDENTITY,) if missing else ()
        return await super().__call__(
            tenant_id,
            pass_facts=pass_facts,
            price=price,
            seller=seller,
            buyer_place=buyer_place,
            moment=moment,
            now=now,
            seller_trader=seller_trader,
            channel=channel,
        )


class Sellers:
    """The market, the checks of its sellers, and the news between them."""

    def __init__(self, resale: ResaleTransactions | None = None, expired: ExpiredVerifications | None = None) -> None:
        self.law = IdentityLaw()
        self.market = Market(resale, law=self.law)
        self.resale = self.law.resale = self.market.resale
        if expired is None:
            assert isinstance(self.resale, MemoryResaleTransactions)
            expired = self.resale
        clock = self.market.clock
        self.verifier = MemorySellerVerifier()
        self.bring = BringVerification(self.resale, self.market.venues, self.verifier, self.market.ids, clock)
        self.judge = JudgeVerification(self.resale, clock)
        self.expire = ExpireVerifications(self.resale, expired, clock)
        self.on_changed = ReconsiderSeller(self.resale, self.market.reconsider)
        self.heard: set[UUID] = set()

    @property
    def staff(self) -> Caller:
        return self.market.sale.staff(Role.BOX_OFFICE)

    async def listed(self) -> list[Listing]:
        """List every pass of the seller, while nobody is asked for anything."""
        return [await self.market.listed(number=number) for number in range(self.market.sale.seats)]

    async def brought(self, *, venue_id: VenueId | None = None) -> Verification:
        return await self.bring(IDENTITY, whole_number="C01X00T47", venue_id=venue_id, caller=self.market.seller)

    async def judged(
        self, brought: Verification, judgement: Judgement, *, expires_at: datetime | None = None
    ) -> Verification:
        return await self.judge(
            brought.id,
            judgement,
            reason="looked at",
            expires_at=expires_at,
            expected_version=brought.version,
            caller=self.staff,
        )

    async def news(self) -> list[SellerVerificationChanged]:
        """Hand over what was told of verifications and nobody has heard, each twice; return that."""
        told = [
            (each.id, each.decode(SellerVerificationChanged))
            for each in self.market.messages.events
            if each.type == SellerVerificationChanged.event_type and each.id not in self.heard
        ]
        for event_id, event in told:
            await self.hear(event_id, event)
        return [event for _, event in told]

    async def hear(self, event_id: UUID, event: SellerVerificationChanged) -> None:
        self.heard.add(event_id)
        for _ in range(2):
            await self.on_changed(event, Delivery(event_id=event_id, tenant_id=self.market.tenant_id))
