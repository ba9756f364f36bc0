"""Handlers that read the body of a request by themselves, so that it is never whole in memory."""

from litestar.handlers import BaseRouteHandler

_STREAMS_OPT = "streams_its_body"


def streaming() -> dict[str, bool]:
    """Return the `opt` of a handler that reads its body by itself, piece by piece, and whose body is never kept."""
    return {_STREAMS_OPT: True}


def is_streaming(handler: BaseRouteHandler) -> bool:
    """Tell whether nobody but the handler may read the body."""
    return bool(handler.opt.get(_STREAMS_OPT))
