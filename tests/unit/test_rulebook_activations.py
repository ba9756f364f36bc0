"""Which rulebook is in use when, how processes follow an activation, and what two rulebooks say differently."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import override

import pytest
from rich.console import Console

from adapters.memory.clock import MemoryClock
from adapters.memory.rulebooks import MemoryRulebooks
from adapters.rulebook.builtin import built_in_rulebook
from adapters.rulebook.reader import files_of
from adapters.rulebook.scheduled import REREAD, STALE, ScheduledRulebooks
from adapters.rulebook.toml_format import TomlFormat
from bootstrap.rulebooks_kept import activate_rulebook, import_rulebook, print_history
from bootstrap.settings import SettingsError
from core.resale.law.activation import LEAD, InvalidActivationError, KeptRulebook, RulebookNotKeptError, Schedule
from core.resale.law.rulebook import Rulebook, RulebookFaultyError
from core.resale.market.rulebook_diff import rulebook_diff
from ports.stores import StoreUnavailableError
from tests.resale_rules import a_folder, maine_cap, written
from usecases.resale.keep_rulebooks import KeepRulebooks
from usecases.resale.read_rulebook import ReadRulebook

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Shelf(MemoryRulebooks):
    """Counts who asks, and may be away."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.away = False

    @override
    async def schedule(self) -> Schedule:
        self.asked += 1
        if self.away:
            raise StoreUnavailableError("the database is away")
        return await super().schedule()


class House:
    """One installation with a process that judges, and its command line."""

    def __init__(self) -> None:
        self.clock = MemoryClock(NOW)
        self.shelf = Shelf()
        self.keep = KeepRulebooks(self.shelf, TomlFormat(), self.clock)
        self.source = self.process()

    def process(self) -> ScheduledRulebooks:
        return ScheduledRulebooks(self.shelf, TomlFormat(), built_in_rulebook(), self.clock)

    async def brought(self, value: str = "1.1") -> str:
        rulebook, _ = await self.keep.bring({"us.toml": written(value=f'"{value}"')}, by="ada")
        return rulebook.version

    async def activated(self, version: str, *, after: timedelta = LEAD) -> datetime:
        done = await self.keep.activate(version, active_from=self.clock.now() + after, by="ada", reason="A new act.")
        return done.active_from

    async def version_at(self, moment: datetime) -> str:
        return (await self.source.at(moment)).version


@pytest.fixture
def house() -> House:
    return House()


async def test_without_an_activation_the_built_in_rulebook_is_in_use(house: House) -> None:
    await house.brought()
    for moment in (NOW - timedelta(days=9_999), NOW, NOW + timedelta(days=9_999)):
        assert await house.source.at(moment) is built_in_rulebook()


async def test_an_activation_begins_exactly_at_its_moment_and_the_past_stays(house: House) -> None:
    version = await house.brought()
    begins = await house.activated(version, after=timedelta(days=30))
    assert await house.version_at(begins - SECOND) == built_in_rulebook().version
    assert await house.version_at(begins) == version
    assert (await house.source.at(begins)).rules == (maine_cap(),)
    house.clock.move(seconds=timedelta(days=31).total_seconds())
    assert await house.version_at(NOW) == built_in_rulebook().version, "a moment of the past keeps its rulebook"


async def test_what_was_in_use_first_is_kept_too_so_that_a_later_fairseat_knows_it(house: House) -> None:
    await house.activated(await house.brought())
    [own, kept] = sorted(await house.shelf.all(), key=lambda each: each.imported_by)
    assert (own.imported_by, kept.imported_by) == ("ada", "fairseat")
    assert house.keep.written.read(kept.files) == built_in_rulebook()
    upgraded = ScheduledRulebooks(house.shelf, TomlFormat(), Rulebook.of("newer", [maine_cap()]), house.clock)
    assert (await upgraded.at(NOW)).version == built_in_rulebook().version


async def test_a_plan_is_replaced_by_a_later_one_for_the_same_moment(house: House) -> None:
    first, second = await house.brought("1.1"), await house.brought("1.2")
    begins = await house.activated(first, after=timedelta(days=2))
    await house.activated(second, after=timedelta(days=2))
    assert await house.version_at(begins) == second
    earlier = await house.activated(first, after=timedelta(days=1))
    house.clock.move(seconds=STALE.total_seconds())
    assert [await house.version_at(moment) for moment in (earlier, begins)] == [first, second]


async def test_an_activation_is_decided_ahead_with_a_reason_and_changes_something(house: House) -> None:
    version = await house.brought()
    for after, reason in ((LEAD - SECOND, "An act."), (-LEAD, "An act."), (LEAD, "  "), (LEAD, "x" * 501)):
        with pytest.raises(InvalidActivationError):
            await house.keep.activate(version, active_from=NOW + after, by="ada", reason=reason)
    with pytest.raises(InvalidActivationError):
        await house.keep.activate(version, active_from=None, by=" ", reason="An act.")
    with pytest.raises(RulebookNotKeptError):
        await house.keep.activate("2026-11-21.unknown", active_from=None, by="ada", reason="An act.")
    await house.activated(version)
    with pytest.raises(InvalidActivationError, match="already"):
        await house.activated(version, after=2 * LEAD)
    assert len((await house.shelf.schedule()).activations) == 1


