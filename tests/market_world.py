"""A small world around the market: its use cases and those of admission, on the memory adapters."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, override
from uuid import UUID

from adapters.inprocess.admission import InProcessAdmission
from adapters.inprocess.resale import InProcessResale
from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale import MemoryResaleTransactions
from adapters.memory.rulebook import OneRulebook
from adapters.system.hold_tokens import RandomHoldTokens
from adapters.system.ids import Uuid7Source
from core.admission.passes import Pass
from core.resale.law.facts import Where
from core.resale.law.rule import AppliesAt, Duty
from core.resale.law.rulebook import Rulebook
from core.resale.market.listing import Listing
from core.resale.market.market_terms import MarketTerms
from core.resale.policies.policy import Channel, ResalePolicy, VerificationKind
from core.resale.policies.settings import ORGANISATION, Setting
from core.resale.trust.blocks import Block
from core.resale.verdicts.verdict import Reason, Verdict
from core.resale.waiting.waiting_terms import WaitingTerms
from core.shared.callers import Caller
from core.shared.ids import AccountId, ListingId, ResaleBlockId, TenantId, VerdictId
from core.shared.money import Money
from ports.events import Event
from ports.published.admission import AdmissionApi, PassFacts, PassNotReissued, PassReissued
from ports.published.payments import PayoutAnswer
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.resale import ResaleApi
from ports.resale import ResaleTransactions
from ports.resale.listings import DueListings
from tests.admission_builders import Gatehouse, Sale, resale_of
from tests.buyers_neighbour import Buyers
from tests.orders_neighbours import Life, Payments
from tests.published_builders import AlwaysOnSale
from tests.venues_neighbour import Venues
from usecases.resale.buy_listing import BuyListing, GiveBackPurchase, NewPurchase
from usecases.resale.cancel_listing import CancelListing
from usecases.resale.create_listing import CreateListing, NewListing
from usecases.resale.examine_listing import ExamineListing
from usecases.resale.finalise_purchase import FinalisePurchase
from usecases.resale.grounds import Grounds
from usecases.resale.judging import Judge
from usecases.resale.match_waiting_list import MatchReturns
from usecases.resale.on_order_cancelled import ReleaseOrderedListings
from usecases.resale.on_pass_reissued import CompleteListing, FailListing
from usecases.resale.on_passes_stopped import ResumeListings, StopListings
from usecases.resale.on_payout_settled import NotePayout
from usecases.resale.open_listing import OpenListing
from usecases.resale.pay_seller import PaySeller
from usecases.resale.policy_of import PolicyOf
from usecases.resale.protect_purchase import ProtectPurchase
from usecases.resale.read_listings import ListListings, ReadListing
from usecases.resale.reclaim_purchase import ReclaimPurchase
from usecases.resale.reconsider_listing import ReconsiderListing
from usecases.resale.release_purchase import ReleasePurchase
from usecases.resale.reserve_purchase import ReservePurchase
from usecases.resale.return_pass import ReturnPass
from usecases.resale.tend_listings import TendListing, TendListings
from usecases.resale.withdraw_offer import WithdrawOffer

UNLAWFUL = Reason("resale.price_too_high", "The law allows 25.00 EUR at most.", "DE-TEST")


@dataclass(frozen=True)
class JudgedPass:
    verdict_id: VerdictId
    verdict: Verdict


class Law(Judge):
    """Allows every price up to a ceiling, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.price_max: Money | None = None
        self.asked: list[AppliesAt] = []
        self.requires: tuple[VerificationKind, ...] = ()
        self.words: list[bool | None] = []
        self.channels: list[Channel] = []

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
        self.asked.append(moment)
        self.words.append(seller_trader)
        self.channels.append(channel)
        allowed = self.price_max is None or price.amount_minor <= self.price_max.amount_minor
        verdict = Verdict(
            allowed=allowed,
            price_max=self.price_max,
            price_min=None,
            transfer_count=0,
            reasons=() if allowed else (UNLAWFUL,),
            rules=(),
            steps=(),
            assumed=(),
            duties=(Duty.DISCLOSE_FACE_VALUE,),
            remedies=(),
            requires=self.requires,
            warnings=(),
            rulebook_version="test",
            as_of=now,
        )
        return JudgedPass(VerdictId(Uuid7Source().new()), verdict)


