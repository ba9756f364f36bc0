"""The commands about the rulebook; none needs a server or settings."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(help="Show and check the law on resale, as far as a rulebook knows it.", no_args_is_help=True)
_out = Console()

Folder = Annotated[Path | None, typer.Argument(help="A folder of TOML files; Fairseat's own rulebook if not given.")]
Place = Annotated[str | None, typer.Option(help="Only what holds at a place, such as US-ME, FR or EU.")]
Today = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="As on this day, or today.")]
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
