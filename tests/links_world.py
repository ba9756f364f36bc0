"""Links over gRPC for tests: what is served in this process is asked as if it were another one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import NoneType
from typing import Any, Literal, get_args, get_origin, override
from uuid import UUID

import grpc
import grpc.aio
import msgspec
from hypothesis import strategies as st

from adapters.grpc.clients import RemoteLinks
from adapters.grpc.contracts import contract_of
from adapters.grpc.messages import plain_type
from adapters.grpc.security import LinkSecurity, LinkTokens
from adapters.grpc.server import GrpcLinks
from adapters.system.clock import SystemClock
from ports.published.seating import ReservedSeat, SeatingApi, SeatsReserved

SECRET = "a secret that nobody could ever guess"
TENANT, RESERVATION, ORDER, ACCOUNT = (UUID(int=each) for each in range(1, 5))
UNTIL = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
NAMES: dict[str, Any] = {"tenant_id": TENANT, "reservation_id": RESERVATION, "order_id": ORDER}


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


async def raw_call(
    port: int,
    api: type,
    method: str,
    request: bytes,
    *,
    timeout: float | None = 5.0,
    metadata: tuple[tuple[str, str], ...] | None = None,
) -> grpc.StatusCode:
    """Make a call as somebody else's program might, and return what came of it."""
    [call] = [each for each in contract_of(api).calls if each.name == method]
    shown = LinkTokens(secured(), SystemClock()).metadata() if metadata is None else metadata
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        made = channel.unary_unary(call.path, None, None)(request, timeout=timeout, metadata=shown)
        return await made.code()


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


class Seats(SeatingApi):
    """Notes what it is asked, and answers, raises or waits as it is told."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.raises: Exception | None = None
        self.takes_s = 0.0
        self.seats = 2
        self.label = "A-1-1"
        self.under_way = 0
        self.most_under_way = 0

    async def _asked(self, *what: object) -> None:
        self.asked.append(what)
        self.under_way += 1
        self.most_under_way = max(self.under_way, self.most_under_way)
        try:
            await asyncio.sleep(self.takes_s)
            if self.raises is not None:
                raise self.raises
        finally:
            self.under_way -= 1

    async def busy(self) -> None:
        """Wait until a call is under way."""
        await self._until(lambda: self.under_way > 0)

    async def idle(self) -> None:
        """Wait until no call is under way."""
        await self._until(lambda: self.under_way == 0)

    @staticmethod
    async def _until(it_is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not it_is_so():
                await asyncio.sleep(0.005)

    def reserved(self) -> SeatsReserved:
        seat = ReservedSeat(
            seat_id=UUID(int=9), label=self.label, section="A", row="1", number="1", price_minor=2_500, currency="EUR"
        )
        return SeatsReserved(
            reservation_id=RESERVATION,
            plan_id=UUID(int=7),
            ticket_id=UUID(int=8),
            seats=(seat,) * self.seats,
            expires_at=UNTIL,
        )

    @override
    async def reserve(
        self,
        *,
        tenant_id: UUID,
        reservation_id: UUID,
        order_id: UUID,
        account_id: UUID,
        hold_token: str | None,
        until: datetime,
    ) -> SeatsReserved:
        await self._asked(tenant_id, reservation_id, order_id, account_id, hold_token, until)
        return self.reserved()

    @override
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        await self._asked(tenant_id, reservation_id, order_id, until)

    @override
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        await self._asked(tenant_id, reservation_id, order_id)

    @override
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        await self._asked(tenant_id, reservation_id, order_id)

    @override
    async def replace(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> SeatsReserved:
        await self._asked(tenant_id, reservation_id, order_id)
        return self.reserved()

    @override
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        await self._asked(tenant_id, reservation_id, order_id)
