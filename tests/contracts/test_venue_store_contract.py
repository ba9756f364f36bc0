"""What the venue stores promise, held by the memory and the PostgreSQL adapter alike."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from adapters.memory.clock import MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.venues import MemoryVenueTransactions
from adapters.postgres.sessions import create_engine
from adapters.postgres.venues import PostgresVenueTransactions
from adapters.system.ids import Uuid7Source
from core.shared.errors import InvalidInputError, StaleVersionError
from core.shared.ids import TenantId, VenueId, VenueSectionId
from core.venues.errors import SectionNameTakenError, SlugTakenError, VenueNotFoundError
from core.venues.layout import SectionFacts, SectionKind, VenueSection
from core.venues.settings import OrganiserSettings, VenueSettings
from core.venues.venue import Address, Venue, VenueFacts, free_slug
from ports.paging import PageRequest
from ports.venues import VenueTransactions
from tests.servers import PostgresServer

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OURS = TenantId(uuid4())
THEIRS = TenantId(uuid4())
IDS = Uuid7Source()


def a_venue(slug: str = "arena") -> Venue:
    facts = VenueFacts("Arena", "Europe/Berlin", 1221, Address("Weg 1", "Erfurt", "99084", "DE", "DE-TH"))
    return Venue.opened(id=VenueId(IDS.new()), slug=slug, facts=facts, now=NOW)


def a_section(venue_id: VenueId, name: str = "Block A") -> VenueSection:
    facts = SectionFacts(name, "seated", 3, 4, (1.5, 2.0), 0)
    return VenueSection(VenueSectionId(IDS.new()), venue_id, facts, 1, NOW, NOW)


@pytest.fixture(params=["memory", "postgres"])
async def transactions(request: pytest.FixtureRequest) -> AsyncIterator[VenueTransactions]:
    if request.param == "memory":
        yield MemoryVenueTransactions(MemoryMessages(ids=MemoryIds()))
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    database = await postgres.fresh("venue_db")
    engine = create_engine(database.app_url, connections_max=3)
    yield PostgresVenueTransactions(engine, IDS)
    await engine.dispose()


async def test_a_section_for_general_admission_keeps_its_capacity(transactions: VenueTransactions) -> None:
    venue = a_venue()
    pit = replace(a_section(venue.id), facts=SectionFacts("Pit", "ga", 0, 0, (0.0, 0.0), 0, 400))
    async with transactions.begin(OURS) as tx:
        await tx.venues.add(venue)
        await tx.sections.add(pit)
    async with transactions.begin(OURS) as tx:
        assert await tx.sections.get(pit.id) == pit
        other = replace(pit, facts=replace(pit.facts, capacity=None), version=2)
        await tx.sections.save(other)
        assert await tx.sections.get(pit.id) == other


@pytest.mark.parametrize(("kind", "capacity"), [("seated", 1), ("ga", 0), ("ga", 1_000_001)])
def test_only_general_admission_has_a_capacity_and_within_limits(kind: SectionKind, capacity: int) -> None:
    with pytest.raises(InvalidInputError) as refused:
        SectionFacts("A", kind, 1, 1, (0.0, 0.0), 0, capacity)
    assert [problem.pointer for problem in refused.value.problems] == ["/capacity"]


async def test_a_stored_venue_is_read_back_as_it_was(transactions: VenueTransactions) -> None:
    venue = a_venue()
    async with transactions.begin(OURS) as tx:
        await tx.venues.add(venue)
    async with transactions.begin(OURS) as tx:
        assert await tx.venues.get(venue.id) == venue


async def test_a_block_that_raises_leaves_nothing_behind(transactions: VenueTransactions) -> None:
    venue = a_venue()
    with pytest.raises(RuntimeError):
        async with transactions.begin(OURS) as tx:
            await tx.venues.add(venue)
            raise RuntimeError
    async with transactions.begin(OURS) as tx:
        with pytest.raises(VenueNotFoundError):
            await tx.venues.get(venue.id)


async def test_another_tenant_reads_and_changes_nothing(transactions: VenueTransactions) -> None:
    venue = a_venue()
    async with transactions.begin(OURS) as tx:
        await tx.venues.add(venue)
    async with transactions.begin(THEIRS) as tx:
        assert (await tx.venues.page(PageRequest())).items == ()
        with pytest.raises(VenueNotFoundError):
            await tx.venues.get(venue.id)
        with pytest.raises(VenueNotFoundError):
            await tx.venues.delete(venue.id, at=NOW)
    async with transactions.begin(OURS) as tx:
        assert await tx.venues.get(venue.id) == venue


async def test_a_slug_is_unique_in_a_tenant_and_free_in_another(transactions: VenueTransactions) -> None:
    async with transactions.begin(OURS) as tx:
        await tx.venues.add(a_venue("arena"))
    with pytest.raises(SlugTakenError):
        async with transactions.begin(OURS) as tx:
            await tx.venues.add(a_venue("arena"))
    async with transactions.begin(THEIRS) as tx:
        await tx.venues.add(a_venue("arena"))
        assert await tx.venues.slugs_like("are") == {"arena"}


async def test_only_the_next_version_is_saved(transactions: VenueTransactions) -> None:
    venue = a_venue()
    second = venue.changed(venue.facts, expected_version=1, now=NOW)
    async with transactions.begin(OURS) as tx:
        await tx.venues.add(venue)
        await tx.venues.save(second)
    with pytest.raises(StaleVersionError):
        async with transactions.begin(OURS) as tx:
            await tx.venues.save(second)


async def test_pages_follow_one_another_without_gap_or_repeat(transactions: VenueTransactions) -> None:
    venues = [a_venue(f"arena-{n}") for n in range(5)]
    seen: list[UUID] = []
    async with transactions.begin(OURS) as tx:
        for venue in venues:
            await tx.venues.add(venue)
        await tx.venues.delete(venues[2].id, at=NOW)
        page = await tx.venues.page(PageRequest(limit=2))
        seen += [venue.id for venue in page.items]
        while page.next_after is not None:
            page = await tx.venues.page(PageRequest(limit=2, after=page.next_after))
            seen += [venue.id for venue in page.items]
    assert seen == [venue.id for venue in venues if venue is not venues[2]]


async def test_a_deleted_venue_is_gone_but_keeps_its_slug(transactions: VenueTransactions) -> None:
    venue = a_venue()
    async with transactions.begin(OURS) as tx:
        await tx.venues.add(venue)
        await tx.venues.delete(venue.id, at=NOW)
        with pytest.raises(VenueNotFoundError):
            await tx.venues.delete(venue.id, at=NOW)
        assert await tx.venues.slugs_like("arena") == {"arena"}


async def test_whoever_wants_a_slug_waits_for_those_before(transactions: VenueTransactions) -> None:
    async def open_arena() -> str:
        async with transactions.begin(OURS) as tx:
            venue = a_venue(free_slug("Arena", taken=await tx.venues.slugs_like("arena")))
            await tx.venues.add(venue)
        return venue.slug

    slugs = await asyncio.gather(*(open_arena() for _ in range(12)))
    assert sorted(slugs) == sorted(["arena", *(f"arena-{n}" for n in range(2, 13))])


async def test_section_names_are_unique_in_a_venue(transactions: VenueTransactions) -> None:
    venue, other = a_venue("one"), a_venue("two")
    async with transactions.begin(OURS) as tx:
        await tx.venues.add(venue)
        await tx.venues.add(other)
        await tx.sections.add(a_section(venue.id))
        await tx.sections.add(a_section(other.id))
        assert [section.facts.position for section in await tx.sections.of_venue(venue.id)] == [(1.5, 2.0)]
    with pytest.raises(SectionNameTakenError):
        async with transactions.begin(OURS) as tx:
            await tx.sections.add(a_section(venue.id))


async def test_settings_start_with_defaults_and_refuse_stale_writers(transactions: VenueTransactions) -> None:
    venue = a_venue()
    async with transactions.begin(OURS) as tx:
        assert await tx.settings.of_organiser() == OrganiserSettings(600, 0)
        await tx.venues.add(venue)
        await tx.settings.add_for_venue(venue.id, VenueSettings(), at=NOW)
        await tx.settings.save_for_venue(venue.id, VenueSettings(4, "warn", version=2), at=NOW)
        await tx.settings.save_for_organiser(OrganiserSettings(120, 1), at=NOW)
        await tx.settings.save_for_organiser(OrganiserSettings(180, 2), at=NOW)
    async with transactions.begin(OURS) as tx:
        assert await tx.settings.of_venue(venue.id) == VenueSettings(4, "warn", version=2)
        assert await tx.settings.of_organiser() == OrganiserSettings(180, 2)
    for stale in (OrganiserSettings(60, 1), OrganiserSettings(60, 2)):
        with pytest.raises(StaleVersionError):
            async with transactions.begin(OURS) as tx:
                await tx.settings.save_for_organiser(stale, at=NOW)


async def test_a_section_goes_when_it_stands_as_it_was_seen_and_stays_when_it_was_changed(
    transactions: VenueTransactions,
) -> None:
    venue = a_venue()
    seen, other = a_section(venue.id), a_section(venue.id, "Block B")
    changed = replace(seen, version=2)
    async with transactions.begin(OURS) as tx:
        await tx.venues.add(venue)
        await tx.sections.add(seen)
        await tx.sections.add(other)
        await tx.sections.save(changed)
    async with transactions.begin(THEIRS) as tx:
        assert not await tx.sections.delete_unchanged(changed)
    async with transactions.begin(OURS) as tx:
        assert not await tx.sections.delete_unchanged(seen)
        assert await tx.sections.delete_unchanged(other)
        assert not await tx.sections.delete_unchanged(other)
        assert await tx.sections.of_venue(venue.id) == (changed,)
