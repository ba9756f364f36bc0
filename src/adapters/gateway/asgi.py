"""What ASGI applications are called with; `Any` is what the standard's dictionaries hold."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Message = MutableMapping[str, Any]
type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

type Headers = list[tuple[bytes, bytes]]
"""Headers as they stand on the wire, names in lower case, in their order."""
