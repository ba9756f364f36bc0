"""Rulebooks that are imported and activated at the command line."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from rich.console import Console

from adapters.postgres.rulebooks import PostgresRulebookKeeper
from adapters.rulebook.builtin import built_in_rulebook
from adapters.rulebook.reader import files_of, read_rulebook
from adapters.rulebook.toml_format import TomlFormat
from adapters.system.clock import SystemClock
from bootstrap.databases import databases
from bootstrap.rulebook_changes import as_document, print_changes, print_effects
from bootstrap.settings import Settings, SettingsError
from bootstrap.topology import platform_beside
from core.resale.law.activation import InvalidActivationError, RulebookNotKeptError
from core.resale.law.rulebook import Rulebook, RulebookFaultyError
from core.resale.market.rulebook_diff import rulebook_diff
from core.shared.errors import DomainError, StaleVersionError
from ports.resale.rulebooks import RulebookKeeper
from usecases.resale.compare_rulebooks import CompareRulebooks, PlaceEffects
from usecases.resale.keep_rulebooks import KeepRulebooks
from usecases.resale.receipt_keys import ReceiptKeys

BUILT_IN = "built-in"
_SHOWN = "%Y-%m-%dT%H:%M:%SZ"


def keeper_of(settings: Settings) -> RulebookKeeper:
    """Return where rulebooks are kept, as the role that owns them; raises SettingsError without an admin URL."""
    return PostgresRulebookKeeper(databases(settings, ("venue",))[0])


def keeping(keeper: RulebookKeeper) -> KeepRulebooks:
    """Return the use case on a keeper."""
    return KeepRulebooks(keeper, TomlFormat(), SystemClock())


async def import_rulebook(keep: KeepRulebooks, folder: Path, by: str, console: Console) -> None:
    """Import a folder and print its version; raises SettingsError for one that cannot be used."""
    try:
        rulebook, new = await keep.bring(files_of(folder), by=by)
    except RulebookFaultyError as error:
        raise SettingsError(f"{error.message} `fairseat rulebook lint {folder}` names what is wrong.") from error
    _line(console, f"{len(rulebook.rules)} rules {'imported' if new else 'were there already'}")
    _line(console, rulebook.version)


async def activate_rulebook(
    keep: KeepRulebooks, version: str, active_from: datetime | None, by: str, reason: str, console: Console
) -> None:
    """Activate an imported rulebook, or the built-in one; raises SettingsError for what cannot be."""
    if active_from is not None and active_from.tzinfo is None:
        raise SettingsError("--from has an offset, such as 2027-01-01T00:00Z.")
    try:
        if version == BUILT_IN:
            rulebook, _ = await keep.bring(keep.written.built_in(), by="fairseat")
        else:
            rulebook = await keep.rulebook(version)
        done = await keep.activate(rulebook.version, active_from=active_from, by=by, reason=reason)
    except RulebookFaultyError as error:
        told = "; ".join(f"{problem.pointer}: {problem.message}" for problem in error.problems)
        raise SettingsError(f"{error.message} {told}") from error
    except (RulebookNotKeptError, InvalidActivationError, StaleVersionError) as error:
        raise SettingsError(error.message) from error
    _line(console, done.version)
    _line(console, f"is in use from {done.active_from:{_SHOWN}} on, in place of {done.previous_version};")
    _line(console, "the listings of every organisation are judged again then.")


async def print_history(keep: KeepRulebooks, console: Console) -> None:
    """Print what was imported and what was activated."""
    kept, schedule = await keep.history()
    if not schedule.activations:
        _line(console, f"Nothing was activated: the built-in rulebook {built_in_rulebook().version} is in use.")
    for each in kept:
        _line(console, f"{each.version} imported {each.imported_at:{_SHOWN}} by {each.imported_by}")
    for one in schedule.activations:
        _line(console, f"{one.number}. from {one.active_from:{_SHOWN}} on {one.version}")
        _line(console, f"   in place of {one.previous_version}")
        _line(console, f"   activated {one.activated_at:{_SHOWN}} by {one.activated_by}: {one.reason}")


async def print_diff(
    settings: Settings | None, names: tuple[str, str], as_of: datetime | None, *, as_json: bool, console: Console
) -> None:
    """Print what the second rulebook says differently, and with settings what that does to the live listings.

    Raises SettingsError for a rulebook that cannot be found or read.
    """
    before, after = [await _named(settings, name) for name in names]
    diff = rulebook_diff(before, after)
    effects: Mapping[str, PlaceEffects] | None = None
    if settings is not None:
        effects = await _effects(settings, before, after, as_of)
    if as_json:
        console.print_json(json.dumps(as_document(before, after, diff, effects)))
        return
    print_changes(before, after, diff, console)
    if effects is not None:
        print_effects(effects, console)


async def _named(settings: Settings | None, name: str) -> Rulebook:
    if name == BUILT_IN:
        return built_in_rulebook()
    folder = Path(name)
    try:
        if folder.is_dir():
            return read_rulebook(folder)
        if settings is None:
            raise SettingsError(f"{name!r} is no folder, and not {BUILT_IN!r}; versions stand in the database only.")
        return await keeping(keeper_of(settings)).rulebook(name)
    except DomainError as error:
        raise SettingsError(f"{name}: {error.message}") from error


async def _effects(
    settings: Settings, before: Rulebook, after: Rulebook, as_of: datetime | None
) -> Mapping[str, PlaceEffects]:
    platform = platform_beside(settings, "venue")
    try:
        container = platform.containers["venue"]
        await (await container.get(ReceiptKeys)).load()
        compare = await container.get(CompareRulebooks)
        return await compare(before, after, as_of=as_of)
    finally:
        await platform.close()


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
