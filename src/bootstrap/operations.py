"""`fairseat operation`: long operations on venues, of a Fairseat that runs somewhere."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.console import Console

app = typer.Typer(help="Start, watch, cancel and resume long operations on venues.", no_args_is_help=True)
_out = Console()
_err = Console(stderr=True)

Url = Annotated[str, typer.Option(help="Where Fairseat runs.")]
Token = Annotated[str, typer.Option(envvar="STAFF_TOKEN", help="The access token of an owner or a manager.")]
Venue = Annotated[UUID, typer.Argument(help="The venue's id.")]
Id = Annotated[UUID, typer.Argument(help="The operation's id.")]
Watching = Annotated[bool, typer.Option(help="Show the progress until it is over; status 1 unless it is completed.")]
LOCAL = "http://127.0.0.1:8000"


@app.command()
def start(
    venue: Venue,
    type: Annotated[str, typer.Argument(help="Such as re-pricing.")],
    params: Annotated[str, typer.Option(help="A JSON object, or @ and the file that has it.")],
    token: Token,
    base_url: Url = LOCAL,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would do.")] = False,
    watch: Watching = True,
) -> None:
    """Start an operation, or preview it."""
    given = _params(params)
    from adapters.cli.operation_acts import Desk

    desk = Desk(base_url, token, _out, _err)
    raise typer.Exit(desk.preview(venue, type, given) if dry_run else desk.start(venue, type, given, watch=watch))


@app.command("list")
def list_operations(
    venue: Venue,
    token: Token,
    base_url: Url = LOCAL,
    type: Annotated[str | None, typer.Option(help="Only of a type.")] = None,
    status: Annotated[str | None, typer.Option(help="Only of a status, such as failed.")] = None,
) -> None:
    """List the operations of a venue, the first begun first."""
    from adapters.cli.operation_acts import Desk

    raise typer.Exit(Desk(base_url, token, _out, _err).list(venue, type=type, status=status))


@app.command("watch")
def watch_operation(operation: Id, token: Token, base_url: Url = LOCAL) -> None:
    """Show the progress until the operation is over; status 1 unless it is completed."""
    from adapters.cli.operation_acts import Desk

    raise typer.Exit(Desk(base_url, token, _out, _err).watch(operation))


@app.command()
def resume(operation: Id, token: Token, base_url: Url = LOCAL, *, watch: Watching = True) -> None:
    """Go on with an operation that failed, from its last checkpoint."""
    from adapters.cli.operation_acts import Desk

    raise typer.Exit(Desk(base_url, token, _out, _err).resume(operation, watch=watch))


@app.command()
def cancel(operation: Id, token: Token, base_url: Url = LOCAL) -> None:
    """End an operation after what is under way, and undo what can be undone."""
    from adapters.cli.operation_acts import Desk

    raise typer.Exit(Desk(base_url, token, _out, _err).cancel(operation))


def _params(given: str) -> dict[str, object]:
    try:
        text = Path(given[1:]).read_bytes() if given.startswith("@") else given.encode()
        return msgspec.json.decode(text, type=dict[str, object])
    except (OSError, msgspec.MsgspecError) as error:
        raise typer.BadParameter(f"It is no JSON object: {error}", param_hint="--params") from None
