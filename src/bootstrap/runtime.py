"""Running a platform: migrate, connect, serve HTTP, work in the background, stop in good order."""

import asyncio
import logging
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from ipaddress import ip_network
from typing import override

import uvicorn

from adapters.http.metrics import create_metrics_app
from adapters.system.clock import SystemClock
from adapters.system.loops import JobLoops
from bootstrap.listening import listen
from bootstrap.needs import SERVICES
from bootstrap.other_processes import answering
from bootstrap.settings import Settings, SettingsError
from bootstrap.signals import stop_signal
from bootstrap.topology import Platform, build_platform, check_links

_GRACE_S = 10
_OPEN_FILES_MAX = 65_536
_log = logging.getLogger("fairseat")


def trusted_proxies(settings: Settings) -> list[str]:
    """Return the networks whose X-Forwarded-For is believed; raises SettingsError."""
    try:
        given = settings.http.trusted_proxies.split(",")
        return [str(ip_network(word.strip())) for word in given if word.strip()]
    except ValueError as error:
        raise SettingsError(f"FAIRSEAT_HTTP_TRUSTED_PROXIES: {error}.") from None


@asynccontextmanager
async def working(platform: Platform) -> AsyncIterator[JobLoops]:
    """Run the background work of the platform while the block lasts."""
    loops = JobLoops(platform.jobs(), clock=SystemClock(), observer=platform.sight.observer)
    async with AsyncExitStack() as exits:
        for consumers in platform.consumers:
            await consumers.start()
            exits.push_async_callback(consumers.stop)
        loops.start()
        exits.push_async_callback(loops.stop, deadline_s=_GRACE_S)
        for alarm in platform.alarms(loops.wake):
            alarm.start()
            exits.push_async_callback(alarm.stop)
        yield loops


async def run(
    settings: Settings,
    *,
    listening: socket.socket | None,
    with_workers: bool,
    services: Collection[str] = SERVICES,
    on_ready: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run until SIGTERM or SIGINT: the API when there is a socket to listen on, the workers when asked for."""
    trusted_proxies(settings)  # a wrong one is told before anything is connected
    check_links(settings, services, serving=listening is not None)
    platform = build_platform(settings, services)
    async with AsyncExitStack() as exits:
        exits.push_async_callback(platform.close)
        stop = stop_signal()
        await platform.connect()
        await exits.enter_async_context(telling(platform))
        if with_workers:
            await exits.enter_async_context(working(platform))
        if listening is not None:
            if settings.links.port is not None:
                await exits.enter_async_context(answering(platform.answers, settings.links, platform.name))
            await exits.enter_async_context(serving(platform, listening))
        if on_ready is not None:
            await on_ready()
        await stop.wait()


def raise_open_files() -> None:
    """Let this process open as many files as it may, within reason: each reader of a live map is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES_MAX)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@asynccontextmanager
async def telling(platform: Platform) -> AsyncIterator[None]:
    """Tell the measurements on a port of their own while the block lasts, if the settings name one.

    Raises PortTakenError.
    """
    metrics = platform.settings.metrics
    exposition = platform.exposition()
    async with AsyncExitStack() as exits:
        await exits.enter_async_context(platform.sight.watching())
        if exposition is not None and metrics.port is not None:
            listening = exits.enter_context(listen(metrics.host, metrics.port))
            config = uvicorn.Config(
                create_metrics_app(exposition),
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
            await exits.enter_async_context(_served(Server(config), listening))
        yield


@asynccontextmanager
async def serving(platform: Platform, listening: socket.socket) -> AsyncIterator[None]:
    """Serve HTTP while the block lasts; requests under way may end."""
    raise_open_files()
    config = uvicorn.Config(
        platform.asgi(),
        log_config=None,
        access_log=False,
        server_header=False,
        # Else uvicorn believes whoever calls from this machine.
        proxy_headers=bool(proxies := trusted_proxies(platform.settings)),
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=_GRACE_S,
        lifespan="on",
    )
    async with _served(Server(config), listening):
        try:
            yield
        finally:
            await platform.end_streams()


@asynccontextmanager
async def _served(server: "Server", listening: socket.socket) -> AsyncIterator[None]:
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await task


class Server(uvicorn.Server):
    """Leaves the signals to `run`, which stops the workers as well."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
