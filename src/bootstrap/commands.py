"""What commands have in common: they read the settings of the services that they work in, and do one thing."""

import asyncio
import os
from collections.abc import Collection, Coroutine
from typing import Any

import uvloop

from bootstrap.logs import configure_logging
from bootstrap.needs import SERVICES
from bootstrap.settings import Settings, SettingsError, read_settings


def chosen(services: str | None) -> tuple[str, ...]:
    """Return the names of services that are given with commas between, or of all; raises SettingsError."""
    if services is None:
        return SERVICES
    names = tuple(name for word in services.split(",") if (name := word.strip()))
    if unknown := [name for name in names if name not in SERVICES]:
        raise SettingsError(f"--services: {unknown[0]!r} is no service; there are {', '.join(SERVICES)}.")
    if not names:
        raise SettingsError(f"--services: name at least one of {', '.join(SERVICES)}.")
    return names


def settings_for(services: Collection[str] = SERVICES) -> Settings:
    """Return the settings that a process of these services needs, its log set up; raises SettingsError."""
    settings = read_settings(os.environ, services)
    configure_logging(settings.log)
    return settings


def run_to_end[T](work: Coroutine[Any, Any, T]) -> T:
    """Do the work in an event loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
