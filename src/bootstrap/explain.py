"""`fairseat explain`: a verdict as a person reads it; needs no server and no settings."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

Country = Annotated[str, typer.Option(help="Country of the event, such as US (ISO 3166-1).")]
Subdivision = Annotated[str | None, typer.Option(help="Its part, such as US-ME (ISO 3166-2).")]
Amount = Annotated[str, typer.Option(help="In main units, such as 120.00.")]
Part = Annotated[str | None, typer.Option(help="In main units; not known unless given.")]
Currency = Annotated[str, typer.Option(help="ISO 4217, such as USD.")]
Moment = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"], help="A day, or a moment with its offset."),
]
Known = Annotated[list[str] | None, typer.Option(help="A further fact, such as sellerTrader=no or venueCapacity=900.")]


def explain(
    event_country: Country,
    price: Amount,
    currency: Currency,
    subdivision: Subdivision = None,
    face: Part = None,
    fees: Part = None,
    tax: Part = None,
    buyer_fees: Part = None,
    kind: Annotated[str | None, typer.Option(help="Kind of event, such as concert or sport.")] = None,
    buyer_country: Annotated[str | None, typer.Option(help="Where the buyer is.")] = None,
    buyer_subdivision: Annotated[str | None, typer.Option(help="Its part.")] = None,
    transfers: Annotated[int | None, typer.Option(min=0, help="How often the pass changed hands.")] = None,
    starts_at: Moment = None,
    as_of: Moment = None,
    fact: Known = None,
) -> None:
    """Say whether a pass may be resold at a price, and why; exit status 1 when it may not."""
    from bootstrap.explained import Asked, print_verdict

    asked = Asked(
        country=event_country,
        subdivision=subdivision,
        price=price,
        currency=currency,
        face=face,
        fees=fees,
        tax=tax,
        buyer_fees=buyer_fees,
        kind=kind,
        buyer_country=buyer_country,
        buyer_subdivision=buyer_subdivision,
        transfers=transfers,
        starts_at=_moment(starts_at),
        as_of=_moment(as_of),
        facts=tuple(fact or ()),
    )
    raise typer.Exit(print_verdict(asked, Console()))


def _moment(given: datetime | None) -> datetime | None:
    """Take a day for its noon in UTC, so that it is that day nearly everywhere."""
    if given is None or given.tzinfo is not None:
        return given
    return given.replace(hour=12, tzinfo=UTC)
