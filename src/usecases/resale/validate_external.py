"""Answer whether a pass that somebody else issued may be resold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.resale.law.declared_facts import KnownFacts, known_of_event
from core.resale.law.facts import ResaleFacts, Where
from core.resale.law.rights import collisions, giving_way, rights_in_force
from core.resale.policies.policy import PolicyChain, VerificationKind
from core.resale.policies.settings import ORGANISATION, Target
from core.resale.receipts.kept_verdict import SignedVerdict
from core.resale.receipts.receipt import ExternalSubject
from core.resale.trust.verifications import Verification, VerificationStatus, kinds_verified
from core.resale.verdicts.asking import ImpossibleQuestionError, moment_asked
from core.shared.callers import Caller
from core.shared.errors import Problem
from core.shared.ids import AccountId, TenantId, VenueId
from ports.clock import Clock
from ports.published.venues import VenuesApi, VenueSummary
from ports.resale import ResaleTransactions
from ports.resale.rulebook import RulebookSource
from usecases.resale.judge_facts import JudgeFacts
from usecases.resale.may_ask import must_be_allowed_to_ask


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalQuestion:
    """What is asked. The facts are the asker's, who answers for them; what is known here of the venue goes before.

    `time_zone` None: nobody said, so days are those of the venue, or of UTC.
    """

    facts: ResaleFacts
    time_zone: str | None
    venue_id: VenueId | None = None
    seller: AccountId | None = None
    reference: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class ValidateExternal:
    """Open to anyone signed in; with another account as the seller only to staff and services.

    It reads the database only for a venue or a seller that the question names: otherwise it answers without.
    """

    judge: JudgeFacts
    resale: ResaleTransactions
    venues: VenuesApi
    rulebooks: RulebookSource
    clock: Clock

    async def __call__(self, caller: Caller, question: ExternalQuestion) -> SignedVerdict:
        """Return the verdict with its receipt.

        Raises ForbiddenError, ImpossibleQuestionError, RefusedError `venues.not_found`, and InvalidInputError for facts
        that no resale can have.
        """
        must_be_allowed_to_ask(caller, seller=question.seller)
        as_of = moment_asked(question.as_of, self.clock.now())
        facts = question.facts
        policy: PolicyChain = ()
        if question.venue_id is not None or question.seller is not None:
            facts, policy = await self._with_what_is_known(caller, question, as_of)
        return await self.judge(
            facts, policy, tenant_id=caller.tenant_id, subject=ExternalSubject(question.reference), as_of=as_of
        )

    async def _with_what_is_known(
        self, caller: Caller, question: ExternalQuestion, as_of: datetime
    ) -> tuple[ResaleFacts, PolicyChain]:
        facts = question.facts
        policy: PolicyChain = ()
        if question.venue_id is not None:
            facts, policy = await self._at_venue(caller.tenant_id, question.venue_id, facts, question.time_zone, as_of)
        if question.seller is not None:
            async with self.resale.begin(caller.tenant_id) as tx:
                brought = await tx.verifications.of_account(question.seller)
            facts = replace(facts, verifications=_counting(brought, question.venue_id, as_of))
        return facts, policy

    async def _at_venue(
        self, tenant_id: TenantId, venue_id: VenueId, facts: ResaleFacts, time_zone: str | None, as_of: datetime
    ) -> tuple[ResaleFacts, PolicyChain]:
        venue = await self.venues.venue(tenant_id=tenant_id, venue_id=venue_id)
        place = _place(facts.event_place, venue)
        at_venue = Target(venue_id=venue_id)
        async with self.resale.begin(tenant_id) as tx:
            declared = [setting.value for setting in await tx.facts.of([at_venue])]
            policies = [setting.value for setting in await tx.policies.of([ORGANISATION, at_venue])]
        known = known_of_event(
            venue_capacity=venue.capacity, event_kind=None, venue=next(iter(declared), None), ticket=None
        )
        facts = replace(
            facts,
            event_place=place,
            event_time_zone=time_zone or venue.time_zone,
            known={**facts.known, **known},
        )
        rulebook = await self.rulebooks.at(as_of)
        rights = rights_in_force(rulebook, place=place, known=KnownFacts(facts.known), on=as_of.date())
        chain = tuple(giving_way(each, collisions(each, rights)) for each in policies if each is not None)
        return facts, chain


def _place(asked: Where, venue: VenueSummary) -> Where:
    if asked.country != venue.country:
        raise ImpossibleQuestionError(Problem("/event/country", f"The venue is in {venue.country}."))
    if None not in {asked.subdivision, venue.subdivision} and asked.subdivision != venue.subdivision:
        raise ImpossibleQuestionError(Problem("/event/subdivision", f"The venue is in {venue.subdivision}."))
    return Where(country=venue.country, subdivision=venue.subdivision or asked.subdivision)


def _counting(brought: Sequence[Verification], venue_id: VenueId | None, at: datetime) -> frozenset[VerificationKind]:
    if venue_id is not None:
        return kinds_verified(brought, venue_id=venue_id, now=at)
    everywhere = (one for one in brought if one.venue_id is None)
    return frozenset(one.kind for one in everywhere if one.status_at(at) is VerificationStatus.VERIFIED)
