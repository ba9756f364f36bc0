"""Ports of the embedded servers, and waiting until a server answers."""

import random
import socket
import time
from collections.abc import Callable
from pathlib import Path

from adapters.embedded.errors import EmbeddedServerError

LOOPBACK = "127.0.0.1"

# Below the ports that the kernel hands to outgoing connections (32768 and up on Linux): a port out of that range
# may be taken by any client while the server is down, and then it cannot come back on the same port.
_PORTS = range(20_000, 32_000)
_PORT_TRIES_MAX = 200
_PAUSE_S = 0.01
_REPLY_BYTES_MAX = 4_096


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers set this too: connections that are still closing do not keep them from listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that nothing listens on; another process may still take it before you do."""
    for port in random.sample(_PORTS, _PORT_TRIES_MAX):
        if port_is_free(port):
            return port
    message = f"no free port found between {_PORTS.start} and {_PORTS.stop}"
    raise EmbeddedServerError(message)


def remembered_port(memory: Path) -> int:
    """Return the port written in the file `memory` if it is still free, else a new one, which is written there."""
    try:
        port = int(memory.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        port = 0
    if port not in range(1, 65_536) or not port_is_free(port):
        port = free_port()
        memory.write_text(f"{port}\n", "ascii")
    return port


def wait_until(ready: Callable[[], bool], *, timeout_s: float) -> bool:
    """Ask `ready` every few milliseconds; return False when it did not come true in time."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_S)
    return True


def reply(port: int, question: bytes) -> bytes:
    """Return the beginning of what the server on this port of the loopback address replies; nothing without one."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(question)
            return connection.recv(_REPLY_BYTES_MAX)
    except OSError:
        return b""


def accepts(port: int) -> bool:
    """Tell whether a server takes connections on this port of the loopback address."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False
