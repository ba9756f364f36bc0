"""Links over gRPC for tests: what is served in this process is asked as if it were another one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import NoneType
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from adapters.grpc.clients import RemoteLinks
from adapters.grpc.messages import plain_type
from adapters.grpc.security import LinkSecurity
from adapters.grpc.server import GrpcLinks
from adapters.system.clock import SystemClock

SECRET = "a secret that nobody could guess"


def secured(service: str = "order", secret: str = SECRET) -> LinkSecurity:
    """Return how a service secures its links with the common secret."""
    return LinkSecurity(service, secret)


def supplied(implementation: object) -> Callable[[], Awaitable[object]]:
    """Return what gives the implementation."""

    async def supply() -> object:
        return implementation

    return supply


@asynccontextmanager
async def serving(implementations: Mapping[type, object], *, port: int = 0, **options: Any) -> AsyncIterator[int]:
    """Serve these contracts, and give the port."""
    security = options.pop("security", secured("venue"))
    clock = options.pop("clock", SystemClock())
    server = GrpcLinks({api: supplied(it) for api, it in implementations.items()}, security, clock, **options)
    try:
        yield await server.start(host="127.0.0.1", port=port)
    finally:
        await server.stop(grace_s=0.0)


@asynccontextmanager
async def asking(port: int, *apis: type, host: str = "127.0.0.1", **options: Any) -> AsyncIterator[RemoteLinks]:
    """Give clients of these contracts at the port."""
    security = options.pop("security", secured())
    clock = options.pop("clock", SystemClock())
    served_by = dict.fromkeys(apis, "venue")
    links = RemoteLinks(served_by, {"venue": f"{host}:{port}"}, security, clock, **options)
    try:
        yield links
    finally:
        await links.close()


@asynccontextmanager
async def over_grpc[T](api: type[T], implementation: T) -> AsyncIterator[T]:
    """Give the implementation as another process has it."""
    async with serving({api: implementation}) as port, asking(port, api) as links:
        yield links.get(api)


def values_of(hint: object) -> st.SearchStrategy[Any]:
    """Return values of a type that the contracts use, whatever they could be."""
    kind, optional = plain_type(hint)
    return st.none() | _values_of(kind) if optional else _values_of(kind)


def _values_of(kind: Any) -> st.SearchStrategy[Any]:
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        return st.lists(values_of(get_args(kind)[0]), max_size=2).map(tuple)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return st.builds(kind, **{each.name: values_of(each.type) for each in msgspec.structs.fields(kind)})
    return _SIMPLE[kind]


_SIMPLE: Mapping[object, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(codec="utf-8"), max_size=20),
    NoneType: st.none(),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    UUID: st.uuids(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}
