"""Unit tests reason about rules; whatever would open a connection does not belong here."""

import socket
from typing import NoReturn

import pytest


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to connect or to listen. The event loop's own pair of sockets is made in another way, and works."""

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a unit test opens no socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
