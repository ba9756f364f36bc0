"""How a process is told to end."""

import asyncio
import signal


def stop_signal() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set from now on, instead of ending the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
