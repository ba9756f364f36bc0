"""`fairseat plan`: seating plans, of a Fairseat that runs somewhere."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from bootstrap.operations import LOCAL, Token, Url, Watching

app = typer.Typer(help="Import seating plans.", no_args_is_help=True)
_out = Console()
_err = Console(stderr=True)


@app.callback()
def _plans() -> None:
    """Keep `import` a command with a name, though it is the only one."""


@app.command("import")
def import_plan(
    venue: Annotated[UUID, typer.Option(help="The venue's id.")],
    ticket: Annotated[UUID, typer.Option(help="The id of the ticket whose seats they are.")],
    token: Token,
    file: Annotated[Path | None, typer.Argument(help="A document of the seating-plan format.")] = None,
    arena: Annotated[int | None, typer.Option(help="An arena of so many seats instead of a document.")] = None,
    name: Annotated[str, typer.Option(help="The plan's name.")] = "Plan",
    base_url: Url = LOCAL,
    *,
    activate: Annotated[bool, typer.Option("--activate", help="Put the plan on sale when all of it is there.")] = False,
    venue_sections: Annotated[
        bool, typer.Option("--venue-sections", help="Give the venue's own layout the plan's sections too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would have, and its faults.")] = False,
    watch: Watching = True,
) -> None:
    """Import a plan as a long operation, with a progress bar; Ctrl+C ends the bar, and not the import."""
    if (file is None) == (arena is None):
        raise typer.BadParameter("Name either a file or --arena.", param_hint="FILE")
    from adapters.cli.operation_acts import Desk

    desk = Desk(base_url, token, _out, _err)
    params: dict[str, Any] = {"ticketId": str(ticket), "name": name, "activate": activate}
    params["venueSections"] = venue_sections
    if file is None:
        raise typer.Exit(desk.begin(venue, "plan-import", params | _arena(arena or 0), dry_run=dry_run, watch=watch))
    if not file.is_file():
        raise typer.BadParameter(f"There is no file {file}.", param_hint="FILE")
    raise typer.Exit(desk.import_plan(venue, file, params, dry_run=dry_run, watch=watch))


def _arena(seats: int) -> dict[str, Any]:
    return {"source": {"format": "arena", "seats": seats}}
