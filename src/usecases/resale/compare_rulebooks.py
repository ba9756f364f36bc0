"""What another rulebook would do to the listings on the market."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from core.resale.law.facts import Act
from core.resale.law.rulebook import Rulebook
from core.resale.market.listing import Listing
from core.resale.market.rulebook_diff import Effect, effect_of
from core.resale.policies.settings import ORGANISATION
from core.shared.errors import DomainError
from core.shared.ids import ListingId, TenantId
from ports.clock import Clock
from ports.paging import PAGE_SIZE_MAX, PageRequest
from ports.published.admission import AdmissionApi
from ports.published.ticketing import TicketingApi
from ports.resale import ResaleTransactions
from ports.resale.evaluations import DueEvaluations
from ports.resale.rulebook import RulebookSource
from usecases.resale.begin_evaluation import listings_of
from usecases.resale.grounds import Grounds
from usecases.resale.judge_facts import JudgeFacts
from usecases.resale.judge_pass import JudgePass
from usecases.resale.policy_of import PolicyOf
from usecases.resale.sign_receipt import SignReceipt

IDS_MAX = 100
"""Listings that are named, of one effect at one place; all are counted."""

TENANTS_MAX = 500
_OF_NO_RULEBOOK = "-"


@dataclass(slots=True)
class PlaceEffects:
    """What happens to the listings at one place: counts by effect, and the ids of the first that are affected."""

    counts: dict[Effect, int] = field(default_factory=lambda: dict.fromkeys(Effect, 0))
    ids: dict[Effect, list[ListingId]] = field(default_factory=lambda: {each: [] for each in Effect})
    not_judged: int = 0

    def add(self, effect: Effect, listing_id: ListingId) -> None:
        """Count one listing."""
        self.counts[effect] += 1
        if effect is not Effect.UNCHANGED and len(self.ids[effect]) < IDS_MAX:
            self.ids[effect].append(listing_id)


@dataclass(frozen=True, slots=True)
class _Always(RulebookSource):
    rulebook: Rulebook

    @override
    async def at(self, moment: datetime) -> Rulebook:
        return self.rulebook


@dataclass(frozen=True, slots=True)
class CompareRulebooks:
    """For whoever runs the installation, at the command line. Reads the listings of every tenant, and keeps nothing."""

    due: DueEvaluations
    resale: ResaleTransactions
    admission: AdmissionApi
    ticketing: TicketingApi
    grounds: Grounds
    sign: SignReceipt
    clock: Clock

    async def __call__(self, before: Rulebook, after: Rulebook, *, as_of: datetime | None) -> dict[str, PlaceEffects]:
        """Return what happens by place, such as US-ME, in the order of their codes.

        Both are judged as at one moment, None for now, with the facts and policies of today. Raises UnavailableError.
        """
        moment = as_of if as_of is not None else self.clock.now()
        old, new = self._judge(before), self._judge(after)
        found: defaultdict[str, PlaceEffects] = defaultdict(PlaceEffects)
        async for tenant_id, listing in self._live():
            where = listing.subject.place
            place = found[where.subdivision or where.country]
            try:
                effect = await self._effect(tenant_id, listing, old, new, moment)
            except DomainError:
                place.not_judged += 1
            else:
                place.add(effect, listing.id)
        return dict(sorted(found.items()))

    async def _effect(
        self, tenant_id: TenantId, listing: Listing, old: JudgePass, new: JudgePass, moment: datetime
    ) -> Effect:
        facts = await self.admission.pass_facts(tenant_id=tenant_id, pass_id=listing.subject.pass_id)
        verdicts = [
            await judge.unkept(
                tenant_id,
                pass_facts=facts,
                price=listing.price,
                buyer_place=None,
                seller_place=None,
                act=Act.RESALE,
                as_of=moment,
                seller_trader=listing.terms.seller_trader,
                channel=listing.kind.channel,
            )
            for judge in (old, new)
        ]
        return effect_of(verdicts[0].verdict, verdicts[1].verdict, kind=listing.kind)

    def _judge(self, rulebook: Rulebook) -> JudgePass:
        source = _Always(rulebook)
        policy_of = PolicyOf(self.resale, self.grounds, source, self.clock)
        return JudgePass(JudgeFacts(source, self.sign), self.resale, self.ticketing, self.grounds, policy_of)

    async def _live(self) -> AsyncIterator[tuple[TenantId, Listing]]:
        tenant: TenantId | None = None
        while True:  # no tenant has a run under this name, so that all are found, each time those after the last
            tenants = await self.due.tenants_behind(_OF_NO_RULEBOOK, after=tenant, tenants_max=TENANTS_MAX)
            for tenant in tenants:
                async for listing in self._of_tenant(tenant):
                    yield tenant, listing
            if len(tenants) < TENANTS_MAX:
                return

    async def _of_tenant(self, tenant_id: TenantId) -> AsyncIterator[Listing]:
        page = PageRequest(limit=PAGE_SIZE_MAX)
        while True:
            async with self.resale.begin(tenant_id) as tx:
                found = await tx.listings.page(page, listings_of(ORGANISATION))
            for listing in found.items:
                yield listing
            if found.next_after is None:
                return
            page = PageRequest(limit=PAGE_SIZE_MAX, after=found.next_after)
