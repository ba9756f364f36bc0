"""Judging a pass of ours, and passes from elsewhere, on memory stores."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, override
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.clock import MemoryClock
from adapters.memory.messaging import MemoryMessages
from adapters.memory.receipt_keys import MemoryReceiptKeys
from adapters.memory.resale import MemoryResaleTransactions
from adapters.memory.rulebook import OneRulebook
from adapters.rulebook.builtin import built_in_rulebook
from adapters.system.ids import Uuid7Source
from adapters.system.receipt_signing import Ed25519ReceiptVerifier, SealedReceiptSigner
from core.resale.law.facts import Act, Fact, Where
from core.resale.law.rule import AppliesAt
from core.resale.policies.policy import Channel, PolicyChain, ResalePolicy, VerificationKind
from core.resale.receipts.receipt import PassSubject
from core.resale.transfers.history import HistoryEntry, HistoryKind
from core.resale.verdicts.facts_of_pass import FirstSale, facts_of_pass
from core.shared.callers import Caller
from core.shared.ids import AccountId, PassId, TenantId, TicketId
from core.shared.money import Money
from ports.published.admission import PassFacts
from ports.published.venues import VenuesApi
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.stores import StoreUnavailableError
from tests.published_builders import Halls
from tests.resale_builders import NOON, SECRET, TENANT, resale_facts, usd
from tests.resale_neighbours import Concerts, pass_facts
from usecases.resale.grounds import Grounds
from usecases.resale.judge_facts import JudgeFacts
from usecases.resale.judge_pass import JudgePass
from usecases.resale.policy_of import PolicyOf
from usecases.resale.receipt_keys import ReceiptKeys
from usecases.resale.sign_receipt import SignReceipt
from usecases.resale.validate_external import ExternalQuestion, ValidateExternal
from usecases.resale.verify_receipt import VerifyReceipt

VENUE = UUID(int=0x7E)


class World:
    """What judging takes, at noon."""

    def __init__(self) -> None:
        self.clock = MemoryClock(NOON)
        self.resale = MemoryResaleTransactions(MemoryMessages(ids=Uuid7Source()))
        signer = SealedReceiptSigner(SECRET)
        self.keys = ReceiptKeys(MemoryReceiptKeys(), signer, self.clock)
        self.rulebooks = OneRulebook(built_in_rulebook())
        self.judge = JudgeFacts(self.rulebooks, SignReceipt(self.keys, signer, self.clock, Uuid7Source()))
        ticketing = Concerts(VENUE)
        grounds = Grounds(self.resale, Halls(), ticketing)
        policy_of = PolicyOf(self.resale, grounds, self.rulebooks, self.clock)
        self.judge_pass = JudgePass(self.judge, self.resale, ticketing, grounds, policy_of)


def a_pass() -> PassFacts:
    return pass_facts(venue_id=VENUE, currency="EUR")


async def test_a_verdict_that_something_rests_on_is_kept_with_its_receipt() -> None:
    world, known = World(), a_pass()

    signed = await world.judge_pass(
        TENANT,
        pass_facts=known,
        price=Money(10_000, "EUR"),
        seller=AccountId(known.account_id),
        buyer_place=None,
        moment=AppliesAt.LISTING,
        now=NOON,
    )

    async with world.resale.begin(TENANT) as tx:
        kept = await tx.verdicts.get(signed.verdict_id)
    assert kept == signed.kept()
    receipt = VerifyReceipt(Ed25519ReceiptVerifier())(kept.receipt.to_json().encode(), await world.keys.by_id())
    assert receipt.subject == PassSubject(PassId(known.pass_id))
    assert '"act":"listing"' in kept.grounds


async def test_an_answer_to_somebody_who_only_asks_is_not_kept() -> None:
    world, known = World(), a_pass()

    signed = await world.judge_pass.unkept(
        TENANT,
        pass_facts=known,
        price=Money(1, "EUR"),
        buyer_place=None,
        seller_place=None,
        act=Act.RESALE,
        as_of=NOON,
    )

    async with world.resale.begin(TENANT) as tx:
        assert await tx.verdicts.get(signed.verdict_id) is None
        assert list(await tx.verdicts.of_pass(PassId(known.pass_id), verdicts_max=9)) == []


def facts(policy: PolicyChain = (), *verified: VerificationKind, **sale: Any) -> dict[Fact, object]:
    found = facts_of_pass(
        act=Act.RESALE,
        price=usd(1),
        place=Where(country="FR"),
        starts_at=NOON,
        time_zone="Europe/Paris",
        first_sale=FirstSale(at=NOON, face=usd(100), **sale),
        transfer_count=0,
        known_of_event={},
        complimentary=None,
        policy=policy,
        verifications=frozenset(verified),
        buyer_place=None,
    )
    return dict(found.known)


def test_the_organiser_authorises_the_market_in_so_many_words_only() -> None:
    for silent in ((), (ResalePolicy(),), (ResalePolicy(allowed=False),), (ResalePolicy(price_max=usd(1)),)):
        assert Fact.CHANNEL_AUTHORISED not in facts(silent)
    for consent in (ResalePolicy(allowed=True), ResalePolicy(approved_channels=frozenset({Channel.FAIRSEAT}))):
        assert facts((ResalePolicy(), consent))[Fact.CHANNEL_AUTHORISED] is True


def test_what_is_verified_of_a_seller_is_known_and_what_is_not_is_left_open() -> None:
    assert facts() == {Fact.CHANNEL_ONLINE: True, Fact.CHANNEL_REFUND_GUARANTEE: True}
    assert facts((), VerificationKind.SALES_TAX_REGISTRATION)[Fact.SELLER_TAX_REGISTERED] is True
    assert facts((), VerificationKind.STATE_LICENCE)[Fact.SELLER_LICENSED] is True


async def test_who_says_to_be_no_trader_owes_none_of_a_traders_evidence_until_they_look_like_one() -> None:
    world, known = World(), a_pass()
    seller = AccountId(known.account_id)

    async def asked(trader: bool | None) -> tuple[set[VerificationKind], tuple[str, ...]]:
        signed = await world.judge_pass(
            TENANT,
            pass_facts=known,
            price=Money(9_000, "EUR"),
            seller=seller,
            buyer_place=None,
            moment=AppliesAt.LISTING,
            now=NOON,
            seller_trader=trader,
        )
        return set(signed.verdict.requires), signed.verdict.warnings

    trader = VerificationKind.TRADER_TRACEABILITY
    assert [trader in (await asked(word))[0] for word in (None, True, False)] == [True, True, False]

    async with world.resale.begin(TENANT) as tx:
        for number in range(60):  # sold within a day of buying, at three times the price
            lineage, ticket = PassId(UUID(int=number + 1)), TicketId(UUID(int=7))
            entry = HistoryEntry(
                lineage_id=lineage,
                kind=HistoryKind.PURCHASE,
                at=NOON - timedelta(hours=5),
                ticket_id=ticket,
                pass_id=lineage,
                to_account=seller,
                price=usd(100),
            )
            await tx.history.append(entry)
            resale = replace(entry, kind=HistoryKind.RESALE, at=NOON, from_account=seller, to_account=None)
            await tx.history.append(replace(resale, price=usd(300)))
    requires, warnings = await asked(False)
    assert {trader, VerificationKind.IDENTITY} <= requires
    assert "resold 60 passes within 30 days" in warnings[-1]


def test_the_day_of_the_first_sale_is_one_of_the_events_zone() -> None:
    found = FirstSale(at=datetime(2026, 1, 1, 4, tzinfo=UTC), face=usd(100))
    made = facts_of_pass(
        act=Act.RESALE,
        price=usd(1),
        place=Where(country="US", subdivision="US-ME"),
        starts_at=NOON,
        time_zone="America/New_York",
        first_sale=found,
        transfer_count=0,
        known_of_event={},
        complimentary=None,
        policy=(),
        verifications=frozenset(),
        buyer_place=None,
    )
    assert str(made.first_sold_on) == "2025-12-31"


@dataclass
class Closed(ResaleTransactions):
    """A database that is away, and counts who asked."""

    asked: int = 0

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[ResaleTransaction]:
        self.asked += 1
        raise StoreUnavailableError("away")
        yield


class NoVenues(Halls):
    @override
    async def venue(self, *, tenant_id: UUID, venue_id: UUID) -> Any:
        raise StoreUnavailableError("away")


async def test_a_question_that_names_nothing_of_ours_is_answered_while_every_store_is_away() -> None:
    world, closed = World(), Closed()
    await world.keys.load()
    venues: VenuesApi = NoVenues()
    ask = ValidateExternal(world.judge, closed, venues, world.rulebooks, world.clock)
    caller = Caller(AccountId(uuid7()), TENANT)
    question = ExternalQuestion(facts=resale_facts(usd(11_000), buyer_fees=usd(0)), time_zone=None)

    signed = await ask(caller, question)

    assert signed.verdict.allowed and closed.asked == 0
    with pytest.raises(StoreUnavailableError):
        await ask(caller, replace(question, seller=caller.account_id))
    assert closed.asked == 1
