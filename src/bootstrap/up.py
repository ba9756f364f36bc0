"""`fairseat up`: the one-process install, or each service a process of its own.

What it runs takes seconds to load, and is loaded when the folder, the port and the settings that are given can be used:
what the user can mend is said at once.
"""

import os
import shlex
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.instance_lock import InstanceLock
from bootstrap.listening import listen
from bootstrap.logs import configure_logging
from bootstrap.settings import HttpSettings, Settings, SettingsError, check_given, read_settings
from bootstrap.signals import stop_signal

PORT_MAX = 65535
_PORTS_TRIES_MAX = 3


async def bring_up(
    folder: Path, *, host: str | None, port: int | None, demo: bool, split: bool = False, console: Console
) -> None:
    """Start what the settings do not name, migrate, serve and work until SIGTERM or SIGINT.

    With `split` every service has a process of its own, which is started again when it ends. Raises
    EmbeddedServerError when another instance has the folder, PortTakenError, SettingsError.
    """
    given = dict(os.environ)
    at_host = host or given.get("FAIRSEAT_HTTP_HOST") or HttpSettings().host
    at_port = port or _port(given.get("FAIRSEAT_HTTP_PORT"))
    folder = folder.resolve()
    with InstanceLock(folder), listen(at_host, at_port) as listening:
        check_given(given)
        base_url = f"http://{at_host}:{at_port}"
        if not split:
            await _bring_up(folder, given, listening, base_url, demo=demo, console=console)
            return
        listening.close()  # it was free: the gateway's process listens there
        await _bring_up_split(folder, given, at_host, at_port, base_url, demo=demo, console=console)


async def _bring_up(
    folder: Path, given: Mapping[str, str], listening: socket.socket, base_url: str, *, demo: bool, console: Console
) -> None:
    from bootstrap.embedded import EmbeddedStack

    async with EmbeddedStack(folder, given, f"{base_url}/api/v1/webhooks/stripe") as stack:
        from bootstrap.runtime import run

        settings = await _prepared(folder, given, stack.environment, base_url, demo=demo)
        ready = _greeting(settings, base_url, stack.stripe_url, console, demo=demo)
        async with stack.tended():
            await run(settings, listening=listening, with_workers=True, on_ready=ready)


async def _bring_up_split(
    folder: Path, given: Mapping[str, str], host: str, port: int, base_url: str, *, demo: bool, console: Console
) -> None:
    from bootstrap.embedded import EmbeddedStack
    from bootstrap.split import launching, links_between, ports_of, programs_of, running_apart, taken_meanwhile

    apart = folder / "split"
    async with (
        launching(apart) as launcher,
        EmbeddedStack(folder, given, f"{base_url}/api/v1/webhooks/stripe", split=True) as stack,
    ):
        settings = await _prepared(folder, given, stack.environment, base_url, demo=demo)
        async with AsyncExitStack() as exits:
            for tries_left in reversed(range(_PORTS_TRIES_MAX)):
                ports = ports_of(apart)
                environment = stack.environment | links_between(ports)
                _keep(folder / "settings.env", environment)
                programs = programs_of(apart, {**environment, **given}, ports, host=host, port=port)
                try:
                    await exits.enter_async_context(running_apart(programs, launcher, ports, host=host, port=port))
                except EmbeddedServerError:
                    if not tries_left or not taken_meanwhile(ports):
                        raise
                else:
                    break
            await exits.enter_async_context(stack.tended())
            stop = stop_signal()
            await _greeting(settings, base_url, stack.stripe_url, console, demo=demo)()
            await stop.wait()


async def _prepared(
    folder: Path, given: Mapping[str, str], environment: dict[str, str], base_url: str, *, demo: bool
) -> Settings:
    """Bring the databases up to date, and return the settings, which are kept for the other commands too."""
    from bootstrap.databases import migrate_all

    environment.setdefault("FAIRSEAT_HTTP_PUBLIC_URL", base_url)
    settings = read_settings({**environment, **given})
    configure_logging(settings.log)
    _keep(folder / "settings.env", environment)
    await migrate_all(settings)
    if demo and settings.mail.transport != "file":
        raise SettingsError("FAIRSEAT_MAIL_TRANSPORT: the people of the demo have no mailboxes; use file.")
    return settings


def _port(given: str | None) -> int:
    if not given:
        return HttpSettings().port
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:6]) <= PORT_MAX:
        raise SettingsError(f"FAIRSEAT_HTTP_PORT: {given!r} is not a port, which is a number from 1 to {PORT_MAX}.")
    return int(given)


def _keep(path: Path, environment: dict[str, str]) -> None:
    """Write the settings down, for the other commands: `set -a; . .fairseat/settings.env` in a shell."""
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(environment.items()))
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(lines)


def _greeting(
    settings: Settings, base_url: str, stripe_url: str | None, console: Console, *, demo: bool
) -> Callable[[], Awaitable[None]]:
    async def greet() -> None:
        from adapters.cli.demo_world import load_demo_world
        from adapters.cli.walkthrough import print_welcome

        mail = settings.mail
        world = await load_demo_world(base_url, mail_folder=Path(mail.folder), stripe_url=stripe_url) if demo else None
        print_welcome(
            console,
            base_url=base_url,
            stripe_url=stripe_url,
            publishable_key=settings.stripe.publishable_key,
            world=world,
            mail_folder=mail.folder if mail.transport == "file" else None,
        )

    return greet
