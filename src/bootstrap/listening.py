"""The port of the API. It loads next to nothing, so that one which is taken is told at once."""

import socket


class PortTakenError(Exception):
    """The address is no address of this machine, or somebody listens on the port already."""


def listen(host: str, port: int) -> socket.socket:
    """Bind the port before anything else is started; raises PortTakenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # IPPROTO_TCP by name: without it asyncio does not set TCP_NODELAY, and each kept-alive answer waits 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host.encode("idna"), port))
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that no host can have
        listening.close()
        reason = error.strerror if isinstance(error, OSError) else "this is no name of a host"
        raise PortTakenError(f"{host}:{port} cannot be listened on: {reason}.") from error
    return listening
