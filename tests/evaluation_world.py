"""A market whose listings are judged again, on the memory adapters or on given stores."""

from datetime import datetime
from typing import override

from adapters.memory.resale import MemoryResaleTransactions
from core.resale.law.facts import Where
from core.resale.law.rule import AppliesAt
from core.resale.law.rulebook import Rulebook
from core.resale.market.evaluation import Evaluation, EvaluationFinding
from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingStatus
from core.resale.policies.policy import Channel
from core.resale.policies.settings import ORGANISATION, Target
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, EvaluationId, TenantId
from core.shared.money import Money
from ports.paging import PageRequest
from ports.published.admission import PassFacts
from ports.resale import ResaleTransactions
from ports.resale.evaluations import DueEvaluations
from ports.resale.listings import ListingQuery
from ports.resale.rulebook import RulebookSource
from tests.market_world import JudgedPass, Law, Market
from tests.published_builders import AlwaysOnSale
from usecases.resale.begin_evaluation import BeginEvaluation
from usecases.resale.evaluate_listings import EvaluateListings, FollowFacts, FollowPolicy, FollowRulebook
from usecases.resale.examine_listing import ExamineListing
from usecases.resale.grounds import Grounds
from usecases.resale.read_evaluations import ReadEvaluations
from usecases.resale.work_on_evaluation import PreviewListing, WorkOnEvaluation


class InUse(RulebookSource):
    """The rulebook that a test says is in use."""

    def __init__(self) -> None:
        self.version = "first"

    @override
    async def at(self, moment: datetime) -> Rulebook:
        return Rulebook.of(self.version, [])


class Previews(Law):
    """What a preview asks, apart from what is kept."""

    def __init__(self, law: Law) -> None:
        super().__init__()
        self.law = law

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
        self.price_max = self.law.price_max
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


class Evaluations:
    """Listings at 20.00, 30.00, 40.00 … EUR, and what judges them again."""

    def __init__(
        self, resale: ResaleTransactions | None = None, due: DueEvaluations | None = None, *, seats: int = 4
    ) -> None:
        self.market = Market(resale, seats=seats)
        self.clock, self.ids = self.market.clock, self.market.ids
        self.tenant_id = self.market.tenant_id
        self.resale = self.market.resale
        if due is None:
            assert isinstance(self.resale, MemoryResaleTransactions)
            due = self.resale.due_evaluations
        self.due = due
        self.in_use = InUse()
        self.previews = Previews(self.market.law)
        grounds = Grounds(self.resale, self.market.venues, AlwaysOnSale())
        self.begin = BeginEvaluation(self.resale, grounds, self.in_use, self.clock, self.ids)
        self.read = ReadEvaluations(self.resale, self.clock)
        self.work = self.worker(self.resale)
        self.job = EvaluateListings(self.due, self.work, self.clock)
        self.follow = self.follower()
        self.on_policy = FollowPolicy(self.resale, self.begin, self.in_use, self.clock)
        self.on_facts = FollowFacts(self.resale, self.begin, self.in_use, self.clock)

    def worker(self, resale: ResaleTransactions) -> WorkOnEvaluation:
        """Return a worker on these transactions."""
        admission, law = self.market.admission, self.market.law
        return WorkOnEvaluation(
            resale,
            ExamineListing(admission, law, self.clock),
            PreviewListing(ExamineListing(admission, self.previews, self.clock)),
            self.begin,
            self.in_use,
            self.clock,
            self.ids,
        )

    def follower(self) -> FollowRulebook:
        """Return what a process has that follows the rulebook."""
        return FollowRulebook(self.due, self.begin, self.in_use, self.clock)

    @property
    def manager(self) -> Caller:
        return self.market.sale.staff(Role.MANAGER)

    async def listed(self, *prices_minor: int) -> None:
        """List passes at these prices; the law allows all of them at first."""
        for number, price_minor in enumerate(prices_minor):
            await self.market.listed(price_minor=price_minor, number=number)

    def allow(self, price_max_minor: int | None) -> None:
        """Change the law."""
        self.market.law.price_max = Money(price_max_minor, "EUR") if price_max_minor is not None else None

    async def begun(self, target: Target = ORGANISATION, *, preview: bool = False) -> Evaluation:
        return await self.begin.by_hand(target, preview=preview, caller=self.manager)

    async def done(self, run: Evaluation) -> Evaluation:
        """Let the worker do all that there is to do, and return the run as it is then."""
        for _ in range(20):
            if not await self.job():
                break
            self.clock.move(seconds=1)
        return await self.now_is(run.id)

    async def now_is(self, run_id: EvaluationId) -> Evaluation:
        return await self.read.one(run_id, caller=self.manager)

    async def findings(self, run: Evaluation) -> tuple[EvaluationFinding, ...]:
        return (await self.read.findings(run.id, PageRequest(), caller=self.manager)).items

    async def runs(self) -> tuple[Evaluation, ...]:
        return (await self.read.page(PageRequest(), caller=self.manager)).items

    async def statuses(self) -> dict[int, ListingStatus]:
        """Return how the listings stand, by their prices."""
        return {each.price.amount_minor: each.status for each in await self.all()}

    async def one(self, price_minor: int) -> Listing:
        """Return the listing of this price."""
        return next(each for each in await self.all() if each.price.amount_minor == price_minor)

    async def all(self) -> tuple[Listing, ...]:
        async with self.resale.begin(self.tenant_id) as tx:
            return (await tx.listings.page(PageRequest(), ListingQuery())).items
