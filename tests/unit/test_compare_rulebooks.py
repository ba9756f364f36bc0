"""What another rulebook does to the live listings, before it is activated."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO

from rich.console import Console

from bootstrap.rulebook_changes import as_document, print_changes, print_effects
from core.resale.law.rule import Base, Duty, RuleKind, RuleStatus
from core.resale.law.rulebook import Rulebook
from core.resale.market.listing_status import ListingKind
from core.resale.market.rulebook_diff import Effect, rulebook_diff
from ports.paging import PageRequest
from ports.resale.listings import ListingQuery
from tests.market_builders import opening
from tests.published_builders import Halls
from tests.resale_builders import NOON, TENANT, usd
from tests.resale_neighbours import Concerts, Passes, pass_facts
from tests.resale_rules import maine_cap
from tests.unit.test_judge_pass import VENUE, World
from usecases.resale.compare_rulebooks import CompareRulebooks
from usecases.resale.grounds import Grounds

CAP = maine_cap(id="cap", place="DE", base=Base.FACE, value=Decimal("1.1"))
LOOSE = Rulebook.of("loose", [CAP])
TIGHT = Rulebook.of("tight", [replace(CAP, value=Decimal("1.0"), version=2)])


class Market(World):
    """Listings of passes whose face value is 90.00 USD."""

    def __init__(self) -> None:
        super().__init__()
        self.passes = Passes(TENANT)
        ticketing = Concerts(VENUE)
        self.compare = CompareRulebooks(
            self.resale.due_evaluations,
            self.resale,
            self.passes,
            ticketing,
            Grounds(self.resale, Halls(), ticketing),
            self.judge.sign,
            self.clock,
        )

    async def listed(self, number: int, *, price_minor: int, kind: ListingKind = ListingKind.LISTING) -> None:
        facts = self.passes.add(pass_facts(venue_id=VENUE))
        new = opening(number, price_minor=price_minor, kind=kind)
        listing = replace(
            new,
            price=usd(price_minor),
            subject=replace(new.subject, pass_id=facts.pass_id),  # type: ignore[arg-type]  # an id
        )
        async with self.resale.begin(TENANT) as tx:
            await tx.listings.add(listing)
            await tx.listings.save(listing.opened(NOON))


async def test_live_listings_are_judged_by_both_rulebooks_place_by_place() -> None:
    market = Market()
    for number, price_minor in enumerate((9_000, 9_001, 9_900, 9_901), start=1):
        await market.listed(number, price_minor=price_minor)
    async with market.resale.begin(TENANT) as tx:
        ids = [each.id for each in (await tx.listings.page(PageRequest(), ListingQuery())).items]
        verdicts = len(await tx.verdicts.of_pass(next(iter(market.passes.known)), verdicts_max=9))  # type: ignore[arg-type]  # an id
    tightened = await market.compare(LOOSE, TIGHT, as_of=None)
    [(place, found)] = tightened.items()
    assert place == "DE-TH"
    assert found.counts == {
        Effect.BECOMES_UNLAWFUL: 2,
        Effect.BECOMES_LAWFUL: 0,
        Effect.CEILING_CHANGES: 2,
        Effect.UNCHANGED: 0,
    }
    assert found.ids[Effect.BECOMES_UNLAWFUL] == ids[1:3]
    loosened = (await market.compare(TIGHT, LOOSE, as_of=None))[place]
    assert loosened.ids[Effect.BECOMES_LAWFUL] == ids[1:3]
    same = (await market.compare(LOOSE, LOOSE, as_of=None))[place]
    assert same.counts[Effect.UNCHANGED] == 4
    assert verdicts == 0, "nothing is kept"


async def test_both_are_judged_as_of_a_moment_and_what_cannot_be_judged_is_counted() -> None:
    market = Market()
    await market.listed(1, price_minor=9_900)
    begins = NOON + timedelta(days=60)
    planned = Rulebook.of("planned", [CAP, replace(CAP, id="new", value=Decimal("1.0"), effective_from=begins.date())])
    early = (await market.compare(LOOSE, planned, as_of=begins - timedelta(days=1)))["DE-TH"]
    late = (await market.compare(LOOSE, planned, as_of=begins + timedelta(hours=1)))["DE-TH"]
    assert (early.counts[Effect.UNCHANGED], late.counts[Effect.BECOMES_UNLAWFUL]) == (1, 1)
    market.passes.known.clear()
    gone = (await market.compare(LOOSE, TIGHT, as_of=None))["DE-TH"]
    assert (gone.not_judged, sum(gone.counts.values())) == (1, 0)


async def test_evidence_that_a_new_rulebook_asks_of_sellers_takes_their_listings_off_the_market() -> None:
    duty = replace(
        CAP, id="duty", kind=RuleKind.DISCLOSURE, base=None, value=None, duties=frozenset({Duty.SELLER_LICENCE})
    )
    asking = Rulebook.of("asking", [CAP, duty])
    market = Market()
    await market.listed(1, price_minor=9_900)
    await market.listed(2, price_minor=9_900, kind=ListingKind.RETURN)
    asked = (await market.compare(LOOSE, asking, as_of=None))["DE-TH"]
    ids = asked.ids[Effect.BECOMES_UNLAWFUL]
    assert ids == [opening(1).id], "who gives a pass back has to show nothing"
    assert asked.counts[Effect.UNCHANGED] == 1
    assert (await market.compare(asking, LOOSE, as_of=None))["DE-TH"].ids[Effect.BECOMES_LAWFUL] == ids


async def test_what_is_printed_names_rules_members_and_listings() -> None:
    market = Market()
    for number in range(1, 9):
        await market.listed(number, price_minor=9_900)
    effects = await market.compare(LOOSE, TIGHT, as_of=None)
    other = replace(CAP, id="other", status=RuleStatus.PROPOSED)
    diff = rulebook_diff(Rulebook.of("a", [CAP]), Rulebook.of("b", [*TIGHT.rules, other]))
    console = Console(record=True, width=80, file=StringIO())
    print_changes(LOOSE, TIGHT, diff, console)
    print_effects(effects, console)
    print_changes(LOOSE, LOOSE, rulebook_diff(LOOSE, LOOSE), console)
    print_effects({}, console)
    told = console.export_text()
    for words in (
        "+ other DE: at most 1.1 × price without fees (sleeps)",
        "~ cap DE:",
        "value: 1.1 -> 1.0",
        f"DE-TH {opening(1).id} becomes unlawful",
        "DE-TH and 3 more",
        "They say the same.",
        "There is no live listing.",
    ):
        assert words in told
    document = as_document(LOOSE, TIGHT, diff, effects)
    assert document["changed"][0]["members"]["value"] == {"from": "1.1", "to": "1.0"}
    assert len(document["listings"]["DE-TH"]["ids"]["becomes_unlawful"]) == 8
    json.dumps(document)