class Gate(InProcessAdmission):
    """Admission behind a link that may be cut, before the command or after it."""

    def __init__(self, inner: AdmissionApi) -> None:
        vars(self).update(vars(inner))
        self.cut: Literal["no", "before", "after"] = "no"

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
        self._reach("before")
        found = await super().offer(
            tenant_id=tenant_id, pass_id=pass_id, account_id=account_id, offer_id=offer_id, kind=kind
        )
        self._reach("after")
        return found

    @override
    async def withdraw(self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID) -> None:
        self._reach("before")
        await super().withdraw(tenant_id=tenant_id, pass_id=pass_id, offer_id=offer_id)
        self._reach("after")

    def _reach(self, moment: Literal["before", "after"]) -> None:
        if self.cut == moment:
            raise LinkUnavailableError("admission is away")


class Payouts(Payments):
    """Pays out once by id, unless it is away or refuses."""

    def __init__(self) -> None:
        super().__init__(Life())
        self.made: dict[UUID, tuple[int, int, int]] = {}
        self.refuses = False

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
        if not self.reachable:
            raise LinkUnavailableError("payments is away")
        if self.refuses:
            raise RefusedError("payments.payout_too_large", "The money went back.")
        self.made[payout_id] = (seller_minor, royalty_minor, fee_minor)
        return PayoutAnswer(
            payout_id=payout_id,
            status="pending",
            seller_minor=seller_minor,
            royalty_minor=royalty_minor,
            fee_minor=fee_minor,
            currency="EUR",
            failure=None,
        )


