"""The `fairseat` command."""

import asyncio
import os
import sys
from collections.abc import Collection, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
import uvloop
from rich.console import Console

from bootstrap.command_options import chosen_services, stripe_stand_in
from bootstrap.explain import explain
from bootstrap.logs import configure_logging
from bootstrap.needs import SERVICES
from bootstrap.operations import app as operations
from bootstrap.plans import app as plans
from bootstrap.ratings import app as ratings
from bootstrap.rulebook import app as rulebook
from bootstrap.settings import Settings, SettingsError, read_gateway_settings, read_settings, shown

app = typer.Typer(
    name="fairseat",
    help="Ticketing that venues run themselves.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
receipts = typer.Typer(name="receipt", help="Receipts of verdicts about resale.", no_args_is_help=True)
app.add_typer(receipts)
app.add_typer(rulebook, name="rulebook")
app.add_typer(operations, name="operation")
app.add_typer(ratings, name="ratings")
app.add_typer(plans, name="plan")
app.command()(explain)
_out = Console()
_err = Console(stderr=True)

Folder = Annotated[Path, typer.Option(help="Where the embedded servers keep their data.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on; FAIRSEAT_HTTP_HOST, or 127.0.0.1.")]
Services = Annotated[
    str | None, typer.Option(help="Only these, with commas between, such as venue,ticket; every service if not given.")
]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; FAIRSEAT_HTTP_PORT, or 8000.")]


def main() -> None:
    """Run the command line; what the user can mend is said in one line, with exit status 2."""
    try:
        app()
    except _mendable() as error:  # evaluated only when something was raised: `--help` loads no framework
        _err.print(f"fairseat: {error}", style="red", highlight=False, soft_wrap=True)
        sys.exit(2)


def _mendable() -> tuple[type[Exception], ...]:
    from adapters.embedded.errors import EmbeddedServerError
    from adapters.postgres.pool import UnsafeRoleError
    from bootstrap.listening import PortTakenError
    from core.shared.errors import UnavailableError

    return SettingsError, EmbeddedServerError, PortTakenError, UnsafeRoleError, UnavailableError


@app.command()
def up(
    folder: Folder = Path(".fairseat"),
    host: Host = None,
    port: Port = None,
    *,
    demo: Annotated[bool, typer.Option(help="Load the demo: a real hall and a match on sale.")] = False,
    split: Annotated[bool, typer.Option("--split", help="Run each service as a process of its own.")] = False,
) -> None:
    """Run everything, in one process unless it is to be split: embedded servers, migrations, API and workers."""
    from bootstrap.up import bring_up

    _run(bring_up(folder, host=host, port=port, demo=demo, split=split, console=_out))


@app.command()
def serve(
    host: Host = None,
    port: Port = None,
    services: Services = None,
    *,
    work: Annotated[bool, typer.Option("--work", help="Do the background work as well.")] = False,
) -> None:
    """Serve the API, on the servers that the settings name; run `fairseat worker` beside it."""
    from bootstrap.listening import listen

    names = chosen_services(services)
    settings = _settings(names)
    socket = listen(host or settings.http.host, port or settings.http.port)
    from bootstrap.runtime import run  # seconds of loading, for which no wrong setting waits

    _out.print(f"API on http://{host or settings.http.host}:{port or settings.http.port}", highlight=False)
    _run(run(settings, listening=socket, with_workers=work, services=names))


@app.command()
def gateway(
    host: Annotated[str | None, typer.Option(help="Address to listen on; FAIRSEAT_GATEWAY_HOST, or 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on; FAIRSEAT_GATEWAY_PORT, or 8000.")
    ] = None,
) -> None:
    """Be the one address in front of services that are served by processes of their own (FAIRSEAT_GATEWAY_…)."""
    from bootstrap.listening import listen

    settings = read_gateway_settings(os.environ)
    configure_logging(settings.log)
    at_host, at_port = host or settings.gateway.host, port or settings.gateway.port
    socket = listen(at_host, at_port)
    from bootstrap.gateway import run_gateway  # seconds of loading, for which no wrong setting waits

    def tell() -> None:
        _out.print(f"API on http://{at_host}:{at_port}", highlight=False)

    _run(run_gateway(settings, socket, on_ready=tell))


@app.command()
def worker(services: Services = None) -> None:
    """Do the background work: relay events, expire what has ended, process webhooks."""
    names = chosen_services(services)
    settings = _settings(names)
    from bootstrap.runtime import run  # seconds of loading, for which no wrong setting waits

    async def tell() -> None:
        _out.print("Working in the background.")

    _run(run(settings, listening=None, with_workers=True, services=names, on_ready=tell))


@app.command()
def migrate(services: Services = None) -> None:
    """Bring every database up to date, and make databases and roles that are missing."""
    from bootstrap.databases import migrate_all

    settings = _settings(())  # what it needs of the databases alone it asks for itself
    for database, revision in _run(migrate_all(settings, chosen_services(services))).items():
        _out.print(f"{database} is at {revision}", highlight=False)


@app.command()
def demo(
    base_url: Annotated[str, typer.Option(help="Where Fairseat runs.")] = "http://127.0.0.1:8000",
    stripe_url: Annotated[
        str | None, typer.Option(help="The Stripe stand-in; found in the folder of `fairseat up` unless given.")
    ] = None,
    folder: Folder = Path(".fairseat"),
    fans: Annotated[int, typer.Option(min=1, max=100_000, help="Simulated fans.")] = 300,
    concurrency: Annotated[int, typer.Option(min=1, max=512, help="Fans at a time.")] = 32,
    seats_max: Annotated[int, typer.Option(min=1, max=8, help="Seats that a fan wants at most.")] = 4,
    deadline_s: Annotated[float, typer.Option(min=1, max=3600, help="Seconds after which it gives up.")] = 600.0,
    seed: Annotated[int | None, typer.Option(help="Repeats the fans' choices.")] = None,
) -> None:
    """Let simulated fans buy seats of a running instance, then audit its books; exit status 1 when they are wrong."""
    from adapters.cli.demo import DemoOptions, run_demo

    options = DemoOptions(
        base_url=base_url,
        stripe_url=stripe_url or stripe_stand_in(folder),
        fans=fans,
        concurrency=concurrency,
        seats_max=seats_max,
        deadline_s=deadline_s,
        seed=seed,
    )
    raise typer.Exit(_run(run_demo(options, _out)))


@app.command()
def webhooks(
    status: Annotated[str | None, typer.Option(help="Only those of a status, such as failed.")] = None,
    replay: Annotated[UUID | None, typer.Option(help="Process this one (its id) once more.")] = None,
) -> None:
    """List the newest webhooks, or have one processed once more when the cause of its failure is gone."""
    from bootstrap.webhooks import list_webhooks, replay_webhook

    settings = _settings(("payment",))
    _run(replay_webhook(settings, replay, _out) if replay else list_webhooks(settings, status, _out))


@app.command("platform-fee")
def platform_fee(
    organisation: Annotated[UUID, typer.Argument(help="The organisation's id.")],
    basis_points: Annotated[int | None, typer.Option(help="Share of each payment; 100 are one per cent.")] = None,
    fixed_minor: Annotated[int | None, typer.Option(help="Fixed amount, in minor units of the payment.")] = None,
    *,
    usual: Annotated[bool, typer.Option("--usual", help="Go back to the fee of the settings.")] = False,
) -> None:
    """Show what the platform keeps of an organisation's payments, or agree on something else from now on."""
    from bootstrap.platform_fees import agree_platform_fee

    work = agree_platform_fee(
        _settings(("payment",)), organisation, basis_points, fixed_minor, usual=usual, console=_out
    )
    _run(work)


@app.command()
def reconcile(
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day to compare, in UTC.")],
) -> None:
    """Compare a day of Stripe's balance with the ledger, and book fees that were not known; status 1 if they differ."""
    from bootstrap.reconciliation import reconcile_day

    raise typer.Exit(_run(reconcile_day(_settings(("payment",)), day.date(), _out)))


@app.command()
def doctor(
    tenant: Annotated[UUID | None, typer.Option(help="Only this organisation (its id).")] = None,
    grace_s: Annotated[float, typer.Option(min=0, max=86_400, help="What is younger is under way.")] = 300.0,
    pause_s: Annotated[
        float, typer.Option(min=0, max=600, help="Seconds before what was found is looked at again.")
    ] = 3.0,
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what is safe to mend, after asking.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Mend without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare seats, orders, payments, passes and timers of all services; exit status 1 when something is left.

    Needs the settings of every service, and changes nothing without --repair.
    """
    if repair and as_json and not yes:
        raise SettingsError("--json cannot ask: give --yes with --repair, or leave --repair out.")
    settings = _settings()
    from adapters.cli.doctor import Visit
    from bootstrap.doctor import visit
    from usecases.doctor.examine import Patience

    def confirm(count: int) -> bool:
        return yes or typer.confirm(f"Mend {count} of these?", err=True)

    asked = Visit(tenant_id=tenant, repair=repair, as_json=as_json, confirm=confirm)
    raise typer.Exit(_run(visit(settings, asked, Patience(grace_s=grace_s, pause_s=pause_s), _out)))


@receipts.command("verify")
def verify_receipt(
    file: Annotated[Path, typer.Argument(help="The receipt, a JSON file; - for standard input.")],
    keys: Annotated[Path, typer.Option(help="The public keys, as GET /api/v1/resale/keys answers them.")],
) -> None:
    """Check a receipt without any server, and print what was decided; status 1 for one that cannot be believed."""
    from bootstrap.receipts import verify_receipt

    raise typer.Exit(verify_receipt(file, keys, _out, _err))


@receipts.command("rotate-key")
def rotate_receipt_key() -> None:
    """Let a new key sign receipts from now on; the old ones stay published, so that old receipts can be checked."""
    from bootstrap.receipts import rotate_receipt_key

    _run(rotate_receipt_key(_settings(("venue",)), _out))


@app.command()
def openapi() -> None:
    """Print the OpenAPI document; needs no server and no settings."""
    from bootstrap.web import openapi_document

    typer.echo(openapi_document(), nl=False)


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of the events that are published; needs no server and no settings."""
    from bootstrap.asyncapi import events_document

    typer.echo(events_document(), nl=False)


@app.command()
def config(services: Services = None) -> None:
    """Print the settings, with secrets hidden."""
    for name, value in shown(_settings(chosen_services(services))):
        _out.print(f"{name}={value}", highlight=False, soft_wrap=True, markup=False)


def _settings(services: Collection[str] = SERVICES) -> Settings:
    settings = read_settings(os.environ, services)
    configure_logging(settings.log)
    return settings


def _run[T](work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
