"""The commands about the ratings of venues."""

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from bootstrap.commands import run_to_end, settings_for
from bootstrap.settings import Settings

app = typer.Typer(help="The ratings that are kept of venues.", no_args_is_help=True)
_out = Console()

Venue = Annotated[UUID | None, typer.Option(help="Only this one (its id); every venue if not given.")]


@app.callback()
def ratings() -> None:
    """Keep `rebuild` a word of its own, though it is the only one."""


@app.command()
def rebuild(venue: Venue = None) -> None:
    """Count the ratings of venues anew from their reviews; exit status 1 when some could not be kept."""
    kept = run_to_end(rebuild_ratings(settings_for(("content",)), venue, _out))
    raise typer.Exit(0 if kept else 1)


async def rebuild_ratings(settings: Settings, venue_id: UUID | None, console: Console) -> bool:
    """Print each venue with its ratings; False when workers were always faster with one, and theirs are kept."""
    from bootstrap.topology import platform_beside  # seconds of loading, for which no wrong setting waits
    from core.shared.ids import VenueId
    from usecases.reviews.venue_ratings import RebuildRatings

    platform = platform_beside(settings, "content")
    all_kept = True
    try:
        usecase = await platform.containers["content"].get(RebuildRatings)
        async for venue, ratings in usecase(VenueId(venue_id) if venue_id is not None else None):
            said = "not kept: try again"
            if ratings is None:
                all_kept = False
            else:
                marks = ratings.whole.overall
                mean = f", mean {marks.mean:.2f}" if marks.mean is not None else ""
                said = f"{marks.count} reviews in {len(ratings.sections)} sections{mean}"
            console.print(f"{venue.venue_id}: {said}", highlight=False)
    finally:
        await platform.close()
    return all_kept
