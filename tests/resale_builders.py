"""Facts, verdicts and receipts about resale for tests; what a test is about it gives itself."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from core.resale.law.facts import EventKind, Fact, FactValue, PriceComponents, ResaleFacts, Where
from core.resale.law.rule import Rule
from core.resale.policies.policy import PolicyChain, ResalePolicy
from core.resale.receipts.canonical import canonical_json, hash_of
from core.resale.receipts.grounds import grounds_of
from core.resale.receipts.kept_verdict import KeptVerdict
from core.resale.receipts.receipt import PassSubject, Receipt, SignedReceipt
from core.resale.verdicts.validation import validate_resale
from core.resale.verdicts.verdict import ConsideredRule, Reason, RuleOutcome, Step, Verdict
from core.shared.ids import PassId, TenantId, VerdictId
from core.shared.money import Money
from tests.resale_rules import a_book

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVENING = datetime(2027, 1, 15, 0, 30, tzinfo=UTC)
TENANT = TenantId(UUID("01935000-0000-7000-8000-000000000001"))
SECRET = b"for these tests alone, long enough"
STARTS_AT = datetime(2027, 3, 6, 19, tzinfo=UTC)

OPEN_FACTS: Mapping[Fact, FactValue] = {
    Fact.EVENT_KIND: EventKind.CONCERT,
    Fact.VENUE_CAPACITY: 2_000,
    Fact.COMPLIMENTARY: False,
    Fact.SELLER_TRADER: False,
    Fact.SELLER_HABITUAL: False,
    Fact.SELLER_PROFIT_MOTIVE: False,
    Fact.CHARITY: False,
    Fact.CHANNEL_AUTHORISED: False,
    Fact.CHANNEL_ONLINE: True,
}
"""A private seller of a ticket for a concert, online, without the organiser's leave."""


def dollars(text: str) -> Money:
    return amount(text, "USD")


def amount(text: str, currency: str, *, decimals: int = 2) -> Money:
    return Money(int(Decimal(text).scaleb(decimals)), currency)


def sold_for(
    face: Money | None, *, fees: int | None = 0, tax: int | None = 0, **other: Any
) -> PriceComponents:  # Any: whatever components there are
    """Return a first sale; fees and tax in minor units of the same currency."""
    currency = face.currency if face is not None else "USD"
    return PriceComponents(
        face=face,
        mandatory_fees=Money(fees, currency) if fees is not None else None,
        tax=Money(tax, currency) if tax is not None else None,
        **other,
    )


def facts_of(
    place: str, price: Money, first_sale: PriceComponents | None = None, known: Mapping[Fact, FactValue] | None = None
) -> ResaleFacts:
    """Return a resale of a pass for an event at a place, such as US-ME, that nothing comes on top of."""
    country = place.partition("-")[0]
    return ResaleFacts(
        event_place=Where(country=country, subdivision=place if place != country else None),
        event_starts_at=STARTS_AT,
        event_time_zone="UTC",
        price=price,
        components=first_sale if first_sale is not None else sold_for(Money(10_000, price.currency)),
        transfer_count=0,
        first_sold_on=date(2026, 10, 1),
        known=dict(OPEN_FACTS if known is None else known),
        buyer_place=Where(country=country, subdivision=place if place != country else None),
        seller_place=Where(country=country, subdivision=place if place != country else None),
        buyer_fees=Money.zero(price.currency),
        buyer_tax=Money.zero(price.currency),
    )


def knowing(facts: ResaleFacts, told: Mapping[Fact, FactValue]) -> ResaleFacts:
    return replace(facts, known=facts.known | dict(told))


def judged(facts: ResaleFacts, *rules: Rule, policy: PolicyChain = (), now: datetime = NOON) -> Verdict:
    return validate_resale(facts, a_book(*rules), policy, now)


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def considered(verdict: Verdict, rule: Rule) -> ConsideredRule:
    """Return what became of a rule; raises StopIteration when the verdict does not name it."""
    return next(one for one in verdict.rules if one.id == rule.id)


def a_policy(**given: Any) -> ResalePolicy:  # Any: whatever a policy holds
    return ResalePolicy(**given)


def usd(amount_minor: int) -> Money:
    return Money(amount_minor, "USD")


def resale_facts(price: Money | None = None, **changes: Any) -> ResaleFacts:
    """Return a concert in Maine whose ticket cost 100.00 USD, asked for again at 120.00."""
    facts = ResaleFacts(
        event_place=Where(country="US", subdivision="US-ME"),
        event_starts_at=EVENING,
        event_time_zone="America/New_York",
        price=price or usd(12_000),
        components=PriceComponents(face=usd(9_000), mandatory_fees=usd(800), tax=usd(200), fee_printed=False),
        transfer_count=1,
        first_sold_on=date(2026, 10, 1),
        known={Fact.EVENT_KIND: EventKind.CONCERT.value, Fact.VENUE_CAPACITY: 8_000},
        buyer_place=Where(country="US", subdivision="US-NY"),
    )
    return replace(facts, **changes)


def denied(**changes: Any) -> Verdict:
    """Return the verdict on those facts: 110.00 USD at most."""
    verdict = Verdict(
        allowed=False,
        price_max=usd(11_000),
        price_min=None,
        transfer_count=1,
        reasons=(Reason("resale.price_too_high", "The law of Maine allows 110.00 USD at most.", "us-me"),),
        rules=(
            ConsideredRule(
                id="us-me",
                version=2,
                place="US-ME",
                name="Maine",
                citation="P.L. 2025 ch. 354",
                outcome=RuleOutcome.BOUND,
                ceiling=usd(11_000),
                steps=(Step("1.1 times the total price", usd(11_000)),),
            ),
            ConsideredRule(
                id="us-ftc",
                version=1,
                place="US",
                name="All-in prices",
                citation="16 CFR Part 464",
                outcome=RuleOutcome.APPLIED,
            ),
        ),
        steps=(Step("110 per cent of 100.00 USD", usd(11_000)),),
        assumed=(),
        duties=(),
        remedies=("Ask 110.00 USD or less.",),
        requires=(),
        warnings=(),
        rulebook_version="2026-11-22.1",
        as_of=NOON,
    )
    return replace(verdict, **changes)


def kept_verdict(pass_id: PassId, *, tenant_id: TenantId = TENANT) -> KeptVerdict:
    """Return that verdict as it is kept for a pass; nobody has signed its receipt."""
    grounds = grounds_of(resale_facts(), (), as_of=NOON)
    receipt = Receipt.of(
        denied(),
        verdict_id=VerdictId(uuid7()),
        tenant_id=tenant_id,
        issued_at=NOON,
        subject=PassSubject(pass_id),
        price=resale_facts().price,
        facts_hash=hash_of(grounds),
        key_id="of nobody",
    )
    return KeptVerdict(SignedReceipt(receipt, bytes(64)), canonical_json(grounds).decode())
