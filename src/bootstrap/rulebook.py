"""The commands about the rulebook. Those that show and check one need neither a server nor settings."""

from datetime import datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bootstrap.commands import run_to_end, settings_for
from bootstrap.settings import SettingsError

app = typer.Typer(help="Show and check the law on resale, as far as a rulebook knows it.", no_args_is_help=True)
_out = Console()

Folder = Annotated[Path | None, typer.Argument(help="A folder of TOML files; Fairseat's own rulebook if not given.")]
Place = Annotated[str | None, typer.Option(help="Only what holds at a place, such as US-ME, FR or EU.")]
Today = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="As on this day, or today.")]
By = Annotated[str | None, typer.Option(help="Who does it, for the history; the user of this machine if not given.")]
MOMENTS = ["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Only what holds on this day.")]


@app.command()
def lint(folder: Folder = None, on: Today = None) -> None:
    """Say what is wrong with a rulebook, and what will be soon; exit status 1 when it cannot be used."""
    from bootstrap.rulebook_shown import print_findings

    raise typer.Exit(print_findings(folder, on.date() if on else None, _out))


@app.command("list")
def list_rules(folder: Folder = None, place: Place = None, on: Day = None) -> None:
    """List rules with their status and citation; those that decide nothing are in brackets."""
    from bootstrap.rulebook_shown import print_rules

    print_rules(folder, place, on.date() if on else None, _out)


@app.command()
def page(folder: Folder = None) -> None:
    """Print the page of the documentation that shows every rule, as Markdown."""
    from bootstrap.rulebook_shown import page_of

    typer.echo(page_of(folder), nl=False)


@app.command("import")
def import_folder(folder: Annotated[Path, typer.Argument(help="A folder of TOML files.")], by: By = None) -> None:
    """Keep a rulebook in the database, so that it can be activated; nothing changes by that."""
    from bootstrap.rulebooks_kept import import_rulebook, keeper_of, keeping

    run_to_end(import_rulebook(keeping(keeper_of(settings_for(("venue",)))), folder, by or getuser(), _out))


@app.command()
def activate(
    version: Annotated[str, typer.Argument(help="An imported version, its beginning, or built-in.")],
    reason: Annotated[str, typer.Option(help="Why, for the history.")],
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=MOMENTS, help="When it begins, with an offset; in a minute if not given."),
    ] = None,
    by: By = None,
) -> None:
    """Let an imported rulebook be in use from a moment on; one with errors is refused, and the act is recorded."""
    from bootstrap.rulebooks_kept import activate_rulebook, keeper_of, keeping

    run_to_end(
        activate_rulebook(keeping(keeper_of(settings_for(("venue",)))), version, since, by or getuser(), reason, _out)
    )


@app.command()
def history() -> None:
    """Show the rulebooks that were imported, and which of them is in use when, since when, by whom and why."""
    from bootstrap.rulebooks_kept import keeper_of, keeping, print_history

    run_to_end(print_history(keeping(keeper_of(settings_for(("venue",)))), _out))


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A version, a folder, or built-in.")],
    after: Annotated[str, typer.Argument(metavar="B", help="A version, a folder, or built-in.")],
    at: Annotated[
        datetime | None,
        typer.Option("--at", formats=MOMENTS, help="Judge the listings as at this moment; now if not given."),
    ] = None,
    *,
    rules_only: Annotated[bool, typer.Option(help="Ask no database; A and B are folders or built-in then.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show what B says differently from A, and what becomes of the live listings of every organisation under B."""
    from bootstrap.rulebooks_kept import print_diff

    if at is not None and at.tzinfo is None:
        raise SettingsError("--at has an offset, such as 2027-01-01T00:00Z.")
    settings = None if rules_only else settings_for(("venue",))
    run_to_end(print_diff(settings, (before, after), at, as_json=as_json, console=_out))
