"""Judge a pass that Fairseat issued: gather what is known of it, its venue, its seller and its history."""

from dataclasses import dataclass, replace
from datetime import datetime

from core.resale.law.facts import Act, Where
from core.resale.law.rule import AppliesAt
from core.resale.policies.policy import Channel, PolicyChain
from core.resale.policies.returns import chain_of
from core.resale.policies.settings import Target
from core.resale.receipts.kept_verdict import SignedVerdict
from core.resale.receipts.receipt import PassSubject
from core.resale.trust.scalping import HISTORY_OF, TRADER_AT, score, with_review
from core.resale.trust.verifications import kinds_verified
from core.resale.verdicts.facts_of_pass import FirstSale, facts_of_pass
from core.shared.ids import AccountId, PassId, TenantId, TicketId, VenueId
from core.shared.money import Money
from ports.published.admission import PassFacts
from ports.published.ticketing import TicketingApi
from ports.resale import ResaleTransaction, ResaleTransactions
from usecases.resale.grounds import Ground, Grounds
from usecases.resale.judge_facts import JudgeFacts
from usecases.resale.policy_of import PolicyOf
from usecases.resale.score_seller import ENTRIES_MAX


@dataclass(frozen=True, slots=True)
class JudgePass:
    """For the use cases that let passes change hands, which have asked who may; never inside a transaction of theirs.

    The verdict is stored with its receipt, before it is returned: no listing rests on one that could be lost.
    """

    judge: JudgeFacts
    resale: ResaleTransactions
    ticketing: TicketingApi
    grounds: Grounds
    policy_of: PolicyOf

    async def __call__(
        self,
        tenant_id: TenantId,
        *,
        pass_facts: PassFacts,
        price: Money,
        seller: AccountId,
        buyer_place: Where | None,
        moment: AppliesAt | Act,
        now: datetime,
        seller_place: Where | None = None,
        seller_trader: bool | None = None,
        channel: Channel = Channel.FAIRSEAT,
    ) -> SignedVerdict:
        """Return the verdict, which is kept. The pass's changes of hands are counted under the lock of its history.

        Whoever looks like a scalper is asked for verifications too, in `requires`, and told why among the warnings;
        with so many points as a trader has, their word that they are none counts for nothing.

        Raises RefusedError for a venue or ticket that is not there any more, InvalidInputError for an impossible price.
        """
        question = _Asked(
            pass_facts,
            price,
            seller,
            buyer_place,
            seller_place,
            Act(moment.value),
            now,
            seller_trader,
            channel,
        )
        ground, policy = await self._where_it_stands(tenant_id, pass_facts)
        async with self.resale.begin(tenant_id) as tx:
            count = await tx.history.count(PassId(pass_facts.lineage_id))
            signed = await self._judged(tenant_id, tx, question, ground, policy, count)
            await tx.verdicts.add(signed.kept())
        return signed

    async def unkept(
        self,
        tenant_id: TenantId,
        *,
        pass_facts: PassFacts,
        price: Money,
        buyer_place: Where | None,
        seller_place: Where | None,
        act: Act,
        as_of: datetime,
        seller_trader: bool | None = None,
        channel: Channel = Channel.FAIRSEAT,
    ) -> SignedVerdict:
        """Return the verdict for somebody who only asks: nothing is stored and nothing is locked."""
        seller = AccountId(pass_facts.account_id)
        question = _Asked(pass_facts, price, seller, buyer_place, seller_place, act, as_of, seller_trader, channel)
        ground, policy = await self._where_it_stands(tenant_id, pass_facts)
        async with self.resale.begin(tenant_id) as tx:
            lineage = await tx.history.peek(PassId(pass_facts.lineage_id))
            return await self._judged(tenant_id, tx, question, ground, policy, lineage.handed_on_count)

    async def _where_it_stands(self, tenant_id: TenantId, known: PassFacts) -> tuple[Ground, PolicyChain]:
        venue_id, ticket_id = VenueId(known.venue_id), TicketId(known.ticket_id)
        policy = await self.policy_of(tenant_id, venue_id, ticket_id)
        ticket = await self.ticketing.ticket(tenant_id=tenant_id, ticket_id=ticket_id)
        [ground] = await self.grounds.of_target(tenant_id, Target(ticket_id=ticket_id), ticket)
        return ground, policy

    async def _judged(
        self,
        tenant_id: TenantId,
        tx: ResaleTransaction,
        asked: "_Asked",
        ground: Ground,
        policy: PolicyChain,
        transfer_count: int,
    ) -> SignedVerdict:
        known, policy = asked.known, chain_of(asked.channel, policy)
        verified = kinds_verified(
            await tx.verifications.of_account(asked.seller), venue_id=ground.venue_id, now=asked.at
        )
        history = await tx.history.of_account(asked.seller, since=asked.at - HISTORY_OF, entries_max=ENTRIES_MAX)
        looks = score([kept.entry for kept in history], account_id=asked.seller, now=asked.at)
        facts = facts_of_pass(
            act=asked.act,
            price=asked.price,
            place=ground.place,
            starts_at=known.event_starts_at,
            time_zone=known.event_time_zone,
            first_sale=_first_sale(known),
            transfer_count=transfer_count,
            known_of_event=ground.known.facts,
            complimentary=known.complimentary,
            policy=policy,
            channel=asked.channel,
            verifications=verified,
            seller_trader=True if looks.points >= TRADER_AT else asked.seller_trader,
            buyer_place=asked.buyer_place,
            seller_place=asked.seller_place,
        )
        subject = PassSubject(PassId(known.pass_id))
        signed = await self.judge(facts, policy, tenant_id=tenant_id, subject=subject, as_of=asked.at)
        return replace(signed, verdict=with_review(signed.verdict, looks, verified=verified))


@dataclass(frozen=True, slots=True)
class _Asked:
    known: PassFacts
    price: Money
    seller: AccountId
    buyer_place: Where | None
    seller_place: Where | None
    act: Act
    at: datetime
    seller_trader: bool | None
    channel: Channel = Channel.FAIRSEAT


def _first_sale(known: PassFacts) -> FirstSale:
    def money(amount_minor: int | None) -> Money | None:
        return Money(amount_minor, known.currency) if amount_minor is not None else None

    return FirstSale(
        at=known.first_sold_at,
        face=Money(known.face_minor, known.currency),
        discount=money(known.discount_minor),
        mandatory_fees=money(known.mandatory_fees_minor),
        optional=money(known.optional_minor),
        tax=money(known.tax_minor),
        fee_printed=known.fee_printed,
        paid_by_seller=money(known.paid_minor),
    )