class Market:
    """Every use case of the market; a seller has passes for 25.00 EUR each, and prices are up to anybody."""

    def __init__(
        self,
        resale: ResaleTransactions | None = None,
        due: DueListings | None = None,
        *,
        seats: int = 3,
        terms: MarketTerms | None = None,
        waiting_terms: WaitingTerms | None = None,
        law: Law | None = None,
    ) -> None:
        self.gatehouse = Gatehouse()
        self.clock = self.gatehouse.clock
        self.ids = Uuid7Source()
        self.terms = terms or MarketTerms()
        self.messages = MemoryMessages(ids=self.ids)
        memory = MemoryResaleTransactions(self.messages)
        self.resale = resale or memory
        self.admission = Gate(self.gatehouse.api)
        self.law = law or Law()
        self.venues = Venues()
        self.payments = Payouts()
        self.sale = Sale(seats=seats)
        self.tenant_id = self.sale.tenant_id
        self.seller = self.sale.buyer
        self.buyer, self.other = self.sale.stranger, self.sale.stranger
        clock, resale_, admission = self.clock, self.resale, self.admission
        grounds = Grounds(resale_, self.venues, AlwaysOnSale())
        policy_of = PolicyOf(resale_, grounds, OneRulebook(Rulebook.of("test", [])), clock)
        self.match = MatchReturns(self.ids, clock, waiting_terms or WaitingTerms())
        self.due_waiting_lists = memory.due_waiting_lists
        self.open = OpenListing(resale_, admission, self.match, clock)
        self.withdraw = WithdrawOffer(resale_, admission, clock)
        self.create = CreateListing(
            resale_, admission, self.venues, self.law, policy_of, self.open, clock, self.ids, self.terms
        )
        self.orders = Buyers({self.sale.order_id: self.sale.account_id})
        self.return_pass = ReturnPass(
            resale_,
            admission,
            self.orders,
            self.venues,
            self.law,
            policy_of,
            self.open,
            clock,
            self.ids,
            self.terms,
        )
        self.cancel = CancelListing(resale_, self.withdraw, clock)
        self.read = ReadListing(resale_, clock)
        self.list = ListListings(resale_, clock)
        self.buy = BuyListing(resale_, self.venues, clock, self.ids, RandomHoldTokens(), self.match, self.terms)
        self.give_back = GiveBackPurchase(resale_, clock)
        examine = ExamineListing(admission, self.law, clock)
        self.reconsider = ReconsiderListing(resale_, examine, clock)
        self.pay = PaySeller(resale_, self.payments, clock)
        self.api: ResaleApi = InProcessResale(
            ReservePurchase(resale_, examine, clock),
            ProtectPurchase(resale_, clock),
            FinalisePurchase(resale_, clock),
            ReclaimPurchase(resale_, clock),
            ReleasePurchase(resale_, clock),
        )
        self.on_reissued = CompleteListing(resale_, self.pay, clock)
        self.on_not_reissued = FailListing(resale_, clock)
        self.on_order_cancelled = ReleaseOrderedListings(resale_, admission, clock)
        self.on_stopped = StopListings(resale_, clock)
        self.on_resumed = ResumeListings(resale_, self.reconsider, clock)
        self.on_payout = NotePayout(resale_, clock)
        tend = TendListing(resale_, self.open, self.withdraw, self.pay, clock)
        self.tend = TendListings(due or memory.due_listings, tend, resale_, clock, self.terms)

    async def passes(self) -> list[Pass]:
        """Return the seller's passes; issued when they are asked for first."""
        await self.gatehouse.issue(self.sale.completed, self.sale.delivery())
        return [each.admission for each in await self.gatehouse.of_order(self.sale.staff(), self.sale.order_id)]

    async def listed(self, *, price_minor: int = 3_000, number: int = 0) -> Listing:
        """List one of the seller's passes."""
        return (await self.new_listing(price_minor=price_minor, number=number)).listing

    async def returned(self, number: int = 0) -> Listing:
        """Give one of the seller's passes back to the organiser."""
        passes = await self.passes()
        return (await self.return_pass(self.seller, passes[number].id)).listing

    async def new_listing(self, *, price_minor: int = 3_000, number: int = 0) -> NewListing:
        passes = await self.passes()
        return await self.create(self.seller, passes[number].id, Money(price_minor, "EUR"))

    async def bought(self, listing: Listing, by: Caller | None = None) -> NewPurchase:
        return await self.buy(by or self.buyer, listing.id)

    async def reserved(self, new: NewPurchase, order_id: UUID, *, minutes: int = 15) -> None:
        """Let the buyer's order take the purchase over."""
        await self.api.reserve(
            tenant_id=self.tenant_id,
            reservation_id=new.purchase.id,
            order_id=order_id,
            account_id=new.purchase.account_id,
            hold_token=None,
            until=self.clock.now() + timedelta(minutes=minutes),
        )

    async def sold(self, listing: Listing, order_id: UUID) -> NewPurchase:
        """Let a buyer order the listing and pay for it."""
        new = await self.bought(listing)
        await self.reserved(new, order_id)
        await self.api.finalise(tenant_id=self.tenant_id, reservation_id=new.purchase.id, order_id=order_id)
        return new

    async def passed_on(self, listing: Listing, order_id: UUID) -> None:
        """Let admission issue the buyer's pass, and the market hear of it."""
        old = next(each for each in await self.passes() if each.id == listing.subject.pass_id)
        resale = resale_of(old, listing.id, price_minor=listing.price.amount_minor, tenant_id=self.tenant_id)
        resale.order_id, resale.account_id = order_id, self.buyer.account_id  # type: ignore[assignment]  # ids of tests
        await self.gatehouse.issue(resale.completed, resale.delivery())
        for told in self.told_by_admission(PassReissued):
            await self.on_reissued(told, self.sale.delivery())
        for refused in self.told_by_admission(PassNotReissued):
            await self.on_not_reissued(refused, self.sale.delivery())

    async def now_is(self, listing_id: ListingId) -> Listing:
        async with self.resale.begin(self.tenant_id) as tx:
            found = await tx.listings.get(listing_id)
        assert found is not None
        return found

    async def facts_of(self, listing: Listing) -> PassFacts:
        return await self.gatehouse.api.pass_facts(tenant_id=self.tenant_id, pass_id=listing.subject.pass_id)

    async def block(self, caller: Caller, *, until: datetime | None) -> None:
        block = Block(
            id=ResaleBlockId(self.ids.new()),
            account_id=caller.account_id,
            reason="Bought for others to sell.",
            blocked_by=self.sale.staff().account_id,
            blocked_at=self.clock.now(),
            until=until,
        )
        async with self.resale.begin(self.tenant_id) as tx:
            await tx.blocks.add(block)

    async def set_policy(self, policy: ResalePolicy) -> None:
        by, now = self.sale.staff().account_id, self.clock.now()
        setting = Setting(target=ORGANISATION, value=policy, version=1, changed_by=by, changed_at=now)
        async with self.resale.begin(self.tenant_id) as tx:
            await tx.policies.put(setting)

    def told[E: Event](self, kind: type[E]) -> list[E]:
        """Return what the market has told of this kind."""
        return [each.decode(kind) for each in self.messages.events if each.type == kind.event_type]

    def told_by_admission[E: Event](self, kind: type[E]) -> list[E]:
        return [each.decode(kind) for each in self.gatehouse.messages.events if each.type == kind.event_type]
