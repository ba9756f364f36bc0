"""`fairseat up --split`: each service a process of its own, with a gateway in front, on the servers of one folder.

A process is given the settings of all, and of the secrets only those that its service needs.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.nursery import Nursery
from adapters.embedded.processes import Mark, end_leftovers
from adapters.embedded.readiness import LOOPBACK, port_is_free, remembered_port
from adapters.embedded.supervisor import Launcher, Program, Spawning, Supervisor
from bootstrap.needs import SERVICES, needed
from bootstrap.settings import PREFIX

GATEWAY = "gateway"
_READY_TIMEOUT_S = 120.0
_LEFTOVERS_TIMEOUT_S = 20.0
_PAUSE_S = 0.1
_SOURCES = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a service listens: for the gateway, and for other services."""

    http: int
    links: int


def ports_of(folder: Path) -> Mapping[str, Ports]:
    """Return the ports of every service, no two alike, and the same as the last time where they are free."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = set[int]()
    for name in SERVICES:
        for kind in ("http", "links"):
            while (port := remembered_port(memory := folder / f"{name}.{kind}")) in taken:
                memory.unlink()
            taken.add(port)
    return {
        name: Ports(*(remembered_port(folder / f"{name}.{kind}") for kind in ("http", "links"))) for name in SERVICES
    }


def taken_meanwhile(ports: Mapping[str, Ports]) -> bool:
    """Tell whether somebody else took one of the ports before its service did."""
    return not all(map(port_is_free, (port for at in ports.values() for port in (at.http, at.links))))


def links_between(ports: Mapping[str, Ports]) -> dict[str, str]:
    """Return the settings that say where services answer one another."""
    return {f"{PREFIX}LINKS_{name.upper()}": f"{LOOPBACK}:{at.links}" for name, at in ports.items()}


def environment_of(service: str, settings: Mapping[str, str], at: Ports) -> dict[str, str]:
    """Return the environment of a service's process: ours, with what is for it of the settings, and its own ports."""
    return (
        _without_settings(os.environ)
        | {name: value for name, value in settings.items() if needed(name.removeprefix(PREFIX), [service])}
        | {
            f"{PREFIX}HTTP_HOST": LOOPBACK,
            f"{PREFIX}HTTP_PORT": str(at.http),
            f"{PREFIX}HTTP_TRUSTED_PROXIES": LOOPBACK,
            f"{PREFIX}LINKS_HOST": LOOPBACK,
            f"{PREFIX}LINKS_PORT": str(at.links),
            f"{PREFIX}LIMITS_ENABLED": "false",  # the gateway counts
            f"{PREFIX}METRICS_PORT": "",  # one port for all of them would be the first one's: each tells at its own
        }
    )


def environment_of_gateway(settings: Mapping[str, str], ports: Mapping[str, Ports]) -> dict[str, str]:
    """Return the environment of the gateway: no service's secrets, and where each of them is."""
    return (
        _without_settings(os.environ)
        | {name: value for name, value in settings.items() if needed(name.removeprefix(PREFIX), [GATEWAY])}
        | {f"{PREFIX}GATEWAY_{name.upper()}": f"http://{LOOPBACK}:{at.http}" for name, at in ports.items()}
    )


def programs_of(
    folder: Path, settings: Mapping[str, str], ports: Mapping[str, Ports], *, host: str, port: int
) -> list[Program]:
    """Return every service as a program, and the gateway as the last one."""
    services = [
        Program(
            name=name,
            arguments=["serve", "--services", name, "--work"],
            environment=environment_of(name, settings, at),
            pid_file=folder / f"{name}.pid",
        )
        for name, at in ports.items()
    ]
    gateway = Program(
        name=GATEWAY,
        arguments=["gateway", "--host", host, "--port", str(port)],
        environment=environment_of_gateway(settings, ports),
        pid_file=folder / f"{GATEWAY}.pid",
    )
    return [*services, gateway]


@asynccontextmanager
async def launching(folder: Path) -> AsyncIterator[Launcher]:
    """Get ready to start programs while the block lasts; what an earlier run left behind in the folder is ended."""
    mark = Mark.of(folder, program="python")
    await asyncio.to_thread(end_leftovers, mark, stop_signal=signal.SIGTERM, timeout_s=_LEFTOVERS_TIMEOUT_S)
    python = [sys.executable, "-P", "-X", f"mark={mark.word}", "-m"]
    if sys.platform == "linux":
        # One process loads what all of them need, which takes seconds, and they are forked from it.
        async with Nursery([*python, "bootstrap.nursery"], _without_settings(os.environ)) as nursery:
            yield nursery
    else:
        yield Spawning([*python, "bootstrap"])


@asynccontextmanager
async def running_apart(
    programs: Sequence[Program], launcher: Launcher, ports: Mapping[str, Ports], *, host: str, port: int
) -> AsyncIterator[Supervisor]:
    """Run every service and the gateway while the block lasts, which begins when all are ready.

    Raises EmbeddedServerError when one ends before that, having said why, or takes too long.
    """
    supervisor = Supervisor(programs, launcher)
    async with AsyncExitStack() as exits:
        await supervisor.start()
        exits.push_async_callback(supervisor.stop)
        http = await exits.enter_async_context(httpx.AsyncClient(timeout=5, trust_env=False))
        waited_for = {name: f"http://{LOOPBACK}:{at.http}/health/ready" for name, at in ports.items()}
        waited_for[GATEWAY] = f"http://{_reached_at(host)}:{port}/health/live"
        await _ready(http, waited_for, supervisor)
        yield supervisor


async def _ready(http: httpx.AsyncClient, waited_for: Mapping[str, str], supervisor: Supervisor) -> None:
    until = time.monotonic() + _READY_TIMEOUT_S
    for name, url in waited_for.items():
        while not await _answers(http, url):
            if supervisor.ended:
                message = f"these ended before all were ready: {_listed(supervisor.ended)}"
                raise EmbeddedServerError(message)
            if time.monotonic() > until:
                message = f"{name} was not ready within {_READY_TIMEOUT_S:g} s"
                raise EmbeddedServerError(message)
            await asyncio.sleep(_PAUSE_S)


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).is_success
    except httpx.TransportError:
        return False


def _reached_at(host: str) -> str:
    """Return where a server that listens on this address is reached from here."""
    return {"0.0.0.0": LOOPBACK, "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104  (compared)


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(_SOURCES), environment.get("PYTHONPATH")]))
    return {name: value for name, value in environment.items() if not name.startswith(PREFIX)} | {"PYTHONPATH": path}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