async def test_a_rulebook_with_errors_is_neither_imported_nor_activated(house: House) -> None:
    faulty = {"us.toml": written(base=None)}
    with pytest.raises(RulebookFaultyError):
        await house.keep.bring(faulty, by="ada")
    await house.shelf.add(KeptRulebook(version="x", files=faulty, imported_by="ada", imported_at=NOW))
    with pytest.raises(RulebookFaultyError):
        await house.activated("x")
    assert (await house.shelf.schedule()).activations == ()


async def test_a_process_knows_of_an_activation_before_it_begins(house: House) -> None:
    assert await house.version_at(NOW) == built_in_rulebook().version
    version = await house.brought()
    begins = await house.activated(version)
    house.clock.move(seconds=REREAD.total_seconds())
    assert await house.version_at(house.clock.now()) == built_in_rulebook().version
    await house.source.settled()
    asked = house.shelf.asked
    house.clock.move(seconds=(begins - house.clock.now()).total_seconds() - 1)
    assert await house.version_at(house.clock.now()) == built_in_rulebook().version
    house.clock.move(seconds=1)
    assert await house.version_at(house.clock.now()) == version
    await house.source.settled()
    assert house.shelf.asked <= asked + 2


async def test_a_process_that_slept_reads_before_it_answers(house: House) -> None:
    assert await house.version_at(NOW) == built_in_rulebook().version
    version = await house.brought()
    await house.activated(version)
    house.clock.move(seconds=LEAD.total_seconds())
    assert await house.version_at(house.clock.now()) == version


async def test_the_database_is_asked_no_more_than_once_in_a_while(house: House) -> None:
    for _ in range(50):
        await house.version_at(NOW)
    assert house.shelf.asked == 1
    house.clock.move(seconds=REREAD.total_seconds() - 1)
    await house.version_at(NOW)
    assert house.shelf.asked == 1


async def test_while_the_database_is_away_the_rulebook_at_hand_is_relied_on_for_a_while_only(house: House) -> None:
    await house.version_at(NOW)
    house.shelf.away = True
    house.clock.move(seconds=STALE.total_seconds() - 1)
    assert await house.version_at(NOW) == built_in_rulebook().version
    await house.source.settled()
    house.clock.move(seconds=1)
    with pytest.raises(StoreUnavailableError):
        await house.version_at(NOW)


async def test_the_rulebook_is_read_as_of_any_day(house: House) -> None:
    version = await house.brought()
    begins = await house.activated(version, after=timedelta(days=30))
    read = ReadRulebook(house.source, house.clock)
    pages = [await read(as_of=moment, place="US-ME", after=None, limit=9) for moment in (NOW, begins - SECOND, begins)]
    assert [page.rulebook_version for page in pages] == [built_in_rulebook().version] * 2 + [version]
    assert [rule.id for rule in pages[-1].rules] == ["us-me-cap"]


async def test_the_command_line_imports_activates_and_tells(house: House, tmp_path: Path) -> None:
    console = Console(record=True, width=250, file=StringIO())
    folder = tmp_path / "rules"
    folder.mkdir()
    a_folder(folder, us=written())
    for _ in range(2):
        await import_rulebook(house.keep, folder, "ada", console)
    version = house.keep.written.read(files_of(folder)).version
    await print_history(house.keep, console)
    await activate_rulebook(house.keep, version[:20], None, "ada", "An act.", console)
    later = NOW + timedelta(days=1)
    await activate_rulebook(house.keep, "built-in", later, "ada", "Back again.", console)
    await print_history(house.keep, console)
    told = console.export_text()
    assert "1 rules imported" in told and "1 rules were there already" in told
    assert f"the built-in rulebook {built_in_rulebook().version} is in use" in told.replace("\n", " ")
    assert "is in use from 2026-11-22T12:01:00Z on" in told
    assert "Back again." in told and "2026-11-23T12:00:00Z" in told


async def test_the_command_line_says_in_a_line_what_cannot_be(house: House, tmp_path: Path) -> None:
    console = Console(file=StringIO())
    version = await house.brought()
    for name, since in (("x", None), (version, NOW), (version, NOW.replace(tzinfo=None))):
        with pytest.raises(SettingsError):
            await activate_rulebook(house.keep, name, since, "ada", "An act.", console)
    with pytest.raises(SettingsError, match="lint"):
        await import_rulebook(house.keep, tmp_path / "nowhere", "ada", console)


def test_two_rulebooks_are_held_against_each_other_member_by_member() -> None:
    same, gone, was = maine_cap(id="same"), maine_cap(id="gone"), maine_cap(id="changed")
    came, now = maine_cap(id="came"), maine_cap(id="changed", value=Decimal("1.2"), version=2)
    found = rulebook_diff(Rulebook.of("a", [same, gone, was]), Rulebook.of("b", [now, came, same]))
    assert (found.added, found.removed) == ((came,), (gone,))
    [change] = found.changed
    assert [(member.name, member.before, member.after) for member in change.members] == [
        ("version", 1, 2),
        ("value", Decimal("1.1"), Decimal("1.2")),
    ]
    assert not found.is_empty
    assert rulebook_diff(Rulebook.of("a", [same]), Rulebook.of("b", [same])).is_empty
