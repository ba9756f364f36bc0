"""The text of server-sent events, as the HTML standard has it."""

import msgspec

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""No cache keeps a stream, and no proxy gathers it."""

HEARTBEAT = b": still here\n\n"
"""A comment: clients pass over it, and whatever stands between sees that the connection lives."""

FORGET_ID = ""
"""An empty id makes a client come back without Last-Event-ID."""


def event(name: str, data: object, *, id: str | None = None, retry_ms: int | None = None) -> bytes:
    """Return one event with JSON data; `retry_ms` is how long a client that lost the stream waits before it returns."""
    lines = [f"event: {name}"]
    if id is not None:
        lines.append(f"id: {id}")
    if retry_ms is not None:
        lines.append(f"retry: {retry_ms}")
    return "\n".join(lines).encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
